"""The user's words for events, and which events they mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock
from app.tools.event_references import resolve_events
from app.tools.event_words import search_words
from app.tools.recent_events import RecentEvents
from tests.support.calendar_profile import (
    CLOCK,
    NOW,
    Profile,
    berlin,
    calendar_of,
    event,
    ics,
    open_profile,
)

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
        ("fridays dentist", "20 14:00 Dentist"),
        ("the fridays lunch", "20 12:00 lunch with Anna"),
        ("todays 1:1 with anna", "18 15:00 1:1"),
        ("that weird thing in my calendar on friday that says dentist", "20 14:00 Dentist"),
        ("the odd entry which says “First aid course”", "25 16:00 First aid course"),
        ("that thing called Friday retrospective", "24 16:00 Friday retrospective"),
        ("the appointment called dentist on friday", "20 14:00 Dentist"),
        ("the dentist that day", "20 14:00 Dentist"),
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


OFFICE = {
    "dentist.ics": berlin("Dentist", "20261130T090000", "20261130T093000"),
    "later.ics": berlin("Dentist", "20270303T090000", "20270303T093000"),
    "standup.ics": berlin("Standup", "20261102T091500", "20261102T093000", WEEKDAYS),
    "board.ics": berlin("Board", "20261124T100000", "20261124T110000"),
    "monday.ics": berlin("Review", "20261123T140000", "20261123T150000"),
    "bob.ics": berlin("Meeting with Bob", "20261118T140000", "20261118T143000"),
    "carol.ics": berlin("Carol", "20261118T160000", "20261118T163000"),
    "early.ics": berlin("Breakfast", "20261120T080000", "20261120T090000"),
    "titled.ics": berlin("Meeting of all", "20261120T100000", "20261120T110000"),
    "books.ics": berlin("Lecture series", "20261125T180000", "20261125T190000"),
    "yoga.ics": berlin("Yoga", "20261119T180000", "20261119T190000", "RRULE:FREQ=WEEKLY"),
}  # fmt: skip


PEOPLE = {
    "inv.ics": berlin(
        "Quarterly planning", "20261125T100000", "20261125T110000",
        "ORGANIZER;CN=Priya Raman:mailto:priya@example.org", "ATTENDEE:mailto:ada@example.org",
    ),
    "one.ics": berlin("Meeting with Akira", "20261116T110000", "20261116T120000"),
    "two.ics": berlin(
        "Design chat", "20261117T110000", "20261117T120000",
        "ATTENDEE;CN=Akira Sato:mailto:akira@example.org",
    ),
    "three.ics": berlin("Lunch with Akira", "20261124T123000", "20261124T130000"),
    "old.ics": berlin("Lunch with Akira", "20260810T123000", "20260810T130000"),
    "farouk.ics": berlin("Farouk sync", "20261119T140000", "20261119T150000"),
    "late.ics": berlin("Review", "20261118T160000", "20261118T170000"),
    "piano.ics": berlin("Piano lesson", "20261124T170000", "20261124T180000", "RRULE:FREQ=WEEKLY"),
    "declined.ics": berlin(
        "Farouk demo", "20261119T100000", "20261119T110000", "TRANSP:TRANSPARENT",
        "ORGANIZER:mailto:farouk@example.org", "ATTENDEE;PARTSTAT=DECLINED:mailto:ada@example.org",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    with open_profile(tmp_path_factory.mktemp("people") / "p") as opened:
        opened.put_all(PEOPLE)
        yield opened


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all my meetings with Akira in the last 7 days",
         ["16 11:00 Meeting with Akira", "17 11:00 Design chat"]),
        ("all my meetings with Akira", ["24 12:30 Lunch with Akira"]),
        ("my last meeting with Akira", ["17 11:00 Design chat"]),
        ("my next meeting with Akira", ["24 12:30 Lunch with Akira"]),
        ("my last lunch with Akira", ["10 12:30 Lunch with Akira"]),
        ("the meeting with Akira", ["16 11:00 Meeting with Akira"]),
        ("the invitation from Priya", ["25 10:00 Quarterly planning"]),
        ("Priya's invitation", ["25 10:00 Quarterly planning"]),
        ("the meeting Priya invited me to", ["25 10:00 Quarterly planning"]),
        ("the planning organised by Priya", ["25 10:00 Quarterly planning"]),
        ("the meeting I have with Farouk tomorrow", ["19 14:00 Farouk sync"]),
        ("Farouk", ["19 14:00 Farouk sync"]),
        ("my first meeting tomorrow", ["19 14:00 Farouk sync"]),
        ("Farouk demo", ["19 10:00 Farouk demo"]),
        ("everything with Farouk tomorrow", ["19 10:00 Farouk demo", "19 14:00 Farouk sync"]),
        ("piano lessons on Tuesdays", ["24 17:00 Piano lesson"]),
        ("the rest of the day", ["18 16:00 Review"]),
        ("my afternoon", ["18 16:00 Review"]),
    ],
)  # fmt: skip
def test_people_and_the_past(people: Profile, text: str, expected: list[str]) -> None:
    assert found(people, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("everything on friday except the dentist",
         ["20 00:00 Book fair", "20 09:15 Standup", "20 12:00 lunch with Anna"]),
        ("all meetings on friday afternoon but my 2pm", ["20 12:00 lunch with Anna"]),
        ("everything on friday afternoon apart from lunch", ["20 14:00 Dentist"]),
        ("the last two events on friday", ["20 12:00 lunch with Anna", "20 14:00 Dentist"]),
        ("the first two meetings on friday", ["20 09:15 Standup", "20 12:00 lunch with Anna"]),
        ("the second to last meeting on friday", ["20 12:00 lunch with Anna"]),
        ("the earliest meeting on friday", ["20 09:15 Standup"]),
        ("the 3.00pm in the afternoon", ["18 15:00 1:1"]),
    ],
)  # fmt: skip
def test_sets_and_places_in_them(profile: Profile, text: str, expected: list[str]) -> None:
    assert found(profile, text) == expected


def test_an_exception_that_is_none_of_the_set_is_told(profile: Profile) -> None:
    with pytest.raises(KnownError) as caught:
        found(profile, "everything on friday except the opera")
    assert caught.value.code == "event_not_found" and "the opera" in caught.value.message


@pytest.mark.parametrize("hour", [0, 7, 12, 15, 16, 20, 23])
@pytest.mark.parametrize("day", range(16, 23))
def test_my_3pm_is_the_coming_one_at_any_time(tmp_path: Path, day: int, hour: int) -> None:
    """Tuesday and Thursday have one at three with Anna, Wednesday one without."""
    now = NOW.replace(day=day, hour=hour)
    clock = Clock(now, CLOCK.zone)
    expected = {16: 17, 17: 17, 18: 19, 19: 19, 20: 24, 21: 24, 22: 24}[day]
    if hour >= 16 and day in (17, 19):  # it is over
        expected = {17: 19, 19: 24}[day]
    with open_profile(tmp_path / "p") as profile:
        rule = "RRULE:FREQ=WEEKLY;BYDAY=TU,TH"
        profile.put(berlin("1:1", "20261027T150000", "20261027T160000", rule, ANNA), "a.ics")
        profile.put(berlin("Review", "20261028T150000", "20261028T160000", "RRULE:FREQ=WEEKLY"))
        for text in ("my 3pm with Anna", "my 3 o'clock with anna", "the 15:00 with Anna"):
            (meant,) = resolve_events(text, profile.calendar, clock).occurrences
            assert (meant.start.day, meant.title) == (expected, "1:1")


def test_a_time_today_that_is_over_is_meant_where_nothing_else_is(tmp_path: Path) -> None:
    evening = Clock(NOW.replace(hour=20), CLOCK.zone)
    with open_profile(tmp_path / "p") as profile:
        profile.put(berlin("1:1", "20261118T150000", "20261118T160000", ANNA))
        (meant,) = resolve_events("my 3pm with Anna", profile.calendar, evening).occurrences
        assert meant.start.day == 18


def test_a_broken_file_matters_only_where_nothing_is_found(tmp_path: Path) -> None:
    with open_profile(tmp_path / "p") as profile:
        profile.put("broken", "broken.ics")
        profile.put(berlin("lunch", "20261120T120000", "20261120T130000"))
        assert found(profile, "lunch on friday") == ["20 12:00 lunch"]
        with pytest.raises(KnownError) as caught:
            found(profile, "the dentist")
    assert caught.value.code == "broken_calendar_file"
    assert caught.value.message.startswith("Nothing called 'dentist' from 30 days back")
    assert "calendars/personal/broken.ics cannot be read and may hold it" in caught.value.message


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Profile]:
    with open_profile(tmp_path_factory.mktemp("office") / "p") as opened:
        opened.put_all(OFFICE)
        yield opened


def test_a_far_event_is_not_passed_over_for_a_near_one(office: Profile) -> None:
    with pytest.raises(AmbiguousError) as caught:
        found(office, "the dentist")
    assert [label for _, label in caught.value.choices] == [
        "Mon 30 Nov 09:00–09:30 Dentist", "Wed 3 Mar 2027 09:00–09:30 Dentist",
    ]  # fmt: skip
    assert found(office, "my next dentist") == ["30 09:00 Dentist"]


@pytest.mark.parametrize(
    "text", ["all standups", "every standup", "the standup series", "the whole standup series"]
)
def test_a_set_without_a_time_means_the_series(office: Profile, text: str) -> None:
    resolved = resolve_events(text, office.calendar, CLOCK)
    assert [f"{each.start:%d} {each.title}" for each in resolved.occurrences] == ["19 Standup"]
    assert resolved.whole == {resolved.occurrences[0].id}


def test_a_set_with_a_time_means_its_occurrences(office: Profile) -> None:
    resolved = resolve_events("all standups next week", office.calendar, CLOCK)
    assert len(resolved.occurrences) == 5 and not resolved.whole
    assert found(office, "the lecture series") == ["25 18:00 Lecture series"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "everything on monday and board",
            ["23 09:15 Standup", "23 14:00 Review", "24 10:00 Board"],
        ),
        ("everything on monday and review", ["23 09:15 Standup", "23 14:00 Review"]),
        ("my first meeting on friday and board", ["20 08:00 Breakfast", "24 10:00 Board"]),
        ("board, carol and yoga", ["18 16:00 Carol", "19 18:00 Yoga", "24 10:00 Board"]),
        ("review on monday and board", ["23 14:00 Review", "24 10:00 Board"]),
        (
            "everything on monday and tuesday",
            ["23 09:15 Standup", "23 14:00 Review", "24 09:15 Standup", "24 10:00 Board"],
        ),
        ("breakfast and standup on friday", ["20 08:00 Breakfast", "20 09:15 Standup"]),
        ("all breakfasts and boards", ["20 08:00 Breakfast", "24 10:00 Board"]),
        ("my meetings today", ["18 14:00 Meeting with Bob", "18 16:00 Carol"]),
        ("my first meeting on friday", ["20 08:00 Breakfast"]),
        ("all meetings on friday", ["20 08:00 Breakfast", "20 09:15 Standup",
                                    "20 10:00 Meeting of all"]),
        ("the meeting with Bob", ["18 14:00 Meeting with Bob"]),
    ],
)  # fmt: skip
def test_lists_and_sets_lose_nothing(office: Profile, text: str, expected: list[str]) -> None:
    assert found(office, text) == expected


def test_all_of_a_kind_are_never_everything(office: Profile) -> None:
    with pytest.raises(KnownError) as caught:
        found(office, "all calls on friday")
    assert caught.value.message.startswith("Nothing called 'calls' on Friday")


def test_a_choice_in_a_list_keeps_the_others(office: Profile) -> None:
    with pytest.raises(AmbiguousError) as caught:
        found(office, "board and the dentist")
    assert caught.value.argument == "events"
    assert found(office, caught.value.choices[1][0]) == ["24 10:00 Board", "03 09:00 Dentist"]


def test_a_list_may_hold_words_beside_ids(office: Profile) -> None:
    (board,) = resolve_events("board", office.calendar, CLOCK).occurrences
    resolved = resolve_events([board.id, "yoga"], office.calendar, CLOCK)
    assert [each.title for each in resolved.occurrences] == ["Board", "Yoga"]


def test_two_events_of_one_file_are_two(tmp_path: Path) -> None:
    one = event("SUMMARY:Gamma", "DTSTART:20261119T150000Z", "DTEND:20261119T160000Z")
    two = event("SUMMARY:Delta", "DTSTART:20261119T150000Z", "DTEND:20261119T160000Z")
    with open_profile(tmp_path / "p") as profile:
        profile.put(calendar_of(one, two.replace("UID:one", "UID:two")))
        assert found(profile, "gamma and delta") == ["19 16:00 Gamma", "19 16:00 Delta"]
        assert found(profile, "everything tomorrow") == ["19 16:00 Gamma", "19 16:00 Delta"]


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
        ("my 5pm with Anna", "Nothing called 'Anna' at 17:00 on any day of the coming year."),
        ("the opera", "Nothing called 'opera'"),
        ("the event with Xaver", "Nothing called 'Xaver' from 30 days back"),
        ("Xaver", "Nothing called 'Xaver' from 30 days back to a year ahead. Nothing was changed"),
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


def test_a_wrong_day_is_told_with_the_right_one(profile: Profile) -> None:
    with pytest.raises(KnownError) as caught:
        found(profile, "the dentist tomorrow")
    assert caught.value.hint == (
        "There is Fri 20 Nov 14:00–14:30 Dentist. Say its day if you mean that."
    )


def test_a_time_must_match_the_start_not_the_middle(profile: Profile) -> None:
    with pytest.raises(KnownError):
        resolve_events("my 12:30 on friday", profile.calendar, CLOCK)


def test_ids_come_back_in_the_order_given(profile: Profile) -> None:
    listed = profile.occurrences(NOW, NOW + timedelta(days=4))
    ids = [listed[2].id, listed[0].id, listed[2].id]
    resolved = resolve_events(ids, profile.calendar, CLOCK)
    assert [each.id for each in resolved.occurrences] == ids[:2]


def test_it_means_what_was_last_spoken_of(profile: Profile) -> None:
    listed = profile.occurrences(NOW, NOW + timedelta(days=1))
    recent = RecentEvents((listed[0],), spoken=True)
    resolved = resolve_events("it", profile.calendar, CLOCK, recent=recent)
    assert resolved.occurrences == (listed[0],)


def test_search_words_leave_out_what_names_nothing() -> None:
    assert search_words("my dentist appointment") == ("dentist",)
    assert search_words("the meeting") == ("meeting",)
    assert search_words("Zoë's Café") == ("zoe", "cafe")
