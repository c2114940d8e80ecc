"""Which events of the calendar, or of some events already at hand, fit words taken apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from app.calendars.occurrences import overlaps
from app.calendars.recurrence import Entry
from app.calendars.vdir import CalendarProblem, Reading, Vdir
from app.core.ports import Clock, Occurrence
from app.tools.event_reading import Wanted
from app.tools.event_words import matches_words
from app.tools.when import When, WhenKind

_SOON = timedelta(days=8)
_AHEAD = timedelta(days=365)
_BACK = timedelta(days=30)
_FAR_BACK = timedelta(days=365)
_MINUTE = timedelta(minutes=1)


class EventSearch:
    """Looks through the calendar for what was wanted; reads each window of time once.

    `problems` are the files that could not be read and may hold what was not found.
    """

    def __init__(self, calendar: Vdir, clock: Clock) -> None:
        self.problems: tuple[CalendarProblem, ...] = ()
        self._calendar = calendar
        self._now = clock.now
        self._read: dict[tuple[datetime, datetime], Reading] = {}

    def find(self, wanted: Wanted) -> list[Occurrence]:
        """Everything that fits, by start, without ids."""
        if wanted.when is not None:
            found = self._at(wanted, wanted.when)
        else:
            found = self._without_time(wanted)
        if wanted.series:
            return self._next_of_series([each for each in found if each.recurrence_id])
        return picked(found, wanted, self._now)

    def _within(self, start: datetime, end: datetime, wanted: Wanted) -> list[Occurrence]:
        if (start, end) not in self._read:
            reading = self._read[start, end] = self._calendar.read(start, end)
            self.problems = self.problems or reading.problems
        found = [
            entry
            for entry in self._read[start, end].entries
            if matches_words(entry.occurrence, wanted.words)
        ]
        standing = found if wanted.many else [each for each in found if not _declined(each)]
        return [each.occurrence for each in standing or found]

    def _at(self, wanted: Wanted, when: When) -> list[Occurrence]:
        if when.kind is WhenKind.INSTANT:
            if wanted.says_day:
                found = self._within(when.start, when.start + _MINUTE, wanted)
                return [each for each in found if _starts_at(each, when.start)]
            return self._coming_at(wanted, when)
        end = when.end or when.start + timedelta(days=1)
        found = self._within(when.start, end, wanted)
        if not wanted.many:
            timed = [each for each in found if not each.all_day]
            return found if when.all_day else timed or found
        inside = [
            each
            for each in found
            if (when.all_day or not each.all_day)
            and each.start.timestamp() >= when.start.timestamp()
        ]
        if end.timestamp() <= self._now.timestamp():
            return inside  # "in the last 7 days" is about what is over
        coming = [each for each in inside if each.end.timestamp() > self._now.timestamp()]
        return coming or inside

    def _coming_at(self, wanted: Wanted, when: When) -> list[Occurrence]:
        """ "My 3pm": those of the next day that has any which is not over; else today's.

        A set takes those of all days to come.
        """
        today = self._today()
        at_time: list[Occurrence] = []
        coming: list[Occurrence] = []
        for far in (_AHEAD,) if wanted.many else (_SOON, _AHEAD):
            at_time = [
                each
                for each in self._within(today, today + far, wanted)
                if not each.all_day and each.start.time() == when.start.time()
            ]
            coming = [each for each in at_time if each.end.timestamp() > self._now.timestamp()]
            if coming:
                break
        kept = coming or at_time
        if wanted.many or wanted.pick:
            return kept
        return [each for each in kept if each.start.date() == kept[0].start.date()]

    def _without_time(self, wanted: Wanted) -> list[Occurrence]:
        today, now = self._today(), self._now
        ahead, back = (today, today + _AHEAD), (today - _BACK, today)
        windows = ((back[0], now), (now - _FAR_BACK, now), ahead) if wanted.last else (ahead, back)
        for start, end in windows:
            found = self._within(start, end, wanted)
            if wanted.last:
                # "My last meeting" is the one before the one under way.
                over = [each for each in found if each.end.timestamp() <= now.timestamp()]
                found = over or found
            if found:
                return self._next_of_series(found) if wanted.timeless else found
        return []

    def _next_of_series(self, found: Sequence[Occurrence]) -> list[Occurrence]:
        """Of each event only the next occurrence; what is over only where nothing else is left."""
        coming = [each for each in found if each.end.timestamp() > self._now.timestamp()]
        ordered = coming or list(reversed(found))
        chosen: dict[tuple[str, str], Occurrence] = {}
        for each in ordered:
            chosen.setdefault((each.path, each.uid), each)
        return sorted(chosen.values(), key=lambda each: each.start.timestamp())

    def _today(self) -> datetime:
        return self._now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def picked(found: Sequence[Occurrence], wanted: Wanted, now: datetime) -> list[Occurrence]:
    """Of what fits, what "first", "last two" and the like leave."""
    if wanted.pick is None:
        return list(found)
    # "The second meeting on Friday" counts what has a time of day, if anything has.
    timed = [each for each in found if not each.all_day]
    return list(wanted.pick(timed or found, now))


def among(events: Sequence[Occurrence], wanted: Wanted, now: datetime) -> list[Occurrence]:
    """Those of `events` that fit, in the order given. A clock time without a day fits any day."""
    fitting = [
        each for each in events if matches_words(each, wanted.words) and _at_time(each, wanted)
    ]
    return picked(fitting, wanted, now)


def _at_time(event: Occurrence, wanted: Wanted) -> bool:
    when = wanted.when
    if when is None:
        return True
    if when.kind is WhenKind.INSTANT:
        if wanted.says_day:
            return _starts_at(event, when.start)
        return not event.all_day and event.start.time() == when.start.time()
    end = when.end or when.start + timedelta(days=1)
    return overlaps(event.start, event.end, when.start, end)


def _starts_at(occurrence: Occurrence, moment: datetime) -> bool:
    return not occurrence.all_day and overlaps(
        occurrence.start, occurrence.start, moment, moment + _MINUTE
    )


def _declined(entry: Entry) -> bool:
    """Whether it is an invitation that takes up no time of the user's: one that was declined."""
    return entry.occurrence.invited and not entry.busy
