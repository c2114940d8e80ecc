"""Model files damaged in a thousand ways: each gets an answer or a sentence, and never more.

Every file is opened by a real engine process. Whether it then answers is luck; that this process
hears why it did not, soon and in words, is not.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from app.core.errors import KnownError
from app.core.events import Failed, Finished
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.client import EngineClient, EngineOptions, engine_worker
from app.engine.gguf_file import check_gguf
from tests.support.synthetic_gguf import Shape, write

LIMIT_S = 60.0
AT_ONCE = 2
LONGEST_SENTENCE = 600

TINY = Shape(width=64, layers=2, feed_forward=64, context=512, original_context=256, long_rope=True)

NUMBERS = (
    "context_length", "rope.scaling.original_context_length", "embedding_length",
    "feed_forward_length", "block_count", "attention.head_count", "attention.head_count_kv",
    "attention.layer_norm_rms_epsilon", "rope.dimension_count", "rope.freq_base", "vocab_size",
)  # fmt: skip
ABSURD = (0, 1, 2, 3, 7, 63, 65, 255, 256, 257, 511, 513, 4096, 1 << 16, (1 << 31) - 1, 1 << 31,
          (1 << 32) - 1)  # fmt: skip


@dataclass(frozen=True)
class Whole:
    """A sound file, and where its parts lie."""

    data: bytes
    names: dict[str, int]  # of keys and tensors, to where what follows the name begins
    tensors: tuple[str, ...]
    start: int  # of the tensor data


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    path = write(tmp_path_factory.mktemp("models") / "whole.gguf", TINY)
    data = path.read_bytes()
    tensors = ["token_embd.weight", "output_norm.weight", "rope_factors_long.weight"]
    for layer in range(TINY.layers):
        for kind in ("attn_norm", "attn_qkv", "attn_output", "ffn_norm", "ffn_up", "ffn_down"):
            tensors.append(f"blk.{layer}.{kind}.weight")
    keys = [f"phi3.{name}" for name in NUMBERS]
    keys += [
        "general.architecture", "tokenizer.ggml.model", "tokenizer.ggml.pre",
        "tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges",
        "tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_bos_token",
    ]  # fmt: skip
    names = {}
    for name in (*keys, *tensors):
        wanted = struct.pack("<Q", len(name)) + name.encode()
        names[name] = data.index(wanted) + len(wanted)
    return Whole(data, names, tuple(tensors), check_gguf(path).header_bytes)


def put(data: bytes, place: int, form: str, value: float) -> bytes:
    changed = bytearray(data)
    struct.pack_into("<" + form, changed, place, value)
    return bytes(changed)


def cut(whole: Whole, random: Random) -> bytes:
    edges = [*whole.names.values(), whole.start, whole.start + 64, len(whole.data) - 1, 3, 8, 24]
    place = random.choice(edges) if random.random() < 0.5 else random.randrange(len(whole.data))
    return whole.data[: max(0, place + random.randrange(-2, 3))]


def flipped(data: bytes, first: int, last: int, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 8, 64))):
        changed[random.randrange(first, last)] ^= 1 << random.randrange(8)
    return bytes(changed)


def header_flips(whole: Whole, random: Random) -> bytes:
    return flipped(whole.data, 0, whole.start, random)


def data_flips(whole: Whole, random: Random) -> bytes:
    return flipped(whole.data, whole.start, len(whole.data), random)


def absurd_number(whole: Whole, random: Random) -> bytes:
    data = whole.data
    for _ in range(random.choice((1, 1, 2))):
        place = whole.names[f"phi3.{random.choice(NUMBERS)}"]
        data = put(data, place + 4, "I", random.choice(ABSURD))
    return data


def other_value_type(whole: Whole, random: Random) -> bytes:
    keys = [name for name in whole.names if name not in whole.tensors]
    return put(whole.data, whole.names[random.choice(keys)], "I", random.randrange(15))


def other_tensor(whole: Whole, random: Random) -> bytes:
    """Another number of dimensions, a dimension, a type, or an offset."""
    place = whole.names[random.choice(whole.tensors)]
    (dimensions,) = struct.unpack_from("<I", whole.data, place)
    match random.randrange(4):
        case 0:
            return put(whole.data, place, "I", random.choice((0, 1, 2, 3, 4, 5, 1 << 31)))
        case 1:
            which = random.randrange(dimensions)
            return put(whole.data, place + 4 + 8 * which, "Q", random.choice(ABSURD))
        case 2:
            return put(whole.data, place + 4 + 8 * dimensions, "I", random.randrange(45))
        case _:
            value = random.choice((1, 32, 64, 4096, 1 << 40, (1 << 64) - 32))
            return put(whole.data, place + 8 + 8 * dimensions, "Q", value)


def other_vocabulary(whole: Whole, random: Random) -> bytes:
    """Fewer tokens, types or merges than there are, or token ids beyond them."""
    if random.random() < 0.3:
        place = whole.names["tokenizer.ggml.eos_token_id"] + 4
        return put(whole.data, place, "I", random.choice(ABSURD))
    name = random.choice(("tokens", "token_type", "merges"))
    place = whole.names[f"tokenizer.ggml.{name}"] + 8
    (count,) = struct.unpack_from("<Q", whole.data, place)
    return put(whole.data, place, "Q", random.choice((0, 1, count - 1, count + 1, *ABSURD)))


def no_numbers(whole: Whole, random: Random) -> bytes:
    """Weights that are NaN or infinite, everywhere or in one place."""
    word = random.choice((0x7E00, 0xFFFF, 0x7C00, 0xFC00))
    size = len(whole.data) - whole.start
    length = random.choice((2, 128, 4096, size)) // 2 * 2
    place = whole.start + random.randrange(size - length + 1) // 2 * 2
    noise = struct.pack("<H", word) * (length // 2)
    return whole.data[:place] + noise + whole.data[place + length :]


def scrambled(whole: Whole, random: Random) -> bytes:
    """A piece overwritten, left out or put in, in the header or anywhere."""
    last = whole.start if random.random() < 0.7 else len(whole.data)
    place, length = random.randrange(last), random.choice((1, 4, 8, 100, 3000))
    rest = place + (length if random.random() < 0.7 else 0)
    put_in = random.randbytes(length) if random.random() < 0.7 else b""
    return whole.data[:place] + put_in + whole.data[rest:]


WAYS: tuple[Callable[[Whole, Random], bytes], ...] = (
    cut, header_flips, data_flips, absurd_number, other_value_type, other_tensor,
    other_vocabulary, no_numbers, scrambled, absurd_number,
)  # fmt: skip


def outcome(path: Path) -> str:
    """ "answered", or the code of the error whose sentence was given."""
    client = EngineClient(engine_worker(path, EngineOptions(context=256)))
    request = GenerateRequest("r", (Message.of("user", "hello there"),), max_tokens=4)
    try:
        client.capabilities()
        last = list(client.generate(request))[-1]
    except KnownError as error:
        last = Failed(error.code, error.message, error.hint)
    finally:
        client.close()
    if isinstance(last, Finished):
        return "answered"
    assert isinstance(last, Failed)
    assert " " in last.message, last
    assert last.message.endswith("."), last
    assert len(last.message) < LONGEST_SENTENCE, last
    assert "Traceback" not in last.message, last
    assert last.code, last
    return last.code


@pytest.mark.parametrize("count", [100, pytest.param(1000, marks=pytest.mark.soak)])
def test_a_damaged_model_file_gets_an_answer_or_a_sentence(
    count: int, whole: Whole, tmp_path: Path
) -> None:
    def one(seed: int) -> str:
        path = tmp_path / f"model {seed}.gguf"
        way = WAYS[seed % len(WAYS)]
        path.write_bytes(way(whole, Random(seed)))
        try:
            return outcome(path)
        except BaseException as error:
            error.add_note(f"{way.__name__}, seed {seed}")
            raise
        finally:
            path.unlink()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = Counter(pool.map(one, range(count), timeout=LIMIT_S * count / AT_ONCE))
    # Sound enough for some, damaged enough for most: else nothing was tried.
    assert 0 < found["answered"] < count / 2, found


@pytest.mark.parametrize(
    ("name", "skip", "form", "value"),
    [
        ("rope_factors_long.weight", 12, "I", 30),  # bf16, where llama.cpp insists on f32
        ("phi3.attention.layer_norm_rms_epsilon", 4, "f", float("nan")),
    ],
)
def test_a_file_the_engine_dies_of_is_said_to_be_damaged(
    whole: Whole, tmp_path: Path, name: str, skip: int, form: str, value: float
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(put(whole.data, whole.names[name] + skip, form, value))
    client = EngineClient(engine_worker(path))
    try:
        with pytest.raises(KnownError) as caught:
            client.capabilities()
    finally:
        client.close()
    assert caught.value.code == "worker_died"
    assert "damaged" in caught.value.message
    assert "Get the file again" in caught.value.hint
