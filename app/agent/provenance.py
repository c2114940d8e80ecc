"""Which arguments of a model's calls are not the user's own words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.agent.dialogue import TIME
from app.core.messages import ToolCall, ToolResult
from app.core.ports import GenerateRequest, ToolSpec
from app.core.proposals import Provenance
from app.tools.wording import shown

_MODEL = "the model"
_FOUND = "Phial, among the free times"
_AN_ID = re.compile(r"\b[a-z][0-9]{1,9}\b")
# Scripts written without spaces between words: each character counts as a word.
_UNSPACED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # kana, Han
)
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


@dataclass(frozen=True)
class Told:
    """What a model was given: the user's `texts`, the ids of things, and `times` found free."""

    texts: tuple[str, ...]
    ids: frozenset[str] = frozenset()
    times: tuple[str, ...] = ()


def told_in(request: GenerateRequest) -> Told:
    """What a request tells a model."""
    times = tuple(span for span in request.spans if TIME.fullmatch(span))
    texts = tuple(span for span in request.spans if span not in times)
    results = (
        part.content
        for message in request.messages
        for part in message.parts
        if isinstance(part, ToolResult)
    )
    said = (message.text for message in request.messages)
    ids = frozenset(each for text in (*results, *said) for each in _AN_ID.findall(text))
    return Told(texts, ids, times)


def unsaid(
    calls: Sequence[ToolCall], specs: Sequence[ToolSpec], told: Told
) -> tuple[Provenance, ...]:
    """The string arguments, also in lists, whose words stand in none of the user's texts.

    `calls` are as the model made them: mending joins words that the user said apart. Case,
    spacing and punctuation do not count. Numbers, yes or no, words of a fixed list and ids that
    were told ("e12") are not anybody's words and are left out; a date the model made of words, and
    a time it took from those that were found free, are not.
    """
    said = [_words(text) for text in told.texts]
    found = [
        Provenance(name, shown(value), _FOUND if value.strip() in told.times else _MODEL)
        for call in calls
        for name, value, may_be_id in _open_strings(call, specs)
        if value.strip()
        and not (may_be_id and value.strip() in told.ids)
        and not _is_said(value, told.texts, said)
    ]
    return tuple(dict.fromkeys(found))


def without_argument(
    provenance: Sequence[Provenance], call: ToolCall, argument: str
) -> tuple[Provenance, ...]:
    """`provenance` less that of one argument of `call`, which the user has now chosen."""
    values = [shown(value) for value in _strings(call.arguments.get(argument))]
    return tuple(
        each for each in provenance if each.argument != argument or each.value not in values
    )


def _open_strings(call: ToolCall, specs: Sequence[ToolSpec]) -> list[tuple[str, str, bool]]:
    """Name and text of the arguments that may be any text, and whether an id may stand there."""
    schemas: Mapping[str, object] = {}
    for spec in specs:
        properties = spec.parameters["properties"]
        if spec.name == call.name and isinstance(properties, Mapping):
            schemas = properties
    found = []
    for name, value in call.arguments.items():
        schema = schemas.get(name)
        if not isinstance(schema, Mapping) or "enum" not in schema:
            may_be_id = isinstance(schema, Mapping) and _names_ids(schema)
            found += [(name, text, may_be_id) for text in _strings(value)]
    return found


def _names_ids(schema: Mapping[str, object]) -> bool:
    variants = schema.get("anyOf")
    if isinstance(variants, Sequence):
        return any(_names_ids(each) for each in variants)
    items = schema.get("items")
    return schema.get("x-id") is True or (isinstance(items, Mapping) and _names_ids(items))


def _strings(value: object) -> list[str]:
    items = value if isinstance(value, list | tuple) else [value]
    return [item for item in items if isinstance(item, str)]


def _words(text: str) -> str:
    """The words with one space around each."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return f" {' '.join(_WORD.findall(plain))} "


def _is_said(value: str, texts: Sequence[str], said: Sequence[str]) -> bool:
    words = _words(value)
    if not words.strip():  # marks only, such as an emoji
        return any(value.strip() in text for text in texts)
    return any(words in each for each in said)
