"""Parts of code by their role. Only Pygments' answers turned into spans are tested here."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.chat.highlight import LONGEST, Role, spans


def parts(code: str, language: str) -> list[tuple[str, Role]]:
    return [(code[s.start : s.start + s.length], s.role) for s in spans(code, language)]


def test_the_parts_of_a_line_of_python() -> None:
    assert parts('def f():\n    return "a" + 1  # why\n', "python") == [
        ("def", Role.KEYWORD),
        ("f", Role.NAME),
        ("return", Role.KEYWORD),
        ('"a"', Role.STRING),
        ("1", Role.NUMBER),
        ("# why", Role.COMMENT),
    ]


def test_a_language_is_known_by_its_other_names_in_any_case() -> None:
    assert parts("let a = 1", "JS") == parts("let a = 1", "javascript") != []


@pytest.mark.parametrize("language", ["", "no such language", "../python"])
def test_an_unknown_language_is_left_plain(language: str) -> None:
    assert spans("x = 1", language) == ()


def test_long_code_is_left_plain() -> None:
    line = "x = 1\n"
    assert spans(line * (LONGEST // len(line) + 1), "python") == ()


@given(
    st.text(alphabet="abc=1\"'#{}<>/\\* \n\t\U0001f600", max_size=200),
    st.sampled_from(["python", "json", "html", "c", "bash", "diff", "text"]),
)
def test_spans_lie_in_the_code_in_order_and_apart(code: str, language: str) -> None:
    end = 0
    for span in spans(code, language):
        assert span.start >= end
        assert span.length > 0
        end = span.start + span.length
    assert end <= len(code)


def test_pygments_is_not_imported_before_it_is_needed() -> None:
    script = "import sys, app.ui.chat.highlight; sys.exit('pygments' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
