"""Whether a dialect of ours writes a dialogue as the template in the model's file does."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import KnownError
from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest, ToolSpec
from app.core.proposals import Risk
from app.engine.dialects.base import Dialect, ModelTraits, reply_pieces, system_text, tools_json
from app.engine.dialects.file_template import FileTemplate
from app.engine.dialects.phi import PhiDialect, with_system_said

_TOOL = ToolSpec(
    "look_up",
    "Look a word up.",
    Risk.READ,
    {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
)
_SYSTEM = Message.of("system", "Be brief.\nBe polite.")
_TURNS = (
    Message.of("user", "What is a phial?"),
    Message.of("assistant", "A small bottle,\n\nfor example: {'of': \"glass\"} & <clear>."),
    Message.of("user", "And a vial?"),
    Message("assistant", (ToolCall("look_up", {"word": "vial"}),)),
    Message.of("user", "[look_up: 1]\n\nSo?"),
)
_SAMPLES = (_TURNS[:1], _TURNS[:3], _TURNS, (_SYSTEM, *_TURNS[:1]), (_SYSTEM, *_TURNS))


def template_agrees(traits: ModelTraits, dialect: Dialect) -> bool:
    """Whether `dialect` writes sample dialogues byte for byte as the file's template does.

    True where there is nothing to compare: the dialect is that template, the file has none, or it
    has one that does not work.
    """
    if not isinstance(dialect, PhiDialect) or not traits.template:
        return True
    template = FileTemplate(traits)
    for messages in _SAMPLES:
        try:
            expected = template.text(_as_taken(messages, dialect))
        except KnownError:
            continue
        if _text(dialect, messages) != expected:
            return False
    return _tools_agree(template, dialect)


def _tools_agree(template: FileTemplate, dialect: PhiDialect) -> bool:
    """The same with a tool in the system message, where dialect and template both put it there."""
    if not dialect.tools_native:
        return True
    messages = (_SYSTEM, *_TURNS[:1])
    system, *others = _as_taken(messages, dialect)
    tools = tools_json((_TOOL,))
    try:
        expected = template.text([{**system, "tools": tools}, *others])
    except KnownError:
        return True
    return tools not in expected or _text(dialect, messages, (_TOOL,)) == expected


def _text(
    dialect: PhiDialect, messages: Sequence[Message], tools: tuple[ToolSpec, ...] = ()
) -> str:
    pieces = dialect.render(GenerateRequest("", tuple(messages), tools=tools))
    return "".join(piece.text for piece in pieces)


def _as_taken(messages: Sequence[Message], dialect: PhiDialect) -> list[dict[str, str]]:
    """The messages for a template, which may have no place for a system message."""
    said = list(messages)
    if not dialect.takes_system:
        others = [message for message in messages if message.role != "system"]
        said = with_system_said(system_text(messages), others)
    return [
        {
            "role": message.role,
            "content": "".join(piece.text for piece in reply_pieces(message, dialect.call_token)),
        }
        for message in said
    ]
