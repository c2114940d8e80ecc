"""Opening phial.db safely, and its failures in sentences. What is in it belongs to others.

A file that cannot be read, is not Phial's or is newer than this program is never written to.
A connection belongs to the thread that opened it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from app.core.errors import KnownError
from app.store.atomic import explain_os_error
from app.store.migrations import APPLICATION_ID, MIGRATIONS, backups, migrate
from app.store.paths import ProfilePaths

_BUSY_SECONDS = 5.0

# Up to this size every page is checked at each start (about 3 ms a megabyte).
_CHECKED_BYTES = 2 << 20

_SEARCH = "message_search"

# Newer SQLite looks into the word index too, and says so where it may not write.
_HARMLESS = ("ok", "unable to validate the inverted index")

_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT")
_DENIED = ("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_READONLY", "SQLITE_AUTH")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL")


def open_database(paths: ProfilePaths) -> sqlite3.Connection:
    """Open phial.db, made or migrated if need be; the caller holds the lock and closes it.

    The connection commits each statement by itself outside `transaction`, durably (WAL,
    synchronous FULL), and overwrites what is deleted. Raises KnownError: "database_damaged" (also
    for a foreign file), "database_newer", "database_busy", "disk_full", "no_permission",
    "io_error".
    """
    path = paths.database
    fresh = _is_fresh(path)
    with database_errors(path):
        if not fresh:
            _check(path)
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            # What is deleted is overwritten: it was deleted so that nobody reads it again.
            connection.execute("PRAGMA secure_delete = ON")
            migrate(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements inside are on disk afterwards, or none is. Inside another one: part of it.

    Raises KnownError as `database_errors` does.
    """
    with database_errors(_path_of(connection)):
        inside_another = connection.in_transaction
        if inside_another:
            yield
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite may have rolled back already
                connection.execute("ROLLBACK")
            raise


def query(
    connection: sqlite3.Connection, sql: str, parameters: tuple[object, ...] = ()
) -> list[tuple[Any, ...]]:
    """All rows of a SELECT. Raises KnownError as `database_errors` does."""
    with database_errors(_path_of(connection)):
        return connection.execute(sql, parameters).fetchall()


@contextmanager
def unreadable_rows(connection: sqlite3.Connection) -> Iterator[None]:
    """Around reading back what a row holds: content Phial cannot have written is damage."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(_path_of(connection), "has an entry that makes no sense") from error


@contextmanager
def database_errors(path: Path) -> Iterator[None]:
    """Turn failures of disk, file or rights inside into KnownErrors; wrong SQL stays a bug."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        if not name and isinstance(error, sqlite3.OperationalError):
            name = "SQLITE_CORRUPT"  # Python's own: a text that is not UTF-8
        known = _explain(name, path)
        if known is None:
            raise
        raise known from error


def damaged(path: Path, how: str) -> KnownError:
    """The error for a database file that must not be written to; `how` completes "FILE ...".

    The hint names the newest backup, if there is one.
    """
    copies = backups(path)
    away = f"move {path.name} away together with {path.name}-wal and {path.name}-shm"
    if copies:
        hint = f"To restore the newest backup, {away}, then copy {copies[-1]} to {path.name}."
    else:
        hint = f"To start with an empty history, {away}. Mail, calendars and contacts stay."
    return KnownError("database_damaged", f"{path} {how}. It was left as it is.", hint)


def _explain(name: str, path: Path) -> KnownError | None:
    if name.startswith(_DAMAGED):
        return damaged(path, "is damaged or not a database and cannot be read")
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")):
        return KnownError(
            "disk_full",
            f"There is no space left on the disk that holds {path}. What was saved before is kept.",
            "Free some space on that disk, then try again.",
        )
    if name.startswith(_DENIED):
        return KnownError(
            "no_permission",
            f"{path} cannot be opened for writing. What was saved before is kept.",
            "Give your user the right to it and its folder, or use another profile.",
        )
    if name.startswith(_BUSY):
        return KnownError(
            "database_busy",
            f"Another program is working in {path}. Nothing was changed.",
            "Close that program, then try again.",
        )
    if name.startswith(("SQLITE_IOERR", "SQLITE_NOLFS", "SQLITE_TOOBIG")):
        return KnownError(
            "io_error",
            f"The disk that holds {path} refused to read or write. What was saved before is kept.",
            "Check that the disk works and has space, then try again.",
        )
    return None


def _is_fresh(path: Path) -> bool:
    """Make sure the file exists, private to the user; True if nothing is in it yet.

    A database that is there is only looked at: closing a file of one's own would drop the locks
    SQLite holds on it elsewhere in the process.
    """
    journal = path.with_name(f"{path.name}-wal")
    try:
        try:
            # SQLite would make it readable for others, and its other files take over the mode.
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            fresh = True
        except FileExistsError:
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, "is a folder") from None
            fresh = path.stat().st_size == 0
        journal_left = journal.exists() and journal.stat().st_size > 0
    except OSError as error:
        raise explain_os_error(error, path, "open its database") from error
    if fresh and journal_left:
        # SQLite would take the journal for rubbish and delete it, and with it the last entries.
        raise damaged(path, f"is empty, but {journal.name} beside it is not")
    return fresh


def _check(path: Path) -> None:
    """Refuse a database that is damaged, foreign or newer, before anything is written.

    Opened for reading, so that even the journal beside a damaged file stays. Only the rest of a
    crash in the older kind of journal (while the file was being made) has to be undone first.
    """
    mode = "rw" if path.with_name(f"{path.name}-journal").exists() else "ro"
    address = f"{path.as_uri()}?mode={mode}"
    with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        schema = _schema(connection)
        if application != APPLICATION_ID and (application, version, schema) != (0, 0, []):
            raise damaged(path, "is damaged or a database of another program")
        if version > len(MIGRATIONS):
            raise KnownError(
                "database_newer",
                f"{path} was written by a newer Phial (format {version}, this one knows "
                f"{len(MIGRATIONS)}). It was left as it is.",
                "Update Phial, or use another profile.",
            )
        if schema != _expected_schema(version):
            raise damaged(path, "is damaged")
        if any(name == _SEARCH for _, name, _ in schema):
            _check_search(connection, path)
        if path.stat().st_size <= _CHECKED_BYTES:
            findings = connection.execute("PRAGMA integrity_check").fetchall()
            if any(not text.startswith(_HARMLESS) for (text,) in findings):
                raise damaged(path, "is damaged")


def _check_search(connection: sqlite3.Connection, path: Path) -> None:
    """Read the word index once: FTS5 reports damage in its own tables as if the SQL were wrong."""
    sql = f"SELECT text FROM {_SEARCH} WHERE {_SEARCH} MATCH 'a' ORDER BY rank LIMIT 1"
    try:
        connection.execute(sql).fetchall()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_ERROR":
            raise
        raise damaged(path, "is damaged") from error


def _schema(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """Everything the database has, with its SQL where that is Phial's own."""
    # sqlite_stat: made by ANALYZE, at whatever time. The tables inside a word index are SQLite's,
    # and another version of it may word them in another way.
    return connection.execute(
        "SELECT type, name, CASE WHEN name GLOB ? THEN '' ELSE sql END FROM sqlite_master"
        " WHERE name NOT LIKE 'sqlite_stat%' ORDER BY type, name",
        (f"{_SEARCH}_*",),
    ).fetchall()


def _expected_schema(version: int) -> list[tuple[object, ...]]:
    """What a database of this format looks like, by building one in memory."""
    if version == 0:
        return []
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path(":memory:"), MIGRATIONS[:version])
        return _schema(connection)


def _path_of(connection: sqlite3.Connection) -> Path:
    with closing(connection.execute("PRAGMA database_list")) as rows:
        return Path(rows.fetchone()[2])
