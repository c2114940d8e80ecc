"""What a typed value means, or the sentence that says why it means nothing. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from pathlib import Path


class UnreadableError(ValueError):
    """What was typed cannot be used; its text is the sentence to show."""


def read_names(text: str) -> tuple[str, ...]:
    """Names from words between commas; doubles and empty ones are left out."""
    parts = (" ".join(part.split()) for part in text.split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def read_addresses(text: str) -> tuple[str, ...]:
    """Mail addresses from words between commas. Raises UnreadableError for one without an @."""
    addresses = read_names(text)
    for address in addresses:
        name, _, host = address.partition("@")
        if not name or not host or " " in address:
            raise UnreadableError(
                f"“{address}” is not a mail address. One looks like ada@example.org."
            )
    return addresses


def read_zone(text: str, zones: Sequence[str]) -> str:
    """A zone of `zones`, also by its city alone or in small letters. Raises UnreadableError."""
    wanted = "_".join(text.split()).casefold()
    for zone in zones:
        if zone.casefold() == wanted:
            return zone
    cities = [zone for zone in zones if zone.casefold().rpartition("/")[2] == wanted]
    if len(cities) == 1:
        return cities[0]
    if not wanted:
        raise UnreadableError("Choose a time zone, like Europe/Berlin.")
    raise UnreadableError(
        f"There is no time zone “{text.strip()}”. Choose one of the list, like Europe/Berlin."
    )


def read_hours(start: time, end: time) -> tuple[time, time]:
    """Working hours. Raises UnreadableError unless they start before they end."""
    if start >= end:
        raise UnreadableError("Working hours must start before they end.")
    return (start, end)


def read_model(text: str) -> str:
    """The whole path of a GGUF file, "" for none. Raises UnreadableError."""
    if not text.strip():
        return ""
    try:
        path = Path(text.strip()).expanduser()
    except RuntimeError:  # ~nobody
        path = Path(text.strip())
    if path.suffix.casefold() != ".gguf":
        raise UnreadableError("A model is a file whose name ends in .gguf.")
    if not path.is_absolute():
        raise UnreadableError("Give the whole path of the file, or press Browse.")
    return str(path)
