"""The half of the day that the name of an event tells: dinner at eight is in the evening."""

from __future__ import annotations

from dataclasses import replace

from app.core.errors import KnownError
from app.core.ports import Clock
from app.tools.event_words import words_of
from app.tools.when import When, WhenKind, parse_when

_EVENING = frozenset(
    ("dinner", "supper", "theatre", "theater", "cinema", "movie", "concert", "opera", "party",
     "drinks", "pub", "gig")
)  # fmt: skip
_UNSURE = {"evening": range(5, 10), "morning": range(16, 19)}
"""The hours that a bare one may have been read as and that the part of the day corrects."""


def at_usual_hour(when: When, title: str, clock: Clock, locale: str) -> When:
    """`when`, twelve hours on or back where the words left that open and the title does not.

    "Dinner at half past seven" is at 19:30, "dinner at 7 am" at seven in the morning.
    """
    words = words_of(title)
    part = "evening" if not _EVENING.isdisjoint(words) else "morning"
    if part == "morning" and "breakfast" not in words:
        return when
    if when.kind is WhenKind.DAY or when.all_day or when.start.hour not in _UNSURE[part]:
        return when
    try:
        found = parse_when(f"{when.text} in the {part}", clock, locale=locale)
    except KnownError:
        return when  # the words said which half of the day it is
    return replace(found, text=when.text) if found.kind is when.kind else when
