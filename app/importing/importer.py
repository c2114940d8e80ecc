"""One import from beginning to end: sources in, a report out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from app.calendars.incoming import IncomingCalendars, split_objects
from app.calendars.incoming import Outcome as ObjectOutcome
from app.calendars.recurrence import UnreadableCalendarError
from app.core.errors import KnownError
from app.core.ports import Clock
from app.importing.mbox import keeps_states, messages, state_of
from app.importing.report import CONTACTS, EVENTS, MESSAGES, TASKS, ImportReport, Tally
from app.importing.sample import is_empty, offer_settings, placed
from app.importing.sources import Kind, Source, Walk
from app.mail.contacts import UnreadableContactError
from app.mail.incoming import (
    LARGEST_MESSAGE,
    IncomingMail,
    UnreadableMessageError,
    header_values,
)
from app.mail.incoming_contacts import (
    ContactOutcome,
    IncomingContacts,
    split_cards,
)
from app.store.paths import ProfilePaths

_LARGEST_FILE = 50_000_000
"""Bytes of a file of calendars or contacts, which is read whole."""

Progress = Callable[[int, int, str], None]
"""Told (bytes done, bytes in all, what is being read); 0 in all while still looking."""

_DIFFERS = "it differs from what is there under the same UID, which was kept"


def import_files(
    chosen: Sequence[Path],
    paths: ProfilePaths,
    *,
    calendar: str,
    clock: Clock,
    progress: Progress = lambda done, total, what: None,
    stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Import files and folders into a profile whose lock is held.

    `calendar` is for calendar files that name none; `clock` places samples. Once `stop` returns
    True the import ends. What came in stays, whatever ends it; a file that cannot be read is
    left out, and a full disk and the like end it with `error` in the report.
    """
    return _Import(paths, calendar, clock, progress, stop).run(chosen)


class _Stopped(Exception):
    """The user ended the import."""


class _Import:
    def __init__(
        self,
        paths: ProfilePaths,
        calendar: str,
        clock: Clock,
        progress: Progress,
        stop: Callable[[], bool],
    ) -> None:
        self._paths = paths
        self._calendar = calendar
        self._clock = clock
        self._progress = progress
        self._stop = stop
        self._tally = Tally()
        self._done = self._total = 0

    @cached_property
    def _mail(self) -> IncomingMail:
        return IncomingMail(self._paths)

    @cached_property
    def _calendars(self) -> IncomingCalendars:
        return IncomingCalendars(self._paths)

    @cached_property
    def _contacts(self) -> IncomingContacts:
        return IncomingContacts(self._paths)

    def run(self, chosen: Sequence[Path]) -> ImportReport:
        settings = stopped = False
        error = None
        try:
            empty = is_empty(self._paths)
            walk = Walk(self._tally.leave_out, self._look)
            sources = list(walk.sources(chosen))
            self._total = sum(source.size for source in sources)
            for source in sources:
                self._step(source, 0)
                self._take(source)
                self._done += source.size
            for folder in walk.samples if empty else ():
                settings = offer_settings(folder, self._paths, self._clock) or settings
        except _Stopped:
            stopped = True
        except KnownError as obstacle:
            error = obstacle
        self._finish()
        return self._tally.report(settings=settings, stopped=stopped, error=error)

    def _finish(self) -> None:
        for name in ("_mail", "_calendars", "_contacts"):
            if name in self.__dict__:
                getattr(self, name).finish()

    def _look(self, folder: Path) -> bool:
        """Called for each folder while looking for files."""
        self._progress(0, 0, str(folder))
        if self._stop():
            raise _Stopped
        return True

    def _step(self, source: Source, inside: int) -> None:
        """Tell how far it is, and end here if that is wanted; `inside`: bytes of this file."""
        self._progress(self._done + inside, self._total, str(source.path))
        if self._stop():
            raise _Stopped

    def _take(self, source: Source) -> None:
        takers = {
            Kind.MESSAGE: self._message,
            Kind.MBOX: self._mbox,
            Kind.CALENDAR: self._calendar_file,
            Kind.CONTACTS: self._contacts_file,
        }
        try:
            takers[source.kind](source)
        except OSError as error:
            self._leave_out(source, f"the system reports '{error.strerror or error}'")
        except (UnreadableMessageError, UnreadableCalendarError, UnreadableContactError) as error:
            self._leave_out(source, str(error))
        except KnownError as error:
            if error.code != "bad_sample":
                raise
            self._leave_out(source, error.message.rstrip("."))

    def _message(self, source: Source) -> None:
        if source.size > LARGEST_MESSAGE:
            raise UnreadableMessageError(f"it is larger than {LARGEST_MESSAGE // 1_000_000} MB")
        self._add(self._read(source), source, by_name=source.sample)

    def _mbox(self, source: Source) -> None:
        with source.path.open("rb") as file:
            marked = keeps_states(file)
            for number, message in enumerate(messages(file), 1):
                self._step(source, message.position)
                where = f"message {number}"
                if message.data is None:
                    size = LARGEST_MESSAGE // 1_000_000
                    self._leave_out(source, f"it is larger than {size} MB", where)
                    continue
                if not message.data.strip() or header_values(message.data, ("x-imap",)):
                    continue  # a mail program's own notes
                state = state_of(message.data, marked=marked)
                if state.gone:
                    self._leave_out(source, "it was deleted there", where)
                    continue
                folder = state.folder or source.folder
                one = replace(source, folder=folder, flags=tuple(state.flags))
                try:
                    self._add(message.plain, one)
                except UnreadableMessageError as error:
                    self._leave_out(source, str(error), where)

    def _add(self, data: bytes, source: Source, *, by_name: bool = False) -> None:
        added = self._mail.add(
            data,
            source.folder,
            source.flags,
            source.labels,
            name=source.name,
            known_by_name=by_name,
        )
        self._tally.count(MESSAGES, added=added)

    def _calendar_file(self, source: Source) -> None:
        if source.size > _LARGEST_FILE:
            raise UnreadableCalendarError(f"it is larger than {_LARGEST_FILE // 1_000_000} MB")
        items = split_objects(self._read(source))
        for number, item in enumerate(items, 1):
            where = f"object {number}" if len(items) > 1 else ""
            self._step(source, source.size * (number - 1) // len(items))
            try:
                outcome = self._calendars.add(item, source.folder or self._calendar)
            except UnreadableCalendarError as error:
                self._leave_out(source, str(error), where)
                continue
            if outcome is ObjectOutcome.DIFFERS and not source.sample:
                self._leave_out(source, _DIFFERS, where)
            else:
                added = outcome is ObjectOutcome.ADDED
                self._tally.count(EVENTS if item.event else TASKS, added=added)

    def _contacts_file(self, source: Source) -> None:
        if source.size > _LARGEST_FILE:
            raise UnreadableContactError(f"it is larger than {_LARGEST_FILE // 1_000_000} MB")
        for number, card in enumerate(split_cards(self._read(source)), 1):
            where = f"contact {number}"
            self._step(source, 0)
            try:
                outcome = self._contacts.add(card)
            except UnreadableContactError as error:
                self._leave_out(source, str(error), where)
                continue
            if outcome is ContactOutcome.DIFFERS and not source.sample:
                self._leave_out(source, _DIFFERS, where)
            else:
                self._tally.count(CONTACTS, added=outcome is ContactOutcome.ADDED)

    def _read(self, source: Source) -> bytes:
        data = source.path.read_bytes()
        return placed(data, self._clock) if source.sample else data

    def _leave_out(self, source: Source, reason: str, where: str = "") -> None:
        self._tally.leave_out(f"{source.path}, {where}" if where else str(source.path), reason)
