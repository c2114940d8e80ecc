"""Reading the profile's mail: searching, single messages, threads, people. Changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from app.core.errors import KnownError
from app.core.ports import IdMap
from app.core.text import printable
from app.mail.contacts import Contacts
from app.mail.index import is_damage, open_index, remove_index
from app.mail.layout import message_key, parts_of_key, plain_folders
from app.mail.mime import read_body
from app.mail.model import (
    JUNK,
    LOCAL,
    OUTBOX,
    OWN,
    SENT,
    TRASH,
    Body,
    Envelope,
    FoundMail,
    MailQuery,
    Person,
)
from app.mail.people import Party, People, people_of
from app.mail.rows import COLUMNS, envelope_of
from app.mail.scan import Progress, Scan, Stop
from app.mail.search import condition_of
from app.mail.warnings import warnings_for
from app.store.atomic import explain_os_error
from app.store.database import database_errors
from app.store.paths import ProfilePaths

_T = TypeVar("_T")
_Row = tuple[object, ...]

_LONGEST_THREAD = 500
"""Messages of a conversation that are shown."""

_MOST_WARNED = 5_000
"""Messages whose warnings are kept in memory."""


class Mailbox:
    """The mail of a profile, by way of an index that is brought up to date before each look.

    In one thread; other threads have their own over the same files. `ids` gives messages their
    short ids. Nothing is opened before the first look. Every look may raise KnownError from the
    disk.
    """

    def __init__(self, paths: ProfilePaths, ids: IdMap) -> None:
        self._paths = paths
        self._ids = ids
        self._file = paths.cache / "index.db"
        self._connection: sqlite3.Connection | None = None
        self._scan = Scan(paths.mail)
        self._contacts = Contacts(paths.contacts)
        self._people = People()
        self._people_stamp: tuple[int, str] | None = None
        self._contact_problems: tuple[KnownError, ...] = ()
        self._warned: dict[str, tuple[str, ...]] = {}

    def close(self) -> None:
        """Close the index; a later look opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def problems(self) -> tuple[KnownError, ...]:
        """The messages, folders and contacts the last look could not read."""
        return (*self._scan.problems, *self._contact_problems)

    def refresh(
        self,
        progress: Progress = lambda done, total: None,
        stop: Stop = lambda: False,
    ) -> None:
        """Bring the index up to date with the files; every look does so by itself.

        `progress` gets how many of how many new messages were read. Once `stop` is true it ends,
        and the rest is left for the next time.
        """
        self._look(lambda index: None, progress, stop)

    def search(self, query: MailQuery, limit: int = 20) -> FoundMail:
        """The first `limit` messages that fit, newest first unless the query says otherwise."""

        def find(index: sqlite3.Connection) -> FoundMail:
            present = [row[0] for row in index.execute("SELECT DISTINCT name FROM folder")]
            where, values = condition_of(query, present)
            order = "date, name" if query.oldest_first else "date DESC, name DESC"
            sql = f"SELECT {COLUMNS} FROM message WHERE {where} ORDER BY {order} LIMIT ?"
            rows = index.execute(sql, (*values, limit)).fetchall()
            count = f"SELECT count(*) FROM message WHERE {where}"
            total = len(rows) if len(rows) < limit else index.execute(count, values).fetchone()[0]
            return FoundMail(self._envelopes(index, rows), total)

        return self._look(find)

    def get(self, message_id: str) -> Envelope | None:
        """The message with the short id ("m12"), None if it was never given or is gone."""
        return next(iter(self.envelopes((message_id,))), None)

    def envelopes(self, ids: Sequence[str]) -> tuple[Envelope, ...]:
        """The messages with these ids that are there, in their order."""
        sql = f"SELECT {COLUMNS} FROM message WHERE account = ? AND name = ?"
        keys = [self._ids.key_for(each) for each in ids if each.startswith("m")]
        places = [parts_of_key(key) for key in keys if key is not None]

        def find(index: sqlite3.Connection) -> tuple[Envelope, ...]:
            found = (index.execute(sql, place).fetchone() for place in places)
            return self._envelopes(index, [row for row in found if row is not None])

        return self._look(find)

    def thread(self, envelope: Envelope) -> tuple[Envelope, ...]:
        """The conversation a message belongs to, oldest first; without what was thrown away.

        Of an endless one its newest messages.
        """
        sql = (
            f"SELECT {COLUMNS} FROM message WHERE thread = ?"
            " AND (folder NOT IN (?, ?) OR (account = ? AND name = ?))"
            " ORDER BY date DESC, name DESC LIMIT ?"
        )
        place = (envelope.account, envelope.name)
        values = (envelope.thread, TRASH, JUNK, *place, _LONGEST_THREAD)
        return self._look(
            lambda index: self._envelopes(index, index.execute(sql, values).fetchall()[::-1])
        )

    def body(self, envelope: Envelope) -> Body:
        """The text of a message. Raises KnownError("message_unreadable")."""
        return read_body(self.raw(envelope))

    def raw(self, envelope: Envelope) -> bytes:
        """A message as it was received. Raises KnownError("message_unreadable")."""
        present = envelope
        for _ in range(2):
            try:
                return (self._paths.root / present.path).read_bytes()
            except FileNotFoundError:  # it may have been moved since
                found = self.get(envelope.id)
                if found is None or found.folder == present.folder:
                    break
                present = found
            except OSError as error:
                known = explain_os_error(error, self._paths.root / present.path, "read a message")
                raise _unreadable(known.message, known.hint) from error
        raise _unreadable(
            f"The message {printable(envelope.path)} is no longer there.",
            "Look at your mail again.",
        )

    def id_of(self, account: str, name: str) -> str:
        """The short id that the message of this file name has or will have."""
        return self._ids.id_for("m", message_key(account, name))

    def own_addresses(self) -> frozenset[str]:
        """The addresses what lies in Sent, Drafts and Outbox is from, in small letters."""
        return self._look(self._known).own

    def people(self) -> tuple[Person, ...]:
        """Everybody mail went to or came from and all contacts, by rank."""
        return self._look(self._known).everybody

    def folders(self, account: str = LOCAL) -> tuple[str, ...]:
        """The names of the account's folders, sorted."""
        place = self._paths.mail / account
        try:
            return plain_folders(place)
        except OSError as error:
            raise explain_os_error(error, place, "list the mail folders") from error

    def _look(
        self,
        work: Callable[[sqlite3.Connection], _T],
        progress: Progress = lambda done, total: None,
        stop: Stop = lambda: False,
    ) -> _T:
        """Bring the index up to date and look; once more with a new one if it is damaged."""

        def attempt() -> _T:
            if self._connection is None:
                self._connection = open_index(self._file)
            self._scan.refresh(self._connection, progress, stop)
            return work(self._connection)

        with database_errors(self._file):
            try:
                return attempt()
            except sqlite3.DatabaseError as error:
                if not is_damage(error):
                    raise
            self.close()
            remove_index(self._file)
            return attempt()

    def _envelopes(self, index: sqlite3.Connection, rows: Sequence[_Row]) -> tuple[Envelope, ...]:
        """Rows as messages with their ids and warnings."""
        if not rows:
            return ()
        people = self._known(index)
        ids = self._ids.ids_for("m", [message_key(str(row[0]), str(row[2])) for row in rows])
        return tuple(
            self._with_warnings(envelope_of(row, short_id), people)
            for row, short_id in zip(rows, ids, strict=True)
        )

    def _with_warnings(self, envelope: Envelope, people: People) -> Envelope:
        """The message with what may be wrong with it; nothing is with what the user wrote."""
        if envelope.folder in OWN:
            return envelope
        found = self._warned.get(envelope.id)
        if found is None:
            try:
                body = read_body((self._paths.root / envelope.path).read_bytes())
            except OSError:  # gone or unreadable: whoever opens it is told
                return envelope
            found = warnings_for(envelope, body, people.addresses_known)
            if len(self._warned) >= _MOST_WARNED:
                self._warned.clear()
            self._warned[envelope.id] = found
        return replace(envelope, warnings=found)

    def _known(self, index: sqlite3.Connection) -> People:
        contacts, self._contact_problems, cards = self._contacts.look()
        (generation,) = index.execute("SELECT number FROM generation").fetchone()
        if self._people_stamp != (generation, cards):
            people = people_of(contacts, *_parties(index))
            if people.known != self._people.known:
                self._warned.clear()
            self._people, self._people_stamp = people, (generation, cards)
        return self._people


def _parties(index: sqlite3.Connection) -> tuple[list[Party], list[Party], frozenset[str]]:
    """Whom the user has written to, who has written, and the user's own addresses."""
    own = {mail for (mail,) in index.execute(_OWN, OWN) if mail}
    written = [Party(*row) for row in index.execute(_WRITTEN, (SENT, OUTBOX)) if row[0]]
    received = [Party(*row) for row in index.execute(_RECEIVED, (*OWN, JUNK)) if row[0]]
    return written, received, frozenset(own)


_OWN = """
    SELECT DISTINCT mail FROM message JOIN party ON party.message = message.id
    WHERE folder IN (?, ?, ?) AND role = 'from'
"""
_WRITTEN = """
    SELECT mail, max(party.name), date FROM message JOIN party ON party.message = message.id
    WHERE folder IN (?, ?) AND role IN ('to', 'cc', 'bcc') GROUP BY message.id, mail
"""
_RECEIVED = """
    SELECT mail, party.name, max(date) FROM message JOIN party ON party.message = message.id
    WHERE folder NOT IN (?, ?, ?, ?) AND role = 'from' GROUP BY mail, party.name
"""


def _unreadable(message: str, hint: str) -> KnownError:
    return KnownError("message_unreadable", message, hint)
