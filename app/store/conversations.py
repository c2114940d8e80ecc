"""The list of conversations: its order, what the user does with its lines, and the search in it.

What is said in a conversation belongs to `history`.
"""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.core.text import printable
from app.store.columns import storable, utc_text
from app.store.database import query, transaction, unreadable_rows

_LINE = "SELECT id, title, updated_at, pinned FROM conversation"

# A search is a few words; past these bounds more of them find nothing else.
_QUERY_LENGTH = 1000
_QUERY_WORDS = 32

_SNIPPET_WORDS = 12

_TURNS = "SELECT id, started_at FROM turn"
_DELETED = "SELECT id FROM conversation WHERE deleted_at IS NOT NULL"
_DELETED_TURNS = f"SELECT id FROM turn WHERE conversation_id IN ({_DELETED})"
_DELETED_MESSAGES = f"SELECT id FROM message WHERE turn_id IN ({_DELETED_TURNS})"

# CROSS keeps the order: looking words up is dear, so it is done once and first.
_MATCHING = """
FROM message_search
CROSS JOIN message ON message.id = message_search.rowid
CROSS JOIN turn ON turn.id = turn_id
WHERE message_search MATCH ? AND replaced_by IS NULL
"""


@dataclass(frozen=True)
class Conversation:
    """A line of the list. `updated_at` is aware, in UTC: when the last turn of it began.

    `waiting`: a turn of it is PAUSED.
    """

    id: int
    title: str
    updated_at: datetime
    pinned: bool = False
    waiting: bool = False


@dataclass(frozen=True)
class Hit:
    """A conversation that was found, by the newest of its messages that hold the words.

    `snippet` is one line of plain text from that message. `turn` is 0 and `snippet` "" where only
    the title holds them.
    """

    conversation: int
    turn: int = 0
    snippet: str = ""


class Conversations:
    """Conversations as the user sees them listed. Everything is committed before a call returns.

    An unknown id raises KeyError; a full disk or a damaged database raises KnownError (see
    `database_errors`).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Work on a connection of `open_database`; whoever opened it closes it."""
        self._connection = connection

    def listed(self) -> tuple[Conversation, ...]:
        """All that are not deleted, the one spoken in last first."""
        return self._read(f"{_LINE} WHERE deleted_at IS NULL ORDER BY updated_at DESC, id DESC")

    def get(self, conversation_id: int) -> Conversation:
        """One of them, also if it is deleted."""
        found = self._read(f"{_LINE} WHERE id = ?", conversation_id)
        if not found:
            raise KeyError(f"no conversation {conversation_id}")
        return found[0]

    def rename(self, conversation_id: int, title: str) -> None:
        """Give it another title."""
        self._set(conversation_id, "title", storable(title))

    def pin(self, conversation_id: int, pinned: bool) -> None:
        """Mark it as one to keep on top, or no longer."""
        self._set(conversation_id, "pinned", int(pinned))

    def delete(self, conversation_id: int, now: datetime) -> None:
        """Take it out of the list at `now` (aware); everything of it stays until it is purged."""
        self._set(conversation_id, "deleted_at", utc_text(now))

    def restore(self, conversation_id: int) -> None:
        """Put it back into the list; fine for one that is there."""
        self._set(conversation_id, "deleted_at", None)

    def deleted(self) -> tuple[int, ...]:
        """The ids of what `purge_deleted` removes."""
        return tuple(row[0] for row in query(self._connection, _DELETED))

    def purge_deleted(self, copies: Sequence[Path] = ()) -> int:
        """At start, with the lock held: remove what was deleted for good; how many there were.

        Its words are overwritten on disk, and those of the database's `copies` that hold them are
        removed. The log of the changes made in it stays, and with it their undo.
        """
        with transaction(self._connection):
            ((count,),) = query(self._connection, f"SELECT count(*) FROM ({_DELETED})")
            if not count:
                return 0
            # First: what is left after a crash here, the next start finds again.
            turns = set(query(self._connection, f"{_TURNS} WHERE id IN ({_DELETED_TURNS})"))
            for copy in copies:
                if turns & _turns_in(copy):
                    with suppress(OSError):
                        copy.unlink()
            for statement in (
                f"UPDATE operation SET turn_id = NULL WHERE turn_id IN ({_DELETED_TURNS})",
                f"DELETE FROM message_search WHERE rowid IN ({_DELETED_MESSAGES})",
                f"DELETE FROM message WHERE turn_id IN ({_DELETED_TURNS})",
                f"DELETE FROM turn WHERE conversation_id IN ({_DELETED})",
                "DELETE FROM conversation WHERE deleted_at IS NOT NULL",
                # FTS5 only notes that words are gone until its parts are merged.
                "INSERT INTO message_search (message_search) VALUES ('optimize')",
            ):
                self._connection.execute(statement)
        # The journal of the database still has the pages as they were.
        query(self._connection, "PRAGMA wal_checkpoint (TRUNCATE)")
        removed: int = count
        return removed

    def search(self, words: str, limit: int) -> tuple[Hit, ...]:
        """Conversations with all the words in one message or in the title, newest first.

        Case and accents do not count, and the last word may be only begun. Deleted conversations
        and replaced turns are not found; nothing is if there is no word.
        """
        wanted = _words(words)
        if not wanted:
            return ()
        match = _match(wanted)
        rows = query(
            self._connection,
            f"SELECT conversation_id, turn_id, max(message.id) {_MATCHING}"
            " GROUP BY conversation_id",
            (match,),
        )
        newest = {conversation: (turn, message) for conversation, turn, message in rows}
        found = [
            line.id for line in self.listed() if line.id in newest or _in_title(wanted, line.title)
        ][:limit]
        snippets = self._snippets(match, [newest[each][1] for each in found if each in newest])
        hits = []
        for conversation in found:
            turn, message = newest.get(conversation, (0, 0))
            hits.append(Hit(conversation, turn, snippets.get(message, "")))
        return tuple(hits)

    def find_turns(self, conversation_id: int, words: str) -> tuple[int, ...]:
        """Ids of the conversation's turns with all the words in one message, oldest first.

        The words are as in `search`.
        """
        self.get(conversation_id)
        wanted = _words(words)
        if not wanted:
            return ()
        rows = query(
            self._connection,
            f"SELECT DISTINCT turn.id {_MATCHING} AND conversation_id = ? ORDER BY turn.id",
            (_match(wanted), conversation_id),
        )
        return tuple(row[0] for row in rows)

    def _read(self, sql: str, *parameters: object) -> tuple[Conversation, ...]:
        rows = query(self._connection, sql, parameters)
        # The state stands in the statement because the index over it is partial.
        paused = "SELECT conversation_id FROM turn WHERE state = 'paused' AND replaced_by IS NULL"
        waiting = {row[0] for row in query(self._connection, paused)}
        with unreadable_rows(self._connection):
            return tuple(_conversation(row, row[0] in waiting) for row in rows)

    def _set(self, conversation_id: int, column: str, value: str | int | None) -> None:
        with transaction(self._connection):
            row = self._connection.execute(
                f"UPDATE conversation SET {column} = ? WHERE id = ?", (value, conversation_id)
            )
            if row.rowcount == 0:
                raise KeyError(f"no conversation {conversation_id}")

    def _snippets(self, match: str, messages: list[int]) -> dict[int, str]:
        # As bytes: words that came in a foreign encoding need not be UTF-8 in the index. With the
        # plus, because FTS5 would look the words up again for each rowid.
        rows = query(
            self._connection,
            "SELECT rowid, CAST(snippet(message_search, 0, '', '', '…', ?) AS BLOB)"
            " FROM message_search"
            " WHERE message_search MATCH ? AND +rowid IN (SELECT value FROM json_each(?))",
            (_SNIPPET_WORDS, match, json.dumps(messages)),
        )
        return {
            message: " ".join(printable(snippet.decode("utf-8", "replace")).split())
            for message, snippet in rows
        }


def _turns_in(copy: Path) -> set[tuple[Any, ...]]:
    """The turns in a copy of the database, of any format; none if it cannot be read."""
    try:
        with closing(sqlite3.connect(f"{copy.as_uri()}?mode=ro", uri=True)) as connection:
            return set(connection.execute(_TURNS))
    except sqlite3.DatabaseError:
        return set()


def _conversation(row: tuple[Any, ...], waiting: bool) -> Conversation:
    conversation, title, updated_at, pinned = row
    return Conversation(
        conversation, title, datetime.fromisoformat(updated_at), bool(pinned), waiting
    )


def _words(typed: str) -> list[str]:
    """What was typed, split at spaces; what has no letter and no digit is not looked for."""
    plain = storable(typed[:_QUERY_LENGTH]).replace("\x00", " ")
    words = [word for word in plain.split() if any(map(str.isalnum, word))]
    return words[:_QUERY_WORDS]


def _match(words: list[str]) -> str:
    """Words as an FTS5 query. Nothing in them is syntax: each is a string in quotation marks."""
    return " ".join('"' + word.replace('"', '""') + '"' for word in words) + "*"


def _in_title(words: list[str], title: str) -> bool:
    """Whether a title holds the words as a message would."""
    held = f" {_folded(title)} "
    *whole, begun = map(_folded, words)
    return f" {begun}" in held and all(f" {word} " in held for word in whole)


def _folded(text: str) -> str:
    """Letters and digits without case and accents, one space between words."""
    bare = [
        each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn"
    ]
    return " ".join(re.findall(r"[^\W_]+", "".join(bare).casefold()))
