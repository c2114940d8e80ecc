"""The window: its first paint beside that of an empty one, and how it holds out a long answer.

Each figure is taken in a process of its own, without a screen (Qt's offscreen platform).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.rows import Row

ROUNDS = 11
FIRST_PAINT_RATIO = 2.5
STALL_P99_MS = 16.0
STALL_MAX_MS = 50.0
OPEN_MS = 150.0
GROWTH_MB = 30.0
SECONDS = 60
"""How long the answer streams."""


ENVIRONMENT = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
# A program that has been started before is compiled; where that is forbidden, no start is warm.
ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)


def child(*words: str) -> dict[str, Any]:
    """Run one measurement in a process; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.window_child", *words],
        cwd=Path(__file__).resolve().parents[2],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def measure() -> list[Row]:
    """Medians of interleaved runs for the first paint; one run for the stream."""
    ours: list[float] = []
    bare: list[float] = []
    for index in range(ROUNDS + 2):
        phial = child("first-paint", str(time.time()))["s"]
        empty = child("bare", str(time.time()))["s"]
        if index >= 2:
            ours.append(phial)
            bare.append(empty)
    paint, empty = statistics.median(ours), statistics.median(bare)
    stream = child("stream", str(SECONDS))
    # The same stall with nothing to show: what this machine and the measuring itself cost.
    idle = child("idle", "10")
    return [
        Row("window: first paint", paint, "s", empty, f"<= {FIRST_PAINT_RATIO} x baseline",
            paint <= FIRST_PAINT_RATIO * empty),
        Row("window: stall p99, streaming", stream["p99_ms"], "ms", idle["p99_ms"],
            f"<= {STALL_P99_MS} ms", stream["p99_ms"] <= STALL_P99_MS),
        Row("window: longest stall, streaming", stream["max_ms"], "ms", idle["max_ms"],
            f"<= {STALL_MAX_MS} ms", stream["max_ms"] <= STALL_MAX_MS),
        Row("window: open 1,000 messages", stream["open_ms"], "ms", None, f"<= {OPEN_MS} ms",
            stream["open_ms"] <= OPEN_MS),
        Row("window: memory growth, streaming", stream["growth_mb"], "MB", None,
            f"<= {GROWTH_MB} MB", stream["growth_mb"] <= GROWTH_MB),
        Row("  tokens shown", stream["tokens"], "", None),
    ]  # fmt: skip
