"""What the engine's client and host tell each other arrives as it was sent."""

from __future__ import annotations

import pytest

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
from app.core.messages import Message, Text, Thought, ToolCall, ToolResult
from app.core.ports import Capabilities, GenerateRequest, Prefix, ToolSpec
from app.core.proposals import Risk
from app.engine.wire import (
    capabilities_from_json,
    capabilities_to_json,
    event_from_json,
    event_to_json,
    prefix_from_json,
    prefix_to_json,
    request_from_json,
    request_to_json,
)
from app.workers.wire import decode, encode

TOOLS = (ToolSpec("find", "Find mail.", Risk.READ, {"type": "object", "required": ["words"]}),)
RULES = Message.of("system", "Rules. 東京 \ud83d")


@pytest.mark.parametrize(
    "event",
    [
        TextDelta("Grüße 😀"),
        ThoughtDelta("Let me see"),
        ToolCallReady(ToolCall("find", {"words": ["a", 1, None]})),
        Progress("prefill", 3, 9),
        Remembers(4),
        Finished("end", 20, 3, {"decode": 1.5}, 7),
        Failed("worker_died", "It ended.", "Try again.", "details"),
    ],
)
def test_an_event_arrives_as_it_was_sent(event: EngineEvent) -> None:
    line = decode(encode({"id": "r1", **event_to_json(event)}))
    assert event_from_json(line) == event
    assert line.get("end", False) is isinstance(event, Finished | Failed)


def test_a_request_arrives_as_it_was_sent() -> None:
    request = GenerateRequest(
        id="r1",
        messages=(
            RULES,
            Message.of("user", "hello"),
            Message("assistant", (Thought("hm"), Text("Hi."), ToolCall("find", {"words": "x"}))),
            Message("tool", (ToolResult("find", True, "2 found", ("m1", "m2")),)),
        ),
        tools=TOOLS,
        spans=("hello",),
        max_tokens=9,
        temperature=0.8,
        top_p=0.9,
        top_k=7,
        seed=3,
        conversation="12",
        max_thinking=64,
    )
    assert request_from_json(decode(encode(request_to_json(request)))) == request


def test_a_prefix_and_capabilities_arrive_as_they_were_sent() -> None:
    prefix = Prefix((RULES,), TOOLS)
    assert prefix_from_json(decode(encode(prefix_to_json(prefix)))) == prefix
    can = Capabilities("M", "phi3", 4096, False, "CPU", 2, {"load": 3.5}, reasoning=True)
    assert capabilities_from_json(decode(encode(capabilities_to_json(can)))) == can


@pytest.mark.parametrize(
    "line", [{}, {"event": "Nonsense"}, {"event": "TextDelta"}, {"event": "Progress", "x": 1}]
)
def test_foreign_lines_are_refused(line: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        event_from_json(line)
