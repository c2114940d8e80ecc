"""The user's words for events, and which events they mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.tools.event_words import search_words
from app.tools.references import resolve_events
from tests.support.calendar_profile import CLOCK, NOW, Profile, berlin, ics, open_profile

ANNA = "ATTENDEE;CN=Anna Böhm:mailto:a@example.org"
WEEKDAYS = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
WEEK = {
    # Now is Wednesday 18 November 2026, 09:30.
    "past.ics": berlin("budget review", "20261116T100000", "20261116T110000"),
    "early.ics": berlin("breakfast", "20261118T080000", "20261118T083000"),
    "anna.ics": berlin("1:1", "20261118T150000", "20261118T153000", ANNA),
    "lunch.ics": berlin("lunch with Anna", "20261120T120000", "20261120T130000"),
    "dentist.ics": berlin("Dentist", "20261120T140000", "20261120T143000", "LOCATION:Main Street"),
    "standup.ics": berlin("Standup", "20261102T091500", "20261102T093000", WEEKDAYS),
    "mei.ics": berlin("dinner with Mei and Luca", "20261121T190000", "20261121T220000"),
    "title.ics": berlin("Friday retrospective", "20261124T160000", "20261124T170000"),
    "first.ics": berlin("First aid course", "20261125T160000", "20261125T170000"),
    "fair.ics": ics("SUMMARY:Book fair", "DTSTART;VALUE=DATE:20261120", "DURATION:P2D"),
    "call.ics": berlin("call with Zoë", "20270301T100000", "20270301T110000"),
    "cafe.ics": berlin("coffee at Café Luna", "20261126T100000", "20261126T110000"),
}  # fmt: skip


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    with open_profile(tmp_path_factory.mktemp("references") / "p") as opened:
        opened.put_all(WEEK)
        yield opened


def found(profile: Profile, text: str) -> list[str]:
    resolved = resolve_events(text, profile.calendar, CLOCK)
    return [f"{each.start:%d %H:%M} {each.title}" for each in resolved.occurrences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lunch with Anna on Friday", "20 12:00 lunch with Anna"),
        ("my 3pm with Anna", "18 15:00 1:1"),
        ("my 3pm", "18 15:00 1:1"),
        ("my 2pm", "20 14:00 Dentist"),
        ("the 1:1 with anna", "18 15:00 1:1"),
        ("meeting with Anna today", "18 15:00 1:1"),
        ("the dentist", "20 14:00 Dentist"),
        ("my dentist appointment", "20 14:00 Dentist"),
        ("DENT", "20 14:00 Dentist"),
        ("“Dentist”", "20 14:00 Dentist"),
        ("Friday's dentist", "20 14:00 Dentist"),
        ("the one at Main Street", "20 14:00 Dentist"),
        ("dinner with Mei and Luca", "21 19:00 dinner with Mei and Luca"),
        ("coffee at cafe luna", "26 10:00 coffee at Café Luna"),
        ("call with Zoe", "01 10:00 call with Zoë"),
        ("the budget review", "16 10:00 budget review"),
        ("the Friday retrospective", "24 16:00 Friday retrospective"),
        ("the first aid course", "25 16:00 First aid course"),
        ("the standup", "19 09:15 Standup"),
        ("my next standup", "19 09:15 Standup"),
        ("the last standup", "18 09:15 Standup"),
        ("the weekly standup", "19 09:15 Standup"),
        ("the second meeting on friday", "20 12:00 lunch with Anna"),
        ("the standup on monday", "23 09:15 Standup"),
        ("my next meeting", "18 15:00 1:1"),
        ("the first meeting tomorrow", "19 09:15 Standup"),
        ("the last meeting on saturday", "21 19:00 dinner with Mei and Luca"),
    ],
)
def test_words_for_one_event_find_it(profile: Profile, text: str, expected: str) -> None:
    assert found(profile, text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("everything on Friday afternoon", ["20 12:00 lunch with Anna", "20 14:00 Dentist"]),
        ("all my meetings tomorrow", ["19 09:15 Standup"]),
        ("my appointments today", ["18 15:00 1:1"]),
        ("all standups next week", [f"{day} 09:15 Standup" for day in range(23, 28)]),
        ("everything with Anna", ["18 15:00 1:1", "20 12:00 lunch with Anna"]),
        ("all lunches on friday", ["20 12:00 lunch with Anna"]),
        ("all 1:1s with Anna", ["18 15:00 1:1"]),
        ("my Friday afternoon", ["20 12:00 lunch with Anna", "20 14:00 Dentist"]),
        ("lunch and the dentist", ["20 12:00 lunch with Anna", "20 14:00 Dentist"]),
        ("the next two standups", ["19 09:15 Standup", "20 09:15 Standup"]),
    ],
)
def test_words_for_a_set_find_all_of_it(profile: Profile, text: str, expected: list[str]) -> None:
    assert found(profile, text) == expected


def test_everything_on_a_day_includes_what_lasts_all_of_it(profile: Profile) -> None:
    assert "20 00:00 Book fair" in found(profile, "everything on Friday")


@pytest.mark.parametrize(
    "text", ["meeting with Anna", "my meeting on friday", "friday", "the standup next week"]
)
def test_words_that_fit_several_ask(profile: Profile, text: str) -> None:
    with pytest.raises(AmbiguousError) as caught:
        resolve_events(text, profile.calendar, CLOCK)
    assert caught.value.code == "several_events" and len(caught.value.choices) >= 2
    value, _ = caught.value.choices[1]
    (chosen,) = resolve_events(value, profile.calendar, CLOCK).occurrences
    assert chosen.id == value


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("dentist tomorrow", "Nothing called 'dentist' on Thursday 19 November"),
        ("my 5pm on friday", "Nothing on Friday 20 November at 17:00"),
        ("the opera", "Nothing called 'opera'"),
        ("the opera and the dentist", "Nothing called 'opera"),
        ("it", "I do not know which event"),
        ("the", "Nothing"),
        ("everything", "Nothing"),
        ("all my meetings", "Nothing called 'meetings'"),
        ("everything on sunday", "Nothing on Sunday 22 November"),
        ("all retrospectives on friday", "Nothing called 'retrospectives' on Friday"),
        ("e999", "There is no event e999"),
        ("%", "Nothing"),
    ],
)
def test_nothing_found_says_what_was_looked_for(profile: Profile, text: str, where: str) -> None:
    with pytest.raises(KnownError) as caught:
        resolve_events(text, profile.calendar, CLOCK)
    assert caught.value.code == "event_not_found"
    assert caught.value.message.startswith(where)


def test_a_time_must_match_the_start_not_the_middle(profile: Profile) -> None:
    with pytest.raises(KnownError):
        resolve_events("my 12:30 on friday", profile.calendar, CLOCK)


def test_ids_come_back_in_the_order_given(profile: Profile) -> None:
    listed = profile.calendar.occurrences(NOW, NOW + timedelta(days=4))
    ids = [listed[2].id, listed[0].id, listed[2].id]
    resolved = resolve_events(ids, profile.calendar, CLOCK)
    assert [each.id for each in resolved.occurrences] == ids[:2] and resolved.many


def test_it_means_what_was_last_spoken_of(profile: Profile) -> None:
    recent = profile.calendar.read(NOW, NOW + timedelta(days=1)).occurrences[:1]
    resolved = resolve_events("it", profile.calendar, CLOCK, recent=recent)
    assert [each.title for each in resolved.occurrences] == [recent[0].title]


def test_search_words_leave_out_what_names_nothing() -> None:
    assert search_words("my dentist appointment") == ("dentist",)
    assert search_words("the meeting") == ("meeting",)
    assert search_words("Zoë's Café") == ("zoe", "cafe")
