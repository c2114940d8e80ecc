""" "Gym from next month on": the first of a series in some time, and all that follow."""

from __future__ import annotations

import re

_ON = re.compile(
    r"(?:(?:all|every|each)\s+)?(?:(?:of\s+)?(?:the|my|our)\s+)?(?P<what>\S.*?)\s+"
    r"(?:from|starting(?:\s+(?:from|with|on|in))?|as\s+of)\s+(?P<when>\S.*?)\s+(?:on|onwards?)\s*[.!]?",
    re.IGNORECASE,
)


def from_then_on(reference: str) -> str:
    """The words for the first one, "" where the reference does not say "from … on"."""
    match = _ON.fullmatch(reference.strip())
    return f"the first {match['what']} {match['when']}" if match else ""
