"""What the journal holds is what happened: made again from the start, taken back from the end."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.proposals import version_of
from app.store.journal import JournalEntry
from tests.support.lively_profile import fill
from tests.support.random_hand import Hand
from tests.support.tool_desk import open_desk
from tests.support.whole_profile import (
    contents,
    copied,
    differences,
    logged,
    owners_of,
    replay,
    took_effect,
)

_SEEDS = 1_000
"""Other sequences than those of test_sequences."""


@pytest.mark.parametrize("count", [5, pytest.param(60, marks=pytest.mark.soak)])
def test_the_journal_made_again_over_the_start_gives_the_files_there_are(
    count: int, tmp_path: Path
) -> None:
    for seed in range(_SEEDS, _SEEDS + count):
        check(tmp_path / str(seed), seed)
        shutil.rmtree(tmp_path / str(seed))


def check(place: Path, seed: int) -> None:
    """One run of changes, made again in three ways."""
    with open_desk(place / "profile") as desk:
        fill(desk)
        start = copied(desk.profile.root, place / "start")
        hand = Hand(desk, seed)
        hand.run()
        entries = logged(desk.profile.journal)
        check_chains(entries, start, hand)
    end = contents(place / "profile")
    made = took_effect(entries)

    again = copied(start, place / "again")
    replay(again, made)
    assert not differences(end, contents(again)), hand.report()

    in_force = copied(start, place / "in force")
    replay(in_force, [each.change for each in entries if is_in_force(each)])
    assert not differences(end, contents(in_force)), hand.report()

    back = copied(place / "profile", place / "back")
    replay(back, [each.inverse("") for each in reversed(made)])
    assert not differences(contents(start), contents(back)), hand.report()


def is_in_force(entry: JournalEntry) -> bool:
    """Whether a change, which is not an undo itself, is part of what there is."""
    return entry.state == "applied" and not entry.change.undoes


def check_chains(entries: Sequence[JournalEntry], start: Path, hand: Hand) -> None:
    """Each change of a target begins with what the one before it left, and can be turned round."""
    by_id = {each.id: each for each in entries}
    left: dict[str, str] = {}
    owners = owners_of(start)
    for entry in entries:
        change = entry.change
        assert entry.state in ("applied", "undone"), hand.report()
        before = left.get(change.target)
        if before is None and not change.target.startswith("message:"):
            before = owners[change.target.partition(":")[0]].version(change.target)
        assert before in (None, change.expected_version), f"{entry.id}\n{hand.report()}"
        assert version_of(change.before) == change.expected_version
        assert change.before != change.after
        left[change.target] = version_of(change.after)
        back = change.inverse(entry.id)
        assert (back.undoes, back.expected_version) == (entry.id, left[change.target])
        assert replace(back.inverse(""), undoes=change.undoes) == change
        if change.undoes:
            undone = by_id[change.undoes]
            assert undone.change.inverse(undone.id) == change
