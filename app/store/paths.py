"""Where everything lies on disk. Names of files and folders appear here and nowhere else."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from app.core.errors import KnownError
from app.store.atomic import explain_os_error

_APPLICATION = "phial"
_PRIVATE = 0o700


@dataclass(frozen=True)
class ProfilePaths:
    """The files and folders of one profile.

    `root` is absolute. `cache_folder` is set only for the profile at its default place, whose
    cache lies where the system keeps caches; a moved profile carries its cache inside.
    """

    root: Path
    cache_folder: Path | None = None

    @property
    def database(self) -> Path:
        """History, journal and operation log."""
        return self.root / "phial.db"

    @property
    def settings(self) -> Path:
        """The settings a person may edit."""
        return self.root / "settings.toml"

    @property
    def window(self) -> Path:
        """How the window was left, with what was typed and not sent."""
        return self.root / "window.json"

    @property
    def calendars(self) -> Path:
        """One folder a calendar, one .ics file an object."""
        return self.root / "calendars"

    @property
    def mail(self) -> Path:
        """ACCOUNT/FOLDER, one message a file."""
        return self.root / "mail"

    @property
    def contacts(self) -> Path:
        """One .vcf file a contact."""
        return self.root / "contacts"

    @property
    def cache(self) -> Path:
        """What may vanish at any time and is made again."""
        return self.cache_folder or self.root / "cache"

    @property
    def engine_cache(self) -> Path:
        """States the engine can go on from, and what it learned of models; the engine makes it."""
        return self.cache / "engine"

    @property
    def lock(self) -> Path:
        """Held by the one process that may write."""
        return self.root / ".lock"


def profile_paths(explicit: Path | None = None) -> ProfilePaths:
    """The profile to use: `explicit`, else PHIAL_PROFILE, else the user's data folder.

    Touches nothing on disk. Raises KnownError("bad_name").
    """
    variable = os.environ.get("PHIAL_PROFILE")
    if explicit is not None or variable:
        return ProfilePaths(_expanded(explicit or Path(variable or "")))
    import platformdirs  # here, because a moved profile does not need it

    return ProfilePaths(
        platformdirs.user_data_path(_APPLICATION, appauthor=False) / "profile",
        platformdirs.user_cache_path(_APPLICATION, appauthor=False),
    )


def prepare(paths: ProfilePaths) -> None:
    """Create the folders of the profile that do not exist, private to the user (mode 0700).

    Raises KnownError: "not_a_folder", "no_permission", "read_only", "disk_full".
    """
    _make_folder(paths.root)
    _tighten(paths)
    for folder in (paths.calendars, paths.mail, paths.contacts, paths.cache):
        _make_folder(folder)


def _expanded(path: Path) -> Path:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise KnownError(
            "bad_name",
            "The profile folder's name has bytes that are no characters.",
            "Choose a folder with another name.",
        ) from None
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # "~stranger": no such user, so the name is meant literally
        return path.absolute()


def _make_folder(folder: Path) -> None:
    """Make sure that `folder` is a folder this process can list and write."""
    doing = "open the profile folder"
    try:
        # os.makedirs would give missing parents the default mode; these are private too.
        missing = []
        place = folder
        while not place.exists() and place != place.parent:
            missing.append(place)
            place = place.parent
        for place in reversed(missing):
            place.mkdir(_PRIVATE, exist_ok=True)
        is_folder = stat.S_ISDIR(folder.stat().st_mode)
    except OSError as error:
        raise explain_os_error(error, folder, doing) from error
    if not is_folder:
        raise KnownError(
            "not_a_folder",
            f"{folder} is a file, but Phial needs a folder there. It was left as it is.",
            "Choose another place with --profile, or move the file away.",
        )
    effective = os.access in os.supports_effective_ids
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=effective):
        raise KnownError(
            "no_permission",
            f"Phial may not read and write the folder {folder}. Nothing was changed.",
            "Give your user the right to it, or choose another place with --profile.",
        )


def _tighten(paths: ProfilePaths) -> None:
    """Take the rights of other users from a profile that was there before.

    A folder that also holds other things (somebody's --profile . or /tmp) keeps its mode; what
    Phial puts into it is private anyway.
    """
    ours = {
        path.name
        for path in (
            paths.settings,
            paths.window,
            paths.calendars,
            paths.mail,
            paths.contacts,
            paths.lock,
        )
    } | {"cache"}
    try:
        mode = stat.S_IMODE(paths.root.stat().st_mode)
        if os.name == "nt" or mode & 0o077 == 0:
            return
        names = os.listdir(paths.root)  # noqa: PTH208 (names are all that is needed)
        database = paths.database.name
        if all(name in ours or name.startswith((database, ".phial-")) for name in names):
            paths.root.chmod(_PRIVATE)
    except OSError as error:
        raise explain_os_error(error, paths.root, "make the profile folder private") from error
