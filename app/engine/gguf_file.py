"""Reading a GGUF file's header: enough to refuse a wrong or cut-off file with exact numbers.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. No llama.cpp here, so the
check runs in any process and before anything is allocated.
"""

from __future__ import annotations

import mmap
import stat
import struct
from collections.abc import Mapping
from pathlib import Path

from app.core.errors import KnownError

# GGUF value types: id -> struct format; 8 is a string, 9 an array.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
            12: "d"}  # fmt: skip
_STRING, _ARRAY = 8, 9
_MAX_COUNT = 1 << 24
_MAX_STRING = 1 << 24
_HINT = "Get the file again, or choose another model."


class _Reader:
    def __init__(self, data: mmap.mmap) -> None:
        self._data = data
        self.at = 0

    def scalar(self, form: str) -> object:
        (value,) = struct.unpack_from("<" + form, self._data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def count(self, limit: int) -> int:
        (value,) = struct.unpack_from("<Q", self._data, self.at)
        self.at += 8
        if value > limit:
            raise ValueError(f"a count of {value}")
        return int(value)

    def string(self) -> str:
        size = self.count(_MAX_STRING)
        if self.at + size > len(self._data):
            raise ValueError("a string beyond the end")
        text = self._data[self.at : self.at + size].decode("utf-8", "replace")
        self.at += size
        return text

    def value(self, kind: int) -> object:
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            return self.scalar(_SCALARS[kind])
        (element,) = struct.unpack_from("<I", self._data, self.at)
        self.at += 4
        count = self.count(_MAX_COUNT)
        if element == _STRING:
            for _ in range(count):
                self.at += 8 + struct.unpack_from("<Q", self._data, self.at)[0]
        else:
            self.at += count * struct.calcsize("<" + _SCALARS[element])
        return None


def check_gguf(path: Path) -> Mapping[str, object]:
    """The metadata of `path`: scalars and strings; arrays are left out.

    Raises KnownError: "model_missing", "model_unreadable", "not_gguf", "model_cut_off" (with the
    bytes that are missing), "gguf_version".
    """
    try:
        # Asked first: opening a pipe would wait for its other end.
        if not stat.S_ISREG(path.stat().st_mode) and not path.is_dir():
            raise _not_gguf(path)
        with path.open("rb") as file:
            head = file.read(8)
            if head[:4] != b"GGUF":
                raise _not_gguf(path)
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _read(path, data)
    except FileNotFoundError:
        raise KnownError(
            "model_missing",
            f"There is no model file at {path}.",
            "Check the name, or leave out --model to use the starter model.",
        ) from None
    except IsADirectoryError:
        raise KnownError(
            "model_missing", f"{path} is a folder, not a model file.", "Name a .gguf file in it."
        ) from None
    except OSError as error:
        raise KnownError(
            "model_unreadable",
            f"The model file {path} cannot be read: {error.strerror}.",
            "Check its permissions, or choose another model.",
        ) from None


def _read(path: Path, data: mmap.mmap) -> Mapping[str, object]:
    reader = _Reader(data)
    reader.at = 4
    try:
        version = reader.scalar("I")
        if version not in (2, 3):
            raise KnownError(
                "gguf_version",
                f"{path.name} is a GGUF file of version {version}; this engine reads 2 and 3.",
                _HINT,
            )
        tensors = reader.count(_MAX_COUNT)
        entries = reader.count(_MAX_COUNT)
        metadata: dict[str, object] = {}
        for _ in range(entries):
            key = reader.string()
            value = reader.value(int(str(reader.scalar("I"))))
            if value is not None:
                metadata[key] = value
        last = _tensor_end(reader, tensors)
    except (struct.error, ValueError, KeyError):
        raise KnownError(
            "model_cut_off",
            f"{path.name} ends or is damaged inside its header: it is not a whole model file.",
            _HINT,
        ) from None
    raw = metadata.get("general.alignment", 32)
    alignment = raw if isinstance(raw, int) and raw > 0 else 32
    start = -(-reader.at // alignment) * alignment
    if start + last > len(data):
        raise KnownError(
            "model_cut_off",
            f"{path.name} is cut off: it has {len(data):,} bytes of at least {start + last:,}.",
            _HINT,
        )
    return metadata


def _tensor_end(reader: _Reader, tensors: int) -> int:
    """The end of the last tensor whose size is known, in bytes from the start of tensor data.

    Types of unknown block size count as one byte: llama.cpp then decides.
    """
    end = 0
    for _ in range(tensors):
        reader.string()
        dimensions = int(str(reader.scalar("I")))
        elements = 1
        for _ in range(dimensions):
            elements *= reader.count(1 << 40)
        kind = int(str(reader.scalar("I")))
        offset = reader.count(1 << 48)
        per_block, block_bytes = _BLOCKS.get(kind, (elements or 1, 1))
        end = max(end, offset + elements // per_block * block_bytes)
    return end


def _not_gguf(path: Path) -> KnownError:
    return KnownError(
        "not_gguf", f"{path.name} is not a GGUF model file, whatever its name says.", _HINT
    )


# Tensor type -> (elements, bytes) a block, for the types model files use.
_BLOCKS = {
    0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210),
    15: (256, 292), 30: (1, 2),
}  # fmt: skip
