"""An argument that means several things, as a question, and the calls once it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.agent.provenance import without_argument
from app.core.errors import AmbiguousError, KnownError
from app.core.messages import ToolCall
from app.core.ports import ToolSpec
from app.core.proposals import Provenance, Question


def question_for(
    error: KnownError,
    calls: Sequence[ToolCall],
    call: int,
    provenance: tuple[Provenance, ...],
    *,
    unsure: bool,
) -> Question | None:
    """What to ask the user about the one of `calls` that ended in `error`.

    None if nothing can be chosen: the error is another one, or names no choices.
    """
    if not isinstance(error, AmbiguousError) or not error.choices or not error.argument:
        return None
    return Question(
        message=error.message,
        argument=error.argument,
        choices=error.choices,
        calls=tuple(calls),
        call=call,
        provenance=provenance,
        unsure=unsure,
    )


def with_choice(
    question: Question, option: int, specs: Sequence[ToolSpec]
) -> tuple[tuple[ToolCall, ...], tuple[Provenance, ...]]:
    """The question's calls with the chosen value in the place of the argument it asked about.

    The second value is their provenance: what the user has chosen comes from the user.
    """
    asked = question.calls[question.call]
    value, _ = question.choices[option]
    taken: object = [value] if _takes_a_list(asked.name, question.argument, specs) else value
    answered = ToolCall(asked.name, {**asked.arguments, question.argument: taken})
    calls = (*question.calls[: question.call], answered, *question.calls[question.call + 1 :])
    return calls, without_argument(question.provenance, asked, question.argument)


def _takes_a_list(tool: str, argument: str, specs: Sequence[ToolSpec]) -> bool:
    for spec in specs:
        properties = spec.parameters["properties"]
        if spec.name == tool and isinstance(properties, Mapping):
            schema = properties.get(argument)
            return isinstance(schema, Mapping) and schema.get("type") == "array"
    return False
