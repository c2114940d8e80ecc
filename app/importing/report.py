"""What an import did: values only, and counting them up. No files and no wording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.errors import KnownError

MESSAGES, EVENTS, TASKS, CONTACTS = "messages", "events", "tasks", "contacts"
KINDS = (MESSAGES, EVENTS, TASKS, CONTACTS)
"""What can come in; "tasks" are to-dos and journal entries of calendar files."""

_NAMED = 50
"""How many of the things left out are named; all are counted."""


@dataclass(frozen=True)
class LeftOut:
    """Something that did not come in: the file as it was named, and why (no full stop)."""

    path: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """The outcome of an import.

    `added` and `already_there` count by kind (see `KINDS`), zeros left out. `left_out` are the
    first of `left_out_total`. `settings`: the sample's settings were taken over. `stopped`: the
    user ended it. `error` is what ended it before all was done. What was added stays either way.
    """

    added: Mapping[str, int] = field(default_factory=dict)
    already_there: Mapping[str, int] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    left_out_total: int = 0
    settings: bool = False
    stopped: bool = False
    error: KnownError | None = None

    @property
    def found_something(self) -> bool:
        """Whether anything came in or was there already."""
        return bool(self.added or self.already_there)


class Tally:
    """Counts while an import runs."""

    def __init__(self) -> None:
        self._added: Counter[str] = Counter()
        self._already: Counter[str] = Counter()
        self._left_out: list[LeftOut] = []
        self._left_out_total = 0

    def count(self, kind: str, *, added: bool) -> None:
        """One thing of `kind` came in, or was there already."""
        (self._added if added else self._already)[kind] += 1

    def leave_out(self, path: str, reason: str) -> None:
        """One thing did not come in."""
        self._left_out_total += 1
        if len(self._left_out) < _NAMED:
            self._left_out.append(LeftOut(path, reason))

    def report(
        self, *, settings: bool = False, stopped: bool = False, error: KnownError | None = None
    ) -> ImportReport:
        """The counts so far."""
        return ImportReport(
            added={kind: self._added[kind] for kind in KINDS if self._added[kind]},
            already_there={kind: self._already[kind] for kind in KINDS if self._already[kind]},
            left_out=tuple(self._left_out),
            left_out_total=self._left_out_total,
            settings=settings,
            stopped=stopped,
            error=error,
        )
