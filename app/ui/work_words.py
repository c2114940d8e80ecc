"""What happens with the turn under way, in words, and how often they change. No Qt here."""

from __future__ import annotations

import time
from collections.abc import Callable

from app.core.engine_life import EngineLoading, EngineStage, EngineStarting

SENDING = "Sending your request"
_CALLS = {
    "mail_find": "Looking through the mail",
    "mail_read": "Opening the message",
    "mail_summarise": "Reading the mail",
    "mail_extract": "Reading the message",
    "mail_draft": "Writing the message",
    "mail_reply": "Writing the reply",
    "mail_forward": "Preparing the message",
    "mail_send": "Preparing the message",
    "mail_update": "Looking through the mail",
    "contact_find": "Looking through the contacts",
    "cal_find": "Looking in the calendar",
    "cal_free": "Looking for free time",
    "cal_conflicts": "Looking for overlaps",
    "cal_resolve": "Looking for other times",
    "cal_create": "Looking for a time in the calendar",
    "cal_move": "Looking for the event in the calendar",
    "cal_change": "Looking for the event in the calendar",
    "cal_cancel": "Looking for the event in the calendar",
    "cal_respond": "Looking for the invitation",
    "undo": "Looking for the last change",
}
_PAUSE_S = 0.25
_SPEED_S = 1.0
"""A speed is told once it was measured that long."""


def of_engine(stage: EngineStage) -> str:
    """What a turn waits for, "" if for nothing."""
    match stage:
        case EngineStarting():
            return "Starting the model"
        case EngineLoading(percent):
            return f"Loading the model, {percent} %"
    return ""


def of_call(tool: str) -> str:
    """What a tool does."""
    return _CALLS.get(tool, "Working")


class WorkWords:
    """The words of one turn: each new kind at once, a change of numbers four times a second."""

    def __init__(
        self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`tell` gets the words; `clock` gives seconds."""
        self._tell = tell
        self._clock = clock
        self._kind = ""
        self._told_at = 0.0
        self._pieces = 0
        self._began = 0.0

    def stage(self, stage: str, done: int, total: int) -> None:
        """The engine is at one of its stages (see `agent.events.Working`)."""
        if stage == "prefill" and done < total:
            self._say(stage, f"Reading your request, {done:,} of {total:,} tokens")
        elif stage in ("prefill", "thinking"):  # all is read: the model is about to speak
            self._say("thinking", "Thinking")

    def thought(self) -> None:
        """The model thinks before it answers."""
        self._say("thinking", "Thinking")

    def said(self) -> None:
        """A piece of the answer came: about a token."""
        now = self._clock()
        if not self._pieces:
            self._began = now
        self._pieces += 1
        seconds = now - self._began
        if seconds < _SPEED_S:
            self._say("writing", "Writing")
        else:
            self._say("speed", f"Writing, {(self._pieces - 1) / seconds:,.0f} tokens/s")

    def called(self, tool: str) -> None:
        """A tool is at work."""
        self._say(f"call {tool}", of_call(tool))

    def _say(self, kind: str, words: str) -> None:
        now = self._clock()
        if kind != self._kind or now - self._told_at >= _PAUSE_S:
            self._kind, self._told_at = kind, now
            self._tell(words)
