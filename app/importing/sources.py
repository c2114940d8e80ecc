"""Finding what can be imported in files and folders, and which folder each belongs in.

Nothing is read but the first bytes of files without a telling name, and a mail folder's flags.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from app.core.errors import KnownError
from app.importing.folders import folder_for, known_folder
from app.importing.maildir import maildir_folder, split_info
from app.mail.flags import NOTHING, SEEN, FlagsFile, MessageState, state_of
from app.mail.layout import FLAGS_FILE, is_regular
from app.mail.model import DRAFTS, INBOX, TRASH
from app.store.safe_names import is_safe_name

SAMPLE_FILE = "sample.toml"
"""Marks a folder of samples, whose dates are relative (see `placeholders`)."""

_PROFILE_FILE = "phial.db"
_PROFILE_FOLDERS = ("mail", "calendars", "contacts")
_MAILDIR = frozenset(("cur", "new"))
_MAILDIR_OWN = (*_MAILDIR, "tmp")
# What other programs keep beside mail and calendars, of no worth to anybody else.
_COMPANIONS = frozenset(
    (FLAGS_FILE, SAMPLE_FILE, "color", "displayname", "table_of_contents", "desktop.ini")
)
_INDEXES = (".msf", ".lock")
_SNIFFED = 512
_DEPTH = 3
"""How far a file of a sample lies below its folder: mail/ACCOUNT/FOLDER."""

_SEEN = state_of((SEEN,))


class Kind(Enum):
    """What a file holds."""

    MESSAGE = "message"
    MBOX = "mbox"
    CALENDAR = "calendar"
    CONTACTS = "contacts"


_SUFFIXES = {
    ".eml": Kind.MESSAGE,
    ".mbox": Kind.MBOX,
    ".mbx": Kind.MBOX,
    ".ics": Kind.CALENDAR,
    ".ical": Kind.CALENDAR,
    ".icalendar": Kind.CALENDAR,
    ".vcf": Kind.CONTACTS,
    ".vcard": Kind.CONTACTS,
}
_BEGINNINGS = (
    (b"FROM ", Kind.MBOX),
    (b"BEGIN:VCALENDAR", Kind.CALENDAR),
    (b"BEGIN:VCARD", Kind.CONTACTS),
)


@dataclass(frozen=True)
class Source:
    """A file to import; `size` in bytes.

    `folder` is the mail folder, or for a calendar file the calendar, "" for the settings' one.
    `flags` and `labels` are those of a message; of a mailbox each message has its own. `name` is
    the file name a message keeps, "" where its content gives it. `sample`: the dates in it are
    relative.
    """

    kind: Kind
    path: Path
    size: int
    folder: str = ""
    flags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    name: str = ""
    sample: bool = False


@dataclass(frozen=True)
class _Place:
    """A folder on the way down: `known` is the nearest name above that means a mail folder."""

    path: Path
    top: bool = False
    known: str = ""
    sample: bool = False
    maildir: str = ""

    def below(self, path: Path) -> _Place:
        known = known_folder(path.name) or self.known
        return _Place(path, known=known, sample=self.sample)


@dataclass
class Walk:
    """Looks through files and folders; links in folders are not followed.

    `leave_out` is told a path and a reason. `looking` is called for each folder; once it returns
    False nothing more is looked at. After the walk `samples` are those named that are samples.
    """

    leave_out: Callable[[str, str], None]
    looking: Callable[[Path], bool] = lambda _: True
    samples: list[Path] = field(default_factory=list)

    def sources(self, paths: Iterable[Path]) -> Iterator[Source]:
        """What can be imported from `paths`, in the order of names; files before folders."""
        for path in paths:
            try:
                status = path.stat()
            except OSError as error:
                self.leave_out(str(path), _reason(error))
                continue
            if S_ISDIR(status.st_mode):
                # A path such as "." says its name only when it is resolved.
                named = path.absolute().resolve()
                sample = _is_of_sample(named.parent)
                yield from self._below(_Place(path, True, known_folder(named.name), sample))
            elif S_ISREG(status.st_mode):
                parent = path.absolute().parent
                place = _Place(parent, True, known_folder(parent.name), _is_of_sample(parent))
                yield from self._file(place, path, status.st_size, alone=True)
            else:
                self.leave_out(str(path), "it is neither a file nor a folder")

    def _below(self, first: _Place) -> Iterator[Source]:
        waiting = [first]
        while waiting:
            place = waiting.pop()
            if not self.looking(place.path):
                return
            try:
                with os.scandir(place.path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                self.leave_out(str(place.path), _reason(error))
                continue
            folders = list(self._folders(place, entries))
            yield from self._files(place, entries)
            waiting.extend(reversed(folders))

    def _folders(self, place: _Place, entries: list[os.DirEntry[str]]) -> Iterator[_Place]:
        """The folders to go into from here."""
        names = {entry.name for entry in entries}
        is_maildir = names >= _MAILDIR
        is_sample = SAMPLE_FILE in names
        if is_sample and place.top:
            self.samples.append(place.path)
        whole_profile = is_sample or _PROFILE_FILE in names
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                continue
            path = place.path / entry.name
            if is_maildir and entry.name in _MAILDIR_OWN:
                if entry.name in _MAILDIR:
                    yield replace(place, path=path, maildir=_maildir_name(place))
            elif is_maildir and entry.name.startswith("."):
                folder = maildir_folder(entry.name)
                if folder:
                    yield replace(place, path=path, top=False, known=folder)
            elif not entry.name.startswith(".") and (
                not whole_profile or entry.name in _PROFILE_FOLDERS
            ):
                below = place.below(path)
                yield replace(below, sample=True) if is_sample else below

    def _files(self, place: _Place, entries: list[os.DirEntry[str]]) -> Iterator[Source]:
        names = {entry.name for entry in entries}
        if names >= _MAILDIR or SAMPLE_FILE in names or _PROFILE_FILE in names:
            return  # what lies beside the folders is not the user's
        states = _states(place.path) if FLAGS_FILE in names else None
        plain = [entry for entry in entries if not _is_hidden(entry.name)]
        calendar = _calendar_name(place, plain)
        for entry in plain:
            path = place.path / entry.name
            if entry.is_symlink():
                self.leave_out(str(path), "it is a link, and links in folders are not followed")
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                self.leave_out(str(path), _reason(error))
                continue
            if S_ISDIR(status.st_mode):
                continue
            if not S_ISREG(status.st_mode):
                self.leave_out(str(path), "it is not a plain file")
            elif place.maildir:
                yield _maildir_message(place, path, status.st_size)
            elif states is not None and path.suffix.lower() == ".eml":
                state = states.get(entry.name, NOTHING)
                folder = folder_for(place.path.name)
                yield _message(place, path, status.st_size, folder, state)
            else:
                yield from self._file(place, path, status.st_size, calendar=calendar)

    def _file(
        self, place: _Place, path: Path, size: int, *, calendar: str = "", alone: bool = False
    ) -> Iterator[Source]:
        """A file by itself, or nothing but a reason why not. `alone`: the user named it."""
        try:
            kind = _SUFFIXES.get(path.suffix.lower()) or _sniffed(path)
        except OSError as error:
            self.leave_out(str(path), _reason(error))
            return
        if kind is None:
            empty = "it is empty"
            self.leave_out(
                str(path), "it is neither mail, calendar nor contacts" if size else empty
            )
        elif kind is Kind.MESSAGE:
            yield _message(place, path, size, place.known or INBOX, _SEEN)
        elif kind is Kind.MBOX:
            yield Source(kind, path, size, _mbox_folder(path, alone or place.top))
        else:
            yield Source(kind, path, size, calendar, sample=place.sample)


def _states(folder: Path) -> Mapping[str, MessageState] | None:
    """What a folder in the profile's own form says of its messages; None if that is unreadable."""
    try:
        return FlagsFile(folder).states() if is_regular(folder / FLAGS_FILE) else None
    except KnownError:
        return None


def _message(place: _Place, path: Path, size: int, folder: str, state: MessageState) -> Source:
    name = path.name if folder == DRAFTS or place.sample else ""
    return Source(Kind.MESSAGE, path, size, folder, state.flags, state.labels, name, place.sample)


def _maildir_name(place: _Place) -> str:
    """The mail folder of a Maildir: a root's is the Inbox unless its name says another."""
    return place.known or (INBOX if place.top else folder_for(place.path.name))


def _maildir_message(place: _Place, path: Path, size: int) -> Source:
    flags, letters = split_info(path.name) if path.parent.name == "cur" else ((), "")
    folder = TRASH if "T" in letters else DRAFTS if "D" in letters else place.maildir
    return Source(Kind.MESSAGE, path, size, folder, flags)


def _mbox_folder(path: Path, by_itself: bool) -> str:
    """A mailbox the user named is the Inbox; in a folder of them each is a folder of its own."""
    in_folder = path.name.casefold() == "mbox" and path.parent.suffix.casefold() == ".mbox"
    named = path.parent if in_folder else path
    name = named.stem if named.suffix.lower() in (".mbox", ".mbx") else named.name
    return known_folder(name) or (INBOX if by_itself else folder_for(name))


def _calendar_name(place: _Place, entries: list[os.DirEntry[str]]) -> str:
    """What the calendar in a folder is called, "" where the folder is not one.

    The folder the user named may hold anything; it is a calendar if it holds nothing else.
    """
    name = place.path.absolute().resolve().name if place.top else place.path.name
    others = any(Path(entry.name).suffix.lower() != ".ics" for entry in entries)
    return name if is_safe_name(name) and not (place.top and others) else ""


def _is_hidden(name: str) -> bool:
    lower = name.casefold()
    return name.startswith(".") or lower in _COMPANIONS or lower.endswith(_INDEXES)


def _is_of_sample(folder: Path) -> bool:
    """Whether a folder is a part of a sample."""
    return any((each / SAMPLE_FILE).is_file() for each in (folder, *folder.parents[:_DEPTH]))


def _sniffed(path: Path) -> Kind | None:
    """What a file holds by its first bytes. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(_SNIFFED).removeprefix(b"\xef\xbb\xbf").upper()
    return next((kind for beginning, kind in _BEGINNINGS if start.startswith(beginning)), None)


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    if isinstance(error, PermissionError):
        return "this user may not read it"
    return f"the system reports '{error.strerror or error}'"
