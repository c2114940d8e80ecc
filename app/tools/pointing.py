"""Words that point back at what was shown: "it", "that one", "all of them", "the second one".

Which things those are is not known here: a pointing word chooses among any that are given, be they
events or messages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from app.tools.event_words import words_of

_T = TypeVar("_T")

ORDINALS = {
    "first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "sixth": 5, "seventh": 6,
    "eighth": 7, "ninth": 8, "tenth": 9, "1st": 0, "2nd": 1, "3rd": 2, "4th": 3, "5th": 4,
    "6th": 5, "7th": 6, "8th": 7, "9th": 8, "10th": 9,
}  # fmt: skip
"""Places counted from 0."""

NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9, "10": 10,
}  # fmt: skip

LAST = frozenset(("last", "final"))
PERSONS = frozenset(("them", "him", "her", "they", "he", "she"))
"""Words for people that were spoken of."""

_ONE = frozenset(("it", "that", "this"))
_THIS = frozenset(("that", "this", "same"))
_SET = frozenset(("them", "those", "these"))
_TAIL = frozenset(("one", "ones"))
_NUMBERED = frozenset(("number", "no", "nr", "option"))
_BETWEEN = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Pointing:
    """Which of several things are meant: those from place `first` to before `end`.

    Places are counted from 0, negative ones from the end; None is no bound. `many`: it speaks of a
    set. `count` is how many there must be, 0 where it does not say ("both": 2). `loose`: the words
    may as well mean something that was never shown ("the meeting", "the second meeting"). `also`
    are further places of a list: "the first and the last one".
    """

    first: int | None = None
    end: int | None = None
    many: bool = False
    count: int = 0
    loose: bool = False
    also: tuple[Pointing, ...] = ()

    @property
    def places(self) -> bool:
        """Whether it counts: "the second one"."""
        return (self.first, self.end) != (None, None)

    def among(self, things: Sequence[_T]) -> Sequence[_T]:
        """Those of `things` that are meant, none where so many are not there."""
        if self.count and len(things) != self.count:
            return ()
        if not self.also:
            return things[self.first : self.end]
        parts = [each.among(range(len(things))) for each in (replace(self, also=()), *self.also)]
        if not all(parts):
            return ()  # "the second and the ninth" of three
        return [things[place] for place in dict.fromkeys(place for part in parts for place in part)]


def pointing_in(text: str, nouns: Collection[str]) -> Pointing | None:
    """What a whole text points at, None if it names something.

    `nouns` are the words for any such thing ("meeting", "mail").
    """
    words, the = _plain(text)
    if not words:
        return None
    return (
        _this(words, nouns, the=the)
        or _set(words, nouns)
        or _counted(words, nouns)
        or _listed(text, nouns)
    )


def _plain(text: str) -> tuple[list[str], bool]:
    """The words without "the" at their beginning, and whether it stood there."""
    words = [word for word in words_of(text) if word not in ("please", "there")]
    the = words[:1] == ["the"]
    return words[1:] if the else words, the


def points_at_one(text: str) -> bool:
    """Whether the words are about things that were shown: "the one with Bob", "those on Friday"."""
    words = words_of(text)
    asks = words[:1] in (["those"], ["these"]) or words[:2] in (["that", "one"], ["this", "one"])
    return asks or any(word in _TAIL for word in words[1:])


def names_person(text: str) -> bool:
    """Whether a name is only a pronoun: "her", "both of them"."""
    words = [word for word in words_of(text) if word not in ("all", "both", "of", "with")]
    return len(words) == 1 and words[0] in PERSONS


def _this(words: Sequence[str], nouns: Collection[str], *, the: bool) -> Pointing | None:
    """ "it", "that one", "this meeting", "the same event"; "the meeting" is loose."""
    first, rest = words[0], words[1:]
    if len(words) == 1 and not the and first in _ONE:
        return Pointing()
    if first in _THIS and len(rest) == 1 and (rest[0] == "one" or rest[0] in nouns):
        return Pointing()
    if the and words == ["one"]:
        return Pointing()
    if the and len(words) == 1 and first in nouns:
        return Pointing(loose=True)
    return None


def _set(words: Sequence[str], nouns: Collection[str]) -> Pointing | None:
    """ "them", "those two", "both of them", "all of those", "these meetings"."""
    left = list(words)
    asked = left[0] if left[0] in ("all", "both") else ""
    if asked:
        left.pop(0)
    count = 2 if asked == "both" else 0
    if left and left[0] in NUMBERS:
        count = NUMBERS[left.pop(0)]
    if left[:1] == ["of"]:
        left.pop(0)
        if left[:1] == ["the"]:
            left.pop(0)
    pointed = bool(left) and left[0] in _SET
    if pointed:
        left.pop(0)
        if left and left[0] in NUMBERS:
            count = NUMBERS[left.pop(0)]
        if left and (left[0] in _TAIL or left[0] in nouns):
            left.pop(0)
    if left or not (pointed or asked):
        return None
    return Pointing(many=True, count=count)


def _counted(words: Sequence[str], nouns: Collection[str]) -> Pointing | None:
    """ "the second one", "the last two", "number 3"; "the second meeting" is loose."""
    first, rest = words[0], list(words[1:])
    if first in _NUMBERED and len(rest) == 1:
        place = _number(rest[0])
        return None if place is None else Pointing(place - 1, place)
    if first not in LAST and first not in ORDINALS:
        return None
    count = NUMBERS[rest.pop(0)] if rest and rest[0] in NUMBERS else 0
    loose = len(rest) == 1 and rest[0] in nouns
    closed = not rest or (len(rest) == 1 and rest[0] in _TAIL)
    closed = closed or (len(rest) == 2 and rest[0] == "of" and rest[1] in _SET)
    if not (loose or closed) or (count and first not in LAST and first != "first"):
        return None
    if first in LAST:
        return Pointing(-(count or 1), None, many=bool(count), loose=loose)
    place = ORDINALS[first]
    return Pointing(place, place + (count or 1), many=bool(count), loose=loose)


def _listed(text: str, nouns: Collection[str]) -> Pointing | None:
    """ "The first and the last one", "the second and third", "number 1 and 3"."""
    parts = [words for words, _ in map(_plain, _BETWEEN.split(text)) if words]
    if len(parts) < 2:
        return None
    if parts[0][0] in _NUMBERED:
        parts = [words if words[0] in _NUMBERED else ["number", *words] for words in parts]
    places = [_counted(words, nouns) for words in parts]
    found = [place for place in places if place is not None]
    if len(found) < len(parts):
        return None
    loose = any(place.loose for place in found)
    return replace(found[0], many=True, loose=loose, also=tuple(found[1:]))


def _number(word: str) -> int | None:
    return 1 if word in ("one", "1") else NUMBERS.get(word)
