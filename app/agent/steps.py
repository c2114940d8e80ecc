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

_MOST_IDS = 20
_MOST_TIMES = 3
_TO_THE_MINUTE = len("2026-11-18T09:30")

_MORE = re.compile(
    r"\b(?:if|unless|otherwise|depending|in case|whether|as long as|provided|then|after that"
    r"|whoever|whichever)\b",
    re.IGNORECASE,
)


_SECOND_WISH = re.compile(
    r"(?:\b(?:and|then)\b|[&,.;:?!])\s+(?:(?:please|then|also|let['’]?s)\s+)*"  # noqa: RUF001
    r"(?:add|block|book|create|enter|fill|make|move|note|pencil|plan|push|put|reserve|schedule|set"
    r"|shift|use)\s+\w",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    """Calls and their outcomes, one for each. `recent` as in `Asked`, with what they spoke of.

    `reply` is what the model wrote, its calls before they were mended; it may have misread the
    user where it was `unsure`.
    """

    reply: Message
    calls: tuple[ToolCall, ...]
    outcomes: tuple[ToolOutcome, ...]
    foreign: tuple[Provenance, ...]
    recent: tuple[tuple[str, ...], ...]
    unsure: bool = False

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
        return "\n".join(fact(call.name, facts(outcome)) for call, outcome in pairs)


def waits_for_a_time(step: Step, text: str) -> bool:
    """Whether a step found free times, and the words go on with what one of them is for.

    "Find an hour tomorrow and book the dentist". Nothing else is asked of a small model twice:
    other second wishes it calls at once.
    """
    looked = [call.name for call in step.calls] == ["cal_free"]
    return looked and bool(_SECOND_WISH.search(text))


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


def facts(outcome: ToolOutcome) -> str:
    """What the model may know of a result: counts, ids and free times, no text by others."""
    data = outcome.data
    found: list[str] = []
    if "free" in data:
        found.append("free" if data["free"] else "busy")
        if data["free"]:
            slots = data.get("slots")
            listed = slots if isinstance(slots, list | tuple) else ()
            starts = [str(slot["start"]) for slot in listed if isinstance(slot, Mapping)]
            found.append(", ".join(start[:_TO_THE_MINUTE] for start in starts[:_MOST_TIMES]))
        return "; ".join(filter(None, found))
    for name in ("total", "unchanged"):
        if isinstance(count := data.get(name), int):
            found.append(f"{name}: {count}")
    if data.get("mentioning") is True:
        found.append("only mentioning them")
    ids = [each for each in outcome.mentions if not each.startswith("@")]
    found.append(", ".join(ids[:_MOST_IDS]))
    return "; ".join(filter(None, found))


def too_many_calls() -> KnownError:
    """The error for a turn that wants more than `MOST_CALLS`."""
    return KnownError(
        "too_many_steps",
        f"This takes more than {MOST_CALLS} steps at once. Nothing was changed.",
        "Ask for it in parts.",
    )
