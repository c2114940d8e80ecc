"""Files the user named for a message: read only where the user said that very path."""

from __future__ import annotations

import mimetypes
import stat
from collections.abc import Sequence
from pathlib import Path

from app.core.errors import KnownError
from app.core.ports import Asked
from app.mail.outgoing_parts import OutgoingFile
from app.tools.wording import shown, size_words

MOST_BYTES = 25_000_000
"""What the files of one message may be together; most servers take no more."""


def files_said(names: Sequence[str], asked: Asked) -> tuple[OutgoingFile, ...]:
    """The files of `names`: absolute paths, or such that begin with "~".

    A path has to stand in the user's words, else a model could pick one; a script's call has no
    words and is the user's own. Raises KnownError: "attachment_not_found", "attachment_too_large".
    """
    found: list[OutgoingFile] = []
    for name in dict.fromkeys(names):
        if asked.words and name not in asked.words:
            raise _not_found(name, "is not a file you named")
        found.append(_read(name))
        if sum(len(each.content) for each in found) > MOST_BYTES:
            raise _too_large(name)
    return tuple(found)


def _read(name: str) -> OutgoingFile:
    try:
        path = Path(name).expanduser()
    except RuntimeError:  # "~stranger": no such user
        raise _not_found(name, "does not exist") from None
    if not path.is_absolute():
        raise _not_found(name, "is not a whole path")
    try:
        # Looked at before it is opened: opening a pipe would wait for whoever fills it.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _not_found(name, "is not a file")
        if status.st_size > MOST_BYTES:
            raise _too_large(name)
        content = path.read_bytes()
    except (OSError, ValueError):  # ValueError: a path with a zero byte
        raise _not_found(name, "cannot be read") from None
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return OutgoingFile(path.name, media_type, content)


def _not_found(name: str, why: str) -> KnownError:
    return KnownError(
        "attachment_not_found",
        f"“{shown(name)}” {why}. Nothing was changed.",
        "Say the whole path of the file, like ~/Documents/report.pdf.",
    )


def _too_large(name: str) -> KnownError:
    return KnownError(
        "attachment_too_large",
        f"With “{shown(name)}” the files are larger than {size_words(MOST_BYTES)}, more than most "
        "mail servers take. Nothing was changed.",
        "Leave it out, or send a link to it.",
    )
