"""undo: the last operation in force, or the one of a given change, becomes a proposal to take it
back. Works for every room alike."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.errors import KnownError
from app.core.ports import ChangeOwner, Clock, Tool, ToolOutcome
from app.core.proposals import Option, Proposal, version_of
from app.store.journal import Journal, JournalEntry
from app.tools.schemas import declared
from app.tools.wording import listed, shown


def undo_tool(journal: Journal, owners: Mapping[str, ChangeOwner]) -> Tool:
    """The tool that takes changes back. `owners` maps a room's name to who applies its changes."""

    def run(arguments: Mapping[str, object], clock: Clock) -> ToolOutcome:
        entries = _meant(journal, str(arguments.get("change", "")))
        for entry in entries:
            _check_unchanged(entry, owners)
        # Taken back in the opposite order, so that each finds what it left.
        changes = tuple(entry.change.inverse(entry.id) for entry in reversed(entries))
        what = listed([shown(entry.change.summary) for entry in entries])
        option = Option(f"Undo: {what}", "", changes, f"Undone: {what}.")
        return ToolOutcome(
            data={"changes": [entry.id for entry in entries]},
            sentence=f"Undo: {what}?",
            proposal=Proposal(f"Undo: {what}", (option,), declared("undo").risk),
        )

    return Tool(declared("undo"), run)


def _meant(journal: Journal, change: str) -> tuple[JournalEntry, ...]:
    if not change:
        entries = journal.last_applied()
        if not entries:
            raise KnownError(
                "nothing_to_undo",
                "There is nothing to undo. Nothing was changed.",
                "Only changes made through Phial can be taken back.",
            )
        return entries
    together = journal.operation_of(change)
    entries = tuple(entry for entry in together if entry.state == "applied")
    if not entries:
        raise KnownError(
            "nothing_to_undo",
            f"The change {change} is not in force any more. Nothing was changed.",
            "It was undone before, or never took effect.",
        )
    return entries


def _check_unchanged(entry: JournalEntry, owners: Mapping[str, ChangeOwner]) -> None:
    target = entry.change.target
    room = target.partition(":")[0]
    if room in owners and owners[room].version(target) == version_of(entry.change.after):
        return
    raise KnownError(
        "stale",
        f"This cannot be undone any more: {target.partition(':')[2]} was changed after Phial did "
        f"“{shown(entry.change.summary)}”. Nothing was changed.",
        "Make the change by hand, or ask for it in words.",
    )
