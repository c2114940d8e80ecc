"""The window as people meet it: a screen, a keyboard, the real engine, and a file in the end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.commands import NOW, command, environment, ics_files
from tests.support.screen import LIMIT_S, focus_window, wait_until, x_server, xdotool

pytestmark = pytest.mark.usefixtures("short_place")

SENTENCE = "Schedule lunch with Anna on Friday at noon"


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    with x_server(tmp_path) as name:
        yield name


@contextmanager
def open_window(display: str, profile: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the program as a double click would; killed in the end if it still runs."""
    with subprocess.Popen(
        command("--profile", profile, "--now", NOW),
        env=environment() | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "LANG": "en_GB.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as window:
        try:
            yield window
        finally:
            window.kill()


def closed(display: str, window: subprocess.Popen[str]) -> None:
    """Quit by the keyboard; nothing was complained about."""
    xdotool(display, "key", "ctrl+q")
    said, complaints = window.communicate(timeout=LIMIT_S)
    assert (window.returncode, said, complaints) == (0, "", "")


def test_a_typed_request_becomes_a_file_and_ctrl_z_takes_it_back(
    display: str, profile: Path
) -> None:
    with open_window(display, profile) as window:
        focus_window(display, "Phial")
        xdotool(display, "type", "--delay", "5", SENTENCE)
        xdotool(display, "key", "Return")
        wait_until("the file", lambda: ics_files(profile))
        (file,) = ics_files(profile)
        text = file.read_text()
        assert "SUMMARY:lunch with Anna" in text
        assert "DTSTART;TZID=Europe/Berlin:20261120T120000" in text
        xdotool(display, "key", "ctrl+z")
        wait_until("the file to go", lambda: not ics_files(profile))
        closed(display, window)


def test_a_second_start_raises_the_first_window_and_ends(display: str, profile: Path) -> None:
    with open_window(display, profile) as window:
        focus_window(display, "Phial")
        with open_window(display, profile) as second:
            said, complaints = second.communicate(timeout=LIMIT_S)
            assert (second.returncode, said, complaints) == (0, "", "")
        assert window.poll() is None
        found = xdotool(display, "search", "--onlyvisible", "--name", "^Phial$").splitlines()
        assert len(found) == 1
        closed(display, window)


def test_where_there_is_no_screen_a_sentence_says_what_works(profile: Path) -> None:
    bare = {
        name: value
        for name, value in environment().items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(
        command("--profile", profile),
        env=bare,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 1
    assert "no screen" in done.stderr and "ask" in done.stderr
    assert "Traceback" not in done.stderr
    assert not profile.exists()
