"""The dialect of any other model: the chat template its file carries.

Message texts go through the template as private-use markers and are put back afterwards: whatever
control tokens a text spells out stay text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from app.core.errors import KnownError
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.copied import with_copied
from app.engine.dialects.base import (
    REASONING_SAMPLING,
    THINK,
    ModelTraits,
    Sampling,
    calls_of,
    reply_pieces,
    result_text,
    system_text,
    with_tools_told,
)
from app.engine.dialects.file_template import FileTemplate, template_refused
from app.engine.prompt import Content, Markup, Piece

_MARK = re.compile("\ue0f0([0-9]{1,9})\ue0f1")


@dataclass(frozen=True)
class _Line:
    """A message for the template: content, perhaps with markup of ours between."""

    role: str
    pieces: tuple[Piece, ...]


class OwnTemplateDialect:
    """Renders with the file's template.

    A model that learned Phial's tools gets only the dialogue. Any other gets the tools through
    the system message, since templates differ in how, and whether, they take tools.
    """

    name = "own template"
    stop_tokens: tuple[str, ...] = ()
    tools_native = False
    think = THINK

    def __init__(self, traits: ModelTraits) -> None:
        self._traits = traits
        self._template = FileTemplate(traits)
        self.call_token = "<|tool_call|>" if traits.has_token("<|tool_call|>") else ""
        self.reasoning = traits.reasoning
        self.sampling: Sampling | None = REASONING_SAMPLING if self.reasoning else None

    @cached_property
    def opens_thought(self) -> bool:
        """Whether the template begins the answer with a thought."""
        if THINK[0] not in self._traits.template:
            return False
        try:
            pieces = self.render(GenerateRequest("", (Message.of("user", "?"),)))
        except KnownError:
            return False
        last = pieces[-1]
        return isinstance(last, Markup) and last.text.rstrip().endswith(THINK[0])

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to where the answer begins.

        Raises KnownError("template_refused") if the template cannot render the dialogue.
        """
        dialogue = self._dialogue(request)
        try:
            return self._rendered(dialogue)
        except KnownError:
            # Some templates refuse a system message: its text then opens the dialogue.
            without = _without_system(dialogue)
            if without == dialogue:
                raise
            return self._rendered(without)

    def _rendered(self, dialogue: Sequence[_Line]) -> tuple[Piece, ...]:
        contents: list[Content] = []
        messages = []
        for line in dialogue:
            text = ""
            for piece in line.pieces:
                if isinstance(piece, Markup):
                    text += piece.text
                else:
                    text += f"\ue0f0{len(contents)}\ue0f1"
                    contents.append(piece)
            messages.append({"role": line.role, "content": text})
        parts = _MARK.split(self._template.text(messages))
        shown = parts[1::2]
        if str(len(contents) - 1) not in shown:
            raise template_refused("it leaves out the last message")
        if dialogue[0].role == "system" and "0" not in shown:
            raise template_refused("it leaves out the system message")
        if any(int(mark) >= len(contents) for mark in shown):
            raise template_refused("it makes up a message")
        return tuple(
            contents[int(part)] if index % 2 else Markup(part)
            for index, part in enumerate(parts)
            if part
        )

    def _dialogue(self, request: GenerateRequest) -> list[_Line]:
        dialogue: list[_Line] = []
        if not self._traits.tools_learned:
            system = with_tools_told(system_text(request.messages), request.tools)
            if system:
                dialogue.append(_Line("system", (Content(system),)))
        for message in request.messages:
            if message.role == "system":
                continue
            if calls := calls_of(message):
                if self._traits.tools_learned:
                    learned = (with_copied(call, request.tools, _after_a_space) for call in calls)
                    message = replace(message, parts=tuple(learned))
                pieces = reply_pieces(message, self.call_token)
            elif message.role == "tool":
                pieces = (Content(result_text(message)),)
            else:
                pieces = (Content(message.text),)
            dialogue.append(_Line(message.role, pieces))
        return dialogue


def _after_a_space(text: str) -> str:
    """Words of the user's as a model that learned the tools writes them."""
    return f" {text.strip()}"


def _without_system(dialogue: list[_Line]) -> list[_Line]:
    """The dialogue with a leading system message put into the message after it."""
    if len(dialogue) < 2 or dialogue[0].role != "system":
        return dialogue
    first, second, *others = dialogue
    return [_Line(second.role, (*first.pieces, Content("\n\n"), *second.pieces)), *others]
