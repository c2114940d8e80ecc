"""undo: the last operation in force, or the one of a given change, becomes a proposal to take it
back. Works for every room alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, ChangeOwner, Tool, ToolOutcome
from app.core.proposals import Option, Proposal, version_of
from app.store.journal import Journal, JournalEntry
from app.tools.schemas import declared
from app.tools.wording import listed, shown

_UNDO, _AGAIN = "Undo: ", "Do again: "
_EARLIER = 3
"""How many earlier operations are offered where the last one cannot be undone."""


def undo_tool(journal: Journal, owners: Mapping[str, ChangeOwner]) -> Tool:
    """The tool that takes changes back. `owners` maps a room's name to who applies its changes."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _undo(str(arguments.get("change", "")), journal, owners)

    return Tool(declared("undo"), run)


def _undo(change: str, journal: Journal, owners: Mapping[str, ChangeOwner]) -> ToolOutcome:
    entries = _meant(journal, change)
    obstacle = _obstacle(entries, journal, owners)
    if obstacle is not None:
        raise obstacle if change else _with_earlier(obstacle, entries[0], journal, owners)
    # Taken back in the opposite order, so that each finds what it left.
    changes = tuple(entry.change.inverse(entry.id) for entry in reversed(entries))
    what = _told(entries, journal)
    again = entries[0].change.is_undo
    title = f"{_AGAIN if again else _UNDO}{what}"
    done = f"{'Done again' if again else 'Undone'}: “{what}”."
    return ToolOutcome(
        data={"changes": [entry.id for entry in entries]},
        sentence=f"{title}?",
        proposal=Proposal(title, (Option(title, "", changes, done),), declared("undo").risk),
    )


def _told(entries: Sequence[JournalEntry], journal: Journal) -> str:
    """What they did: the one thing, or what several were called together."""
    # A series that was split is two files and one thing that was done.
    done = list(dict.fromkeys(shown(entry.change.summary) for entry in entries))
    if len(done) == 1:
        return done[0]
    title = shown(journal.title_of(entries[0].operation))
    return title.removeprefix(_AGAIN).removeprefix(_UNDO) or listed(done)


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


def _obstacle(
    entries: Sequence[JournalEntry], journal: Journal, owners: Mapping[str, ChangeOwner]
) -> KnownError | None:
    """Why these cannot be undone as things are, None if they can."""
    for entry in entries:
        room, _, path = entry.change.target.partition(":")
        now = owners[room].version(entry.change.target) if room in owners else None
        later = journal.later_changes(entry)
        as_left = now == version_of(entry.change.after)
        if as_left:
            # Read, unread, read again: the first is not what is there, though it looks so.
            later = tuple(each for each in later if not each.change.undoes)
            if not later:
                continue
        if as_left or (later and version_of(later[-1].change.after) == now):
            newest = later[-1]
            return KnownError(
                "stale",
                f"“{shown(entry.change.summary)}” cannot be undone yet: {newest.id}, "
                f"“{shown(newest.change.summary)}”, came after it in the same file. "
                "Nothing was changed.",
                f"Undo {newest.id} first.",
            )
        return KnownError(
            "stale",
            f"This cannot be undone any more: {path} was changed after Phial did "
            f"“{shown(entry.change.summary)}”. Nothing was changed.",
            "Make the change by hand, or ask for it in words.",
        )
    return None


def _with_earlier(
    obstacle: KnownError,
    entry: JournalEntry,
    journal: Journal,
    owners: Mapping[str, ChangeOwner],
) -> KnownError:
    """The obstacle, with the operations before it that can be undone as choices."""
    choices: list[tuple[str, str]] = []
    operation = entry.operation
    while len(choices) < _EARLIER and (entries := journal.last_applied(before=operation)):
        operation = entries[0].operation
        if _obstacle(entries, journal, owners) is None:
            choices.append((entries[0].id, f"{_UNDO}{_told(entries, journal)}"))
    if not choices:
        return obstacle
    return AmbiguousError(
        obstacle.code,
        obstacle.message,
        f"Make the change by hand, or undo an earlier one, such as {choices[0][0]}.",
        argument="change",
        choices=tuple(choices),
    )
