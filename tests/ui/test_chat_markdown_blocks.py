"""A growing Markdown text is cut into blocks that are drawn once. Only the cutting is here."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.ui.chat.markdown_blocks import CELLS, LIMIT, Block, Kind, Splitter, split

LINES = st.sampled_from(
    [
        "",
        "  ",
        "# Title",
        "Some words.",
        "Words with `code` and **bold**.",
        "- item",
        "  - nested",
        "    more of the item",
        "2. second",
        "> quoted",
        "| a | b |",
        "|---|---|",
        "```python",
        "```",
        "~~~",
        "   ```",
        "    indented",
        "---",
        "\tTab",
        "word " * 150,
        "x" * 900,
        "|" * 60,
        ">" * 700,
    ]
)
TEXTS = st.one_of(
    st.lists(LINES, max_size=40).map("\n".join),
    st.text(alphabet="ab `~-|>#*1.\n\t", max_size=400),
    st.text(max_size=300),
)


def blocks_of(*chunks: str) -> tuple[Block, ...]:
    splitter = Splitter()
    closed = [block for chunk in chunks for block in splitter.feed(chunk)]
    return (*closed, *splitter.finish())


@given(TEXTS)
@example("x" * (3 * LIMIT))
@example("a.\n" * LIMIT)
@example("\n" * (2 * LIMIT))
def test_no_character_is_lost(text: str) -> None:
    assert "".join(block.source for block in split(text)) == text


@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=12))
@example("- a\n" + "b " * LIMIT, [3, LIMIT, LIMIT + 1])
@example(">" * (2 * LIMIT), [LIMIT - 1, LIMIT + 2])
def test_it_does_not_matter_in_which_chunks_the_text_comes(text: str, places: list[int]) -> None:
    bounds = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    chunks = [text[a:b] for a, b in itertools.pairwise(bounds)]
    assert blocks_of(*chunks) == split(text)


@given(TEXTS)
def test_the_rest_is_what_was_not_closed_and_never_longer_than_the_limit(text: str) -> None:
    splitter = Splitter()
    closed = ""
    for at in range(0, len(text), 7):
        closed += "".join(block.source for block in splitter.feed(text[at : at + 7]))
        assert closed + splitter.rest == text[: at + 7]
        assert len(splitter.rest) <= LIMIT


def kinds(text: str) -> list[tuple[Kind, str]]:
    return [(block.kind, block.source) for block in split(text)]


def test_a_paragraph_is_closed_by_the_blank_line_after_it() -> None:
    splitter = Splitter()
    assert splitter.feed("One.\nStill one.\n") == ()
    assert [block.source for block in splitter.feed("\nTwo")] == ["One.\nStill one.\n\n"]
    assert splitter.rest == "Two"


def test_code_is_closed_line_by_line_and_blank_lines_in_it_stay() -> None:
    assert kinds("Look:\n```python\na = 1\n\nb\n```\nEnd") == [
        (Kind.TEXT, "Look:\n"),
        (Kind.OPENING, "```python\n"),
        (Kind.CODE, "a = 1\n"),
        (Kind.CODE, "\n"),
        (Kind.CODE, "b\n"),
        (Kind.CLOSING, "```\n"),
        (Kind.TEXT, "End"),
    ]


@pytest.mark.parametrize(
    ("info", "language"),
    [("python", "python"), ("", ""), (" js title=x", "js"), ("{.rust}", "rust")],
)
def test_the_language_is_the_first_word_after_the_fence(info: str, language: str) -> None:
    assert split(f"```{info}\nx\n```")[0].language == language


def test_a_longer_fence_is_not_closed_by_a_shorter_one_nor_by_one_with_words() -> None:
    text = "````\n```\n````x\n````\n"
    assert [kind for kind, _ in kinds(text)] == [
        Kind.OPENING,
        Kind.CODE,
        Kind.CODE,
        Kind.CLOSING,
    ]


def test_a_list_with_blank_lines_between_its_items_stays_one_block() -> None:
    text = "1. one\n\n2. two\n\n   more of two\n\nAfter.\n"
    assert [block.source for block in split(text)] == [
        "1. one\n\n2. two\n\n   more of two\n\n",
        "After.\n",
    ]


def test_code_in_a_list_loses_the_indent_of_its_item_and_the_list_goes_on() -> None:
    blocks = split("1. Install:\n   ```sh\n   pip\n     x\n   ```\n2. Run.\n")
    assert [(b.kind, b.shown, b.level) for b in blocks] == [
        (Kind.TEXT, "1. Install:\n", 0),
        (Kind.OPENING, "   ```sh\n", 0),
        (Kind.CODE, "pip\n", 1),
        (Kind.CODE, "  x\n", 1),
        (Kind.CLOSING, "```\n", 1),
        (Kind.TEXT, "2. Run.\n", 0),
    ]


def test_a_long_list_is_cut_between_items_and_knows_how_deep_it_is() -> None:
    text = "- top\n" + "".join(f"  - nested {number} {'word ' * 20}\n" for number in range(60))
    blocks = split(text)
    assert len(blocks) > 2
    assert all(block.source.endswith("\n") and not block.cut for block in blocks)
    assert all(block.shown.startswith("- nested") and block.level == 1 for block in blocks[1:])


def test_a_long_table_repeats_its_head_where_it_was_cut() -> None:
    head = "| a | b |\n|---|---|\n"
    blocks = split(head + "| 1 | 2 |\n" * 200)
    assert len(blocks) > 2
    assert all(block.shown.startswith(head) for block in blocks)
    assert all(block.source.count("|") <= CELLS for block in blocks)


def test_a_paragraph_without_line_breaks_is_cut_after_a_sentence() -> None:
    blocks = split("It goes on and on. " * 1000)
    assert all(block.source.endswith("on. ") for block in blocks)
    assert all(block.cut for block in blocks[:-1])
    assert not blocks[-1].cut


def test_a_cut_leaves_no_code_or_bold_words_open_if_it_can() -> None:
    sentence = "Take **this one. And that one. Or all** of them. "
    for block in split(sentence * 200):
        assert block.source.count("**") % 2 == 0


def test_text_without_any_space_is_cut_at_the_limit() -> None:
    assert [len(block.source) for block in split("x" * (2 * LIMIT + 5))] == [LIMIT, LIMIT, 5]


def test_a_long_line_of_code_is_cut_and_its_rest_does_not_end_the_code() -> None:
    blocks = split("```\n" + "x" * LIMIT + "```\n```\n")
    assert [(block.kind, block.cut) for block in blocks] == [
        (Kind.OPENING, False),
        (Kind.CODE, True),
        (Kind.CODE, False),
        (Kind.CLOSING, False),
    ]


def test_a_quote_cut_in_its_line_stays_a_quote() -> None:
    blocks = split("> " + "It goes on. " * 300)
    assert len(blocks) == 2
    assert blocks[1].shown.startswith("> It goes on.")


def test_the_beginning_of_a_fence_is_not_drawn_as_text() -> None:
    splitter = Splitter()
    splitter.feed("Look:\n``")
    assert splitter.open.shown == "Look:\n"
    splitter.feed("`py\nx = 1\n``")
    assert splitter.in_code
    assert splitter.open.shown == ""
