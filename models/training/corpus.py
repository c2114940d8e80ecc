"""The corpus: seeded examples of a user's message and the tool call or answer that fits it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from .fillers import RULES, random_text
from .grammar import Draft, Grammar, noise, read_rules

TOOLS: dict[str, tuple[str, ...]] = {
    "mail_find": ("words", "from", "to", "folder", "when", "unread", "label", "sort", "limit"),
    "mail_read": ("message",),
    "mail_summarise": ("messages", "focus"),
    "mail_extract": ("message", "what", "question"),
    "mail_draft": ("to", "subject", "body", "cc", "bcc"),
    "mail_reply": ("message", "body", "all", "cc"),
    "mail_forward": ("message", "to", "body"),
    "mail_send": ("draft", "when"),
    "mail_update": ("messages", "action", "value"),
    "contact_find": ("name",),
    "cal_find": ("words", "when", "with", "limit"),
    "cal_free": ("when", "duration", "with", "choose"),
    "cal_conflicts": ("when",),
    "cal_resolve": ("when", "keep", "movable"),
    "cal_create": (
        "title", "when", "duration", "with", "invite", "where", "notes", "repeat", "remind",
    ),
    "cal_move": ("event", "to", "by", "choose"),
    "cal_change": (
        "event", "title", "duration", "where", "notes", "add", "remove", "scope",
    ),
    "cal_cancel": ("events", "scope"),
    "cal_respond": ("event", "answer", "comment", "to"),
    "undo": ("change",),
}  # fmt: skip
"""Each tool's arguments that the starter model uses, in the order in which a call gives them."""

FLAGS = {"unread", "all", "invite", "limit"}
"""Arguments that hold a boolean or a whole number."""

CONSTANTS = FLAGS | {"action", "answer", "what", "choose", "scope", "sort"}
"""Arguments that hold no words of the user but a canonical word, a boolean or a number."""

ARRAYS = {
    ("cal_create", "with"), ("cal_find", "with"), ("cal_free", "with"), ("cal_change", "add"),
    ("cal_change", "remove"), ("mail_find", "to"), ("mail_draft", "to"), ("mail_draft", "cc"),
    ("mail_draft", "bcc"), ("mail_reply", "cc"), ("mail_forward", "to"),
}  # fmt: skip
"""(tool, argument) pairs whose value is a list of names."""

WEIGHTS = {
    "cal_create": 30.0, "cal_find": 16, "cal_cancel": 13, "undo": 5,
    "cal_move": 4, "cal_change": 4, "cal_free": 3, "cal_respond": 2, "cal_conflicts": 1,
    "cal_resolve": 1, "mail_find": 4, "mail_draft": 4, "mail_update": 3.5, "mail_reply": 3,
    "mail_read": 3, "mail_summarise": 2, "mail_extract": 2, "mail_forward": 2, "mail_send": 1,
    "contact_find": 1.5,
}  # fmt: skip
"""Each tool's share among the calls; its forms are the rule of the same name."""

DRILL_WEIGHTS = {
    "cal_create": 7, "cal_find": 3, "cal_cancel": 3, "cal_move": 1, "cal_change": 1,
    "mail_draft": 2, "mail_reply": 1, "mail_find": 1, "mail_update": 1, "contact_find": 1,
}  # fmt: skip
"""Each tool's share among the copy drills; their forms are the rules `drill_…`."""

CHAT_WEIGHTS = {"outside": 70, "hello": 10, "thanks": 10, "help": 10}
"""Shares of the messages that want no call; each is a rule, with an answer below."""

ANSWERS = {
    "outside": "I am Phial's starter model and can only handle mail and calendar. Phi-4-mini, "
    "another model file, can answer this: start Phial with --model FILE.",
    "hello": "Hello! I can help with your mail and calendar. What would you like to do?",
    "thanks": "You're welcome!",
    "help": "I can find, plan, move and cancel events, and find, read, write and sort mail. "
    "For example: lunch with Anna on Friday at noon.",
}
AFTER_RESULT = "Done."
"""The answer to a tool's result."""

SHARES = {"form": 68, "drill": 13, "echo": 6, "chat": 11, "pair": 2}
"""Shares of the kinds of example."""
AFTER_TURN = 0.05
"""Share of the examples that come after an earlier turn."""

GRAMMAR = Grammar(
    RULES, *(read_rules(path) for path in sorted(Path(__file__).with_name("rules").glob("*.txt")))
)

Call = dict[str, Any]


@dataclass(frozen=True)
class Example:
    """A message with the calls it asks for, or with a plain answer when there are none."""

    text: str
    calls: tuple[Call, ...] = ()
    answer: str = ""
    history: str = ""
    """Rendered earlier turns."""

    @property
    def prompt(self) -> str:
        """What the model reads."""
        return f"{self.history}<|user|> {self.text}<|end|><|assistant|>"

    @property
    def target(self) -> str:
        """What the model should write, up to and with the end of its turn."""
        if not self.calls:
            return f"{self.answer}<|end|>"
        listed = json.dumps(list(self.calls), ensure_ascii=False)
        return f"<|tool_call|>{listed}<|/tool_call|><|end|>"


def _call(tool: str, draft: Draft) -> tuple[str, Call] | None:
    """Reads message and call off a draft; None where a span came out empty."""
    message, spans = draft.resolve()
    arguments: dict[str, Any] = {}
    for name in TOOLS[tool]:
        said = [" " + text for argument, text in spans if argument == name]
        if any(not text.strip() for text in said):
            return None
        if name in draft.constants:
            arguments[name] = draft.constants[name]
        elif said:
            arguments[name] = said if (tool, name) in ARRAYS else said[0]
    return message, {"name": tool, "arguments": arguments}


def _form(rng: Random, tool: str, rule: str) -> Example:
    while True:
        draft = GRAMMAR.pick(rng, rule)
        draft.marked = noise(rng, draft.marked)
        made = _call(tool, draft)
        if made:
            return Example(made[0], (made[1],))


def _weighted(rng: Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def request(rng: Random) -> Example:
    """One message with one wish for a tool."""
    tool = _weighted(rng, WEIGHTS)
    return _form(rng, tool, tool)


def _drill(rng: Random) -> Example:
    """A call in which the spans are rare text."""
    tool = _weighted(rng, DRILL_WEIGHTS)
    return _form(rng, tool, f"drill_{tool}")


def _pair(rng: Random) -> Example:
    """Two wishes in one message."""
    if rng.random() < 0.2:
        first = _form(rng, "mail_draft", "mail_draft")
        joint = rng.choice([" and send it", ", then send it", ". Send it."])
        send = {"name": "mail_send", "arguments": {"draft": " it"}}
        return Example(first.text + joint, (*first.calls, send))
    first, second = request(rng), request(rng)
    joint = rng.choice([" and ", ", and ", ". ", ". Then ", ", then ", " and then ", " also "])
    return Example(first.text + joint + second.text, first.calls + second.calls)


def _echo(rng: Random) -> Example:
    """A wish to repeat rare text."""
    words = " ".join(random_text(rng) for _ in range(rng.choice([1, 1, 2, 3])))
    return Example(f"{GRAMMAR.pick(rng, 'echo').marked} {words}", answer=f" {words}")


def _chat(rng: Random) -> Example:
    """A message that wants no call."""
    kind = _weighted(rng, CHAT_WEIGHTS)
    draft = GRAMMAR.pick(rng, kind)
    draft.marked = noise(rng, draft.marked)
    return Example(draft.resolve()[0], answer=ANSWERS[kind])


_KINDS = {"form": request, "drill": _drill, "echo": _echo, "chat": _chat, "pair": _pair}


def example(rng: Random) -> Example:
    """One example; a few come after an earlier turn, with or without a tool's result."""
    single = _KINDS[_weighted(rng, SHARES)](rng)
    if rng.random() < AFTER_TURN:
        before = _KINDS[_weighted(rng, SHARES)](rng)
        history = before.prompt + before.target
        if before.calls and rng.random() < 0.5:
            result = f'{{"ok": true, "total": {rng.randrange(20)}}}'
            history += f"<|tool_response|>{result}<|end|><|assistant|>{AFTER_RESULT}<|end|>"
        return Example(single.text, single.calls, single.answer, history)
    return single


def stream(seed: str) -> Iterator[Example]:
    """Endless examples that depend on the seed alone."""
    rng = Random(seed)
    while True:
        yield example(rng)


def check(one: Example) -> None:
    """Raises ValueError unless each call keeps to the format (see `models/README.md`)."""
    for call in one.calls:
        tool, arguments = call["name"], call["arguments"]
        if list(arguments) != [name for name in TOOLS[tool] if name in arguments]:
            raise ValueError(f"arguments unknown or out of order: {call}")
        for name, value in arguments.items():
            if name in CONSTANTS:
                continue
            values = value if (tool, name) in ARRAYS else [value]
            for text in values:
                if text != " " + text.strip() or text[1:] not in one.text:
                    raise ValueError(f"{name} does not copy the message: {text!r} in {one.text!r}")
