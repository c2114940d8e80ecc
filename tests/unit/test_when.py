"""What people say for a time, and what it becomes at Wednesday 18 November 2026, 09:30, Berlin."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock
from app.tools.when import (
    WhenKind,
    find_when,
    fit_until,
    occurrences,
    parse_duration,
    parse_when,
    say_repetition,
)

BERLIN = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 18, 9, 30, tzinfo=BERLIN), BERLIN)
T, D, S, R = WhenKind.INSTANT, WhenKind.DAY, WhenKind.SPAN, WhenKind.RECURRING
NOW = "2026-11-18T09:30"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


ISSUE = [
    ("tomorrow", D, "2026-11-19", "2026-11-20", None),
    ("friday at noon", T, "2026-11-20T12:00", None, None),
    ("next tuesday at 10", T, "2026-11-24T10:00", None, None),
    ("this afternoon", S, "2026-11-18T12:00", "2026-11-18T18:00", None),
    ("tonight", S, "2026-11-18T18:00", "2026-11-19", None),
    ("the 30th", D, "2026-11-30", "2026-12-01", None),
    ("Dec 3 2-3pm", S, "2026-12-03T14:00", "2026-12-03T15:00", 60),
    ("2026-12-01T14:00", T, "2026-12-01T14:00", None, None),
    ("tomorrow 15:30 for 45 minutes", T, "2026-11-19T15:30", "2026-11-19T16:15", 45),
    ("next week", S, "2026-11-23", "2026-11-30", None),
    ("in 2 hours", T, "2026-11-18T11:30", None, None),
    ("last 3 days", S, "2026-11-15", NOW, None),
    ("since monday", S, "2026-11-16", NOW, None),
    ("end of the month", D, "2026-11-30", "2026-12-01", None),
    ("first monday of next month", D, "2026-12-07", "2026-12-08", None),
    ("between 2 and 4 on friday", S, "2026-11-20T14:00", "2026-11-20T16:00", None),
    ("noon", T, "2026-11-18T12:00", None, None),
    ("half past three tomorrow", T, "2026-11-19T15:30", None, None),
    ("monday morning", S, "2026-11-23T08:00", "2026-11-23T12:00", None),
    ("18:00", T, "2026-11-18T18:00", None, None),
    ("a week from friday", D, "2026-11-27", "2026-11-28", None),
    ("yesterday", D, "2026-11-17", "2026-11-18", None),
    ("quarter to nine on sunday", T, "2026-11-22T08:45", None, None),
    ("tmrw 4pm", T, "2026-11-19T16:00", None, None),
    ("10.15 on 12/12", T, "2026-12-12T10:15", None, None),
]

SPOKEN = [
    ("day after tomorrow", D, "2026-11-20", "2026-11-21", None),
    ("the day before yesterday", D, "2026-11-16", "2026-11-17", None),
    ("this weekend", S, "2026-11-21", "2026-11-23", None),
    ("next weekend", S, "2026-11-28", "2026-11-30", None),
    ("last weekend", S, "2026-11-14", "2026-11-16", None),
    ("in a fortnight", D, "2026-12-02", "2026-12-03", None),
    ("in three weeks", D, "2026-12-09", "2026-12-10", None),
    ("in 3 weeks' time", D, "2026-12-09", "2026-12-10", None),
    ("3 weeks after Nov 29", D, "2026-12-20", "2026-12-21", None),
    ("two days ago", D, "2026-11-16", "2026-11-17", None),
    ("25/12", D, "2026-12-25", "2026-12-26", None),
    ("25.12.", D, "2026-12-25", "2026-12-26", None),
    ("25.12.2027", D, "2027-12-25", "2027-12-26", None),
    ("12/25", D, "2026-12-25", "2026-12-26", None),
    ("12/12", D, "2026-12-12", "2026-12-13", None),
    ("December 3rd", D, "2026-12-03", "2026-12-04", None),
    ("3rd of December", D, "2026-12-03", "2026-12-04", None),
    ("the twenty-first", D, "2026-11-21", "2026-11-22", None),
    ("twenty first of december", D, "2026-12-21", "2026-12-22", None),
    ("Dec 3 2027", D, "2027-12-03", "2027-12-04", None),
    ("17 November", D, "2027-11-17", "2027-11-18", None),
    ("thurs", D, "2026-11-19", "2026-11-20", None),
    ("wednesday", D, "2026-11-18", "2026-11-19", None),
    ("wednesday at 9", T, "2026-11-25T09:00", None, None),
    ("wednesday at 10", T, "2026-11-18T10:00", None, None),
    ("next friday", D, "2026-11-27", "2026-11-28", None),
    ("this friday", D, "2026-11-20", "2026-11-21", None),
    ("last monday", D, "2026-11-16", "2026-11-17", None),
    ("last wednesday", D, "2026-11-11", "2026-11-12", None),
    ("friday week", D, "2026-11-27", "2026-11-28", None),
    ("tuesday next week at 3", T, "2026-11-24T15:00", None, None),
    ("fri 3pm", T, "2026-11-20T15:00", None, None),
    ("3pm fri", T, "2026-11-20T15:00", None, None),
    ("at 3 on Friday", T, "2026-11-20T15:00", None, None),
    ("friday 10", T, "2026-11-20T10:00", None, None),
    ("at 15h", T, "2026-11-18T15:00", None, None),
    ("at 1530", T, "2026-11-18T15:30", None, None),
    ("3 o'clock", T, "2026-11-18T15:00", None, None),
    ("3ish", T, "2026-11-18T15:00", None, None),
    ("around 3", T, "2026-11-18T15:00", None, None),
    ("noonish", T, "2026-11-18T12:00", None, None),
    ("lunchtime", S, "2026-11-18T12:00", "2026-11-18T14:00", None),
    ("midnight", T, "2026-11-19", None, None),
    ("8am", T, "2026-11-19T08:00", None, None),
    ("12pm", T, "2026-11-18T12:00", None, None),
    ("tomorrow 12am", T, "2026-11-19T00:00", None, None),
    ("first thing tomorrow", T, "2026-11-19T08:00", None, None),
    ("tomorrow evening", S, "2026-11-19T18:00", "2026-11-20", None),
    ("tomorrow evening at 7", T, "2026-11-19T19:00", None, None),
    ("at 7 in the evening", T, "2026-11-18T19:00", None, None),
    ("tonight at 8", T, "2026-11-18T20:00", None, None),
    ("at 3 in the morning tomorrow", T, "2026-11-19T03:00", None, None),
    ("early next week", S, "2026-11-23", "2026-11-25", None),
    ("mid december", S, "2026-12-11", "2026-12-21", None),
    ("end of next week", D, "2026-11-27", "2026-11-28", None),
    ("from 2 to 3:30 pm tomorrow", S, "2026-11-19T14:00", "2026-11-19T15:30", 90),
    ("2pm-3pm", S, "2026-11-18T14:00", "2026-11-18T15:00", 60),
    ("14:00-15:00", S, "2026-11-18T14:00", "2026-11-18T15:00", 60),
    ("10 until 3 tomorrow", S, "2026-11-19T10:00", "2026-11-19T15:00", 300),
    ("9-5 tomorrow", S, "2026-11-19T09:00", "2026-11-19T17:00", 480),
    ("tomorrow from 9 to 10", S, "2026-11-19T09:00", "2026-11-19T10:00", 60),
    ("11-1pm tomorrow", S, "2026-11-19T11:00", "2026-11-19T13:00", 120),
    ("10pm to 2am friday", S, "2026-11-20T22:00", "2026-11-21T02:00", 240),
    ("saturday morning 9-11", S, "2026-11-21T09:00", "2026-11-21T11:00", 120),
    ("3-5 december", S, "2026-12-03", "2026-12-06", None),
    ("from monday to wednesday", S, "2026-11-23", "2026-11-26", None),
    ("from 3 Dec to 5 Jan", S, "2026-12-03", "2027-01-06", None),
    ("from friday 3pm to monday 9am", S, "2026-11-20T15:00", "2026-11-23T09:00", 66 * 60),
    ("until friday", S, NOW, "2026-11-21", None),
    ("by friday", S, NOW, "2026-11-21", None),
    ("by 5pm", S, NOW, "2026-11-18T17:00", None),
    ("before friday", S, NOW, "2026-11-20", None),
    ("after 3pm tomorrow", S, "2026-11-19T15:00", "2026-11-20", None),
    ("tomorrow after 3", S, "2026-11-19T15:00", "2026-11-20", None),
    ("friday before noon", S, "2026-11-20", "2026-11-20T12:00", None),
    ("tomorrow around lunchtime", S, "2026-11-19T12:00", "2026-11-19T14:00", None),
    ("sometime tomorrow", D, "2026-11-19", "2026-11-20", None),
    ("next month", S, "2026-12-01", "2027-01-01", None),
    ("in december", S, "2026-12-01", "2027-01-01", None),
    ("this week", S, "2026-11-16", "2026-11-23", None),
    ("rest of the week", S, NOW, "2026-11-23", None),
    ("the rest of today", S, NOW, "2026-11-19", None),
    ("next 5 days", S, NOW, "2026-11-24", None),
    ("in the last 5 days", S, "2026-11-13", NOW, None),
    ("past week", S, "2026-11-11", NOW, None),
    ("the week of 7 december", S, "2026-12-07", "2026-12-14", None),
    ("this morning", S, "2026-11-18T08:00", "2026-11-18T12:00", None),
    ("the weekend", S, "2026-11-21", "2026-11-23", None),
    ("today", D, "2026-11-18", "2026-11-19", None),
    ("right now", T, NOW, None, None),
    ("in half an hour", T, "2026-11-18T10:00", None, None),
    ("an hour from now", T, "2026-11-18T10:30", None, None),
    ("in an hour and a half", T, "2026-11-18T11:00", None, None),
    ("half an hour before noon tomorrow", T, "2026-11-19T11:30", None, None),
    ("2026-12-01T14:00Z", T, "2026-12-01T15:00", None, None),
    ("2026-12-01T14:00:00+05:30", T, "2026-12-01T09:30", None, None),
    ("2026-12-01", D, "2026-12-01", "2026-12-02", None),
    ("Friday the 20th", D, "2026-11-20", "2026-11-21", None),
    ("Friday 20 November 2026 at 12:00", T, "2026-11-20T12:00", None, None),
    ("tomorrow at three thirty pm", T, "2026-11-19T15:30", None, None),
    ("friday at ten thirty", T, "2026-11-20T10:30", None, None),
    ("tomorow", D, "2026-11-19", "2026-11-20", None),
    ("wendesday at 3", T, "2026-11-18T15:00", None, None),
    ("thrusday", D, "2026-11-19", "2026-11-20", None),
    ("febuary 3", D, "2027-02-03", "2027-02-04", None),
    ("TOMORROW AT NOON, PLEASE.", T, "2026-11-19T12:00", None, None),
    ("tomorrow\u00a014:00\u201315:00", S, "2026-11-19T14:00", "2026-11-19T15:00", 60),
    ("at 3 o\u2019clock", T, "2026-11-18T15:00", None, None),
    ("for next tuesday", D, "2026-11-24", "2026-11-25", None),
    ("christmas eve", D, "2026-12-24", "2026-12-25", None),
    ("tomorrow before noon", S, "2026-11-19", "2026-11-19T12:00", None),
    ("all day tomorrow", D, "2026-11-19", "2026-11-20", None),
    ("the whole day on friday", D, "2026-11-20", "2026-11-21", None),
    ("week 48", S, "2026-11-23", "2026-11-30", None),
    ("week 47", S, "2026-11-16", "2026-11-23", None),
    ("in calendar week 3", S, "2027-01-18", "2027-01-25", None),
    ("week 46", S, "2027-11-15", "2027-11-22", None),
    ("week 53 of 2026", S, "2026-12-28", "2027-01-04", None),
    ("friday 13 november", D, "2026-11-13", "2026-11-14", None),
    ("the morning of 3 december", S, "2026-12-03T08:00", "2026-12-03T12:00", None),
    ("thursday afternoon next week", S, "2026-11-26T12:00", "2026-11-26T18:00", None),
    ("thursday at 3 next week", T, "2026-11-26T15:00", None, None),
    ("friday in two weeks", D, "2026-12-04", "2026-12-05", None),
    ("the first week of december", S, "2026-12-01", "2026-12-08", None),
    ("last week of november", S, "2026-11-24", "2026-12-01", None),
    ("the weekend after next", S, "2026-12-05", "2026-12-07", None),
    ("my week", S, "2026-11-16", "2026-11-23", None),
    ("one day next week", S, "2026-11-23", "2026-11-30", None),
    ("saturday too", D, "2026-11-21", "2026-11-22", None),
    ("dec 1 from 14:00", T, "2026-12-01T14:00", None, None),
    ("today and tomorrow", S, "2026-11-18", "2026-11-20", None),
    ("tomorrow and the day after", S, "2026-11-19", "2026-11-21", None),
    ("tomorrow after lunch", S, "2026-11-19T14:00", "2026-11-20", None),
    ("after lunch tomorrow", S, "2026-11-19T14:00", "2026-11-20", None),
    ("friday before lunch", S, "2026-11-20", "2026-11-20T12:00", None),
    ("tomorrow after work", S, "2026-11-19T18:00", "2026-11-20", None),
    ("2pm-ish tomorrow", T, "2026-11-19T14:00", None, None),
    ("between christmas and new year", S, "2026-12-25", "2027-01-02", None),
    ("todays", D, "2026-11-18", "2026-11-19", None),
    ("yesterdays", D, "2026-11-17", "2026-11-18", None),
    ("tommorows", D, "2026-11-19", "2026-11-20", None),
    ("2moro 3pm", T, "2026-11-19T15:00", None, None),
    ("2nite", S, "2026-11-18T18:00", "2026-11-19", None),
    ("tomorrow nite", S, "2026-11-19T18:00", "2026-11-20", None),
    ("this arvo", S, "2026-11-18T12:00", "2026-11-18T18:00", None),
    ("friday 27th 7pm", T, "2026-11-27T19:00", None, None),
    ("fri 27th 7-9pm", S, "2026-11-27T19:00", "2026-11-27T21:00", 120),
    ("the 27th 7pm", T, "2026-11-27T19:00", None, None),
    ("friday 27th doors 7pm", T, "2026-11-27T19:00", None, None),
    ("friday 27th, doors open at 7", T, "2026-11-27T19:00", None, None),
    ("saturday starts 19:30", T, "2026-11-21T19:30", None, None),
    ("Thursday pm", S, "2026-11-19T12:00", "2026-11-19T18:00", None),
    ("tomorrow am", S, "2026-11-19T08:00", "2026-11-19T12:00", None),
    ("tonight after 8", S, "2026-11-18T20:00", "2026-11-19", None),
    ("tomorrow evening before 9", S, "2026-11-19T18:00", "2026-11-19T21:00", None),
    ("saturday or sunday", S, "2026-11-21", "2026-11-23", None),
    ("last thing Friday", T, "2026-11-20T17:00", None, None),
    ("tomorrow last thing", T, "2026-11-19T17:00", None, None),
    ("last thing tonight", T, "2026-11-18T22:00", None, None),
    ("tomorrow after school", S, "2026-11-19T15:00", "2026-11-20", None),
    ("sunday 6:32-8:19", S, "2026-11-22T06:32", "2026-11-22T08:19", 107),
    ("sunday 6:07-6:55", S, "2026-11-22T06:07", "2026-11-22T06:55", 48),
    ("sunday 6:32", T, "2026-11-22T06:32", None, None),
    ("sunday 6:30", T, "2026-11-22T18:30", None, None),
    ("sunday 5:15-6:15", S, "2026-11-22T17:15", "2026-11-22T18:15", 60),
    ("6:32 in the evening", T, "2026-11-18T18:32", None, None),
    ("tuesday 7:10", T, "2026-11-24T07:10", None, None),
    ("friday at 2pm starting the 27th", T, "2026-11-27T14:00", None, None),
    ("friday 2-3pm beginning 4 December", S, "2026-12-04T14:00", "2026-12-04T15:00", 60),
]


@pytest.mark.parametrize(("text", "kind", "start", "end", "length"), ISSUE + SPOKEN)
def test_a_spoken_time_is_understood(
    text: str, kind: WhenKind, start: str, end: str | None, length: int | None
) -> None:
    found = parse_when(text, CLOCK)
    assert (found.kind, found.start) == (kind, at(start))
    assert found.end == (None if end is None else at(end))
    assert found.duration == (None if length is None else minutes(length))
    assert found.rrule == ""


RULES = [
    ("every weekday at 9", "2026-11-19T09:00", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
    ("every other thursday", "2026-11-19", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH"),
    ("every day at 8", "2026-11-19T08:00", "FREQ=DAILY"),
    ("daily at 8", "2026-11-19T08:00", "FREQ=DAILY"),
    ("weekly on monday", "2026-11-23", "FREQ=WEEKLY;BYDAY=MO"),
    ("every monday and wednesday at 18:00", "2026-11-18T18:00", "FREQ=WEEKLY;BYDAY=MO,WE"),
    ("on mondays at 9", "2026-11-23T09:00", "FREQ=WEEKLY;BYDAY=MO"),
    ("mondays at 6pm", "2026-11-23T18:00", "FREQ=WEEKLY;BYDAY=MO"),
    ("mondays and thursdays at 9", "2026-11-19T09:00", "FREQ=WEEKLY;BYDAY=MO,TH"),
    ("every first monday of the month", "2026-12-07", "FREQ=MONTHLY;BYDAY=1MO"),
    ("first monday of every month at 10", "2026-12-07T10:00", "FREQ=MONTHLY;BYDAY=1MO"),
    ("every last friday of the month", "2026-11-27", "FREQ=MONTHLY;BYDAY=-1FR"),
    ("every month on the 5th", "2026-12-05", "FREQ=MONTHLY;BYMONTHDAY=5"),
    ("monthly", "2026-11-18", "FREQ=MONTHLY"),
    ("yearly on 3 May", "2027-05-03", "FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=3"),
    ("every 2 weeks on friday", "2026-11-20", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"),
    ("every second tuesday", "2026-11-24", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU"),
    ("every monday until 20 Dec", "2026-11-23", "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261220"),
    (
        "every monday at 9 until 20 Dec",
        "2026-11-23T09:00",
        "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261220T225959Z",
    ),
    (
        "every tuesday at 10 for 6 weeks",
        "2026-11-24T10:00",
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270104T225959Z",
    ),
    ("every tuesday at 10, 6 times", "2026-11-24T10:00", "FREQ=WEEKLY;BYDAY=TU;COUNT=6"),
    (
        "every friday at 10 until 3 Dec",
        "2026-11-20T10:00",
        "FREQ=WEEKLY;BYDAY=FR;UNTIL=20261203T225959Z",
    ),
    ("every monday starting 1 december", "2026-12-07", "FREQ=WEEKLY;BYDAY=MO"),
]


@pytest.mark.parametrize(("text", "start", "rule"), RULES)
def test_a_repetition_becomes_a_rule_and_its_first_time(text: str, start: str, rule: str) -> None:
    found = parse_when(text, CLOCK)
    assert (found.kind, found.start, found.rrule) == (R, at(start), rule)
    assert found.all_day == ("T" not in start)
    begin = found.start.replace(tzinfo=None) if found.all_day else found.start
    assert rrulestr(rule, dtstart=begin)[0] == begin


def test_each_occurrence_keeps_its_stated_length() -> None:
    found = parse_when("every weekday from 9 to 10", CLOCK)
    assert (found.start, found.end) == (at("2026-11-19T09:00"), at("2026-11-19T10:00"))
    assert found.duration == minutes(60)
    assert parse_when("every tuesday at 10 for 45 minutes", CLOCK).duration == minutes(45)


def test_an_end_fits_the_kind_of_event_it_is_used_for() -> None:
    rule = parse_when("every monday until 20 Dec", CLOCK).rrule
    timed = fit_until(rule, BERLIN, all_day=False)
    assert timed == "FREQ=WEEKLY;BYDAY=MO;UNTIL=20261220T225959Z"
    assert fit_until(timed, BERLIN, all_day=True) == rule
    assert fit_until("FREQ=DAILY", BERLIN, all_day=True) == "FREQ=DAILY"


@pytest.mark.parametrize(
    ("locale", "values"),
    [
        ("en_GB", ["2027-04-03", "2027-03-04"]),
        ("de_DE.UTF-8", ["2027-04-03", "2027-03-04"]),
        ("en_US", ["2027-03-04", "2027-04-03"]),
        ("en-US", ["2027-03-04", "2027-04-03"]),
    ],
)
def test_three_slash_four_asks_in_the_order_of_the_locale(locale: str, values: list[str]) -> None:
    with pytest.raises(AmbiguousError) as caught:
        parse_when("3/4", CLOCK, locale=locale)
    assert caught.value.code == "when_ambiguous"
    assert [value for value, _ in caught.value.choices] == values
    assert {label for _, label in caught.value.choices} == {
        "Saturday 3 April 2027",
        "Thursday 4 March 2027",
    }


@pytest.mark.parametrize(
    "text", ["3/4 at 3pm", "3/4 2-3pm", "tomorrow to 3/4", "on 3/4/2027", "yearly on 3/4"]
)
def test_a_choice_can_be_passed_back(text: str) -> None:
    with pytest.raises(AmbiguousError) as caught:
        parse_when(text, CLOCK)
    assert len(caught.value.choices) == 2
    for value, label in caught.value.choices:
        assert parse_when(value, CLOCK).said == label


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("31 Nov", "when_impossible", "There is no 31 November"),
        ("Nov 31", "when_impossible", "There is no 31 November"),
        ("30 Feb", "when_impossible", "There is no 30 February"),
        ("2026-02-30", "when_impossible", "it has 28 days"),
        ("25:00", "when_impossible", "no time 25:00"),
        ("Friday 21 Nov 2026", "when_impossible", "is a Saturday, not a Friday"),
        ("friday 21 november", "when_impossible", "21 November 2026 is a Saturday"),
        ("week 54", "when_impossible", "no week 54 in 2026; it has 53"),
        ("week 53 of 2027", "when_impossible", "no week 53"),
        ("all day at 3", "when_unclear", "all day at 3"),
        ("tomorrow friday", "when_impossible", "is not a Friday"),
        ("in 99999 years", "when_impossible", "too far away"),
        ("since tomorrow", "when_impossible", "future"),
        ("by yesterday", "when_impossible", "already past"),
        ("next week at 3", "when_unclear", "several days"),
        ("wibble", "when_unclear", "wibble"),
        ("3", "when_unclear", "3"),
        ("", "when_unclear", "No time"),
        ("lunch tomorrow", "when_unclear", "lunch tomorrow"),
        ("x" * 5000, "when_unclear", ""),
    ],
)
def test_nonsense_and_impossible_times_get_a_sentence(text: str, code: str, words: str) -> None:
    with pytest.raises(KnownError) as caught:
        parse_when(text, CLOCK)
    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("friday at noon", "Friday 20 November 2026, 12:00"),
        ("8am", "Thursday 19 November 2026, 08:00"),
        ("tomorrow", "Thursday 19 November 2026"),
        ("tonight", "Wednesday 18 November 2026, 18:00\u201324:00"),
        ("next week", "Monday 23 to Sunday 29 November 2026"),
        ("by friday", "Wednesday 18 November 2026, 09:30 to Friday 20 November 2026, 24:00"),
        ("every other thursday", "every 2 weeks on Thursday, first on Thursday 19 November 2026"),
        ("every weekday at 9", "every weekday at 09:00, first on Thursday 19 November 2026"),
    ],
)
def test_the_user_is_told_which_date_it_took(text: str, said: str) -> None:
    assert parse_when(text, CLOCK).said == said


def test_words_for_a_free_slot_ask_for_the_first() -> None:
    found = parse_when("first free slot tomorrow", CLOCK)
    assert (found.kind, found.start, found.choose) == (D, at("2026-11-19"), "first")
    assert parse_when("tomorrow", CLOCK).choose == ""


@pytest.mark.parametrize(
    ("text", "start"),
    [("friday", "2026-11-13"), ("17 november", "2026-11-17"), ("18:00", "2026-11-17T18:00")],
)
def test_looking_back_takes_the_past_one(text: str, start: str) -> None:
    assert parse_when(text, CLOCK, future=False).start == at(start)


def test_a_time_the_clocks_skip_is_moved_and_told() -> None:
    clock = Clock(datetime(2027, 3, 27, 12, 0, tzinfo=BERLIN), BERLIN)
    found = parse_when("tomorrow at 02:30", clock)
    assert found.start.isoformat() == "2027-03-28T03:30:00+02:00"
    assert "skip 02:30" in found.said and found.note in found.said
    assert parse_when("tomorrow at 04:30", clock).note == ""


@pytest.mark.parametrize(
    ("rule", "day", "words"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "2026-11-20", "every 2 weeks on Friday"),
        ("FREQ=DAILY;COUNT=3", "2026-11-20", "every day, 3 times"),
        (
            "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20261218T225959Z",
            "2026-11-20",
            "every weekday until 18 December 2026",
        ),
        ("FREQ=WEEKLY;UNTIL=20261218", "2026-11-20", "every week until 18 December 2026"),
        ("FREQ=MONTHLY", "2026-11-20", "every month"),
        ("FREQ=MONTHLY", "2027-01-31", "every month (months without a 31st are left out)"),
        ("FREQ=YEARLY", "2028-02-29", "every year (only in leap years)"),
        (
            "FREQ=MONTHLY;BYDAY=5MO",
            "2026-11-30",
            "every month on the fifth Monday (only in months that have a fifth one)",
        ),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-11-30", "every month on the last day"),
    ],
)
def test_a_rule_is_told_with_its_end_and_what_it_leaves_out(
    rule: str, day: str, words: str
) -> None:
    assert say_repetition(rule, at(day).date(), BERLIN) == words


def test_a_rules_occurrences_end_with_it() -> None:
    rule = "FREQ=DAILY;UNTIL=20261121T225959Z"
    begin, before = datetime(2026, 11, 19, 9), datetime(2026, 12, 31)
    assert [each.day for each in occurrences(rule, begin, before, BERLIN)] == [19, 20, 21]


def test_days_are_local_and_hours_are_real_when_the_clocks_change() -> None:
    clock = Clock(datetime(2026, 10, 24, 23, 0, tzinfo=BERLIN), BERLIN)
    day = parse_when("tomorrow", clock)
    assert day.end is not None
    assert day.end.timestamp() - day.start.timestamp() == 25 * 3600
    assert parse_when("in 5 hours", clock).start.isoformat() == "2026-10-25T03:00:00+01:00"
    assert parse_when("in 2 days at 9", clock).start.isoformat() == "2026-10-26T09:00:00+01:00"


FOUND = [
    ("my 3pm with Anna", "3pm", "2026-11-18T15:00"),
    ("lunch with Anna on Friday", "on Friday", "2026-11-20"),
    ("everything on Friday afternoon", "on Friday afternoon", "2026-11-20T12:00"),
    ("Schedule lunch with Anna on Friday at noon", "on Friday at noon", "2026-11-20T12:00"),
    ("meeting with Tom in room 4 at 3pm", "at 3pm", "2026-11-18T15:00"),
    ("visit at 3 Main Street tomorrow", "tomorrow", "2026-11-19"),
    ("tomorrow 3 people", "tomorrow", "2026-11-19"),
    ("tomorrow's meeting", "tomorrow's", "2026-11-19"),
    ("dinner on the 30th with Sam", "on the 30th", "2026-11-30"),
    ("dinner on sat", "on sat", "2026-11-21"),
    ("daily standup at 9", "at 9", "2026-11-19T09:00"),
    ("all mail from Yuki in the last 3 days", "in the last 3 days", "2026-11-15"),
    ("put it in the first free slot tomorrow", "in the first free slot tomorrow", "2026-11-19"),
    ("standup every weekday at 9 with all", "every weekday at 9", "2026-11-19T09:00"),
    ("midnight oil concert at 8pm", "at 8pm", "2026-11-18T20:00"),
    ("call mum sunday", "sunday", "2026-11-22"),
    ("everything in week 48", "in week 48", "2026-11-23"),
    ("block all day tomorrow for Bo", "all day tomorrow", "2026-11-19"),
    ("todays call w new york", "todays", "2026-11-18"),
    ("fridays meeting", "fridays", "2026-11-20"),
    ("the mail from wednesdays call", "wednesdays", "2026-11-18"),
    ("concert friday 27th doors 7pm", "friday 27th doors 7pm", "2026-11-27T19:00"),
    ("the 2nd 3pm meeting", "the 2nd 3pm", "2026-12-02T15:00"),
    ("am I free tomorrow am or pm", "tomorrow am", "2026-11-19T08:00"),
    ("tomorrow am I free", "tomorrow", "2026-11-19"),
    ("gym last thing friday", "last thing friday", "2026-11-20T17:00"),
]


@pytest.mark.parametrize(("text", "piece", "start"), FOUND)
def test_a_time_is_found_among_other_words(text: str, piece: str, start: str) -> None:
    found = find_when(text, CLOCK)
    assert found is not None
    when, (begin, end) = found
    assert (text[begin:end], when.start) == (piece, at(start))


@pytest.mark.parametrize(
    "text",
    [
        "one on one with Bob",
        "one by one",
        "1:1 with Sam",
        "1-1 with Sam",
        "second draft review",
        "the second draft",
        "May report",
        "report for march",
        "march to victory",
        "we may meet",
        "may 3 people come",
        "top 10 list",
        "room 4",
        "at 12 Bridge Street",
        "Q3 review",
        "Q4 2026 budget",
        "sat nav",
        "the cat sat on the mat",
        "sun cream",
        "Black Friday sale",
        "24/7 support",
        "buy 3/4 inch pipe",
        "version 2.10.15",
        "2-3 people",
        "meet at 3 people",
        "from 2 to 4 people",
        "the 30th birthday party",
        "every second counts",
        "good morning",
        "morning standup",
        "weekly review",
        "weekend trip",
        "Christmas party",
        "half marathon training",
        "next steps",
        "10 minutes with Bob",
        "now hiring",
        "first monday",
        "day 2",
        "course week 2",
        "week 2 of the course",
        "in week 2 of the course",
        "all hands",
        "after work drinks",
        "the new year party",
        "the first week of school",
        "the last thing I need",
        "2nights in Rome",
        "doors and windows",
        "nite owls",
    ],
)
def test_titles_are_not_taken_for_times(text: str) -> None:
    assert find_when(text, CLOCK) is None


@pytest.mark.parametrize(
    "text", ["gym fridays", "fridays at 3", "on fridays we go", "mondays and thursdays gym"]
)
def test_a_plural_weekday_before_no_noun_stays_a_rule(text: str) -> None:
    found = find_when(text, CLOCK)
    assert found is not None and found[0].kind is R


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("the week after", ["next week", "the week after next"]),
        ("the following day", ["tomorrow", "the day after tomorrow"]),
        ("friday or monday", ["friday", "monday"]),
        ("3pm or 4pm", ["3pm", "4pm"]),
    ],
)
def test_what_names_several_times_is_asked_about(text: str, choices: list[str]) -> None:
    with pytest.raises(AmbiguousError) as caught:
        parse_when(text, CLOCK)
    assert caught.value.choices == tuple((each, parse_when(each, CLOCK).said) for each in choices)


def test_a_clear_but_impossible_or_ambiguous_date_is_said_not_skipped() -> None:
    with pytest.raises(KnownError, match="no 31 November"):
        find_when("lunch on 31 Nov", CLOCK)
    with pytest.raises(AmbiguousError) as caught:
        find_when("lunch on 3/4 with Bo", CLOCK)
    values = [value for value, _ in caught.value.choices]
    assert values == ["lunch 2027-04-03 with Bo", "lunch 2027-03-04 with Bo"]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("45 minutes", 45),
        ("90 min", 90),
        ("half an hour", 30),
        ("a quarter of an hour", 15),
        ("three quarters of an hour", 45),
        ("an hour and a half", 90),
        ("one and a half hours", 90),
        ("1.5 hours", 90),
        ("1h30", 90),
        ("1h 30m", 90),
        ("1:30 hours", 90),
        ("2 hours", 120),
        ("2 hours and 15 minutes", 135),
        ("for twenty five minutes.", 25),
        ("a couple of hours", 120),
        ("30-minute", 30),
        ("a day", 24 * 60),
        ("PT1H30M", 90),
        ("an hour of", 60),
        ("hour", 60),
    ],
)
def test_a_length_of_time_is_understood(text: str, length: int) -> None:
    assert parse_duration(text) == minutes(length)


@pytest.mark.parametrize(
    "text", ["", "long", "0 minutes", "a month", "2", "-2 hours", "99999 days"]
)
def test_what_is_no_length_gets_a_sentence(text: str) -> None:
    with pytest.raises(KnownError) as caught:
        parse_duration(text)
    assert caught.value.code == "when_unclear"
