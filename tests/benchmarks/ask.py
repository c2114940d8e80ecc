"""How long one whole `ask` takes, from process start to exit, and where the time goes.

The baseline is the same interpreter starting and ending with nothing to do.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.rows import Row

REQUEST = "Schedule lunch with Anna on Friday at noon"
NOW = "2026-11-18T09:30[Europe/Berlin]"
GOAL_S = 1.5
ROUNDS = 15
STAGES = ("start", "model", "load", "prefill", "decode", "constraint", "tools")


def timed(words: list[str]) -> tuple[float, str]:
    """Seconds from start to exit, and what was said on stderr."""
    began = time.perf_counter()
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return time.perf_counter() - began, done.stderr


def measure() -> list[Row]:
    """Medians over ROUNDS interleaved runs, after two to warm up."""
    totals: list[float] = []
    bare: list[float] = []
    stages: dict[str, list[float]] = {name: [] for name in STAGES}
    with tempfile.TemporaryDirectory() as folder:
        for index in range(ROUNDS + 2):
            profile = Path(folder) / str(index)
            ask = ["ask", REQUEST, "--profile", str(profile), "--now", NOW, "--yes", "--timings"]
            total, said = timed([sys.executable, "-m", "app", *ask])
            nothing, _ = timed([sys.executable, "-c", "pass"])
            if index < 2:
                continue
            totals.append(total)
            bare.append(nothing)
            told = json.loads(said.strip().splitlines()[-1])
            for name, values in stages.items():
                values.append(told.get(name, 0.0) / 1e3)
    total = statistics.median(totals)
    inside = sum(statistics.median(stages[name]) for name in ("start", "model", "tools"))
    return [
        Row("ask: start to exit", total, "s", statistics.median(bare), f"<= {GOAL_S} s",
            total <= GOAL_S),
        *(Row(f"  {name}", statistics.median(values), "s") for name, values in stages.items()),
        Row("  exit", total - inside, "s"),
    ]  # fmt: skip
