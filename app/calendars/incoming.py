"""Calendar files from elsewhere on their way into the profile: one object a file, each once.

Texts are cut and kept line by line, so that what other programs wrote stays as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from app.calendars.lines import Property, logical_lines, parse_property
from app.calendars.recurrence import UnreadableCalendarError, parse
from app.calendars.vdir import LARGEST_FILE, require_folder
from app.store.atomic import explain_os_error, read_versioned, sync_disk, write_atomic
from app.store.paths import ProfilePaths
from app.store.safe_names import is_safe_name, safe_file_name

_KEPT = ("VEVENT", "VTODO", "VJOURNAL")
_ZONE = "VTIMEZONE"
_UID = re.compile(r"^UID(?:;[^:\r\n]*)?:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
_TZID = re.compile(r';TZID=("[^"]*"|[^;:,]*)', re.IGNORECASE)


@dataclass(frozen=True)
class IncomingObject:
    """One object of a calendar file with the time zones it needs, as the text of a file.

    `uid` is "" where it has none. `event`: it is an event, else a to-do or a journal entry.
    """

    uid: str
    event: bool
    text: str


class Outcome(Enum):
    """What became of an object; DIFFERS: another text of that UID is there, and was kept."""

    ADDED = "added"
    THERE = "there"
    DIFFERS = "differs"


class IncomingCalendars:
    """Adds objects to a profile's calendars. For the holder of the profile's lock.

    What was added is whole at once, and outlasts a power cut after `finish`.
    """

    def __init__(self, paths: ProfilePaths) -> None:
        """Look at what is there. Raises KnownError from the disk."""
        self._root = paths.calendars
        self._by_uid: dict[str, Path] = {}
        self._names: dict[str, set[str]] = {}
        try:
            for file in sorted(self._root.glob("*/*")):
                if not file.lstat().st_size:
                    continue  # left by a power cut
                self._names.setdefault(file.parent.name, set()).add(file.name)
                if file.suffix.lower() == ".ics" and file.is_file() and not file.is_symlink():
                    for uid in _uids(file):
                        self._by_uid.setdefault(uid, file)
        except OSError as error:
            raise explain_os_error(error, self._root, "look through the calendars") from error
        self._wrote = False

    def add(self, item: IncomingObject, calendar: str) -> Outcome:
        """Keep an object in `calendar`, unless its UID is in one of the calendars already.

        Raises UnreadableCalendarError, or KnownError: "bad_target" or from the disk.
        """
        if not is_safe_name(calendar):
            raise ValueError(f"no calendar can be called {calendar!r}")
        if len(item.text.encode()) > LARGEST_FILE:
            raise UnreadableCalendarError(f"it is larger than {LARGEST_FILE // 1_000_000} MB")
        parse("", item.text)
        present = self._by_uid.get(item.uid) if item.uid else None
        if present is not None:
            return Outcome.THERE if self._is_same(present, item.text) else Outcome.DIFFERS
        home = self._home(calendar)
        taken = self._names.setdefault(home.name, set())
        digest = sha256(item.text.encode()).hexdigest()
        name = safe_file_name(item.uid or digest, ".ics", taken)
        if name in taken:  # without a UID the name is that of the content
            return Outcome.DIFFERS if item.uid else Outcome.THERE
        self._wrote = True
        write_atomic(home / name, item.text.encode(), expected_version=None, durable=False)
        taken.add(name)
        if item.uid:
            self._by_uid[item.uid] = home / name
        return Outcome.ADDED

    def finish(self) -> None:
        """Make what was added outlast a power cut."""
        if self._wrote:
            sync_disk()

    def _home(self, calendar: str) -> Path:
        folded = calendar.casefold()
        known = next((name for name in self._names if name.casefold() == folded), calendar)
        home = self._root / known
        require_folder(home)
        try:
            home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise explain_os_error(error, home, "make a calendar folder") from error
        return home

    def _is_same(self, file: Path, text: str) -> bool:
        data, _ = read_versioned(file)
        present = _substance(data.decode("utf-8", "replace"))
        # A file of another program may hold more objects than this one.
        return _substance(text) <= present


def split_objects(data: bytes) -> list[IncomingObject]:
    """The objects in a calendar file, in its order; METHOD is left out.

    Raises UnreadableCalendarError where it is no calendar or holds no object.
    """
    text = _decoded(data)
    lines = logical_lines(text if text.endswith("\n") else text + "\n")
    found: list[IncomingObject] = []
    for calendar in _calendars(lines):
        found.extend(_objects(calendar))
    if not found:
        raise UnreadableCalendarError("it holds no event")
    return found


@dataclass(frozen=True)
class _Component:
    """A component directly inside a calendar: its lines, and its own properties."""

    name: str
    lines: Sequence[str]
    properties: Sequence[Property]

    def value(self, name: str) -> str:
        return next((each.value.strip() for each in self.properties if each.name == name), "")


@dataclass(frozen=True)
class _Calendar:
    """One VCALENDAR: the lines before, between and after its components, and those."""

    head: Sequence[str]
    components: Sequence[_Component]
    end: str


def _decoded(data: bytes) -> str:
    """The text of a file; what is not UTF-8 is taken for what Windows programs write."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\0" in text:
        raise UnreadableCalendarError("it is not text")
    return text.replace("\r\r\n", "\r\n")


def _calendars(lines: Sequence[str]) -> list[_Calendar]:
    """The calendars of a file. Raises UnreadableCalendarError where BEGIN and END do not match."""
    found: list[_Calendar] = []
    inside: list[str] = []
    head: list[str] = []
    components: list[_Component] = []
    own: list[str] = []
    properties: list[Property] = []
    for index, line in enumerate(lines):
        item = parse_property(line, index)
        name = item.value.strip().upper() if item is not None else ""
        begins = item is not None and item.name == "BEGIN"
        ends = item is not None and item.name == "END"
        if begins:
            inside.append(name)
            if len(inside) == 2:
                own, properties = [], []
            if inside[0] != "VCALENDAR":
                raise UnreadableCalendarError("it does not hold a VCALENDAR")
        if len(inside) >= 2:
            own.append(line)
            if item is not None and len(inside) == 2 and not begins and not ends:
                properties.append(item)
        elif len(inside) == 1 and not ends and line.strip() and not _is_method(item):
            head.append(line)
        if ends:
            if not inside or inside.pop() != name:
                raise UnreadableCalendarError("its text is not a valid calendar")
            if len(inside) == 1:
                components.append(_Component(name, own, properties))
            elif not inside:
                found.append(_Calendar(head, components, line))
                head, components = [], []
    if inside:
        raise UnreadableCalendarError("it breaks off before its end")
    return found


def _is_method(item: Property | None) -> bool:
    return item is not None and item.name == "METHOD"


def _objects(calendar: _Calendar) -> list[IncomingObject]:
    """A calendar's objects: what has the same UID belongs together."""
    groups: dict[tuple[str, int], list[_Component]] = {}
    for index, component in enumerate(calendar.components):
        if component.name in _KEPT:
            uid = component.value("UID")
            groups.setdefault((uid, -1 if uid else index), []).append(component)
    zones = [each for each in calendar.components if each.name == _ZONE]
    return [
        IncomingObject(
            uid,
            any(each.name == "VEVENT" for each in group),
            "".join(_file(calendar, zones, group)),
        )
        for (uid, _), group in groups.items()
    ]


def _file(
    calendar: _Calendar, zones: Sequence[_Component], group: Sequence[_Component]
) -> list[str]:
    needed = {
        zone.strip('"')
        for each in group
        for line in each.lines
        for zone in _TZID.findall(_FOLD.sub("", line))
    }
    kept = [zone for zone in zones if zone.value("TZID") in needed]
    return [
        *calendar.head,
        *(line for each in (*kept, *group) for line in each.lines),
        calendar.end,
    ]


def _uids(file: Path) -> list[str]:
    data, _ = read_versioned(file)
    return [uid.strip() for uid in _UID.findall(_FOLD.sub("", data.decode("utf-8", "replace")))]


def _substance(text: str) -> frozenset[tuple[str, ...]]:
    """The objects of a text as unfolded lines, without what every export writes anew."""
    try:
        calendars = _calendars(logical_lines(text if text.endswith("\n") else text + "\n"))
    except UnreadableCalendarError:
        return frozenset()
    return frozenset(
        tuple(
            _FOLD.sub("", line).rstrip("\r\n")
            for line in component.lines
            if not line.upper().startswith("DTSTAMP")
        )
        for calendar in calendars
        for component in calendar.components
        if component.name in _KEPT
    )
