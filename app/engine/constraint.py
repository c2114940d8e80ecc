"""The grammar a tool call must satisfy, built from the tools' schemas. Pure text; no model here.

The grammar is Lark as llguidance reads it. It accepts the list of calls that follows the model's
tool-call token: `[{"name": "cal_find", "arguments": {"when": "tomorrow"}}]`. Properties come in
the schema's order, which lets every optional one be left out without an exponential grammar.

A string marked `x-span` may only repeat words of one line of the dialogue. The words are matched
as a substring of the line's JSON form, so quotes need no special case.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from app.core.ports import ToolSpec

_SHORT_ID = "[a-z][0-9]{1,9}"
_MAX_CALLS = 4
# A JSON string; the escapes leave out surrogates, which no file can hold.
_HEX = "[0-9a-fA-F]"
_UNICODE = f"u([0-9a-ce-fA-CE-F]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}})"
_STRING = f'STRING: /"([^"\\\\\\x00-\\x1f]|\\\\(["\\\\\\/bfnrt]|{_UNICODE}))*"/'


def tool_call_grammar(tools: Sequence[ToolSpec], spans: Iterable[str]) -> str:
    """The Lark grammar of one to four calls of `tools`, span strings taken from `spans`.

    Raises ValueError if a schema uses a form that `tools` do not need.
    """
    builder = _Builder()
    span_texts = [line for text in spans for line in _span_texts(text)]
    calls = [builder.call(tool) for tool in tools]
    lines = [
        'start: "[" call ' + "(COMMA call)~0.." + str(_MAX_CALLS - 1) + ' "]"',
        "call: " + " | ".join(calls),
        *builder.rules,
        "COMMA: /,[ ]?/",
        _STRING,
        "INTEGER: /-?(0|[1-9][0-9]{0,8})/",
        *_span_rules(span_texts),
    ]
    return "\n".join(lines) + "\n"


def _span_texts(text: str) -> list[str]:
    """The lines of `text`, control characters replaced by spaces.

    In JSON a control character is a backslash and a letter, which would make one word of it and
    the word after; so spans end at line breaks, and none holds a tab.
    """
    lines = (
        "".join(" " if unicodedata.category(char) == "Cc" else char for char in line)
        for line in text.splitlines()
    )
    return [line for line in lines if line.strip()]


def _span_rules(texts: Sequence[str]) -> list[str]:
    """The terminal of a quoted run of whole words of one of `texts`, a leading space allowed.

    It is one terminal because the lexer is greedy: a quote on its own would shadow it.

    Starter models emit the space because the copied tokens then equal the prompt's; whoever
    reads the call strips it. Where an event or message is named, an id the model was given ("e12")
    will do as well.
    """
    names = [f"WORDS_{index}" for index in range(len(texts))]
    rules = []
    for rule, allowed in (("SPAN", names), ("REFERENCE", [*names, f"/{_SHORT_ID}/"])):
        # With nothing said there is nothing to repeat: only an empty string is left.
        inside = f"({' | '.join(allowed)})" if allowed else '""'
        rules.append(f'{rule}: "\\"" /[ ]?/ {inside} "\\""')
    for name, text in zip(names, texts, strict=True):
        escaped = json.dumps(text, ensure_ascii=False)[1:-1]
        rules.append(f"{name}: %regex " + json.dumps({"substring_words": escaped}))
    return rules


class _Builder:
    """Collects one set of rules per tool; rule names are numbered to stay unique."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        self._count = 0
        self._keys: dict[str, str] = {}

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"

    def call(self, tool: ToolSpec) -> str:
        """Add the rules of one tool and return the name of its call rule."""
        name = self._name("tool")
        head = self.key("name")
        arguments = self.key("arguments")
        body = self.object_rule(tool.parameters)
        self.rules.append(
            f'{name}: "{{" {head} {_quoted(json.dumps(tool.name))} COMMA {arguments} {body} "}}"'
        )
        return name

    def key(self, text: str) -> str:
        """Add the terminal of a property's key with its colon; return its name."""
        if text not in self._keys:
            self._keys[text] = f"KEY_{len(self._keys)}"
            self.rules.append(f"{self._keys[text]}: {_quoted(json.dumps(text) + ':')} /[ ]?/")
        return self._keys[text]

    def object_rule(self, schema: Mapping[str, object]) -> str:
        """Add an object with ordered properties; return its rule.

        `first_i` stands where no property was emitted yet, `rest_i` where one was.
        """
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        if not isinstance(properties, Mapping) or not isinstance(required, Sequence):
            raise ValueError("an object schema needs properties and required")
        first, rest = '""', '""'
        for key, value in reversed(list(properties.items())):
            item = f"{self.key(key)} {self.value_rule(value)}"
            optional = key not in required
            next_first, next_rest = self._name("first"), self._name("rest")
            self.rules.append(f"{next_first}: {item} {rest}" + (f" | {first}" if optional else ""))
            self.rules.append(
                f"{next_rest}: COMMA {item} {rest}" + (f" | {rest}" if optional else "")
            )
            first, rest = next_first, next_rest
        name = self._name("object")
        self.rules.append(f'{name}: "{{" {first} "}}"')
        return name

    def value_rule(self, schema: object) -> str:
        """An expression for a value of the schema."""
        if not isinstance(schema, Mapping):
            raise ValueError("a property's schema must be an object")
        if "anyOf" in schema:
            return "(" + " | ".join(self.value_rule(option) for option in schema["anyOf"]) + ")"
        if "enum" in schema:
            return "(" + " | ".join(_quoted(json.dumps(option)) for option in schema["enum"]) + ")"
        match schema.get("type"):
            case "string":
                if not schema.get("x-span"):
                    return "STRING"
                return "REFERENCE" if schema.get("x-id") else "SPAN"
            case "boolean":
                return '("true" | "false")'
            case "integer":
                return "INTEGER"
            case "array":
                item = self.value_rule(schema["items"])
                return f'("[" ({item} (COMMA {item})*)? "]")'
            case other:
                raise ValueError(f"no grammar for schema type {other!r}")


def _quoted(literal: str) -> str:
    """A Lark string literal; Lark's escapes for these are JSON's."""
    return json.dumps(literal, ensure_ascii=False)
