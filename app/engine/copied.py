"""What of a tool call repeats the user's words, rather than names one of a few."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.core.messages import ToolCall
from app.core.ports import ToolSpec


def with_copied(
    call: ToolCall, tools: Sequence[ToolSpec], change: Callable[[str], str]
) -> ToolCall:
    """The call with each text changed that it copied, also in lists; of no other tool's call."""
    properties = next((t.parameters.get("properties") for t in tools if t.name == call.name), None)
    if not isinstance(properties, Mapping):
        return call
    arguments = {
        name: value if _is_fixed(properties.get(name)) else each_text(value, change)
        for name, value in call.arguments.items()
    }
    return ToolCall(call.name, arguments)


def each_text(value: object, change: Callable[[str], str]) -> object:
    """A value with each text in it changed."""
    if isinstance(value, list | tuple):
        return [each_text(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def _is_fixed(schema: object) -> bool:
    return isinstance(schema, Mapping) and "enum" in schema
