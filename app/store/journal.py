"""The operation log: what was about to change, what did, and how to take it back.

An entry is written before its file is touched, so that after a crash the file's version tells
what happened. Applying is the business of `changes`.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from app.core.errors import KnownError
from app.core.proposals import Change, version_of
from app.store.columns import storable, utc_text
from app.store.database import query, transaction, unreadable_rows

EntryState = Literal["pending", "applied", "absent", "undone", "unknown"]
"""`absent`: it never took effect. `unknown`: a crash, and then somebody else, left it unclear."""

_ENTRY_ID = re.compile(r"c([1-9][0-9]{0,17})")
_COLUMNS = "SELECT id, operation_id, content, state, at FROM change"


@dataclass(frozen=True)
class JournalEntry:
    """One logged change. `operation` groups what was done together; `at` is aware, in UTC."""

    id: str
    operation: int
    change: Change
    state: EntryState
    at: datetime


class Journal:
    """The log in phial.db. Everything is committed before a call returns.

    An id that does not exist raises KnownError("no_such_change"); a full disk or a damaged
    database raises KnownError (see `database_errors`).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection of `open_database`; whoever opened it closes it."""
        self._connection = connection

    def begin(self, turn_id: int | None, title: str, changes: Sequence[Change]) -> tuple[str, ...]:
        """Log `changes` as one operation, "pending"; their ids ("c1") in the same order."""
        if not changes:
            raise ValueError("an operation has at least one change")
        at = utc_text(datetime.now(UTC))
        ids = []
        with transaction(self._connection):
            operation = self._connection.execute(
                "INSERT INTO operation (turn_id, title) VALUES (?, ?)", (turn_id, storable(title))
            ).lastrowid
            for change in changes:
                undoes = self._number(change.undoes) if change.undoes else None
                row = self._connection.execute(
                    "INSERT INTO change (operation_id, undoes, content, state, at)"
                    " VALUES (?, ?, ?, 'pending', ?)",
                    (operation, undoes, json.dumps(change.to_json()), at),
                )
                ids.append(f"c{row.lastrowid}")
        return tuple(ids)

    def mark_applied(self, ids: Iterable[str]) -> None:
        """The changes took effect; what they undo becomes "undone" at the same moment."""
        with transaction(self._connection):
            for entry_id in ids:
                self._mark(self._number(entry_id), "applied")

    def mark_absent(self, ids: Iterable[str]) -> None:
        """The changes did not take effect, or were taken back before they were complete."""
        with transaction(self._connection):
            for entry_id in ids:
                self._mark(self._number(entry_id), "absent")

    def entry(self, entry_id: str) -> JournalEntry:
        """One entry by its id."""
        return self._entries(f"{_COLUMNS} WHERE id = ?", self._number(entry_id))[0]

    def operation_of(self, entry_id: str) -> tuple[JournalEntry, ...]:
        """All entries that were logged together with this one, in the order of applying."""
        sql = f"{_COLUMNS} WHERE operation_id = ? ORDER BY id"
        return self._entries(sql, self.entry(entry_id).operation)

    def title_of(self, operation: int) -> str:
        """What an operation was called when it was shown; "" if there is none of that number."""
        rows = query(self._connection, "SELECT title FROM operation WHERE id = ?", (operation,))
        return str(rows[0][0]) if rows else ""

    def last_applied(self, before: int | None = None) -> tuple[JournalEntry, ...]:
        """What "undo" means: the newest operation in force that is no undo itself; () if none.

        With `before` the newest one older than that operation. Of an operation that was undone in
        part, the entries still in force.
        """
        newest = "SELECT max(operation_id) FROM change WHERE state = 'applied' AND undoes IS NULL"
        if before is not None:
            newest += " AND operation_id < ?"
        return self._entries(
            f"{_COLUMNS} WHERE operation_id = ({newest}) AND state = 'applied' ORDER BY id", before
        )

    def later_changes(self, entry: JournalEntry) -> tuple[JournalEntry, ...]:
        """What is in force of the changes made after `entry` to its target, oldest first.

        Those to the same file by way of another room count too: a draft, and a mark on it.
        """
        sql = f"{_COLUMNS} WHERE state = 'applied' AND id > ? ORDER BY id"
        later = self._entries(sql, self._number(entry.id))
        return tuple(each for each in later if _is_same_thing(each.change, entry.change))

    def operations_of(self, turn_ids: Iterable[int]) -> dict[int, tuple[JournalEntry, ...]]:
        """For each of the turns everything logged for it, in any state, in the order of logging."""
        ids = list(turn_ids)
        rows = query(
            self._connection,
            "SELECT turn_id, change.id, operation_id, content, state, at"
            " FROM operation JOIN change ON operation_id = operation.id"
            " WHERE turn_id IN (SELECT value FROM json_each(?)) ORDER BY change.id",
            (json.dumps(ids),),
        )
        found: dict[int, list[JournalEntry]] = {turn_id: [] for turn_id in ids}
        with unreadable_rows(self._connection):
            for turn_id, *row in rows:
                found[turn_id].append(_entry(row))
        return {turn_id: tuple(entries) for turn_id, entries in found.items()}

    def undone_by(self, entry_id: str) -> str:
        """The newest entry in force that takes this one back; its inverse does it again.

        "" if there is none: the entry is in force itself, or never was.
        """
        sql = "SELECT max(id) FROM change WHERE undoes = ? AND state = 'applied'"
        ((number,),) = query(self._connection, sql, (self._number(entry_id),))
        return "" if number is None else f"c{number}"

    def chain(self, entry_id: str) -> tuple[JournalEntry, ...]:
        """This entry, what it takes back, and whatever takes one of these back, oldest first.

        They swap the same two contents of one target; the last one in force tells which is there.
        """
        sql = (
            "WITH RECURSIVE"
            " up (id, undoes) AS (SELECT id, undoes FROM change WHERE id = ?"
            " UNION ALL SELECT change.id, change.undoes FROM change"
            " JOIN up ON change.id = up.undoes),"
            " chain (id) AS (SELECT id FROM up WHERE undoes IS NULL"
            " UNION ALL SELECT change.id FROM change JOIN chain ON change.undoes = chain.id)"
            f" {_COLUMNS} WHERE id IN (SELECT id FROM chain) ORDER BY id"
        )
        return self._entries(sql, self._number(entry_id))

    def turn_of(self, entry_id: str) -> int | None:
        """The turn an entry was logged for; None if there was none, or it was deleted since."""
        sql = (
            "SELECT turn_id FROM change JOIN operation ON operation.id = operation_id"
            " WHERE change.id = ?"
        )
        ((turn_id,),) = query(self._connection, sql, (self._number(entry_id),))
        found: int | None = turn_id
        return found

    def pending(self) -> tuple[JournalEntry, ...]:
        """Entries whose outcome was never written down, oldest first."""
        return self._entries(f"{_COLUMNS} WHERE state = 'pending' ORDER BY id")

    def recover(self, version: Callable[[str], str]) -> list[JournalEntry]:
        """At start, with the lock held: settle what a crash left pending.

        `version` gives a target's present version: that of `after` means applied, the expected
        one absent, any other unknown. Returns the settled entries in their new state. Whether an
        operation is whole is not looked at: see `changes.recover_changes`.
        """
        with transaction(self._connection):
            ids = []
            for entry in self.pending():
                now = version(entry.change.target)
                state: EntryState = "unknown"
                if now == version_of(entry.change.after):
                    state = "applied"
                elif now == entry.change.expected_version:
                    state = "absent"
                self._mark(self._number(entry.id), state)
                ids.append(entry.id)
            return [self.entry(entry_id) for entry_id in ids]

    def _mark(self, number: int, state: EntryState) -> None:
        self._connection.execute("UPDATE change SET state = ? WHERE id = ?", (state, number))
        if state != "applied":
            return
        # An undo that is undone puts back in force what it had taken back, and so on.
        undone = True
        undoes = self._undoes(number)
        while undoes is not None:
            new: EntryState = "undone" if undone else "applied"
            self._connection.execute("UPDATE change SET state = ? WHERE id = ?", (new, undoes))
            undone = not undone
            undoes = self._undoes(undoes)

    def _undoes(self, number: int) -> int | None:
        rows = query(self._connection, "SELECT undoes FROM change WHERE id = ?", (number,))
        undoes: int | None = rows[0][0]
        return undoes

    def _number(self, entry_id: str) -> int:
        """The row of an id; ids come from people and models, so any text is possible."""
        match = _ENTRY_ID.fullmatch(entry_id)
        number = int(match[1]) if match else 0
        if not query(self._connection, "SELECT 1 FROM change WHERE id = ?", (number,)):
            raise KnownError(
                "no_such_change",
                "There is no change with that number. Nothing was changed.",
                'Change numbers look like "c12" and are shown when something was changed.',
            )
        return number

    def _entries(self, sql: str, number: int | None = None) -> tuple[JournalEntry, ...]:
        rows = query(self._connection, sql, () if number is None else (number,))
        with unreadable_rows(self._connection):
            return tuple(_entry(row) for row in rows)


def _is_same_thing(one: Change, other: Change) -> bool:
    """Whether two changes are of one target, or of two rooms about a file of that name."""
    if one.target == other.target:
        return True
    room, _, path = one.target.partition(":")
    elsewhere, _, there = other.target.partition(":")
    return room != elsewhere and path.rpartition("/")[2] == there.rpartition("/")[2]


def _entry(row: Sequence[Any]) -> JournalEntry:
    number, operation, content, state, at = row
    for known in get_args(EntryState):
        if state == known:
            return JournalEntry(
                id=f"c{number}",
                operation=operation,
                change=Change.from_json(json.loads(content)),
                state=known,
                at=datetime.fromisoformat(at),
            )
    raise ValueError("not a state of an entry")
