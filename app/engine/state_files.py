"""What a model has read, kept on disk: files of keys and values, found by what was read.

Only files are handled here, never a model. A file is what llama.cpp wrote, then the tokens it is
the state of, then a line about both, then a footer. What describes the data stands behind it
because llama.cpp writes and reads such files itself, piece by piece: 0.05 and 0.015 s for 196 MB,
where copying through Python would take as much memory again. All of it can be rebuilt, so nothing
here fails: what cannot be kept is not kept, and what is damaged is as good as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import struct
import sys
import zlib
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LIMIT_BYTES = 2 * 1024**3
"""What all states may take on disk; they never take more than a tenth of what is free there."""

CONVERSATIONS = 3
PREFIXES = 2
"""How many states of each kind are kept for one model."""

Kind = Literal["conversation", "prefix"]

_VERSION = 1
_FOOTER = struct.Struct("<III8s")  # bytes of tokens, bytes of the line, CRC of both, mark
_MARK = b"PhialKV\n"
_DESCRIPTION = 512  # bytes the line and the footer take at most
_ENDING = ".state"
_UNFINISHED = ".unfinished"
_CHUNK = 1 << 20
_PRIVATE = 0o600


@dataclass(frozen=True)
class State:
    """A state on disk. `tokens` is what it was read from, and perhaps a few said since."""

    path: Path
    kind: Kind
    key: str
    tokens: tuple[int, ...]
    data_bytes: int
    checksum: int

    def use(self) -> None:
        """Note that it is in use: what was not used for longest leaves first."""
        with suppress(OSError):
            os.utime(self.path)


class StateFiles:
    """The states of one model in a folder that others share. One process writes to it at a time."""

    def __init__(self, folder: Path, key: str, limit_bytes: int = LIMIT_BYTES) -> None:
        """`key` tells apart what a state is good for: the model and how its context is made."""
        self._folder = folder
        self._key = key
        self._limit = limit_bytes
        for leftover in _files(folder, _UNFINISHED):  # of a process that was killed
            _remove(leftover)

    def conversation(self, name: str) -> State | None:
        """The state kept of a conversation."""
        return self._read(self._folder / self._file_name("conversation", name))

    def prefixes(self) -> list[State]:
        """The states of what dialogues begin with, last used first."""
        paths = self._of("prefix")
        return [state for path in reversed(paths) if (state := self._read(path)) is not None]

    def has_prefix(self, tokens: Sequence[int]) -> bool:
        """Whether there is a file for exactly this beginning."""
        return self._prefix_path(tokens).exists()

    def load(self, state: State, restore: Callable[[Path], bool]) -> bool:
        """Let `restore` read a state's file; False, and the file is gone, if that cannot be.

        `restore` is told of whole files only; it answers whether the content suited it.
        """
        try:
            whole = _checksum(state.path, state.data_bytes) == state.checksum
        except OSError:
            whole = False
        if whole and restore(state.path):
            return True
        _remove(state.path)
        return False

    def keep(
        self,
        tokens: Sequence[int],
        data_bytes: int,
        write: Callable[[Path], bool],
        conversation: str = "",
    ) -> bool:
        """Keep the state of a conversation, or without one of what dialogues begin with.

        `write` fills a file, which is there and empty, with about `data_bytes`; False if it could
        not. Older states leave for it. False if it was not kept.
        """
        kind: Kind = "conversation" if conversation else "prefix"
        path = (
            self._folder / self._file_name(kind, conversation)
            if conversation
            else self._prefix_path(tokens)
        )
        tail = array("i", tokens).tobytes()
        unfinished = path.with_suffix(f".{os.getpid()}{_UNFINISHED}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._make_room(path, kind, data_bytes + len(tail) + _DESCRIPTION):
                raise OSError(f"there is no room for {data_bytes:,} bytes")
            os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE))
            if not write(unfinished):
                raise OSError("llama.cpp could not write it")
            written = unfinished.stat().st_size
            line = json.dumps(
                {
                    "version": _VERSION,
                    "key": self._key,
                    "kind": kind,
                    "name": path.stem,
                    "bytes": written,
                    "checksum": _checksum(unfinished, written),
                }
            ).encode()
            footer = _FOOTER.pack(len(tail), len(line), zlib.crc32(tail + line), _MARK)
            with unfinished.open("ab") as file:
                file.write(tail + line + footer)
            unfinished.replace(path)
        except OSError as error:
            print(f"a state was not kept: {error}", file=sys.stderr, flush=True)
            _remove(unfinished)
            return False
        return True

    def forget(self, conversation: str) -> None:
        """Remove what is kept of a conversation, whichever model read it."""
        forget(self._folder, conversation)

    def _file_name(self, kind: Kind, name: str) -> str:
        return f"{kind}-{_hash(self._key)}-{_hash(name)}{_ENDING}"

    def _prefix_path(self, tokens: Sequence[int]) -> Path:
        return self._folder / self._file_name("prefix", array("i", tokens).tobytes().hex())

    def _of(self, kind: Kind) -> list[Path]:
        """The files of a kind of the model in use, the one used last at the end."""
        begin = f"{kind}-{_hash(self._key)}-"
        return [path for path in _by_use(self._folder) if path.name.startswith(begin)]

    def _read(self, path: Path) -> State | None:
        """What a file says it is; one that says it wrongly is removed."""
        try:
            size = path.stat().st_size
            return _described(path, size, self._key)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
            print(f"a damaged state is removed: {error!r}", file=sys.stderr, flush=True)
            _remove(path)
            return None

    def _make_room(self, path: Path, kind: Kind, wanted: int) -> bool:
        """Let states leave until one of `wanted` bytes may come to `path`; False if it may not."""
        others = [other for other in _by_use(self._folder) if other != path]
        prefixes = [other for other in self._of("prefix") if other != path]
        # Every conversation begins with it: without it each would be read from the start.
        fixed = prefixes[-1:] if kind == "conversation" else []
        same = [other for other in self._of(kind) if other != path]
        leaving = same[: len(same) + 1 - (CONVERSATIONS if kind == "conversation" else PREFIXES)]
        sizes = {other: _size(other) for other in others}
        used = sum(sizes.values())
        free = shutil.disk_usage(self._folder).free
        limit = min(self._limit, (free + used + _size(path)) // 10)
        staying = [other for other in others if other not in leaving]
        room = limit - sum(sizes[other] for other in staying)
        for other in staying:
            if room >= wanted:
                break
            if other not in fixed:
                leaving.append(other)
                room += sizes[other]
        if room < wanted:
            return False
        for other in leaving:
            _remove(other)
        return True


def forget(folder: Path, conversation: str) -> None:
    """Remove what is kept of a conversation in a folder of states; also where no engine runs."""
    # One being written first: without it, whoever writes it cannot give it its name any more.
    for ending in (_UNFINISHED, _ENDING):
        for path in _files(folder, ending):
            kept = path.name.partition(".")[0]
            if kept.startswith("conversation-") and kept.endswith(f"-{_hash(conversation)}"):
                _remove(path)


def _hash(name: str) -> str:
    """A name as a part of a file's name, which tells nothing of it."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _files(folder: Path, ending: str) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.endswith(ending)]
    except OSError:
        return []


def _by_use(folder: Path) -> list[Path]:
    """The states in a folder, whatever they are of, the one used last at the end."""

    def used(path: Path) -> float:
        try:
            return path.stat().st_mtime
        except OSError:
            return 0.0

    return sorted(_files(folder, _ENDING), key=used)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _described(path: Path, size: int, key: str) -> State:
    """What a file of `size` bytes says of itself. Raises what a wrong one leads to."""
    with path.open("rb") as file:
        file.seek(max(0, size - _FOOTER.size))
        tokens_bytes, line_bytes, checksum, mark = _FOOTER.unpack(file.read())
        begin = size - _FOOTER.size - line_bytes - tokens_bytes
        if mark != _MARK or begin < 0:
            raise ValueError("not a state, or cut off")
        file.seek(begin)
        described = file.read(tokens_bytes + line_bytes)
    if zlib.crc32(described) != checksum:
        raise ValueError("its description is damaged")
    told = json.loads(described[tokens_bytes:])
    if told["version"] != _VERSION or told["key"] != key or told["name"] != path.stem:
        raise ValueError("of another version, or under another's name")
    if told["bytes"] != begin:
        raise ValueError("cut off")
    tokens = array("i")
    tokens.frombytes(described[:tokens_bytes])
    return State(path, told["kind"], key, tuple(tokens), begin, told["checksum"])


def _checksum(path: Path, count: int) -> int:
    """The CRC-32 of a file's first `count` bytes. Raises OSError where it has fewer.

    Of 200 MB in memory it takes 35 ms; Adler-32 55, SHA-256 100. It is read rather than mapped:
    page by page, the mapping cost more than the copy.
    """
    checksum = 0
    view = memoryview(bytearray(_CHUNK))
    with path.open("rb", buffering=0) as file:
        while count:
            read = file.readinto(view[: min(count, _CHUNK)])
            if not read:
                raise OSError("cut off")
            checksum = zlib.crc32(view[:read], checksum)
            count -= read
    return checksum
