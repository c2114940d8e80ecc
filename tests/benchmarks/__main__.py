"""`./run bench NAME [--json]`: runs one benchmark, prints its rows; exit 1 if a goal is missed."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from tests.benchmarks import ask, engine, small, starter, stop, window
from tests.benchmarks.rows import show

BENCHMARKS = {
    "ask": ask.measure,
    "engine": engine.measure,
    "small": small.measure,
    "starter": starter.measure,
    "stop": stop.measure,
    "window": window.measure,
}


_WITH_MODEL = {"engine": engine.measure, "starter": starter.measure}


def main() -> int:
    """Run the benchmark named on the command line."""
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", type=Path, help="engine, starter: another GGUF file")
    options = parser.parse_args()
    measure = BENCHMARKS[options.name]
    if options.model is not None:
        if options.name not in _WITH_MODEL:
            parser.error(f"--model belongs to the benchmarks {' and '.join(_WITH_MODEL)}")
        measure = partial(_WITH_MODEL[options.name], options.model)
    return 0 if show(measure(), json_lines=options.json) else 1


if __name__ == "__main__":
    sys.exit(main())
