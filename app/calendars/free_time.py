"""Free time inside a window: pure functions of the window, what is busy, and working hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from app.core.moments import after

Stretch = tuple[datetime, datetime]
"""From and to, aware, the end exclusive."""

LUNCH = (time(12), time(13))
BUFFER = timedelta(minutes=15)
"""What is pleasant to have free before and after an event."""

_STEP = timedelta(minutes=15)
_LONGEST_WINDOW = timedelta(days=93)


@dataclass(frozen=True)
class RatedStart:
    """A free start and what speaks against it: it takes up lunch, it has an event within `BUFFER`.

    Of two the one with fewer faults is better (lunch counts twice), then the earlier one.
    """

    start: datetime
    over_lunch: bool
    close_by: bool

    @property
    def faults(self) -> int:
        """How much speaks against it, 0 to 3."""
        return 2 * self.over_lunch + self.close_by


def free_starts(
    window: Stretch,
    duration: timedelta,
    busy: Sequence[Stretch],
    *,
    now: datetime,
    hours: tuple[time, time],
    days: Sequence[int],
    most: int = 3,
) -> list[datetime]:
    """Up to `most` starts of `duration` in `window` that touch nothing busy, earliest first.

    All times aware; days, hours and the quarter-hour grid are those of the window's zone. Where to
    look is told by `open_stretches`. A window of one day gives starts that do not overlap each
    other; a longer one gives one start a day. Nothing starts before `now`.
    """
    seconds = duration.total_seconds()
    one_day = _is_one_day(window)
    found: list[datetime] = []
    for stretch in open_stretches(window, duration, hours=hours, days=days):
        last = None
        for start in _free_in(stretch, duration, busy, now):
            if last is not None and start.timestamp() < last.timestamp() + seconds:
                continue
            found.append(start)
            last = start
            if len(found) == most:
                return found
            if not one_day:
                break
    return found


def best_starts(
    window: Stretch,
    duration: timedelta,
    busy: Sequence[Stretch],
    *,
    now: datetime,
    hours: tuple[time, time],
    days: Sequence[int],
    most: int = 3,
) -> list[RatedStart]:
    """Like `free_starts`, but the best first: see `RatedStart`."""
    starts = all_free_starts(window, duration, busy, now=now, hours=hours, days=days)
    rated = [rate(start, duration, busy) for start in starts]
    rated.sort(key=lambda each: (each.faults, each.start.timestamp()))
    one_day = _is_one_day(window)
    found: list[RatedStart] = []
    for each in rated:
        if not any(_too_near(each.start, other.start, duration, one_day) for other in found):
            found.append(each)
            if len(found) == most:
                break
    return found


def all_free_starts(
    window: Stretch,
    duration: timedelta,
    busy: Sequence[Stretch],
    *,
    now: datetime,
    hours: tuple[time, time],
    days: Sequence[int],
) -> Iterator[datetime]:
    """Every start `free_starts` chooses among, by time."""
    for stretch in open_stretches(window, duration, hours=hours, days=days):
        yield from _free_in(stretch, duration, busy, now)


def rate(start: datetime, duration: timedelta, busy: Sequence[Stretch]) -> RatedStart:
    """What speaks against a free start."""
    end = after(start, duration)
    day = start.date()
    lunch = tuple(datetime.combine(day, each, tzinfo=start.tzinfo) for each in LUNCH)
    over_lunch = start.timestamp() < lunch[1].timestamp() and lunch[0].timestamp() < end.timestamp()
    before = start.timestamp() - BUFFER.total_seconds()
    near = duration.total_seconds() + 2 * BUFFER.total_seconds()
    return RatedStart(start, over_lunch, any(_share(before, near, *each) for each in busy))


def free_stretches(
    window: Stretch,
    least: timedelta,
    busy: Sequence[Stretch],
    *,
    now: datetime,
    hours: tuple[time, time],
    days: Sequence[int],
) -> list[Stretch]:
    """All that is free in `window` and at least so long, from `now` on; see `open_stretches`."""
    taken = sorted(busy, key=lambda each: each[0].timestamp())
    found: list[Stretch] = []
    for low, high in open_stretches(window, least, hours=hours, days=days):
        start = _next_grid(_latest(low, now))
        for begin, end in taken:
            if end.timestamp() <= start.timestamp() or begin.timestamp() >= high.timestamp():
                continue
            found.append((start, begin))
            start = end.astimezone(low.tzinfo)
        found.append((start, high))
    seconds = least.total_seconds()
    return [
        (start, end.astimezone(start.tzinfo))
        for start, end in found
        if end.timestamp() - start.timestamp() >= seconds
    ]


def open_stretches(
    window: Stretch, least: timedelta, *, hours: tuple[time, time], days: Sequence[int]
) -> list[Stretch]:
    """Where to look for free time of at least `least`: inside `hours` on `days` (Monday is 0).

    Where no such stretch of the window is long enough, any day counts (a weekend that was asked
    for), then any hour of a window shorter than a day (an evening).
    """
    begin, end = window
    end = min(end, begin + _LONGEST_WINDOW)
    inside = [each for each in _opened(begin, end, hours) if each[1] - each[0] >= least]
    stretches = [each for each in inside if each[0].weekday() in days] or inside
    if not stretches and end - begin < timedelta(hours=23):
        stretches = _whole_days(begin, end)
    return stretches


def _is_one_day(window: Stretch) -> bool:
    return window[1] - window[0] <= timedelta(hours=25)


def _too_near(one: datetime, other: datetime, duration: timedelta, one_day: bool) -> bool:
    """Whether two suggestions are much the same: they overlap, or share a day of a long window."""
    apart = abs(one.timestamp() - other.timestamp())
    return apart < duration.total_seconds() or (not one_day and one.date() == other.date())


def _free_in(
    stretch: Stretch, duration: timedelta, busy: Sequence[Stretch], now: datetime
) -> Iterator[datetime]:
    """The free starts on the grid of one stretch, from `now` on."""
    low, high = stretch
    seconds = duration.total_seconds()
    for start in _grid(_latest(low, now), high, duration):
        if not any(_share(start.timestamp(), seconds, *each) for each in busy):
            yield start


def _opened(begin: datetime, end: datetime, hours: tuple[time, time]) -> list[Stretch]:
    """What lies inside `hours` of each day of the window."""
    found = []
    for low, high in _whole_days(begin, end):
        opens = datetime.combine(low.date(), hours[0], tzinfo=low.tzinfo)
        closes = datetime.combine(low.date(), hours[1], tzinfo=low.tzinfo)
        found.append((max(low, opens), min(high, closes)))
    return found


def _whole_days(begin: datetime, end: datetime) -> list[Stretch]:
    """The window cut at local midnights."""
    found = []
    low = begin
    while low < end:
        midnight = datetime.combine(low.date() + timedelta(days=1), time(), tzinfo=low.tzinfo)
        found.append((low, min(midnight, end)))
        low = midnight
    return found


def _latest(low: datetime, now: datetime) -> datetime:
    return max(low, now.astimezone(low.tzinfo), key=datetime.timestamp)


def _next_grid(moment: datetime) -> datetime:
    """The quarter hour at or after a moment."""
    past = timedelta(minutes=moment.minute % 15, seconds=moment.second)
    past += timedelta(microseconds=moment.microsecond)
    return moment - past + (_STEP if past else timedelta())


def _grid(low: datetime, high: datetime, duration: timedelta) -> list[datetime]:
    """Starts on the quarter hour from `low` whose event ends by `high`."""
    # Counted in UTC: by the wall, an hour that comes twice would be there once.
    start = _next_grid(low).astimezone(UTC)
    starts = []
    while start + duration <= high.astimezone(UTC):
        starts.append(start.astimezone(high.tzinfo))
        start += _STEP
    return starts


def _share(start: float, seconds: float, low: datetime, high: datetime) -> bool:
    return start < high.timestamp() and low.timestamp() < start + seconds
