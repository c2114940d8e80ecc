"""Which parts of a piece of code are keywords, strings and the like. No Qt, no colours.

Pygments is imported at the first call, not with this module: it takes some 50 ms.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer

LONGEST = 50_000
"""Longer code, in characters, is left plain."""

_WORK = 0.001
_REST = 0.002


class Role(Enum):
    """What a part of code is."""

    KEYWORD = "keyword"
    STRING = "string"
    NUMBER = "number"
    COMMENT = "comment"
    NAME = "name"


@dataclass(frozen=True)
class Span:
    """A part of the code: `start` and `length` in characters."""

    start: int
    length: int
    role: Role


def spans(code: str, language: str) -> tuple[Span, ...]:
    """The parts of `code` in order, without overlap; none for a language that is not known.

    For a thread beside the window's: it rests now and then, so that the window is never kept
    from running.
    """
    if not language or len(code) > LONGEST:
        return ()
    lexer = _lexer(language)
    if lexer is None:
        return ()
    found: list[Span] = []
    begun = time.perf_counter()
    # Not get_tokens(): that would strip and normalise, and the places would not fit any more.
    for start, kind, text in lexer.get_tokens_unprocessed(code):
        role = _role(str(kind))
        if role is not None and text:
            last = found[-1] if found else None
            if last is not None and last.role is role and last.start + last.length == start:
                found[-1] = Span(last.start, last.length + len(text), role)
            else:
                found.append(Span(start, len(text), role))
        if time.perf_counter() - begun > _WORK:
            time.sleep(_REST)
            begun = time.perf_counter()
    return tuple(found)


def _lexer(language: str) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language.casefold())
    except ClassNotFound:
        return None


def _role(token: str) -> Role | None:
    """The role of a Pygments token ("Token.Literal.String.Doc")."""
    part = token.removeprefix("Token.")
    if part.startswith("Comment"):
        return Role.COMMENT
    if part.startswith(("Keyword", "Operator.Word", "Name.Tag", "Generic.Heading")):
        return Role.KEYWORD
    if part.startswith(("Literal.String", "Generic.Inserted")):
        return Role.STRING
    if part.startswith(("Literal.Number", "Literal.Date", "Generic.Deleted")):
        return Role.NUMBER
    if part.startswith(("Name.Function", "Name.Class", "Name.Decorator", "Name.Builtin")):
        return Role.NAME
    return None
