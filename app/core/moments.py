"""Real time between aware moments: what the clocks of a zone do meanwhile does not count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def after(start: datetime, length: timedelta) -> datetime:
    """The moment `length` of real time later, in the same zone."""
    return (start.astimezone(UTC) + length).astimezone(start.tzinfo)


def between(start: datetime, end: datetime) -> timedelta:
    """The real time from one moment to another."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def existing(moment: datetime) -> datetime:
    """The moment itself; one the clocks skip is the later one that exists."""
    return moment.astimezone(UTC).astimezone(moment.tzinfo)
