"""Mending a model's call with what the user's own words show beyond doubt.

A small model finds the right tool and most of the right words; where a value ends, and whether a
time was said in two places, code can see. Nothing here adds words the user did not say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.core.errors import KnownError
from app.core.messages import ToolCall
from app.core.ports import Clock
from app.tools.when import WhenKind, find_when, parse_when

_LINKS = frozenset({"on", "at", "for", "from", "by", "this", "the", "-", ","})


def mended(call: ToolCall, text: str, clock: Clock, locale: str) -> ToolCall:
    """The call as it should have been, given the message `text` it answers."""
    if call.name != "cal_create":
        return call
    arguments = dict(call.arguments)
    title, when = arguments.get("title"), arguments.get("when")
    if not isinstance(title, str) or not isinstance(when, str):
        return call
    arguments["title"] = _without_time(title, when)
    arguments["when"] = _with_clock_time(when, text, _others(arguments), clock, locale)
    return ToolCall(call.name, arguments)


def _without_time(title: str, when: str) -> str:
    """The title less words at its end that `when` begins with: "lunch on Friday", "Friday at 3"."""
    words, times = title.split(), when.casefold().split()
    for count in range(len(times), 0, -1):
        if len(words) > count and [word.casefold() for word in words[-count:]] == times[:count]:
            del words[-count:]
            while len(words) > 1 and words[-1].casefold() in _LINKS:
                words.pop()
            return " ".join(words)
    return title


def _with_clock_time(when: str, text: str, others: Iterable[str], clock: Clock, locale: str) -> str:
    """A day with the one time of day that stands elsewhere: "Lunch Thursday with Mark at 12:30"."""
    try:
        if parse_when(when, clock, locale=locale).kind is not WhenKind.DAY:
            return when
        rest = text
        for part in (when, *others):
            rest = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " ", rest, count=1)
        found = find_when(rest, clock, locale=locale)
        if found is None:
            return when
        start, end = found[1]
        joined = f"{when} {rest[start:end].strip()}"
        whole = parse_when(joined, clock, locale=locale)
    except KnownError:
        return when  # the tool says what is wrong with it
    return when if whole.kind in (WhenKind.DAY, WhenKind.RECURRING) else joined


def _others(arguments: dict[str, object]) -> list[str]:
    """The other values that are the user's words; times in them mean something else."""
    found: list[str] = []
    for name, value in arguments.items():
        values = value if isinstance(value, list) else [value]
        if name != "when":
            found += [item for item in values if isinstance(item, str)]
    return sorted(found, key=len, reverse=True)
