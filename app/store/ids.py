"""Short ids ("e12") for things whose real names are long. Nothing about what the things are."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable

from app.store.database import query, transaction, unreadable_rows

_KIND = re.compile(r"[a-z]")
_SHORT_ID = re.compile(r"([a-z])([1-9][0-9]{0,17})")


class DatabaseIdMap:
    """Ids that stay the same for the life of phial.db, and are never given twice."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection of `open_database`; whoever opened it closes it."""
        self._connection = connection

    def id_for(self, kind: str, key: str) -> str:
        """The id of `key` among things of `kind` (one small letter); made on first use."""
        if not _KIND.fullmatch(kind):
            raise ValueError(f"a kind is one small letter, not {kind!r}")
        stored = _stored(key)
        number = self._number(kind, stored)
        if number is None:
            with transaction(self._connection):
                self._connection.execute(
                    "INSERT INTO short_id (kind, number, key)"
                    " SELECT ?1, coalesce(max(number), 0) + 1, ?2 FROM short_id WHERE kind = ?1",
                    (kind, stored),
                )
            number = self._number(kind, stored)
        return f"{kind}{number}"

    def ids_for(self, kind: str, keys: Iterable[str]) -> list[str]:
        """The ids of many keys, in their order; new ones are written to disk together."""
        wanted = list(keys)
        numbers = [self._number(kind, _stored(key)) for key in wanted]
        if None not in numbers:  # a transaction would wait for other writers
            return [f"{kind}{number}" for number in numbers]
        with transaction(self._connection):
            return [self.id_for(kind, key) for key in wanted]

    def key_for(self, short_id: str) -> str | None:
        """The key behind an id, None if it was never given."""
        match = _SHORT_ID.fullmatch(short_id)
        if match is None:
            return None
        sql = "SELECT key FROM short_id WHERE kind = ? AND number = ?"
        rows = query(self._connection, sql, (match[1], int(match[2])))
        with unreadable_rows(self._connection):
            return rows[0][0].decode("utf-8", "surrogatepass") if rows else None

    def _number(self, kind: str, stored: bytes) -> int | None:
        sql = "SELECT number FROM short_id WHERE kind = ? AND key = ?"
        rows = query(self._connection, sql, (kind, stored))
        return rows[0][0] if rows else None


def _stored(key: str) -> bytes:
    # Bytes, because a path may hold lone surrogates, which SQLite's text cannot.
    return key.encode("utf-8", "surrogatepass")
