"""Text into tokens: words, figures and signs, with their places in the text.

Characters are replaced one for one (curly quotes, odd dashes and spaces), so that places stay
true. No meaning is given here beyond spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from app.tools.when.vocabulary import ALIASES


class Kind(Enum):
    """WORD: letters, or "2moro". NUMBER: ASCII figures. SIGN: another character. END: the end."""

    WORD = "word"
    NUMBER = "number"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    """One token. `lemma` is its word as the grammar knows it; `glued`: no space before it."""

    kind: Kind
    text: str
    lemma: str
    start: int
    end: int
    glued: bool


END = Token(Kind.END, "", "", 0, 0, False)

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’ʼ‛`´′", "'"),  # noqa: RUF001  the signs meant
        **dict.fromkeys("“”„‟", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),  # noqa: RUF001  the signs meant
        **dict.fromkeys("\u00a0\u2007\u2009\u200a\u202f\u2060\ufeff\u200b", " "),
        "∶": ":",  # noqa: RUF001  the sign meant
        "/": "/",
    }
)
_TOKEN = re.compile(
    r"(?P<word>2(?:moro|morrow|mro|nite)s?\b|[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<number>[0-9]+)|(?P<sign>\S)",
    re.IGNORECASE,
)


def tokenize(text: str) -> list[Token]:
    """The tokens of `text` in order, without an END."""
    plain = text.translate(_PLAIN)
    tokens: list[Token] = []
    for match in _TOKEN.finditer(plain):
        start, end = match.span()
        piece = match.group()
        kind, lemma = Kind.SIGN, piece
        if match.lastgroup == "number":
            kind = Kind.NUMBER
        elif match.lastgroup == "word":
            kind = Kind.WORD
            lemma = piece.lower().removesuffix("'s")
            lemma = ALIASES.get(lemma, lemma)
        glued = bool(tokens) and tokens[-1].end == start
        tokens.append(Token(kind, piece, lemma, start, end, glued))
    return tokens
