"""What every test gets: a profile of its own, no network, and a look at what it left behind.

Only fixtures that hold for all tests belong here.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# What has been asked to end may take this long to do so, in seconds.
GRACE = 3.0

HERE = {None, "", "localhost", "127.0.0.1", "::1", b"localhost"}

_outward: list[str] = []


def _refuse_network(event: str, args: tuple[object, ...]) -> None:
    """Audit hook: an address that is not this machine's is refused before anything is sent."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        asked, address = args[:2]
        family = getattr(asked, "family", None)
        if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return
        host = address[0]
    elif event == "socket.getaddrinfo":
        host = args[0]
    else:
        return
    if host not in HERE:
        _outward.append(f"{event} {host}")
        raise PermissionError(f"tests may not reach {host}")


# An audit hook cannot be taken back, so it is added once for the process.
sys.addaudithook(_refuse_network)


@pytest.fixture(autouse=True)
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for a profile, not yet created; the user's own folders are out of reach."""
    place = tmp_path / "profile"
    monkeypatch.setenv("PHIAL_PROFILE", str(place))
    for kind in ("DATA", "CACHE", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / "xdg" / kind.lower()))
    return place


@pytest.fixture(autouse=True)
def leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail the test that leaves a thread, a child process, a temporary file or a connection."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    this = psutil.Process()
    threads = set(threading.enumerate())
    children = set(this.children(recursive=True))
    _outward.clear()
    yield
    left = []
    for thread in set(threading.enumerate()) - threads:
        thread.join(GRACE)
        if thread.is_alive():
            left.append(f"thread {thread.name}")
    _, alive = psutil.wait_procs(list(set(this.children(recursive=True)) - children), GRACE)
    for child in alive:
        left.append(f"process {' '.join(child.cmdline())}")
        child.kill()
    left += [f"temporary file {path.name}" for path in place.iterdir()]
    left += _outward
    assert not left, f"left behind: {'; '.join(left)}"
