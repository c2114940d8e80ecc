"""A room in miniature: owns plain files below a profile. For tests of what changes them."""

from __future__ import annotations

from pathlib import Path

from app.core.errors import KnownError
from app.core.proposals import Change
from app.store.atomic import file_version, remove_atomic, write_atomic


class FileOwner:
    """Owns "file:PATH" below the profile, with the same atomic writes the rooms use.

    A change whose target holds the text `refuse` fails. Implements `core.ports.ChangeOwner`.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.refuse: str | None = None

    def path(self, target: str) -> Path:
        """The file of a target."""
        return self.root / target.partition(":")[2]

    def version(self, target: str) -> str:
        """The file's version, "" where it does not exist."""
        return file_version(self.path(target))

    def apply(self, change: Change) -> None:
        """Write or remove the file if it still has the expected version."""
        if self.refuse is not None and self.refuse in change.target:
            raise KnownError("no_permission", "That file is closed.", "Open it.")
        path = self.path(change.target)
        if change.after is None:
            remove_atomic(path, expected_version=change.expected_version)
        else:
            write_atomic(path, change.after.encode(), expected_version=change.expected_version)
