"""Requests, events and capabilities as JSON lines between the engine's client and its host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.core.events import (
    EngineEvent,
    Failed,
    Finished,
    Progress,
    TextDelta,
    ThoughtDelta,
    ToolCallReady,
)
from app.core.messages import Message, ToolCall, part_from_json, part_to_json
from app.core.ports import Capabilities, GenerateRequest, ToolSpec
from app.core.proposals import Risk

_EVENTS: dict[str, type] = {
    kind.__name__: kind for kind in (TextDelta, ThoughtDelta, Progress, Finished, Failed)
}


def request_to_json(request: GenerateRequest) -> dict[str, object]:
    """A request as JSON values."""
    return {
        "id": request.id,
        "messages": [message.to_json() for message in request.messages],
        "tools": [
            {
                "name": tool.name,
                "purpose": tool.purpose,
                "risk": tool.risk.name,
                "parameters": tool.parameters,
            }
            for tool in request.tools
        ],
        "context": request.context,
        "spans": list(request.spans),
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "seed": request.seed,
    }


def request_from_json(data: Mapping[str, Any]) -> GenerateRequest:
    """The inverse of `request_to_json`. Raises KeyError or TypeError on foreign data."""
    return GenerateRequest(
        id=data["id"],
        messages=tuple(Message.from_json(message) for message in data["messages"]),
        tools=tuple(
            ToolSpec(tool["name"], tool["purpose"], Risk[tool["risk"]], tool["parameters"])
            for tool in data["tools"]
        ),
        context=data["context"],
        spans=tuple(data["spans"]),
        max_tokens=data["max_tokens"],
        temperature=data["temperature"],
        top_p=data["top_p"],
        seed=data["seed"],
    )


def event_to_json(event: EngineEvent) -> dict[str, object]:
    """An event as JSON values; "end" is true on the last one of a generation."""
    if isinstance(event, ToolCallReady):
        return {"event": "ToolCallReady", "call": part_to_json(event.call)}
    line: dict[str, object] = {"event": type(event).__name__, **asdict(event)}
    if isinstance(event, Finished | Failed):
        line["end"] = True
    return line


def event_from_json(line: Mapping[str, Any]) -> EngineEvent:
    """The inverse of `event_to_json`. Raises KeyError or TypeError on foreign data."""
    values = {key: value for key, value in line.items() if key not in ("id", "end", "event")}
    if line["event"] == "ToolCallReady":
        call = part_from_json(values["call"])
        if not isinstance(call, ToolCall):
            raise TypeError("not a tool call")
        return ToolCallReady(call)
    event: EngineEvent = _EVENTS[line["event"]](**values)
    return event


def capabilities_to_json(capabilities: Capabilities) -> dict[str, object]:
    """Capabilities as JSON values."""
    return asdict(capabilities)


def capabilities_from_json(data: Mapping[str, Any]) -> Capabilities:
    """The inverse of `capabilities_to_json`."""
    return Capabilities(**data)
