"""How plain values become columns of phial.db: text and moments. No tables here."""

from __future__ import annotations

from datetime import UTC, datetime


def storable(text: str) -> str:
    """`text` as SQLite can hold it: what came in a foreign encoding becomes question marks."""
    return text.encode("utf-8", "replace").decode()


def utc_text(moment: datetime) -> str:
    """An aware moment as ISO text in UTC, to the millisecond, so that text order is time order.

    Raises ValueError for a naive one.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment must be aware")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
