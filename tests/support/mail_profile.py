"""Mail in a profile of the test: short messages, files as other programs leave them, a mailbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

from app.mail.files import MailFiles
from app.mail.model import LOCAL
from app.mail.states import MessageStates
from app.mail.store import Mailbox
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.journal import Journal
from app.store.paths import ProfilePaths, prepare
from tests.support.calendar_profile import NOW

ME = "Sam Rivera <sam@rivera.example>"


def eml(
    subject: str = "Hello",
    body: str = "Hello.",
    *headers: str,
    sender: str = "Bob Okafor <bob@example.org>",
    to: str = ME,
    date: datetime = NOW,
    message_id: str | None = None,
    kind: str = "text/plain; charset=utf-8",
) -> str:
    """A message with CRLF line ends; `headers` are further lines ("Cc: Anna <anna@…>").

    Without a `message_id` it has one made of its text. `kind` is the Content-Type of `body`.
    """
    lines = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Date: {format_datetime(date)}",
        "MIME-Version: 1.0",
        f"Content-Type: {kind}",
        "Content-Transfer-Encoding: 8bit",
        *headers,
    ]
    if message_id is None:
        message_id = f"{sha256(repr((lines, body)).encode()).hexdigest()[:16]}@example.org"
    if message_id:
        lines.append(f"Message-ID: <{message_id}>")
    text = "\n".join([*lines, "", body, ""])
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def vcard(name: str, *addresses: str, more: Sequence[str] = ()) -> str:
    """A contact's card; `more` are further lines ("TEL:+49 30 1")."""
    mails = [f"EMAIL:{address}" for address in addresses]
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{name}", f"N:;{name};;;", *mails, *more]
    return "\r\n".join([*lines, "END:VCARD", ""])


@dataclass(frozen=True)
class MailProfile:
    """Mail below `root`, and the room's objects over it."""

    root: Path
    mailbox: Mailbox
    states: MessageStates
    files: MailFiles
    journal: Journal

    def put(
        self,
        text: str | bytes,
        folder: str = "Inbox",
        *,
        name: str | None = None,
        account: str = LOCAL,
        seen: bool = True,
        flagged: bool = False,
        answered: bool = False,
        labels: Sequence[str] = (),
    ) -> Path:
        """Write a message as an import would; `name` without one is made of its content."""
        data = text if isinstance(text, bytes) else text.encode()
        place = self.root / "mail" / account / folder
        place.mkdir(parents=True, exist_ok=True)
        file = place / (name or f"{sha256(data).hexdigest()[:32]}.eml")
        marks = {"seen": seen, "flagged": flagged, "answered": answered}
        flags = [mark for mark, is_set in sorted(marks.items()) if is_set]
        if flags or labels:
            line = {"name": file.name, "flags": flags, "labels": sorted(labels)}
            with (place / "flags.jsonl").open("a", encoding="utf-8") as marked:
                marked.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.write_bytes(data)
        return file

    def add_contact(self, name: str, *addresses: str, more: Sequence[str] = ()) -> Path:
        """Write a contact's card."""
        place = self.root / "contacts"
        place.mkdir(parents=True, exist_ok=True)
        file = place / f"{sha256(name.encode()).hexdigest()[:16]}.vcf"
        file.write_bytes(vcard(name, *addresses, more=more).encode())
        return file

    def messages(self) -> dict[str, bytes]:
        """Every message, by path relative to the profile."""
        found = sorted((self.root / "mail").rglob("*.eml"))
        return {file.relative_to(self.root).as_posix(): file.read_bytes() for file in found}


@contextmanager
def open_mail(root: Path) -> Iterator[MailProfile]:
    """A profile at `root`, made if need be; its databases are closed at the end."""
    paths = ProfilePaths(root)
    prepare(paths)
    connection = open_database(paths)
    mailbox = Mailbox(paths, DatabaseIdMap(connection))
    try:
        yield MailProfile(
            root, mailbox, MessageStates(paths), MailFiles(paths), Journal(connection)
        )
    finally:
        mailbox.close()
        connection.close()
