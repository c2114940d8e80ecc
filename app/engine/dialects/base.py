"""What a dialect is and what it may know of the model. No rendering here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.core.messages import Message, ToolCall, ToolResult
from app.core.ports import GenerateRequest, ToolSpec
from app.engine.prompt import Content, Markup, Piece

THINK = ("<think>", "</think>")
"""What reasoning models write around their thoughts."""

TOOL_PROMPT = (
    "You can use these tools:\n{tools}\n"
    'To use one, answer with only a JSON list such as [{{"name": "NAME", "arguments": {{}}}}]. '
    "Otherwise answer in plain words."
)
"""How a model that was not trained on tools is told of them, in the system message."""

_CALL_ENDS = "<|/tool_call|>"


@dataclass(frozen=True)
class ModelTraits:
    """What the model file says of itself, as far as rendering depends on it.

    `template` is the file's chat template (Jinja), "" without one. `has_token` tells whether a
    text is one control token of the vocabulary. `tools_learned`: the model knows Phial's tools
    and wants no schemas in its prompt. `name` is what the file calls the model (general.name).
    """

    template: str
    has_token: Callable[[str], bool]
    bos: str
    eos: str
    tools_learned: bool
    name: str = ""

    @property
    def reasoning(self) -> bool:
        """Whether the model thinks before it answers."""
        told = THINK[0] in self.template or self.has_token(THINK[0])
        return not self.tools_learned and (told or "reasoning" in self.name.casefold())


@dataclass(frozen=True)
class Sampling:
    """How a model's next token is best drawn."""

    temperature: float
    top_p: float
    top_k: int


REASONING_SAMPLING = Sampling(temperature=0.8, top_p=0.95, top_k=50)
"""What the makers of Phi-4-reasoning advise."""


class Dialect(Protocol):
    """One way of writing a dialogue."""

    @property
    def name(self) -> str:
        """For people: which one it is."""
        ...

    @property
    def call_token(self) -> str:
        """The control token that opens a tool call.

        "" if the model has none, and then an answer that begins with "[" is read as a call.
        """
        ...

    @property
    def stop_tokens(self) -> tuple[str, ...]:
        """Control tokens that end an answer beside those the file names."""
        ...

    @property
    def tools_native(self) -> bool:
        """Whether tools are told of as the model was trained to read them, not in our words."""
        ...

    @property
    def reasoning(self) -> bool:
        """Whether the model thinks before it answers."""
        ...

    @property
    def think(self) -> tuple[str, str]:
        """What it writes before and after its thoughts."""
        ...

    @property
    def opens_thought(self) -> bool:
        """Whether a prompt ends inside a thought, so that the answer begins with one."""
        ...

    @property
    def sampling(self) -> Sampling | None:
        """How a reasoning model is sampled; None for others."""
        ...

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to where the model's answer begins.

        Raises KnownError("template_refused") if the file's template writes it and cannot.
        """
        ...


def system_text(messages: Sequence[Message]) -> str:
    """What the system messages say."""
    return "".join(message.text for message in messages if message.role == "system")


def with_tools_told(system: str, tools: Sequence[ToolSpec]) -> str:
    """The system text with the tools told of in our words, if there are any."""
    if not tools:
        return system
    return f"{system}\n\n{TOOL_PROMPT.format(tools=tools_json(tools))}".strip()


def reply_pieces(message: Message, call_token: str) -> tuple[Piece, ...]:
    """An earlier reply of the model, as it wrote it: its words, then its calls."""
    calls = calls_of(message)
    words = (Content(message.text),)
    if not calls:
        return words
    call = Content(call_json(calls))
    if not call_token:
        return (*words, call)
    return (*words, Markup(call_token), call, Markup(_CALL_ENDS))


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
