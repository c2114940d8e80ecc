"""Applying what the user chose: all of it or none, logged before and settled after a crash.

Which bytes change and where is known to the owners alone; this is the one way to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby

from app.core.errors import KnownError
from app.core.ports import ChangeOwner
from app.core.proposals import Change, version_of
from app.store.journal import Journal, JournalEntry


def apply_changes(
    journal: Journal,
    owners: Mapping[str, ChangeOwner],
    turn_id: int | None,
    title: str,
    changes: Sequence[Change],
) -> tuple[str, ...]:
    """Apply `changes` as one operation; their journal ids in the same order.

    `owners` maps the room before the ":" of a target to who applies it. Each target appears
    once. Raises KnownError: "stale" before anything is touched if a target is no longer as it was
    shown, "no_owner", and whatever an owner or the disk raises; then what was already applied
    has been taken back, or, where even that fails ("half_done"), is at the next start.
    """
    if not changes:
        return ()
    if len({change.target for change in changes}) < len(changes):
        raise ValueError("two changes of one target must be made one")
    for change in changes:
        if version_of(change.before) != change.expected_version:
            raise ValueError(f"the expected version of {change.target} is not that of `before`")
    for change in changes:
        if _owner(owners, change.target).version(change.target) != change.expected_version:
            raise KnownError(
                "stale",
                f"Something has changed since this was shown: {change.summary}. "
                "Nothing was changed.",
                "Repeat the request to see it as it is now.",
            )
    ids = journal.begin(turn_id, title, changes)
    try:
        for change in changes:
            _owner(owners, change.target).apply(change)
        journal.mark_applied(ids)
    except BaseException as error:
        _take_back_after(error, journal, owners, ids, changes)
        raise
    return ids


def recover_changes(journal: Journal, owners: Mapping[str, ChangeOwner]) -> list[JournalEntry]:
    """At start, with the lock held: settle operations a crash interrupted; their entries.

    One that is whole counts as applied. One that is not is taken back as far as its targets are
    still as Phial wrote them; an entry "unknown" has a target that somebody else has changed.
    """
    for _, entries in groupby(journal.pending(), lambda entry: entry.operation):
        changes = [entry.change for entry in entries]
        if not all(_is_applied(owners, change) for change in changes):
            _take_back(owners, changes)
    return journal.recover(lambda target: _owner(owners, target).version(target))


def _owner(owners: Mapping[str, ChangeOwner], target: str) -> ChangeOwner:
    room = target.partition(":")[0]
    owner = owners.get(room)
    if owner is None:
        raise KnownError(
            "no_owner",
            f"This Phial cannot change things of the kind '{room}'. Nothing was changed.",
            "Update Phial, or repeat the request.",
        )
    return owner


def _is_applied(owners: Mapping[str, ChangeOwner], change: Change) -> bool:
    return _owner(owners, change.target).version(change.target) == version_of(change.after)


def _take_back(owners: Mapping[str, ChangeOwner], changes: Sequence[Change]) -> None:
    """Undo those of `changes` that took effect; the targets' versions tell which did."""
    for change in reversed(changes):
        if _is_applied(owners, change):
            _owner(owners, change.target).apply(change.inverse(""))


def _take_back_after(
    error: BaseException,
    journal: Journal,
    owners: Mapping[str, ChangeOwner],
    ids: tuple[str, ...],
    changes: Sequence[Change],
) -> None:
    try:
        _take_back(owners, changes)
    except KnownError as obstacle:
        reason = error.message if isinstance(error, KnownError) else "This was interrupted."
        raise KnownError(
            "half_done",
            f"{reason} A part was done and could not be taken back: {obstacle.message}",
            "Solve that and start Phial again: it takes back the rest.",
        ) from error
    # Should the log be what fails, the next start finds the targets as before and marks it so.
    with suppress(KnownError):
        journal.mark_absent(ids)
