"""Driving the program as a user does: a process, its exit status, and what it printed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-18T09:30[Europe/Berlin]"
LIMIT_S = 120


def environment() -> dict[str, str]:
    """This process's environment, with the program importable from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}


def command(*words: str | Path) -> list[str]:
    """The command line of the program with `words`."""
    return [sys.executable, "-m", "app", *map(str, words)]


def phial(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        command(*words),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def ask(text: str, profile: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """`ask` at the fixed time NOW, with JSON lines."""
    return phial("ask", text, "--profile", profile, "--now", NOW, "--json", *words)


def tool(
    name: str, arguments: dict[str, object], profile: Path, *words: str | Path
) -> subprocess.CompletedProcess[str]:
    """`tool` at the fixed time NOW, with JSON lines."""
    return phial(
        "tool", name, json.dumps(arguments), "--profile", profile, "--now", NOW, "--json", *words
    )


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON lines a command printed; a line that is none of them fails the test."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def event(done: subprocess.CompletedProcess[str], name: str) -> dict[str, Any]:
    """The one event called `name`."""
    (found,) = [line for line in events(done) if line["event"] == name]
    return found


def ics_files(profile: Path) -> list[Path]:
    """The calendar files of a profile."""
    return sorted((profile / "calendars").glob("*/*.ics"))
