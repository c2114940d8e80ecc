"""Which words open the window, which run a command, and that a command loads no Qt."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import app.compose.windowed as windowed
from app.cli import main
from app.compose.windowed import Choices
from app.core.errors import KnownError
from tests.support.commands import NOW, environment


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Choices]:
    """The choices a window was opened with."""
    found: list[Choices] = []

    def window(choices: Choices) -> int:
        found.append(choices)
        return 0

    monkeypatch.setattr(windowed, "window", window)
    return found


@pytest.mark.parametrize(
    ("words", "choices"),
    [
        ([], Choices()),
        (["--profile", "here"], Choices(profile=Path("here"))),
        (["--now", NOW, "--model", "m.gguf"], Choices(now=NOW, model=Path("m.gguf"))),
    ],
)
def test_without_a_command_the_window_opens(
    opened: list[Choices], words: list[str], choices: Choices
) -> None:
    assert main(words) == 0
    assert opened == [choices]


@pytest.mark.parametrize(
    "words", [["--bogus"], ["--profile"], ["--json"], ["--profile", "x", "ask"]]
)
def test_other_words_without_a_command_are_wrong_usage(
    opened: list[Choices], words: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert opened == []


@pytest.mark.parametrize("word", ["-h", "--help"])
def test_help_shows_the_commands_and_says_what_happens_without_one(
    opened: list[Choices], word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([word])
    assert ended.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Without a command its window opens." in text
    assert all(f" {command} " in text for command in ("ask", "tool", "doctor"))


def test_help_of_a_command_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["ask", "--help"])
    assert capsys.readouterr().out.startswith("usage: phial ask ")


def test_what_keeps_the_window_from_opening_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def window(choices: Choices) -> int:
        raise KnownError("no_screen", "There is no screen.", "Use ask.")

    monkeypatch.setattr(windowed, "window", window)
    assert main([]) == 1
    assert capsys.readouterr().err == "There is no screen. Use ask.\n"


def test_a_wrong_time_is_told_before_a_window_opens(profile: Path) -> None:
    with pytest.raises(KnownError) as wrong:
        windowed.WindowParts(Choices(profile, "yesterday"))
    assert wrong.value.code == "bad_now"


def test_a_command_loads_no_qt(profile: Path) -> None:
    code = (
        "import sys; from app.cli import main;"
        f"main(['tool', 'cal_find', '{{}}', '--profile', {str(profile)!r}]);"
        f"main(['ask', 'what is on tomorrow?', '--profile', {str(profile)!r}]);"
        "sys.exit(str([name for name in sys.modules if name.startswith('PySide6')] or 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False
    )
    assert done.stderr.strip() == "0"
