"""Which messages belong to one conversation: those joined by Message-ID, In-Reply-To, References.

Works in the index. Subjects say nothing here: strangers may use the same.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import sha256

_MOST_IDS = 100
"""Ids of one message that are looked at; the newest references come last."""


def join_thread(connection: sqlite3.Connection, own: str, named: Sequence[str]) -> str:
    """The thread of a message called `own` that names other messages, the one it answers last.

    `own` is its Message-ID, or anything unique where it has none. It joins where it is named
    already, and the newest it names of what is known: whoever names messages of several
    conversations does not make one of them. Inside a transaction.
    """
    ids = list(dict.fromkeys(filter(None, (own, *reversed(named[-_MOST_IDS:])))))
    sql = "SELECT thread FROM known_id WHERE message_id = ?"
    rows = [connection.execute(sql, (each,)).fetchone() for each in ids]
    known = [row[0] for row in rows if row is not None]
    wanted = list(dict.fromkeys(known[: 2 if rows[0] is not None else 1]))
    count = "SELECT count(*) FROM known_id WHERE thread = ?"
    threads = sorted(wanted, key=lambda each: -connection.execute(count, (each,)).fetchone()[0])
    thread = threads[0] if threads else _name_of(ids[0])
    # The smaller one is taken into the larger, so that no row is renamed often.
    for other in threads[1:]:
        connection.execute("UPDATE known_id SET thread = ? WHERE thread = ?", (thread, other))
        connection.execute("UPDATE message SET thread = ? WHERE thread = ?", (thread, other))
    connection.executemany(
        "INSERT INTO known_id (message_id, thread) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(each, thread) for each in ids],
    )
    return str(thread)


def _name_of(message_id: str) -> str:
    """A name for a new thread that holds nothing of what strangers wrote."""
    return "t" + sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()[:20]
