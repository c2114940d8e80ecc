"""`./run bench NAME [--json]`: runs one benchmark, prints its rows; exit 1 if a goal is missed."""

from __future__ import annotations

import argparse
import sys

from tests.benchmarks import ask, small, stop, window
from tests.benchmarks.rows import show

BENCHMARKS = {
    "ask": ask.measure,
    "small": small.measure,
    "stop": stop.measure,
    "window": window.measure,
}


def main() -> int:
    """Run the benchmark named on the command line."""
    parser = argparse.ArgumentParser(prog="./run bench")
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    return 0 if show(BENCHMARKS[options.name](), json_lines=options.json) else 1


if __name__ == "__main__":
    sys.exit(main())
