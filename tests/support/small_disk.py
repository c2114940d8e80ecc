"""A disk that can be filled up, for tests of what happens then."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SmallDisk:
    """A folder on a disk that `full` fills up while its block runs.

    `database_codes` are the errors that the database may make of it.
    """

    folder: Path
    full: Callable[[], AbstractContextManager[None]]
    database_codes: tuple[str, ...]


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[SmallDisk]:
    """A real disk of this size at `folder`, which is made.

    Mounting takes root or a sudo that asks for nothing. Elsewhere `full` is the system's limit on
    file sizes, set to 0 for this process and those it starts: every write of data is refused, with
    an error number that SQLite cannot tell from a broken disk.
    """
    folder.mkdir()
    user = f"uid={os.geteuid()},gid={os.getegid()}"
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=700,{user}", "tmpfs"]
    for as_root in ([], ["sudo", "-n"]):
        if succeeds([*as_root, *mount, str(folder)]):
            try:
                yield SmallDisk(folder, lambda: filled(folder), ("disk_full",))
            finally:
                subprocess.run([*as_root, "umount", str(folder)], check=True, capture_output=True)
            return
    yield SmallDisk(folder, limited, ("disk_full", "io_error"))


def succeeds(words: list[str]) -> bool:
    """Whether the command exists and ends well."""
    if shutil.which(words[0]) is None:
        return False
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Not one more byte fits into `folder` inside the block."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError as error:
            assert "No space" in str(error)
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def limited() -> Iterator[None]:
    """No file may grow inside the block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
