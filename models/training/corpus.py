"""The corpus: seeded examples of what a user says and the tool calls or answers that fit it."""

import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from .calls import TOOLS, Call, check, missing, ordered
from .fillers import RULES, random_text
from .grammar import Draft, Grammar, Rule, noise, read_rules
from .results import READS, failed, opened, result

WEIGHTS = {
    "cal_create": 18.0, "cal_find": 11, "cal_move": 8.5, "cal_cancel": 7, "cal_change": 8.5,
    "cal_free": 5, "cal_respond": 3.5, "cal_conflicts": 1.5, "cal_resolve": 2, "undo": 3.5,
    "mail_find": 12, "mail_draft": 9, "mail_reply": 7, "mail_update": 6, "mail_extract": 5,
    "mail_read": 4, "mail_summarise": 4, "mail_forward": 3.5, "mail_send": 2, "contact_find": 3,
}  # fmt: skip
"""Each tool's share among the calls; its forms are the rule of the same name."""

DRILL_WEIGHTS = {
    "cal_create": 7, "cal_find": 3, "cal_cancel": 3, "cal_move": 1, "cal_change": 1,
    "mail_draft": 2, "mail_reply": 1, "mail_find": 1, "mail_update": 1, "contact_find": 1,
}  # fmt: skip
"""Each tool's share among the copy drills; their forms are the rules `drill_…`."""

CHAT_WEIGHTS = {
    "outside": 80, "cannot": 10, "hello": 6, "thanks": 6, "bye": 2, "fine": 4, "help": 7,
    "unclear": 5, "ask_when": 6, "ask_to_when": 4, "ask_body": 5, "ask_whom": 3, "ask_event": 3,
    "ask_mail": 3, "ask_change": 2, "ask_title": 2,
}  # fmt: skip
"""Shares of the messages that want no call; each is a rule, with an answer below."""

ANSWERS = {
    "outside": "I am Phial's starter model and only know mail and calendar. A larger model, such "
    "as Phi-4-mini, can answer this: you can choose one in the settings.",
    "cannot": "That is something I cannot do. I can find, plan, move, change and cancel events, "
    "and find, read, write and sort mail.",
    "hello": "Hello! I can help with your mail and calendar. What would you like to do?",
    "thanks": "You're welcome!",
    "bye": "Goodbye!",
    "fine": "All right.",
    "help": "I can find, plan, move and cancel events, and find, read, write and sort mail. "
    "For example: lunch with Anna on Friday at noon.",
    "unclear": "I did not understand that. Say it in other words, for example: lunch with Anna on "
    "Friday at noon.",
    "ask_when": "When should that be?",
    "ask_to_when": "When should I move it to?",
    "ask_body": "What should it say?",
    "ask_whom": "Who should it go to?",
    "ask_event": "Which event do you mean?",
    "ask_mail": "Which mail do you mean?",
    "ask_change": "What should I change about it?",
    "ask_title": "What should I call it?",
    "no_time": "There is no free time for it.",
    "found": "That is what I found.",
    "nothing": "There was nothing to do that with.",
}

SHARES = {
    "form": 59, "drill": 5, "echo": 2, "chat": 18, "joined": 1, "pair": 4, "turns": 9, "steps": 2,
}  # fmt: skip
"""Shares of the kinds of example."""
AFTER_TURN = 0.1
"""Share of the examples that come after an earlier turn that has nothing to do with them."""

HELD_OUT = 0.03
"""Share of the ways of asking that training never sees."""
SPLIT = (*WEIGHTS, *CHAT_WEIGHTS, "pairs", "turns", "steps")
"""The rules whose templates are ways of asking."""

_RULES = read_rules(*sorted(Path(__file__).with_name("rules").glob("*.txt")))


def _is_held_out(template: str) -> bool:
    return zlib.crc32(template.encode()) % 10_000 < HELD_OUT * 10_000


def _grammar(*, held_out: bool) -> Grammar:
    """The rules with only those ways of asking that are held out, or only the others."""
    rules: dict[str, Rule] = dict(_RULES)
    for name in SPLIT:
        templates = [each for each in _RULES[name] if _is_held_out(each) is held_out]
        rules[name] = templates or _RULES[name][:1]
    return Grammar(RULES, rules)


@dataclass(frozen=True)
class Step:
    """What the model reads next, and what it should write: calls, or a plain answer.

    `result` is that of the calls before, `text` the user's message; "" where the model goes on by
    itself.
    """

    text: str
    calls: tuple[Call, ...] = ()
    answer: str = ""
    result: str = ""

    @property
    def prompt(self) -> str:
        """What the model reads."""
        heard = f"<|tool_response|>{self.result}<|end|>" if self.result else ""
        said = f"<|user|> {self.text}<|end|>" if self.text else ""
        return f"{heard}{said}<|assistant|>"

    @property
    def target(self) -> str:
        """What the model should write, up to and with the end of its turn."""
        if not self.calls:
            return f"{self.answer}<|end|>"
        listed = json.dumps(list(self.calls), ensure_ascii=False)
        return f"<|tool_call|>{listed}<|/tool_call|><|end|>"


@dataclass(frozen=True)
class Example:
    """A dialogue, of one step as a rule."""

    steps: tuple[Step, ...]

    @property
    def last(self) -> Step:
        """The step that the others lead to."""
        return self.steps[-1]

    @property
    def prompt(self) -> str:
        """What the model reads before its last answer."""
        earlier = "".join(step.prompt + step.target for step in self.steps[:-1])
        return earlier + self.last.prompt

    def check(self) -> None:
        """Raises ValueError unless each call keeps to the format (see `models/README.md`)."""
        said = ""
        for step in self.steps:
            said += f"{step.text}\n"
            for call in step.calls:
                check(call, said)


def one(text: str, *calls: Call, answer: str = "") -> Example:
    """An example of a single message."""
    return Example((Step(text, calls, answer),))


_Spans = dict[str, list[str]]


def _said(draft: Draft) -> tuple[str, _Spans]:
    message, spans = draft.resolve()
    said: _Spans = {}
    for argument, text in spans:
        said.setdefault(argument, []).append(text)
    return message, said


class Corpus:
    """A source of examples; one is for training, the other holds the ways of asking held out."""

    def __init__(self, *, held_out: bool = False, noisy: bool = True) -> None:
        """Takes the ways of asking that are held out, or the others; `noisy`: as people type."""
        self.grammar = _grammar(held_out=held_out)
        self._held_out = held_out
        self._noise = noise if noisy else _as_written
        self._kinds = {
            "form": self.request,
            "drill": self._drill,
            "echo": self._echo,
            "chat": self.chat,
            "joined": self._joined,
            "pair": partial(self.dialogue, rule="pairs"),
            "turns": partial(self.dialogue, rule="turns"),
            "steps": partial(self.dialogue, rule="steps"),
        }

    def stream(self, seed: str) -> Iterator[Example]:
        """Endless examples that depend on the seed alone."""
        rng = Random(seed)
        while True:
            yield self.example(rng)

    def example(self, rng: Random) -> Example:
        """One example; some come after an earlier turn that has nothing to do with them."""
        single = self._kinds[_weighted(rng, SHARES)](rng)
        if rng.random() >= AFTER_TURN:
            return single
        earlier = self._kinds[_weighted(rng, SHARES)](rng)
        before, first = earlier.last, single.steps[0]
        heard = ""
        if before.calls:
            right = rng.random() < 0.85
            heard = result(rng, before.calls)[0] if right else failed(rng, before.calls[-1])
        if first.result:
            heard = f"{heard}\n{first.result}".strip()
        return Example((*earlier.steps, Step(first.text, first.calls, first.answer, heard),
                        *single.steps[1:]))  # fmt: skip

    def has(self, rule: str) -> bool:
        """Whether there are ways of asking of a rule here: of few, none may be held out."""
        return any(_is_held_out(each) is self._held_out for each in _RULES[rule])

    def request(self, rng: Random, tool: str = "") -> Example:
        """One message with one wish, for `tool` if one is named."""
        tool = tool or _weighted(rng, WEIGHTS)
        return self._form(rng, tool, tool)

    def chat(self, rng: Random, kind: str = "") -> Example:
        """A message that wants no call, of `kind` if one is named."""
        kind = kind or _weighted(rng, CHAT_WEIGHTS)
        draft = self.grammar.pick(rng, kind)
        draft.marked = self._noise(rng, draft.marked)
        return one(draft.resolve()[0], answer=ANSWERS[kind])

    def dialogue(self, rng: Random, rule: str) -> Example:
        """One of the dialogues of a rule: see `rules/dialogues.txt`."""
        while True:
            made = self._dialogue(rng, self.grammar.template(rng, rule))
            if made is not None:
                return made

    def _dialogue(self, rng: Random, template: str) -> Example | None:
        steps: list[Step] = []
        before: dict[str, list[str]] = {}
        heard, named = "", ""
        for turn in template.split(" => "):
            head, _, form = turn.partition(": ")
            if head.startswith("open "):
                heard, named = opened(rng, head[-1])
                continue
            head, _, state = head.partition("/")
            goes_on = form == "-" or form.startswith("- ")
            draft = self.grammar.expand(rng, form[1:] if goes_on else form)
            if not goes_on:
                draft.marked = self._noise(rng, draft.marked)
            text, said = _said(draft)
            constants = dict(draft.constants)
            for argument, mark in draft.taken.items():
                said[argument] = before.get(_own(argument), []) if mark == "^" else [named]
                if not said[argument] or not all(said[argument]):
                    return None
            if head.startswith("say "):
                steps.append(Step(text, (), ANSWERS[head[4:]], heard))
                heard = named = ""
                before = {_own(key): value for key, value in said.items()}
                continue
            calls = []
            for number, tool in enumerate(head.split("+"), 1):
                mine = {_own(key): value for key, value in said.items() if _number(key) == number}
                fixed = {_own(key): value for key, value in constants.items()
                         if _number(key) == number}  # fmt: skip
                call = ordered(tool, mine, fixed)
                if call is None or missing(call) is not None:
                    return None
                calls.append(call)
            steps.append(Step(text, tuple(calls), "", heard))
            heard, named = result(rng, calls, state)
            before = {_own(key): value for key, value in said.items()}
        return Example(tuple(steps))

    def _form(self, rng: Random, tool: str, rule: str) -> Example:
        while True:
            draft = self.grammar.pick(rng, rule)
            draft.marked = self._noise(rng, draft.marked)
            text, said = _said(draft)
            call = ordered(tool, said, draft.constants)
            if call is None:
                continue
            lacks = missing(call)
            if lacks == "ask_mail" and rng.random() < 0.6:
                # "Reply that I agree": to the mail that is open.
                heard, named = opened(rng, "m")
                seen = ordered(tool, said | {"message": [named]}, draft.constants)
                lacks = missing(seen) if seen else ""
                if seen and lacks is None:
                    return Example((Step(text, (seen,), "", heard),))
            if lacks is None:
                return one(text, call)
            if lacks:
                return one(text, answer=ANSWERS[lacks])

    def _drill(self, rng: Random) -> Example:
        """A call in which the spans are rare text."""
        tool = _weighted(rng, DRILL_WEIGHTS)
        return self._form(rng, tool, f"drill_{tool}")

    def _joined(self, rng: Random) -> Example:
        """Two wishes, each in its own words, in one message."""
        first, second = self.request(rng).last, self.request(rng).last
        joint = rng.choice([" and ", ", and ", ". ", ". Then ", ", then ", " and then ", " also "])
        if any(call["name"] in _OPEN_ENDED for call in first.calls):
            joint = ". "  # else all that follows is what is to be written
        if first.text.endswith((".", "!", "?")):
            joint = rng.choice([" ", " ", " Then ", " Also, "])
        return one(first.text + joint + second.text, *first.calls, *second.calls)

    def _echo(self, rng: Random) -> Example:
        """A wish to repeat rare text."""
        words = " ".join(random_text(rng) for _ in range(rng.choice([1, 1, 2, 3])))
        return one(f"{self.grammar.pick(rng, 'echo').marked} {words}", answer=f" {words}")


_OPEN_ENDED = {"mail_draft", "mail_reply", "mail_forward", "cal_respond"}


def _as_written(_rng: Random, marked: str) -> str:
    return marked


def _number(key: str) -> int:
    return int(key[0]) if key[1:2] == "." else 1


def _own(key: str) -> str:
    return key[2:] if key[1:2] == "." else key


def _weighted(rng: Random, weights: Mapping[str, float]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


__all__ = ["READS", "TOOLS", "Corpus", "Example", "Step", "one"]
