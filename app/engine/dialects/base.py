"""What a dialect is and what it may know of the model. No rendering here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.core.messages import Message, ToolCall, ToolResult
from app.core.ports import GenerateRequest, ToolSpec
from app.engine.prompt import Piece


@dataclass(frozen=True)
class ModelTraits:
    """What the model file says of itself, as far as rendering depends on it.

    `template` is the file's chat template (Jinja), "" without one. `has_token` tells whether a
    text is one control token of the vocabulary. `tools_learned`: the model knows Phial's tools
    and wants no schemas in its prompt.
    """

    template: str
    has_token: Callable[[str], bool]
    bos: str
    eos: str
    tools_learned: bool


class Dialect(Protocol):
    """One way of writing a dialogue.

    `call_token` is the control token that opens a tool call; "" if the model has none, and then
    an answer that begins with "[" is read as a call. `stop_tokens` are control tokens that end an
    answer beside those the file names.
    """

    name: str
    call_token: str
    stop_tokens: tuple[str, ...]

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to where the model's answer begins."""
        ...


def tools_json(tools: Sequence[ToolSpec]) -> str:
    """The tools as the JSON list Phi-4-mini was trained on: name, description, parameters.

    Short, because it stands before every dialogue: without the limits and marks that only code
    checks.
    """
    forms = [
        {
            "name": tool.name,
            "description": tool.purpose,
            "parameters": _short_object(tool.parameters),
        }
        for tool in tools
    ]
    return json.dumps(forms, ensure_ascii=False, separators=(",", ":"))


def _short_object(schema: Mapping[str, object]) -> dict[str, object]:
    properties = schema["properties"]
    if not isinstance(properties, Mapping):
        raise TypeError("an object schema needs properties")
    short: dict[str, object] = {
        "type": "object",
        "properties": {name: _short(value) for name, value in properties.items()},
    }
    if schema.get("required"):
        short["required"] = schema["required"]
    return short


def _short(schema: Mapping[str, object]) -> dict[str, object]:
    if "enum" in schema:
        return {"enum": schema["enum"]}
    # Where a list of ids or words is taken (anyOf), a model is told of words; code takes both.
    return {"type": schema.get("type", "string")}


def call_json(calls: Sequence[ToolCall]) -> str:
    """Earlier tool calls of the assistant, as it wrote them."""
    return json.dumps(
        [{"name": call.name, "arguments": dict(call.arguments)} for call in calls],
        ensure_ascii=False,
    )


def calls_of(message: Message) -> list[ToolCall]:
    """The tool calls among a message's parts."""
    return [part for part in message.parts if isinstance(part, ToolCall)]


def result_text(message: Message) -> str:
    """A tool message as the model reads it."""
    return "".join(part.content for part in message.parts if isinstance(part, ToolResult))


def with_context(request: GenerateRequest) -> tuple[Message, ...]:
    """The messages with the trusted context put before the last user message.

    It stands there, not in the system message, so that the prompt's long prefix stays constant.
    """
    if not request.context:
        return request.messages
    last = max(
        (index for index, message in enumerate(request.messages) if message.role == "user"),
        default=None,
    )
    if last is None:
        return request.messages
    message = Message.of("user", f"{request.context}\n\n{request.messages[last].text}")
    return (*request.messages[:last], message, *request.messages[last + 1 :])
