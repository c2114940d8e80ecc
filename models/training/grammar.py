"""The template language: rules, spans and constants, expanded by a seeded random generator.

A template is text with four kinds of marks:

* `[a|b|]` takes one of the alternatives (an empty one makes the rest optional);
* `<rule>` expands a rule of the grammar: a list of templates, or a function that makes raw text;
* `{arg:...}` marks a span: the call's argument `arg` copies what stands inside; spans may nest;
* `{!arg=value}` gives the argument a constant (JSON, else a plain word) and prints nothing.

Where a message makes several calls, `{2.arg:...}` and `{!2.arg=value}` belong to the second one.
In a dialogue `{^arg}` repeats the argument of the turn before, and `{@arg}` takes the id (or the
time) that its result named; both print nothing.

Rules are kept in text files (see `read_rules`). Expansion yields one string in which span borders
are single private-use characters, so that noise (see `noise`) can change the words while the
borders stay where they are.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

Rule = Sequence[str] | Callable[[Random], str]
Value = str | int | bool

CLOSE = "\ue000"
_FIRST_OPEN = 0xE001
_ARGUMENT = r"(?:\d\.)?\w+"
_TOKEN = re.compile(
    rf"\[|\]|\||<(\w+)>|\{{!({_ARGUMENT})=([^}}]*)\}}|\{{({_ARGUMENT}):|\}}|\{{([\^@])({_ARGUMENT})\}}"
)
_MARKS = re.compile("[\ue000-\ue0ff]")
_SPACES = re.compile(" ([\ue000-\ue0ff]*) +")


@dataclass(frozen=True)
class _Choice:
    options: tuple[tuple["_Node", ...], ...]


@dataclass(frozen=True)
class _Ref:
    rule: str


@dataclass(frozen=True)
class _Open:
    argument: str


@dataclass(frozen=True)
class _Close:
    pass


@dataclass(frozen=True)
class _Set:
    argument: str
    value: Value


@dataclass(frozen=True)
class _Take:
    mark: str
    argument: str


_Node = str | _Choice | _Ref | _Open | _Close | _Set | _Take


@cache
def _parse(template: str) -> tuple[_Node, ...]:
    """Turns a template into nodes; raises ValueError where brackets do not match."""
    stack: list[list[list[_Node]]] = [[[]]]
    position = 0
    for match in _TOKEN.finditer(template):
        here = stack[-1][-1]
        if match.start() > position:
            here.append(template[position : match.start()])
        position = match.end()
        mark = match.group()
        if mark == "[":
            stack.append([[]])
        elif mark == "|":
            stack[-1].append([])
        elif mark == "]" and len(stack) > 1:
            options = tuple(tuple(option) for option in stack.pop())
            stack[-1][-1].append(_Choice(options))
        elif mark == "}":
            here.append(_Close())
        elif match.group(1):
            here.append(_Ref(match.group(1)))
        elif match.group(2):
            here.append(_Set(match.group(2), _constant(match.group(3))))
        elif match.group(4):
            here.append(_Open(match.group(4)))
        elif match.group(5):
            here.append(_Take(match.group(5), match.group(6)))
        else:
            raise ValueError(f"brackets do not match: {template}")
    if len(stack) != 1 or len(stack[0]) != 1:
        raise ValueError(f"brackets do not match: {template}")
    return tuple(stack[0][0]) + ((template[position:],) if position < len(template) else ())


def _constant(text: str) -> Value:
    try:
        value: Value = json.loads(text)
    except ValueError:
        return text
    return value


_HEAD = re.compile(r"(\w+) (\+?)([=:])$")
_WEIGHT = re.compile(r"(\d+)\* ")


def read_rules(*paths: Path) -> dict[str, list[str]]:
    """Reads files of rules; raises ValueError where two begin the same rule.

    `name =` starts a rule with one template a line, `name :` one with templates between `|`;
    `name +=` and `name +:` add to a rule that stands in this file or another.
    `3* ` before a template counts it three times, quotes around it keep its outer spaces (and
    an empty one), `\\n` is a line break, and lines that start with `#` are comments.
    """
    rules: dict[str, list[str]] = {}
    begun: set[str] = set()
    for path in paths:
        templates: list[str] = []
        separator: str | None = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if head := _HEAD.match(line):
                name, adds, kind = head.groups()
                if not adds and name in begun:
                    raise ValueError(f"{path.name}: {name} is there twice")
                if not adds:
                    begun.add(name)
                templates = rules.setdefault(name, [])
                separator = "|" if kind == ":" else None
            elif line.startswith("    "):
                for item in line.split(separator) if separator else [line]:
                    _add_template(templates, item.strip())
            elif line.strip() and not line.startswith("#"):
                raise ValueError(f"{path.name}: not understood: {line}")
    return rules


def _add_template(templates: list[str], item: str) -> None:
    weight = _WEIGHT.match(item)
    template = item[weight.end() :] if weight else item
    if not template:
        return
    if len(template) > 1 and template[0] == template[-1] == '"':
        template = template[1:-1]
    templates += [template.replace("\\n", "\n")] * (int(weight.group(1)) if weight else 1)


@dataclass
class Draft:
    """A message with its span borders still in it, and the constants that were set."""

    marked: str
    constants: dict[str, Value]
    arguments: list[str]
    """Argument names in the order of their border characters (border n is `_FIRST_OPEN + n`)."""
    taken: dict[str, str] = field(default_factory=dict)
    """Arguments that come from the turn before, each with its mark, "^" or "@"."""

    def resolve(self) -> tuple[str, list[tuple[str, str]]]:
        """Returns the message, and (argument, text) for each span in order of appearance."""
        text: list[str] = []
        length = 0
        open_spans: list[tuple[int, int]] = []
        found: list[tuple[int, int, int]] = []
        for char in self.marked:
            if char == CLOSE:
                index, start = open_spans.pop()
                found.append((index, start, length))
            elif _MARKS.match(char):
                open_spans.append((ord(char) - _FIRST_OPEN, length))
            else:
                text.append(char)
                length += 1
        message = "".join(text)
        found.sort()
        spans = [(self.arguments[i], message[start:end].strip()) for i, start, end in found]
        return message, spans


class Grammar:
    """A set of named rules that expands templates."""

    def __init__(self, *rule_sets: Mapping[str, Rule]) -> None:
        """Joins sets of rules; raises ValueError where two have the same name."""
        self.rules: dict[str, Rule] = {}
        for rules in rule_sets:
            if twice := self.rules.keys() & rules.keys():
                raise ValueError(f"rules are there twice: {sorted(twice)}")
            self.rules.update(rules)

    def pick(self, rng: Random, rule: str) -> Draft:
        """Expands a rule into a draft."""
        return self.expand(rng, f"<{rule}>")

    def template(self, rng: Random, rule: str) -> str:
        """One of the templates of a rule, as it is."""
        templates = self.rules[rule]
        if callable(templates):
            raise ValueError(f"{rule} has no templates")
        return rng.choice(templates)

    def expand(self, rng: Random, template: str) -> Draft:
        """Expands a template into a draft."""
        draft = Draft("", {}, [])
        out: list[str] = []
        self._write(rng, _parse(template), out, draft)
        draft.marked = _SPACES.sub(r" \1", "".join(out)).strip(" ")
        return draft

    def _write(self, rng: Random, nodes: tuple[_Node, ...], out: list[str], draft: Draft) -> None:
        for node in nodes:
            if isinstance(node, str):
                out.append(node)
            elif isinstance(node, _Choice):
                self._write(rng, rng.choice(node.options), out, draft)
            elif isinstance(node, _Ref):
                rule = self.rules[node.rule]
                if callable(rule):
                    out.append(rule(rng))
                else:
                    self._write(rng, _parse(rng.choice(rule)), out, draft)
            elif isinstance(node, _Open):
                out.append(chr(_FIRST_OPEN + len(draft.arguments)))
                draft.arguments.append(node.argument)
            elif isinstance(node, _Close):
                out.append(CLOSE)
            elif isinstance(node, _Take):
                draft.taken[node.argument] = node.mark
            else:
                draft.constants[node.argument] = node.value


_WORD = re.compile(r"[A-Za-z]{4,}")
_PUNCTUATION = re.compile("[,.;:!?](?=[\ue000-\ue0ff]*(?: |$))")


def noise(rng: Random, marked: str) -> str:
    """Changes case, punctuation and sometimes a letter of a marked message, as people do."""
    roll = rng.random()
    if roll < 0.26:
        marked = _PUNCTUATION.sub("", marked.lower())
    elif roll < 0.38:
        marked = marked.lower()
    elif roll < 0.40:
        marked = marked.upper()
    elif roll < 0.85:
        first = re.search(r"[^\W\d_]", marked)
        if first:
            marked = marked[: first.start()] + first.group().upper() + marked[first.end() :]
    if rng.random() < 0.3:
        marked = re.sub("[.?!]([\ue000-\ue0ff]*)$", r"\1", marked)
    elif not re.search("[.?!][\ue000-\ue0ff]*$", marked) and rng.random() < 0.3:
        marked += rng.choice([".", ".", ".", "!", "?"])
    if rng.random() < 0.08:
        words = list(_WORD.finditer(marked))
        if words:
            word = rng.choice(words)
            marked = marked[: word.start()] + typo(rng, word.group()) + marked[word.end() :]
    return marked


def typo(rng: Random, word: str) -> str:
    """Misspells a word of at least two letters: swaps, drops or doubles one of them."""
    at = rng.randrange(len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return rng.choice([swapped, word[:at] + word[at + 1 :], word[: at + 1] + word[at:]])
