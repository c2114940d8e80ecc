"""mail_send: which draft is meant, what the card shows, when it goes out, and taking it back."""

from __future__ import annotations

import pytest

from app.core.errors import AmbiguousError
from app.core.proposals import Risk
from app.mail.mime import read_headers
from tests.support.mail_profile import eml
from tests.support.tool_desk import OWN, Desk
from tests.support.written_mail import planned, recipients, written

KOFI, ANNA = "kofi@example.org", "anna@example.org"


@pytest.fixture(autouse=True)
def drafts(desk: Desk) -> None:
    desk.mail.add_contact("Kofi Mensah", KOFI)
    desk.mail.add_contact("Anna Berg", ANNA)
    desk.do("mail_draft", to=["Kofi"], body="the report is ready")


def foreign(desk: Desk, text: str | bytes) -> None:
    """A draft that another program has left."""
    desk.mail.put(text, "Drafts")


def test_the_draft_moves_to_the_outbox(desk: Desk) -> None:
    proposal = desk.proposal("mail_send", draft="the draft to Kofi")
    assert proposal.risk is Risk.SEND
    assert proposal.title == f"Send to Kofi Mensah <{KOFI}>: 'The report is ready'"
    (option,) = proposal.options
    assert (option.label, option.doubtful) == ("Send", False)
    assert option.changes[0].becomes == (
        f"To: Kofi Mensah <{KOFI}>", "Subject: The report is ready", "The report is ready.",
    )  # fmt: skip
    done, _ = desk.do("mail_send", draft="the draft to Kofi")
    assert done == (
        "Mail to Kofi Mensah is in the Outbox. It goes out once a mail account is set up."
    )
    (data,) = written(desk, "Outbox")
    assert recipients(read_headers(data)) == [KOFI]
    assert written(desk, "Drafts") == []


def test_undo_puts_the_draft_back(desk: Desk) -> None:
    before = desk.files()
    desk.do("mail_send", draft="it")
    assert desk.files() != before
    desk.do("undo")
    assert desk.files() == before
    proposal = desk.proposal("undo")  # what is left to undo is the draft itself
    assert proposal.title.startswith("Undo: Draft to Kofi")


@pytest.mark.parametrize(
    "reference",
    [
        "it", "that", "the draft", "my draft", "the draft to Kofi", "the mail to Kofi Mensah",
        "Kofi's draft", "the message to Kofi", "the draft about the report", "the report draft",
        "my mail about the report", "the last draft", "the draft for Kofi about the report",
    ],
)  # fmt: skip
def test_the_ways_to_name_a_draft(desk: Desk, reference: str) -> None:
    desk.mail.put(eml("The report", "…", sender=f"Kofi Mensah <{KOFI}>", to=OWN))  # is no draft
    assert desk.run("mail_send", draft=reference).data["to"] == [KOFI]


def test_it_is_the_draft_spoken_of_last(desk: Desk) -> None:
    desk.do("mail_draft", to=["Anna"], body="the roof leaks")
    found = desk.run("mail_find", folder="Drafts").data["items"]
    assert isinstance(found, list)
    ids = {each["subject"]: each["id"] for each in found}
    for subject, short_id in ids.items():
        desk.recent = ((short_id,),)
        assert desk.run("mail_send", draft="it").data["subject"] == subject
        assert desk.run("mail_send", draft=short_id).data["subject"] == subject
    desk.recent = ()
    error = desk.refused("mail_send", draft="it")
    assert isinstance(error, AmbiguousError)
    assert (error.code, error.argument, len(error.choices)) == ("several_drafts", "draft", 2)
    chosen, label = error.choices[0]
    assert desk.run("mail_send", draft=chosen).data["subject"] in label


def test_a_draft_that_is_not_there_is_named(desk: Desk) -> None:
    error = desk.refused("mail_send", draft="the draft to Zoltan")
    assert error.code == "draft_not_found"
    assert "“the draft to Zoltan”" in error.message
    assert desk.refused("mail_send", draft="m99").code == "draft_not_found"
    desk.do("undo")
    assert desk.refused("mail_send", draft="it").code == "draft_not_found"


def test_what_is_in_the_outbox_is_not_sent_again(desk: Desk) -> None:
    (option,) = desk.proposal("mail_send", draft="it").options
    outcome = desk.show("mail_send", draft="it")
    desk.do("mail_send", draft="it")
    (waiting,) = desk.run("mail_find", folder="Outbox").mentions
    assert desk.refused("mail_send", draft=waiting).code == "already_sent"
    desk.recent = ((waiting,),)
    assert desk.refused("mail_send", draft="it").code == "already_sent"
    assert option.changes and outcome.mentions


@pytest.mark.parametrize(
    ("arguments", "about"),
    [({}, "draft"), ({"draft": 3}, "draft"), ({"draft": "it", "to": ["Kofi"]}, "to")],
)
def test_wrong_arguments_are_named(desk: Desk, arguments: dict[str, object], about: str) -> None:
    error = desk.refused("mail_send", **arguments)
    assert error.code == "bad_argument"
    assert f"“{about}”" in error.message


@pytest.mark.parametrize(
    ("when", "moment", "date"),
    [
        ("tomorrow at 8", "on Thursday 19 November at 08:00", "Thu, 19 Nov 2026 08:00:00 +0100"),
        ("tomorrow", "on Thursday 19 November at 09:00", "Thu, 19 Nov 2026 09:00:00 +0100"),
        ("in 2 hours", "on Wednesday 18 November at 11:30", "Wed, 18 Nov 2026 11:30:00 +0100"),
    ],
)
def test_a_mail_for_later_says_so_everywhere(desk: Desk, when: str, moment: str, date: str) -> None:
    (option,) = desk.proposal("mail_send", draft="it", when=when).options
    assert option.label == f"Send {moment}"
    assert f"Goes out {moment}" in option.changes[0].becomes
    assert f"It goes out {moment}, once" in option.done
    desk.do("mail_send", draft="it", when=when)
    (data,) = written(desk, "Outbox")
    assert f"\r\nDeferred-Delivery: {date}\r\n" in data.decode()
    assert data.decode().count("\r\nDate: ") == 1
    assert f"\r\nDate: {date}\r\n" in data.decode()


@pytest.mark.parametrize(
    ("when", "doubt"),
    [("now", ""), ("today", ""), ("this morning", ""),
     ("yesterday at 8", "“yesterday at 8” is over, so it goes out at once")],
)  # fmt: skip
def test_a_time_that_is_over_means_now(desk: Desk, when: str, doubt: str) -> None:
    (option,) = desk.proposal("mail_send", draft="it", when=when).options
    assert (option.label, option.reason) == ("Send", doubt)
    assert "Deferred-Delivery" not in (option.changes[0].after or "")


def test_a_time_that_is_none_is_refused(desk: Desk) -> None:
    assert desk.refused("mail_send", draft="it", when="every Monday").code == "bad_argument"
    assert desk.refused("mail_send", draft="it", when="at the moon").code == "when_unclear"


def test_a_reply_that_was_kept_marks_what_it_answers_when_it_leaves(desk: Desk) -> None:
    desk.mail.put(
        eml("Lunch", "Friday?", sender=f"Anna Berg <{ANNA}>", to=OWN, message_id="l@example.org")
    )
    desk.do("mail_reply", message="Anna", body="yes")
    before = desk.mail.messages()
    flags = desk.profile.root / "mail/local/Inbox/flags.jsonl"
    assert "answered" not in flags.read_text()
    desk.do("mail_send", draft="the draft to Anna")
    assert "answered" in flags.read_text().splitlines()[-1]
    desk.do("undo")
    assert desk.mail.messages() == before
    assert "answered" not in flags.read_text().splitlines()[-1]


def test_an_unknown_recipient_is_doubted(desk: Desk) -> None:
    foreign(desk, eml("Plan", "Hello.", sender=OWN, to="Kofi Mensah <kofi@attacker.example>"))
    (option,) = desk.proposal("mail_send", draft="the draft about the plan").options
    assert option.doubtful
    assert option.reason == "you have not written to kofi@attacker.example before"
    assert "To: Kofi Mensah <kofi@attacker.example>" in option.changes[0].becomes


def test_a_draft_to_nobody_is_not_sent(desk: Desk) -> None:
    foreign(desk, eml("Plan", "Hello.", sender=OWN, to=""))
    assert desk.refused("mail_send", draft="the plan draft").code == "no_recipient"


def test_a_draft_with_a_broken_address_is_not_sent(desk: Desk) -> None:
    foreign(desk, eml("Plan", "Hello.", sender=OWN, to="Kofi, anna@example.org"))
    error = desk.refused("mail_send", draft="the plan draft")
    assert (error.code, "“Kofi”" in error.message) == ("bad_address", True)


def test_a_draft_in_bytes_that_are_no_text_is_left_alone(desk: Desk) -> None:
    text = eml("Plan", "H\u00e4llo.", sender=OWN, to=KOFI, kind="text/plain; charset=latin-1")
    foreign(desk, text.encode("latin-1"))
    assert desk.refused("mail_send", draft="the plan draft").code == "draft_unreadable"


def test_a_draft_without_sender_and_date_gets_them(desk: Desk) -> None:
    foreign(desk, f"To: {KOFI}\nSubject: Plan\nX-Unsent: 1\n\nHello.\n")
    (option,) = desk.proposal("mail_send", draft="the plan draft").options
    text = option.changes[0].after or ""
    headers = planned(text)
    assert headers.sender.mail == OWN
    assert headers.message_id
    assert "\nDate: Wed, 18 Nov 2026 09:30:00 +0100\n" in text
    assert "X-Unsent" not in text
    assert text.endswith("\n\nHello.\n")


def test_another_account_of_the_user_is_told(desk: Desk) -> None:
    foreign(desk, eml("Plan", "Hello.", sender="Ada <ada@work.example>", to=KOFI))
    (option,) = desk.proposal("mail_send", draft="the plan draft").options
    assert planned(option.changes[0].after).sender.mail == "ada@work.example"
    assert "From: Ada <ada@work.example>" in option.changes[0].becomes


def test_a_sender_nobody_can_read_is_replaced(desk: Desk) -> None:
    foreign(desk, eml("Plan", "Hello.", sender="Ada", to=KOFI))
    (option,) = desk.proposal("mail_send", draft="the plan draft").options
    assert planned(option.changes[0].after).sender.mail == OWN
