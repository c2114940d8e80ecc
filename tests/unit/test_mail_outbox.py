"""From a draft to the message that goes out."""

from __future__ import annotations

from datetime import datetime
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mail.mime import read_headers
from app.mail.model import Address
from app.mail.outbox import released

ADA = Address("Ada Example", "ada@example.org")
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
LATER = datetime(2026, 11, 19, 8, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def fields(text: str) -> list[str]:
    """The names of the headers, in their order."""
    end = "\r\n" if "\r\n" in text else "\n"
    head = text.split(end * 2)[0]
    return [line.partition(":")[0] for line in head.split(end) if line[:1] not in " \t"]


def test_what_the_draft_says_stays() -> None:
    draft = (
        "To: Kofi\r\n <kofi@example.org>\r\nSubject: Hi\r\nX-Mine: 1\r\n\r\nHello.\r\n\r\nBye.\r\n"
    )
    text = released(draft, sender=ADA, now=NOW)
    assert fields(text) == ["From", "To", "Subject", "X-Mine", "Date", "Message-ID"]
    assert text.endswith("\r\n\r\nHello.\r\n\r\nBye.\r\n")
    assert "To: Kofi\r\n <kofi@example.org>\r\n" in text


def test_its_date_is_that_of_sending() -> None:
    draft = (
        "Date: Mon, 02 Nov 2026 08:00:00 +0000\nMessage-ID: <a@b>\nTo: k@example.org\n\nHello.\n"
    )
    text = released(draft, sender=ADA, now=NOW)
    assert fields(text) == ["From", "Message-ID", "To", "Date"]
    assert read_headers(text.encode()).date == NOW


def test_for_later_it_says_when_and_forgets_an_earlier_wish() -> None:
    once = released("To: k@example.org\n\nHello.\n", sender=ADA, now=NOW, not_before=LATER)
    assert "\nDeferred-Delivery: Thu, 19 Nov 2026 08:00:00 +0100\n" in once
    assert read_headers(once.encode()).date == LATER
    again = released(once, sender=ADA, now=NOW)
    assert "Deferred-Delivery" not in again
    assert fields(again) == ["From", "To", "Message-ID", "Date"]


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("From: Ada <ada@work.example>\n", "ada@work.example"),
        ("From: nobody\n", "ada@example.org"),
        ("From: a@example.org, b@example.org\n", "ada@example.org"),
        ("From: <a@example.org>\nFrom: <b@example.org>\n", "a@example.org"),
        ("From kofi Wed Nov 18 09:00:00 2026\n", "ada@example.org"),
        ("", "ada@example.org"),
    ],
)
def test_it_is_from_one_person(author: str, expected: str) -> None:
    text = released(f"{author}To: k@example.org\n\nHello.\n", sender=ADA, now=NOW)
    assert read_headers(text.encode()).sender.mail == expected
    assert fields(text).count("From") == 1


PIECES = (
    "From: a@example.org\n", "FROM:b@example.org\r\n", "Date: yesterday\r", "date : x\n", " more\n",
    "\tmore\r\n", "Subject: Hi\n", "no header\n", "From \n", ":\n", "\r", "X-Unsent: 1\r\n",
    "\x0b", "\x85",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=8))
def test_whatever_a_draft_holds_it_has_one_sender_and_one_date(pieces: list[str]) -> None:
    draft = f"{''.join(pieces)}To: k@example.org\n\nHello."
    text = released(draft, sender=ADA, now=NOW)
    message = message_from_bytes(text.encode())
    assert len(message.get_all("From", [])) == 1
    assert len(message.get_all("Date", [])) == 1
    assert read_headers(text.encode()).date == NOW
