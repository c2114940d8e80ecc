"""References to messages: what people say, and which messages that means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked
from app.core.proposals import Change
from app.tools.message_references import ResolvedMessages, resolve_messages
from app.tools.recent_messages import people_written_of
from tests.support.calendar_profile import BERLIN, CLOCK
from tests.support.mail_profile import MailProfile, eml, open_mail

OWN = frozenset({"sam@rivera.example"})
ME = "Sam Rivera <sam@rivera.example>"
NADIA = "Nadia Rahman <nadia@example.org>"
ANNA = "Anna Berg <anna@example.org>"
BOB = "Bob Okafor <bob@example.org>"
YUKI = "Yuki Tanaka <yuki@example.com>"
KOFI = "Kofi Mensah <kofi@example.net>"
GROUPON = "Groupon <deals@groupon.example>"
LIST = "List-Unsubscribe: <mailto:off@groupon.example>"


def at(day: int, hour: int = 10, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=BERLIN)


@pytest.fixture
def mail(tmp_path: Path) -> Iterator[MailProfile]:
    with open_mail(tmp_path / "p") as profile:
        fill(profile)
        yield profile


def fill(mail: MailProfile) -> None:
    """A small mailbox; subjects are what the tests name messages by."""
    for name, address in (("Nadia Rahman", "nadia@example.org"), ("Anna Berg", "anna@example.org")):
        mail.add_contact(name, address)
    mail.add_contact("Bob Okafor", "bob@example.org")
    mail.put(eml("Lunch", "Pizza?", sender=NADIA, date=at(18, 8)), seen=False)
    mail.put(eml("Budget", "The figures.", sender=NADIA, date=at(17, 16)))
    mail.put(
        eml("Roof repair", "Can you?", sender=ME, to=NADIA, date=at(12), message_id="roof@x"),
        folder="Sent",
    )
    mail.put(
        eml("Re: Roof repair", "Yes.", "In-Reply-To: <roof@x>", sender=NADIA, date=at(13)),
        folder="Archive",
    )
    mail.put(eml("Invoice 214", "Pay", sender=ANNA, date=at(16)), flagged=True, labels=["travel"])
    mail.put(eml("Holiday plans", "Rome!", sender=ANNA, date=at(2)), folder="Archive")
    mail.put(eml("Contract", "As agreed.", sender=BOB, date=at(11)))
    mail.put(eml("Contract now", "Sign!", sender="Bob Okafor <b@evil.example>", date=at(12)))
    mail.put(eml("Release notes", "One.", sender=YUKI, date=at(16, 9), message_id="rel@x"))
    mail.put(
        eml("Re: Release notes", "Two.", "References: <rel@x>", sender=YUKI, date=at(17, 9)),
    )
    mail.put(eml("Old tickets", "Three.", sender=YUKI, date=at(1, month=10)))
    mail.put(
        eml("Your code is 442211", "Enter it.", sender="GitHub <no@github.example>", date=at(18, 7))
    )
    for day, subject in ((15, "Deals of the week"), (14, "Spa"), (8, "Sushi"), (1, "Skiing")):
        mail.put(eml(subject, "Cheap.", LIST, sender=GROUPON, date=at(day)))
    mail.put(eml("Parcel", "Tomorrow.", sender="DHL <info@dhl.example>", date=at(10)), seen=False)
    mail.put(eml("Question", "When?", sender=ME, to=KOFI, date=at(5)), folder="Sent")
    mail.put(eml("Answer", "Then.", sender=ME, to=KOFI, date=at(6)), folder="Sent")
    mail.put(eml("Garden", "Soon.", sender=ME, to=KOFI, date=at(17)), folder="Drafts")
    mail.put(eml("You won", "Click.", sender="Lucky <l@spam.example>", date=at(9)), folder="Junk")
    mail.put(eml("Friday report", "Numbers.", sender="Ines <ines@example.org>", date=at(3)))
    mail.put(
        eml(
            "Tickets",
            "--b\nContent-Type: text/plain\n\nHere.\n--b\nContent-Type: application/pdf\n"
            'Content-Disposition: attachment; filename="tickets.pdf"\n\nx\n--b--',
            sender="The Airline <fly@airline.example>",
            date=at(4),
            kind='multipart/mixed; boundary="b"',
        )
    )


def resolve(
    mail: MailProfile,
    reference: str | list[str],
    argument: str = "messages",
    *,
    recent: tuple[tuple[str, ...], ...] = (),
    reading: bool = False,
) -> ResolvedMessages:
    return resolve_messages(
        reference,
        mail.mailbox,
        Asked(CLOCK, "", recent),
        locale="en_GB",
        own=OWN,
        argument=argument,
        journal=mail.journal,
        reading=reading,
    )


def subjects(resolved: ResolvedMessages) -> list[str]:
    return [each.subject for each in resolved.envelopes]


def id_of(mail: MailProfile, subject: str) -> str:
    (found,) = [each for each in mail.mailbox.envelopes(all_ids(mail)) if each.subject == subject]
    return found.id


def all_ids(mail: MailProfile) -> list[str]:
    mail.mailbox.refresh()
    names = [path.split("/")[-1] for path in mail.messages()]
    return [mail.mailbox.id_of("local", name) for name in names]


ONE = {
    "the last mail from Nadia": "Lunch",
    "Nadia's last mail": "Lunch",
    "the latest email from Nadia": "Lunch",
    "my last email from Nadia": "Lunch",
    "the newest mail": "Lunch",
    "the last mail": "Lunch",
    "my last mail": "Lunch",
    "the first mail from Nadia": "Re: Roof repair",
    "the oldest mail from Yuki": "Old tickets",
    "the second last mail from Nadia": "Budget",
    "Nadia's mail about the budget": "Budget",
    "the mail from Nadia about the budget": "Budget",
    "Nadia's budget mail": "Budget",
    "the budget mail from Nadia": "Budget",
    "the mail Nadia sent me yesterday": "Budget",
    "Nadia's mail from yesterday": "Budget",
    "yesterday's mail from Nadia": "Budget",
    "the mail from Nadia on friday": "Re: Roof repair",
    "Nadia's mail from friday": "Re: Roof repair",
    "Nadia's reply": "Re: Roof repair",
    "the unread mail from Nadia": "Lunch",
    "the thread with Nadia about the roof": "Re: Roof repair",
    "Nadia": "Lunch",
    "nadia rahman": "Lunch",
    "nadia@example.org": "Lunch",
    "the mail about the invoice": "Invoice 214",
    "the invoice mail": "Invoice 214",
    "Anna's invoice mail": "Invoice 214",
    "the mail about invoice 214": "Invoice 214",
    "the flagged mail": "Invoice 214",
    "the mail about the trip to Rome": "",
    "the mail about Rome": "Holiday plans",
    "the mail called holiday plans": "Holiday plans",
    "the mail with the subject “Holiday plans”": "Holiday plans",
    "the mail labelled travel": "Invoice 214",
    "the mail in the archive from Anna": "Holiday plans",
    "the mail from Bob": "Contract",
    "the contract mail from Bob": "Contract",
    "that mail from Bob": "Contract",
    "the one from Bob": "Contract",
    "the mail from b@evil.example": "Contract now",
    "the mail from Yuki about the release notes": "Re: Release notes",
    "the last mail from GitHub": "Your code is 442211",
    "the GitHub mail": "Your code is 442211",
    "the email from GitHub": "Your code is 442211",
    "the message with the code": "Your code is 442211",
    "the mail from the airline": "Tickets",
    "the mail with the attachment": "Tickets",
    "the mail with attachments from the airline": "Tickets",
    "my last mail to Kofi": "Answer",
    "the last mail to Kofi": "Answer",
    "the last mail I sent to Kofi": "Answer",
    "the mail to Kofi about the question": "Question",
    "the draft": "Garden",
    "the draft to Kofi": "Garden",
    "my draft about the garden": "Garden",
    "the Friday report": "Friday report",
    "the mail about the friday report": "Friday report",
    "the mail from DHL": "Parcel",
    "the last newsletter": "Deals of the week",
    "the newest newsletter from Groupon": "Deals of the week",
    "the mail about winning": "",
    "the mail in spam": "You won",
    "the junk mail": "You won",
    "a mail about the contract from Bob": "Contract",
    "the last mail from Bob or Nadia": "Lunch",
    "Anna's mail from november 2": "Holiday plans",
    "the mail from an hour and a half ago": "Lunch",
    "the lsat maiil rfom Nadia": "Lunch",
    "NADIA'S LAST MAIL": "Lunch",
    "Mrs. Rahman's last mail": "Lunch",
    "nadias last mail": "Lunch",
    "nadias mail about the budget": "Budget",
    "yesterdays mail from Nadia": "Budget",
    "fridays mail from nadia": "Re: Roof repair",
}
"""For one message: what is said, and the subject of what is meant ("": nothing is)."""


@pytest.mark.parametrize("said", ONE)
def test_words_for_one_message_find_it(mail: MailProfile, said: str) -> None:
    if not ONE[said]:
        with pytest.raises(KnownError) as caught:
            resolve(mail, said, "message")
        assert caught.value.code == "message_not_found"
        return
    assert subjects(resolve(mail, said, "message")) == [ONE[said]]


SETS = {
    "all mails from Nadia": ["Lunch", "Budget", "Re: Roof repair"],
    "everything from Nadia": ["Lunch", "Budget", "Re: Roof repair"],
    "every mail from Nadia": ["Lunch", "Budget", "Re: Roof repair"],
    "Nadia's mails": ["Lunch", "Budget", "Re: Roof repair"],
    "the mails from Nadia": ["Lunch", "Budget", "Re: Roof repair"],
    "all my mails from Nadia": ["Lunch", "Budget", "Re: Roof repair"],
    "mail from Nadia": ["Lunch", "Budget", "Re: Roof repair"],
    "all mail from Yuki in the last 3 days": ["Re: Release notes", "Release notes"],
    "emails from Yuki since monday": ["Re: Release notes", "Release notes"],
    "everything Yuki wrote in october": ["Old tickets"],
    "mails from Yuki from october": ["Old tickets"],
    "all newsletters": ["Deals of the week", "Spa", "Sushi", "Skiing"],
    "the newsletters": ["Deals of the week", "Spa", "Sushi", "Skiing"],
    "all newsletters from last week": ["Deals of the week", "Spa"],
    "all newsletters older than two weeks": ["Skiing"],
    "newsletters before november 10": ["Sushi", "Skiing"],
    "the last three mails from Groupon": ["Deals of the week", "Spa", "Sushi"],
    "the last 2 mails from Groupon": ["Deals of the week", "Spa"],
    "the first two mails from Groupon": ["Skiing", "Sushi"],
    "the last two": ["Lunch", "Your code is 442211"],
    "the last 3 mails": ["Lunch", "Your code is 442211", "Budget"],
    "today's mails": ["Lunch", "Your code is 442211"],
    "today's mail": ["Lunch", "Your code is 442211"],
    "yesterday's mail": ["Budget", "Re: Release notes"],
    "everything yesterday": ["Budget", "Re: Release notes"],
    "all mails from monday": ["Invoice 214", "Release notes"],
    "all mails from last week": [
        "Deals of the week", "Spa", "Re: Roof repair", "Contract now", "Contract", "Parcel",
    ],
    "my unread mails": ["Lunch", "Parcel"],
    "all unread mails": ["Lunch", "Parcel"],
    "unread mail": ["Lunch", "Parcel"],
    "my unread mail from DHL": ["Parcel"],
    "all mails older than a month": ["Old tickets"],
    "the mails about the contract": ["Contract now", "Contract"],
    "all mails about contracts": ["Contract now", "Contract"],
    "all the contract mails": ["Contract now", "Contract"],
    "all Groupon mails": ["Deals of the week", "Spa", "Sushi", "Skiing"],
    "all mails from Bob": ["Contract"],
    "the conversation with Yuki": ["Re: Release notes", "Release notes"],
    "the thread about the roof": ["Re: Roof repair", "Roof repair"],
    "my mails to Kofi": ["Answer", "Question"],
    "all drafts": ["Garden"],
    "drafts": ["Garden"],
    "mails with attachments": ["Tickets"],
    "mails labelled travel": ["Invoice 214"],
    "all flagged mails": ["Invoice 214"],
    "mails in Archive": ["Re: Roof repair", "Holiday plans"],
    "all mails from Nadia and Anna": [
        "Lunch", "Budget", "Invoice 214", "Re: Roof repair", "Holiday plans",
    ],
    "the last mail from Nadia and the last mail from Bob": ["Lunch", "Contract"],
    "the mail from DHL": ["Parcel"],
    "todays mails": ["Lunch", "Your code is 442211"],
    "yesterdays mail": ["Budget", "Re: Release notes"],
    "all of fridays mails": ["Re: Roof repair"],
    "nadias mails": ["Lunch", "Budget", "Re: Roof repair"],
    "bobs mails": ["Contract"],
}  # fmt: skip
"""For several messages: what is said, and the subjects of what is meant, in order."""


@pytest.mark.parametrize("said", SETS)
def test_words_for_several_messages_find_them_all(mail: MailProfile, said: str) -> None:
    assert subjects(resolve(mail, said)) == SETS[said]


def test_words_for_one_that_fit_several_become_a_choice(mail: MailProfile) -> None:
    with pytest.raises(AmbiguousError) as caught:
        resolve(mail, "the mail from Nadia", "message")
    error = caught.value
    assert (error.code, error.argument) == ("several_messages", "message")
    assert error.message == "“the mail from Nadia” fits 3 messages. Nothing was changed."
    assert [label for _, label in error.choices] == [
        "Wed 18 Nov 08:00 Nadia Rahman: Lunch",
        "Tue 17 Nov 16:00 Nadia Rahman: Budget",
        "Fri 13 Nov 10:00 Nadia Rahman: Re: Roof repair",
    ]
    for value, label in error.choices:
        assert subjects(resolve(mail, value, "message")) == [label.split(": ", 1)[1]]


def test_a_long_choice_is_cut(mail: MailProfile) -> None:
    for number in range(20):
        mail.put(eml(f"Topic {number}", "x", sender=ANNA, date=at(9) + timedelta(minutes=number)))
    with pytest.raises(AmbiguousError) as caught:
        resolve(mail, "the mail from Anna", "message")
    assert "fits 22 messages. These are the first 12." in caught.value.message
    assert len(caught.value.choices) == 12


def test_a_set_where_one_is_wanted_becomes_a_choice(mail: MailProfile) -> None:
    with pytest.raises(AmbiguousError):
        resolve(mail, "all newsletters", "message")
    with pytest.raises(AmbiguousError):
        resolve(mail, "Anna", "messages")


def test_nothing_found_says_what_was_looked_for(mail: MailProfile) -> None:
    def refusal(said: str, *, reading: bool = False) -> str:
        with pytest.raises(KnownError) as caught:
            resolve(mail, said, "message", reading=reading)
        assert caught.value.code == "message_not_found"
        return caught.value.message

    assert refusal("the mail from Nadia about the piano last week") == (
        "Nothing from Nadia about 'piano' from Monday 9 November to Sunday 15 November. I looked "
        "for “the mail from Nadia about the piano last week”. Nothing was changed."
    )
    assert refusal("the mail from Zed", reading=True) == (
        "Nothing from Zed. I looked for “the mail from Zed”."
    )
    assert "m999" in refusal("m999")


@pytest.mark.parametrize("said", ["the mail", "all mail", "everything", "all my mails", "mails"])
def test_words_that_name_nothing_are_not_everything(mail: MailProfile, said: str) -> None:
    with pytest.raises(KnownError) as caught:
        resolve(mail, said)
    assert caught.value.code == "message_not_found"


@pytest.mark.parametrize(
    "said", ["all mail about deals but the last", "all mail from 🌶️ last week", "mails from"]
)
def test_a_set_is_never_more_than_was_asked_for(mail: MailProfile, said: str) -> None:
    with pytest.raises(KnownError) as caught:
        resolve(mail, said)
    assert caught.value.code in ("reference_unclear", "message_not_found")
    assert caught.value.message.endswith("Nothing was changed.")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("all newsletters except the last", ["Spa", "Sushi", "Skiing"]),
        ("all newsletters except the spa and the sushi", ["Deals of the week", "Skiing"]),
        ("all mails from Anna other than the one about the holiday", ["Invoice 214"]),
        ("mail from yesterday, but not from Nadia", ["Re: Release notes"]),
    ],
)
def test_a_set_may_leave_some_out(mail: MailProfile, said: str, left: list[str]) -> None:
    assert subjects(resolve(mail, said)) == left


def test_what_may_be_left_out_in_two_ways_stays_both_ways(mail: MailProfile) -> None:
    cyclist = "The Sunday Cyclist <news@cyclist.example>"
    mail.put(eml("Tailwind", "Ride.", LIST, sender=cyclist, date=at(15)))
    mail.put(eml("Chains", "Oil.", LIST, sender=cyclist, date=at(10)))
    left = subjects(resolve(mail, "all newsletters except the Sunday Cyclist"))
    assert left == ["Deals of the week", "Spa", "Sushi", "Skiing"]


def test_what_a_set_does_not_hold_cannot_be_left_out(mail: MailProfile) -> None:
    with pytest.raises(KnownError, match="“the piano” is none of the 4 messages") as caught:
        resolve(mail, "all newsletters except the piano")
    assert caught.value.message.endswith("Nothing was changed.")
    with pytest.raises(KnownError, match="Nothing is left of"):
        resolve(mail, "all mails from Anna except Anna's mails")


def test_an_impostor_is_not_who_the_user_knows(mail: MailProfile) -> None:
    resolved = resolve(mail, "all mails from Bob")
    assert subjects(resolved) == ["Contract"]
    assert resolved.note == "1 other message uses this name from an address you do not know."
    assert resolve(mail, "all mails from Nadia").note == ""


def test_a_name_that_a_stranger_chose_does_not_take_the_place_of_a_subject(
    mail: MailProfile,
) -> None:
    mail.put(eml("Hello", "x", sender="Invoice <i@evil.example>", date=at(18, 9)))
    with pytest.raises(AmbiguousError) as caught:
        resolve(mail, "the invoice mail", "message")
    assert [label for _, label in caught.value.choices] == [
        "Wed 18 Nov 09:00 Invoice: Hello", "Mon 16 Nov 10:00 Anna Berg: Invoice 214",
    ]  # fmt: skip
    mail.put(eml("Hello too", "x", sender="November <n@evil.example>", date=at(18, 9)))
    assert len(resolve(mail, "all mails from november").envelopes) > 5


def test_a_strangers_name_alone_is_their_newest_while_nobody_else_uses_it(
    mail: MailProfile,
) -> None:
    assert subjects(resolve(mail, "Yuki", "message")) == ["Re: Release notes"]
    mail.put(eml("Hello", "x", sender="Yuki T <y@evil.example>", date=at(18, 9)))
    with pytest.raises(AmbiguousError):
        resolve(mail, "Yuki", "message")


def test_only_an_impostor_is_nothing_found(mail: MailProfile) -> None:
    with pytest.raises(KnownError) as caught:
        resolve(mail, "the mail from Bob yesterday or friday", "message")
    mail.put(eml("Hi", "x", sender="Anna Berg <a@evil.example>", date=at(18, 6)))
    with pytest.raises(KnownError) as caught:
        resolve(mail, "the mail from Anna from today", "message")
    assert caught.value.code == "message_not_found"
    assert "1 other message uses this name from an address you do not know." in caught.value.message


def test_a_sender_nobody_knows_is_asked_for_where_mail_mentions_it(mail: MailProfile) -> None:
    mail.put(eml("Statement", "From your bank.", sender="Nord <n@nord.example>", date=at(3)))
    with pytest.raises(AmbiguousError) as caught:
        resolve(mail, "the mail from the bank", "message", reading=True)
    assert caught.value.message == "Nobody called “bank” has written, but this mentions the name."
    assert [label for _, label in caught.value.choices] == ["Tue 3 Nov 10:00 Nord: Statement"]


def test_ids_and_lists_of_them(mail: MailProfile) -> None:
    one, two = id_of(mail, "Budget"), id_of(mail, "Spa")
    assert subjects(resolve(mail, one, "message")) == ["Budget"]
    assert subjects(resolve(mail, [one, two])) == ["Budget", "Spa"]
    assert subjects(resolve(mail, f"{one}, {two}")) == ["Budget", "Spa"]
    assert subjects(resolve(mail, f"{two} and {one}")) == ["Spa", "Budget"]
    assert subjects(resolve(mail, [one, one, "the last newsletter"])) == [
        "Budget", "Deals of the week",
    ]  # fmt: skip


def test_words_point_at_what_was_shown(mail: MailProfile) -> None:
    shown = tuple(id_of(mail, subject) for subject in ("Parcel", "Spa", "Budget"))

    def meant(said: str, argument: str = "messages") -> list[str]:
        return subjects(resolve(mail, said, argument, recent=(("e1",), shown)))

    for said in ("them", "those", "all of them", "those mails", "these messages", "all of those"):
        assert meant(said) == ["Parcel", "Spa", "Budget"], said
    assert meant("the second one", "message") == ["Spa"]
    assert meant("the second mail", "message") == ["Spa"]
    assert meant("the first one", "message") == ["Parcel"]
    assert meant("the last one", "message") == ["Budget"]
    assert meant("number 3", "message") == ["Budget"]
    assert meant("the last two") == ["Spa", "Budget"]
    assert meant("the first and the last one") == ["Parcel", "Budget"]
    assert meant("the second and third") == ["Spa", "Budget"]
    assert meant("the last mail", "message") == ["Lunch"]
    assert meant("the one from DHL", "message") == ["Parcel"]
    assert meant("the mail from Nadia", "message") == ["Budget"]
    for said in ("it", "that", "this mail", "that mail", "the mail"):
        with pytest.raises(AmbiguousError) as caught:
            meant(said)
        assert [value for value, _ in caught.value.choices] == list(shown)


@pytest.mark.parametrize("said", ["the first three", "the first one", "the first and the third"])
def test_places_count_only_what_was_shown(mail: MailProfile, said: str) -> None:
    with pytest.raises(KnownError) as caught:
        resolve(mail, said)
    assert caught.value.code == "message_not_found"


def test_it_is_what_was_shown_last(mail: MailProfile) -> None:
    one, group = id_of(mail, "Spa"), tuple(id_of(mail, s) for s in ("Parcel", "Spa", "Budget"))
    recent = ((one,), group)
    for said in ("it", "that", "this", "that mail", "this email", "the mail", "that one"):
        assert subjects(resolve(mail, said, "message", recent=recent)) == ["Spa"], said
    assert subjects(resolve(mail, "the next one", "message", recent=recent)) == ["Budget"]
    assert subjects(resolve(mail, "the previous mail", "message", recent=recent)) == ["Parcel"]
    assert subjects(resolve(mail, "the third one", "message", recent=recent)) == ["Budget"]
    assert subjects(resolve(mail, "the first two", recent=recent)) == ["Parcel", "Spa"]
    gone = (("m999",), ("m998", one))
    assert subjects(resolve(mail, "it", "message", recent=gone)) == ["Spa"]


def test_it_without_anything_shown_is_what_was_changed_last(mail: MailProfile) -> None:
    with pytest.raises(KnownError) as caught:
        resolve(mail, "it", "message")
    assert caught.value.code == "message_not_found"
    (spa,) = resolve(mail, "the mail about the spa", "message").envelopes
    change = Change(f"message:local/{spa.name}", "mark message", "", None, "x", "Mark it")
    mail.journal.mark_applied(mail.journal.begin(None, "Mark", [change]))
    assert subjects(resolve(mail, "it", "message")) == ["Spa"]


def test_his_mail_is_from_whom_the_talk_was_about(mail: MailProfile) -> None:
    recent = ((id_of(mail, "Old tickets"),),)
    assert subjects(resolve(mail, "his last mail", "message", recent=recent)) == [
        "Re: Release notes"
    ]
    assert subjects(resolve(mail, "all mails from her", recent=recent)) == [
        "Re: Release notes", "Release notes", "Old tickets",
    ]  # fmt: skip
    with pytest.raises(KnownError):
        resolve(mail, "his last mail", "message")


def test_people_spoken_of_are_senders_or_whom_the_user_wrote_to(mail: MailProfile) -> None:
    def people(subject: str) -> list[str]:
        asked = Asked(CLOCK, "", ((id_of(mail, subject),),))
        return [each.mail for each in people_written_of(asked, mail.mailbox, OWN)]

    assert people("Spa") == ["deals@groupon.example"]
    assert people("Answer") == ["kofi@example.net"]


def test_him_is_the_newest_shown_where_all_is_from_one(mail: MailProfile) -> None:
    yukis = tuple(id_of(mail, each) for each in ("Old tickets", "Re: Release notes"))
    assert subjects(resolve(mail, "her", "message", recent=(yukis,))) == ["Re: Release notes"]
    with pytest.raises(AmbiguousError, match="“him” fits 3 messages"):
        resolve(mail, "him", "message", recent=((*yukis, id_of(mail, "Spa")),))
    with pytest.raises(KnownError, match="which message “him” is"):
        resolve(mail, "him", "message")


def test_what_was_attached_is_the_mail_it_came_with(mail: MailProfile) -> None:
    bill = (
        "--b\nContent-Type: text/plain\n\nHere.\n--b\nContent-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="Estimate-7.pdf"\n\nx\n--b--'
    )
    mail.put(
        eml("Estimate 7", bill, sender=BOB, date=at(6), message_id="e7@x",
            kind='multipart/mixed; boundary="b"')
    )  # fmt: skip
    answer = eml("Re: Estimate 7", "Thanks.", "References: <e7@x>", sender=BOB, date=at(9))
    mail.put(answer)
    assert subjects(resolve(mail, "Bob's estimate", "message")) == ["Estimate 7"]
    assert subjects(resolve(mail, "the estimate from Bob", "message")) == ["Estimate 7"]
    assert subjects(resolve(mail, "the last estimate from Bob", "message")) == ["Re: Estimate 7"]
    assert subjects(resolve(mail, "the mail about the estimate", "message")) == ["Re: Estimate 7"]


RECEIPTS = {
    "the train receipt": "Receipt for your ticket",
    "the lamp receipt": "Your order 70331",
    "the dentists bill": "Bill 2291",
    "the dentist's bill": "Bill 2291",
    "the mail from the dentist": "Bill 2291",
    "the library mail": "A book is due",
    "the flyer mail": "Our summer",
}


@pytest.mark.parametrize("said", RECEIPTS)
def test_a_thing_is_found_by_what_its_sender_calls_it(mail: MailProfile, said: str) -> None:
    put_receipts(mail)
    assert subjects(resolve(mail, said, "message")) == [RECEIPTS[said]]


def put_receipts(mail: MailProfile) -> None:
    mail.put(
        eml(
            "Receipt for your ticket", "Total EUR 27.90", sender="Rail <t@rail.example>", date=at(9)
        )
    )
    mail.put(eml("Your order 70331", "1 lamp", sender="Corner Lamps <s@lamps.example>", date=at(7)))
    mail.put(eml("Bill 2291", "64.10", sender="Dental Dr. W <o@weber.example>", date=at(4)))
    mail.put(
        eml("A book is due", "Soon.", sender="City Library <l@city-library.example>", date=at(8))
    )
    mail.put(eml("A library for tools", "New!", sender="Sheet <s@sheet.example>", date=at(9)))
    parts = (
        "--b\nContent-Type: text/plain\n\nHere.\n--b\nContent-Type: application/pdf\n"
        'Content-Disposition: attachment; filename="flyer_12.pdf"\n\nx\n--b--'
    )
    kind = 'multipart/mixed; boundary="b"'
    mail.put(eml("Our summer", parts, sender="Club <c@club.example>", date=at(6), kind=kind))


def test_both_are_two_even_if_they_are_called_differently(mail: MailProfile) -> None:
    put_receipts(mail)
    both = resolve(mail, "both receipts")
    assert subjects(both) == ["Receipt for your ticket", "Your order 70331"] and not both.note
    alone = resolve(mail, "both bills")
    assert subjects(alone) == ["Invoice 214", "Bill 2291"]
    one = resolve(mail, "both budgets")
    assert (subjects(one), one.note) == (["Budget"], "There is only this one.")
    with pytest.raises(AmbiguousError):
        resolve(mail, "both mails from Nadia")


def test_a_set_of_a_kind_is_more_than_what_speaks_of_several(mail: MailProfile) -> None:
    mail.put(eml("Safer invoices", "A talk.", sender=YUKI, date=at(4)))
    mail.put(eml("News", "Of the week.", sender=YUKI, date=at(3)))
    mail.put(eml("New", "Shoes.", sender=YUKI, date=at(3)))
    assert subjects(resolve(mail, "all mails about invoices")) == ["Invoice 214", "Safer invoices"]
    assert subjects(resolve(mail, "all mails about news")) == ["News"]


def test_a_set_is_not_widened_by_other_words_for_it(mail: MailProfile) -> None:
    put_receipts(mail)
    assert subjects(resolve(mail, "all receipts")) == ["Receipt for your ticket"]
    with pytest.raises(KnownError):
        resolve(mail, "all packages")


def test_a_thread_is_rather_a_conversation_than_a_lone_message(mail: MailProfile) -> None:
    mail.put(eml("Roof: new bank details", "Pay here.", sender=BOB, date=at(18)))
    thread = resolve(mail, "the thread about the roof")
    assert subjects(thread) == ["Re: Roof repair", "Roof repair"]
    assert subjects(resolve(mail, "the thread about the holiday")) == ["Holiday plans"]


def test_a_stranger_who_joins_a_conversation_is_not_its_last_word(mail: MailProfile) -> None:
    mail.put(eml("Concert", "Shall we?", sender=ANNA, date=at(12), message_id="concert@x"))
    joined = "References: <concert@x>"
    mail.put(eml("Re: Concert", "Yes.", joined, sender=NADIA, date=at(13)))
    said = ("the mail about the concert", "the concert thread")
    for reference in said:
        assert subjects(resolve(mail, reference, "message")) == ["Re: Concert"]
    mail.put(eml("Re: Concert", "Pay me.", joined, sender="Eve <e@evil.example>", date=at(14)))
    for reference in said:
        with pytest.raises(AmbiguousError) as caught:
            resolve(mail, reference, "message")
        assert len(caught.value.choices) == 3


def test_a_date_in_the_future_does_not_make_a_mail_the_last_one(mail: MailProfile) -> None:
    mail.put(eml("Win", "Lunch?", sender="Eve <e@evil.example>", date=at(1, month=12)))
    assert subjects(resolve(mail, "the last mail", "message")) == ["Lunch"]
    assert subjects(resolve(mail, "the latest mail about lunch", "message")) == ["Lunch"]
    assert subjects(resolve(mail, "the mail about win", "message")) == ["Win"], "it can be named"


def test_a_date_that_can_be_read_in_two_ways_is_asked_about(mail: MailProfile) -> None:
    with pytest.raises(AmbiguousError) as caught:
        resolve(mail, "the mail from Nadia from 3/4", "message")
    assert (caught.value.code, caught.value.argument) == ("when_ambiguous", "message")


def test_words_of_a_message_are_never_operators(mail: MailProfile) -> None:
    for said in ("the mail about zebra OR contract", "the mail about NEAR(as agreed)*"):
        with pytest.raises(KnownError) as caught:
            resolve(mail, said, "message")
        assert caught.value.code == "message_not_found", said


REFERENCES = [
    call["arguments"][name]
    for file in sorted((Path(__file__).parents[2] / "models" / "training").glob("*.jsonl"))
    for line in file.read_text("utf-8").splitlines()
    for call in json.loads(line).get("calls", ())
    for name in ("message", "messages")
    if name in call["arguments"]
]


@pytest.mark.parametrize("said", REFERENCES)
def test_what_people_said_to_the_model_ends_in_messages_or_a_plain_answer(
    mail: MailProfile, said: str
) -> None:
    assert REFERENCES
    for argument in ("message", "messages"):
        try:
            assert resolve(mail, said, argument).envelopes
        except KnownError as error:
            assert error.code in ("message_not_found", "several_messages")
            assert error.message.endswith("Nothing was changed.")
