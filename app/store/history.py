"""Conversations as they happened: every message is on disk before anything else can fail."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

from app.core.messages import Message, Turn, TurnState
from app.core.proposals import Proposal
from app.store.database import query, transaction, unreadable_rows

INTERRUPTED = "Phial was ended before this request was finished."
"""The error of a turn whose process died."""


class History:
    """Conversations, their turns and messages. Everything is committed before a call returns.

    Ids are positive and never given twice. Unknown ids raise KeyError; a full disk or a damaged
    database raises KnownError (see `database_errors`).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection of `open_database`; whoever opened it closes it."""
        self._connection = connection

    def new_conversation(self, title: str) -> int:
        """Begin a conversation; its id."""
        # A title may come from a command line in a foreign encoding, which SQLite cannot hold.
        plain = title.encode("utf-8", "replace").decode()
        with transaction(self._connection):
            row = self._connection.execute("INSERT INTO conversation (title) VALUES (?)", (plain,))
        return _id_of(row)

    def start_turn(self, conversation_id: int, user: Message, now: datetime) -> int:
        """Write down what the user said at `now` (aware); the id of the new, RUNNING turn."""
        if now.tzinfo is None:
            raise ValueError("now must be aware")
        started_at = now.astimezone(UTC).isoformat(timespec="milliseconds")
        with transaction(self._connection):
            self._require("conversation", conversation_id)
            row = self._connection.execute(
                "INSERT INTO turn (conversation_id, started_at, state) VALUES (?, ?, ?)",
                (conversation_id, started_at, TurnState.RUNNING.value),
            )
            turn_id = _id_of(row)
            self._add(turn_id, user)
        return turn_id

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

    def pause(self, turn_id: int, proposal: Proposal) -> None:
        """Let a turn wait for the user's choice among the options of `proposal`."""
        self._set(turn_id, TurnState.PAUSED, "", json.dumps(proposal.to_json()))

    def paused(self, turn_id: int) -> Proposal | None:
        """The proposal a turn waits with; None if it does not wait."""
        rows = query(self._connection, "SELECT proposal FROM turn WHERE id = ?", (turn_id,))
        if not rows:
            raise KeyError(f"no turn {turn_id}")
        if rows[0][0] is None:
            return None
        with unreadable_rows(self._connection):
            return Proposal.from_json(json.loads(rows[0][0]))

    def paused_turns(self) -> list[int]:
        """Ids of the turns that wait for the user, oldest first."""
        return self._in_state(TurnState.PAUSED)

    def turn(self, turn_id: int) -> Turn:
        """A turn with all its messages."""
        rows = query(self._connection, "SELECT state FROM turn WHERE id = ?", (turn_id,))
        if not rows:
            raise KeyError(f"no turn {turn_id}")
        sql = "SELECT role, parts FROM message WHERE turn_id = ? ORDER BY id"
        messages = query(self._connection, sql, (turn_id,))
        with unreadable_rows(self._connection):
            user, *replies = (_message(role, parts) for role, parts in messages)
            return Turn(user, tuple(replies), TurnState(rows[0][0]))

    def turns(self, conversation_id: int) -> tuple[Turn, ...]:
        """The turns of a conversation, oldest first, in the order of `turn_ids`."""
        return tuple(self.turn(turn_id) for turn_id in self.turn_ids(conversation_id))

    def turn_ids(self, conversation_id: int) -> tuple[int, ...]:
        """Ids of a conversation's turns, oldest first."""
        self._require("conversation", conversation_id)
        sql = "SELECT id FROM turn WHERE conversation_id = ? ORDER BY id"
        return tuple(row[0] for row in query(self._connection, sql, (conversation_id,)))

    def error(self, turn_id: int) -> str:
        """The sentence a turn ended with, "" if it has none."""
        rows = query(self._connection, "SELECT error FROM turn WHERE id = ?", (turn_id,))
        if not rows:
            raise KeyError(f"no turn {turn_id}")
        error: str = rows[0][0]
        return error

    def recover(self) -> list[int]:
        """At start, with the lock held: turns still RUNNING lost their process and become FAILED.

        Returns their ids. PAUSED turns go on waiting.
        """
        with transaction(self._connection):
            lost = self._in_state(TurnState.RUNNING)
            for turn_id in lost:
                self._set(turn_id, TurnState.FAILED, INTERRUPTED, None)
        return lost

    def _set(self, turn_id: int, state: TurnState, error: str, proposal: str | None) -> None:
        plain = error.encode("utf-8", "replace").decode()
        with transaction(self._connection):
            self._require("turn", turn_id)
            self._connection.execute(
                "UPDATE turn SET state = ?, error = ?, proposal = ? WHERE id = ?",
                (state.value, plain, proposal, turn_id),
            )

    def _add(self, turn_id: int, message: Message) -> None:
        parts = json.dumps(message.to_json()["parts"])
        self._connection.execute(
            "INSERT INTO message (turn_id, role, parts) VALUES (?, ?, ?)",
            (turn_id, message.role, parts),
        )

    def _in_state(self, state: TurnState) -> list[int]:
        # The state stands in the statement because the index over it is partial.
        sql = f"SELECT id FROM turn WHERE state = '{state.value}' ORDER BY id"
        return [row[0] for row in query(self._connection, sql)]

    def _require(self, table: str, row_id: int) -> None:
        if not query(self._connection, f"SELECT 1 FROM {table} WHERE id = ?", (row_id,)):
            raise KeyError(f"no {table} {row_id}")


def _id_of(cursor: sqlite3.Cursor) -> int:
    if cursor.lastrowid is None:
        raise TypeError("the statement inserted nothing")
    return cursor.lastrowid


def _message(role: str, parts: str) -> Message:
    return Message.from_json({"role": role, "parts": json.loads(parts)})
