"""One step of a turn: what the model called and what came of it, and how far steps may go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import KnownError
from app.core.messages import Message, ToolCall
from app.core.ports import ToolOutcome
from app.core.proposals import Provenance

MOST_CALLS = 4
"""Calls of one turn."""

READERS = frozenset({"mail_read", "mail_summarise", "mail_extract"})
"""Tools that read what others wrote."""

_MORE = re.compile(
    r"\b(?:if|unless|otherwise|depending|in case|whether|as long as|provided|then|after that"
    r"|whoever|whichever)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    """Calls and their outcomes, one for each. `recent` as in `Asked`, with what they spoke of.

    `reply` is what the model wrote, its calls before they were mended.
    """

    reply: Message
    calls: tuple[ToolCall, ...]
    outcomes: tuple[ToolOutcome, ...]
    foreign: tuple[Provenance, ...]
    recent: tuple[tuple[str, ...], ...]

    @property
    def only_looked(self) -> bool:
        """Whether nothing was proposed."""
        return all(outcome.proposal is None for outcome in self.outcomes)

    @property
    def data(self) -> list[Mapping[str, object]]:
        """What the tools found."""
        return [outcome.data for outcome in self.outcomes]

    @property
    def sentence(self) -> str:
        """What the tools say to the user."""
        return "\n".join(outcome.sentence for outcome in self.outcomes)

    @property
    def facts(self) -> str:
        """What the model may know of it."""
        pairs = zip(self.calls, self.outcomes, strict=True)
        return "\n".join(fact(call.name, facts(outcome.data)) for call, outcome in pairs)


def may_need_more(text: str) -> bool:
    """Whether the words speak of something that hangs on what is found first.

    Other requests are done with one generation, as what tools found is shown by the tools.
    """
    return bool(_MORE.search(text))


def fact(tool: str, content: str, *, ok: bool = True) -> str:
    """A result as the model is told of it; `content` are its `facts`, or its error's code."""
    if not ok:
        return f"[{tool} failed: {content}]"
    return f"[{tool}: {content}]" if content else f"[{tool}]"


def facts(data: Mapping[str, object]) -> str:
    """What the model may know of a result: counts and ids, no text that others wrote."""
    found: list[str] = []
    for key, value in data.items():
        if isinstance(value, bool | int):
            found.append(f"{key}: {value}")
        elif isinstance(value, list | tuple):
            ids = [item["id"] for item in value if isinstance(item, Mapping) and "id" in item]
            found.append(f"{key}: {', '.join(map(str, ids)) or len(value)}")
    return "; ".join(found)


def too_many_calls() -> KnownError:
    """The error for a turn that wants more than `MOST_CALLS`."""
    return KnownError(
        "too_many_steps",
        f"This takes more than {MOST_CALLS} steps at once. Nothing was changed.",
        "Ask for it in parts.",
    )
