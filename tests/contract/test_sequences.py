"""Long runs of changes of every kind over one profile, taken back one by one: no byte remains."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from app.core.proposals import Risk
from app.tools.schemas import DECLARED
from tests.support.lively_profile import fill
from tests.support.random_hand import Hand
from tests.support.random_requests import MARKS
from tests.support.tool_desk import open_desk
from tests.support.whole_profile import contents, copied, differences

_CHANGING = {spec.name for spec in DECLARED if spec.risk > Risk.READ} | {"cal_resolve"}


@pytest.mark.parametrize("count", [25, pytest.param(200, marks=pytest.mark.soak)])
def test_changes_in_any_order_undone_in_reverse_leave_every_byte_as_it_was(
    count: int, tmp_path: Path
) -> None:
    made: Counter[str] = Counter()
    steps = changed = 0
    for seed in range(count):
        hand = sequence(tmp_path / str(seed), seed)
        shutil.rmtree(tmp_path / str(seed))
        made += hand.made
        steps, changed = steps + hand.steps, changed + hand.changed
    assert changed >= steps / 2
    ways = {f"mail_update {mark}" for mark in MARKS} | {"undo Undo:", "undo Do"}
    ways |= {
        f"{tool} {scope}" for tool in ("cal_change", "cal_cancel") for scope in ("this", "all")
    }
    assert not (_CHANGING | ways) - made.keys(), "these changed nothing in any sequence"


def sequence(place: Path, seed: int) -> Hand:
    """One run of changes in a profile of its own, and its undoing."""
    with open_desk(place / "profile") as desk:
        fill(desk)
        untouched = copied(desk.profile.root, place / "untouched")
        hand = Hand(desk, seed)
        hand.run()
        hand.undo_everything()
    changed = differences(contents(untouched), contents(place / "profile"))
    assert not changed, f"{hand.report()}\n{changed}"
    return hand
