"""A call's arguments: checked against its tool's schema, with a sentence for what is wrong.

Knows exactly the part of JSON Schema that `schemas` uses; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.errors import KnownError
from app.core.ports import ToolSpec
from app.core.proposals import Risk

KEYWORDS = frozenset(
    {
        *("type", "enum", "anyOf", "maxLength", "items", "maxItems", "minimum", "maximum"),
        *("x-span", "x-id"),
    }
)
"""What a property's schema may say."""

_TYPE_NAMES = {
    "string": "text",
    "integer": "a whole number",
    "boolean": "true or false",
    "array": "a list",
}


_ASKED = {
    "message": "which message",
    "messages": "which messages",
    "event": "which event",
    "events": "which events",
    "draft": "which draft",
    "to": "whom it goes to",
    "body": "what it should say",
    "title": "what it is called",
    "when": "when",
    "name": "whom you look for",
    "what": "what you want to know",
    "action": "what to do with them",
    "answer": "what to answer",
}
"""What is missing where a required argument is not there."""


def checked_arguments(spec: ToolSpec, arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments in the schema's order, strings stripped, empty ones left out.

    Raises KnownError("bad_argument") whose message names the argument.
    """
    properties = spec.parameters["properties"]
    required = spec.parameters["required"]
    assert isinstance(properties, Mapping) and isinstance(required, Sequence)
    for name in arguments:
        if name not in properties:
            raise _wrong(
                spec,
                f"Nothing can be done with “{str(name)[:80]}” here.",
                f"{spec.name} takes {', '.join(properties)}.",
            )
    checked: dict[str, object] = {}
    for name, schema in properties.items():
        if name not in arguments:
            continue
        try:
            value = _checked(f"“{name}”", arguments[name], schema)
        except _WrongError as wrong:
            raise _wrong(spec, wrong.message, wrong.hint) from None
        if value not in ("", []):
            checked[name] = value
    for name in required:
        if name not in checked:
            missing = f"You did not say {_ASKED.get(name, 'everything')} (“{name}”)."
            raise _wrong(spec, missing, "Say that too.")
    return checked


def listed_in(arguments: Mapping[str, object], name: str) -> list[str]:
    """A list of texts among checked arguments, [] where it was not said."""
    found = arguments.get(name, ())
    assert isinstance(found, Sequence)
    return [str(each) for each in found]


def _checked(name: str, value: object, schema: Mapping[str, object]) -> object:
    variants = schema.get("anyOf")
    if isinstance(variants, Sequence):
        for variant in variants:
            if _is_a(str(variant["type"]), value):
                return _checked(name, value, variant)
        kinds = " or ".join(_TYPE_NAMES[str(variant["type"])] for variant in variants)
        raise _WrongError(f"{name} must be {kinds}.")
    kind = str(schema["type"])
    if not _is_a(kind, value):
        raise _WrongError(f"{name} must be {_TYPE_NAMES[kind]}.")
    if isinstance(value, str):
        return _checked_text(name, value.strip(), schema)
    if isinstance(value, list):
        return _checked_list(name, value, schema)
    if isinstance(value, int) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        assert isinstance(low, int) and isinstance(high, int)
        if not low <= value <= high:
            raise _WrongError(f"{name} must be from {low} to {high}.")
    return value


def _checked_text(name: str, value: str, schema: Mapping[str, object]) -> str:
    longest = schema["maxLength"]
    assert isinstance(longest, int)
    allowed = schema.get("enum")
    if isinstance(allowed, Sequence) and value and value not in allowed:
        raise _WrongError(f"{name} must be one of {', '.join(allowed)}.")
    if len(value) > longest:
        raise _WrongError(f"{name} is longer than {longest} characters.", "Make it shorter.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _WrongError(f"{name} holds characters that are not text.") from None
    return value


def _checked_list(name: str, value: list[object], schema: Mapping[str, object]) -> list[object]:
    most, items = schema["maxItems"], schema["items"]
    assert isinstance(most, int) and isinstance(items, Mapping)
    if len(value) > most:
        raise _WrongError(f"{name} holds more than {most} entries.", "Name fewer.")
    checked = [
        _checked(f"Entry {index} of {name}", item, items) for index, item in enumerate(value, 1)
    ]
    return [item for item in checked if item != ""]


def _is_a(kind: str, value: object) -> bool:
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    types: dict[str, type] = {"string": str, "boolean": bool, "array": list}
    return isinstance(value, types[kind])


class _WrongError(Exception):
    """What is wrong with one value."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def _wrong(spec: ToolSpec, message: str, hint: str) -> KnownError:
    kept = "" if spec.risk is Risk.READ else " Nothing was changed."  # a look changes nothing
    return KnownError("bad_argument", message + kept, hint)
