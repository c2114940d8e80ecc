"""The dialect of any other model: the chat template its file carries.

The template comes from a stranger's file, so it runs in Jinja's immutable sandbox. Message texts
go through it as private-use markers and are put back afterwards: whatever control tokens a text
spells out stay text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from app.core.errors import KnownError
from app.core.ports import GenerateRequest
from app.engine.dialects.base import (
    ModelTraits,
    call_json,
    calls_of,
    result_text,
    tools_json,
    with_context,
)
from app.engine.prompt import Content, Markup, Piece

if TYPE_CHECKING:
    from jinja2 import Template

_MARK = re.compile("\ue0f0([0-9]+)\ue0f1")

TOOL_PROMPT = (
    "You can use these tools:\n{tools}\n"
    'To use one, answer with only a JSON list such as [{{"name": "NAME", "arguments": {{}}}}]. '
    "Otherwise answer in plain words."
)


@dataclass(frozen=True)
class _Line:
    """A message for the template: markup of ours around content that is not."""

    role: str
    content: str
    before: str = ""
    after: str = ""


class OwnTemplateDialect:
    """Renders with the file's template.

    A model that learned Phial's tools gets only the dialogue. Any other gets the tools through
    the system message, since templates differ in how, and whether, they take tools.
    """

    name = "own template"
    stop_tokens: tuple[str, ...] = ()

    def __init__(self, traits: ModelTraits) -> None:
        self._traits = traits
        self.call_token = "<|tool_call|>" if traits.has_token("<|tool_call|>") else ""

    @cached_property
    def _template(self) -> Template:
        # Imported here: Phi-4-mini's dialect never needs it, and it costs start-up time.
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _raise_exception
        environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}  # keeps the markers
        return environment.from_string(self._traits.template)

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to where the answer begins.

        Raises KnownError("template_refused") if the template cannot render the dialogue.
        """
        dialogue = self._dialogue(request)
        try:
            try:
                return self._rendered(dialogue)
            except ValueError:
                # Some templates refuse a system message: its text then opens the dialogue.
                return self._rendered(_without_system(dialogue))
        except Exception as error:  # a stranger's code may raise anything
            raise KnownError(
                "template_refused",
                f"The model file's chat template cannot write this conversation: {error}.",
                "Choose another file of the same model, or another model.",
            ) from error

    def _rendered(self, dialogue: Sequence[_Line]) -> tuple[Piece, ...]:
        contents = [line.content for line in dialogue]
        messages = [
            {"role": line.role, "content": f"{line.before}\ue0f0{index}\ue0f1{line.after}"}
            for index, line in enumerate(dialogue)
        ]
        rendered = self._template.render(
            messages=messages,
            add_generation_prompt=True,
            bos_token=self._traits.bos,
            eos_token=self._traits.eos,
        )
        parts = _MARK.split(rendered)
        if str(len(dialogue) - 1) not in parts[1::2]:
            raise ValueError("it leaves out the last message")
        return tuple(
            Content(contents[int(part)]) if index % 2 else Markup(part)
            for index, part in enumerate(parts)
            if part
        )

    def _dialogue(self, request: GenerateRequest) -> list[_Line]:
        learned = self._traits.tools_learned
        messages = request.messages if learned else with_context(request)
        dialogue: list[_Line] = []
        system = "".join(message.text for message in messages if message.role == "system")
        if request.tools and not learned:
            tools = TOOL_PROMPT.format(tools=tools_json(request.tools))
            system = f"{system}\n\n{tools}".strip()
        if system and not learned:
            dialogue.append(_Line("system", system))
        for message in messages:
            calls = calls_of(message)
            if message.role == "system":
                continue
            if calls and self.call_token:
                call = call_json(calls)
                dialogue.append(_Line(message.role, call, self.call_token, "<|/tool_call|>"))
            elif calls:
                dialogue.append(_Line(message.role, call_json(calls)))
            elif message.role == "tool":
                dialogue.append(_Line(message.role, result_text(message)))
            else:
                dialogue.append(_Line(message.role, message.text))
        return dialogue


def _without_system(dialogue: Sequence[_Line]) -> list[_Line]:
    """The dialogue with a leading system message put into the message after it."""
    first, *others = dialogue
    if first.role != "system" or not others:
        return list(dialogue)
    return [replace(others[0], content=f"{first.content}\n\n{others[0].content}"), *others[1:]]


def _raise_exception(message: str) -> None:
    """What templates call to refuse a dialogue."""
    raise ValueError(message)
