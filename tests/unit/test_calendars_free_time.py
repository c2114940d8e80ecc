"""Free starts: working hours, the grid, what is busy, and days with a changed clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.calendars.free_time import Stretch, best_starts, free_starts, free_stretches
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


def best(begin: datetime, end: datetime, *busy: Stretch, most: int = 3) -> list[str]:
    found = best_starts(
        (begin, end), HOUR, busy, now=at(1, 0), hours=(time(9), time(17)), days=range(5), most=most
    )
    return [f"{each.start:%d %H:%M} {each.faults}" for each in found]


def stretches(begin: datetime, end: datetime, *busy: Stretch, now: datetime) -> list[str]:
    found = free_stretches(
        (begin, end), HOUR, busy, now=now, hours=(time(9), time(17)), days=range(5)
    )
    return [f"{start:%d %H:%M}-{stop:%H:%M}" for start, stop in found]


def test_the_best_starts_leave_lunch_and_a_quarter_of_an_hour() -> None:
    morning = (at(18, 9), at(18, 10, 30))
    assert best(at(18, 0), at(19, 0), morning) == ["18 10:45 0", "18 13:00 0", "18 14:00 0"]
    rest = (at(18, 13), at(18, 17))
    assert best(at(18, 0), at(19, 0), morning, rest) == ["18 10:45 0", "18 11:45 2"]
    assert best(at(18, 9), at(18, 10, 15)) == ["18 09:00 0"]


def test_the_best_starts_of_a_week_lie_on_different_days() -> None:
    full = (at(23, 9), at(23, 16))
    assert best(at(23, 0), at(30, 0), full) == ["24 09:00 0", "25 09:00 0", "26 09:00 0"]


def test_free_stretches_are_what_busy_time_leaves() -> None:
    busy = [(at(18, 10), at(18, 11)), (at(18, 10, 30), at(18, 12)), (at(18, 16, 30), at(18, 18))]
    assert stretches(at(18, 0), at(19, 0), *busy, now=at(1, 0)) == [
        "18 09:00-10:00",
        "18 12:00-16:30",
    ]
    assert stretches(at(18, 0), at(19, 0), *busy, now=at(18, 13, 7)) == ["18 13:15-16:30"]
    assert stretches(at(18, 0), at(19, 0), now=at(18, 16, 30)) == []


TIMES = st.integers(0, 4 * 24 * 12).map(lambda steps: at(17, 0) + timedelta(minutes=5 * steps))


@settings(max_examples=60, deadline=None)
@given(
    busy=st.lists(st.tuples(TIMES, st.integers(1, 300)), max_size=8),
    now=TIMES,
    minutes=st.sampled_from([15, 30, 45, 90]),
)
def test_what_is_offered_is_free_and_every_free_start_is_in_a_stretch(
    busy: list[tuple[datetime, int]], now: datetime, minutes: int
) -> None:
    taken = [(start, start + timedelta(minutes=length)) for start, length in busy]
    length = timedelta(minutes=minutes)
    window, hours = (at(17, 0), at(21, 0)), (time(9), time(17))
    free = free_stretches(window, length, taken, now=now, hours=hours, days=range(7))
    for start, end in free:
        assert start >= now and end - start >= length
        assert not any(start < stop and begin < end for begin, stop in taken)
    rated = best_starts(window, length, taken, now=now, hours=hours, days=range(7))
    starts = free_starts(window, length, taken, now=now, hours=hours, days=range(7), most=9)
    for each in (*starts, *(one.start for one in rated)):
        assert any(start <= each and each + length <= end for start, end in free)
    assert bool(rated) == bool(starts)
