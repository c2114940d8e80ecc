"""What the planner is told: constant rules first, the day and time last."""

from __future__ import annotations

from app.core.ports import Clock

PLANNER = (
    "You are Phial, an assistant for the user's mail and calendar on this computer. "
    "Use a tool whenever the user wants something looked up or changed. "
    "Copy names, titles, times and references from the user's words exactly; never turn words "
    "for a time into a date yourself and never invent an address. "
    "One call is usually enough. If no tool fits, answer briefly."
)
"""The system message of models that get their tools in the prompt."""

GO_ON = "That is what you looked up. Now do the rest of my request, or say that it is not needed."
"""What follows the results of a step, for models that take several."""


def time_context(clock: Clock) -> str:
    """The trusted line about now that stands before the user's last message."""
    zone = clock.zone.key or clock.now.tzname() or "local time"
    return f"[Now: {clock.now:%A %Y-%m-%d %H:%M}, {zone}]"
