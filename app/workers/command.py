"""How Phial starts itself again as a child. Only the command line and its folder belong here."""

from __future__ import annotations

import sys
from pathlib import Path


def _frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def child_command(*words: str) -> tuple[str, ...]:
    """The command that runs this same program with `words`; start it in `child_directory()`."""
    if _frozen():
        return (sys.executable, *words)
    return (sys.executable, "-m", "app", *words)


def child_directory() -> Path:
    """The folder in which `child_command` finds the program."""
    if _frozen():
        return Path(sys.executable).resolve().parent
    return Path(__file__).resolve().parents[2]
