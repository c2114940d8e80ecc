"""A second start of one profile finds the first, also after that one was killed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.ui.single_instance import SingleInstance

ROOT = Path(__file__).resolve().parents[2]
LIMIT_MS = 10_000

FIRST = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.single_instance import SingleInstance
app = QCoreApplication([])
first = SingleInstance(Path(sys.argv[1]))
first.wanted.connect(lambda: print("wanted", flush=True))
first.listen()
print("listening", flush=True)
app.exec()
"""

SECOND = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from app.ui.single_instance import SingleInstance
app = QCoreApplication([])
print(SingleInstance(Path(sys.argv[1])).call_first())
"""


@pytest.fixture(autouse=True)
def short_place(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A socket's path may have about a hundred bytes."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("s")))


def start(code: str, profile: Path) -> subprocess.Popen[str]:
    """A process of its own, as every start is."""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(profile)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )


def called(profile: Path) -> str:
    """What a second start of a profile learns."""
    with start(SECOND, profile) as second:
        assert second.stdout is not None
        return second.stdout.read().strip()


@contextmanager
def listening(profile: Path) -> Iterator[subprocess.Popen[str]]:
    """A first start that is killed in the end."""
    with start(FIRST, profile) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "listening\n"
        yield first
        first.kill()


def test_the_first_start_finds_nobody(qtbot: QtBot, profile: Path) -> None:
    assert SingleInstance(profile).call_first() is None


def test_the_second_start_raises_the_first(profile: Path) -> None:
    with listening(profile) as first:
        assert called(profile) == "True"
        assert first.stdout is not None
        assert first.stdout.readline() == "wanted\n"


def test_another_profile_has_a_window_of_its_own(profile: Path) -> None:
    with listening(profile):
        assert called(profile.with_name("other")) == "None"


def test_one_profile_by_two_names_is_one(profile: Path) -> None:
    profile.mkdir()
    link = profile.with_name("link")
    link.symlink_to(profile)
    with listening(profile):
        assert called(link) == "True"


def test_the_place_of_a_killed_window_is_taken_over(qtbot: QtBot, profile: Path) -> None:
    with listening(profile) as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
    next_one = SingleInstance(profile)
    assert next_one.call_first() is None
    next_one.listen()
    with start(SECOND, profile) as second:
        qtbot.waitSignal(next_one.wanted, timeout=LIMIT_MS).wait()
        assert second.stdout is not None
        assert second.stdout.read() == "True\n"
    next_one.close()
    assert called(profile) == "None"


def test_a_window_that_hangs_is_told_apart(profile: Path) -> None:
    with listening(profile) as first:
        first.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        assert called(profile) == "False"
        assert time.monotonic() - began < LIMIT_MS / 1e3
        first.send_signal(signal.SIGCONT)


def test_the_sockets_lie_in_a_folder_of_the_user_alone(profile: Path) -> None:
    with listening(profile):
        (folder,) = Path(os.environ["TMPDIR"]).iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert called(profile) == "True"


def test_the_place_the_session_gives_is_used(
    profile: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    with listening(profile):
        (socket,) = folder.iterdir()
        assert socket.is_socket()
        assert called(profile) == "True"


def test_a_window_that_others_could_have_put_there_is_not_called(
    profile: Path, qtbot: QtBot
) -> None:
    with listening(profile):
        (folder,) = Path(os.environ["TMPDIR"]).iterdir()
        folder.chmod(0o777)
        assert called(profile) == "None"
        own = SingleInstance(profile)
        own.listen()
        assert not own._server.isListening()
