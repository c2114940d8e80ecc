"""Words typed wrong or all in capitals, as a small model should read them.

The calls it makes of them come in the user's own letters.

A model whose tokens are pieces of words reads "resechdule" as rubble, and takes the rest of the
message for something else. So such a word is replaced by the one it was meant to be before the
model reads it, and what the model copies from the message is copied from what the user typed.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from app.core.messages import Message, Part, Text, ToolCall
from app.core.ports import GenerateRequest, ToolSpec
from app.engine.copied import each_text, with_copied

_WORD = re.compile(r"(?<![\w\u0300-\u036f])[^\W\d_]++(?![\w\u0300-\u036f])")
_SHORTEST, _LONGEST = 4, 30
"""Letters of a word that may be replaced: shorter ones have too many neighbours."""
_SHORTEST_LOST = 5
"""Letters of one that may lack a letter: "emil" is somebody's name."""
_TARGETS = 2500
"""How many of the words a model knows are put in the place of others: rare ones were not meant."""
_MOST_TEXT = 20_000
"""Characters of a text that is looked through; no longer one fits into a small model."""
_CAPITALISED = frozenset(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
     "february", "march", "april", "june", "july", "august", "september", "october", "november",
     "december")
)  # fmt: skip
"""What is written large within a sentence, and no name of somebody."""
_BEFORE_A_SENTENCE = frozenset(".!?:;\n-")


@dataclass(frozen=True)
class _Change:
    """A word that was replaced: where it stands in what is read, and in what was typed."""

    begin: int
    end: int
    typed_begin: int
    typed_end: int


@dataclass(frozen=True)
class Respelled:
    """A text as it is read, what was typed, and the words in which they differ, in order."""

    read: str
    typed: str
    changes: tuple[_Change, ...] = ()

    def typed_for(self, value: str) -> str | None:
        """The typed words for a piece of what is read; None if it is no piece of it."""
        plain = re.sub(r"[^\S\n]", " ", self.read)
        found = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", plain)
        if found is None:
            return None
        begin, end = found.span()
        return self.typed[self._place(begin, ends=False) : self._place(end, ends=True)]

    def _place(self, place: int, *, ends: bool) -> int:
        """A place in what is read, in what was typed; inside a replaced word, one of its edges."""
        moved = 0
        for change in self.changes:
            if change.end <= place:
                moved = change.typed_end - change.end
            elif change.begin < place:
                return change.typed_end if ends else change.typed_begin
        return place + moved


class Typed:
    """Puts what the user typed into calls that were read from respelled texts."""

    def __init__(self, texts: Sequence[Respelled], tools: Sequence[ToolSpec]) -> None:
        """`texts` come newest first; what `tools` name as one of a few words is left alone."""
        self._texts = texts
        self._tools = tools

    def call(self, call: ToolCall) -> ToolCall:
        """The call with the user's own letters."""
        return with_copied(call, self._tools, self._typed) if self._texts else call

    def _typed(self, value: str) -> str:
        words = value.strip()
        for text in self._texts:
            if words and (typed := text.typed_for(words)) is not None:
                return value.replace(words, typed, 1)
        return value


class Spelling:
    """Replaces words a model does not know by one it knows that is one slip of the finger away.

    A slip changes the places of two letters, doubles one or loses one, as in the reading of times.
    Another letter makes another word too often: "steven" is not "seven".
    """

    def __init__(self, words: Sequence[str]) -> None:
        """`words` the model knows, in small letters, the most frequent first."""
        self._known = frozenset(words)
        self._rank = {word: rank for rank, word in enumerate(words[:_TARGETS])}

    def read(self, request: GenerateRequest) -> tuple[GenerateRequest, Typed]:
        """The request as the model should read it, and what puts its calls into typed letters."""
        said = [message.text for message in request.messages if message.role == "user"]
        meant = self._meant_in([*said, *request.spans])
        if not self._rank or not (meant or any(map(str.isupper, said))):
            return request, Typed((), ())
        messages = tuple(_message(message, meant) for message in request.messages)
        spans = [respelled(_calm(span), meant, span) for span in request.spans]
        read = replace(request, messages=messages, spans=tuple(span.read for span in spans))
        return read, Typed(spans[::-1], request.tools)

    def _meant_in(self, texts: Iterable[str]) -> dict[str, str]:
        """What is meant by words of the texts that were typed wrong, in small letters.

        No two words of the texts are read alike: one would then be taken for the other.
        """
        meant: dict[str, str] = {}
        named: set[str] = set()
        words: set[str] = set()
        for text in texts if self._rank else ():
            for match in _WORD.finditer(text[:_MOST_TEXT]):
                word = match.group().casefold()
                right = self._meant(word) if word not in words else meant.get(word)
                words.add(word)
                if right is None:
                    continue
                meant[word] = right
                if _is_name(text, match.start(), right):
                    named.add(word)
        rights = Counter(meant.values())
        return {
            word: right
            for word, right in meant.items()
            if word not in named and right not in words and rights[right] == 1
        }

    def _meant(self, word: str) -> str | None:
        """The word that was meant, if `word` is none and one is near: the most frequent one.

        A letter too many or in the wrong place tells more than one that is not there.
        """
        if word in self._known or not _SHORTEST <= len(word) <= _LONGEST:
            return None
        for near in (_without_a_slip(word), _with_a_letter(word)):
            found = [each for each in near if each in self._rank]
            if found:
                return min(found, key=self._rank.__getitem__)
        return None


def respelled(text: str, meant: Mapping[str, str], typed_text: str = "") -> Respelled:
    """The text with the words put right that `meant` has, in small letters.

    `typed_text` is what was typed for it, if that has other letters in the same places.
    """
    read = ""
    rest = 0
    changes: list[_Change] = []
    for match in _WORD.finditer(text[:_MOST_TEXT]):
        typed = match.group()
        right = meant.get(typed.casefold())
        if right is None:
            continue
        if typed[0].isupper():
            right = right.upper() if typed.isupper() else right.capitalize()
        read += text[rest : match.start()]
        changes.append(_Change(len(read), len(read) + len(right), *match.span()))
        read += right
        rest = match.end()
    return Respelled(read + text[rest:], typed_text or text, tuple(changes))


def _calm(text: str) -> str:
    """What is all in capitals, in small letters: of those the model has read far more."""
    small = text.lower()
    return small if text.isupper() and len(small) == len(text) else text


def _without_a_slip(word: str) -> Iterator[str]:
    """What `word` may have been before two letters changed places, or one was doubled.

    The first letter is seldom wrong.
    """
    for place, (one, other) in enumerate(pairwise(word)):
        if one == other:
            yield word[:place] + word[place + 1 :]
        elif place:
            yield word[:place] + other + one + word[place + 2 :]


def _with_a_letter(word: str) -> Iterator[str]:
    """What `word` may have been before it lost a letter."""
    if len(word) >= _SHORTEST_LOST:
        for place in range(1, len(word) + 1):
            for letter in string.ascii_lowercase:
                yield word[:place] + letter + word[place:]


def _is_name(text: str, begin: int, right: str) -> bool:
    """Whether the word that begins there is large without need, and `right` would not be."""
    word = text[begin : begin + 2]
    if not word[0].isupper() or word.isupper() or right in _CAPITALISED:
        return False
    while begin and text[begin - 1] in " \t\"'(":
        begin -= 1
    return bool(begin) and text[begin - 1] not in _BEFORE_A_SENTENCE


def _message(message: Message, meant: Mapping[str, str]) -> Message:
    """What the user said, and what the model copied from that before."""

    def part(part: Part) -> Part:
        if isinstance(part, ToolCall):
            read = {name: each_text(value, right) for name, value in part.arguments.items()}
            return ToolCall(part.name, read)
        if isinstance(part, Text) and message.role == "user":
            return Text(right(_calm(part.text)))
        return part

    def right(text: str) -> str:
        return respelled(text, meant).read

    return replace(message, parts=tuple(map(part, message.parts)))
