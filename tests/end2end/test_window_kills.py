"""Ended without warning: the window at any moment of a request, and the model under the window.

What the user wrote is there afterwards, and no change is half made.
"""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.compose import headless
from app.compose.windowed import Choices, WindowParts
from app.core.messages import TurnState
from app.core.proposals import Change
from app.store.conversations import Conversations
from app.store.database import open_database
from app.store.paths import ProfilePaths
from app.store.window_state import load_window_state
from app.ui.views import TurnView
from tests.support.commands import NOW, ask, environment, ics_files
from tests.support.synthetic_gguf import TALKER, write
from tests.support.window_driver import Driver, open_window, words_of

pytestmark = pytest.mark.usefixtures("short_place")

LIMIT_S = 60.0
SERIES = "Schedule standup every weekday at 9"
REQUESTS = (
    "Schedule lunch with Anna on Friday at noon",  # done at once
    "Cancel standup tomorrow",  # a card
    "What is in my calendar tomorrow?",  # an answer
)
WHOLE_REQUEST_S = 0.7
"""From Enter to the answer, and a little more."""


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers do not end by themselves."""
    return write(tmp_path_factory.mktemp("models") / "talker.gguf", TALKER)


def kill_during(request: str, profile: Path, delay: float) -> None:
    """Open the window, send a request, and kill the window `delay` seconds later."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.window_typist", str(profile), NOW, request],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "sent":
                break
        else:
            raise AssertionError(process.communicate()[1])
        time.sleep(delay)
        children = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        _, complaints = process.communicate(timeout=LIMIT_S)
        assert complaints == ""
    _, orphans = psutil.wait_procs(children, LIMIT_S)
    assert not orphans


def states_after(profile: Path, request: str) -> list[TurnState]:
    """What the next start finds of the requests: the words are there, turn or draft."""
    paths = ProfilePaths(profile)
    drafts = [draft.text for draft in load_window_state(paths).drafts]
    with headless(profile, now=NOW) as program, closing(open_database(paths)) as connection:
        history = program.history
        found = [
            stored.turn
            for conversation in Conversations(connection).listed()
            for stored in history.turns_of(history.newest_turn_ids(conversation.id, 99)[0])
            if stored.turn.user.text == request
        ]
    assert found or request in drafts, "the words are gone"
    return [turn.state for turn in found]


def check_files(profile: Path) -> None:
    """The calendar is what the journal says: each change is made or not, and none is open."""
    with closing(sqlite3.connect(profile / "phial.db")) as connection:
        rows = connection.execute("SELECT content, state FROM change ORDER BY id").fetchall()
    expected: dict[str, str | None] = {}
    for content, state in rows:
        change = Change.from_json(json.loads(content))
        assert state in ("applied", "absent"), (state, change.summary)
        if state == "applied":
            expected[change.target.removeprefix("calendar:")] = change.after
    there = {str(file.relative_to(profile)): file.read_bytes() for file in ics_files(profile)}
    assert there == {name: text.encode() for name, text in expected.items() if text is not None}
    assert not list(profile.rglob("*.tmp"))


@pytest.mark.parametrize("count", [6, pytest.param(50, marks=pytest.mark.soak)])
def test_a_window_killed_at_any_moment_loses_no_words_and_half_makes_nothing(
    count: int, profile: Path
) -> None:
    assert ask(SERIES, profile, "--yes").returncode == 0
    chance = random.Random(count)
    for index in range(count):
        request = REQUESTS[index % len(REQUESTS)]
        kill_during(request, profile, chance.uniform(0, WHOLE_REQUEST_S))
        states = states_after(profile, request)
        assert TurnState.RUNNING not in states
        check_files(profile)


def test_the_model_may_die_in_ten_answers_and_the_eleventh_is_given(
    profile: Path, talker: Path, qtbot: QtBot
) -> None:
    parts = WindowParts(Choices(profile, NOW, talker))
    with open_window(parts, qtbot) as window:
        for number in range(10):
            turn = killed_answer(window, f"hello {number}")
            assert turn.state is TurnState.FAILED
            assert "engine process" in turn.error and turn.error.endswith(".")
            window.until(lambda: "Retry" in window.shown())
            assert window.window.isVisible() and not window.bridge.busy
        window.type("the eleventh")
        window.press(Qt.Key.Key_Return)
        window.until(lambda: "Phial's answer" in words_of(window.turns[-1]))
        window.bridge.stop()
        window.until(lambda: len(window.ended) == 11)
        assert "Stopped" in window.ended[-1].error
    assert ask(REQUESTS[0], profile, "--yes").returncode == 0
    assert len(ics_files(profile)) == 1


def killed_answer(window: Driver, words: str) -> TurnView:
    """Ask, wait until the model speaks, and kill its process."""
    count = len(window.ended)
    window.type(words)
    window.press(Qt.Key.Key_Return)
    window.until(lambda: window.turns and window.turns[-1].view.user == words)
    window.until(lambda: "Phial's answer" in words_of(window.turns[-1]))
    for child in psutil.Process().children(recursive=True):
        if "--engine-host" in child.cmdline():
            child.kill()
    window.until(lambda: len(window.ended) > count)
    return window.ended[-1]
