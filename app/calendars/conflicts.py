"""Events that take up the same time: pure functions of what a look into the calendars found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.calendars.recurrence import Entry
from app.core.ports import Occurrence


@dataclass(frozen=True)
class Conflict:
    """Two events and the time both take up. `first` begins no later than `second`."""

    first: Occurrence
    second: Occurrence
    start: datetime
    end: datetime

    @property
    def minutes(self) -> int:
        """How long they overlap, in real time."""
        return round((self.end.timestamp() - self.start.timestamp()) / 60)


def takes_time(entry: Entry) -> bool:
    """Whether nothing else fits beside it: busy, with a time of day, and longer than nothing.

    What lasts all day is a mark on the day.
    """
    event = entry.occurrence
    long = event.end.timestamp() > event.start.timestamp()
    return entry.busy and not event.all_day and long


def conflicts(entries: Iterable[Entry]) -> list[Conflict]:
    """Each two events that overlap, by the time they begin to; of whatever calendars.

    The same event in two files is one event.
    """
    events = [entry.occurrence for entry in entries if takes_time(entry)]
    events.sort(key=lambda each: (each.start.timestamp(), each.path, each.recurrence_id))
    running: list[Occurrence] = []
    found: list[Conflict] = []
    for event in events:
        running = [each for each in running if each.end.timestamp() > event.start.timestamp()]
        if any(_is_copy(each, event) for each in running):
            continue
        for each in running:
            end = min(each.end, event.end, key=datetime.timestamp)
            found.append(Conflict(each, event, event.start, end))
        running.append(event)
    return found


def clashing(entries: Iterable[Entry]) -> set[Occurrence]:
    """Timed events that take up time another one also takes."""
    return {each for found in conflicts(entries) for each in (found.first, found.second)}


def _is_copy(one: Occurrence, other: Occurrence) -> bool:
    """Whether both are the same event, lying in two files."""
    same = (one.uid, one.recurrence_id, one.title) == (other.uid, other.recurrence_id, other.title)
    times = (one.start, one.end) == (other.start, other.end)
    return same and times and one.path != other.path
