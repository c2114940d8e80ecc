"""A MailQuery as SQL over the index. Words of the user are never operators of the word index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.mail.model import DRAFTS, JUNK, OUTBOX, OWN, TRASH, MailQuery
from app.mail.rows import folded, seconds, spaced

_LEFT_OUT = (TRASH, JUNK, DRAFTS, OUTBOX)
"""Folders that are searched only when they are named."""

Condition = tuple[str, tuple[object, ...]]


def condition_of(query: MailQuery, folders: Iterable[str]) -> Condition:
    """The WHERE of a query and its parameters; `folders` are those there are."""
    parts = [
        *_words_of(query),
        *_party("from", query.senders),
        *_party("to", query.recipients),
        *_folders(query.folders, folders),
        *_times(query),
        *_marks(query),
    ]
    if not parts:
        return "1", ()
    return (
        " AND ".join(sql for sql, _ in parts),
        tuple(value for _, values in parts for value in values),
    )


def match_of(words: Sequence[str], column: str) -> str | None:
    """Words as a query of the word index, each the beginning of a word; None if none can be found.

    `column` is where they stand, "" anywhere. Signs alone are passed over beside words.
    """
    found = [spaced(word.replace("\0", " ")) for word in words]
    found = [word for word in found if any(map(str.isalnum, word))]
    if not found:
        return None
    quoted = (word.strip().replace('"', '""') for word in found)
    where = f"{column} : " if column else ""
    return " AND ".join(f'{where}"{word}"*' for word in quoted)


def _words_of(query: MailQuery) -> Iterable[Condition]:
    asked = (
        (query.words, ""),
        (query.sender_words, "sender"),
        (query.recipient_words, "recipients"),
    )
    matches = [match_of(words, column) for words, column in asked if words]
    if not matches:
        return
    if None in matches:
        yield "0", ()
        return
    match = " AND ".join(each for each in matches if each is not None)
    yield "id IN (SELECT rowid FROM message_text WHERE message_text MATCH ?)", (match,)


def _party(role: str, mails: Sequence[str]) -> Iterable[Condition]:
    """Messages one of these addresses sent ("from"), or got in any way ("to")."""
    if not mails:
        return
    roles = ("from",) if role == "from" else ("to", "cc", "bcc")
    yield (
        f"id IN (SELECT message FROM party WHERE mail IN ({_marks_for(mails)})"
        f" AND role IN ({_marks_for(roles)}))",
        (*(mail.lower() for mail in mails), *roles),
    )


def _folders(wanted: Sequence[str], present: Iterable[str]) -> Iterable[Condition]:
    names = {name.casefold() for name in (wanted or _LEFT_OUT)}
    found = tuple(name for name in present if name.casefold() in names)
    yield f"folder {'' if wanted else 'NOT '}IN ({_marks_for(found)})", found


def _times(query: MailQuery) -> Iterable[Condition]:
    if query.since is not None:
        yield "date >= ?", (seconds(query.since),)
    if query.before is not None:
        yield "date < ?", (seconds(query.before),)


def _marks(query: MailQuery) -> Iterable[Condition]:
    if query.unread is not None:
        own = f"folder NOT IN ({_marks_for(OWN)})"
        yield (f"({'' if query.unread else 'NOT '}(seen = 0 AND {own}))", OWN)
    if query.flagged is not None:
        yield "flagged = ?", (query.flagged,)
    if query.bulk is not None:
        yield "bulk = ?", (query.bulk,)
    if query.label:
        sql = "id IN (SELECT message FROM label WHERE folded = ?)"
        yield sql, (folded(query.label),)
    if query.attachments is not None:
        yield f"attachments {'<>' if query.attachments else '='} '[]'", ()
    if query.thread:
        yield "thread = ?", (query.thread,)
    if query.received:
        yield f"folder NOT IN ({_marks_for(OWN)})", OWN


def _marks_for(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
