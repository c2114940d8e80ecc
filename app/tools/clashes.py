"""What a new event would overlap with, in words. Reads the calendar and changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.calendars.recurrence import overlaps
from app.calendars.vdir import Vdir
from app.core.ports import Occurrence
from app.tools.when import occurrences
from app.tools.wording import listed, short_day, title_of, when_of

_MOST = 3
_SERIES_AHEAD = timedelta(days=92)
"""How far a new series is looked through."""

_MINUTE = timedelta(minutes=1)


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

    `overlap` is False where the words only name all-day marks on the days of a timed event.
    """

    words: str
    overlap: bool


def clashes_with(calendar: Vdir, time: NewTime, today: date) -> Clashes:
    """What takes up the same time; at most three by name.

    A timed event is compared with timed ones, and all-day ones on its days are named beside
    them; an all-day event is a mark on the day and clashes with all-day ones only. Of a series
    the coming three months are looked through. Raises KnownError("broken_calendar_file") if a
    file cannot be read: it may hide a clash.
    """
    ahead = time.start + _SERIES_AHEAD if time.rrule else time.end
    reading = calendar.read(time.start, max(ahead, time.end, time.start + _MINUTE))
    reading.require_whole()
    busy = [each.occurrence for each in reading.entries if each.busy]
    timed = [each for each in busy if not each.all_day]
    whole = [each for each in busy if each.all_day]
    rivals = whole if time.all_day else timed
    now = _sharing(rivals, time.start, time.end)
    sharing = [each for one in _later(time) for each in _sharing(rivals, *one)]
    later = [each for each in dict.fromkeys(sharing) if each not in now]
    words = []
    if now:
        words.append(f"overlaps with {_names(now, time.start.date(), today)}")
    if not time.all_day and (marks := _sharing(whole, time.start, time.end)):
        words.append(f"all day: {listed([title_of(each) for each in marks], most=_MOST)}")
    if later:
        words.append(f"later ones overlap with {_names(later, None, today)}")
    return Clashes("; ".join(words), overlap=bool(now or later))


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


def _later(time: NewTime) -> list[tuple[datetime, datetime]]:
    """The occurrences of a series after its first, as far as they are looked through."""
    zone = time.start.tzinfo
    assert isinstance(zone, ZoneInfo)
    if not time.rrule:
        return []
    first = time.start.replace(tzinfo=None)
    length = time.end.astimezone(UTC) - time.start.astimezone(UTC)
    days = (time.end.date() - time.start.date()).days
    found = []
    for wall in occurrences(time.rrule, first, first + _SERIES_AHEAD, zone)[1:]:
        start = wall.replace(tzinfo=zone)
        end = (start.astimezone(UTC) + length).astimezone(zone)
        found.append((start, start + timedelta(days=days) if time.all_day else end))
    return found
