"""What an engine reports while it generates. Every generation ends in Finished or Failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.core.messages import ToolCall

StopReason = Literal["end", "length", "cancelled", "tool_call"]


@dataclass(frozen=True)
class TextDelta:
    """A piece of the visible answer; always whole Unicode characters."""

    text: str


@dataclass(frozen=True)
class ThoughtDelta:
    """A piece of the model's reasoning; never part of the answer."""

    text: str


@dataclass(frozen=True)
class ToolCallReady:
    """A complete tool call whose arguments satisfied the tool's schema."""

    call: ToolCall


@dataclass(frozen=True)
class Progress:
    """A stage of long work. `done` of `total` (0: unknown) in the unit the stage's name implies."""

    stage: Literal["starting", "loading", "prefill", "decode"]
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Remembers:
    """The dialogue no longer fits: the model is given the request's messages from `first` on.

    `first` counts in `GenerateRequest.messages`; system messages are given whatever it is.
    """

    first: int


@dataclass(frozen=True)
class Finished:
    """The generation ended as asked.

    `timings` are milliseconds by name (prefill, decode, constraint ...); `prompt_tokens` and
    `completion_tokens` count model tokens. `evaluated_tokens` of the prompt had to be evaluated;
    the rest was held in the context or read from a saved state. `confidence` is how likely the
    model's tool calls were to it, from 0 to 1: the product of their tokens' probabilities; 1 where
    none were made, or none are measured.
    """

    reason: StopReason
    prompt_tokens: int = 0
    completion_tokens: int = 0
    timings: Mapping[str, float] = field(default_factory=dict)
    evaluated_tokens: int = 0
    confidence: float = 1.0


@dataclass(frozen=True)
class Failed:
    """The generation could not be finished: a code for scripts and a sentence for the user."""

    code: str
    message: str
    hint: str = ""
    details: str = ""


EngineEvent = TextDelta | ThoughtDelta | ToolCallReady | Progress | Remembers | Finished | Failed
