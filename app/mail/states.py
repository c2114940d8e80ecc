"""The mail room's side of a change of a message: its folder, flags and labels.

The only place that moves messages. Their files are never written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.errors import KnownError
from app.core.proposals import Change, Risk, version_of
from app.mail.flags import ANSWERED, FLAGGED, NOTHING, SEEN, FlagsFile, MessageState, state_of
from app.mail.layout import (
    existing_folder,
    is_message_name,
    is_plain,
    is_regular,
    plain_folders,
    require_real_folders,
)
from app.mail.model import DRAFTS, OUTBOX, SENT, Envelope
from app.store.atomic import explain_os_error, sync_folder
from app.store.paths import ProfilePaths

ROOM = "message"


@dataclass(frozen=True)
class _Place:
    """Where a message lies now, and what is known of it."""

    folder: Path
    state: MessageState

    @property
    def text(self) -> str:
        return state_text(self.folder.name, self.state.flags, self.state.labels)


def state_text(folder: str, flags: Iterable[str], labels: Iterable[str]) -> str:
    """The content of a "message" target, the same for the same state."""
    said = {"flags": sorted(set(flags)), "folder": folder, "labels": sorted(set(labels))}
    return json.dumps(said, separators=(",", ":"))


def target_of(account: str, name: str) -> str:
    """The target of a message's state."""
    return f"{ROOM}:{account}/{name}"


class MessageStates:
    """Owns targets "message:ACCOUNT/NAME.eml". Implements `core.ports.ChangeOwner`."""

    def __init__(self, paths: ProfilePaths) -> None:
        self._paths = paths
        self._flags: dict[Path, FlagsFile] = {}

    def version(self, target: str) -> str:
        """The version of a message's state, "" where there is no such message.

        Raises KnownError("bad_target") and what the disk raises.
        """
        place = self._find(*_parts(target))
        return "" if place is None else version_of(place.text)

    def apply(self, change: Change) -> None:
        """Give the message the folder, flags and labels that `after` says.

        A message is never made or removed here. Raises KnownError: "stale", "bad_target",
        "name_taken", or what `explain_os_error` makes of the disk.
        """
        account, name = _parts(change.target)
        place = self._find(account, name)
        if (version_of(place.text) if place else "") != change.expected_version:
            raise KnownError(
                "stale",
                f"The message {name} was moved or marked by something else after it was read. "
                "It was left as it is.",
                "Look at it again and repeat the request.",
            )
        if place is None or change.after is None:
            raise _refused(change.target, "a message is neither made nor removed this way")
        folder, state = _wanted(change, place)
        if folder == place.folder.name:
            self._mark(place.folder, name, state)
        else:
            self._move(place.folder, self._paths.mail / account / folder, name, state)

    def plan_update(
        self,
        envelope: Envelope,
        *,
        summary: str,
        was: tuple[str, ...],
        becomes: tuple[str, ...],
        folder: str | None = None,
        unread: bool | None = None,
        flagged: bool | None = None,
        answered: bool | None = None,
        add_labels: Iterable[str] = (),
        remove_labels: Iterable[str] = (),
    ) -> Change | None:
        """The change that gives a message these marks; None where it has them already.

        `folder` without regard to case. Raises KnownError: "stale" if the message is gone,
        "bad_folder" for a move into a folder of what the user wrote, or out of the Outbox.
        """
        target = target_of(envelope.account, envelope.name)
        place = self._find(*_parts(target))
        if place is None:
            raise KnownError(
                "stale",
                "That message is no longer there. Nothing was changed.",
                "Look at your mail again and repeat the request.",
            )
        marks = {SEEN: None if unread is None else not unread, FLAGGED: flagged, ANSWERED: answered}
        state = state_of(
            _with_marks(place.state.flags, marks),
            _with_labels(place.state.labels, add_labels, remove_labels),
        )
        goal = self._goal(envelope.account, place.folder.name, folder)
        after = state_text(goal, state.flags, state.labels)
        if after == place.text:
            return None
        moved = goal != place.folder.name
        labelled = state.labels != place.state.labels
        return Change(
            target=target,
            kind="move message" if moved else "label message" if labelled else "mark message",
            expected_version=version_of(place.text),
            before=place.text,
            after=after,
            summary=summary,
            risk=Risk.CHANGE,
            was=was,
            becomes=becomes,
        )

    def _goal(self, account: str, present: str, wanted: str | None) -> str:
        """The folder a message is to lie in, spelt as it is on disk."""
        if wanted is None:
            return present
        folder = existing_folder(self._paths.mail / account, wanted)
        if folder == present:
            return folder
        if not is_plain(folder):
            raise KnownError(
                "bad_folder",
                f"{wanted!r} cannot be the name of a mail folder. Nothing was changed.",
                "Use a name of letters, digits and spaces.",
            )
        # What lies there counts as the user's own words, and what is in the Outbox goes out.
        if folder.casefold() in {each.casefold() for each in (DRAFTS, OUTBOX, SENT)}:
            raise KnownError(
                "bad_folder",
                f"A message cannot be moved into '{folder}': only what you write goes there. "
                "Nothing was changed.",
                "Choose another folder.",
            )
        if present == OUTBOX:
            raise KnownError(
                "bad_folder",
                "That message waits to be sent and cannot be moved. Nothing was changed.",
                "Undo the sending first.",
            )
        return folder

    def _find(self, account: str, name: str) -> _Place | None:
        home = self._paths.mail / account
        require_real_folders(self._paths.root, self._paths.mail, home)
        try:
            folders = plain_folders(home)
        except OSError as error:
            raise explain_os_error(error, home, "look through the mail folders") from error
        for each in folders:
            if is_regular(home / each / name):
                states = self._flags_of(home / each).states()
                return _Place(home / each, states.get(name, NOTHING))
        return None

    def _flags_of(self, folder: Path) -> FlagsFile:
        return self._flags.setdefault(folder, FlagsFile(folder))

    def _mark(self, folder: Path, name: str, state: MessageState) -> None:
        flags = self._flags_of(folder)
        if flags.states().get(name, NOTHING) != state:
            flags.append({name: state})
            flags.compact_if_grown()

    def _move(self, source: Path, goal: Path, name: str, state: MessageState) -> None:
        """Say the state in the new folder, then rename: the file's place decides what holds."""
        require_real_folders(self._paths.root, goal)
        try:
            goal.mkdir(mode=0o700, exist_ok=True)
            if (goal / name).exists() or (goal / name).is_symlink():
                raise KnownError(
                    "name_taken",
                    f"{goal.name} already has a file {name}. Nothing was changed.",
                    "Move that file away, then repeat the request.",
                )
            flags = self._flags_of(goal)
            if flags.states().get(name, NOTHING) != state:
                flags.append({name: state})
            (source / name).rename(goal / name)
        except OSError as error:
            raise explain_os_error(error, goal / name, "move a message") from error
        sync_folder(goal)
        sync_folder(source)
        flags.compact_if_grown()


def _parts(target: str) -> tuple[str, str]:
    """Account and file name. Raises KnownError("bad_target")."""
    room, _, path = target.partition(":")
    account, _, name = path.partition("/")
    if room != ROOM or not is_plain(account) or not is_message_name(name):
        raise _refused(target, "it is not a message of this profile")
    return account, name


def _wanted(change: Change, place: _Place) -> tuple[str, MessageState]:
    """The folder and the state a change asks for; keys it does not know stay."""
    try:
        said = json.loads(change.after or "")
        folder, flags, labels = str(said["folder"]), said["flags"], said["labels"]
        if change.after != state_text(folder, map(str, flags), map(str, labels)):
            raise ValueError("not a state")
    except (ValueError, TypeError, KeyError) as error:
        raise _refused(change.target, "its new state makes no sense") from error
    moved = folder != place.folder.name
    if not is_plain(folder) or (moved and OUTBOX in (folder, place.folder.name)):
        raise _refused(change.target, f"it cannot be moved to {folder!r}")
    return folder, replace(place.state, flags=tuple(flags), labels=tuple(labels))


def _with_marks(flags: Iterable[str], marks: dict[str, bool | None]) -> set[str]:
    kept = {flag for flag in flags if marks.get(flag) is not False}
    return kept | {flag for flag, wanted in marks.items() if wanted}


def _with_labels(labels: Iterable[str], add: Iterable[str], remove: Iterable[str]) -> set[str]:
    """Labels with some added and removed, without regard to case."""
    gone = {label.casefold() for label in remove}
    kept = {label.casefold(): label for label in labels if label.casefold() not in gone}
    for label in add:
        kept.setdefault(label.casefold(), label)
    return set(kept.values())


def _refused(target: str, why: str) -> KnownError:
    return KnownError(
        "bad_target",
        f"{target!r} cannot be changed: {why}. Nothing was changed.",
        "Repeat the request.",
    )
