"""The dialects of the Phi-4 family: two ways of marking who speaks, each with or without thinking.

Written by us, not by the file's template, which drops tools and cannot tell text from markup.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.dialects.base import (
    REASONING_SAMPLING,
    THINK,
    ModelTraits,
    Sampling,
    calls_of,
    reply_pieces,
    result_text,
    system_text,
    tools_json,
    with_tools_told,
)
from app.engine.dialects.opening import Marks, Opening, plain_opening, reasoning_opening
from app.engine.prompt import Content, Markup, Piece

MINI = Marks("<|{}|>", "<|end|>")
LARGE = Marks("<|im_start|>{}<|im_sep|>", "<|im_end|>")


class PhiDialect:
    """Marks with no line breaks between them, as in `<|user|>U<|end|><|assistant|>`.

    `tools_native`: tools stand in the system message between marks of their own, else our words
    tell of them. Where a template leaves system texts out, they stand before the first message.
    """

    think = THINK

    def __init__(
        self,
        traits: ModelTraits,
        marks: Marks,
        *,
        name: str,
        call_token: str,
        stop_tokens: tuple[str, ...],
        tools_native: bool,
    ) -> None:
        self._traits = traits
        self._marks = marks
        self.name = name
        self.call_token = call_token
        self.stop_tokens = stop_tokens
        self.tools_native = tools_native
        self.reasoning = traits.reasoning
        self.sampling: Sampling | None = REASONING_SAMPLING if self.reasoning else None

    @cached_property
    def _opening(self) -> Opening:
        make = reasoning_opening if self.reasoning else plain_opening
        return make(self._traits, self._marks)

    @property
    def opens_thought(self) -> bool:
        """Whether the file's template begins the answer with a thought."""
        return self._opening.ending.rstrip().endswith(THINK[0])

    @property
    def takes_system(self) -> bool:
        """Whether the file's template writes system messages."""
        return self._opening.system is not None

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to the mark of the answer. Tools are announced once, in the beginning."""
        opening, marks = self._opening, self._marks
        told = () if self.tools_native else request.tools
        system = with_tools_told(system_text(request.messages), told)
        tools = request.tools if self.tools_native else ()
        pieces: list[Piece] = []
        if opening.system is None or not (system or tools):
            pieces.append(Markup(opening.alone))
        else:
            pieces += [Markup(opening.system[0]), Content(system)]
            if tools:
                pieces += [Markup("<|tool|>"), Content(tools_json(tools)), Markup("<|/tool|>")]
            pieces.append(Markup(opening.system[1]))
        said = [message for message in request.messages if message.role != "system"]
        if opening.system is None:
            said = with_system_said(system, said)
        for message in said:
            pieces += self._written(message)
        pieces.append(Markup(marks.opens("assistant") + opening.ending))
        return tuple(piece for piece in pieces if piece.text)

    def _written(self, message: Message) -> list[Piece]:
        role = message.role
        if role == "tool":
            # Only the small ones have a mark for results; to others the user tells them.
            mark = "<|tool_response|>" if self._marks is MINI else self._marks.opens("user")
            said: tuple[Piece, ...] = (Content(result_text(message)),)
        else:
            mark = self._marks.opens(role)
            called = role == "assistant" and calls_of(message)
            said = reply_pieces(message, self.call_token) if called else (Content(message.text),)
        return [Markup(mark), *said, Markup(self._marks.after)]


def with_system_said(system: str, messages: Sequence[Message]) -> list[Message]:
    """The dialogue with the system text put before its first message."""
    if not system or not messages:
        return list(messages)
    first, *others = messages
    return [Message.of(first.role, f"{system}\n\n{first.text}"), *others]


def phi4_mini(traits: ModelTraits) -> PhiDialect:
    """Phi-4-mini, and Phi-4-mini-reasoning."""
    return PhiDialect(
        traits,
        MINI,
        name="phi-4-mini-reasoning" if traits.reasoning else "phi-4-mini",
        call_token="<|tool_call|>",
        stop_tokens=("<|end|>", "<|endoftext|>"),
        tools_native=not traits.reasoning,
    )


def phi4(traits: ModelTraits) -> PhiDialect:
    """Phi-4, Phi-4-reasoning and Phi-4-reasoning-plus: none of them was trained on tools."""
    return PhiDialect(
        traits,
        LARGE,
        name="phi-4-reasoning" if traits.reasoning else "phi-4",
        call_token="",
        stop_tokens=("<|im_end|>", "<|endoftext|>"),
        tools_native=False,
    )
