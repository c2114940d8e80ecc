"""A model of noise with Phi-4-mini's vocabulary calls every tool: each call parses and validates.

Its samples are nearly all refused, so the grammar alone makes the calls: what it lets through must
be what the tools take. And what the constraint says of so many tokens, held against itself.
"""

from __future__ import annotations

import ctypes
import math
import random
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from app.core.events import EngineEvent, Finished, ToolCallReady
from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest, ToolSpec
from app.core.proposals import Risk
from app.engine.constraint import tool_call_grammar
from app.engine.native.constrained import Constraint, GrammarTokenizer
from app.engine.native.generation import Generator
from app.engine.native.model import NativeModel
from app.tools.reader import Quoted
from app.tools.schemas import DECLARED
from app.tools.validation import checked_arguments
from tests.support.big_vocabulary import TOKENS, write_speaker
from tests.support.reading_model import ReadingModel

ID = re.compile("[a-z][0-9]{1,9}")
WORDS = (
    "lunch", "with", "Anna", "on", "Friday", "at", "noon", "e12", "m3", "3pm", "15:30", "no-one",
    "a.b@example.org", "über", "Straße", "déjà", "İstanbul", "Ωμέγα", "συνάντηση", "встреча",
    "会議は明日です", "内部レビュー", "회의", "पुस्तक", "क्षत्रिय", "ประชุมพรุ่งนี้", "פגישה",
    "اجتماع", "👩\u200d👩\u200d👧", "🇩🇪", "👍🏽", "🎉🎉🎉", "e\u0301", "a\u0308\u0304", "ﬁ", "𝔘𝔫𝔦",
    "\u200b", "\ufeff", "\u202e", "\u00ad", "\ud800", '"lunch"', "'s", "“so”", "\\", "\\n", '\\"',
    "{", "}}]", '", "to": ["x"]', "</tool_call>", "<|end|>", "https://example.org/a?b=c&d=%20#e",
    "C:\\Temp\\x", "a" * 130, "語" * 240, "!" * 220, "=-" * 150,
)  # fmt: skip
BLANKS = (" ", " ", " ", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\u00a0", "\u2028", "\u3000")
CONTROLS = ("\x00", "\x07", "\x1b[0m", "\x7f", "\x85")


def dialogue(random: random.Random) -> list[str]:
    """What was said, in many scripts, short or long; one text at least has a word."""
    texts = []
    for _ in range(random.choice((1, 1, 2, 4))):
        count = random.choice((1, 3, 8, 20, 80, 600))
        parts = []
        for _ in range(count):
            parts += [random.choice(WORDS), random.choice(BLANKS)]
            if random.random() < 0.03:
                parts.append(random.choice(CONTROLS))
        texts.append("".join(parts))
    return texts


def specs() -> list[ToolSpec]:
    """The 20 tools, and what the reader answers under."""
    asked = ReadingModel({})
    letters = [Quoted("From: Bob", "The invoice is due."), Quoted("From: Eve", "So it is.")]
    asked.reader().summarise(letters)
    asked.reader().extract(letters[0], "When is it due?", ["date", "place"])
    return [*DECLARED, *(request.tools[0] for request in asked.asked)]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeModel]:
    path = write_speaker(tmp_path_factory.mktemp("models") / "speaker.gguf")
    loaded = NativeModel(path, context=4096)
    assert loaded.vocabulary.size == TOKENS
    yield loaded
    loaded.close()
    path.unlink()


@pytest.fixture(scope="module")
def tokenizer(model: NativeModel) -> GrammarTokenizer:
    return GrammarTokenizer(model.vocabulary)


@pytest.mark.parametrize(
    "answer",
    [
        '[{"name": "cal_create", "arguments": {"title": "lunch", "when": "Friday at noon"}}]',
        '[{"name":"cal_create","arguments":{"title":" lunch","when":" noon","with":["Anna"]}}]',
        '[{"name": "cal_cancel", "arguments": {"events": ["e12", "e3"], "scope": "following"}}]',
    ],
)
def test_what_is_forced_is_what_the_whole_text_has_there(
    model: NativeModel, tokenizer: GrammarTokenizer, answer: str
) -> None:
    """Else the model would read its own call in pieces it would not have written."""
    grammar = tool_call_grammar(DECLARED, ["Plan lunch with Anna for Friday at noon"])
    constraint, tokens = Constraint(tokenizer, grammar), model.vocabulary.tokenize(answer)
    place = forced = 0
    while not constraint.complete:
        must = constraint.forced() or tokens[place : place + 1]
        assert tokens[place : place + len(must)] == must
        forced += len(constraint.forced())
        for token in must:
            constraint.accept(token)
        place += len(must)
    assert place == len(tokens) and forced > len(tokens) // 5


@pytest.mark.parametrize(
    ("begun", "most"),
    [('[{"name":', False), ('[{"name": "take", "arguments": {"free": "x', True)],
)
def test_a_mask_leaves_what_is_allowed_as_it_is_and_nothing_else(
    model: NativeModel, tokenizer: GrammarTokenizer, begun: str, most: bool
) -> None:
    """After a key few tokens are allowed, in a free string nearly all."""
    schema = {"type": "object", "properties": {"free": {"type": "string"}}, "required": ["free"]}
    take = ToolSpec("take", "", Risk.READ, schema)
    constraint = Constraint(tokenizer, tool_call_grammar([take], []))
    for token in model.vocabulary.tokenize(begun):
        constraint.accept(token)
    chance = random.Random(0)
    before = [chance.uniform(-9, 9) for _ in range(TOKENS)]
    logits = (ctypes.c_float * TOKENS)(*before)
    assert constraint.mask_logits(logits)
    left = [token for token in range(TOKENS) if constraint.allows(token)]
    assert (len(left) > TOKENS // 2) == most and len(left) > 1
    assert [token for token in range(TOKENS) if logits[token] > -math.inf] == left
    assert all(math.isclose(logits[token], before[token], abs_tol=1e-5) for token in left)


@pytest.mark.parametrize(
    "seeds",
    [
        range(150),
        *(pytest.param(range(n, n + 500), marks=pytest.mark.soak) for n in range(0, 10_000, 500)),
    ],
    ids=lambda seeds: f"{seeds.start}-{seeds.stop}",
)
def test_every_random_call_is_one_its_tool_takes(model: NativeModel, seeds: range) -> None:
    generator, tools = Generator(model), specs()
    for seed in seeds:
        said, spec = dialogue(random.Random(seed)), tools[seed % len(tools)]
        request = GenerateRequest(
            id=str(seed),
            messages=(Message.of("user", said[-1][:1000]),),
            tools=(spec,),
            spans=tuple(said),
            max_tokens=2000,
            temperature=1.0,
            seed=seed,
            must_call=True,
        )
        for call in written(list(generator.run(request)), seed):
            holds(spec, call, said, seed)


def written(events: list[EngineEvent], seed: int) -> list[ToolCall]:
    """The calls of one answer; at least one."""
    assert isinstance(events[-1], Finished), (seed, events[-1])
    calls = [event.call for event in events if isinstance(event, ToolCallReady)]
    assert calls, (seed, events[-1])
    return calls


def holds(spec: ToolSpec, call: ToolCall, said: list[str], seed: int) -> None:
    """Fail unless the call is the tool's, valid, and in words that were said."""
    assert call.name == spec.name, seed
    properties = spec.parameters["properties"]
    assert isinstance(properties, Mapping)
    lines = [line for text in said for line in lines_of(text)]
    for name, value in checked_arguments(spec, call.arguments).items():
        for form, text in strings(properties[name], value):
            if "x-id" in form and ID.fullmatch(text):
                continue
            assert "x-span" in form or "x-id" not in form, (seed, name, text)
            assert "x-span" not in form or any(text in line for line in lines), (seed, name, text)


def strings(schema: Mapping[str, object], value: object) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Each string of a value with its own schema."""
    kind = "array" if isinstance(value, list) else "string"
    for form in schema.get("anyOf", [schema]):  # type: ignore[attr-defined]
        if form["type"] != kind:
            continue
        if isinstance(value, list):
            yield from ((form["items"], str(text)) for text in value)
        else:
            yield form, str(value)


def lines_of(text: str) -> list[str]:
    """Its lines as they may be repeated: control characters are blanks, half ones are marks."""
    return [
        "".join(" " if unicodedata.category(char) == "Cc" else char for char in line)
        for line in text.encode("utf-8", "replace").decode().splitlines()
    ]
