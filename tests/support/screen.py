"""A real screen, keyboard and mouse for tests: an X server of their own, and xdotool."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = "1280x860x24"
LIMIT_S = 60.0


@contextmanager
def x_server(folder: Path) -> Iterator[str]:
    """Run an X server on a free display; its name (":7"). Its log lies in `folder`."""
    reading, writing = os.pipe()
    with (folder / "x.log").open("wb") as log, os.fdopen(reading) as told:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", SIZE, "-nolisten", "tcp"],
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        os.close(writing)
        try:
            number = told.readline().strip()
            assert number, "the X server did not start"
            yield f":{number}"
        finally:
            server.terminate()
            server.wait(LIMIT_S)


def xdotool(display: str, *words: str) -> str:
    """Run xdotool on a display; what it printed."""
    done = subprocess.run(
        ["xdotool", *words],
        env=os.environ | {"DISPLAY": display},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=True,
    )
    return done.stdout.strip()


def focus_window(display: str, name: str) -> str:
    """Wait for a window whose title is `name`, give it the keyboard; its id."""
    window = xdotool(display, "search", "--sync", "--onlyvisible", "--name", f"^{name}$")
    window = window.splitlines()[-1]
    # There is no window manager here that would do it.
    xdotool(display, "windowfocus", "--sync", window)
    return window


def wait_until(what: str, condition: object) -> None:
    """Poll until `condition()` is true."""
    assert callable(condition)
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)
