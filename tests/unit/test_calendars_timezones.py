"""The zones new events are written in, read back by a reader that knows only what is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from icalendar import Calendar

from app.calendars.changes import NewEvent, plan_cancel, plan_create
from app.calendars.recurrence import entries, parse
from app.calendars.timezones import timezone_component
from app.core.clock import fixed_zone
from tests.support.calendar_profile import BERLIN, NOW

HOUR = timedelta(hours=1)


def created(start: datetime, end: datetime, rrule: str = "") -> str:
    change = plan_create(NewEvent("x", start, end, rrule=rrule), now=NOW, summary="")
    assert change.after is not None
    return change.after


def read_back(text: str, start: datetime, days: int = 30) -> list[tuple[datetime, datetime]]:
    source = parse("calendars/personal/x.ics", text)
    assert source is not None
    found = entries(source, start - timedelta(days=1), start + timedelta(days=days))
    return [
        (each.occurrence.start.astimezone(UTC), each.occurrence.end.astimezone(UTC))
        for each in found
    ]


def test_clock_changes_are_told_as_rules_in_the_time_before_them() -> None:
    start = datetime(2026, 11, 20, 12, tzinfo=BERLIN)
    text = created(start, start + HOUR, "FREQ=WEEKLY")
    assert "DTSTART:20250330T020000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\n" in text
    assert "DTSTART:20251026T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\n" in text
    assert "RDATE" not in text and "COMMENT" not in text


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berlin",
        "Europe/Dublin",
        "America/New_York",
        "America/Santiago",
        "Asia/Jerusalem",
        "Asia/Kolkata",
        "Asia/Gaza",
        "Africa/Casablanca",
        "Africa/Cairo",
        "Australia/Lord_Howe",
        "Pacific/Auckland",
        "Pacific/Apia",
        "Antarctica/Troll",
    ],
)
@pytest.mark.parametrize("year", [2011, 2026])
def test_a_written_zone_says_what_the_zone_does_until_2037(name: str, year: int) -> None:
    zone = ZoneInfo(name)
    component = timezone_component(datetime(year, 1, 1, tzinfo=zone), 2037)
    whole = Calendar()
    whole.add_component(component)
    written = tzical(StringIO(whole.to_ical().decode())).get(name)
    assert written is not None
    day = datetime(year, 1, 1, 12, tzinfo=zone)
    wrong = []
    while day.year <= 2037:
        exists = day.astimezone(UTC).astimezone(zone) == day  # Apia skipped 30 December 2011
        if exists and day.replace(tzinfo=written).utcoffset() != day.utcoffset():
            wrong.append(day)
        day += timedelta(days=1)
    assert wrong == []


@pytest.mark.parametrize("hours", [5.5, -9.5, 14])
def test_a_series_in_a_zone_of_a_fixed_offset_stays_on_its_day(hours: float) -> None:
    zone = fixed_zone(timedelta(hours=hours))
    start = datetime(2026, 11, 23, 3, tzinfo=zone)
    text = created(start, start + HOUR, "FREQ=WEEKLY;BYDAY=MO;COUNT=3")
    expected = [(start + timedelta(days=7 * n)).astimezone(UTC) for n in range(3)]
    assert read_back(text, start) == [(each, each + HOUR) for each in expected]
    assert not Calendar.from_ical(text).get_missing_tzids()
    source = parse("calendars/personal/x.ics", text)
    assert source is not None
    second = entries(source, start + HOUR, start + timedelta(days=8))[0].occurrence
    after = plan_cancel(source, [second], "this", now=NOW, summary="").after
    assert after is not None
    assert [each for each, _ in read_back(after, start)] == [expected[0], expected[2]]


@pytest.mark.parametrize("rrule", ["", "FREQ=DAILY;COUNT=1"])
@pytest.mark.parametrize(
    ("start", "length"),
    [
        (datetime(2027, 10, 31, 2, 30, tzinfo=BERLIN), HOUR),
        (datetime(2027, 10, 31, 1, 30, tzinfo=BERLIN), 2 * HOUR),
        (datetime(2027, 10, 31, 2, 0, tzinfo=BERLIN), 3 * HOUR),
        (datetime(2027, 10, 31, 0, 30, tzinfo=BERLIN), 6 * HOUR),
    ],
)
def test_an_event_in_the_hour_that_comes_twice_keeps_its_length(
    start: datetime, length: timedelta, rrule: str
) -> None:
    end = (start.astimezone(UTC) + length).astimezone(BERLIN)
    text = created(start, end, rrule)
    assert read_back(text, start) == [(start.astimezone(UTC), end.astimezone(UTC))]


def test_an_event_in_the_second_of_the_two_hours_stays_there() -> None:
    start = datetime(2027, 10, 31, 2, 30, fold=1, tzinfo=BERLIN)
    text = created(start, start + HOUR)
    assert read_back(text, start) == [
        (datetime(2027, 10, 31, 1, 30, tzinfo=UTC), datetime(2027, 10, 31, 2, 30, tzinfo=UTC))
    ]


def test_a_series_that_starts_in_the_repeated_hour_keeps_its_clock_time() -> None:
    start = datetime(2027, 10, 31, 2, 30, tzinfo=BERLIN)
    end = start.replace(fold=1)
    text = created(start, end, "FREQ=DAILY;COUNT=2")
    assert re.search(r"^DURATION:PT1H\r$", text, re.MULTILINE)
    assert [each.astimezone(BERLIN).hour for each, _ in read_back(text, start)] == [2, 2]
