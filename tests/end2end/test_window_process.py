"""The window's process from outside: one a profile, ended by a signal, gone without a trace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.support.commands import NOW, command, environment, phial, tool

LIMIT_S = 60.0


pytestmark = pytest.mark.usefixtures("short_place")


def is_open(profile: Path) -> bool:
    """Whether the window has opened its profile and its engine runs."""
    return (profile / "phial.db").exists() and any(
        "--engine-host" in child.cmdline() for child in psutil.Process().children(recursive=True)
    )


@contextmanager
def window(profile: Path) -> Iterator[subprocess.Popen[str]]:
    """A window that is open; killed in the end if it still runs."""
    with subprocess.Popen(
        command("--profile", profile, "--now", NOW),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            limit = time.monotonic() + LIMIT_S
            while not is_open(profile):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < limit
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_window_in_order(profile: Path, number: signal.Signals) -> None:
    with window(profile) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT_S)
        assert (process.returncode, out, err) == (0, "", "")
    assert (profile / "window.json").exists()
    assert tool("cal_find", {}, profile).returncode == 0


def test_a_second_start_raises_the_first_and_ends(profile: Path) -> None:
    with window(profile):
        second = phial("--profile", profile)
        assert (second.returncode, second.stderr) == (0, "")


def test_a_killed_window_leaves_no_engine_and_no_obstacle(profile: Path) -> None:
    with window(profile) as process:
        children = psutil.Process(process.pid).children(recursive=True)
        os.kill(process.pid, signal.SIGKILL)
        _, alive = psutil.wait_procs(children, LIMIT_S)
        assert alive == []
    with window(profile) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT_S) == 0


def test_a_command_on_a_profile_that_is_shown_says_so(profile: Path) -> None:
    with window(profile):
        refused = tool("cal_find", {}, profile)
        assert refused.returncode == 1
        assert "profile_in_use" in refused.stdout


FIRST_PAINT = """
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from app.compose.windowed import Choices, window
from app.ui.bridge import Bridge

def painted(self):
    print(*sorted({name.partition(".")[0] for name in sys.modules}))
    QApplication.quit()

Bridge.open_profile = painted
sys.exit(window(Choices(Path(sys.argv[1]))))
"""


def test_the_window_is_painted_before_anything_heavy_is_imported(profile: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(profile)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "PySide6" in loaded
    assert not loaded & {"llama_cpp", "numpy", "PIL", "onnxruntime", "icalendar", "pygments"}
