"""What a new or moved event would overlap with, in words. Reads the calendar, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.calendars.occurrences import overlaps
from app.calendars.vdir import CalendarProblem, Vdir
from app.core.moments import after, between
from app.core.ports import Occurrence
from app.tools.when import occurrences
from app.tools.wording import listed, short_day, shown, title_of, when_of

_MOST = 3
SERIES_AHEAD = timedelta(days=92)
"""How far a new series is looked through."""

_MINUTE = timedelta(minutes=1)

Stretch = tuple[datetime, datetime]
"""Aware times in one zone, the end exclusive."""


@dataclass(frozen=True)
class NewTime:
    """When a new event would be: aware times in one zone, `end` exclusive, "" for no `rrule`."""

    start: datetime
    end: datetime
    all_day: bool
    rrule: str = ""


@dataclass(frozen=True)
class Clashes:
    """What takes up the same time, in words, "" for nothing.

    `doubtful` is False where the words only name all-day marks on the days of a timed event. It is
    True also where a file that cannot be read may hide a clash, as the words then say.
    """

    words: str
    doubtful: bool


def clashes_with(calendar: Vdir, time: NewTime, today: date) -> Clashes:
    """What takes up the same time as a new event, as in `clashes_of`; a series is looked through
    for the coming three months."""
    stretches = [(time.start, time.end), *_later(time)]
    return clashes_of(calendar, stretches, today, all_day=time.all_day)


def clashes_of(
    calendar: Vdir,
    stretches: Sequence[Stretch],
    today: date,
    *,
    all_day: bool,
    but: Callable[[Occurrence], bool] = lambda each: False,
) -> Clashes:
    """What takes up the same time as the first of `stretches`, or as later ones of its series.

    At most three by name; those that are `but` (the event itself) do not count. A timed event is
    compared with timed ones, and all-day ones on its days are named beside them; an all-day event
    is a mark on the day and clashes with all-day ones only.
    """
    (start, end), later = stretches[0], stretches[1:]
    ahead = max([end, start + _MINUTE, *(each[1] for each in later)], key=datetime.timestamp)
    reading = calendar.read(start, ahead)
    others = [each.occurrence for each in reading.entries if each.busy and not but(each.occurrence)]
    timed = [each for each in others if not each.all_day]
    whole = [each for each in others if each.all_day]
    rivals = whole if all_day else timed
    now = _sharing(rivals, start, end)
    sharing = [each for one in later for each in _sharing(rivals, *one)]
    then = [each for each in dict.fromkeys(sharing) if each not in now]
    words = []
    if now:
        words.append(f"overlaps with {_names(now, start.date(), today)}")
    if not all_day and (marks := _sharing(whole, start, end)):
        words.append(f"all day: {listed([title_of(each) for each in marks], most=_MOST)}")
    if then:
        words.append(f"later ones overlap with {_names(then, None, today)}")
    unknown = unread(reading.problems, "hide a clash")
    return Clashes("; ".join([*words, *unknown]), doubtful=bool(now or then or unknown))


def unread(problems: Sequence[CalendarProblem], may: str) -> list[str]:
    """Words for files that cannot be read and what they may do ("hide a clash"); [] for none."""
    if not problems:
        return []
    more = len(problems) - 1
    also = f" and {more} more" if more else ""
    return [f"{shown(problems[0].path)}{also} cannot be read; {'they' if more else 'it'} may {may}"]


def _sharing(events: Sequence[Occurrence], start: datetime, end: datetime) -> list[Occurrence]:
    return [each for each in events if overlaps(start, end, each.start, each.end)]


def _names(events: Sequence[Occurrence], day: date | None, today: date) -> str:
    """Titles and times, with the day where it is not `day`."""
    names = []
    for each in events:
        own = each.start.date()
        on = "" if own == day else f" {short_day(own, today)}"
        names.append(f"{title_of(each)}{on} {when_of(each)}")
    return listed(names, most=_MOST)


def _later(time: NewTime) -> list[Stretch]:
    """The occurrences of a series after its first, as far as they are looked through."""
    zone = time.start.tzinfo
    assert isinstance(zone, ZoneInfo)
    if not time.rrule:
        return []
    first = time.start.replace(tzinfo=None)
    length = between(time.start, time.end)
    days = (time.end.date() - time.start.date()).days
    found = []
    for wall in occurrences(time.rrule, first, first + SERIES_AHEAD, zone)[1:]:
        start = wall.replace(tzinfo=zone)
        end = start + timedelta(days=days) if time.all_day else after(start, length)
        found.append((start, end))
    return found
