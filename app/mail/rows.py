"""Messages as rows of the index, there and back."""

from __future__ import annotations

import json
import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from app.mail.flags import FLAGGED, SEEN, MessageState
from app.mail.mime import Headers
from app.mail.model import OWN, Address, Envelope
from app.mail.threads import join_thread
from app.store.columns import storable

COLUMNS = (
    "account, folder, name, message_id, in_reply_to, refs, thread, date, parties, subject, size,"
    " bulk, attachments, seen, flagged, labels, id"
)
"""What `envelope_of` needs, in this order."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TEXT = 200_000
"""Characters of a message that can be found."""

# Written without spaces between words: each character counts as a word of its own.
_UNSPACED = re.compile("([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff])")


def spaced(text: str) -> str:
    """`text` for the word index, with Chinese and Japanese taken apart."""
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def folded(text: str) -> str:
    """`text` to compare names and labels by: without case, accents and doubled spaces."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(each for each in parts if not unicodedata.combining(each))
    return " ".join(text.casefold().split())


def seconds(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def add_message(
    connection: sqlite3.Connection,
    place: tuple[str, str, str],
    size: int,
    headers: Headers,
    text: str,
    state: MessageState,
) -> None:
    """Add a message at (account, folder, name), unless it is there. Inside a transaction."""
    account, folder, name = place
    row = connection.execute(
        "INSERT INTO message (account, folder, name, message_id, in_reply_to, refs, thread, date,"
        " parties, subject, size, bulk, attachments) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
        " ON CONFLICT DO NOTHING RETURNING id",
        (
            account,
            folder,
            name,
            storable(headers.message_id),
            storable(headers.in_reply_to),
            _json(headers.references),
            "",
            seconds(headers.date),
            _json({role: _pairs(people) for role, people in _parties(headers)}),
            storable(headers.subject),
            size,
            headers.bulk,
            _json(headers.attachments),
        ),
    ).fetchone()
    if row is None:
        return
    (number,) = row
    own = headers.message_id or f"{account}\n{name}"
    named = (*headers.references, headers.in_reply_to)
    thread = join_thread(connection, storable(own), [storable(each) for each in named])
    connection.execute("UPDATE message SET thread = ? WHERE id = ?", (thread, number))
    connection.executemany(
        "INSERT INTO party (message, role, mail, name) VALUES (?, ?, ?, ?)",
        [
            (number, role, storable(each.mail), storable(each.name))
            for role, people in _parties(headers)
            for each in people
        ],
    )
    receivers = (*headers.to, *headers.cc, *headers.bcc)
    connection.execute(
        "INSERT INTO message_text (rowid, subject, body, sender, recipients, attachments, labels)"
        " VALUES (?, ?, ?, ?, ?, ?, '')",
        (
            number,
            spaced(storable(headers.subject)),
            spaced(storable(text[:_LONGEST_TEXT])),
            _words((headers.sender,)),
            _words(receivers),
            spaced(storable(" ".join(headers.attachments))),
        ),
    )
    if state:
        set_state(connection, number, state)


def set_state(connection: sqlite3.Connection, number: int, state: MessageState) -> None:
    """Give a message these flags and labels. Inside a transaction."""
    wanted = (SEEN in state.flags, FLAGGED in state.flags, _json(state.labels))
    sql = "SELECT seen, flagged, labels FROM message WHERE id = ?"
    present = connection.execute(sql, (number,)).fetchone()
    if present is None or present == wanted:
        return
    connection.execute(
        "UPDATE message SET seen = ?, flagged = ?, labels = ? WHERE id = ?", (*wanted, number)
    )
    if present[2] == wanted[2]:
        return
    connection.execute("DELETE FROM label WHERE message = ?", (number,))
    connection.executemany(
        "INSERT INTO label (message, folded) VALUES (?, ?)",
        [(number, storable(folded(label))) for label in state.labels],
    )
    connection.execute(
        "UPDATE message_text SET labels = ? WHERE rowid = ?",
        (spaced(storable(" ".join(state.labels))), number),
    )


def drop_messages(connection: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Take messages out of the index. Inside a transaction."""
    gone = [(number,) for number in numbers]
    for sql in (
        "DELETE FROM message WHERE id = ?",
        "DELETE FROM party WHERE message = ?",
        "DELETE FROM label WHERE message = ?",
        "DELETE FROM message_text WHERE rowid = ?",
    ):
        connection.executemany(sql, gone)


def envelope_of(row: Sequence[object], short_id: str) -> Envelope:
    """The message of a row with `COLUMNS`, without warnings."""
    (account, folder, name, message_id, replied, refs, thread, date, parties, subject, size) = map(
        str, row[:11]
    )
    bulk, attachments, seen, flagged, labels = row[11:16]
    people = json.loads(parties)
    return Envelope(
        id=short_id,
        account=account,
        folder=folder,
        name=name,
        message_id=message_id,
        in_reply_to=replied,
        references=tuple(json.loads(refs)),
        thread=thread,
        date=_EPOCH + timedelta(seconds=int(date)),
        sender=Address(*people["from"][0]),
        reply_to=_addresses(people["reply"]),
        to=_addresses(people["to"]),
        cc=_addresses(people["cc"]),
        bcc=_addresses(people["bcc"]),
        subject=subject,
        size=int(size),
        bulk=bool(bulk),
        unread=not seen and folder not in OWN,
        flagged=bool(flagged),
        labels=tuple(json.loads(str(labels))),
        attachments=tuple(json.loads(str(attachments))),
    )


def _parties(headers: Headers) -> tuple[tuple[str, tuple[Address, ...]], ...]:
    return (
        ("from", (headers.sender,)),
        ("reply", headers.reply_to),
        ("to", headers.to),
        ("cc", headers.cc),
        ("bcc", headers.bcc),
    )


def _pairs(people: Iterable[Address]) -> list[tuple[str, str]]:
    return [(each.name, each.mail) for each in people]


def _addresses(pairs: Iterable[Sequence[str]]) -> tuple[Address, ...]:
    return tuple(Address(name, mail) for name, mail in pairs)


def _words(people: Iterable[Address]) -> str:
    return spaced(storable(" ".join(f"{each.name} {each.mail}" for each in people)))


def _json(value: object) -> str:
    return json.dumps(value)
