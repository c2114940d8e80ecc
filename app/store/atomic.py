"""Files that are whole or absent: atomic writes with version checks, and disk errors explained.

Every file of the user's that Phial writes goes through here. Nothing here knows what is in it.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path

from app.core.errors import KnownError
from app.core.proposals import Change, version_of

_PREFIX = ".phial-"
_SUFFIX = ".tmp"
_PRIVATE = 0o600

_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
_DENIED = (errno.EACCES, errno.EPERM)


def explain_os_error(error: OSError, path: Path, doing: str) -> KnownError:
    """The sentence for a failed file operation.

    `doing` completes "Phial could not ..." ("save the event"). Codes: "disk_full",
    "no_permission", "read_only", "not_found", "not_a_folder", "is_a_folder", "bad_name" and
    "io_error" for the rest.
    """
    what = f"Phial could not {doing}"
    kept = "What was saved before is kept."
    if error.errno in _FULL:
        return KnownError(
            "disk_full",
            f"{what}: there is no space left for {path}. {kept}",
            "Free some space on that disk, then try again.",
        )
    if error.errno in _DENIED:
        return KnownError(
            "no_permission",
            f"{what}: permission to use {path} is missing. {kept}",
            "Give your user the right to it, or use another place.",
        )
    if error.errno == errno.EROFS:
        return KnownError(
            "read_only",
            f"{what}: {path} is on a disk that can only be read. {kept}",
            "Make the disk writable, or use another place.",
        )
    if error.errno == errno.ENOENT:
        return KnownError("not_found", f"{what}: {path} does not exist.", "Check the name.")
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return KnownError(
            "not_a_folder",
            f"{what}: part of {path} is a file where a folder is needed. {kept}",
            "Move that file away, or use another place.",
        )
    if error.errno == errno.EISDIR:
        return KnownError(
            "is_a_folder",
            f"{what}: {path} is a folder where a file is needed. {kept}",
            "Move that folder away, or use another name.",
        )
    if error.errno in (errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL):
        return KnownError(
            "bad_name", f"{what}: the system does not accept the name {path}.", "Use another name."
        )
    reason = error.strerror or str(error)
    return KnownError(
        "io_error",
        f"{what}: the system reports '{reason}' for {path}.",
        "Check that the disk works, then try again.",
    )


def read_versioned(path: Path) -> tuple[bytes, str]:
    """A file's bytes and version; (b"", "") where it does not exist. Raises KnownError."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return b"", ""
    except OSError as error:
        raise explain_os_error(error, path, "read a file") from error
    return data, version_of(data)


def file_version(path: Path) -> str:
    """The version of a file as it is now, "" where it does not exist. Raises KnownError."""
    return read_versioned(path)[1]


def write_atomic(
    path: Path, data: bytes, *, expected_version: str | None, durable: bool = True
) -> None:
    """Make `path` hold `data`, or leave it as it was.

    `durable` makes it outlast a power cut; without it, it is quicker and outlasts the process.

    A file that was there keeps its mode; a new one is for its owner only (0600).
    `expected_version` is the version the file must still have ("": it must not exist), None
    overwrites whatever is there. The folder must exist. Raises KnownError: "stale" if the file
    has another version, else as `explain_os_error`.
    """
    temporary = path.with_name(f"{_PREFIX}{os.urandom(8).hex()}{_SUFFIX}")
    try:
        _write_new(temporary, data, _mode_of(path), durable)
        # As late as can be: what another program writes after this line is overwritten.
        _check_version(path, expected_version)
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):  # what stays behind is swept at the next start
            temporary.unlink()
        if isinstance(error, OSError):
            raise explain_os_error(error, path, "save a file") from error
        raise
    if durable:
        sync_folder(path.parent)


def remove_atomic(path: Path, *, expected_version: str | None) -> None:
    """Remove the file `path` durably; one that does not exist is fine if that was expected.

    `expected_version` as in `write_atomic`. Raises KnownError as it does.
    """
    _check_version(path, expected_version)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, path, "remove a file") from error
    sync_folder(path.parent)


def apply_to_file(change: Change, file: Path, doing: str) -> None:
    """Write or remove the file a change is about, if it still has the expected version.

    `doing` is for the sentence of an error ("save the event"). Raises KnownError: "stale", or what
    `explain_os_error` makes of the disk.
    """
    if change.after is None:
        remove_atomic(file, expected_version=change.expected_version)
        return
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise explain_os_error(error, file.parent, doing) from error
    write_atomic(file, change.after.encode(), expected_version=change.expected_version)


def is_temporary(name: str) -> bool:
    """True for the name of an unfinished write; readers of a folder leave such files out."""
    return name.startswith(_PREFIX) and name.endswith(_SUFFIX)


def sweep_temporaries(folder: Path) -> int:
    """Remove what a crash left half-written in `folder` (not below it); how many there were.

    Only for the holder of the profile's lock: another writer's temporary file is in use. A
    folder that does not exist has none. Raises KnownError.
    """
    swept = 0
    try:
        with os.scandir(folder) as entries:
            leftovers = [entry.path for entry in entries if is_temporary(entry.name)]
        for leftover in leftovers:
            Path(leftover).unlink(missing_ok=True)
            swept += 1
    except FileNotFoundError:
        return swept
    except OSError as error:
        raise explain_os_error(error, folder, "tidy a folder") from error
    return swept


def sync_folder(folder: Path) -> None:
    """Make what was renamed, made or removed in `folder` survive a power cut. Raises KnownError."""
    if os.name == "nt":  # Windows neither needs nor allows it
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # not every network disk can
            raise explain_os_error(error, folder, "make a change to a file last") from error


def sync_disk() -> None:
    """Make everything written so far survive a power cut, after many writes with durable=False.

    Windows has no such call; there a moment's writes stay at risk.
    """
    if hasattr(os, "sync"):
        os.sync()


def _mode_of(path: Path) -> int:
    """The rights on a file; those of a new one where there is none, or only a link to one."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return _PRIVATE
    return stat.S_IMODE(found) & 0o777 if stat.S_ISREG(found) else _PRIVATE


def _write_new(path: Path, data: bytes, mode: int, durable: bool) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, _PRIVATE), "wb") as file:
        file.write(data)
        file.flush()
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) != mode:  # not every disk has modes
            path.chmod(mode)
        if durable:
            os.fsync(file.fileno())


def _check_version(path: Path, expected: str | None) -> None:
    if expected is None or file_version(path) == expected:
        return
    raise KnownError(
        "stale",
        f"{path.name} was changed by something else after it was read. It was left as it is.",
        "Look at it again and repeat the request.",
    )
