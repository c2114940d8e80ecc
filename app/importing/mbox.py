"""Mailboxes of one file (mboxrd, mboxo), read message by message without holding the file.

Here belongs how messages are cut out and what the states in their headers mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from app.importing.folders import known_folder
from app.mail.flags import ANSWERED, FLAGGED, SEEN
from app.mail.incoming import LARGEST_MESSAGE, header_values, without_mailbox_headers
from app.mail.model import ARCHIVE, DRAFTS, INBOX, JUNK, SENT, TRASH

_CHUNK = 1 << 16
_FROM = b"From "
_SEPARATOR = re.compile(
    rb"From (?:\S+@\S+|.*\d{1,2}:\d{2}.*\d{4}.*|.*\d{4}.*\d{1,2}:\d{2}.*)\r?\n?\Z"
)
_LONGEST_SEPARATOR = 400
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_PEEKED = 50
# Every server on the way writes these above what the sender wrote.
_OF_DELIVERY = re.compile(
    rb"^(?:received|x-received|return-path|delivered-to|x-original-to)[ \t]*:|^\r?\n",
    re.IGNORECASE | re.MULTILINE,
)
_LABELLED = (TRASH, JUNK, DRAFTS, SENT, INBOX)
_STATES = ("status", "x-status", "x-mozilla-status", "x-gmail-labels")

_MOZILLA_READ, _MOZILLA_ANSWERED, _MOZILLA_FLAGGED, _MOZILLA_GONE = 1, 2, 4, 8


@dataclass(frozen=True)
class RawMessage:
    """A message as the mailbox holds it, unquoted; `position` is where the next one begins.

    `data` is None where the message is larger than `LARGEST_MESSAGE`.
    """

    data: bytes | None
    position: int

    @property
    def plain(self) -> bytes:
        """The message without what the mailbox wrote into it."""
        return without_mailbox_headers(self.data or b"")


@dataclass(frozen=True)
class State:
    """What a mailbox says of a message.

    `folder` is the profile's folder for it, "" for the mailbox's own. `gone`: deleted, and still
    in the file only because that was not tidied since; the message may have been moved elsewhere.
    """

    flags: frozenset[str] = frozenset()
    folder: str = ""
    gone: bool = False


def messages(file: BinaryIO) -> Iterator[RawMessage]:
    """The messages of a mailbox that is open at its start."""
    kept: list[bytes] = []
    size = position = 0
    begun = False
    blank = whole_line = True  # a separator stands at the start of the file or after an empty line
    while chunk := file.readline(_CHUNK):
        if whole_line and blank and _is_separator(chunk, first=not begun):
            if begun:
                yield _message(kept, size, position)
            kept, size, begun = [], 0, True
        elif begun:
            size += len(chunk)
            if size <= LARGEST_MESSAGE:
                kept.append(chunk)
            else:
                kept.clear()
        position += len(chunk)
        blank = whole_line and chunk in (b"\n", b"\r\n")
        whole_line = chunk.endswith(b"\n")
    if begun:
        yield _message(kept, size, position)


def keeps_states(file: BinaryIO) -> bool:
    """Whether the mailbox marks what was read; one that does not is an archive. Rewinds it."""
    file.seek(0)
    found = any(
        header_values(each.data, _STATES)
        for each in islice(messages(file), _PEEKED)
        if each.data is not None
    )
    file.seek(0)
    return found


def state_of(data: bytes, *, marked: bool) -> State:
    """The state of a message; `marked` is what `keeps_states` says of its mailbox.

    A sender may write such headers too. So only what stands above the traces of delivery says
    that the user wrote a message: who lies in Sent or Drafts counts as the user.
    """
    if not marked:
        return State(frozenset({SEEN}))
    traces = _OF_DELIVERY.search(data)
    above = header_values(data[: traces.start()] if traces else data, _STATES)
    delivered = traces is not None and bool(traces[0].strip())
    values = header_values(data, _STATES) | above
    letters = values.get("status", "") + values.get("x-status", "")
    bits = _hexadecimal(values.get("x-mozilla-status", ""))
    labels = [label.strip() for label in values.get("x-gmail-labels", "").split(",")]
    seen_by_label = "x-gmail-labels" in values and "Unread" not in labels
    flags = {
        SEEN: "R" in letters or bits & _MOZILLA_READ or seen_by_label,
        ANSWERED: "A" in letters or bits & _MOZILLA_ANSWERED,
        FLAGGED: "F" in letters or bits & _MOZILLA_FLAGGED or "Starred" in labels,
    }
    folder = _labelled_folder(labels) if "x-gmail-labels" in above else ""
    return State(
        frozenset(flag for flag, is_set in flags.items() if is_set),
        TRASH if "D" in letters else DRAFTS if "T" in letters and not delivered else folder,
        gone=bool(bits & _MOZILLA_GONE),
    )


def _labelled_folder(labels: Iterable[str]) -> str:
    """Where a message lies whose folders are labels, as in the one mailbox Google gives out."""
    known = {known_folder(label) for label in labels}
    return next((folder for folder in _LABELLED if folder in known), ARCHIVE)


def _is_separator(line: bytes, *, first: bool) -> bool:
    if not line.startswith(_FROM):
        return False
    return first or (len(line) <= _LONGEST_SEPARATOR and _SEPARATOR.match(line) is not None)


def _message(kept: list[bytes], size: int, position: int) -> RawMessage:
    if size > LARGEST_MESSAGE:
        return RawMessage(None, position)
    if len(kept) > 1 and kept[-1] in (b"\n", b"\r\n"):
        kept = kept[:-1]  # the empty line before the next separator is the mailbox's
    return RawMessage(_QUOTED.sub(rb"\1", b"".join(kept)), position)


def _hexadecimal(text: str) -> int:
    try:
        return int(text.strip() or "0", 16)
    except ValueError:
        return 0
