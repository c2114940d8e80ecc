"""Requests, events and capabilities as JSON lines between the engine's client and its host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.core.events import (
    EngineEvent,
    Failed,
    Finished,
    Progress,
    Remembers,
    TextDelta,
    ThoughtDelta,
    ToolCallReady,
)
from app.core.messages import Message, ToolCall, part_from_json, part_to_json
from app.core.ports import Capabilities, GenerateRequest, Prefix, ToolSpec
from app.core.proposals import Risk

_EVENTS: dict[str, type] = {
    kind.__name__: kind for kind in (TextDelta, ThoughtDelta, Progress, Remembers, Finished, Failed)
}


def request_to_json(request: GenerateRequest) -> dict[str, object]:
    """A request as JSON values."""
    return {
        "id": request.id,
        **_opening_to_json(request.messages, request.tools),
        "spans": list(request.spans),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "seed": request.seed,
        "conversation": request.conversation,
        "must_call": request.must_call,
        "max_thinking": request.max_thinking,
    }


def request_from_json(data: Mapping[str, Any]) -> GenerateRequest:
    """The inverse of `request_to_json`. Raises KeyError or ValueError on foreign data."""
    messages, tools = _opening_from_json(data)
    return GenerateRequest(
        id=data["id"],
        messages=messages,
        tools=tools,
        spans=tuple(data["spans"]),
        max_tokens=data["max_tokens"],
        temperature=data["temperature"],
        top_p=data["top_p"],
        top_k=data["top_k"],
        seed=data["seed"],
        conversation=data["conversation"],
        must_call=data["must_call"],
        max_thinking=data["max_thinking"],
    )


def prefix_to_json(prefix: Prefix) -> dict[str, object]:
    """What requests begin with, as JSON values."""
    return _opening_to_json(prefix.messages, prefix.tools)


def prefix_from_json(data: Mapping[str, Any]) -> Prefix:
    """The inverse of `prefix_to_json`. Raises KeyError or ValueError on foreign data."""
    return Prefix(*_opening_from_json(data))


def _opening_to_json(
    messages: tuple[Message, ...], tools: tuple[ToolSpec, ...]
) -> dict[str, object]:
    return {
        "messages": [message.to_json() for message in messages],
        "tools": [
            {
                "name": tool.name,
                "purpose": tool.purpose,
                "risk": tool.risk.name,
                "parameters": tool.parameters,
            }
            for tool in tools
        ],
    }


def _opening_from_json(
    data: Mapping[str, Any],
) -> tuple[tuple[Message, ...], tuple[ToolSpec, ...]]:
    return (
        tuple(Message.from_json(message) for message in data["messages"]),
        tuple(
            ToolSpec(tool["name"], tool["purpose"], Risk[tool["risk"]], tool["parameters"])
            for tool in data["tools"]
        ),
    )


def event_to_json(event: EngineEvent) -> dict[str, object]:
    """An event as JSON values; "end" is true on the last one of a generation."""
    if isinstance(event, ToolCallReady):
        return {"event": "ToolCallReady", "call": part_to_json(event.call)}
    # Events are flat, and there is one a token: asdict would copy each value.
    line: dict[str, object] = {"event": type(event).__name__, **vars(event)}
    if isinstance(event, Finished | Failed):
        line["end"] = True
    return line


def event_from_json(line: Mapping[str, Any]) -> EngineEvent:
    """The inverse of `event_to_json`. Raises KeyError or TypeError on foreign data."""
    kind = line["event"]
    if kind == "TextDelta":  # one a token
        return TextDelta(line["text"])
    values = {key: value for key, value in line.items() if key not in ("id", "end", "event")}
    if kind == "ToolCallReady":
        call = part_from_json(values["call"])
        if not isinstance(call, ToolCall):
            raise TypeError("not a tool call")
        return ToolCallReady(call)
    event: EngineEvent = _EVENTS[kind](**values)
    return event


def capabilities_to_json(capabilities: Capabilities) -> dict[str, object]:
    """Capabilities as JSON values."""
    return dict(vars(capabilities))


def capabilities_from_json(data: Mapping[str, Any]) -> Capabilities:
    """The inverse of `capabilities_to_json`."""
    return Capabilities(**{**data, "devices": tuple(data["devices"])})
