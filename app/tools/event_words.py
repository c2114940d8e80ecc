"""Words that name an event: how they are compared with titles, guests and places.

Used for searches and for references alike. No times here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from app.core.ports import Occurrence

_WORD = re.compile(r"[^\W_]+(?:['’.&-][^\W_]+)*")  # noqa: RUF001

_JOINT = re.compile(r"[.&-]")

ARTICLES = frozenset(
    (
        "a", "an", "the", "my", "our", "your", "that", "this", "these", "those", "of", "on", "at",
        "in", "for", "from", "to", "by", "with", "w", "and", "about", "re", "is", "it's", "i", "me",
        "s", "please", "one", "ones", "have", "i've", "got", "just", "who", "which", "scheduled",
        "planned", "upcoming", "coming", "invited", "organised", "organized", "hosted", "called",
        "titled", "named",
    )
)  # fmt: skip
"""Words that never name an event."""

GENERIC = frozenset(
    (
        "meeting", "meetings", "event", "events", "appointment", "appointments", "thing", "things",
        "entry", "entries", "calendar", "call", "calls", "session", "sessions", "invitation",
        "invitations", "invite", "invites", "request", "requests", "reminder", "block", "booking",
        "reservation", "slot", "daily", "weekly", "monthly", "yearly",
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


_HONORIFICS = frozenset(("dr", "mr", "mrs", "ms", "prof", "professor"))


def names_every(words: Sequence[str]) -> bool:
    """Whether words that were taken out of a text ("my meetings today") name no event by itself."""
    kept = [word for word in words if word not in ARTICLES]
    return bool(kept) and all(word in EVERY for word in kept)


def matches_words(occurrence: Occurrence, words: Sequence[str]) -> bool:
    """Whether each word begins a word of the title, the guests, who invited, or the place.

    Without regard to case, accents and hyphens ("stand-up", "standup", "stand up"); a plural fits
    its singular.
    """
    people = (*occurrence.attendees, occurrence.organizer)
    title = words_of(occurrence.title)
    have = _with_parts([*title, *words_of(" ".join((*people, occurrence.where)))])
    have += [one + other for one, other in pairwise(title)]
    together = ["", *(one + other for one, other in pairwise(words)), ""]
    return all(
        _fits(word, have) or any(pair in have for pair in together[place : place + 2] if pair)
        for place, word in enumerate(words)
    )


def matches_person(occurrence: Occurrence, name: str) -> bool:
    """Whether somebody of that name is a guest, invited, or stands in the title.

    By whole words, so that "Ann" is neither Anna nor annual.
    """
    wanted = {word for word in words_of(name) if word not in (*ARTICLES, *_HONORIFICS)}
    places = (occurrence.title, occurrence.organizer, *occurrence.attendees)
    return bool(wanted) and any(wanted <= _single_words(place) for place in places)


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


def _single_words(text: str) -> set[str]:
    """The words, also the parts of those joined by a hyphen or a point ("akira.sato")."""
    return set(_with_parts(words_of(text)))


def _with_parts(words: Sequence[str]) -> list[str]:
    """The words, and those with a hyphen or the like also in parts and as one."""
    found: list[str] = []
    for word in words:
        parts = _JOINT.split(word)
        found += [word] if len(parts) == 1 else [word, *parts, "".join(parts)]
    return found


def _fits(word: str, have: Sequence[str]) -> bool:
    if any(_begins(known, word) for known in have):
        return True
    parts = _JOINT.split(word)
    if len(parts) == 1:
        return False
    return _fits("".join(parts), have) or all(_fits(part, have) for part in parts)


def _begins(known: str, word: str) -> bool:
    forms = [word, *(word.removesuffix(end) for end in ("s", "es") if word.endswith(end))]
    # Short words are too easily the beginning of another one.
    return any(known == form or (len(form) > 2 and known.startswith(form)) for form in forms)
