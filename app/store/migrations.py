"""The format of phial.db as numbered steps. Append only: a step that was released never changes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

from app.store.atomic import explain_os_error

APPLICATION_ID = 0x50484941
"""Marks a SQLite file as Phial's ("PHIA")."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE conversation (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE turn (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversation (id),
            started_at TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'done', 'failed')),
            error TEXT NOT NULL DEFAULT '',
            proposal TEXT,
            CHECK ((state = 'paused') = (proposal IS NOT NULL))
        ) STRICT
        """,
        """
        CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            turn_id INTEGER NOT NULL REFERENCES turn (id),
            role TEXT NOT NULL CHECK (role IN ('system', 'user', 'assistant', 'tool')),
            parts TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE operation (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            turn_id INTEGER REFERENCES turn (id),
            title TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE change (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            operation_id INTEGER NOT NULL REFERENCES operation (id),
            undoes INTEGER REFERENCES change (id),
            content TEXT NOT NULL,
            state TEXT NOT NULL
                CHECK (state IN ('pending', 'applied', 'absent', 'undone', 'unknown')),
            at TEXT NOT NULL
        ) STRICT
        """,
        """
        CREATE TABLE short_id (
            kind TEXT NOT NULL,
            number INTEGER NOT NULL,
            key BLOB NOT NULL,
            PRIMARY KEY (kind, number),
            UNIQUE (kind, key)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX turn_by_conversation ON turn (conversation_id)",
        "CREATE INDEX turn_by_state ON turn (state) WHERE state IN ('running', 'paused')",
        "CREATE INDEX message_by_turn ON message (turn_id)",
        "CREATE INDEX change_by_operation ON change (operation_id)",
        "CREATE INDEX change_pending ON change (state) WHERE state = 'pending'",
    ),
    (
        "ALTER TABLE conversation ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE conversation ADD COLUMN updated_at TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE conversation ADD COLUMN deleted_at TEXT",
        "ALTER TABLE turn ADD COLUMN replaced_by INTEGER REFERENCES turn (id)",
        # One in which nothing was said yet counts as old.
        """
        UPDATE conversation SET updated_at = coalesce(
            (SELECT started_at FROM turn WHERE conversation_id = conversation.id
             ORDER BY id DESC LIMIT 1),
            '1970-01-01T00:00:00.000+00:00'
        )
        """,
        """
        CREATE VIRTUAL TABLE message_search
        USING fts5 (text, tokenize = "unicode61 remove_diacritics 2")
        """,
        # An entry that is damaged is met, and explained, when its turn is read; not here.
        """
        INSERT INTO message_search (rowid, text)
        SELECT id, words FROM (
            SELECT id, CASE WHEN json_valid(parts) THEN (
                SELECT group_concat(json_extract(value, '$.text'), '') FROM json_each(parts)
                WHERE json_extract(value, '$.type') = 'text'
            ) END AS words
            FROM message WHERE role IN ('user', 'assistant')
        ) WHERE words <> ''
        """,
        # What a row that is deleted is looked up by in the tables that refer to it.
        "CREATE INDEX turn_by_replaced ON turn (replaced_by) WHERE replaced_by IS NOT NULL",
        "CREATE INDEX operation_by_turn ON operation (turn_id) WHERE turn_id IS NOT NULL",
        "CREATE INDEX change_by_undoes ON change (undoes) WHERE undoes IS NOT NULL",
    ),
)


def migrate(
    connection: sqlite3.Connection,
    path: Path,
    migrations: Sequence[Sequence[str]] = MIGRATIONS,
) -> None:
    """Bring the database at `path` to the newest format, in one transaction.

    One that already holds something is copied to "phial.db.backup-vN" first, N being the format
    it had. Raises sqlite3.DatabaseError or KnownError; the database is then as it was.
    """
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version >= len(migrations):
        return
    if version > 0:
        _back_up(connection, path.with_name(f"{path.name}.backup-v{version}"))
    connection.execute("BEGIN IMMEDIATE")
    try:
        for step in migrations[version:]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def backups(path: Path) -> tuple[Path, ...]:
    """The copies that were made of the database at `path`, of the oldest format first."""
    return tuple(sorted(path.parent.glob(f"{path.name}.backup-v*"), key=_format_of))


def _format_of(backup: Path) -> int:
    number = backup.name.rpartition("-v")[2]
    return int(number) if number.isascii() and number.isdigit() else -1


def _back_up(connection: sqlite3.Connection, backup: Path) -> None:
    """Copy the database, WAL included; `backup` appears whole or not at all."""
    temporary = backup.with_name(f".phial-{os.urandom(8).hex()}.tmp")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(temporary, isolation_level=None)) as copy:
            connection.backup(copy)
            # One plain file: without this, a reader of the copy would leave a WAL beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(backup)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise explain_os_error(error, backup, "back up its database") from error
        raise
