"""`./run bench NAME [--json]`: runs one benchmark, prints its rows; exit 1 if a goal is missed."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path

from tests.benchmarks import ask, engine, small, stop, window
from tests.benchmarks.rows import show

BENCHMARKS = {
    "ask": ask.measure,
    "engine": engine.measure,
    "small": small.measure,
    "stop": stop.measure,
    "window": window.measure,
}


def main() -> int:
    """Run the benchmark named on the command line."""
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model", type=Path, help="engine: a GGUF file; else one is written")
    options = parser.parse_args()
    measure = BENCHMARKS[options.name]
    if options.model is not None:
        if options.name != "engine":
            parser.error("--model belongs to the benchmark engine")
        measure = partial(engine.measure, options.model)
    return 0 if show(measure(), json_lines=options.json) else 1


if __name__ == "__main__":
    sys.exit(main())
