"""One writer a profile. The lock belongs to the process, so that no crash can leave it behind."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from app.core.errors import KnownError
from app.store.atomic import explain_os_error, sweep_temporaries
from app.store.paths import ProfilePaths

if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30  # a locked byte cannot be read by others, and the process id should be

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class ProfileLock:
    """`with ProfileLock(paths):` holds the profile; the folder must exist (see `prepare`).

    Entering never waits. Raises KnownError("profile_in_use") if another process holds it. What a
    crash of the last holder left half-written in the settings, calendars and contacts is removed.
    """

    def __init__(self, paths: ProfilePaths) -> None:
        """Takes nothing yet: that is done on entering."""
        self._paths = paths
        self._descriptor: int | None = None

    def __enter__(self) -> ProfileLock:
        """Take the lock and sweep. Raises KnownError."""
        self._descriptor = self._take()
        try:
            for folder in _folders_written(self._paths):
                sweep_temporaries(folder)
        except BaseException:
            self.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the profile go."""
        self.release()

    def release(self) -> None:
        """Let the profile go; safe to call twice."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _take(self) -> int:
        path = self._paths.lock
        doing = "lock the profile"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise explain_os_error(error, path, doing) from error
        try:
            try:
                _try_lock(descriptor)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                    raise _in_use(descriptor) from error
                raise
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError as error:
            os.close(descriptor)
            raise explain_os_error(error, path, doing) from error
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor


def _in_use(descriptor: int) -> KnownError:
    holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
    process = f" (process {holder})" if holder.isdigit() else ""
    return KnownError(
        "profile_in_use",
        f"Another Phial is using this profile{process}. Nothing was changed.",
        "Wait until it has finished or close it, then try again.",
    )


def _folders_written(paths: ProfilePaths) -> Iterator[Path]:
    yield paths.root
    yield paths.contacts
    try:
        yield from (path for path in paths.calendars.iterdir() if path.is_dir())
    except FileNotFoundError:
        return
    except OSError as error:
        raise explain_os_error(error, paths.calendars, "list the calendars") from error
