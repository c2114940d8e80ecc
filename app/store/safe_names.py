"""File names made from what strangers wrote. The only way such text comes near a path."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

# No leading dot (hidden) and no leading hyphen (an option to whoever works there in a shell).
_PLAIN = re.compile(r"[A-Za-z0-9_@][A-Za-z0-9._@-]{0,79}")
_LIKE_HASH = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_WINDOWS_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def is_safe_name(name: str) -> bool:
    """True if `name` can be a file or folder name on every system, as it stands."""
    return bool(
        _PLAIN.fullmatch(name) and not _WINDOWS_RESERVED.fullmatch(name) and not name.endswith(".")
    )


def safe_file_name(outside: str, suffix: str, taken: Iterable[str] = ()) -> str:
    """A file name for `outside` (a UID, a message id) that ends in `suffix` (".ics").

    The name itself where it is plain and unlike all of `taken` (names in the folder, compared
    without case), else its SHA-256 in hex. Names that look like such a hash are hashed as well,
    so that two different names never give the same file.
    """
    plain = outside + suffix
    folded = plain.casefold()
    if (
        is_safe_name(outside)
        and not _LIKE_HASH.fullmatch(outside)
        and all(name.casefold() != folded for name in taken)
    ):
        return plain
    return sha256(outside.encode("utf-8", "surrogatepass")).hexdigest() + suffix
