"""What `./run test …` runs: the checks of the source tree, then the tests. Nothing else.

With pytest words only pytest runs, with these words; paths are relative to the root.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Every test, and each may take an hour: the long counts end later than pytest's own limit.
SOAK = ["-m", "", "-o", "faulthandler_timeout=3600"]

CHECKS = {
    "format": ["-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": ["-m", "ruff", "check", "--quiet", "."],
    "types": ["-m", "mypy"],
    "imports": [
        "-c",
        "from importlinter.cli import lint_imports_command as main; main()",
        "--no-logo",
    ],
}


def run(words: list[str]) -> int:
    """Run Python with `words` in the root and return its exit status."""
    return subprocess.run([sys.executable, *words], cwd=ROOT, check=False).returncode


def main(words: list[str]) -> int:
    """Run what the words after `test` ask for and return the exit status."""
    selection = SOAK if "--soak" in words else []
    words = [word for word in words if word != "--soak"]
    if not words:
        failed = []
        for name, command in CHECKS.items():
            print(f"--- {name}", flush=True)
            if run(command) != 0:
                failed.append(name)
        if failed:
            print(f"Failed: {', '.join(failed)}. The tests were not run.", flush=True)
            return 1
        print("--- tests", flush=True)
    return run(["-m", "pytest", *selection, *words])


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
