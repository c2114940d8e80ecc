"""The rows a benchmark prints: JSON lines with `--json`, else a table."""

from __future__ import annotations

import json
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


def show(rows: list[Row], *, json_lines: bool) -> bool:
    """Print the rows; whether every goal among them is met."""
    if json_lines:
        for row in rows:
            print(json.dumps({"event": "row", **asdict(row), "ratio": row.ratio}))
    else:
        print(f"{'row':34} {'value':>10} {'unit':5} {'baseline':>9} {'ratio':>7}  goal")
        for row in rows:
            baseline = "" if row.baseline is None else f"{row.baseline:.3f}"
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            verdict = {None: "", True: "met", False: "MISSED"}[row.ok]
            print(
                f"{row.name:34} {row.value:10.3f} {row.unit:5} {baseline:>9} {ratio:>7}  "
                f"{row.goal} {verdict}".rstrip()
            )
    return all(row.ok is not False for row in rows)
