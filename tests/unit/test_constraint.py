"""The grammar of tool calls, tried on the real llguidance with one token a byte."""

from __future__ import annotations

import json
from collections.abc import Sequence

import llguidance
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.ports import ToolSpec
from app.core.proposals import Risk
from app.engine.constraint import tool_call_grammar

SPAN = {"type": "string", "x-span": True}
REFERENCE = {**SPAN, "x-id": True}
CREATE = ToolSpec(
    "cal_create",
    "",
    Risk.CHANGE,
    {
        "type": "object",
        "properties": {
            "title": SPAN,
            "when": SPAN,
            "with": {"type": "array", "items": SPAN},
            "invite": {"type": "boolean"},
            "limit": {"type": "integer"},
            "notes": {"type": "string"},
            "scope": {"enum": ["this", "all"]},
            "events": {"anyOf": [REFERENCE, {"type": "array", "items": REFERENCE}]},
        },
        "required": ["title", "when"],
    },
)
UNDO = ToolSpec("undo", "", Risk.CHANGE, {"type": "object", "properties": {"change": REFERENCE}})
TEXT = 'Schedule "lunch" with Anna’s team (Dr. Ömür), Friday at noon.\nThanks a lot'
BOUNDED = ToolSpec(
    "bounded",
    "",
    Risk.READ,
    {
        "type": "object",
        "properties": {
            "words": {"type": "string", "maxLength": 5},
            "span": {**SPAN, "maxLength": 200},
            "id": {"type": "string", "maxLength": 20, "x-id": True},
            "limit": {"type": "integer", "minimum": 1, "maximum": 20},
            "some": {"type": "array", "items": {**SPAN, "maxLength": 200}, "maxItems": 3},
        },
        "required": [],
    },
)
BYTES = llguidance.LLTokenizer("byte")


def accepted(answer: str, text: str = TEXT, tools: Sequence[ToolSpec] = (CREATE, UNDO)) -> bool:
    """Whether `answer` is a whole call under the grammar, and nothing could follow it."""
    grammar = llguidance.LLMatcher.grammar_from_lark(tool_call_grammar(tools, [text]))
    matcher = llguidance.LLMatcher(BYTES, grammar)
    assert not matcher.is_error(), matcher.get_error()
    data = list(answer.encode())
    return matcher.try_consume_tokens(data) == len(data) and matcher.is_stopped()


def call(**arguments: object) -> str:
    """A call of cal_create as the model writes it."""
    return json.dumps([{"name": "cal_create", "arguments": arguments}], ensure_ascii=False)


@pytest.mark.parametrize(
    "answer",
    [
        call(title=" lunch", when=" Friday at noon"),
        call(title='"lunch" with Anna’s team', when="Friday"),
        call(title="Anna", when="noon", invite=True, limit=-3, notes='as "agreed"', scope="all"),
        call(title="Dr. Ömür", when="Friday", **{"with": [" Anna", "Dr"]}),
        call(title="lunch", when="Thanks a lot"),
        call(title="lunch", when="Friday", events=["e12", "e3"]),
        call(title="lunch", when="Friday", events=" e12"),
        call(title="lunch", when="Friday").replace(" ", ""),
        '[{"name": "undo", "arguments": {}}]',
        '[{"name": "undo", "arguments": {}}, {"name": "undo", "arguments": {"change": "c4"}}]',
    ],
)
def test_calls_in_the_users_words_are_accepted(answer: str) -> None:
    assert accepted(answer)


@pytest.mark.parametrize(
    "answer",
    [
        call(title="lunch"),
        call(title="dinner", when="Friday"),
        call(title="unch", when="Friday"),
        call(title="lunch with", when="Monday"),
        call(when="Friday", title="lunch"),
        call(title="lunch", when="Friday", colour="red"),
        call(title="e12", when="Friday"),
        call(title="lunch", when="Friday", scope="none"),
        call(title="lunch", when="Friday", invite="yes"),
        '[{"name": "rm_rf", "arguments": {}}]',
        '[{"name": "undo"}]',
        "[]",
        "lunch",
    ],
)
def test_anything_else_is_refused(answer: str) -> None:
    assert not accepted(answer)


def test_at_most_four_calls_in_one_answer() -> None:
    undo = '{"name": "undo", "arguments": {}}'
    assert accepted(f"[{', '.join([undo] * 4)}]")
    assert not accepted(f"[{', '.join([undo] * 5)}]")


def test_without_words_only_ids_can_be_spans() -> None:
    assert accepted('[{"name": "undo", "arguments": {"change": "c4"}}]', text="")
    assert not accepted('[{"name": "undo", "arguments": {"change": "it"}}]', text="")


@pytest.mark.parametrize("count", [100, pytest.param(5000, marks=pytest.mark.soak)])
def test_any_text_a_person_may_type_makes_a_valid_grammar(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(st.text(min_size=1, max_size=60))
    def holds(text: str) -> None:
        grammar = llguidance.LLMatcher.grammar_from_lark(tool_call_grammar([CREATE, UNDO], [text]))
        error, messages = llguidance.LLMatcher.validate_grammar_with_warnings(grammar, BYTES)
        assert not error, messages

    holds()


@pytest.mark.parametrize("text", ["x\ty", "a\nb", "tab\t\tnext\x07bell", 'quote\\" and \\ back'])
def test_what_is_accepted_is_json_and_in_the_text(text: str) -> None:
    """Control characters are two letters in JSON, of which none may pass for a word."""
    pieces = {"\\", "ty", "nb", "\\t", "nnext", "u0007bell", "x\\ty", "x", "y", "a", "b", "back"}
    for piece in pieces:
        answer = f'[{{"name": "undo", "arguments": {{"change": "{piece}"}}}}]'
        if accepted(answer, text):
            value = json.loads(answer)[0]["arguments"]["change"]
            assert value in text


def bounded(required: str = "", said: str = TEXT, **arguments: object) -> bool:
    """Whether a call of BOUNDED is accepted, one of its properties being required."""
    parameters = {**BOUNDED.parameters, "required": [required] if required else []}
    tool = ToolSpec(BOUNDED.name, "", Risk.READ, parameters)
    answer = json.dumps([{"name": tool.name, "arguments": arguments}], ensure_ascii=False)
    return accepted(answer, said, [tool])


@pytest.mark.parametrize(
    ("name", "fits", "does_not"),
    [
        ("words", ["", "a", "ab cd", 'éé👍"\\'], ["ab cde", "👍👍👍👍👍👍"]),
        ("id", ["e1", " e12", "m123456789"], ["", "e", "E1", "e1234567890", "lunch"]),
        ("limit", [1, 9, 10, 20], [0, -1, 21, 100, 1.5]),
        ("some", [[], ["lunch"], ["lunch"] * 3], [["lunch"] * 4, [""], [" "], "lunch"]),
    ],
)
def test_values_keep_to_the_bounds_of_their_schema(
    name: str, fits: list[object], does_not: list[object]
) -> None:
    assert [value for value in fits if not bounded(**{name: value})] == []
    assert [value for value in does_not if bounded(**{name: value})] == []


@pytest.mark.parametrize("name", ["words", "span", "some"])
def test_what_is_required_is_not_blank(name: str) -> None:
    blanks: list[object] = [[], [""], [" "]] if name == "some" else ["", " ", "  ", "\n", "\u00a0"]
    assert [value for value in blanks if bounded(name, **{name: value})] == []
    said = ["lunch"] if name == "some" else "lunch"
    assert bounded(name, **{name: said})
    assert bounded(name, said="lunch \u00a0 ", **{name: said})


def test_a_span_of_a_long_line_is_no_longer_than_its_schema_allows() -> None:
    words = [f"w{number}" for number in range(300)]
    line = " ".join(words)
    assert bounded(span=" ".join(words[100:120]), said=line)
    assert bounded(span=line[:198].rpartition(" ")[0], said=line)
    assert not bounded(span=" ".join(words[100:160]), said=line)
    assert bounded(span="x" * 200, said="x" * 1000) and not bounded(span="x" * 300, said="x" * 1000)


def test_a_span_neither_begins_nor_ends_with_blanks_but_one_first() -> None:
    said = "lunch at  noon"
    assert bounded(span="at  noon", said=said) and bounded(span=" at", said=said)
    assert not bounded(span="at ", said=said) and not bounded(span="  noon", said=said)


def test_with_nothing_said_the_grammar_is_one_still() -> None:
    """What is required stays empty then; the tool says what is missing."""
    assert bounded("span", span="", said="") and not bounded("span", span="lunch", said="")
    assert bounded("some", some=[""], said="")


@pytest.mark.parametrize("part", ["ha ", "=-", "!" * 10, "a b c\n", "👩\u200d👧 "])
def test_text_that_repeats_itself_makes_a_grammar_that_works(part: str) -> None:
    assert bounded(span=part.strip(), said=part * 1001)
    assert bounded(span=(part * 10).splitlines()[0].strip(), said=part * 1001)


def test_half_a_character_in_the_dialogue_is_a_question_mark() -> None:
    assert bounded(span="a ? b", said="a \ud800 b")


def test_escapes_spell_no_half_characters() -> None:
    assert accepted(call(title="lunch", when="Friday", notes="\u00e9").replace("é", "\\u00e9"))
    assert not accepted(call(title="lunch", when="Friday", notes="x").replace("x", "\\ud800"))


def test_a_schema_form_no_tool_uses_is_an_error_at_once() -> None:
    odd = ToolSpec("odd", "", Risk.READ, {"type": "object", "properties": {"x": {"type": "null"}}})
    with pytest.raises(ValueError, match="null"):
        tool_call_grammar([odd], ["x"])


def test_an_integer_with_one_bound_or_a_wide_range_is_an_error_at_once() -> None:
    for bounds in ({"minimum": 1}, {"minimum": 1, "maximum": 100_000}):
        schema = {"type": "object", "properties": {"x": {"type": "integer", **bounds}}}
        with pytest.raises(ValueError, match="bounds"):
            tool_call_grammar([ToolSpec("odd", "", Risk.READ, schema)], ["x"])
