"""Cutting mailboxes of one file into messages, and reading the states they keep."""

from __future__ import annotations

import io
import mailbox
from email.message import EmailMessage
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.importing.mbox import keeps_states, messages, state_of
from app.mail.incoming import LARGEST_MESSAGE, name_for

LINE = b"From a@example.org Wed Nov 18 09:30:00 2026\n"


def cut(data: bytes) -> list[bytes | None]:
    return [each.data for each in messages(io.BytesIO(data))]


def test_messages_are_cut_at_separators_and_lose_the_line_between() -> None:
    data = LINE + b"Subject: one\n\nText\n\n" + LINE + b"Subject: two\n\nMore\n"
    assert cut(data) == [b"Subject: one\n\nText\n", b"Subject: two\n\nMore\n"]


@pytest.mark.parametrize(
    "line",
    [
        b"From - Wed Nov 18 09:30:00 2026\n",
        b"From MAILER-DAEMON Wed Nov  8 09:30:00 2026 +0100\r\n",
        b"From a@example.org\n",
        b"From 1234@xxx Wed Nov 18 09:30:00 +0000 2026\n",
    ],
)
def test_separators_of_several_programs_are_known(line: bytes) -> None:
    end = b"\r\n" if line.endswith(b"\r\n") else b"\n"
    message = b"Subject: x" + end + end + b"Text" + end
    assert cut(line + message + end + line + message) == [message, message]


@pytest.mark.parametrize("text", [b"From here on\n", b"From Monday it is cold.\n"])
def test_a_sentence_that_begins_with_from_is_no_separator(text: bytes) -> None:
    message = b"Subject: x\n\nText\n\n" + text
    assert cut(LINE + message) == [message]


def test_a_separator_needs_an_empty_line_before_it() -> None:
    message = b"Subject: x\n\nText\n" + LINE
    assert cut(LINE + message) == [message]


def test_quoted_lines_lose_one_sign() -> None:
    data = LINE + b"Subject: x\n\n>From me\n>>From you\n> From none\n"
    assert cut(data) == [b"Subject: x\n\nFrom me\n>From you\n> From none\n"]


def test_a_message_that_is_too_large_is_not_kept_but_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.importing.mbox.LARGEST_MESSAGE", 1_000)
    large = b"Subject: large\n\n" + b"x" * 2_000 + b"\n\n"
    data = LINE + large + LINE + b"Subject: small\n\n.\n"
    assert cut(data) == [None, b"Subject: small\n\n.\n"]


def test_a_long_line_does_not_hide_a_separator() -> None:
    body = b"x" * 200_000 + b"From a@example.org Wed Nov 18 09:30:00 2026\n"
    data = LINE + b"Subject: x\n\n" + body + b"\n" + LINE + b"Subject: y\n\n.\n"
    assert cut(data) == [b"Subject: x\n\n" + body, b"Subject: y\n\n.\n"]


def test_the_position_grows_to_the_whole_file() -> None:
    data = (LINE + b"Subject: x\n\nText\n\n") * 3
    positions = [each.position for each in messages(io.BytesIO(data))]
    assert positions == [len(data) // 3, 2 * len(data) // 3, len(data)]


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r")), max_size=4))
def test_what_another_program_wrote_comes_back(texts: list[str]) -> None:
    """mboxrd as mutt and others write it: each line of ">"s and "From " gets one more ">"."""
    whole, wanted = b"", []
    for number, text in enumerate(texts):
        body = f"Subject: {number}\n\n{text}\n".encode()
        wanted.append(body)
        lines = body.split(b"\n")
        quoted = [b">" + x if x.lstrip(b">").startswith(b"From ") else x for x in lines]
        whole += LINE + b"\n".join(quoted) + b"\n"
    assert cut(whole) == wanted


@given(st.binary(max_size=400))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    cut(data)
    cut(LINE + data)


@pytest.mark.parametrize(
    ("headers", "flags"),
    [
        (b"Status: RO\n", {"seen"}),
        (b"Status: O\n", set()),
        (b"Status: R\nX-Status: AF\n", {"seen", "answered", "flagged"}),
        (b"X-Mozilla-Status: 0007\n", {"seen", "answered", "flagged"}),
        (b"X-Mozilla-Status: 0000\n", set()),
        (b"X-Mozilla-Status: nonsense\n", set()),
        (b"X-Gmail-Labels: Inbox,Unread\n", set()),
        (b"X-Gmail-Labels: Inbox,Starred\n", {"seen", "flagged"}),
    ],
)
def test_states_are_read_from_the_mailboxs_headers(headers: bytes, flags: set[str]) -> None:
    assert state_of(headers + b"Subject: x\n\n.\n", marked=True).flags == flags


def test_in_a_mailbox_without_any_states_everything_counts_as_read() -> None:
    archive = io.BytesIO((LINE + b"Subject: x\n\nStatus: R\n\n") * 3)
    assert not keeps_states(archive)
    assert archive.tell() == 0
    assert state_of(b"Subject: x\n\n.\n", marked=False).flags == {"seen"}


@pytest.mark.parametrize(
    ("headers", "folder"),
    [
        (b"X-Status: D\n", "Trash"),
        (b"X-Status: T\n", "Drafts"),
        (b"X-Gmail-Labels: Inbox,Important,Unread\n", "Inbox"),
        (b"X-Gmail-Labels: Sent,Opened\n", "Sent"),
        (b"X-Gmail-Labels: Spam,Unread\n", "Junk"),
        (b"X-Gmail-Labels: Papierkorb,Posteingang\n", "Trash"),
        (b"X-Gmail-Labels: Travel\n", "Archive"),
        (b"Status: RO\n", ""),
    ],
)
def test_a_message_may_say_which_folder_is_its_own(headers: bytes, folder: str) -> None:
    assert state_of(headers + b"\n", marked=True).folder == folder


@pytest.mark.parametrize(
    "header", [b"X-Gmail-Labels: Sent", b"X-Gmail-Labels: Drafts", b"X-Status: T"]
)
@pytest.mark.parametrize("labels", [b"", b"X-Gmail-Labels: Inbox,Unread\n"])
def test_what_the_sender_wrote_never_makes_a_message_the_users_own(
    header: bytes, labels: bytes
) -> None:
    traces = b"Delivered-To: me@example.org\nReceived: by mx.example.org; Wed, 18 Nov 2026\n"
    data = labels + traces + b"From: mallory@evil.example\n" + header + b"\n\nText\n"
    assert state_of(data, marked=True).folder not in ("Sent", "Drafts")


def test_endless_lines_that_look_like_separators_cost_no_time() -> None:
    data = LINE + b"Subject: x\n\n" + (b"From " + b"1:11x" * 12_000 + b"\n\n") * 5
    start = perf_counter()
    assert len(cut(data)) == 1
    assert perf_counter() - start < 2


def test_a_message_marked_as_expunged_is_gone() -> None:
    assert state_of(b"X-Mozilla-Status: 0009\n\n", marked=True).gone


def test_the_same_message_has_one_name_in_whatever_form_it_comes(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "a@example.org", "One"
    message.set_content("Text\n\nFrom here to 2026 it was 10:00\n")
    box = mailbox.mbox(tmp_path / "box")
    marked = mailbox.mboxMessage(message)
    marked.set_flags("RO")
    box.add(marked)
    box.close()
    (from_box,) = messages(io.BytesIO((tmp_path / "box").read_bytes()))
    alone = message.as_bytes()
    forms = {alone, alone.replace(b"\n", b"\r\n"), alone + b"\n", from_box.data or b""}
    assert len(forms) == 4
    assert len({name_for(form) for form in forms}) == 1
    assert name_for(alone.replace(b"One", b"Two")) != name_for(alone)
    assert LARGEST_MESSAGE == 50_000_000
