"""The profile's calendars as they lie on disk: calendars/NAME/UID.ics, one object a file.

Reading only. Nothing is written; a file that cannot be read becomes a problem beside the answer
and stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path, PurePath

from app.calendars.occurrences import key_of, parts_of_key, recurrence_time, with_id
from app.calendars.plain_days import lies_outside, plain_days
from app.calendars.recurrence import (
    CalendarObject,
    Entry,
    UnreadableCalendarError,
    entries,
    parse,
    uid_of,
)
from app.core.errors import KnownError
from app.core.ports import IdMap, Occurrence
from app.store.atomic import read_versioned
from app.store.safe_names import safe_file_name

FOLDER = "calendars"
LARGEST_FILE = 5_000_000
"""Bytes; one event with a long guest list takes a few thousand."""


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


@dataclass
class _Known:
    """What was learnt of a file's content: holds as long as the file has this version.

    `days` is the first and last day of a single plain event, None where only parsing tells.
    """

    version: str
    text: str
    days: tuple[date, date] | None
    source: CalendarObject | None = None
    parsed: bool = False


class Vdir:
    """The calendars of a profile.

    `root` is the calendars folder, which need not exist; `ids` gives occurrences their ids. Every
    look reads the files; what they mean is worked out once for each version of a file.
    """

    def __init__(self, root: Path, ids: IdMap) -> None:
        self._root = root
        self._ids = ids
        self._known: dict[str, _Known] = {}

    def identified(self, occurrences: Sequence[Occurrence]) -> tuple[Occurrence, ...]:
        """The same occurrences with the profile's short ids."""
        ids = self._ids.ids_for("e", map(key_of, occurrences))
        return tuple(map(with_id, occurrences, ids))

    def read(self, start: datetime, end: datetime) -> Reading:
        """What overlaps [start, end), by start, without ids, in the zone of `start`."""
        found: list[Entry] = []
        problems: list[CalendarProblem] = []
        seen: set[str] = set()
        for path, file in self._files(problems):
            seen.add(path)
            try:
                known = self._look(path, file)
                if lies_outside(known.days, start, end):
                    continue
                source = _parsed(path, known)
                if source is not None:
                    found.extend(entries(source, start, end))
            except UnreadableCalendarError as error:
                problems.append(CalendarProblem(path, str(error)))
            except KnownError as error:
                problems.append(CalendarProblem(path, error.message.rstrip(".")))
        for gone in self._known.keys() - seen:
            del self._known[gone]
        found.sort(key=lambda entry: (entry.occurrence.start.timestamp(), entry.occurrence.path))
        return Reading(tuple(found), tuple(problems))

    def by_id(self, short_id: str, zone_of: datetime) -> Occurrence | None:
        """The occurrence behind an id, None if it is gone; times in the zone of `zone_of`.

        Raises KnownError("broken_calendar_file") if its file cannot be read.
        """
        key = self._ids.key_for(short_id)
        try:
            path, recurrence_id, uid = parts_of_key(key or "")
        except ValueError:
            return None
        if not self._holds(path):
            return None
        try:
            source = self._object(path)
            found = None if source is None else _find(source, uid, recurrence_id, zone_of)
        except UnreadableCalendarError as error:
            raise CalendarProblem(path, str(error)).as_error(changing=True) from error
        return None if found is None else with_id(found, short_id)

    def next_of(self, path: str, now: datetime) -> Occurrence | None:
        """The event in a file, of a series the first occurrence not over at `now`; without id.

        None if the file is gone, cannot be read, holds nothing more, or holds several events.
        """
        if not self._holds(path):
            return None
        try:
            source = self.source(path)
            uids = {uid_of(event) for event in source.events}
            if len(uids) > 1:
                return None
            if not source.recurring:
                return _find(source, uids.pop(), "", now)
            coming = entries(source, now, now + timedelta(days=400))
        except (KnownError, UnreadableCalendarError):
            return None
        return coming[0].occurrence if coming else None

    def source(self, path: str) -> CalendarObject:
        """The file behind an occurrence. Raises KnownError("broken_calendar_file" or "stale")."""
        try:
            source = self._object(path)
        except UnreadableCalendarError as error:
            raise CalendarProblem(path, str(error)).as_error(changing=True) from error
        if source is None:
            raise KnownError(
                "stale",
                f"{path} no longer holds an event. It was left as it is.",
                "Look at the calendar again and repeat the request.",
            )
        return source

    def with_uid(self, uid: str) -> CalendarObject | None:
        """The file that holds the event of that UID, None where none that can be read does."""
        for path, file in self._files([]):
            try:
                # A long UID is folded somewhere.
                if uid[:30] in self._look(path, file).text:
                    source = self._object(path)
                    if source is not None and any(uid_of(each) == uid for each in source.events):
                        return source
            except (KnownError, UnreadableCalendarError):
                continue
        return None

    def new_path(self, calendar: str, uid: str) -> str:
        """Where a new event of that UID would lie in `calendar`, relative to the profile."""
        taken = _listing(self._root / calendar, f"{FOLDER}/{calendar}", [])
        return f"{FOLDER}/{calendar}/{safe_file_name(uid, '.ics', taken)}"

    def require_folder(self, calendar: str) -> None:
        """Make sure new events can go to that calendar. Raises KnownError("bad_target")."""
        require_folder(self._root / calendar)

    def _object(self, path: str) -> CalendarObject | None:
        return _parsed(path, self._look(path, self._root.parent.joinpath(*path.split("/"))))

    def _look(self, path: str, file: Path) -> _Known:
        """The file's content as it is now. Raises UnreadableCalendarError or KnownError."""
        data, version = read_versioned(file)
        known = self._known.get(path)
        if known is None or known.version != version:
            text = _text(data, version)
            known = self._known[path] = _Known(version, text, plain_days(text))
        return known

    def _holds(self, path: str) -> bool:
        """Whether `_files` would come upon that path."""
        folder, _, name = path.removeprefix(f"{FOLDER}/").partition("/")
        plain = all(PurePath(part).name == part for part in (folder, name))
        return (
            plain
            and path == f"{FOLDER}/{folder}/{name}"
            and _is_calendar(self._root / folder)
            and _is_event_file(self._root / folder / name)
        )

    def _files(self, problems: list[CalendarProblem]) -> Iterator[tuple[str, Path]]:
        """(path relative to the profile, file) of every .ics file, in the order of their names."""
        for name in _listing(self._root, FOLDER, problems):
            folder = self._root / name
            if not _is_calendar(folder):
                continue
            for file_name in _listing(folder, f"{FOLDER}/{name}", problems):
                file = folder / file_name
                if _is_event_file(file):
                    yield f"{FOLDER}/{name}/{file_name}", file


def require_folder(folder: Path) -> None:
    """Make sure `folder` is a calendar or can become one.

    Raises KnownError("bad_target") where it is a link or a file.
    """
    if folder.is_symlink():
        what = "a link to another place, which Phial does not follow"
    elif folder.exists() and not folder.is_dir():
        what = "a file and not a folder"
    else:
        return
    raise KnownError(
        "bad_target",
        f"The calendar folder {folder.name} is {what}. Nothing was changed.",
        "Put a real folder in its place, or choose another calendar in the settings.",
    )


def _is_calendar(folder: Path) -> bool:
    return not folder.name.startswith(".") and not folder.is_symlink() and folder.is_dir()


def _is_event_file(file: Path) -> bool:
    if file.name.startswith(".") or not file.name.lower().endswith(".ics"):
        return False
    return not file.is_symlink() and file.is_file()


def _listing(folder: Path, shown: str, problems: list[CalendarProblem]) -> list[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 (names are all that is needed)
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = f"the folder cannot be listed ({error.strerror or error})"
        problems.append(CalendarProblem(shown, reason))
        return []


def _text(data: bytes, version: str) -> str:
    if not version:
        raise UnreadableCalendarError("it is gone")
    if len(data) > LARGEST_FILE:
        raise UnreadableCalendarError(f"it is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UnreadableCalendarError("it is not UTF-8 text") from error
    if "\0" in text:
        raise UnreadableCalendarError("it is not text")
    return text


def _parsed(path: str, known: _Known) -> CalendarObject | None:
    if not known.parsed:
        known.source = parse(path, known.text)
        known.parsed = True
    return known.source


def _find(
    source: CalendarObject, uid: str, recurrence_id: str, zone_of: datetime
) -> Occurrence | None:
    """The occurrence of that event and recurrence id, wherever an override moved it."""
    zone = zone_of.tzinfo
    moments: list[date | datetime] = [
        event["DTSTART"].dt for event in source.events if uid_of(event) == uid
    ]
    if recurrence_id:
        try:
            moments.append(recurrence_time(recurrence_id))
        except ValueError:
            return None
    far = timedelta(days=2)
    for moment in moments:
        middle = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
        for entry in entries(source, middle - far, middle + far):
            found = entry.occurrence
            if (found.uid, found.recurrence_id) == (uid, recurrence_id):
                return found
    return None
