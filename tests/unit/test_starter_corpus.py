"""The starter model's corpus: each example keeps to the call format, and the seed decides all."""

import json
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from models.training import corpus
from models.training.grammar import Grammar, noise, typo

FOLDER = Path(corpus.__file__).parent


def test_every_call_keeps_to_the_format():
    for one in islice(corpus.stream("format"), 5_000):
        corpus.check(one)
        assert one.calls or one.answer


def test_every_template_expands():
    rng = Random("templates")
    for rule, templates in corpus.GRAMMAR.rules.items():
        if not callable(templates) and rule not in ("symbol", "quotes"):
            for template in templates:
                corpus.GRAMMAR.expand(rng, template).resolve()


def test_every_tool_is_learned():
    called = {call["name"] for one in islice(corpus.stream("tools"), 3_000) for call in one.calls}
    assert called == set(corpus.TOOLS) == set(corpus.WEIGHTS)


def test_a_seed_gives_the_same_examples_again():
    first, again, other = (list(islice(corpus.stream(seed), 200)) for seed in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_target_is_the_call_as_json():
    call = {"name": "cal_create", "arguments": {"title": " lunch", "when": " Friday"}}
    one = corpus.Example("lunch Friday", (call,))
    assert one.prompt == "<|user|> lunch Friday<|end|><|assistant|>"
    assert one.target == (
        '<|tool_call|>[{"name": "cal_create", "arguments": {"title": " lunch", "when": " Friday"}}]'
        "<|/tool_call|><|end|>"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        {"when": " Friday", "title": " lunch"},
        {"title": " dinner"},
        {"title": "lunch"},
        {"title": " lunch ", "when": " Friday"},
    ],
    ids=["order", "not said", "no leading space", "trailing space"],
)
def test_check_refuses(arguments):
    call = {"name": "cal_create", "arguments": arguments}
    with pytest.raises(ValueError):
        corpus.check(corpus.Example("lunch Friday", (call,)))


@pytest.mark.parametrize("name", ["handwritten", "unseen", "fresh", "fresh2"])
def test_calls_written_by_hand_keep_to_the_format(name):
    for line in map(json.loads, (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()):
        for call in line["calls"]:
            tool, arguments = call["name"], call["arguments"]
            assert list(arguments) == [name for name in corpus.TOOLS[tool] if name in arguments]
            for name, value in arguments.items():
                if name not in corpus.CONSTANTS:
                    values = value if (tool, name) in corpus.ARRAYS else [value]
                    assert all(text in line["text"] for text in values), line


def test_grammar_marks_nested_spans_and_constants():
    grammar = Grammar({"who": ["{with:Anna}"]})
    template = "[Plan] {title:lunch with <who>}{!invite=true} on {when:Friday}{!scope=all}."
    draft = grammar.expand(Random(0), template)
    message, spans = draft.resolve()
    assert message == "Plan lunch with Anna on Friday."
    assert spans == [("title", "lunch with Anna"), ("with", "Anna"), ("when", "Friday")]
    assert draft.constants == {"invite": True, "scope": "all"}


@pytest.mark.parametrize("template", ["[a", "a|b", "a]b"])
def test_grammar_refuses_brackets_that_do_not_match(template):
    with pytest.raises(ValueError):
        Grammar({}).expand(Random(0), template)


def test_noise_keeps_the_spans():
    grammar = Grammar({})
    for seed in range(300):
        draft = grammar.expand(
            Random(seed), "please plan {title:lunch with Anna}, on {when:Friday}."
        )
        draft.marked = noise(Random(seed), draft.marked)
        message, spans = draft.resolve()
        assert [name for name, _ in spans] == ["title", "when"]
        assert all(text in message for _, text in spans)


def test_typo_changes_at_most_one_letter_more_or_less():
    for seed in range(50):
        assert abs(len(typo(Random(seed), "dentist")) - 7) <= 1
