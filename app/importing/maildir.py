"""What the names of a Maildir say: of its folders, and of the messages in its files."""

from __future__ import annotations

import re

from app.importing.folders import decoded_utf7, folder_for

_HIERARCHY = re.compile(r"inbox[./]", re.IGNORECASE)
_INFO = re.compile(r"[:;!]2,([A-Za-z]*)\Z")  # ":" where the system allows it in names
_FLAGS = {"S": "seen", "R": "answered", "F": "flagged"}


def maildir_folder(name: str) -> str:
    """The folder of a Maildir++ subfolder (".Sent", ".INBOX.Projects"), "" for a bare dot."""
    decoded = _HIERARCHY.sub("", decoded_utf7(name.removeprefix(".")), count=1)
    return folder_for(decoded) if decoded else ""


def split_info(name: str) -> tuple[tuple[str, ...], str]:
    """The flags that a file name in cur/ tells, and all its letters ("RS")."""
    match = _INFO.search(name)
    letters = match[1].upper() if match else ""
    return tuple(flag for letter, flag in _FLAGS.items() if letter in letters), letters
