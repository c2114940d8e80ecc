"""Words typed wrong, as a small model should read them; and its calls in the user's own letters.

A model whose tokens are pieces of words reads "resechdule" as rubble, and takes the rest of the
message for something else. So such a word is replaced by the one it was meant to be before the
model reads it, and what the model copies from the message is copied from what the user typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.core.messages import Message, Part, Text, ToolCall
from app.core.ports import GenerateRequest, ToolSpec

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 4
"""Letters of a word that is replaced: shorter ones have too many neighbours."""
_TARGETS = 2500
"""How many of the words a model knows are put in the place of others: rare ones were not meant."""
_CAPITALISED = frozenset(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "january",
     "february", "march", "april", "june", "july", "august", "september", "october", "november",
     "december")
)  # fmt: skip
"""What is written large within a sentence, and no name of somebody."""


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
        found = re.search(rf"(?<!\w){re.escape(value)}(?!\w)", self.read)
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
        self._texts = [text for text in texts if text.changes]
        self._copied = {
            tool.name: frozenset(
                name for name, schema in _properties(tool).items()
                if not isinstance(schema, Mapping) or "enum" not in schema
            )
            for tool in tools
        }  # fmt: skip

    def call(self, call: ToolCall) -> ToolCall:
        """The call with the user's own letters."""
        copied = self._copied.get(call.name, frozenset())
        arguments = {
            name: _each_text(value, self._typed) if name in copied else value
            for name, value in call.arguments.items()
        }
        return ToolCall(call.name, arguments)

    def _typed(self, value: str) -> str:
        words = value.strip()
        for text in self._texts:
            if words and (typed := text.typed_for(words)) is not None:
                return value.replace(words, typed, 1)
        return value


class Spelling:
    """Replaces words a model does not know by one it knows that is one slip of the finger away."""

    def __init__(self, words: Sequence[str]) -> None:
        """`words` the model knows, in small letters, the most frequent first."""
        self._known = frozenset(words)
        self._targets: dict[tuple[str, int], list[str]] = {}
        for word in words[:_TARGETS]:
            if len(word) >= _SHORTEST:
                self._targets.setdefault((word[0], len(word)), []).append(word)

    def read(self, request: GenerateRequest) -> tuple[GenerateRequest, Typed]:
        """The request as the model should read it, and what puts its calls into typed letters."""
        if not self._targets:
            return request, Typed((), ())
        spans = [self.respelled(span) for span in request.spans]
        messages = tuple(map(self._message, request.messages))
        respelled = replace(request, messages=messages, spans=tuple(span.read for span in spans))
        return respelled, Typed(spans[::-1], request.tools)

    def _message(self, message: Message) -> Message:
        """What the user said, and what the model copied from that before."""
        return replace(
            message, parts=tuple(self._part(part, message.role) for part in message.parts)
        )

    def _part(self, part: Part, role: str) -> Part:
        if isinstance(part, ToolCall):
            read = {name: _each_text(value, self._read) for name, value in part.arguments.items()}
            return ToolCall(part.name, read)
        if isinstance(part, Text) and role == "user":
            return Text(self._read(part.text))
        return part

    def _read(self, text: str) -> str:
        return self.respelled(text).read

    def respelled(self, text: str) -> Respelled:
        """The text with its words put right."""
        read = ""
        rest = 0
        changes: list[_Change] = []
        for match in _WORD.finditer(text):
            right = self._meant(match.group())
            if right is None or _is_name(text, match.start(), right):
                continue
            read += text[rest : match.start()]
            changes.append(_Change(len(read), len(read) + len(right), *match.span()))
            read += right
            rest = match.end()
        return Respelled(read + text[rest:], text, tuple(changes))

    def _meant(self, typed: str) -> str | None:
        """The word that was meant, if `typed` is none and one is near: the most frequent one."""
        word = typed.casefold()
        if len(word) < _SHORTEST or word in self._known:
            return None
        for length in (len(word), len(word) + 1, len(word) - 1):
            for target in self._targets.get((word[0], length), ()):
                if _is_one_slip(word, target):
                    return (
                        target.upper()
                        if typed.isupper()
                        else (target.capitalize() if typed[0].isupper() else target)
                    )
        return None


def _is_name(text: str, begin: int, right: str) -> bool:
    """Whether a word is large without need, and `right` would not be."""
    word_before = text[:begin].rstrip()
    first = (
        not word_before or word_before[-1] in ".!?:;\n-" or "\n" in text[len(word_before) : begin]
    )
    named = right[0].isupper() and not right.isupper() and right.casefold() not in _CAPITALISED
    return named and not first


def _is_one_slip(word: str, other: str) -> bool:
    """Whether one letter is missing, too much, another, or changed places with the next."""
    begin = 0
    while begin < min(len(word), len(other)) and word[begin] == other[begin]:
        begin += 1
    mine, theirs = word[begin:], other[begin:]
    while mine and theirs and mine[-1] == theirs[-1]:
        mine, theirs = mine[:-1], theirs[:-1]
    return (len(mine) <= 1 and len(theirs) <= 1) or (len(mine) == 2 and mine == theirs[::-1])


def _each_text(value: object, change: Callable[[str], str]) -> object:
    """A value with each text in it changed."""
    if isinstance(value, list | tuple):
        return [_each_text(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def _properties(tool: ToolSpec) -> Mapping[str, object]:
    properties = tool.parameters.get("properties")
    return properties if isinstance(properties, Mapping) else {}
