"""Several files change together or not at all, whatever fails and whenever the process dies.

Run as a script it is the process that dies: see `main`.
"""

from __future__ import annotations

import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.proposals import Change, version_of
from app.store import database
from app.store.atomic import is_temporary
from app.store.changes import apply_changes, recover_changes
from app.store.database import open_database
from app.store.journal import Journal
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths, prepare
from tests.support.file_owner import FileOwner

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def paths(profile: Path) -> ProfilePaths:
    made = ProfilePaths(profile)
    prepare(made)
    return made


@pytest.fixture
def journal(paths: ProfilePaths) -> Iterator[Journal]:
    with closing(open_database(paths)) as connection:
        yield Journal(connection)


def change(name: str, before: str | None, after: str | None) -> Change:
    return Change(
        target=f"file:calendars/{name}",
        kind="change",
        expected_version=version_of(before),
        before=before,
        after=after,
        summary=f"Change '{name}'",
    )


def content(paths: ProfilePaths) -> dict[str, str]:
    files = sorted(paths.calendars.iterdir())
    return {path.name: path.read_text() for path in files if not is_temporary(path.name)}


def three(paths: ProfilePaths) -> Sequence[Change]:
    """One file to add, one to rewrite, one to remove."""
    (paths.calendars / "b").write_text("old b")
    (paths.calendars / "c").write_text("old c")
    return [change("a", None, "A"), change("b", "old b", "B"), change("c", "old c", None)]


BEFORE = {"b": "old b", "c": "old c"}
AFTER = {"a": "A", "b": "B"}


def test_an_operation_is_applied_and_taken_back_whole(
    paths: ProfilePaths, journal: Journal
) -> None:
    owners = {"file": FileOwner(paths.root)}
    ids = apply_changes(journal, owners, None, "three", three(paths))
    assert ids == ("c1", "c2", "c3")
    assert content(paths) == AFTER
    inverse = [entry.change.inverse(entry.id) for entry in reversed(journal.last_applied())]
    apply_changes(journal, owners, None, "undo", inverse)
    assert content(paths) == BEFORE
    assert journal.last_applied() == ()
    assert apply_changes(journal, owners, None, "nothing", []) == ()


def test_an_undo_keeps_the_words_and_its_undo_is_the_change_again() -> None:
    made = change("a", None, "A")
    undone = made.inverse("c1")
    assert (undone.kind, undone.summary, undone.is_undo) == ("undo change", "Change 'a'", True)
    again = undone.inverse("c2")
    assert (again.kind, again.summary, again.is_undo) == ("change", "Change 'a'", False)
    assert (again.before, again.after, again.undoes) == (None, "A", "c2")


def test_the_log_knows_what_came_later_and_what_came_before(
    paths: ProfilePaths, journal: Journal
) -> None:
    owners = {"file": FileOwner(paths.root)}
    for step in (change("a", None, "1"), change("b", None, "B"), change("a", "1", "2")):
        apply_changes(journal, owners, None, "step", [step])
    first, other, newest = (journal.entry(name) for name in ("c1", "c2", "c3"))
    assert journal.later_changes(first) == (newest,)
    assert journal.later_changes(other) == ()
    assert journal.last_applied() == (newest,)
    assert journal.last_applied(before=newest.operation) == (other,)
    assert journal.last_applied(before=first.operation) == ()
    apply_changes(journal, owners, None, "undo", [newest.change.inverse("c3")])
    assert [entry.id for entry in journal.later_changes(first)] == ["c4"]


def test_one_stale_file_stops_everything_before_it_begins(
    paths: ProfilePaths, journal: Journal
) -> None:
    changes = three(paths)
    (paths.calendars / "c").write_text("by a phone")
    with pytest.raises(KnownError) as caught:
        apply_changes(journal, {"file": FileOwner(paths.root)}, None, "three", changes)
    assert caught.value.code == "stale" and "Change 'c'" in caught.value.message
    assert content(paths) == {"b": "old b", "c": "by a phone"}
    assert journal.pending() == ()


@pytest.mark.parametrize("refused", ["a", "b", "c"])
def test_one_failure_midway_takes_back_the_rest(
    paths: ProfilePaths, journal: Journal, refused: str
) -> None:
    owner = FileOwner(paths.root)
    owner.refuse = f"/{refused}"
    with pytest.raises(KnownError, match=r"That file is closed\."):
        apply_changes(journal, {"file": owner}, None, "three", three(paths))
    assert content(paths) == BEFORE
    assert {journal.entry(entry_id).state for entry_id in ("c1", "c2", "c3")} == {"absent"}


def test_a_log_that_cannot_be_settled_takes_everything_back(
    paths: ProfilePaths, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    owners = {"file": FileOwner(paths.root)}

    def full(ids: object) -> None:
        raise KnownError("disk_full", "No space.", "Free some.")

    with monkeypatch.context() as patch:
        patch.setattr(journal, "mark_applied", full)
        patch.setattr(journal, "mark_absent", full)
        with pytest.raises(KnownError, match="No space"):
            apply_changes(journal, owners, None, "three", three(paths))
    assert content(paths) == BEFORE
    assert {entry.state for entry in recover_changes(journal, owners)} == {"absent"}


def test_what_cannot_be_taken_back_now_is_at_the_next_start(
    paths: ProfilePaths, journal: Journal
) -> None:
    class Closing(FileOwner):
        """Closes for good at the second change."""

        def apply(self, change: Change) -> None:
            if change.target.endswith("/b"):
                self.refuse = "/"
            super().apply(change)

    with pytest.raises(KnownError) as caught:
        apply_changes(journal, {"file": Closing(paths.root)}, None, "three", three(paths))
    assert caught.value.code == "half_done"
    assert content(paths) == BEFORE | {"a": "A"}
    recover_changes(journal, {"file": FileOwner(paths.root)})
    assert content(paths) == BEFORE


def test_recovery_leaves_alone_what_somebody_else_has_changed(
    paths: ProfilePaths, journal: Journal
) -> None:
    owner = FileOwner(paths.root)
    changes = three(paths)
    journal.begin(None, "three", changes)
    owner.apply(changes[0])
    (paths.calendars / "b").write_text("by a phone")
    settled = recover_changes(journal, {"file": owner})
    assert [entry.state for entry in settled] == ["absent", "unknown", "absent"]
    assert content(paths) == {"b": "by a phone", "c": "old c"}


def test_a_target_nobody_owns_gets_a_sentence(paths: ProfilePaths, journal: Journal) -> None:
    with pytest.raises(KnownError) as caught:
        apply_changes(journal, {}, None, "three", three(paths))
    assert caught.value.code == "no_owner"
    assert content(paths) == BEFORE
    assert journal.pending() == ()


def test_changes_that_could_not_be_undone_are_a_mistake_of_the_caller(
    paths: ProfilePaths, journal: Journal
) -> None:
    owners = {"file": FileOwner(paths.root)}
    twice = [change("a", None, "A"), change("a", "A", "AA")]
    with pytest.raises(ValueError, match="must be made one"):
        apply_changes(journal, owners, None, "twice", twice)
    wrong = Change("file:calendars/b", "change", version_of("old b"), "other", "B", "Change")
    with pytest.raises(ValueError, match="expected version"):
        apply_changes(journal, owners, None, "wrong", [wrong])


def start(mode: str, root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, __file__, mode, str(root)],
        env=os.environ | {"PYTHONPATH": str(Path(database.__file__).parents[2])},
        stdout=subprocess.PIPE,
    )


def recovered(paths: ProfilePaths) -> tuple[dict[str, str], list[str]]:
    """The files and the log's states after the next start."""
    with ProfileLock(paths), closing(open_database(paths)) as connection:
        recover_changes(Journal(connection), {"file": FileOwner(paths.root)})
        states = connection.execute("SELECT state FROM change ORDER BY id").fetchall()
    assert not any(is_temporary(entry.name) for entry in paths.root.iterdir())
    return content(paths), [state for (state,) in states]


def test_killed_at_every_step_an_operation_is_whole_or_absent(tmp_path: Path) -> None:
    """Each step is one call to the system that touches the profile while changes are applied."""
    with start("steps", tmp_path) as process:
        assert process.wait(60) == 0
    outcomes = []
    for root in sorted(tmp_path.glob("step-*")):
        files, states = recovered(ProfilePaths(root))
        assert files in (BEFORE, AFTER), root
        if files == AFTER:
            assert states == ["applied"] * 3, root
        else:
            assert set(states) <= {"absent"}, root
        outcomes.append(files == AFTER)
    assert len(outcomes) > 10
    assert outcomes[0] is False and outcomes[-1] is True


def test_killed_at_any_moment_files_and_log_agree(paths: ProfilePaths) -> None:
    dice = random.Random(2026)
    for _ in range(3):
        with start("loop", paths.root) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"started\n"
            # The moment is the point of the test: nothing waits for anything here.
            select.select([], [], [], dice.uniform(0, 0.08))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
        files, states = recovered(paths)
        assert set(files) in (set(), set(NAMES))
        assert len(set(files.values())) <= 1, files
        assert "unknown" not in states and "pending" not in states
        applied = states.count("applied")
        assert applied == len(NAMES) * int(next(iter(files.values()), "0"))


def kill_at(step: int, root: Path) -> None:
    """End this process with SIGKILL when it touches a file below `root` for the nth time."""
    left = step

    def count(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        if event in ("open", "os.rename", "os.remove") and str(args[0]).startswith(str(root)):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def apply_three(root: Path, step: int) -> None:
    paths = ProfilePaths(root)
    prepare(paths)
    with closing(open_database(paths)) as connection:
        changes = three(paths)
        kill_at(step, paths.calendars)
        apply_changes(Journal(connection), {"file": FileOwner(root)}, None, "three", changes)


def apply_steps(folder: Path) -> None:
    """In a child each: die at the first step, the second, ... until one gets through."""
    for step in range(1, 1000):
        child = os.fork()
        if child == 0:
            apply_three(folder / f"step-{step:03}", step)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return
    raise SystemExit("no child came through")


def apply_forever(root: Path) -> None:
    """Count all files up together, from whatever the last process reached."""
    paths = ProfilePaths(root)
    with ProfileLock(paths), closing(open_database(paths)) as connection:
        journal, owners = Journal(connection), {"file": FileOwner(root)}
        present = content(paths).get(NAMES[0])
        print("started", flush=True)
        while True:
            following = str(int(present or "0") + 1)
            changes = [change(name, present, following) for name in NAMES]
            apply_changes(journal, owners, None, "count", changes)
            present = following


def main(mode: str, folder: Path) -> None:
    try:
        {"steps": apply_steps, "loop": apply_forever}[mode](folder)
    except sqlite3.Error as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
