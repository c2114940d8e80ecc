"""mail_find: what is listed, in which words, and what is not."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.agent.conditions import condition_in
from app.core.errors import AmbiguousError
from tests.support.calendar_profile import BERLIN, NOW
from tests.support.mail_profile import eml
from tests.support.tool_desk import OWN, Desk

KOFI = "Kofi Mensah <kofi@example.net>"
NADIA = "Nadia Rahman <nadia@example.org>"
ADA = f"Ada Example <{OWN}>"


def fill(desk: Desk) -> None:
    """Six messages that came, two that were written, two thrown away."""
    mail = desk.mail
    mail.add_contact("Bob Okafor", "bob@example.org")
    mail.put(eml("Invoice 214", "Pay please", date=NOW - timedelta(hours=1)), seen=False)
    mail.put(eml("Lunch?", "Pizza", sender=NADIA, date=NOW - timedelta(days=1)), flagged=True)
    mail.put(eml("Invoice 213", "Paid", date=NOW - timedelta(days=9)), labels=["money"])
    mail.put(
        eml("Deals", "Buy", "List-Unsubscribe: <mailto:x@y.example>",
            sender="Shop <shop@shop.example>", date=NOW - timedelta(days=3)),
    )  # fmt: skip
    mail.put(eml("Résumé", "Attached", sender=KOFI, date=NOW - timedelta(days=2)), "Archive")
    mail.put(eml("Last year", "Long ago", sender=KOFI, date=datetime(2025, 3, 4, 8, tzinfo=BERLIN)))
    mail.put(eml("Re: Lunch?", "Yes", sender=ADA, to=NADIA, date=NOW), "Sent")
    mail.put(eml("Garden", "Soon", sender=ADA, to=KOFI, date=NOW), "Drafts")
    mail.put(eml("Invoice scam", "Pay now", sender="X <x@bad.example>", date=NOW), "Junk")
    mail.put(eml("Invoice old", "Gone", sender=NADIA, date=NOW), "Trash")


def subjects(desk: Desk, **arguments: object) -> list[str]:
    items = desk.run("mail_find", **arguments).data["items"]
    assert isinstance(items, list)
    return [each["subject"] for each in items]


def test_the_list_is_readable_and_the_data_complete(desk: Desk) -> None:
    fill(desk)
    outcome = desk.run("mail_find")
    assert outcome.sentence.splitlines() == [
        "5 messages:",
        "  Today 08:30 Bob Okafor: Invoice 214 (unread)",
        "  Yesterday 09:30 Nadia Rahman: Lunch? (flagged)",
        "  Sun 15 Nov 09:30 Shop: Deals",
        "  Mon 9 Nov 09:30 Bob Okafor: Invoice 213",
        "  Tue 4 Mar 2025 08:00 Kofi Mensah: Last year",
    ]
    items = outcome.data["items"]
    assert isinstance(items, list)
    assert outcome.mentions == tuple(each["id"] for each in items)
    assert items[0] == {
        "id": outcome.mentions[0],
        "from": "Bob Okafor",
        "address": "bob@example.org",
        "to": ["Sam Rivera"],
        "subject": "Invoice 214",
        "date": "2026-11-18T08:30:00+01:00",
        "folder": "Inbox",
        "unread": True,
        "flagged": False,
        "labels": [],
        "attachments": [],
        "warnings": [],
    }
    assert items[3]["labels"] == ["money"] and outcome.data["total"] == 5


def test_each_filter_narrows_the_list(desk: Desk) -> None:
    fill(desk)
    assert subjects(desk, words="invoice") == ["Invoice 214", "Invoice 213"]
    assert subjects(desk, words="the invoices") == ["Invoice 214", "Invoice 213"]
    assert subjects(desk, words="resume") == ["Résumé"]
    assert subjects(desk, **{"from": "Bob"}) == ["Invoice 214", "Invoice 213"]
    assert subjects(desk, **{"from": "bob@example.org"}) == ["Invoice 214", "Invoice 213"]
    assert subjects(desk, **{"from": "Kofi"}) == ["Résumé", "Last year"]
    assert subjects(desk, **{"from": "Bob and Nadia"}) == ["Invoice 214", "Lunch?", "Invoice 213"]
    assert subjects(desk, **{"from": "me"}) == ["Re: Lunch?"]
    assert subjects(desk, to="Nadia") == ["Re: Lunch?"]
    assert subjects(desk, folder="archive") == ["Résumé"]
    assert subjects(desk, folder="my drafts") == ["Garden"]
    assert subjects(desk, folder="spam") == ["Invoice scam"]
    assert subjects(desk, folder="Trash folder", words="invoice") == ["Invoice old"]
    assert subjects(desk, unread=True) == ["Invoice 214"]
    assert subjects(desk, words="flagged") == subjects(desk, words="starred") == ["Lunch?"]
    assert subjects(desk, words="unread") == ["Invoice 214"]
    assert subjects(desk, words="important") == []
    desk.mail.put(eml("Safer invoices", "A talk", sender=KOFI, date=NOW - timedelta(days=10)))
    found = ["Invoice 214", "Invoice 213", "Safer invoices"]
    assert subjects(desk, words="invoices") == found
    assert subjects(desk, words="bill 214") == ["Invoice 214"]
    assert subjects(desk, **{"from": "bobs"}) == ["Invoice 214", "Invoice 213"]
    assert "Invoice 214" not in subjects(desk, unread=False)
    assert subjects(desk, label="money") == ["Invoice 213"]
    assert subjects(desk, words="newsletters") == ["Deals"]
    assert subjects(desk, words="unread mails") == ["Invoice 214"]
    assert subjects(desk, when="yesterday") == ["Lunch?"]
    assert subjects(desk, when="last week") == ["Deals", "Invoice 213"]
    assert subjects(desk, when="in march", **{"from": "Kofi"}) == []
    assert subjects(desk, when="last year") == ["Last year"]
    assert subjects(desk, when="older than two weeks") == ["Last year"]
    assert subjects(desk, when="since monday", words="resume") == ["Résumé"]


def test_the_first_line_says_what_is_listed(desk: Desk) -> None:
    fill(desk)

    def first(**arguments: object) -> str:
        return desk.run("mail_find", **arguments).sentence.splitlines()[0]

    assert first(words="newsletters") == "1 newsletter:"
    assert first(unread=True, when="today") == "1 unread message on Wednesday 18 November:"
    assert first(words="invoice", **{"from": "Bob"}) == "2 messages from Bob about 'invoice':"
    assert first(words="newsletters", when="in march") == (
        "Nothing among newsletters from Sunday 1 March to Tuesday 31 March."
    )


def test_order_and_limit(desk: Desk) -> None:
    fill(desk)
    assert subjects(desk, sort="oldest", limit=2) == ["Last year", "Invoice 213"]
    outcome = desk.run("mail_find", limit=2)
    assert outcome.data["total"] == 5 and outcome.sentence.endswith("\nand 3 more.")
    desk.mail.put(eml("Note", "About the deals", date=NOW))
    assert subjects(desk, words="deals") == ["Note", "Deals"]
    assert subjects(desk, words="deals", sort="relevance") == ["Deals", "Note"]


def test_nothing_found_says_what_was_looked_for_and_where(desk: Desk) -> None:
    assert desk.run("mail_find").sentence == "Nothing in your mail."
    fill(desk)

    def said(**arguments: object) -> str:
        outcome = desk.run("mail_find", **arguments)
        assert outcome.data == {"items": [], "total": 0} and outcome.mentions == ()
        return outcome.sentence

    assert said(words="the piano", folder="archive", **{"from": "Bob"}) == (
        "Nothing from Bob about 'piano' in archive."
    )
    assert said(**{"from": "Zed"}, when="last week") == (
        "Nothing from Zed from Monday 9 November to Sunday 15 November."
    )
    assert said(label="zebra") == "Nothing labelled 'zebra'."
    assert said(unread=True, when="yesterday") == "Nothing unread on Tuesday 17 November."


def test_a_borrowed_name_is_not_matched_and_said(desk: Desk) -> None:
    fill(desk)
    desk.mail.put(eml("Pay me", "Now", sender="Bob Okafor <bob@evil.example>", date=NOW))
    outcome = desk.run("mail_find", **{"from": "Bob"})
    assert outcome.data["total"] == 2
    assert outcome.sentence.splitlines()[-1] == (
        "1 other message uses this name from an address you do not know."
    )
    only = desk.run("mail_find", when="today", words="now", **{"from": "Bob"})
    assert only.sentence == (
        "Nothing from Bob about 'now' on Wednesday 18 November. "
        "1 other message uses this name from an address you do not know."
    )


def test_a_sender_nobody_knows_is_looked_for_in_the_text(desk: Desk) -> None:
    desk.mail.put(eml("Your flight", "Thanks from your airline", sender="LH <no@lh.example>"))
    sentence = desk.run("mail_find", **{"from": "the airline"}).sentence
    assert sentence.splitlines()[:2] == [
        "Nobody called “the airline” has written; this mentions the name.",
        "1 message about 'airline':",
    ]


def test_mail_that_only_mentions_a_name_does_not_count_as_theirs(desk: Desk) -> None:
    desk.mail.put(eml("Zed", "Zed has written, honestly", sender="LH <no@lh.example>"))
    condition = condition_in("if Zed has written, cancel lunch")
    assert condition is not None
    assert not condition.holds([desk.run("mail_find", **{"from": "Zed"}).data])
    desk.mail.put(eml("Hello", "It is me", sender="Zed <zed@new.example>"))
    assert condition.holds([desk.run("mail_find", **{"from": "Zed"}).data])


def test_a_company_is_found_by_a_part_of_its_host(desk: Desk) -> None:
    desk.mail.put(eml("Code", "4711", sender="Sparbank <security@sparbank.example>"))
    desk.mail.put(eml("Hello", "My bank moved", sender=KOFI, date=NOW - timedelta(days=1)))
    assert desk.run("mail_find", **{"from": "the bank"}).sentence.splitlines()[0] == (
        "1 message from the bank:"
    )
    assert subjects(desk, words="bank") == ["Code", "Hello"]
    assert subjects(desk, **{"from": "arb"}) == []


def test_new_is_unread_only_where_it_speaks_of_mail(desk: Desk) -> None:
    desk.mail.put(eml("Flights to New York", "Hi", date=NOW))
    assert subjects(desk, words="new york") == ["Flights to New York"]
    assert desk.run("mail_find", words="new mail").sentence == "Nothing unread."


def test_a_time_said_twice_is_no_sender(desk: Desk) -> None:
    fill(desk)
    assert subjects(desk, when="yesterday", **{"from": "Yesterday"}) == ["Lunch?"]
    assert subjects(desk, **{"from": "yesterday"}) == ["Lunch?"]
    desk.mail.put(eml("Spring", "Hi", sender="April Jones <a@j.example>", date=NOW))
    assert subjects(desk, **{"from": "April"}) == ["Spring"]


def test_a_warning_stands_beside_what_it_is_about(desk: Desk) -> None:
    desk.mail.add_contact("Bob Okafor", "bob@example.org")
    desk.mail.put(eml("Hi", "x", sender="Bob Okafor <bob@evil.example>", date=NOW))
    lines = desk.run("mail_find").sentence.splitlines()
    assert lines[1] == "  Today 09:30 Bob Okafor <bob@evil.example>: Hi"
    assert lines[2].startswith("    Careful: ") and "bob@evil.example" in lines[2]
    items = desk.run("mail_find").data["items"]
    assert isinstance(items, list) and len(items[0]["warnings"]) == 1


def test_text_of_others_cannot_rewrite_the_list(desk: Desk) -> None:
    subject = "pay\u202egnp.exe \x1b[31mred"
    desk.mail.put(eml(subject, "x", sender="\u202eEvil\u2066 <e@evil.example>", date=NOW))
    sentence = desk.run("mail_find").sentence
    assert not any(mark in sentence for mark in ("\u202e", "\u2066", "\x1b"))
    assert sum(line.startswith("  Today") for line in sentence.splitlines()) == 1


def test_wrong_arguments_are_named(desk: Desk) -> None:
    fill(desk)
    error = desk.refused("mail_find", folder="piano")
    assert error.code == "folder_not_found"
    assert error.hint == "The folders are Archive, Drafts, Inbox, Junk, Sent and Trash."
    assert desk.refused("mail_find", when="whenever").code == "when_unclear"
    assert desk.refused("mail_find", when="every tuesday").code == "bad_argument"
    assert desk.refused("mail_find", limit=21).code == "bad_argument"
    ambiguous = desk.refused("mail_find", when="3/4")
    assert isinstance(ambiguous, AmbiguousError) and ambiguous.argument == "when"


def test_a_message_that_cannot_be_read_is_a_problem_beside_the_list(desk: Desk) -> None:
    fill(desk)
    assert desk.run("mail_find").problem is None
    (desk.profile.root / "mail" / "local" / "Inbox" / "x.eml").mkdir()
    assert desk.run("mail_find").data["total"] == 5
