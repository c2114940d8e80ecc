"""People: who is known, under which names and addresses, and in which order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.mail.model import Person
from tests.support.calendar_profile import NOW
from tests.support.mail_profile import ME, MailProfile, eml, open_mail

DAY = timedelta(days=1)
BOB = "Bob Okafor <bob@example.org>"
EVIL = "mallory@evil.example"


@pytest.fixture
def mail(profile: Path) -> Iterator[MailProfile]:
    with open_mail(profile) as opened:
        yield opened


def wrote(mail: MailProfile, to: str, days_ago: float = 0, *headers: str) -> None:
    date = NOW - timedelta(days=days_ago)
    mail.put(eml(f"To {to}", "x", *headers, sender=ME, to=to, date=date), "Sent")


def came(mail: MailProfile, sender: str, days_ago: float = 0, folder: str = "Inbox") -> None:
    mail.put(eml("Hi", sender=sender, date=NOW - timedelta(days=days_ago)), folder)


def person(mail: MailProfile, address: str) -> Person:
    (found,) = [each for each in mail.mailbox.people() if address in each.addresses]
    return found


def order(mail: MailProfile) -> list[str]:
    return [each.label for each in mail.mailbox.people()]


def test_the_sources_of_people(mail: MailProfile) -> None:
    mail.add_contact("Anna Kovacs", "anna@example.org", more=["TEL;TYPE=CELL:+49 1"])
    wrote(mail, BOB)
    came(mail, "Nadia <nadia@example.org>")
    assert {each.label: each.source for each in mail.mailbox.people()} == {
        "Anna Kovacs": "contact",
        "Bob Okafor": "written",
        "Nadia": "received",
    }
    assert person(mail, "anna@example.org").details == {"mobile": "+49 1"}


def test_everybody_a_message_went_to_was_written_to(mail: MailProfile) -> None:
    wrote(mail, f"{BOB}, a@example.org", 0, "Cc: c@example.org", "Bcc: d@example.org")
    mail.put(eml(sender=ME, to="e@example.org"), "Outbox")
    mail.put(eml(sender=ME, to="f@example.org"), "Drafts")
    written = {each.addresses[0] for each in mail.mailbox.people()}
    assert written == {f"{name}@example.org" for name in ("bob", "a", "c", "d", "e")}


def test_a_name_that_came_with_a_message_never_becomes_that_of_somebody_known(
    mail: MailProfile,
) -> None:
    mail.add_contact("Anna Kovacs", "anna@example.org")
    wrote(mail, "bob@example.org")
    came(mail, "Bob the Boss <bob@example.org>")
    came(mail, "Anna's Bank <anna@example.org>")
    came(mail, f"Anna Kovacs <{EVIL}>")
    assert person(mail, "bob@example.org").names == ()
    assert person(mail, "anna@example.org").names == ("Anna Kovacs",)
    impostor = person(mail, EVIL)
    assert (impostor.source, impostor.names) == ("received", ("Anna Kovacs",))
    assert impostor.addresses == (EVIL,)


def test_a_contacts_name_stays_theirs_even_after_an_answer_to_an_impostor(
    mail: MailProfile,
) -> None:
    mail.add_contact("Ánna  Kovacs", "anna@example.org")
    wrote(mail, f"anna kovacs <{EVIL}>")
    assert person(mail, EVIL).names == ()
    assert person(mail, EVIL).source == "written"


def test_a_name_with_another_address_in_it_is_no_name(mail: MailProfile) -> None:
    came(mail, f'"bob@example.org" <{EVIL}>')
    came(mail, '"nadia@example.org" <nadia@example.org>')
    assert person(mail, EVIL).names == ()
    assert person(mail, "nadia@example.org").names == ("nadia@example.org",)


def test_the_name_used_last_comes_first(mail: MailProfile) -> None:
    wrote(mail, "B. Okafor <bob@example.org>", 9)
    wrote(mail, "BOB OKAFOR <bob@example.org>", 5)
    wrote(mail, "Bob Okafor <bob@example.org>", 1)
    assert person(mail, "bob@example.org").names == ("Bob Okafor", "B. Okafor")


def test_one_card_is_one_person_and_its_addresses_are_nobody_elses(mail: MailProfile) -> None:
    mail.add_contact("Bob Okafor", "bob@work.example", "bob@example.org")
    wrote(mail, BOB)
    came(mail, "Bob <bob@work.example>")
    (bob,) = mail.mailbox.people()
    assert bob.addresses == ("bob@example.org", "bob@work.example")  # the one written to
    assert bob.rank == 1


def test_an_address_the_card_prefers_is_the_usual_one(mail: MailProfile) -> None:
    mail.add_contact("Bob Okafor", "bob@example.org", more=["EMAIL;TYPE=PREF:bob@work.example"])
    wrote(mail, BOB)
    assert person(mail, "bob@example.org").addresses[0] == "bob@work.example"


def test_who_is_written_to_more_and_more_lately_comes_first(mail: MailProfile) -> None:
    for days in range(3):
        wrote(mail, "often@example.org", days)
    wrote(mail, "lately@example.org", 0)
    for days in range(6):
        wrote(mail, "once-often@example.org", 400 + days)
    came(mail, "stranger@example.org")
    mail.add_contact("Zoe", "zoe@example.org")
    assert order(mail) == [
        "often@example.org",
        "lately@example.org",
        "once-often@example.org",
        "Zoe",
        "stranger@example.org",
    ]


def test_a_message_counts_half_after_90_days_and_ranks_do_not_change_by_waiting(
    mail: MailProfile,
) -> None:
    wrote(mail, "new@example.org", 0)
    wrote(mail, "old@example.org", 90)
    assert person(mail, "old@example.org").rank == pytest.approx(0.5, rel=0.01)
    came(mail, "spam@example.org", -30_000)  # a date in the future changes nothing
    assert person(mail, "new@example.org").rank == 1


def test_a_message_counts_once_for_each_receiver(mail: MailProfile) -> None:
    wrote(mail, "bob@example.org, Bob <bob@example.org>", 0, "Cc: bob@example.org")
    assert person(mail, "bob@example.org").rank == 1


def test_the_users_own_addresses_are_known_and_no_other_person(mail: MailProfile) -> None:
    wrote(mail, f"{BOB}, {ME}")
    mail.put(eml(sender="Sam <sam@work.example>", to=BOB), "Drafts")
    came(mail, ME)
    came(mail, "sam@work.example")
    assert mail.mailbox.own_addresses() == {"sam@rivera.example", "sam@work.example"}
    assert order(mail) == ["Bob Okafor"]


def test_who_is_only_in_junk_is_nobody(mail: MailProfile) -> None:
    came(mail, "spam@example.org", folder="Junk")
    assert mail.mailbox.people() == ()


def test_a_sender_without_an_address_is_nobody(mail: MailProfile) -> None:
    mail.put(eml(sender="no address"))
    assert mail.mailbox.people() == ()


def test_new_contacts_and_new_mail_are_seen_at_once(mail: MailProfile) -> None:
    assert order(mail) == []
    file = mail.add_contact("Anna", "anna@example.org")
    assert order(mail) == ["Anna"]
    wrote(mail, BOB)
    assert order(mail) == ["Bob Okafor", "Anna"]
    file.unlink()
    assert order(mail) == ["Bob Okafor"]


def test_a_broken_contact_is_a_problem_of_the_mailbox(mail: MailProfile) -> None:
    mail.add_contact("Anna", "anna@example.org").write_text("nonsense")
    assert order(mail) == []
    assert [problem.code for problem in mail.mailbox.problems] == ["broken_contact_file"]
