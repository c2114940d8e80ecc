"""Free starts inside a window: a pure function of the window, what is busy, and working hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

_STEP = timedelta(minutes=15)
_LONGEST_WINDOW = timedelta(days=93)


def free_starts(
    window: tuple[datetime, datetime],
    duration: timedelta,
    busy: Sequence[tuple[datetime, datetime]],
    *,
    now: datetime,
    hours: tuple[time, time],
    days: Sequence[int],
    most: int = 3,
) -> list[datetime]:
    """Up to `most` starts of `duration` in `window` that touch nothing busy, earliest first.

    All times aware; days, hours and the quarter-hour grid are those of the window's zone. Starts
    lie inside `hours` on `days` (Monday is 0). Where no such stretch of the window is long
    enough, any day counts (a weekend that was asked for), then any hour of a window shorter than
    a day (an evening). A window of one day gives starts that do not overlap each other; a longer
    one gives one start a day. Nothing starts before `now`.
    """
    begin, end = window
    end = min(end, begin + _LONGEST_WINDOW)
    inside = [each for each in _opened(begin, end, hours) if each[1] - each[0] >= duration]
    stretches = [each for each in inside if each[0].weekday() in days] or inside
    if not stretches and end - begin < timedelta(hours=23):
        stretches = _whole_days(begin, end)
    seconds = duration.total_seconds()
    one_day = end - begin <= timedelta(hours=25)
    found: list[datetime] = []
    for low, high in stretches:
        last = None
        for start in _grid(_latest(low, now), high, duration):
            if last is not None and start.timestamp() < last.timestamp() + seconds:
                continue
            if not any(_share(start.timestamp(), seconds, *each) for each in busy):
                found.append(start)
                last = start
                if len(found) == most:
                    return found
                if not one_day:
                    break
    return found


def _opened(
    begin: datetime, end: datetime, hours: tuple[time, time]
) -> list[tuple[datetime, datetime]]:
    """What lies inside `hours` of each day of the window."""
    found = []
    for low, high in _whole_days(begin, end):
        opens = datetime.combine(low.date(), hours[0], tzinfo=low.tzinfo)
        closes = datetime.combine(low.date(), hours[1], tzinfo=low.tzinfo)
        found.append((max(low, opens), min(high, closes)))
    return found


def _whole_days(begin: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
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


def _grid(low: datetime, high: datetime, duration: timedelta) -> list[datetime]:
    """Starts on the quarter hour from `low` whose event ends by `high`."""
    past = timedelta(minutes=low.minute % 15, seconds=low.second, microseconds=low.microsecond)
    # Counted in UTC: by the wall, an hour that comes twice would be there once.
    start = (low - past + (_STEP if past else timedelta())).astimezone(UTC)
    starts = []
    while start + duration <= high.astimezone(UTC):
        starts.append(start.astimezone(high.tzinfo))
        start += _STEP
    return starts


def _share(start: float, seconds: float, low: datetime, high: datetime) -> bool:
    return start < high.timestamp() and low.timestamp() < start + seconds
