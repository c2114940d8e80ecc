"""The user's files of a profile: compared, copied, and made again from the journal."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from app.calendars.store import CalendarStore
from app.core.errors import KnownError
from app.core.ports import ChangeOwner
from app.core.proposals import Change
from app.mail.files import MailFiles
from app.mail.flags import tidy
from app.mail.states import MessageStates
from app.store.journal import Journal, JournalEntry
from app.store.paths import ProfilePaths

_LOGS = ("phial.db", "phial.db-wal", "phial.db-shm", ".lock")


def copied(profile: Path, place: Path) -> Path:
    """A copy of the user's files at `place`, without the logs and what can be made again."""
    ignored = shutil.ignore_patterns("phial.db*", ".lock", "cache")
    return Path(shutil.copytree(profile, place, ignore=ignored))


def contents(profile: Path) -> dict[str, bytes]:
    """Every file of a profile but its logs, flags as `tidy` leaves them; by relative path.

    The flags are tidied where they lie.
    """
    tidy(profile / "mail")
    return {
        path: file.read_bytes()
        for file in sorted(profile.rglob("*"))
        if file.is_file()
        and (path := file.relative_to(profile).as_posix()) not in _LOGS
        and not path.startswith("cache/")
    }


def differences(here: dict[str, bytes], there: dict[str, bytes]) -> str:
    """What differs, for the report of a failure; "" where nothing does."""
    found = []
    for path in sorted(here.keys() | there.keys()):
        one, other = here.get(path), there.get(path)
        if one != other:
            found.append(f"{path}\n  {one!r}\n  {other!r}")
    return "\n".join(found)


def owners_of(profile: Path) -> dict[str, ChangeOwner]:
    """Who applies changes to a profile, by room."""
    paths = ProfilePaths(profile)
    return {
        "calendar": CalendarStore(profile),
        "mail": MailFiles(paths),
        "message": MessageStates(paths),
    }


def logged(journal: Journal) -> list[JournalEntry]:
    """Everything a journal holds, in the order of logging."""
    found: list[JournalEntry] = []
    while True:
        try:
            found.append(journal.entry(f"c{len(found) + 1}"))
        except KnownError as error:
            assert error.code == "no_such_change"
            return found


def took_effect(entries: Iterable[JournalEntry]) -> list[Change]:
    """The changes that were made, also those taken back since by another of them."""
    return [each.change for each in entries if each.state in ("applied", "undone")]


def replay(profile: Path, changes: Iterable[Change]) -> None:
    """Make these changes in a profile, one after the other."""
    owners = owners_of(profile)
    for change in changes:
        owners[change.target.partition(":")[0]].apply(change)
