"""Occurrences as values: their moments, whether they overlap, and the keys they are known by.

Nothing is read or expanded here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, tzinfo

from app.core.ports import Occurrence


def instant(value: date | datetime, zone: tzinfo) -> datetime:
    """The moment in `zone`; a date is its midnight there, a floating time is taken there.

    A time inside a spring gap becomes the one the offset before the gap gives (RFC 5545, 3.3.5).
    """
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(UTC).astimezone(zone)


def overlaps(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    """Whether two stretches share time; one without length counts at its instant.

    Compared as instants: Python compares two times of one zone by the clock on the wall.
    """
    a, b = start.timestamp(), end.timestamp()
    c, d = other_start.timestamp(), other_end.timestamp()
    if a == b or c == d:
        return c <= a < d or a <= c < b or a == c
    return a < d and c < b


def recurrence_id_of(value: date | datetime) -> str:
    """A RECURRENCE-ID as Phial keys it: UTC with Z, floating without, or a date."""
    if not isinstance(value, datetime):
        return f"{value:%Y%m%d}"
    if value.tzinfo is None:
        return f"{value:%Y%m%dT%H%M%S}"
    return f"{value.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def recurrence_time(recurrence_id: str) -> date | datetime:
    """The inverse of `recurrence_id_of`; raises ValueError on anything else."""
    if len(recurrence_id) == 8:
        return datetime.strptime(recurrence_id, "%Y%m%d").date()
    if recurrence_id.endswith("Z"):
        return datetime.strptime(recurrence_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.strptime(recurrence_id, "%Y%m%dT%H%M%S")


def key_of(occurrence: Occurrence) -> str:
    """What an id stands for: the file, the occurrence, and which event of the file it is."""
    return f"{occurrence.path}\n{occurrence.recurrence_id}\n{occurrence.uid}"


def parts_of_key(key: str) -> tuple[str, str, str]:
    """Path, recurrence id and UID of a key. Raises ValueError on anything else."""
    path, recurrence_id, uid = key.split("\n", 2)
    return path, recurrence_id, uid


def with_id(occurrence: Occurrence, short_id: str) -> Occurrence:
    """The same occurrence under the profile's id for it."""
    return replace(occurrence, id=short_id)
