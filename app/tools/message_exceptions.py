"""A set of messages less some of it: "all mail from Kofi except the tickets"."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.core.errors import KnownError
from app.core.text import counted
from app.mail.model import Envelope
from app.tools.wording import shown

BETWEEN = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|&)\s+", re.IGNORECASE)
"""What stands between the parts of a list."""

_EXCEPT = re.compile(
    r"\s*,?\s+(?:except(?:\s+for)?|but\s+not|apart\s+from|other\s+than|excluding|save\s+for)\s+",
    re.IGNORECASE,
)


def exception(text: str) -> tuple[str, str] | None:
    """The words for a set and for what it leaves out; None if nothing is left out."""
    found = _EXCEPT.search(text)
    if found is None:
        return None
    whole, unwanted = text[: found.start()].strip(), text[found.end() :].strip()
    return (whole, unwanted) if whole and unwanted else None


def without(
    envelopes: Sequence[Envelope],
    text: str,
    unwanted: str,
    among: Callable[[str, Sequence[Envelope]], Sequence[Envelope]],
) -> tuple[Envelope, ...]:
    """The messages of the set `text` that are not among those `unwanted` names.

    `among` finds what words mean among messages. Raises KnownError("message_not_found") where it
    finds none, so that nothing is done that was not to be done, and where nothing is left.
    """
    dropped: set[str] = set()
    for part in filter(None, BETWEEN.split(unwanted)):
        meant = among(part, envelopes)
        if not meant:
            raise KnownError(
                "message_not_found",
                f"“{shown(part)}” is none of the {counted(len(envelopes), 'message')} in "
                f"“{shown(text)}”.",
                "Check its name, or name the messages you mean.",
            )
        dropped |= {each.id for each in meant}
    kept = tuple(each for each in envelopes if each.id not in dropped)
    if not kept:
        raise KnownError(
            "message_not_found",
            f"Nothing is left of “{shown(text)}” without “{shown(unwanted)}”.",
            "Name the messages you mean.",
        )
    return kept
