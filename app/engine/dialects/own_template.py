"""The dialect of any other model: the chat template its file carries.

The template comes from a stranger's file, so it runs in Jinja's immutable sandbox. Message texts
go through it as private-use markers and are put back afterwards: whatever control tokens a text
spells out stay text.
"""

from __future__ import annotations

import re
from datetime import datetime
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
    from collections.abc import Callable

    from jinja2 import Template

_MARK = re.compile("\ue0f0([0-9]+)\ue0f1")

TOOL_PROMPT = (
    "You can use these tools:\n{tools}\n"
    'To use one, answer with only a JSON list such as [{{"name": "NAME", "arguments": {{}}}}]. '
    "Otherwise answer in plain words."
)


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
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = _raise_exception
        environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
        try:
            return environment.from_string(self._traits.template)
        except TemplateError as error:
            raise _refused(error) from error

    def render(self, request: GenerateRequest) -> tuple[Piece, ...]:
        """The prompt up to where the answer begins.

        Raises KnownError("template_refused") if the template cannot render the dialogue.
        """
        from jinja2 import TemplateError

        contents: list[str] = []

        def mark(text: str) -> str:
            contents.append(text)
            return f"\ue0f0{len(contents) - 1}\ue0f1"

        try:
            rendered = self._template.render(
                messages=self._messages(request, mark),
                add_generation_prompt=True,
                bos_token=self._traits.bos,
                eos_token=self._traits.eos,
            )
            return tuple(
                Content(contents[int(part)]) if index % 2 else Markup(part)
                for index, part in enumerate(_MARK.split(rendered))
                if part
            )
        except (TemplateError, TypeError, ValueError, LookupError) as error:
            raise _refused(error) from error

    def _messages(
        self, request: GenerateRequest, mark: Callable[[str], str]
    ) -> list[dict[str, object]]:
        messages = request.messages if self._traits.tools_learned else with_context(request)
        rendered: list[dict[str, object]] = []
        system = "".join(message.text for message in messages if message.role == "system")
        if request.tools and not self._traits.tools_learned:
            tools = TOOL_PROMPT.format(tools=tools_json(request.tools))
            system = f"{system}\n\n{tools}".strip()
        if system and not self._traits.tools_learned:
            rendered.append({"role": "system", "content": mark(system)})
        for message in messages:
            if message.role == "system":
                continue
            text = message.text
            if message.role == "tool":
                text = result_text(message)
            calls = calls_of(message)
            if calls and self.call_token:
                content = f"{self.call_token}{mark(call_json(calls))}<|/tool_call|>"
            else:
                content = mark(call_json(calls) if calls else text)
            rendered.append({"role": message.role, "content": content})
        return rendered


def _raise_exception(message: str) -> None:
    """What templates call to refuse a dialogue."""
    raise ValueError(message)


def _refused(error: Exception) -> KnownError:
    return KnownError(
        "template_refused",
        f"The model file's chat template cannot write this conversation: {error}.",
        "Choose another file of the same model, or another model.",
    )
