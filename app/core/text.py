"""Text as people are shown it: by others, made harmless; and numbers with their noun."""

from __future__ import annotations

import re
import unicodedata

_UNSURE = re.compile(r"[^ -~\n\t]")
_KEPT = "\n\t\u200d"  # the joiner holds emoji together
_DROPPED = ("Cf", "Cs", "Co", "Cn")


def printable(text: str) -> str:
    """`text` without what steers a terminal or hides: control characters and direction marks.

    Line breaks and tabs stay; other control characters become spaces.
    """
    return _UNSURE.sub(lambda found: _shown(found[0]), text)


def counted(count: int, noun: str) -> str:
    """1 message, 3 messages, 1,200 messages."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _shown(character: str) -> str:
    category = unicodedata.category(character)
    if character in _KEPT:
        return character
    if category in _DROPPED:
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else character
