"""Headers of model files: read as they are, and refused in a sentence when they cannot be true."""

from __future__ import annotations

import os
import struct
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.engine.gguf_file import check_gguf
from tests.support.synthetic_gguf import Shape, write

U8, U32, STRING, ARRAY = 0, 4, 8, 9
MUCH = 1 << 62


def text(words: str | bytes) -> bytes:
    data = words.encode() if isinstance(words, str) else words
    return struct.pack("<Q", len(data)) + data


def entry(key: str, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def number(key: str, value: int) -> bytes:
    return entry(key, U32, struct.pack("<I", value))


def array(kind: int, count: int, values: bytes = b"") -> bytes:
    return struct.pack("<IQ", kind, count) + values


def tensor(name: str, *dimensions: int, kind: int = 0, offset: int = 0, told: int = -1) -> bytes:
    count = told if told >= 0 else len(dimensions)
    head = text(name) + struct.pack("<I", count)
    return head + struct.pack(f"<{len(dimensions)}QIQ", *dimensions, kind, offset)


PHI3 = entry("general.architecture", STRING, text("phi3"))


def file(
    entries: Sequence[bytes],
    tensors: Sequence[bytes] = (),
    counts: tuple[int, int] | None = None,
) -> bytes:
    """A file of these; `counts` is how many tensors and entries it says there are."""
    told = counts or (len(tensors), len(entries))
    head = b"GGUF" + struct.pack("<IQQ", 3, *told)
    return head + b"".join([*entries, *tensors]) + bytes(4096)


HOSTILE = {
    "tensors without end": file([], counts=(MUCH, 0)),
    "entries without end": file([], counts=(0, MUCH)),
    "as many entries as allowed, none there": file([], counts=(0, 1 << 16)),
    "a key without end": file([struct.pack("<Q", MUCH)], counts=(0, 1)),
    "a key too long": file([number("k" * 5000, 1)]),
    "a key without a name": file([number("", 1)]),
    "a key twice": file([number("a", 1), number("a", 2)]),
    "a text without end": file([entry("a", STRING, struct.pack("<Q", MUCH))]),
    "a text beyond the end": file([entry("a", STRING, struct.pack("<Q", 1 << 21))]),
    "an unknown type": file([entry("a", 13, b"")]),
    "an array of arrays": file([entry("a", ARRAY, array(ARRAY, 1, array(U32, 1)))]),
    "an array of an unknown type": file([entry("a", ARRAY, array(77, 1))]),
    "numbers without end": file([entry("a", ARRAY, array(U32, MUCH))]),
    "short arrays without end": file(
        [entry(f"{n}", ARRAY, array(U8, 1 << 10, bytes(1 << 10))) for n in range(2_000)]
    ),
    "numbers beyond the end": file([entry("a", ARRAY, array(U32, 1 << 26))]),
    "texts without end": file([entry("a", ARRAY, array(STRING, MUCH))]),
    "texts beyond the end": file([entry("a", ARRAY, array(STRING, 1 << 21))]),
    "a text of an array beyond the end": file(
        [entry("a", ARRAY, array(STRING, 1, struct.pack("<Q", MUCH)))]
    ),
    "an alignment of three": file([number("general.alignment", 3)]),
    "no alignment": file([number("general.alignment", 0)]),
    "a tensor with nothing in it": file([], [tensor("t", 0)]),
    "a tensor of absurd size": file([], [tensor("t", 1 << 40, 1 << 40)]),
    "a tensor that is nearly absurd": file([], [tensor("t", 1 << 47)]),
    "a tensor of negative size": file([], [tensor("t", (1 << 64) - 1)]),
    "five dimensions": file([], [tensor("t", 1, 1, 1, 1, 1)]),
    "dimensions without end": file([], [tensor("t", told=(1 << 32) - 1)]),
    "a tensor twice": file([], [tensor("t", 1), tensor("t", 1)]),
    "a tensor beyond the end": file([], [tensor("t", 1, offset=1 << 40)]),
    "no layers": file([PHI3, number("phi3.block_count", 0)]),
    "a million layers": file([PHI3, number("phi3.block_count", 10**6)]),
    "no heads": file([PHI3, number("phi3.attention.head_count", 0), number("phi3.block_count", 2)]),
    "layers that are words": file([PHI3, entry("phi3.block_count", STRING, text("two"))]),
    "heads of too few layers": file(
        [
            PHI3,
            number("phi3.block_count", 4),
            entry("phi3.attention.head_count", ARRAY, array(U32, 1, struct.pack("<I", 2))),
        ]
    ),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_cannot_be_true_is_refused_without_taking_memory(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(data)
    tracemalloc.start()
    try:
        with pytest.raises(KnownError) as caught:
            check_gguf(path)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert caught.value.code in ("model_cut_off", "model_damaged")
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    assert most < 8_000_000


def test_a_sparse_file_is_not_read_through(tmp_path: Path) -> None:
    """Nine gigabytes of nothing behind a header that says all of it is one text."""
    path = tmp_path / "m.gguf"
    path.write_bytes(file([entry("a", STRING, struct.pack("<Q", 8 << 30))]))
    os.truncate(path, 9 << 30)
    assert check_gguf(path).metadata == {}


@pytest.mark.parametrize("size", range(0, 64))
def test_every_short_file_is_a_sentence(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "m.gguf", Shape())
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(KnownError) as caught:
        check_gguf(path)
    assert caught.value.code == ("not_gguf" if size < 4 else "model_cut_off")


def test_numbers_that_differ_from_layer_to_layer_are_added_up(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    kv = entry("phi3.attention.head_count_kv", ARRAY, array(U32, 3, struct.pack("<3I", 2, 0, 4)))
    path.write_bytes(
        file(
            [
                PHI3,
                number("phi3.block_count", 3),
                number("phi3.attention.head_count", 8),
                number("phi3.embedding_length", 512),
                number("phi3.attention.key_length", 96),
                kv,
                entry("tokenizer.ggml.tokens", ARRAY, array(STRING, 2, text("a") + text("b"))),
            ]
        )
    )
    shape = check_gguf(path).shape
    assert (shape.keys_a_token, shape.values_a_token) == (6 * 96, 6 * 64)
    assert shape.vocabulary == 2


def test_texts_longer_than_a_window_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    long = entry("long", STRING, text(b"x" * (3 << 20)))
    tokens = entry("t", ARRAY, array(STRING, 3, text(b"y" * (1 << 21)) + text("") + text("z")))
    path.write_bytes(file([long, tokens, number("last", 7)]))
    header = check_gguf(path)
    assert header.metadata == {"last": 7}
    assert header.lengths == {"t": 3}
