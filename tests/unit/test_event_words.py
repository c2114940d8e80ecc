"""Words compared with what an event says of itself."""

from __future__ import annotations

import pytest

from app.core.ports import Occurrence
from app.tools.event_words import matches_person, matches_words, words_of
from app.tools.wording import beside
from tests.support.calendar_profile import NOW


def event(title: str, *attendees: str, organizer: str = "", where: str = "") -> Occurrence:
    return Occurrence(
        "e1", "u", "", "calendars/p/u.ics", title, NOW, NOW, all_day=False,
        where=where, attendees=attendees, organizer=organizer,
    )  # fmt: skip


@pytest.mark.parametrize("title", ["Stand-up", "Standup", "stand up"])
@pytest.mark.parametrize("said", ["stand-up", "the standup", "stand up", "Stand-Ups"])
def test_a_hyphen_makes_no_difference(title: str, said: str) -> None:
    words = [word for word in words_of(said) if word != "the"]
    assert matches_words(event(title), words)


def test_words_that_only_look_alike_do_not_match() -> None:
    assert not matches_words(event("Stand-up"), ["standing"])
    assert not matches_words(event("Catch-up"), ["catch-all"])
    assert not matches_words(event("Standup"), ["stand", "in"])
    assert not matches_words(event("Standup"), ["stand", "up", "comedy"])


@pytest.mark.parametrize(
    "found",
    [
        event("Lunch with Akira"),
        event("1:1", "Akira Sato"),
        event("1:1", "akira.sato@example.org"),
        event("Design", organizer="Akira Sato"),
        event("Akira's birthday"),
    ],
)
def test_a_person_is_found_in_title_guests_and_host(found: Occurrence) -> None:
    assert matches_person(found, "Akira") and matches_person(found, "with akira")


def test_a_person_is_whole_words_of_one_name() -> None:
    assert not matches_person(event("Annual review", "Anna Böhm"), "Ann")
    assert not matches_person(event("Coffee", where="Café Anna"), "Anna")
    assert not matches_person(event("1:1", "Anna Kovacs", "Bob Sato"), "Anna Sato")
    assert matches_person(event("Checkup with Dr. Adebayo"), "Dr Adebayo")
    assert matches_person(event("1:1", "Anna Böhm"), "anna bohm")
    assert not matches_person(event("anything"), "the") and not matches_person(event("x"), "")


@pytest.mark.parametrize(
    ("title", "named"),
    [("walk the dog with tomas", []), ("Lunch with Tomáš", []), ("Walk", ["Tomáš Novák"])],
)
def test_who_is_named_in_the_title_is_not_said_again(title: str, named: list[str]) -> None:
    assert beside(title, ["Tomáš Novák"]) == named
