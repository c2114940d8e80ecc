"""Thoughts and answers told apart, however the text arrives."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.core.events import ThoughtDelta
from app.engine.thoughts import Said, ThoughtSplitter

TAGS = ("<think>", "</think>")
WRITTEN = (*TAGS, "<\\think>", "</ think>", "</thinking>")


def joined(said: list[Said]) -> tuple[str, str]:
    """The thought and the answer."""
    thought = "".join(part.text for part in said if isinstance(part, ThoughtDelta))
    return thought, "".join(part.text for part in said if not isinstance(part, ThoughtDelta))


def split(*pieces: str, inside: bool = False) -> tuple[str, str]:
    """Thought and answer of pieces that arrive one after the other."""
    splitter = ThoughtSplitter(TAGS, inside=inside)
    said = [part for piece in pieces for part in splitter.feed(piece)]
    return joined(said + splitter.finish())


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("<think>why</think>Because.", "why", "Because."),
        ("\n <think>\nwhy\n</think>\n\nBecause.\n", "why\n", "Because.\n"),
        ("Because.", "", "Because."),
        ("", "", ""),
        ("<think></think>x", "", "x"),
        ("<think>a</think>\n<think>b</think>x", "ab", "x"),
        ("<think>never closed < and <b>", "never closed < and <b>", ""),
        ("<think>cut in its closing </thi", "cut in its closing </thi", ""),
        ("<think>a<\\think>x", "a", "x"),
        ("<think>a</ think>x", "a", "x"),
        ("<think>a</thinking>x", "a", "x"),
        ("<think><think>a</think></think>x", "a", "x"),
        ("</think>\nx", "", "x"),
        ("one\n</think>two", "", "one\ntwo"),
        ("Say `</think>` or <think> to it.", "", "Say `</think>` or <think> to it."),
        ("Two. <think>a</think>", "", "Two. <think>a</think>"),
        ("<think>a <think> b</think>x", "a <think> b", "x"),
    ],
)
def test_thought_and_answer(text: str, thought: str, answer: str) -> None:
    assert split(text) == (thought, answer)
    assert split(*text) == (thought, answer)


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("why</think>Because.", "why", "Because."),
        ("why, and on", "why, and on", ""),
        ("<think>why</think>Because.", "why", "Because."),
    ],
)
def test_the_prompt_may_have_opened_the_thought(text: str, thought: str, answer: str) -> None:
    assert split(text, inside=True) == (thought, answer)
    assert split(*text, inside=True) == (thought, answer)


PIECES = st.lists(
    st.sampled_from(
        ["<think>", "</think>", "<\\think>", "<", "/", "think", ">", "\n", " ", "a", "b.", "`"]
    ),
    max_size=24,
)


@settings(max_examples=300, deadline=None)
@given(pieces=PIECES, cuts=st.lists(st.integers(1, 9), max_size=60), inside=st.booleans())
def test_how_the_text_is_cut_makes_no_difference(
    pieces: list[str], cuts: list[int], inside: bool
) -> None:
    text = "".join(pieces)
    parts = []
    for length in cuts:
        parts.append(text[:length])
        text = text[length:]
    assert split(*parts, text, inside=inside) == split("".join(pieces), inside=inside)


@settings(max_examples=300, deadline=None)
@given(pieces=PIECES, inside=st.booleans())
def test_every_character_outside_the_tags_comes_out_in_its_order(
    pieces: list[str], inside: bool
) -> None:
    splitter = ThoughtSplitter(TAGS, inside=inside)
    said = splitter.feed("".join(pieces)) + splitter.finish()
    in_no_tag = "ab.`"
    assert [c for part in said for c in part.text if c in in_no_tag] == [
        c for piece in pieces for c in piece if c in in_no_tag
    ]


@settings(max_examples=300, deadline=None)
@given(text=st.text(alphabet="<>/\\thinkab \n", max_size=40), inside=st.booleans())
def test_text_without_a_whole_tag_comes_out_as_it_is(text: str, inside: bool) -> None:
    assume(not any(tag in text for tag in ("<think>", "</think>", "<\\think>", "</ think>")))
    whole = text.lstrip()
    assert split(*text, inside=inside) == ((whole, "") if inside else ("", whole))


@settings(max_examples=200, deadline=None)
@given(pieces=PIECES)
def test_only_what_may_become_a_tag_is_held_back(pieces: list[str]) -> None:
    splitter = ThoughtSplitter(TAGS)
    for piece in pieces:
        splitter.feed(piece)
    (rest,) = splitter.finish() or [ThoughtDelta("")]
    assert rest.text in [tag[:length] for tag in WRITTEN for length in range(len(tag))]


def test_text_without_tags_is_passed_on_at_once() -> None:
    splitter = ThoughtSplitter(TAGS)
    assert joined(splitter.feed("Hello")) == ("", "Hello")
    assert joined(splitter.feed(" a < b")) == ("", " a < b")
    assert joined(splitter.feed(" c <")) == ("", " c ")
    assert joined(splitter.feed("thin")) == ("", "")
    assert joined(splitter.feed(" ice")) == ("", "<thin ice")


def test_a_closed_thought_stays_closed() -> None:
    splitter = ThoughtSplitter(TAGS)
    assert joined(splitter.feed("<think>on and on </")) == ("on and on ", "")
    assert joined(splitter.close()) == ("</", "")
    assert not splitter.thinking
    assert not splitter.answered
    assert joined(splitter.feed("\n<think>\nSo: 4")) == ("", "So: 4")
    assert splitter.answered
