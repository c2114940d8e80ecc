"""Where messages lie below PROFILE/mail: names of accounts, folders and files, and their keys.

No reading or writing of messages.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path

from app.core.errors import KnownError
from app.mail.model import ARCHIVE, DRAFTS, INBOX, JUNK, OUTBOX, SENT, TRASH

FOLDER = "mail"
FLAGS_FILE = "flags.jsonl"
SUFFIX = ".eml"

_KEY_MARK = "\n"
_STANDARD = (INBOX, SENT, DRAFTS, OUTBOX, ARCHIVE, TRASH, JUNK)


def is_plain(part: str) -> bool:
    """Whether a name stays where it is put, on every system."""
    return (
        part != ""
        and not part.startswith(".")
        and not any(mark in part for mark in "\\/:")
        and all(unicodedata.category(character)[0] != "C" for character in part)
    )


def is_message_name(name: str) -> bool:
    """Whether a file of that name can be a message."""
    return name.lower().endswith(SUFFIX) and is_plain(name)


def message_key(account: str, name: str) -> str:
    """What the id map knows a message by (kind "m"): the same in whatever folder it lies."""
    return f"{account}{_KEY_MARK}{name}"


def parts_of_key(key: str) -> tuple[str, str]:
    """(account, name) of a `message_key`; two empty texts for anything else."""
    account, mark, name = key.partition(_KEY_MARK)
    return (account, name) if mark and is_plain(account) and is_message_name(name) else ("", "")


def plain_folders(folder: Path) -> tuple[str, ...]:
    """The names of the real folders in `folder`, sorted; none where it does not exist.

    Links are not followed. Raises OSError.
    """
    try:
        with os.scandir(folder) as entries:
            found = [
                entry.name
                for entry in entries
                if is_plain(entry.name) and entry.is_dir(follow_symlinks=False)
            ]
    except (FileNotFoundError, NotADirectoryError):
        return ()
    return tuple(sorted(found))


def is_regular(file: Path) -> bool:
    """Whether `file` is a file, not a link to one."""
    try:
        return stat.S_ISREG(file.lstat().st_mode)
    except OSError:
        return False


def require_real_folders(root: Path, *folders: Path) -> None:
    """Make sure each of `folders` below the profile `root` is a real folder or does not exist.

    Raises KnownError("bad_target") where one is a link or a file.
    """
    for folder in folders:
        if folder.is_symlink():
            what = "a link to another place, which Phial does not follow"
        elif folder.exists() and not folder.is_dir():
            what = "a file and not a folder"
        else:
            continue
        raise KnownError(
            "bad_target",
            f"The mail folder {folder.relative_to(root).as_posix()} is {what}. "
            "Nothing was changed.",
            "Put a real folder in its place.",
        )


def existing_folder(account: Path, wanted: str) -> str:
    """`wanted` as the account or Phial spells that folder, whatever its case; else as it is."""
    try:
        present = plain_folders(account)
    except OSError:
        present = ()
    folded = wanted.casefold()
    return next((name for name in (*present, *_STANDARD) if name.casefold() == folded), wanted)
