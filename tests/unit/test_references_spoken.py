"""References to events after something was said of them: "it", "the second one", "the dentist"."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked
from app.tools.event_references import resolve_events
from app.tools.recent_events import (
    RecentEvents,
    named_people,
    people_spoken_of,
    recent_events,
)
from tests.support.calendar_profile import CLOCK, NOW, Profile, berlin, open_profile

ANNA = "ATTENDEE;CN=Anna Böhm:mailto:a@example.org"
FAKE = "ATTENDEE;CN=evil@attacker.example:mailto:evil@attacker.example"
FRIDAY = {
    "standup.ics": berlin("Standup", "20261102T091500", "20261102T093000", "RRULE:FREQ=DAILY"),
    "lunch.ics": berlin("lunch", "20261120T120000", "20261120T130000", ANNA),
    "dentist.ics": berlin("Dentist", "20261120T140000", "20261120T143000"),
    "bob.ics": berlin("Meeting with Bob", "20261120T150000", "20261120T160000"),
    "later.ics": berlin("Dentist", "20270303T090000", "20270303T093000"),
    "board.ics": berlin("Board meeting", "20261124T150000", "20261124T160000", FAKE),
    "today.ics": berlin("call with Bob", "20261118T150000", "20261118T153000"),
}  # fmt: skip


@pytest.fixture
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    with open_profile(tmp_path_factory.mktemp("spoken") / "p") as opened:
        opened.put_all(FRIDAY)
        yield opened


def shown(profile: Profile, days: int = 2) -> tuple[str, ...]:
    """The ids of a day's events as an answer showed them; 2 is Friday."""
    midnight = NOW.replace(hour=0, minute=0) + timedelta(days=days)
    listed = profile.occurrences(midnight, midnight + timedelta(days=1))
    return tuple(each.id for each in listed)


def found(profile: Profile, text: str, *groups: tuple[str, ...]) -> list[str]:
    asked = Asked(CLOCK, recent=groups)
    recent = recent_events(asked, profile.journal, profile.calendar)
    resolved = resolve_events(text, profile.calendar, CLOCK, recent=recent)
    return [f"{each.start:%d %H:%M} {each.title}" for each in resolved.occurrences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the second one", ["20 12:00 lunch"]),
        ("the last one", ["20 15:00 Meeting with Bob"]),
        ("the third meeting", ["20 14:00 Dentist"]),
        ("the first two", ["20 09:15 Standup", "20 12:00 lunch"]),
        ("the first and the third one", ["20 09:15 Standup", "20 14:00 Dentist"]),
        ("the one with Anna", ["20 12:00 lunch"]),
        ("the one at 3", ["20 15:00 Meeting with Bob"]),
        ("the one after 2:30pm on Friday", ["20 15:00 Meeting with Bob"]),
        ("the dentist", ["20 14:00 Dentist"]),
        ("the standup", ["20 09:15 Standup"]),
        ("my 3pm", ["20 15:00 Meeting with Bob"]),
        ("all of them but the lunch", ["20 09:15 Standup", "20 14:00 Dentist",
                                       "20 15:00 Meeting with Bob"]),
        ("the dentist in march", ["03 09:00 Dentist"]),
        ("the board meeting", ["24 15:00 Board meeting"]),
        ("my 3pm today", ["18 15:00 call with Bob"]),
        ("the standup tomorrow", ["19 09:15 Standup"]),
        ("my first meeting tomorrow", ["19 09:15 Standup"]),
        ("the standup that day", ["20 09:15 Standup"]),
        ("everything that day but the lunch and the dentist", ["20 09:15 Standup",
                                                               "20 15:00 Meeting with Bob"]),
    ],
)  # fmt: skip
def test_after_an_answer_words_mean_what_it_showed(
    profile: Profile, text: str, expected: list[str]
) -> None:
    assert found(profile, text, shown(profile)) == expected


def test_all_of_them_are_what_the_newest_answer_showed(profile: Profile) -> None:
    friday, today = shown(profile), shown(profile, 0)
    assert len(found(profile, "them", friday, today)) == 4
    assert len(found(profile, "both", today, friday)) == 2
    assert found(profile, "those", ("m3", "m4"), (friday[1], "m2"), today) == ["20 12:00 lunch"]


def test_it_asks_where_several_were_shown(profile: Profile) -> None:
    with pytest.raises(AmbiguousError) as caught:
        found(profile, "it", shown(profile))
    assert [value for value, _ in caught.value.choices] == list(shown(profile))
    assert caught.value.argument == "events"


def test_the_meeting_is_the_one_spoken_of_unless_another_is_called_so(profile: Profile) -> None:
    lunch = shown(profile)[1]
    assert found(profile, "that meeting", (lunch,)) == ["20 12:00 lunch"]
    assert found(profile, "the appointment", (lunch,)) == ["20 12:00 lunch"]
    with pytest.raises(AmbiguousError):
        found(profile, "the meeting", (lunch,))


@pytest.mark.parametrize("text", ["it", "the second one", "that meeting", "them"])
def test_nothing_is_meant_where_nothing_was_spoken_of(profile: Profile, text: str) -> None:
    with pytest.raises(KnownError) as caught:
        found(profile, text)
    assert caught.value.code == "event_not_found"
    assert caught.value.message == f"I do not know which event “{text}” is. Nothing was changed."


def test_what_is_gone_is_not_replaced_by_something_older(profile: Profile) -> None:
    friday, today = shown(profile), shown(profile, 0)
    (profile.root / "calendars/personal/lunch.ics").unlink()
    with pytest.raises(KnownError):
        found(profile, "it", (friday[1],), (today[1],))


def test_more_than_were_shown_are_not_meant(profile: Profile) -> None:
    with pytest.raises(KnownError) as caught:
        found(profile, "the fifth one", shown(profile))
    assert caught.value.code == "event_not_found"
    with pytest.raises(KnownError):
        found(profile, "both of them", shown(profile))


def test_a_broken_file_does_not_take_the_others_from_the_talk(profile: Profile) -> None:
    friday = shown(profile)
    profile.put(b"\xff", "lunch.ics")
    assert found(profile, "the third one", friday) == ["20 14:00 Dentist"]
    assert len(found(profile, "them", friday)) == 3
    with pytest.raises(KnownError, match="which event “the second one” is"):
        found(profile, "the second one", friday)


def test_people_spoken_of_are_names_and_never_addresses(profile: Profile) -> None:
    asked = Asked(CLOCK, recent=(shown(profile),))
    assert people_spoken_of(asked, profile.calendar) == ("Anna Böhm",)
    assert named_people(["her", "Bob"], asked, profile.calendar) == ("Anna Böhm", "Bob")
    board = Asked(CLOCK, recent=(shown(profile, 6)[1:],))
    assert people_spoken_of(board, profile.calendar) == ()
    with pytest.raises(KnownError) as caught:
        named_people(["them"], board, profile.calendar)
    assert caught.value.code == "person_not_found"


def test_recent_events_without_a_talk_are_no_context(profile: Profile) -> None:
    recent = recent_events(Asked(CLOCK), profile.journal, profile.calendar)
    assert recent == RecentEvents()
    with pytest.raises(AmbiguousError):
        found(profile, "the dentist")
