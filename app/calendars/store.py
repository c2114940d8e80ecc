"""The calendar room's side of a change: the version of an .ics file, and applying a change to it.

The only place that writes below calendars/.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

from app.calendars.vdir import FOLDER, require_folder
from app.core.errors import KnownError
from app.core.proposals import Change
from app.store.atomic import apply_to_file, file_version

ROOM = "calendar"


class CalendarStore:
    """Owns targets "calendar:calendars/NAME/FILE.ics". Implements `core.ports.ChangeOwner`.

    `profile` is the profile's folder.
    """

    def __init__(self, profile: Path) -> None:
        self._profile = profile

    def version(self, target: str) -> str:
        """The file's version, "" where it does not exist. Raises KnownError("bad_target")."""
        return file_version(self._file(target))

    def apply(self, change: Change) -> None:
        """Write or remove the file if it still has the expected version.

        Raises KnownError: "stale", "bad_target", or what `explain_os_error` makes of the disk.
        """
        apply_to_file(change, self._file(change.target), "save the event")

    def _file(self, target: str) -> Path:
        room, _, path = target.partition(":")
        parts = path.split("/")
        plain = all(_is_plain(part) for part in parts)
        if room != ROOM or len(parts) != 3 or parts[0] != FOLDER or not plain:
            raise _refused(target)
        file = self._profile.joinpath(*parts)
        require_folder(file.parent)
        if not parts[2].lower().endswith(".ics") or file.is_symlink():
            raise _refused(target)
        if not file.resolve().is_relative_to((self._profile / FOLDER).resolve()):
            raise _refused(target)
        return file


def _is_plain(part: str) -> bool:
    """Whether a name stays where it is put, on every system."""
    return (
        part != ""
        and not part.startswith(".")
        and not any(mark in part for mark in "\\/:")
        and all(unicodedata.category(character)[0] != "C" for character in part)
    )


def _refused(target: str) -> KnownError:
    return KnownError(
        "bad_target",
        f"{target!r} is not a calendar file of this profile. Nothing was changed.",
        "Name a file directly inside a folder of calendars.",
    )
