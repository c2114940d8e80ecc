"""Messages Phial writes: making and removing files in Drafts and Outbox, nowhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from app.core.errors import KnownError
from app.core.proposals import Change, Risk, version_of
from app.mail.layout import FOLDER, SUFFIX, is_message_name, is_plain, require_real_folders
from app.mail.model import DRAFTS, LOCAL, OUTBOX
from app.store.atomic import apply_to_file, file_version
from app.store.paths import ProfilePaths

ROOM = "mail"
WRITABLE = (DRAFTS, OUTBOX)
"""The folders whose files Phial makes and removes."""


def new_message_name() -> str:
    """A file name no message has or had."""
    return f"{os.urandom(16).hex()}{SUFFIX}"


def path_of_change(change: Change) -> str:
    """The file a "mail" change makes or removes, relative to the profile."""
    return change.target.removeprefix(f"{ROOM}:")


class MailFiles:
    """Owns targets "mail:mail/ACCOUNT/FOLDER/NAME.eml". Implements `core.ports.ChangeOwner`.

    A file is made or removed, never written over: what a name stands for stays the same.
    """

    def __init__(self, paths: ProfilePaths) -> None:
        self._root = paths.root

    def version(self, target: str) -> str:
        """The file's version, "" where it does not exist. Raises KnownError("bad_target")."""
        return file_version(self._file(target))

    def apply(self, change: Change) -> None:
        """Make or remove the file if it still has the expected version.

        Raises KnownError: "stale", "bad_target", or what `explain_os_error` makes of the disk.
        """
        file = self._file(change.target)
        if change.after is not None and change.expected_version:
            raise _refused(change.target, "a message is never written over")
        apply_to_file(change, file, "save the message")

    def plan_new(
        self,
        folder: str,
        text: str,
        *,
        summary: str,
        becomes: tuple[str, ...],
        kind: str,
        risk: Risk,
        account: str = LOCAL,
        new_name: Callable[[], str] = new_message_name,
    ) -> Change:
        """The change that puts a new message of this text into Drafts or Outbox."""
        return Change(
            target=f"{ROOM}:{FOLDER}/{account}/{folder}/{new_name()}",
            kind=kind,
            expected_version="",
            before=None,
            after=text,
            summary=summary,
            risk=risk,
            becomes=becomes,
        )

    def plan_removal(
        self, path: str, text: str, *, summary: str, was: tuple[str, ...], kind: str, risk: Risk
    ) -> Change:
        """The change that removes the message at `path` (relative to the profile) of this text."""
        return Change(
            target=f"{ROOM}:{path}",
            kind=kind,
            expected_version=version_of(text),
            before=text,
            after=None,
            summary=summary,
            risk=risk,
            was=was,
        )

    def _file(self, target: str) -> Path:
        room, _, path = target.partition(":")
        parts = path.split("/")
        if (
            room != ROOM
            or len(parts) != 4
            or parts[0] != FOLDER
            or not is_plain(parts[1])
            or parts[2] not in WRITABLE
            or not is_message_name(parts[3])
        ):
            raise _refused(target, "it is not a message in Drafts or Outbox")
        mail, account = self._root / FOLDER, self._root / FOLDER / parts[1]
        folder = account / parts[2]
        require_real_folders(self._root, mail, account, folder)
        if (folder / parts[3]).is_symlink():
            raise _refused(target, "it is a link to another place")
        return folder / parts[3]


def _refused(target: str, why: str) -> KnownError:
    return KnownError(
        "bad_target",
        f"{target!r} cannot be changed: {why}. Nothing was changed.",
        "Repeat the request.",
    )
