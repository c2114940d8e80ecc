"""index.db: the file, its format, and making it anew. All in it can be read from the mail again.

A foreign, damaged or older file is replaced without a word; a disk that is full is not.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.store.atomic import explain_os_error
from app.store.database import database_errors

_APPLICATION_ID = 0x50484958  # "PHIX"
_VERSION = 2
_BUSY_SECONDS = 10.0

_SCHEMA = (
    """
    CREATE TABLE folder (
        account TEXT NOT NULL,
        name TEXT NOT NULL,
        files TEXT NOT NULL DEFAULT '',
        flags TEXT NOT NULL DEFAULT '',
        PRIMARY KEY (account, name)
    ) STRICT, WITHOUT ROWID
    """,
    # `parties`, `refs`, `labels` and `attachments` are JSON. Times are seconds since 1970.
    """
    CREATE TABLE message (
        id INTEGER PRIMARY KEY,
        account TEXT NOT NULL,
        folder TEXT NOT NULL,
        name TEXT NOT NULL,
        message_id TEXT NOT NULL,
        in_reply_to TEXT NOT NULL,
        refs TEXT NOT NULL,
        thread TEXT NOT NULL,
        date INTEGER NOT NULL,
        parties TEXT NOT NULL,
        subject TEXT NOT NULL,
        size INTEGER NOT NULL,
        bulk INTEGER NOT NULL,
        attachments TEXT NOT NULL,
        seen INTEGER NOT NULL DEFAULT 0,
        flagged INTEGER NOT NULL DEFAULT 0,
        labels TEXT NOT NULL DEFAULT '[]',
        UNIQUE (account, name)
    ) STRICT
    """,
    "CREATE INDEX message_by_date ON message (date, name)",
    "CREATE INDEX message_by_folder ON message (account, folder, name)",
    "CREATE INDEX message_by_thread ON message (thread)",
    """
    CREATE TABLE party (
        message INTEGER NOT NULL,
        role TEXT NOT NULL,
        mail TEXT NOT NULL,
        name TEXT NOT NULL
    ) STRICT
    """,
    "CREATE INDEX party_by_mail ON party (mail, role, message)",
    "CREATE INDEX party_by_message ON party (message)",
    "CREATE TABLE label (message INTEGER NOT NULL, folded TEXT NOT NULL) STRICT",
    "CREATE INDEX label_by_folded ON label (folded, message)",
    "CREATE INDEX label_by_message ON label (message)",
    """
    CREATE TABLE known_id (message_id TEXT PRIMARY KEY, thread TEXT NOT NULL)
    STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX known_id_by_thread ON known_id (thread)",
    """
    CREATE VIRTUAL TABLE message_text
    USING fts5 (subject, body, sender, recipients, attachments, labels,
                tokenize = "unicode61 remove_diacritics 2", prefix = "2 3")
    """,
    # Grows with every change, so that what was worked out from the index is known to be old.
    "CREATE TABLE generation (number INTEGER NOT NULL) STRICT",
    "INSERT INTO generation VALUES (0)",
)

_OF_THE_DISK = (
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_BUSY",
    "SQLITE_LOCKED",
    "SQLITE_CANTOPEN",
    "SQLITE_PERM",
    "SQLITE_READONLY",
    "SQLITE_AUTH",
    "SQLITE_PROTOCOL",
    "SQLITE_NOLFS",
)


def open_index(path: Path) -> sqlite3.Connection:
    """Open the index, made anew if need be; its folder is made too. The caller closes it.

    The connection commits each statement by itself outside `writing`. Raises KnownError.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, path.parent, "keep an index of your mail") from error
    with database_errors(path):
        try:
            return _opened(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
        remove_index(path)
        return _opened(path)


def remove_index(path: Path) -> None:
    """Remove the index's files; what was open goes on with what it had. Raises KnownError."""
    try:
        for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            file.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, path, "make the index of your mail anew") from error


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether making the index anew may help: anything that is not the disk's or a lock's fault.

    Damage inside a word index comes as if the SQL were wrong.
    """
    if isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError):
        return False
    return not getattr(error, "sqlite_errorname", "").startswith(_OF_THE_DISK)


@contextmanager
def writing(connection: sqlite3.Connection, *, counts: bool = True) -> Iterator[None]:
    """All statements inside are kept, or none is. Raises sqlite3.DatabaseError.

    `counts`: what was worked out from the index before may be wrong afterwards.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        if counts:
            connection.execute("UPDATE generation SET number = number + 1")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _opened(path: Path) -> sqlite3.Connection:
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        _use_wal(connection)
        # What a power cut takes from the index is read from the mail again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA trusted_schema = OFF")
        if _state(connection) == (0, 0, 0):
            _make(connection)
        if _state(connection)[:2] != (_APPLICATION_ID, _VERSION):
            raise sqlite3.DatabaseError("not an index of this version")
        connection.execute("SELECT rowid FROM message_text WHERE message_text MATCH 'a' LIMIT 1")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. While another connection does the same, SQLite refuses without waiting."""
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            name = getattr(error, "sqlite_errorname", "")
            if not name.startswith("SQLITE_BUSY") or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _state(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """Application id, format, and how many things there are."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (things,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return application, version, things


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _state(connection) == (0, 0, 0):  # another thread may have been quicker
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
