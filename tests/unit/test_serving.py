"""A child's main loop: what it is told of while nobody asks, and in which order lines come."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO, Any

import pytest

from tests.support.commands import ROOT, environment

CHILD = """
from app.workers.wire import open_wire, serve
wire = open_wire()
serve(
    wire,
    lambda line: wire.send({"handled": line["id"]}),
    lambda line: wire.send({"control": line["control"]}),
    lambda: wire.send({"ready": True}),
    on_arrival=lambda line: wire.send({"arrived": line["id"]}),
    idle=(0.1, lambda: wire.send({"idle": True})),
)
"""


class Child:
    """The child at the other end of two pipes."""

    def __init__(self, to: IO[bytes], of: IO[bytes]) -> None:
        """Lines go `to` it and come out `of` it."""
        self._to = to
        self._of = of

    def tell(self, **line: str) -> None:
        """Send a line."""
        self._to.write(json.dumps(line).encode() + b"\n")
        self._to.flush()

    def said(self) -> dict[str, Any]:
        """Its next line."""
        line: dict[str, Any] = json.loads(self._of.readline())
        return line


@pytest.fixture
def child() -> Iterator[Child]:
    words = [sys.executable, "-c", CHILD]
    with subprocess.Popen(
        words, cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        child = Child(process.stdin, process.stdout)
        assert child.said() == {"ready": True}
        yield child


def test_a_child_is_told_once_that_nothing_is_asked(child: Child) -> None:
    assert child.said() == {"idle": True}
    time.sleep(0.4)
    child.tell(id="a")
    assert child.said() == {"arrived": "a"}
    assert child.said() == {"handled": "a"}
    assert child.said() == {"idle": True}  # again, after that


def test_controls_are_no_arrivals(child: Child) -> None:
    assert child.said() == {"idle": True}
    child.tell(control="cancel")
    child.tell(id="a")
    assert [child.said() for _ in range(3)] == [
        {"control": "cancel"},
        {"arrived": "a"},
        {"handled": "a"},
    ]
