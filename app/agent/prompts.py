"""What a model is told: constant rules first; day, time and facts with each message."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.messages import Message, Text
from app.core.ports import Clock

PLANNER = (
    "You are Phial, an assistant for the user's mail and calendar on this computer. "
    "Use a tool whenever the user wants something looked up or changed. "
    "Copy names, titles, times and references from the user's words exactly; never turn words "
    "for a time into a date yourself and never invent an address. "
    "One call is usually enough. If no tool fits, answer briefly."
)
"""The system message of models that get their tools in the prompt."""

THINKER = (
    "You are Phial, an assistant on the user's own computer. With this model you cannot look at "
    "the user's mail or calendar, nor change anything there. If that is what is asked for, say so, "
    "and that another model can be chosen for it in the settings. Otherwise answer the question."
)
"""The system message of models that think before they answer: they get no tools."""

GO_ON = "That is what you looked up. Now do the rest of my request, or say that it is not needed."
"""What follows the results of a step, for models that take several."""


def time_context(clock: Clock) -> str:
    """The trusted line about the time a message was written at."""
    zone = clock.zone.key or clock.now.tzname() or "local time"
    return f"[Now: {clock.now:%A %Y-%m-%d %H:%M}, {zone}]"


def go_on(facts: str) -> Message:
    """What follows a step that came to `facts`, for models that take several."""
    return Message.of("user", f"{facts}\n\n{GO_ON}")


def as_asked(user: Message, time: str, about: Sequence[str], facts: str) -> Message:
    """The user's message as a model is given it, now and in every later prompt.

    `facts` are those of the turn before; `time` is the line about when it was written, `about`
    what the user had open. The lines stand in the message, not before the dialogue: so the
    prompt's beginning stays as it was, and with it what the model has read of it.
    """
    lines = [time]
    if facts:
        lines.insert(0, facts)
    if about:
        lines.append(f"[The user has {', '.join(about)} open]")
    return Message(user.role, (Text("\n".join(lines) + "\n\n"), *user.parts))
