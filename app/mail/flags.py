"""flags.jsonl: what is known of a folder's messages beside the messages themselves.

One JSON object a line, {"name", "flags", "labels"}; the last line of a name holds. Lines are only
appended, and now and then the file is written anew without those that no longer count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from app.core.errors import KnownError
from app.mail.layout import FLAGS_FILE, is_message_name, plain_folders
from app.mail.model import DRAFTS, OUTBOX
from app.store.atomic import (
    explain_os_error,
    read_versioned,
    remove_atomic,
    sweep_temporaries,
    sync_folder,
    write_atomic,
)

SEEN, FLAGGED, ANSWERED = "seen", "flagged", "answered"

_TAIL = 256
"""Bytes before the last place read, compared to know that a file has only grown."""

_WRITING = Lock()
"""Held while a file is written: an import and a change may be at one at the same time."""

_SLACK = 64
"""Lines that may be superfluous before it is worth writing a file anew."""


@dataclass(frozen=True)
class MessageState:
    """Flags and labels of a message, each sorted and once.

    `more` are keys this version does not know; they are kept.
    """

    flags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    more: Mapping[str, object] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.flags or self.labels or self.more)


NOTHING = MessageState()


def state_of(flags: Iterable[str], labels: Iterable[str] = ()) -> MessageState:
    """A state with these flags and labels, in any order."""
    return MessageState(tuple(sorted(set(flags))), tuple(sorted(set(labels))))


class FlagsFile:
    """The flags.jsonl of one folder, read again when it has changed.

    Writers in several threads and readers in other processes have instances of their own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / FLAGS_FILE
        self._stamp = ""
        self._states: dict[str, MessageState] = {}
        self._lines = 0
        self._size = 0
        self._read = 0
        self._tail = b""

    def states(self) -> Mapping[str, MessageState]:
        """What each name's last line says; also of files that are not there (any more).

        Raises KnownError if the file cannot be read.
        """
        self.refresh()
        return self._states

    @property
    def known(self) -> Mapping[str, MessageState]:
        """What `states` said last, without a look at the file."""
        return self._states

    @property
    def read_stamp(self) -> str:
        """The `stamp` of what was read last."""
        return self._stamp

    def refresh(self) -> frozenset[str] | None:
        """Read what is new; the names concerned, None where everything may have changed.

        Raises KnownError if the file cannot be read.
        """
        if self.stamp() == self._stamp:
            return frozenset()
        try:
            file = self._file.open("rb")
        except FileNotFoundError:
            self._forget()
            return None
        except OSError as error:
            raise explain_os_error(error, self._file, "read the marks of messages") from error
        with file:
            status = os.fstat(file.fileno())
            grown = status.st_size > self._size and self._stands(file)
            if not grown:
                self._forget()
            file.seek(self._read)
            data = file.read()
        self._stamp, self._size = _stamp(status), status.st_size
        names = self._take(data)
        return names if grown else None

    def stamp(self) -> str:
        """Changes whenever the file does; "" where there is none."""
        try:
            return _stamp(self._file.stat())
        except OSError:
            return ""

    def append(self, states: Mapping[str, MessageState], *, durable: bool = True) -> None:
        """Say what holds for these names from now on, in one write.

        The folder must exist. `durable`: it outlasts a power cut. Raises KnownError.
        """
        data = b"".join(_line(name, state) for name, state in states.items())
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        try:
            with (
                _WRITING,
                os.fdopen(os.open(self._file, flags, 0o600), "r+b", buffering=0) as file,
            ):
                size = file.seek(0, os.SEEK_END)
                if size > 0:
                    file.seek(size - 1)
                    if file.read(1) != b"\n":  # a line that was torn must not swallow this one
                        data = b"\n" + data
                while data:
                    data = data[file.write(data) :]
                if durable:
                    os.fsync(file.fileno())
        except OSError as error:
            raise explain_os_error(error, self._file, "save the marks of a message") from error
        if durable and size == 0:
            sync_folder(self._folder)

    def compact_if_grown(self) -> None:
        """Write the file anew once most of its lines no longer count.

        What was said stands either way, so a disk that refuses is no error here.
        """
        with suppress(KnownError):
            self.refresh()
            if self._lines > 2 * len(self._states) + _SLACK:
                # An import says what holds of a message before it puts it there.
                compact(self._folder, absent=True)

    def _forget(self) -> None:
        self._stamp, self._states, self._tail = "", {}, b""
        self._lines = self._size = self._read = 0

    def _stands(self, file: BinaryIO) -> bool:
        """Whether what was read still stands before the place it was read to."""
        if self._read == 0:
            return False
        file.seek(self._read - len(self._tail))
        return file.read(len(self._tail)) == self._tail

    def _take(self, data: bytes) -> frozenset[str]:
        """Take in the lines of `data`, which begins where reading had ended."""
        whole = data.rfind(b"\n") + 1
        names = set()
        for line in (*data[:whole].split(b"\n"), data[whole:]):
            parsed = _parsed(line)
            if parsed is not None:
                name, state = parsed
                self._states[name] = state
                names.add(name)
        self._lines += data.count(b"\n", 0, whole)
        # A last line without an end may still be on its way: it is read again.
        self._read += whole
        self._tail = (self._tail + data[:whole])[-_TAIL:]
        return frozenset(names)


def compact(folder: Path, *, absent: bool = False) -> None:
    """Write a folder's flags.jsonl anew, if need be: a line a message with something to say.

    `absent`: also of messages that are not there. Only for the process that holds the profile's
    lock. Raises KnownError.
    """
    with _WRITING:
        _compact(folder, absent)


def _compact(folder: Path, absent: bool) -> None:
    file = folder / FLAGS_FILE
    data, version = read_versioned(file)
    if not version:
        return
    states: dict[str, MessageState] = {}
    for line in data.split(b"\n"):
        parsed = _parsed(line)
        if parsed is not None:
            states[parsed[0]] = parsed[1]
    # What Phial took out of a folder it writes in comes back when that is undone.
    absent = absent or folder.name in (DRAFTS, OUTBOX)
    kept = states.keys() if absent else _files(folder)
    wanted = b"".join(
        _line(name, states[name]) for name in sorted(states) if states[name] and name in kept
    )
    if not wanted:
        remove_atomic(file, expected_version=version)
    elif wanted != data:
        write_atomic(file, wanted, expected_version=version)


def tidy(root: Path) -> None:
    """At start, with the lock held: compact all flags below PROFILE/mail, sweep unfinished files.

    `root` is that folder. Raises KnownError.
    """
    try:
        folders = [
            root / account / folder
            for account in plain_folders(root)
            for folder in plain_folders(root / account)
        ]
    except OSError as error:
        raise explain_os_error(error, root, "look through the mail folders") from error
    for folder in folders:
        with suppress(KnownError):  # what cannot be tidied can still be read
            sweep_temporaries(folder)
            compact(folder)


def _files(folder: Path) -> frozenset[str]:
    try:
        with os.scandir(folder) as entries:
            return frozenset(each.name for each in entries if each.is_file(follow_symlinks=False))
    except OSError as error:
        raise explain_os_error(error, folder, "list a mail folder") from error


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_dev}:{status.st_ino} {status.st_size} {status.st_mtime_ns}"


def _line(name: str, state: MessageState) -> bytes:
    said = {"name": name, "flags": list(state.flags), "labels": list(state.labels)}
    text = json.dumps({**said, **state.more}, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _parsed(line: bytes) -> tuple[str, MessageState] | None:
    """Name and state of a line; None for one that is torn or says nothing of a message."""
    if not line.strip():
        return None
    try:
        data = json.loads(line.decode())
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    name = data.pop("name", None)
    if not isinstance(name, str) or not is_message_name(name):
        return None
    flags, labels = _texts(data.pop("flags", ())), _texts(data.pop("labels", ()))
    return name, MessageState(flags, labels, data)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(sorted({each for each in value if isinstance(each, str)}))
