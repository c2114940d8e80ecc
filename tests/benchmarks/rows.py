"""The rows a benchmark prints: JSON lines with `--json`, else a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure; `goal` says in words what `ok` compares it with, "" for none."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    goal: str = ""
    ok: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Value over baseline."""
        return None if not self.baseline else round(self.value / self.baseline, 3)


def show(rows: Iterable[Row], *, json_lines: bool) -> bool:
    """Print the rows as they come; whether every goal among them is met."""
    met = True
    if not json_lines:
        print(f"{'row':34} {'value':>10} {'unit':5} {'baseline':>9} {'ratio':>7}  goal")
    for row in rows:
        met = met and row.ok is not False
        line = json.dumps({"event": "row", **asdict(row), "ratio": row.ratio})
        print(line if json_lines else _told(row), flush=True)
    return met


def _told(row: Row) -> str:
    baseline = "" if row.baseline is None else f"{row.baseline:.3f}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    verdict = {None: "", True: "met", False: "MISSED"}[row.ok]
    told = f"{row.name:34} {row.value:10.3f} {row.unit:5} {baseline:>9} {ratio:>7}  "
    return f"{told}{row.goal} {verdict}".rstrip()
