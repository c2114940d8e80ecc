"""Reading a GGUF file's header: enough to refuse a wrong or cut-off file with exact numbers.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. No llama.cpp here, so the
check runs in any process and before anything is allocated. Nothing a header says is believed
before it is checked, and no more of it is held than some tens of megabytes, whatever it says.
"""

from __future__ import annotations

import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from app.core.errors import KnownError

# GGUF value types: id -> struct format; 8 is a string, 9 an array.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q",
            12: "d"}  # fmt: skip
_STRING, _ARRAY = 8, 9
_HINT = "Get the file again, or choose another model."

# Far above what real files have, and little enough to be read through in a second.
_MAX_TENSORS = _MAX_ENTRIES = 1 << 16
_MAX_ELEMENTS = 1 << 21  # of all arrays of strings together: vocabulary and merges
_MAX_NUMBERS = 1 << 26  # of one array
_MAX_KEY = 1 << 10
_MAX_TEXT = 1 << 20  # longer texts are passed over
_MAX_TEXTS = 1 << 25  # bytes of all texts and names kept
_KEPT_NUMBERS = 1 << 10  # of an array of numbers: those that have one a layer
_MAX_KEPT_NUMBERS = 1 << 16  # of all such arrays
_MAX_DIMENSIONS = 4
_MAX_SIZE = 1 << 48  # elements or bytes of a tensor
_WINDOW = 1 << 20

_MAX_LAYERS = 512  # llama.cpp's own limit
_MAX_WIDTH = 1 << 20
_MAX_HEADS = 1 << 16
_MAX_CONTEXT = 1 << 31
_CACHE_BLOCK = 32


@dataclass(frozen=True)
class ModelShape:
    """The numbers memory depends on; 0 where the file does not say.

    `keys_a_token` and `values_a_token` are how many numbers the cache keeps of a token, over all
    layers. `original_context` is what the model was made for before its context was stretched by
    LongRoPE; 0 for a model without long factors. `parameters` counts weights. `compact_cache`:
    keys and values can be kept in blocks of 32 numbers, as q8_0 needs.
    """

    layers: int = 0
    width: int = 0
    feed_forward: int = 0
    heads: int = 0
    keys_a_token: int = 0
    values_a_token: int = 0
    vocabulary: int = 0
    trained_context: int = 0
    original_context: int = 0
    parameters: int = 0
    compact_cache: bool = False


@dataclass(frozen=True)
class GgufHeader:
    """What a file says of itself: `metadata` are its scalars, texts and short arrays of numbers.

    `lengths` are the element counts of all arrays. `header_bytes` is where the tensor data
    begins, `file_bytes` where it ends.
    """

    metadata: Mapping[str, object]
    lengths: Mapping[str, int]
    shape: ModelShape
    header_bytes: int
    file_bytes: int


@dataclass
class _Tensors:
    """What is told of the tensors. `end` counts from where their data begins."""

    end: int = 0
    elements: int = 0
    names: set[str] = field(default_factory=set)


class _Reader:
    """Reads a file from its beginning, through a window of a megabyte. ValueError at its end."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._window = b""
        self._at = 0  # in the window
        self._next = 0  # where in the file the window ends
        self._elements = _MAX_ELEMENTS
        self._texts = _MAX_TEXTS
        self._numbers = _MAX_KEPT_NUMBERS

    @property
    def position(self) -> int:
        return self._next - len(self._window) + self._at

    def take(self, size: int) -> bytes:
        if self._at + size > len(self._window):
            self._fill(size)
        data = self._window[self._at : self._at + size]
        self._at += size
        return data

    def skip(self, size: int) -> None:
        target = self.position + size
        if target > self._size:
            raise ValueError("beyond the end")
        self._at += size
        if self._at > len(self._window):
            self._file.seek(target)
            self._window, self._at, self._next = b"", 0, target

    def _fill(self, size: int) -> None:
        rest = self._window[self._at :]
        more = self._file.read(max(_WINDOW, size - len(rest)))
        self._next += len(more)
        self._window, self._at = rest + more, 0
        if len(self._window) < size:
            raise ValueError("beyond the end")

    def number(self, form: str) -> object:
        (value,) = struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))
        return value

    def small(self) -> int:
        """A type, a version or a number of dimensions: four bytes."""
        return int.from_bytes(self.take(4), "little")

    def count(self, limit: int) -> int:
        value = int.from_bytes(self.take(8), "little")
        if value > limit:
            raise ValueError(f"a count of {value}")
        return value

    def name(self) -> str:
        return self._kept_text(self.count(_MAX_KEY))

    def text(self) -> str | None:
        """A text; None for one too long to be of use here."""
        size = self.count(_MAX_SIZE)
        if size > _MAX_TEXT:
            self.skip(size)
            return None
        return self._kept_text(size)

    def _kept_text(self, size: int) -> str:
        self._texts -= size
        if self._texts < 0:
            raise ValueError("more text than any model has")
        return self.take(size).decode("utf-8", "replace")

    def array(self) -> tuple[int, object]:
        """An array's length, and its numbers if it is short."""
        kind = self.small()
        if kind == _STRING:
            count = self.count(self._elements)
            self._elements -= count
            self._skip_texts(count)
            return count, None
        count = self.count(_MAX_NUMBERS)
        form = _SCALARS[kind]
        size = count * struct.calcsize("<" + form)
        if count > _KEPT_NUMBERS:
            self.skip(size)
            return count, None
        self._numbers -= count
        if self._numbers < 0:
            raise ValueError("more numbers than any model has")
        return count, struct.unpack(f"<{count}{form}", self.take(size))

    def _skip_texts(self, count: int) -> None:
        length = struct.Struct("<Q").unpack_from
        for _ in range(count):
            # Written out: a vocabulary has hundreds of thousands of these.
            if self._at + 8 > len(self._window):
                self._fill(8)
            (size,) = length(self._window, self._at)
            self._at += 8
            if self._at + size <= len(self._window):
                self._at += size
            else:
                self.skip(size)


def check_gguf(path: Path) -> GgufHeader:
    """The header of `path`.

    Raises KnownError: "model_missing", "model_unreadable", "not_gguf", "model_cut_off" (with the
    bytes that are missing), "gguf_version", "model_damaged".
    """
    try:
        # Asked first: opening a pipe would wait for its other end.
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            raise _not_gguf(path)
        with path.open("rb") as file:
            return _read(path, file, found.st_size)
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


def _read(path: Path, file: BinaryIO, size: int) -> GgufHeader:
    reader = _Reader(file, size)
    try:
        magic = reader.take(4)
    except ValueError:
        magic = b""
    if magic != b"GGUF":
        raise _not_gguf(path)
    try:
        version = reader.small()
        if version not in (2, 3):
            raise KnownError(
                "gguf_version",
                f"{path.name} is a GGUF file of version {version}; this engine reads 2 and 3.",
                _HINT,
            )
        count = reader.count(_MAX_TENSORS)
        metadata, lengths = _entries(reader)
        tensors = _tensors(reader, count)
        start = _aligned(reader.position, metadata.get("general.alignment", 32))
    except (struct.error, ValueError, KeyError):
        raise KnownError(
            "model_cut_off",
            f"{path.name} ends or is damaged inside its header: it is not a whole model file.",
            _HINT,
        ) from None
    if start + tensors.end > size:
        raise KnownError(
            "model_cut_off",
            f"{path.name} is cut off: it has {size:,} bytes of at least {start + tensors.end:,}.",
            _HINT,
        )
    try:
        shape = _shape(metadata, lengths, tensors)
    except ValueError as error:
        raise KnownError(
            "model_damaged", f"{path.name} is damaged: its header gives {error}.", _HINT
        ) from None
    return GgufHeader(metadata, lengths, shape, start, size)


def _entries(reader: _Reader) -> tuple[dict[str, object], dict[str, int]]:
    metadata: dict[str, object] = {}
    lengths: dict[str, int] = {}
    seen: set[str] = set()
    for _ in range(reader.count(_MAX_ENTRIES)):
        key, kind = reader.name(), reader.small()
        if not key or key in seen:
            raise ValueError("a key without a name, or twice")
        seen.add(key)
        value: object
        if kind == _ARRAY:
            lengths[key], value = reader.array()
        elif kind == _STRING:
            value = reader.text()
        else:
            value = reader.number(_SCALARS[kind])
        if value is not None:
            metadata[key] = value
    return metadata, lengths


def _tensors(reader: _Reader, count: int) -> _Tensors:
    """The tensors' names and sizes.

    Types of unknown block size count as one byte: llama.cpp then decides.
    """
    found = _Tensors()
    for _ in range(count):
        name = reader.name()
        if name in found.names:
            raise ValueError("a tensor twice")
        found.names.add(name)
        dimensions = reader.small()
        if dimensions > _MAX_DIMENSIONS:
            raise ValueError("too many dimensions")
        elements = 1
        for _ in range(dimensions):
            elements *= reader.count(_MAX_SIZE)
        if not 0 < elements <= _MAX_SIZE:
            raise ValueError("an impossible shape")
        kind = reader.small()
        offset = reader.count(_MAX_SIZE)
        per_block, block_bytes = _BLOCKS.get(kind, (elements, 1))
        found.elements += elements
        found.end = max(found.end, offset + elements // per_block * block_bytes)
    return found


def _aligned(position: int, alignment: object) -> int:
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
        raise ValueError("an impossible alignment")
    return -(-position // alignment) * alignment


def _shape(
    metadata: Mapping[str, object], lengths: Mapping[str, int], tensors: _Tensors
) -> ModelShape:
    """The numbers of a model. Raises ValueError naming one no model can have.

    llama.cpp does not look at all of them: some would make it divide by zero.
    """
    prefix = f"{metadata.get('general.architecture', '')}."

    def number(name: str, least: int, most: int) -> int:
        value = metadata.get(prefix + name, 0)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"no whole number as {name}")
        if prefix + name in metadata and not least <= value <= most:
            raise ValueError(f"{value:,} as {name}")
        return value

    def a_layer(name: str, most: int) -> tuple[int, ...]:
        """A number that may differ from layer to layer, as one for each."""
        value = metadata.get(prefix + name)
        if not isinstance(value, tuple):
            return (number(name, 1, most),) * layers
        if not all(isinstance(each, int) and 0 <= each <= most for each in value):
            raise ValueError(f"an impossible number as {name}")
        if len(value) < layers or not any(value):
            raise ValueError(f"{len(value)} numbers as {name} of {layers} layers")
        return value[:layers]

    layers = number("block_count", 1, _MAX_LAYERS)
    width = number("embedding_length", 1, _MAX_WIDTH)
    heads = a_layer("attention.head_count", _MAX_HEADS)
    heads_kv = a_layer("attention.head_count_kv", _MAX_HEADS)
    most_heads = max(heads, default=0)
    usual = width // most_heads if most_heads else 0
    key = number("attention.key_length", 1, _MAX_WIDTH) or usual
    value = number("attention.value_length", 1, _MAX_WIDTH) or usual
    cached = sum(heads_kv) or sum(heads)
    number("rope.dimension_count", 0, _MAX_WIDTH)
    trained = number("context_length", 1, _MAX_CONTEXT)
    original = number("rope.scaling.original_context_length", 1, _MAX_CONTEXT)
    return ModelShape(
        layers=layers,
        width=width,
        feed_forward=max(a_layer("feed_forward_length", _MAX_WIDTH), default=0),
        heads=most_heads,
        keys_a_token=cached * key,
        values_a_token=cached * value,
        vocabulary=lengths.get("tokenizer.ggml.tokens", 0),
        trained_context=trained,
        original_context=original if "rope_factors_long.weight" in tensors.names else 0,
        parameters=tensors.elements,
        compact_cache=key % _CACHE_BLOCK == value % _CACHE_BLOCK == 0,
    )


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
