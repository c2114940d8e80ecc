"""The grammar a tool call must satisfy, built from the tools' schemas. Pure text; no model here.

The grammar is Lark as llguidance reads it. It accepts the list of calls that follows the model's
tool-call token: `[{"name": "cal_find", "arguments": {"when": "tomorrow"}}]`. Properties come in
the schema's order, which lets every optional one be left out without an exponential grammar.
What it accepts has the length, the number of entries and the range its schema asks for, and
required values that are not blank.

A string marked `x-span` may only repeat words of one line of the dialogue. The words are matched
as a substring of the line's JSON form, so quotes need no special case. One marked `x-id` is an id
the model was given ("e12"); marked with both, it is either.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.core.ports import ToolSpec

_SHORT_ID = "[a-z][0-9]{1,9}"
_MAX_CALLS = 4
# The characters of a JSON string; the escapes leave out surrogates, which no file can hold.
_HEX = "[0-9a-fA-F]"
_UNICODE = f"u([0-9a-ce-fA-CE-F]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}})"
_CHARACTER = f'([^"\\\\\\x00-\\x1f]|\\\\(["\\\\\\/bfnrt]|{_UNICODE}))'
# Whatever stripping a text takes away; one that is not blank has another character.
_BLANK = "\\s\\x00-\\x1f"
_NOT_BLANK = f'([^"\\\\{_BLANK}]|\\\\["\\\\\\/])'

_LONGEST_WORD = 100
"""A longer run of letters counts as several words, so that a word fits into any span."""

_WIDEST_RANGE = 1000
"""Bounded integers are spelled out one by one, so their range may hold no more than this."""


def tool_call_grammar(tools: Sequence[ToolSpec], spans: Iterable[str]) -> str:
    """The Lark grammar of one to four calls of `tools`, span strings taken from `spans`.

    Raises ValueError if a schema uses a form that `tools` do not need.
    """
    builder = _Builder([line for text in spans for line in _lines(text)])
    calls = [builder.call(tool) for tool in tools]
    lines = [
        'start: "[" call ' + f'(COMMA call)~0..{_MAX_CALLS - 1} "]"',
        "call: " + " | ".join(calls),
        "COMMA: /,[ ]?/",
        *builder.rules,
    ]
    return "\n".join(lines) + "\n"


def _lines(text: str) -> list[str]:
    """The lines of `text`, control characters replaced by spaces.

    In JSON a control character is a backslash and a letter, which would make one word of it and
    the word after; so spans end at line breaks, and none holds a tab. Half a character, which no
    file can hold, becomes a question mark, as in the prompt.
    """
    lines = (
        "".join(" " if unicodedata.category(char) == "Cc" else char for char in line)
        for line in text.encode("utf-8", "replace").decode().splitlines()
    )
    return [line for line in lines if line.strip()]


def _pieces(line: str) -> list[str]:
    """A line in pieces no span may break: words, blanks, and runs of one other character."""
    pieces: list[str] = []
    before = ""
    for char in line:
        kind = _kind(char)
        if kind == before and len(pieces[-1]) < _LONGEST_WORD:
            pieces[-1] += char
        else:
            pieces.append(char)
        before = kind
    return pieces


def _kind(char: str) -> str:
    """What stands beside characters of the same kind without a break."""
    if char.isspace():
        return "blank"
    return "word" if char == "_" or unicodedata.category(char)[0] in "LMN" else char


def _windows(pieces: Sequence[str], longest: int) -> Iterator[Sequence[str]]:
    """Parts of a line of at most `longest` characters, each begun within the one before.

    So whatever is half as long, words that long aside, stands whole in one of them. (Characters
    counted in the grammar itself make the lexer give up.)
    """
    start = end = 0
    while end < len(pieces):
        end, room = start, longest
        while end < len(pieces) and len(pieces[end]) <= room:
            room -= len(pieces[end])
            end += 1
        yield pieces[start:end]
        start += max(1, (end - start) // 2)


def _escaped(text: str) -> str:
    """`text` as it stands in a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


class _Builder:
    """Collects the rules of tools; names are numbered to stay unique, equal terminals shared."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.rules: list[str] = []
        self._count = 0
        self._terminals: dict[str, str] = {}
        self._lines = [_pieces(line) for line in dict.fromkeys(lines)]
        self._runs: dict[int | None, str] = {}

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"

    def terminal(self, stem: str, expression: str) -> str:
        """Add a terminal once; return its name."""
        if expression not in self._terminals:
            self._terminals[expression] = self._name(stem)
            self.rules.append(f"{self._terminals[expression]}: {expression}")
        return self._terminals[expression]

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
        """The terminal of a property's key with its colon."""
        return self.terminal("KEY", f"{_quoted(json.dumps(text) + ':')} /[ ]?/")

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
            optional = key not in required
            item = f"{self.key(key)} {self.value_rule(value, needed=not optional)}"
            next_first, next_rest = self._name("first"), self._name("rest")
            self.rules.append(f"{next_first}: {item} {rest}" + (f" | {first}" if optional else ""))
            self.rules.append(
                f"{next_rest}: COMMA {item} {rest}" + (f" | {rest}" if optional else "")
            )
            first, rest = next_first, next_rest
        name = self._name("object")
        self.rules.append(f'{name}: "{{" {first} "}}"')
        return name

    def value_rule(self, schema: object, *, needed: bool) -> str:
        """An expression for a value of the schema; where it is `needed`, not for a blank one."""
        if not isinstance(schema, Mapping):
            raise ValueError("a property's schema must be an object")
        if "anyOf" in schema:
            options = (self.value_rule(option, needed=needed) for option in schema["anyOf"])
            return "(" + " | ".join(options) + ")"
        if "enum" in schema:
            return "(" + " | ".join(_quoted(json.dumps(option)) for option in schema["enum"]) + ")"
        match schema.get("type"):
            case "string" if schema.get("x-span"):
                return self.span(schema.get("maxLength"), bool(schema.get("x-id")), needed)
            case "string" if schema.get("x-id"):
                return self.terminal("ID", f'/"[ ]?{_SHORT_ID}"/')
            case "string":
                return self.string(schema.get("maxLength"), needed)
            case "boolean":
                return '("true" | "false")'
            case "integer":
                return self.integer(schema.get("minimum"), schema.get("maximum"))
            case "array":
                return self.array(schema["items"], schema.get("maxItems"), needed)
            case other:
                raise ValueError(f"no grammar for schema type {other!r}")

    def string(self, longest: int | None, needed: bool) -> str:
        """The terminal of any string of at most `longest` characters (None: of any length)."""
        if not needed:
            return self.terminal("STRING", f'/"{_CHARACTER}{_at_most(longest)}"/')
        rest = _at_most(None if longest is None else longest - 1)
        return self.terminal("STRING", f'/"[ ]?{_NOT_BLANK}{_CHARACTER}{rest}"/')

    def span(self, longest: int | None, or_id: bool, needed: bool) -> str:
        """The terminal of a run of whole words of one line, of at most `longest` characters.

        It is one terminal with its quotes because the lexer is greedy: a quote on its own would
        shadow it. A space may come first: starter models write it because the copied tokens then
        equal the prompt's; whoever reads the call strips it.
        """
        choices = [self._words(longest)] if self._lines else []
        if or_id:
            choices.append(f"/{_SHORT_ID}/")
        # With nothing said there is nothing to repeat: only an empty string is left.
        inside = f"({' | '.join(choices)}){'' if needed else '?'}" if choices else '""'
        return self.terminal("SPAN", f'"\\"" /[ ]?/ {inside} "\\""')

    def _words(self, longest: int | None) -> str:
        """The terminal of a run of words of one line; it neither begins nor ends with a blank.

        Each word is a terminal that may go on with the next one, so the runs share their ends.
        """
        if longest not in self._runs:
            begun: dict[str, None] = {}
            for line in self._lines:
                parts = [line] if longest is None else _windows(line, longest)
                begun.update(dict.fromkeys(word for part in parts for word in self._chain(part)))
            self._runs[longest] = self.terminal("WORDS", " | ".join(begun) or '""')
        return self._runs[longest]

    def _chain(self, pieces: Sequence[str]) -> list[str]:
        """The terminals of what may follow from each word on, the last word's first."""
        chain: list[str] = []
        blank = ""
        for piece in reversed(pieces):
            if piece.isspace():
                blank = piece + blank
                continue
            follows = f" ({_quoted(blank)} {chain[-1]})?" if chain else ""
            chain.append(self.terminal("WORD", _quoted(_escaped(piece)) + follows))
            blank = ""
        return chain

    def integer(self, least: int | None, most: int | None) -> str:
        """The terminal of an integer, of nine digits where it has no bounds."""
        if least is None and most is None:
            return self.terminal("INTEGER", "/-?(0|[1-9][0-9]{0,8})/")
        if least is None or most is None or most - least >= _WIDEST_RANGE:
            raise ValueError("an integer has two bounds, close to each other, or none")
        return self.terminal("INTEGER", f"/{'|'.join(map(str, range(least, most + 1)))}/")

    def array(self, items: object, most: int | None, needed: bool) -> str:
        """An expression for a list of at most `most` entries (None: any number), none blank."""
        item = self.value_rule(items, needed=True)
        more = f"~0..{most - 1}" if most is not None else "*"
        entries = f"{item} (COMMA {item}){more}"
        return f'("[" {entries} "]")' if needed else f'("[" ({entries})? "]")'


def _at_most(count: int | None) -> str:
    """How a regular expression says how often."""
    return "*" if count is None else f"{{0,{count}}}"


def _quoted(literal: str) -> str:
    """A Lark string literal; Lark's escapes for these are JSON's."""
    return json.dumps(literal, ensure_ascii=False)
