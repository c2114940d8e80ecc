"""What the agent writes down with a turn beside what was said, as results of no tool.

They are stored as tool results because those are for nobody's eyes: what the user had open when
the turn began, the line about the time the model was given with it, the calls as the model made
them where code has mended them, and whether the user agreed to what was proposed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.core.messages import Message, ToolCall, ToolResult

_SHOWN = "shown"
_TIMED = "timed"
_CALLED = "called"
_SETTLED = "settled"


def result_message(name: str, ok: bool, content: str, mentions: tuple[str, ...] = ()) -> Message:
    """The message that keeps a tool's result."""
    return Message("tool", (ToolResult(name, ok, content, mentions),))


def shown_message(about: tuple[str, ...]) -> Message:
    """The record of what the user had open."""
    return result_message(_SHOWN, True, "", about)


def timed_message(line: str) -> Message:
    """The record of the line about the time."""
    return result_message(_TIMED, True, line)


def called_message(calls: Sequence[ToolCall]) -> Message:
    """The record of the calls as the model made them."""
    made = [{"name": call.name, "arguments": dict(call.arguments)} for call in calls]
    return result_message(_CALLED, True, json.dumps(made, ensure_ascii=False))


def settled_message(*, done: bool) -> Message:
    """The record of the user's yes, and that it was done; or of a no."""
    return result_message(_SETTLED, True, "done" if done else "declined")


def settled_as(record: ToolResult) -> str:
    """How it was settled, "done" or "declined"; "" for any other result."""
    return record.content if record.name == _SETTLED else ""


def open_then(replies: Sequence[Message]) -> tuple[str, ...]:
    """What the user had open when the turn of these replies began."""
    record = _record(_SHOWN, replies)
    return record.mentions if record is not None else ()


def time_then(replies: Sequence[Message]) -> str:
    """The line about the time that was given with the turn, "" where none was noted."""
    record = _record(_TIMED, replies)
    return record.content if record is not None else ""


def calls_made(record: ToolResult) -> tuple[ToolCall, ...] | None:
    """The calls of a record of them; None for any other result."""
    if record.name != _CALLED:
        return None
    return tuple(ToolCall(call["name"], call["arguments"]) for call in json.loads(record.content))


def is_record(part: ToolResult) -> bool:
    """Whether this is no tool's result."""
    return part.name in (_SHOWN, _TIMED, _CALLED, _SETTLED)


def _record(name: str, replies: Sequence[Message]) -> ToolResult | None:
    results = (part for reply in replies for part in reply.parts if isinstance(part, ToolResult))
    return next((part for part in results if part.name == name), None)
