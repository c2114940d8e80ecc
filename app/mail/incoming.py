"""Messages from elsewhere on their way into the profile: what each is called, kept once each.

For messages that other programs kept; new ones go through `files`, moves through `states`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from app.core.text import printable
from app.mail.flags import ANSWERED, FLAGGED, NOTHING, SEEN, FlagsFile, MessageState, state_of
from app.mail.layout import (
    SUFFIX,
    existing_folder,
    is_message_name,
    plain_folders,
    require_real_folders,
)
from app.mail.model import LOCAL, OUTBOX
from app.store.atomic import (
    explain_os_error,
    read_versioned,
    sync_disk,
    write_atomic,
)
from app.store.paths import ProfilePaths
from app.store.safe_names import is_safe_name

LARGEST_MESSAGE = 50_000_000
"""Bytes; servers take 25 to 50 million."""

# What mailboxes of one file and their programs write into a message's headers for themselves.
_MAILBOX_OWN = frozenset(
    (
        "status", "x-status", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys",
        "x-keywords", "x-uid", "x-imap", "x-imapbase", "content-length", "lines",
    )
)  # fmt: skip
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_HEADER_LINES = re.compile(rb"[^\n]*\n(?:[ \t][^\n]*\n)*|[^\n]+\Z")
_MARK = b"\xef\xbb\xbf"
_FLAGS = (SEEN, FLAGGED, ANSWERED)
_LONGEST_LABEL, _MOST_LABELS = 40, 20


class UnreadableMessageError(ValueError):
    """The bytes are no message that can come in; the text says why, without naming a file."""


@dataclass(frozen=True)
class _Home:
    """A folder messages come into; `before` is what its flags.jsonl said then."""

    place: Path
    flags: FlagsFile
    before: Mapping[str, MessageState]


class IncomingMail:
    """Adds messages to an account. For the holder of the profile's lock.

    What was added is whole at once, and outlasts a power cut after `finish`.
    """

    def __init__(self, paths: ProfilePaths, account: str = LOCAL) -> None:
        """Look at what is there. Raises KnownError: "bad_target", or what the disk raises."""
        self._root = paths.mail / account
        require_real_folders(paths.root, paths.mail, self._root)
        self._profile = paths.root
        self._homes: dict[str, _Home] = {}
        self._lies_in: dict[str, Path] = {}  # by file name in small letters
        try:
            for folder in plain_folders(self._root):
                self._lies_in |= _messages_in(self._root / folder)
        except OSError as error:
            raise explain_os_error(error, self._root, "look through the mail folders") from error

    def add(
        self,
        data: bytes,
        folder: str,
        flags: Iterable[str] = (),
        labels: Iterable[str] = (),
        *,
        name: str = "",
        known_by_name: bool = False,
    ) -> bool:
        """Keep a message; False if it is there already, in whatever folder.

        `folder` is a safe name and never the Outbox. `name` is the file name to keep; without a
        usable one that is free it is made from the content. `known_by_name`: whatever has that
        name is this message. Raises UnreadableMessageError, or KnownError from the disk.
        """
        if folder.casefold() == OUTBOX.casefold() or not is_safe_name(folder):
            raise ValueError(f"no message comes into {folder!r}")
        data = _whole(data)
        usable = is_message_name(name) and is_safe_name(name)
        if not usable or (not known_by_name and self._is_another(name, data)):
            name = name_for(data)
        if name.casefold() in self._lies_in:
            return False
        home = self._home(folder)
        state = state_of(_known(flags), _plain_labels(labels))
        # The state first: a line for a file that is not there says nothing.
        if home.before.get(name, NOTHING) != state:
            home.flags.append({name: state}, durable=False)
        write_atomic(home.place / name, data, expected_version=None, durable=False)
        self._lies_in[name.casefold()] = home.place
        return True

    def finish(self) -> None:
        """Make what was added outlast a power cut."""
        if self._homes:
            sync_disk()

    def _is_another(self, name: str, data: bytes) -> bool:
        """Whether a message of that name is there whose content is not this."""
        folder = self._lies_in.get(name.casefold())
        return folder is not None and read_versioned(folder / name)[0] != data

    def _home(self, folder: str) -> _Home:
        """The folder, made if need be."""
        if folder not in self._homes:
            place = self._root / existing_folder(self._root, folder)
            require_real_folders(self._profile, place)
            try:
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            except OSError as error:
                raise explain_os_error(error, place, "make a mail folder") from error
            flags = FlagsFile(place)
            self._homes[folder] = _Home(place, flags, dict(flags.states()))
        return self._homes[folder]


def name_for(data: bytes) -> str:
    """The file name of a message: the same however its line ends and mailbox headers are."""
    plain = without_mailbox_headers(data).replace(b"\r\n", b"\n").rstrip(b"\n")
    return sha256(plain).hexdigest()[:32] + SUFFIX


def without_mailbox_headers(data: bytes) -> bytes:
    """The message without the headers that a mailbox of one file wrote into it."""
    head, rest = _split(data)
    lines = _HEADER_LINES.findall(head)
    kept = [line for line in lines if _field(line)[0] not in _MAILBOX_OWN]
    return data if len(kept) == len(lines) else b"".join(kept) + rest


def header_values(data: bytes, names: Collection[str]) -> dict[str, str]:
    """The values of those headers (named in small letters) that the message has, unfolded.

    Of one that comes twice the last counts.
    """
    values = {}
    for line in _HEADER_LINES.findall(_split(data)[0]):
        name, value = _field(line)
        if name in names:
            values[name] = " ".join(value.decode("latin-1").split())
    return values


def _split(data: bytes) -> tuple[bytes, bytes]:
    """The header lines, and the rest with the empty line before it."""
    end = _HEAD_END.search(data)
    if end is None:
        return data, b""
    cut = data.index(b"\n", end.start()) + 1
    return data[:cut], data[cut:]


def _field(line: bytes) -> tuple[str, bytes]:
    match = _FIELD.match(line)
    return (match[1].decode("ascii").lower(), match[2]) if match else ("", b"")


def _whole(data: bytes) -> bytes:
    """The message in what a file holds. Raises UnreadableMessageError where there is none."""
    if len(data) > LARGEST_MESSAGE:
        raise UnreadableMessageError(f"it is larger than {LARGEST_MESSAGE // 1_000_000} MB")
    data = data.removeprefix(_MARK).lstrip(b"\r\n")
    if data.startswith(b"From "):  # the separator of a mailbox, kept by whoever cut it
        data = data[data.find(b"\n") + 1 or len(data) :]
    if not data:
        raise UnreadableMessageError("it is empty")
    if not _FIELD.match(data.partition(b"\n")[0]):
        raise UnreadableMessageError("it does not begin like a message")
    return data


def _known(flags: Iterable[str]) -> list[str]:
    return [flag for flag in flags if flag in _FLAGS]


def _plain_labels(labels: Iterable[str]) -> list[str]:
    """Labels as the user could have given them: short, in one line, without commas."""
    cleaned = (" ".join(printable(label).replace(",", " ").split()) for label in labels)
    return [label[:_LONGEST_LABEL] for label in cleaned if label][:_MOST_LABELS]


def _messages_in(folder: Path) -> dict[str, Path]:
    """The messages in a folder: their names in small letters, and the folder. Raises OSError.

    One without content does not count: a power cut left it.
    """
    with os.scandir(folder) as entries:
        return {
            entry.name.casefold(): folder
            for entry in entries
            if is_message_name(entry.name) and entry.stat(follow_symlinks=False).st_size > 0
        }
