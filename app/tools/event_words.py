"""Words that name an event: how they are compared with titles, guests and places.

Used for searches and for references alike. No times here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from app.core.ports import Occurrence

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")  # noqa: RUF001

ARTICLES = frozenset(
    (
        "a", "an", "the", "my", "our", "your", "that", "this", "these", "those", "of", "on", "at",
        "in", "for", "from", "to", "by", "with", "w", "and", "about", "re", "is", "it's", "i", "me",
        "s", "please", "one",
    )
)  # fmt: skip
"""Words that never name an event."""

GENERIC = frozenset(
    (
        "meeting", "meetings", "event", "events", "appointment", "appointments", "thing", "things",
        "entry", "entries", "calendar", "call", "calls", "session", "sessions", "invitation",
        "daily", "weekly", "monthly", "yearly",
    )
)  # fmt: skip
"""Words that name an event only where its title has them too."""


EVERY = frozenset(
    (
        "meeting", "meetings", "event", "events", "appointment", "appointments", "thing", "things",
        "entry", "entries", "calendar",
    )
)  # fmt: skip
"""Words that, with a time and no others beside them, name every event there is then."""


def names_every(words: Sequence[str]) -> bool:
    """Whether words that were taken out of a text ("my meetings today") name no event by itself."""
    kept = [word for word in words if word not in ARTICLES]
    return bool(kept) and all(word in EVERY for word in kept)


def matches_words(occurrence: Occurrence, words: Sequence[str]) -> bool:
    """Whether each word begins a word of the title, the guests or the place.

    Without regard to case and accents; a plural fits its singular.
    """
    have = words_of(" ".join((occurrence.title, *occurrence.attendees, occurrence.where)))
    return all(any(_begins(known, word) for known in have) for word in words)


def search_words(text: str) -> tuple[str, ...]:
    """The words of a search that an event must have: without articles and "meeting" and such.

    What consists of such words only is taken as it stands.
    """
    words = words_of(text)
    kept = [word for word in words if word not in ARTICLES]
    specific = [word for word in kept if word not in GENERIC]
    return tuple(specific or kept or words)


def words_of(text: str) -> list[str]:
    """The words without case, accents and possessive endings."""
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return [
        re.sub(r"['’]s$", "", word)  # noqa: RUF001
        for word in _WORD.findall(plain.casefold())
    ]


def _begins(known: str, word: str) -> bool:
    forms = [word, *(word.removesuffix(end) for end in ("s", "es") if word.endswith(end))]
    # Short words are too easily the beginning of another one.
    return any(known == form or (len(form) > 2 and known.startswith(form)) for form in forms)
