"""A profile in a folder of the test, with real files, database and tools; and short .ics texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.calendars.store import CalendarStore
from app.calendars.vdir import Vdir
from app.core.ports import Clock, Occurrence
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.journal import Journal
from app.store.paths import ProfilePaths, prepare

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=BERLIN)
CLOCK = Clock(NOW, BERLIN)


def ics(*properties: str, more: str = "") -> str:
    """A calendar with one event of these properties; `more` are further lines inside VEVENT."""
    return calendar_of(event(*properties, more=more))


def calendar_of(*components: str) -> str:
    """A calendar of these components."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Test//EN\r\n"
    return head + "".join(components) + "END:VCALENDAR\r\n"


def event(*properties: str, more: str = "") -> str:
    """A VEVENT with a UID and these properties."""
    lines = "".join(f"{each}\r\n" for each in properties)
    return f"BEGIN:VEVENT\r\nUID:one\r\nDTSTAMP:20261101T000000Z\r\n{lines}{more}END:VEVENT\r\n"


def berlin(title: str, start: str, end: str, *more: str) -> str:
    """An event in Berlin; times like 20261120T120000."""
    return ics(
        f"SUMMARY:{title}",
        f"DTSTART;TZID=Europe/Berlin:{start}",
        f"DTEND;TZID=Europe/Berlin:{end}",
        *more,
    )


@dataclass(frozen=True)
class Profile:
    """The rooms a calendar tool needs, over one folder. `ids` is the short ids of the profile."""

    root: Path
    calendar: Vdir
    store: CalendarStore
    journal: Journal
    ids: DatabaseIdMap

    def put(self, text: str | bytes, name: str = "one.ics", calendar: str = "personal") -> Path:
        """Write a calendar file as another program would."""
        folder = self.root / "calendars" / calendar
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def put_all(self, texts: Mapping[str, str]) -> None:
        """Write several files."""
        for name, text in texts.items():
            self.put(text, name)

    def occurrences(self, start: datetime, end: datetime) -> tuple[Occurrence, ...]:
        """What the calendars hold from `start` to `end`, with ids."""
        return self.calendar.identified(self.calendar.read(start, end).occurrences)

    def files(self) -> dict[str, bytes]:
        """Everything below calendars, by path relative to the profile."""
        return {
            file.relative_to(self.root).as_posix(): file.read_bytes()
            for file in sorted((self.root / "calendars").rglob("*"))
            if file.is_file()
        }


@contextmanager
def open_profile(root: Path) -> Iterator[Profile]:
    """A fresh profile at `root`; its database is closed at the end."""
    paths = ProfilePaths(root)
    prepare(paths)
    connection = open_database(paths)
    try:
        ids = DatabaseIdMap(connection)
        calendar = Vdir(paths.calendars, ids)
        yield Profile(root, calendar, CalendarStore(root), Journal(connection), ids)
    finally:
        connection.close()
