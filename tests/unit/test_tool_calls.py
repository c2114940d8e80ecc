"""Tool calls as models write them when nothing holds them, and answers that only look like one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.messages import ToolCall
from app.engine.tool_calls import CallWatch, LooseReader, canonical_calls, read_tool_calls

READER = LooseReader(["cal_find", "cal_create", "undo"])
FIND = ToolCall("cal_find", {"when": "tomorrow"})
UNDO = ToolCall("undo")
ONE = '{"name": "cal_find", "arguments": {"when": "tomorrow"}}'


def watched(*pieces: str) -> tuple[str, list[ToolCall] | None]:
    """What is shown of an answer, and its calls; None where it is no call, [] where unreadable."""
    watch = CallWatch(READER)
    shown = ""
    for piece in pieces:
        shown += watch.feed(piece)
        if watch.over:  # the decoder stops here
            break
    shown += watch.finish()
    return shown, watch.calls if watch.sure else None


CALLS = [
    (f"[{ONE}]", [FIND]),
    (ONE, [FIND]),
    (f"\n {ONE}\n", [FIND]),
    (f"<|tool_call|>[{ONE}]<|/tool_call|>", [FIND]),
    (f"<|tool_call|>{ONE}", [FIND]),
    (f"<tool_call>\n{ONE}\n</tool_call>", [FIND]),
    (f"functools[{ONE}]", [FIND]),
    (f"```json\n[{ONE}]\n```", [FIND]),
    (f"```\n{ONE}\n```\nThis looks in your calendar.", [FIND]),
    (f"[{ONE}]\n\nI looked, and there is nothing.", [FIND]),
    (ONE.replace("arguments", "parameters"), [FIND]),
    ('{"name": "cal_find", "arguments": "{\\"when\\": \\"tomorrow\\"}"}', [FIND]),
    ('{"name": "undo"}', [UNDO]),
    ('[{"name": "undo", "arguments": null}]', [UNDO]),
    ('{"name": "undo", "arguments": ""}', [UNDO]),
    (f'{{"type": "function", "function": {ONE}}}', [FIND]),
    (f'{{"function": {ONE}}}', [FIND]),
    ('{"type":"function","name":"undo","parameters":{}}', [UNDO]),
    ('{"function": "undo", "arguments": {}}', [UNDO]),
    ('{"name": "undo", "arguments": {}, "why": "because"}', [UNDO]),
    ('{"arguments": {"when": "tomorrow"}, "name": "cal_find"}', [FIND]),
    (f'[{ONE}, {{"name": "undo"}}]', [FIND, UNDO]),
    (f'{ONE}\n{{"name": "undo"}}', [FIND, UNDO]),
    (f'<tool_call>{ONE}</tool_call>\n<tool_call>{{"name": "undo"}}</tool_call>', [FIND, UNDO]),
    ('{"name": "cal_find", "arguments": {"when": "two\nlines"}}', [
        ToolCall("cal_find", {"when": "two\nlines"})
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "calls"), CALLS)
def test_a_call_in_every_form_models_write_it(text: str, calls: list[ToolCall]) -> None:
    shown, found = watched(text)
    assert (shown.strip(), found) == ("", calls)
    assert watched(*text)[1] == calls


@pytest.mark.parametrize(("text", "calls"), CALLS)
def test_a_call_on_lines_of_its_own_at_the_end_of_an_answer(
    text: str, calls: list[ToolCall]
) -> None:
    ends_with_prose = text.rstrip()[-1] == "."
    said = f"Sure, I look.\n{text}"
    expected = (said, None) if ends_with_prose else ("Sure, I look.\n", calls)
    shown, found = watched(*said)
    assert (shown if ends_with_prose else shown.rstrip(" \n") + "\n", found) == expected


@pytest.mark.parametrize(
    "text",
    [
        "No, nothing.",
        "[1] See the notes. [2] Also these.",
        "[ ] milk\n[ ] bread",
        '{"title": "lunch", "when": "noon"}',
        '[{"name": "Anna", "phone": "12"}, {"name": "Bob"}]',
        '{"name": "rm_rf", "arguments": {}}',
        '{"name": "cal_findings", "arguments": {}}',
        '[{"name": "cal_find", "description": "Looks in the calendar"}]',
        '{"arguments": {"a": 1}, "conclusion": 3}',
        '{"parameters": [1, 2]}',
        '{"type": "function", "name": "f", "body": "return 1"}',
        "```python\nprint(1)\n```",
        '```json\n{"a": 1}\n```',
        "```",
        "functools.partial is a function.",
        "<b>bold</b>",
        f"It would be {ONE}",
        f"It would be\n{ONE}\nif you like.",
        f"It would be\n```json\n{ONE}\n```\nif you like.",
        "{",
        '{"name": "cal_',
        "[[[[",
        "```" * 2_000,
        "functools" * 2_000,
    ],
)
def test_anything_else_is_shown_as_it_is(text: str) -> None:
    assert watched(text) == (text, None)
    assert watched(*text) == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "cal_find", "arguments": {"when": "tomorrow"',
        '{"name": "cal_find", "arguments": {"when": tomorrow, and more of it}}',
        "[{'name': 'cal_find', 'arguments': {'when': 'tomorrow', 'more': 'of it'}}]",
        '{"name": "cal_find", "arguments": "when tomorrow"} and on with it',
        '{"name": "cal_find", "arguments": ' + "[" * 5_000,
        f'{ONE}\n{{"name": "undo", "arguments": ',
        f"[{ONE}, 7]",
    ],
)
def test_what_was_meant_as_a_call_and_cannot_be_read_is_known(text: str) -> None:
    assert watched(text) == ("", [])
    assert watched(*text) == ("", [])


@pytest.mark.parametrize("text", ["{", "[", "`", "```json\n", "<tool", "func", '[{"name": "cal'])
def test_what_may_be_a_call_is_held_back_and_no_longer(text: str) -> None:
    watch = CallWatch(READER)
    assert watch.feed(text) == ""
    assert watch.feed("? no") == text + "? no"
    assert watch.feed(" [{") == " [{"  # only where a line begins


@settings(max_examples=300, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            [
                ONE, '{"name": "undo"}', "[", "]", "{", "}", ",", "\n", " ", "```json", "```",
                "<tool_call>", "</tool_call>", "functools", '"name": ', '"cal_find"',
                ', "arguments": {', '{"arguments": ', "words", '"',
            ]
        ),
        max_size=10,
    ),
    cuts=st.lists(st.integers(1, 12), max_size=60),
)  # fmt: skip
def test_how_the_text_is_cut_makes_no_difference(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    pieces = []
    for length in cuts:
        pieces.append(text[:length])
        text = text[length:]
    whole, cut = watched("".join(parts)), watched(*pieces, text)
    assert cut[1] == whole[1]
    assert cut[0].strip() == whole[0].strip()
    if whole[1] is None:
        assert whole[0] == "".join(parts)


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet='[]{}":,`\\ntrue1 \n', max_size=60))
def test_noise_is_shown_as_it_is(text: str) -> None:
    assert watched(*text) == (text, None)


def test_a_loose_call_is_put_into_the_order_of_the_schema() -> None:
    call = ToolCall("cal_create", {"when": "Friday", "odd": 1, "title": 'Ömer’s "x"'})
    text = canonical_calls([call, UNDO], {"cal_create": ["title", "when"], "undo": []})
    assert list(json.loads(text)[0]["arguments"]) == ["title", "when", "odd"]
    assert read_tool_calls(text) == [call, UNDO]
