"""What is done at every request and should cost next to nothing: the wire, and reading times."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from app.core.ports import Clock
from app.tools.when import find_when
from app.workers.supervisor import Worker, WorkerSpec
from tests.benchmarks.rows import Row
from tests.support.commands import ROOT

ROUNDS = 300
TEXT = (
    "Schedule lunch with Anna and then move one of the other 3 meetings in May or so to "
    "something at the end of the week, but not on Friday afternoon at 3, because the first "
    "team has taken room 4 until noon"
)
CHILD = (
    "from app.workers.wire import open_wire, serve\n"
    "wire = open_wire()\n"
    "serve(wire, lambda line: wire.send({**line, 'end': True}), lambda line: None,\n"
    "      lambda: wire.send({'ready': True}))\n"
)
ECHO = "import sys\nfor line in sys.stdin:\n    print(line, end='', flush=True)\n"


def measure() -> list[Row]:
    """Medians over ROUNDS."""
    zone = ZoneInfo("Europe/Berlin")
    clock = Clock(datetime(2026, 11, 18, 9, 30, tzinfo=zone), zone)
    find_when(TEXT, clock)
    search = _median_ms(lambda _: find_when(TEXT, clock))
    trip, bare = _round_trips()
    return [
        Row("worker: round trip", trip, "ms", bare, "<= 1 ms", trip <= 1),
        Row("find_when in 200 characters", search, "ms", None, "<= 5 ms", search <= 5),
    ]


def _round_trips() -> tuple[float, float]:
    """Milliseconds through a supervised worker, and through a pipe to a child that echoes lines."""
    worker = Worker(WorkerSpec("echo", (sys.executable, "-c", CHILD), ROOT, 30.0, 30.0))
    echo = subprocess.Popen(
        [sys.executable, "-c", ECHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with echo:
        assert echo.stdin is not None
        assert echo.stdout is not None
        writer, reader = echo.stdin, echo.stdout

        def bare(number: int) -> None:
            writer.write(f"{number}\n")
            writer.flush()
            reader.readline()

        try:
            worker.wait_ready()
            bare(0)
            trip = _median_ms(lambda number: list(worker.request({"id": str(number)})))
            return trip, _median_ms(bare)
        finally:
            worker.close()
            writer.close()


def _median_ms(work: Callable[[int], object]) -> float:
    took: list[float] = []
    for number in range(ROUNDS):
        began = time.perf_counter()
        work(number)
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took)
