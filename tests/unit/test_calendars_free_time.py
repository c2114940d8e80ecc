"""Free starts: working hours, the grid, what is busy, and days with a changed clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from app.calendars.free_time import free_starts
from tests.support.calendar_profile import BERLIN

HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


def starts(
    begin: datetime,
    end: datetime,
    *busy: tuple[datetime, datetime],
    duration: timedelta = HOUR,
    now: datetime | None = None,
    most: int = 3,
) -> list[str]:
    found = free_starts(
        (begin, end),
        duration,
        busy,
        now=now or at(1, 0),
        hours=(time(9), time(17)),
        days=range(5),
        most=most,
    )
    return [f"{each:%d %H:%M}" for each in found]


def test_starts_lie_one_after_the_other_inside_working_hours() -> None:
    assert starts(at(18, 0), at(19, 0)) == ["18 09:00", "18 10:00", "18 11:00"]


def test_busy_time_is_left_out_to_the_quarter_hour() -> None:
    busy = [(at(18, 9), at(18, 9, 40)), (at(18, 10, 45), at(18, 15, 50))]
    assert starts(at(18, 0), at(19, 0), *busy) == ["18 09:45", "18 16:00"]


def test_nothing_starts_before_now() -> None:
    assert starts(at(18, 0), at(19, 0), now=at(18, 13, 7), most=1) == ["18 13:15"]


def test_a_weekend_or_an_evening_that_was_asked_for_counts() -> None:
    assert starts(at(21, 0), at(23, 0)) == ["21 09:00", "22 09:00"]
    assert starts(at(21, 8), at(21, 12), most=1) == ["21 09:00"]
    assert starts(at(18, 18), at(19, 0), most=1) == ["18 18:00"]
    assert starts(at(18, 16, 30), at(19, 0), most=1) == ["18 16:30"]


def test_a_week_gives_one_start_a_day() -> None:
    assert starts(at(23, 0), at(30, 0)) == ["23 09:00", "24 09:00", "25 09:00"]


def test_a_full_day_gives_nothing() -> None:
    assert starts(at(18, 0), at(19, 0), (at(18, 8), at(18, 18))) == []
    assert starts(at(18, 0), at(19, 0), duration=timedelta(hours=9)) == []


def test_a_year_long_window_ends() -> None:
    assert (
        starts(
            at(1, 0), at(1, 0) + timedelta(days=3000), (at(1, 0), at(1, 0) + timedelta(days=3000))
        )
        == []
    )


def test_the_hour_that_comes_twice_is_there_twice() -> None:
    begin, end, now = at(25, 2, 0, 10), at(25, 4, 0, 10), at(1, 0, 0, 10)
    assert starts(begin, end, now=now) == ["25 02:00", "25 02:00", "25 03:00"]
    twice = begin.replace(fold=1)
    assert starts(begin, end, (begin, twice), now=now) == ["25 02:00", "25 03:00"]
