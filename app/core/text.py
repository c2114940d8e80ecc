"""Making text by others fit to be shown. No wording here."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t\u200d"  # the joiner holds emoji together
_DROPPED = ("Cf", "Cs", "Co", "Cn")


def printable(text: str) -> str:
    """`text` without what steers a terminal or hides: control characters and direction marks.

    Line breaks and tabs stay; other control characters become spaces.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character in _KEPT:
        return character
    if category in _DROPPED:
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else character
