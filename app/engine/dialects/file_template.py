"""The chat template a model file carries, run on messages. What a dialogue says is not known here.

The template comes from a stranger's file, so it runs in Jinja's immutable sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from app.core.errors import KnownError
from app.engine.dialects.base import ModelTraits

if TYPE_CHECKING:
    from jinja2 import Template, nodes
    from jinja2.parser import Parser


class FileTemplate:
    """The template of one file. Jinja is imported when it first writes something."""

    def __init__(self, traits: ModelTraits) -> None:
        self._traits = traits

    def text(self, messages: Sequence[Mapping[str, str]]) -> str:
        """The prompt for `messages`, up to where the answer begins.

        Raises KnownError("template_refused") if the template fails or refuses them.
        """
        try:
            return self._template.render(
                messages=messages,
                add_generation_prompt=True,
                bos_token=self._traits.bos,
                eos_token=self._traits.eos,
            )
        except Exception as error:  # a stranger's code may raise anything
            raise template_refused(str(error)) from error

    @cached_property
    def _template(self) -> Template:
        # Imported here: most models' prompts need no template, and it costs start-up time.
        from jinja2.ext import Extension, loopcontrols
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        class TrainedPart(Extension):
            """`{% generation %}` marks, for those who train a model, what it writes itself."""

            tags = {"generation"}  # noqa: RUF012 (as the base class has it)

            def parse(self, parser: Parser) -> list[nodes.Node]:
                next(parser.stream)
                return list(parser.parse_statements(("name:endgeneration",), drop_needle=True))

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=(loopcontrols, TrainedPart)
        )
        environment.globals["raise_exception"] = _raise_exception
        environment.globals["strftime_now"] = lambda form: f"{datetime.now():{form}}"
        environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
        return environment.from_string(self._traits.template)


def template_refused(reason: str) -> KnownError:
    """The error for a template that cannot write a dialogue."""
    return KnownError(
        "template_refused",
        f"The model file's chat template cannot write this conversation: {reason}.",
        "Choose another file of the same model, or another model.",
    )


def _raise_exception(message: str) -> None:
    """What templates call to refuse a dialogue."""
    raise ValueError(message)
