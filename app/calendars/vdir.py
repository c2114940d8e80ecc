"""The profile's calendars as they lie on disk: calendars/NAME/UID.ics, one object a file.

Reading only. Nothing is cached and nothing is written; a file that cannot be read becomes a
problem beside the answer and stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from app.calendars.recurrence import (
    CalendarObject,
    Entry,
    UnreadableCalendarError,
    entries,
    is_recurring,
    key_of,
    parse,
    recurrence_time,
    with_id,
)
from app.core.errors import KnownError
from app.core.ports import IdMap, Occurrence
from app.store.atomic import is_temporary, read_versioned

FOLDER = "calendars"
_LARGEST = 5_000_000
"""Bytes; one event with a long guest list takes a few thousand."""

_EVENT = re.compile(r"^BEGIN:VEVENT\r?\n(.*?)^END:VEVENT\r?$", re.MULTILINE | re.DOTALL)
_REPEATS = re.compile(r"^(?:RRULE|RDATE|RECURRENCE-ID|DURATION)[;:]", re.MULTILINE)
_TIME = r"^{}(?:;(?:TZID|VALUE)=[^:\r\n]*)?:(\d{{4}})(\d\d)(\d\d)(?:T\d{{6}}Z?)?\r?$"
_START = re.compile(_TIME.format("DTSTART"), re.MULTILINE)
_END = re.compile(_TIME.format("DTEND"), re.MULTILINE)


@dataclass(frozen=True)
class CalendarProblem:
    """A file or folder that could not be read: `path` relative to the profile, and why."""

    path: str
    reason: str

    def as_error(self, more: int = 0, *, changing: bool = False) -> KnownError:
        """The sentence for the user; `more` is how many other files have the same trouble.

        `changing`: the file keeps Phial from a change, else it is missing from an answer.
        """
        path = "".join(mark if mark.isprintable() else "?" for mark in self.path)
        also = f" {more} more cannot be read either." if more else ""
        kept = (
            "It was left as it is, and nothing was changed."
            if changing
            else "It was left as it is, and what is in it is missing from this answer."
        )
        return KnownError(
            "broken_calendar_file",
            f"{path} is not a readable calendar file: {self.reason}. {kept}{also}",
            "Repair the file, or move it out of the calendars folder.",
        )


@dataclass(frozen=True)
class Reading:
    """What a look into the calendars found; `problems` are the files it had to leave out."""

    entries: tuple[Entry, ...]
    problems: tuple[CalendarProblem, ...] = field(default=())

    @property
    def occurrences(self) -> tuple[Occurrence, ...]:
        """All occurrences, by start."""
        return tuple(entry.occurrence for entry in self.entries)

    @property
    def problem(self) -> KnownError | None:
        """One sentence for all problems, None where there are none."""
        if not self.problems:
            return None
        return self.problems[0].as_error(len(self.problems) - 1)

    def require_whole(self) -> None:
        """Raise KnownError("broken_calendar_file") if a file is missing: changes need them all."""
        if self.problems:
            raise self.problems[0].as_error(len(self.problems) - 1, changing=True)


class Vdir:
    """The calendars of a profile. Implements `core.ports.CalendarReader`.

    `root` is the calendars folder, which need not exist; `ids` gives occurrences their ids.
    """

    def __init__(self, root: Path, ids: IdMap) -> None:
        self._root = root
        self._ids = ids

    def occurrences(self, start: datetime, end: datetime) -> Sequence[Occurrence]:
        """Occurrences that overlap [start, end), by start, with ids, in the zone of `start`.

        What cannot be read is left out; `read` tells of it.
        """
        return self.identified(self.read(start, end).occurrences)

    def identified(self, occurrences: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
        """The same occurrences with the profile's short ids."""
        return tuple(with_id(item, self._ids.id_for("e", key_of(item))) for item in occurrences)

    def read(self, start: datetime, end: datetime) -> Reading:
        """Like `occurrences`, without ids and with the problems met."""
        found: list[Entry] = []
        problems: list[CalendarProblem] = []
        for path, file in self._files(problems):
            try:
                text = _text(file)
                if _lies_outside(text, start, end):
                    continue
                source = parse(path, text)
                if source is not None:
                    found.extend(entries(source, start, end))
            except UnreadableCalendarError as error:
                problems.append(CalendarProblem(path, str(error)))
            except KnownError as error:
                problems.append(CalendarProblem(path, error.message.rstrip(".")))
        found.sort(key=lambda entry: (entry.occurrence.start.timestamp(), entry.occurrence.path))
        return Reading(tuple(found), tuple(problems))

    def by_id(self, short_id: str, zone_of: datetime) -> Occurrence | None:
        """The occurrence behind an id, None if it is gone; times in the zone of `zone_of`.

        Raises KnownError("broken_calendar_file") if its file cannot be read.
        """
        key = self._ids.key_for(short_id)
        if key is None or "\n" not in key:
            return None
        path, recurrence_id = key.split("\n", 1)
        file = self._root.parent.joinpath(*path.split("/"))
        if path not in {name for name, _ in self._files([])}:
            return None
        try:
            source = parse(path, _text(file))
            if source is None:
                return None
            found = _find(source, recurrence_id, zone_of)
        except UnreadableCalendarError as error:
            raise CalendarProblem(path, str(error)).as_error(changing=True) from error
        return None if found is None else with_id(found, short_id)

    def next_of(self, path: str, now: datetime) -> Occurrence | None:
        """The event in a file, of a series the first occurrence not over at `now`; without id.

        None if the file is gone, cannot be read, or holds nothing more.
        """
        if path not in {name for name, _ in self._files([])}:
            return None
        try:
            source = self.source(path)
            if not any(is_recurring(event) for event in source.events):
                return _find(source, "", now)
            coming = entries(source, now, now + timedelta(days=400))
        except (KnownError, UnreadableCalendarError):
            return None
        return coming[0].occurrence if coming else None

    def source(self, path: str) -> CalendarObject:
        """The file behind an occurrence. Raises KnownError("broken_calendar_file" or "stale")."""
        try:
            source = parse(path, _text(self._root.parent.joinpath(*path.split("/"))))
        except UnreadableCalendarError as error:
            raise CalendarProblem(path, str(error)).as_error(changing=True) from error
        if source is None:
            raise KnownError(
                "stale",
                f"{path} no longer holds an event. It was left as it is.",
                "Look at the calendar again and repeat the request.",
            )
        return source

    def _files(self, problems: list[CalendarProblem]) -> Iterator[tuple[str, Path]]:
        """(path relative to the profile, file) of every .ics file, in the order of their names."""
        for name in _listing(self._root, FOLDER, problems):
            folder = self._root / name
            if name.startswith(".") or folder.is_symlink() or not folder.is_dir():
                continue
            for file_name in _listing(folder, f"{FOLDER}/{name}", problems):
                hidden = file_name.startswith(".") or is_temporary(file_name)
                file = folder / file_name
                if hidden or not file_name.lower().endswith(".ics"):
                    continue
                if file.is_symlink() or not file.is_file():
                    continue
                yield f"{FOLDER}/{name}/{file_name}", file


def _listing(folder: Path, shown: str, problems: list[CalendarProblem]) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 (names are all that is needed)
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = f"the folder cannot be listed ({error.strerror or error})"
        problems.append(CalendarProblem(shown, reason))
        return []


def _text(file: Path) -> str:
    data, version = read_versioned(file)
    if not version:
        raise UnreadableCalendarError("it is gone")
    if len(data) > _LARGEST:
        raise UnreadableCalendarError(f"it is larger than {_LARGEST // 1_000_000} MB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UnreadableCalendarError("it is not UTF-8 text") from error
    if "\0" in text:
        raise UnreadableCalendarError("it is not text")
    return text


def _lies_outside(text: str, start: datetime, end: datetime) -> bool:
    """True only where a look at the dates proves that one plain event is far from [start, end).

    Spares most files the parser. Anything unusual is False: the parser decides.
    """
    plain = re.sub(r"\r?\n[ \t]", "", text).strip()
    if not plain.startswith("BEGIN:VCALENDAR") or not plain.endswith("END:VCALENDAR"):
        return False
    events = _EVENT.findall(plain)
    if len(events) != 1 or _REPEATS.search(events[0]):
        return False
    starts, ends = _START.findall(events[0]), _END.findall(events[0])
    if len(starts) != 1 or len(ends) > 1 or len(re.findall(r"^DTEND", events[0], re.M)) > len(ends):
        return False
    try:
        first = date(*map(int, starts[0]))
        last = max(first, date(*map(int, (ends or starts)[0])))
    except ValueError:
        return False
    # Two days hold every difference of zones and the day an all-day event without an end lasts.
    far = timedelta(days=2)
    return last + far < start.date() or first - far > end.date()


def _find(source: CalendarObject, recurrence_id: str, zone_of: datetime) -> Occurrence | None:
    """The occurrence of that recurrence id, wherever an override moved it."""
    zone = zone_of.tzinfo
    moments: list[date | datetime] = [event["DTSTART"].dt for event in source.events]
    if recurrence_id:
        try:
            moments.append(recurrence_time(recurrence_id))
        except ValueError:
            return None
    far = timedelta(days=2)
    for moment in moments:
        middle = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
        for entry in entries(source, middle - far, middle + far):
            if entry.occurrence.recurrence_id == recurrence_id:
                return entry.occurrence
    return None
