"""The starter model's corpus: each example keeps to the call format, and the seed decides all."""

import json
import re
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from app.agent.steps import fact, facts
from app.core.ports import ToolOutcome
from models.training import corpus
from models.training.calls import ARRAYS, CONSTANTS, NEEDED, TOOLS, check, missing, ordered
from models.training.corpus import ANSWERS, CHAT_WEIGHTS, SPLIT, WEIGHTS, Corpus, Example, Step
from models.training.grammar import Grammar, noise, read_rules, typo
from models.training.results import READS, opened, result

FOLDER = Path(corpus.__file__).parent
TRAINING = Corpus()
HELD_OUT = Corpus(held_out=True)


@pytest.mark.parametrize("source", [TRAINING, HELD_OUT], ids=["training", "held out"])
def test_every_example_keeps_to_the_format(source: Corpus) -> None:
    for example in islice(source.stream("format"), 5_000):
        example.check()
        assert all(step.calls or step.answer for step in example.steps)
        assert all(missing(call) is None for step in example.steps for call in step.calls)


def test_every_template_expands() -> None:
    rng = Random("templates")
    for rule, templates in TRAINING.grammar.rules.items():
        if not callable(templates) and rule not in ("symbol", "quotes", "pairs", "turns", "steps"):
            for template in templates:
                TRAINING.grammar.expand(rng, template).resolve()


@pytest.mark.parametrize("rule", ["pairs", "turns", "steps"])
def test_every_dialogue_comes_to_its_calls(rule: str) -> None:
    rng = Random(rule)
    for _ in range(2_000):
        example = TRAINING.dialogue(rng, rule)
        example.check()
        assert all(missing(call) is None for step in example.steps for call in step.calls)
        assert len(example.steps) > 1 or example.last.result or len(example.last.calls) > 1


def test_every_tool_and_answer_is_learned() -> None:
    steps = [step for one in islice(TRAINING.stream("tools"), 4_000) for step in one.steps]
    assert {call["name"] for step in steps for call in step.calls} == set(TOOLS) == set(WEIGHTS)
    asked = {kind for asks in NEEDED.values() for kind in asks.values() if kind}
    assert asked <= set(CHAT_WEIGHTS) <= set(ANSWERS)


def test_training_never_sees_a_way_of_asking_that_is_held_out() -> None:
    for rule in SPLIT:
        if HELD_OUT.has(rule):
            seen, kept = (set(each.grammar.rules[rule]) for each in (TRAINING, HELD_OUT))  # type: ignore[arg-type]
            assert not seen & kept
    assert sum(map(HELD_OUT.has, WEIGHTS)) >= 18


def test_a_seed_gives_the_same_examples_again() -> None:
    first, again, other = (list(islice(TRAINING.stream(seed), 200)) for seed in ("a", "a", "b"))
    assert first == again
    assert first != other


def test_target_is_the_call_as_json() -> None:
    call = {"name": "cal_create", "arguments": {"title": " lunch", "when": " Friday"}}
    one = corpus.one("lunch Friday", call)
    assert one.prompt == "<|user|> lunch Friday<|end|><|assistant|>"
    assert one.last.target == (
        '<|tool_call|>[{"name": "cal_create", "arguments": {"title": " lunch", "when": " Friday"}}]'
        "<|/tool_call|><|end|>"
    )


def test_a_dialogue_is_read_with_its_calls_and_their_results() -> None:
    cancel = {"name": "cal_cancel", "arguments": {"events": " e3"}}
    dialogue = Example((Step("hello", (), "Hi."), Step("cancel", (cancel,), "", "[open: e3]")))
    dialogue.check()
    assert dialogue.prompt == (
        "<|user|> hello<|end|><|assistant|>Hi.<|end|>"
        "<|tool_response|>[open: e3]<|end|><|user|> cancel<|end|><|assistant|>"
    )


def test_results_look_as_the_program_tells_them() -> None:
    rng = Random("results")
    told: dict[str, set[str]] = {}
    for tool in TOOLS:
        for _ in range(200):
            line, _ = result(rng, [{"name": tool, "arguments": {}}])
            told.setdefault(tool, set()).add(re.sub(r"\d+", "1", line))
    slots = [{"start": "2026-11-19T09:00:00+01:00"}]
    found = {
        "cal_find": ToolOutcome({"total": 2}, "", mentions=("e1", "e1")),
        "mail_find": ToolOutcome({"total": 0}, ""),
        "mail_read": ToolOutcome({"to": ["x"], "unread": True}, "", mentions=("m1",)),
        "cal_free": ToolOutcome({"free": True, "slots": slots}, ""),
        "contact_find": ToolOutcome({"total": 1}, "", mentions=("@bob@x.example",)),
    }
    for tool, outcome in found.items():
        assert re.sub(r"\d+", "1", fact(tool, facts(outcome))) in told[tool]
    assert (
        fact("cal_free", facts(ToolOutcome({"free": False, "slots": []}, ""))) in told["cal_free"]
    )
    changed = fact("cal_move", facts(ToolOutcome({}, "", mentions=("e1",))))
    assert f"{changed[:-1]}; done]" in told["cal_move"]
    assert "undo" not in READS
    assert re.fullmatch(r"\[open: m\d+\]", opened(rng, "m")[0])


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
def test_check_refuses(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        check({"name": "cal_create", "arguments": arguments}, "lunch Friday")


def test_a_call_has_its_arguments_in_order_and_none_of_another_tool() -> None:
    said = {"when": ["Friday"], "title": ["lunch with Bob"], "with": ["Bob"]}
    call = ordered("cal_create", said, {"invite": True})
    assert call is not None
    assert list(call["arguments"]) == ["title", "when", "with", "invite"]
    assert call["arguments"]["with"] == [" Bob"]
    assert ordered("cal_create", {"title": ["  "], "when": ["Friday"]}, {}) is None
    with pytest.raises(ValueError):
        ordered("mail_read", {"title": ["lunch"]}, {})


def test_what_a_call_lacks_is_asked_for() -> None:
    moves = {"name": "cal_move", "arguments": {"event": " lunch"}}
    assert missing(moves) == "ask_to_when"
    assert missing({"name": "cal_move", "arguments": {"event": " it", "choose": "free"}}) is None
    assert missing({"name": "cal_find", "arguments": {}}) is None


def test_calls_written_by_hand_keep_to_the_format() -> None:
    for line in map(json.loads, (FOLDER / "dev.jsonl").read_text("utf-8").splitlines()):
        for call in line["calls"]:
            tool, arguments = call["name"], call["arguments"]
            assert list(arguments) == [key for key in TOOLS[tool] if key in arguments]
            for key, value in arguments.items():
                if key not in CONSTANTS:
                    values = value if (tool, key) in ARRAYS else [value]
                    assert all(text in line["text"] for text in values), line


def test_rules_are_added_to_across_files(tmp_path: Path) -> None:
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("# names\nname :\n    Anna | 2* Bob\n")
    two.write_text('name +=\n    Chidi\nhello =\n    "hi "\n')
    assert read_rules(one, two) == {"name": ["Anna", "Bob", "Bob", "Chidi"], "hello": ["hi "]}
    two.write_text("name =\n    Chidi\n")
    with pytest.raises(ValueError, match="name is there twice"):
        read_rules(one, two)
    two.write_text("name\n    Chidi\n")
    with pytest.raises(ValueError, match="not understood"):
        read_rules(one, two)


def test_grammar_marks_nested_spans_and_constants() -> None:
    grammar = Grammar({"who": ["{with:Anna}"]})
    template = "[Plan] {title:lunch with <who>}{!invite=true} on {2.when:Friday}{^to}{@event}."
    draft = grammar.expand(Random(0), template)
    message, spans = draft.resolve()
    assert message == "Plan lunch with Anna on Friday."
    assert spans == [("title", "lunch with Anna"), ("with", "Anna"), ("2.when", "Friday")]
    assert draft.constants == {"invite": True}
    assert draft.taken == {"to": "^", "event": "@"}


@pytest.mark.parametrize("template", ["[a", "a|b", "a]b"])
def test_grammar_refuses_brackets_that_do_not_match(template: str) -> None:
    with pytest.raises(ValueError):
        Grammar({}).expand(Random(0), template)


def test_noise_keeps_the_spans() -> None:
    grammar = Grammar({})
    for seed in range(300):
        draft = grammar.expand(
            Random(seed), "please plan {title:lunch with Anna}, on {when:Friday}."
        )
        draft.marked = noise(Random(seed), draft.marked)
        message, spans = draft.resolve()
        assert [name for name, _ in spans] == ["title", "when"]
        assert all(text in message for _, text in spans)


def test_typo_changes_at_most_one_letter_more_or_less() -> None:
    for seed in range(50):
        assert abs(len(typo(Random(seed), "dentist")) - 7) <= 1
