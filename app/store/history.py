"""Conversations as they happened: every message is on disk before anything else can fail."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.core.messages import Message, Turn, TurnState
from app.core.proposals import Waiting, waiting_from_json
from app.store.columns import storable, utc_text
from app.store.database import query, transaction, unreadable_rows

INTERRUPTED = "Phial was ended before this request was finished."
"""The error of a turn whose process died."""

_IN_TRANSCRIPT = "conversation_id = ? AND replaced_by IS NULL"
_NEVER_GIVEN = 2**63 - 1

_REPLACE = """
UPDATE turn SET replaced_by = ?, proposal = NULL,
    state = CASE state WHEN 'paused' THEN 'done' ELSE state END
WHERE id = ? AND conversation_id = ? AND replaced_by IS NULL AND state <> 'running'
    AND NOT EXISTS (
        SELECT 1 FROM operation JOIN change ON change.operation_id = operation.id
        WHERE operation.turn_id = turn.id AND change.state NOT IN ('absent', 'undone')
    )
"""


@dataclass(frozen=True)
class StoredTurn:
    """A turn with what the store knows of it.

    `started_at` is aware, in UTC. `error` is the sentence it ended with, "" if it has none.
    `waiting` is set while it is PAUSED.
    """

    id: int
    conversation: int
    started_at: datetime
    turn: Turn
    error: str = ""
    waiting: Waiting | None = None


class History:
    """Turns and their messages. Everything is committed before a call returns.

    A turn that was edited or retried is replaced by the new one: it stays on disk, and
    `newest_turn_ids` leaves it out. Ids are positive and never given twice. Unknown ids raise
    KeyError; a full disk or a damaged database raises KnownError (see `database_errors`).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection of `open_database`; whoever opened it closes it."""
        self._connection = connection

    def new_conversation(self, title: str, now: datetime | None = None) -> int:
        """Begin a conversation; its id. `now` is aware, None for the system's time."""
        updated_at = utc_text(now or datetime.now(UTC))
        with transaction(self._connection):
            row = self._connection.execute(
                "INSERT INTO conversation (title, updated_at) VALUES (?, ?)",
                (storable(title), updated_at),
            )
        return _id_of(row)

    def start_turn(
        self, conversation_id: int, user: Message, now: datetime, replaces: int = 0
    ) -> int:
        """Write down what the user said at `now` (aware); the id of the new, RUNNING turn.

        With `replaces` that turn leaves the transcript, and what it waited with is dropped; not
        if it is RUNNING, is another conversation's, or made a change that is still in force or
        whose fate is unclear. `replaced_for` tells whether it did. A conversation that was
        deleted is back.
        """
        started_at = utc_text(now)
        with transaction(self._connection):
            self._require("conversation", conversation_id)
            row = self._connection.execute(
                "INSERT INTO turn (conversation_id, started_at, state) VALUES (?, ?, ?)",
                (conversation_id, started_at, TurnState.RUNNING.value),
            )
            turn_id = _id_of(row)
            self._connection.execute(
                "UPDATE conversation SET updated_at = ?, deleted_at = NULL WHERE id = ?",
                (started_at, conversation_id),
            )
            self._connection.execute(_REPLACE, (turn_id, replaces, conversation_id))
            self._add(turn_id, user)
        return turn_id

    def replaced_for(self, turn_id: int) -> int:
        """The turn that left the transcript when this one began, 0 if none did."""
        self._require("turn", turn_id)
        rows = query(self._connection, "SELECT id FROM turn WHERE replaced_by = ?", (turn_id,))
        return rows[0][0] if rows else 0

    def add_reply(self, turn_id: int, message: Message) -> None:
        """Append a message of the assistant or a tool to a turn."""
        with transaction(self._connection):
            self._require("turn", turn_id)
            self._add(turn_id, message)

    def finish(self, turn_id: int, state: TurnState, error: str = "") -> None:
        """Set a turn to DONE or FAILED (or back to RUNNING); a waiting proposal is dropped."""
        if state is TurnState.PAUSED:
            raise ValueError("a turn is paused with its proposal: use pause")
        self._set(turn_id, state, error, None)

    def pause(self, turn_id: int, waiting: Waiting) -> None:
        """Let a turn wait for the user's choice among the options or answers of `waiting`."""
        self._set(turn_id, TurnState.PAUSED, "", json.dumps(waiting.to_json()))

    def paused(self, turn_id: int) -> Waiting | None:
        """What a turn waits with; None if it does not wait."""
        rows = query(self._connection, "SELECT proposal FROM turn WHERE id = ?", (turn_id,))
        if not rows:
            raise KeyError(f"no turn {turn_id}")
        with unreadable_rows(self._connection):
            return _waiting(rows[0][0])

    def turn(self, turn_id: int) -> Turn:
        """A turn with all its messages."""
        return self.turns_of((turn_id,))[0].turn

    def turns_of(self, turn_ids: Sequence[int]) -> tuple[StoredTurn, ...]:
        """Any turns, all at once, in the order of `turn_ids`."""
        wanted = (json.dumps(list(turn_ids)),)
        rows = query(
            self._connection,
            "SELECT id, conversation_id, started_at, state, error, proposal FROM turn"
            " WHERE id IN (SELECT value FROM json_each(?))",
            wanted,
        )
        messages = query(
            self._connection,
            "SELECT turn_id, role, parts FROM message"
            " WHERE turn_id IN (SELECT value FROM json_each(?)) ORDER BY id",
            wanted,
        )
        with unreadable_rows(self._connection):
            said: dict[int, list[Message]] = {row[0]: [] for row in rows}
            for turn_id, role, parts in messages:
                said[turn_id].append(_message(role, parts))
            stored = {row[0]: _stored(row, said[row[0]]) for row in rows}
        return tuple(stored[turn_id] for turn_id in turn_ids)

    def newest_turn_ids(
        self, conversation_id: int, count: int, before: int | None = None
    ) -> tuple[tuple[int, ...], int]:
        """Ids of a conversation's newest `count` turns, oldest first, and how many are older still.

        Without those that were replaced. With `before` the newest older than that turn.
        """
        self._require("conversation", conversation_id)
        limit = _NEVER_GIVEN if before is None else before
        sql = f"SELECT id FROM turn WHERE {_IN_TRANSCRIPT} AND id < ? ORDER BY id DESC LIMIT ?"
        rows = query(self._connection, sql, (conversation_id, limit, count))
        ids = tuple(row[0] for row in reversed(rows))
        sql = f"SELECT count(*) FROM turn WHERE {_IN_TRANSCRIPT} AND id < ?"
        ((earlier,),) = query(self._connection, sql, (conversation_id, ids[0] if ids else limit))
        return ids, earlier

    def recover(self) -> list[int]:
        """At start, with the lock held: turns still RUNNING lost their process and become FAILED.

        Returns their ids. PAUSED turns go on waiting.
        """
        with transaction(self._connection):
            lost = self._running()
            for turn_id in lost:
                self._set(turn_id, TurnState.FAILED, INTERRUPTED, None)
        return lost

    def _set(self, turn_id: int, state: TurnState, error: str, proposal: str | None) -> None:
        with transaction(self._connection):
            self._require("turn", turn_id)
            self._connection.execute(
                "UPDATE turn SET state = ?, error = ?, proposal = ? WHERE id = ?",
                (state.value, storable(error), proposal, turn_id),
            )

    def _add(self, turn_id: int, message: Message) -> None:
        parts = json.dumps(message.to_json()["parts"])
        row = self._connection.execute(
            "INSERT INTO message (turn_id, role, parts) VALUES (?, ?, ?)",
            (turn_id, message.role, parts),
        )
        if message.role in ("user", "assistant") and message.text:
            words = storable(message.text).replace("\x00", " ")  # FTS5 stops there
            self._connection.execute(
                "INSERT INTO message_search (rowid, text) VALUES (?, ?)", (_id_of(row), words)
            )

    def _running(self) -> list[int]:
        # The state stands in the statement because the index over it is partial.
        sql = "SELECT id FROM turn WHERE state = 'running' ORDER BY id"
        return [row[0] for row in query(self._connection, sql)]

    def _require(self, table: str, row_id: int) -> None:
        if not query(self._connection, f"SELECT 1 FROM {table} WHERE id = ?", (row_id,)):
            raise KeyError(f"no {table} {row_id}")


def _id_of(cursor: sqlite3.Cursor) -> int:
    if cursor.lastrowid is None:
        raise TypeError("the statement inserted nothing")
    return cursor.lastrowid


def _stored(row: tuple[Any, ...], messages: Sequence[Message]) -> StoredTurn:
    turn_id, conversation, started_at, state, error, proposal = row
    user, *replies = messages
    return StoredTurn(
        id=turn_id,
        conversation=conversation,
        started_at=datetime.fromisoformat(started_at),
        turn=Turn(user, tuple(replies), TurnState(state)),
        error=error,
        waiting=_waiting(proposal),
    )


def _waiting(proposal: str | None) -> Waiting | None:
    return None if proposal is None else waiting_from_json(json.loads(proposal))


def _message(role: str, parts: str) -> Message:
    return Message.from_json({"role": role, "parts": json.loads(parts)})
