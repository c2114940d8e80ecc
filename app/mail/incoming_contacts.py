"""Contacts from elsewhere on their way into the profile: one card a file, each once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from app.mail.contacts import SUFFIX, UnreadableContactError, read_cards
from app.store.atomic import (
    explain_os_error,
    is_temporary,
    read_versioned,
    sync_disk,
    write_atomic,
)
from app.store.paths import ProfilePaths
from app.store.safe_names import safe_file_name

_LARGEST = 5_000_000
"""Bytes; a card with a photograph takes up to a few hundred thousand."""

_BEGIN = re.compile(rb"BEGIN[ \t]*:[ \t]*VCARD[ \t]*\r?\n?\Z", re.IGNORECASE)
_END = re.compile(rb"END[ \t]*:[ \t]*VCARD[ \t]*\r?\n?\Z", re.IGNORECASE)
_FOLD = re.compile(rb"\r?\n[ \t]")
_UID = re.compile(rb"^(?:[\w-]+\.)?UID(?:;[^:\r\n]*)?:([^\r\n]*)", re.MULTILINE | re.IGNORECASE)
_WRITTEN_ANEW = (b"REV:", b"PRODID:")


class ContactOutcome(Enum):
    """What became of a card; DIFFERS: another card of that UID is there, and was kept."""

    ADDED = "added"
    THERE = "there"
    DIFFERS = "differs"


@dataclass(frozen=True)
class IncomingCard:
    """One card; `uid` is "" where it has none."""

    uid: str
    data: bytes


class IncomingContacts:
    """Adds cards to a profile's contacts. For the holder of the profile's lock.

    What was added is whole at once, and outlasts a power cut after `finish`.
    """

    def __init__(self, paths: ProfilePaths) -> None:
        """Look at what is there. Raises KnownError from the disk."""
        self._root = paths.contacts
        self._by_uid: dict[str, Path] = {}
        self._names: set[str] = set()
        self._wrote = False
        try:
            for file in sorted(self._root.glob("*")):
                if not file.lstat().st_size:
                    continue  # left by a power cut
                self._names.add(file.name)
                if is_temporary(file.name) or file.suffix.lower() != SUFFIX:
                    continue
                if file.is_file() and not file.is_symlink():
                    self._by_uid.setdefault(_uid_of(read_versioned(file)[0]), file)
        except OSError as error:
            raise explain_os_error(error, self._root, "look through the contacts") from error

    def add(self, card: IncomingCard) -> ContactOutcome:
        """Keep a card, unless its UID, or without one its text, is there already.

        Raises UnreadableContactError, or KnownError from the disk.
        """
        if len(card.data) > _LARGEST:
            raise UnreadableContactError(f"it is larger than {_LARGEST // 1_000_000} MB")
        read_cards(card.data)
        present = self._by_uid.get(card.uid) if card.uid else None
        if present is not None:
            same = _substance(read_versioned(present)[0]) == _substance(card.data)
            return ContactOutcome.THERE if same else ContactOutcome.DIFFERS
        digest = sha256(b"\n".join(_substance(card.data))).hexdigest()
        name = safe_file_name(card.uid.removeprefix("urn:uuid:") or digest, SUFFIX, self._names)
        if name in self._names:  # without a UID the name is that of the content
            return ContactOutcome.DIFFERS if card.uid else ContactOutcome.THERE
        write_atomic(self._root / name, card.data, expected_version=None, durable=False)
        self._wrote = True
        self._names.add(name)
        if card.uid:
            self._by_uid[card.uid] = self._root / name
        return ContactOutcome.ADDED

    def finish(self) -> None:
        """Make what was added outlast a power cut."""
        if self._wrote:
            sync_disk()


def split_cards(data: bytes) -> Iterator[IncomingCard]:
    """The cards of a file, each as it stands there.

    Raises UnreadableContactError where there is none or one breaks off; those before it have
    been given by then.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = data.decode("utf-16", "replace").encode()
    lines: list[bytes] = []
    depth, found = 0, False
    for line in data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True):
        if _BEGIN.match(line):
            depth += 1  # a card may hold another one (AGENT)
        if depth:
            lines.append(line)
        if depth and _END.match(line):
            depth -= 1
            if not depth:
                card = b"".join(lines)
                card = card if card.endswith(b"\n") else card + b"\r\n"
                yield IncomingCard(_uid_of(card), card)
                lines, found = [], True
    if depth:
        raise UnreadableContactError("a card breaks off before its end")
    if not found:
        raise UnreadableContactError("it holds no contact")


def _uid_of(data: bytes) -> str:
    match = _UID.search(_FOLD.sub(b"", data))
    return match[1].decode("utf-8", "replace").strip() if match else ""


def _substance(data: bytes) -> list[bytes]:
    """The unfolded lines of a card without what every export writes anew."""
    lines = _FOLD.sub(b"", data).strip().splitlines()
    return [line for line in lines if not line.upper().startswith(_WRITTEN_ANEW)]
