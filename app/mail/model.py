"""What mail is made of once it has been read: pure values, no files and no wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

LOCAL = "local"
"""The account of mail that belongs to no server."""

INBOX, SENT, DRAFTS, OUTBOX = "Inbox", "Sent", "Drafts", "Outbox"
ARCHIVE, TRASH, JUNK = "Archive", "Trash", "Junk"
OWN = (SENT, DRAFTS, OUTBOX)
"""Folders with what the user wrote."""


@dataclass(frozen=True)
class Address:
    """A mailbox as a header names it: `mail` in small letters, "" where it cannot be read.

    `name` is the display name, which anybody may choose.
    """

    name: str
    mail: str

    @property
    def label(self) -> str:
        """The name, else the address."""
        return self.name or self.mail


@dataclass(frozen=True)
class Envelope:
    """A message without its text. `date` is aware, in UTC.

    `id` is the profile's short id ("m12"), the same in whatever folder it lies. `name` is the file
    name, unique in its account. `message_id`, `in_reply_to` and `references` are without angle
    brackets; `thread` is the same for all messages of a conversation. `bulk`: newsletters and
    other lists. `warnings` are sentences about what may be wrong with it (see `warnings`).
    """

    id: str
    account: str
    folder: str
    name: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    thread: str
    date: datetime
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    size: int
    bulk: bool = False
    unread: bool = False
    flagged: bool = False
    labels: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The file, relative to the profile."""
        return f"mail/{self.account}/{self.folder}/{self.name}"


@dataclass(frozen=True)
class Link:
    """A link in a message: what it says, and where it leads. `host` is the true one."""

    text: str
    address: str
    host: str


@dataclass(frozen=True)
class Attachment:
    """A part that is a file. `size` in bytes; `name` as the sender chose it, harmless to show."""

    name: str
    media_type: str
    size: int


@dataclass(frozen=True)
class Body:
    """The text of a message as a person would see it, made harmless to show.

    `text` is what the sender wrote, `quoted` the older messages below it. What HTML hides (too
    small, same colour, not displayed) is in neither, but `hidden` says that there was some.
    `calendar` is the text of an invitation (text/calendar), "" if there is none. `addressed`:
    something in it, hidden or not, speaks to an assistant instead of the reader.
    """

    text: str
    quoted: str = ""
    links: tuple[Link, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    hidden: bool = False
    remote_images: int = 0
    calendar: str = ""
    addressed: bool = False


@dataclass(frozen=True)
class Person:
    """Somebody mail can be written to or came from.

    `source` is "contact" (a .vcf of the user's), "written" (the user has written to them) or
    "received" (only they have written: not to be trusted with a name). `addresses`: the usual one
    first. `phones` and the like of a contact are in `details` by label. `rank`: how often and how
    recently one writes to them, higher is more.
    """

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    source: str
    rank: float = 0.0
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The first name known, else the address."""
        return next(iter((*self.names, *self.addresses)), "")


@dataclass(frozen=True)
class MailQuery:
    """What to look for; everything said must fit. Times are aware, `before` exclusive.

    `words` each begin a word of subject, text, people, labels or names of attachments, without
    regard to case and accents. `senders` and `recipients` are addresses, of which one must fit;
    `sender_words` and `recipient_words` fit names and addresses instead. `folders` are tried
    without case; empty means all but Trash, Junk, Drafts and Outbox. `received`: nothing from the
    folders of what the user wrote.
    """

    words: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    sender_words: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    recipient_words: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    since: datetime | None = None
    before: datetime | None = None
    unread: bool | None = None
    flagged: bool | None = None
    bulk: bool | None = None
    label: str = ""
    attachments: bool | None = None
    thread: str = ""
    received: bool = False
    oldest_first: bool = False


@dataclass(frozen=True)
class FoundMail:
    """What a search found: the first of `total`, in the order asked for."""

    items: tuple[Envelope, ...]
    total: int
