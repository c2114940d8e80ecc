"""Which events of a long list are shown, and what comes near where nothing was found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from app.calendars.recurrence import Entry
from app.tools.event_words import matches_words

_MOST = 3


def nearest(entries: Iterable[Entry], words: Sequence[str]) -> list[Entry]:
    """Those with most of `words`, each event once and in their order; [] if none has any."""
    best: list[Entry] = []
    most = 0
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        event = entry.occurrence
        count = sum(matches_words(event, (word,)) for word in words)
        if count == 0 or count < most:
            continue
        if count > most:
            best, most, seen = [], count, set()
        if (event.path, event.uid) not in seen:
            seen.add((event.path, event.uid))
            best.append(entry)
    return best[:_MOST]


def few_of_each(entries: Sequence[Entry], most: int) -> list[Entry]:
    """The entries, of each series only the first `most`."""
    kept: list[Entry] = []
    counts: dict[tuple[str, str], int] = {}
    for entry in entries:
        key = (entry.occurrence.path, entry.occurrence.uid)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= most:
            kept.append(entry)
    return kept


def cut(entries: Sequence[Entry], limit: int, now: datetime) -> Sequence[Entry]:
    """The first `limit`; of a time that has begun, what is over is left out first."""
    over = sum(entry.occurrence.end.timestamp() <= now.timestamp() for entry in entries)
    surplus = max(0, len(entries) - limit)
    begin = min(over, surplus) if over < len(entries) else 0
    return entries[begin : begin + limit]
