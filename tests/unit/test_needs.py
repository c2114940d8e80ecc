"""What a model needs is told before it is loaded, and what would fit instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.core.errors import KnownError
from app.core.events import Finished
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.client import EngineClient, EngineOptions, engine_worker
from app.engine.gguf_file import ModelShape, check_gguf
from app.engine.native.generation import Generator
from app.engine.native.model import NativeModel
from app.engine.needs import Appetite, Window, kv_type_named
from tests.support.synthetic_gguf import SLOW, TALKER, Shape, write

GB = 10**9

MINI = ModelShape(
    layers=32,
    width=3072,
    feed_forward=8192,
    heads=24,
    keys_a_token=32 * 8 * 128,
    values_a_token=32 * 8 * 128,
    vocabulary=200_064,
    trained_context=131_072,
    original_context=4096,
    parameters=3_836_000_000,
    compact_cache=True,
)
PHI4_MINI = Appetite(MINI, 2_491_874_272, 384)
OTHER = replace(PHI4_MINI, shape=replace(MINI, original_context=0))


def needed(appetite: Appetite, tokens: int, kv_type: str = "f16") -> int:
    kind = kv_type_named(kv_type)
    assert kind is not None
    return appetite.needs(Window(tokens, kind)).total_bytes


def test_phi4_mini_needs_what_was_measured() -> None:
    """128 KiB a token at f16; 3.1 GB were measured that a system cannot take back."""
    needs = PHI4_MINI.needs(Window(4096, "f16"))
    assert needs.kv_bytes == 4096 * 128 * 1024
    assert 3.0 * GB < needs.total_bytes < 3.3 * GB


def test_the_sentence_has_both_amounts_and_what_would_fit() -> None:
    with pytest.raises(KnownError) as caught:
        PHI4_MINI.check("Phi-4-mini", Window(32768, "f16"), needed(PHI4_MINI, 2048))
    error = caught.value
    assert error.code == "not_enough_memory"
    assert error.message == ("Phi-4-mini needs 7.0 GB, 3.0 GB are free; a 2,048 context would fit.")
    assert "settings" in error.hint


def test_nothing_is_offered_where_nothing_fits() -> None:
    with pytest.raises(KnownError) as caught:
        PHI4_MINI.check("Phi-4-mini.gguf", Window(2048, "q8_0"), GB)
    assert caught.value.message.endswith("1.0 GB are free.")
    assert "smaller model" in caught.value.hint


@pytest.mark.parametrize("tokens", [32768, 16384, 8192, 4096, 2048, 1024])
@pytest.mark.parametrize("kv_type", ["f16", "q8_0"])
def test_what_is_said_to_fit_fits_and_nothing_larger_does(tokens: int, kv_type: str) -> None:
    free = needed(PHI4_MINI, tokens, kv_type)
    fitting = PHI4_MINI.what_fits(free)
    assert fitting is not None
    assert PHI4_MINI.fits(fitting, free)
    assert fitting.tokens >= tokens
    assert not PHI4_MINI.fits(Window(fitting.tokens * 2, "q8_0"), free) or fitting.tokens == 32768


@pytest.mark.parametrize(
    ("appetite", "reasoning", "room_for", "expected"),
    [
        (PHI4_MINI, False, (131_072, "f16"), (4096, "f16")),  # LongRoPE: the original length
        (PHI4_MINI, True, (131_072, "f16"), (4096, "f16")),
        (OTHER, False, (131_072, "f16"), (8192, "f16")),
        (OTHER, False, (8191, "f16"), (4096, "f16")),
        (OTHER, True, (16384, "f16"), (16384, "f16")),
        (OTHER, True, (16383, "f16"), (8192, "f16")),
        (OTHER, True, (8191, "f16"), (4096, "f16")),
        (OTHER, False, (4096, "q8_0"), (4096, "q8_0")),
        (PHI4_MINI, False, (4095, "q8_0"), (2048, "q8_0")),
        (PHI4_MINI, False, (64, "f16"), (2048, "q8_0")),  # nothing fits: the least is refused
    ],
)
def test_the_automatic_context(
    appetite: Appetite, reasoning: bool, room_for: tuple[int, str], expected: tuple[int, str]
) -> None:
    free = needed(appetite, *room_for)
    window = appetite.automatic(None, reasoning, free)
    assert (window.tokens, window.kv_type) == expected


def test_a_chosen_context_and_type_are_kept() -> None:
    plenty = 100 * GB
    assert OTHER.chosen(6000, None, plenty) == Window(6000, "f16")
    assert OTHER.chosen(6000, "q8_0", plenty) == Window(6000, "q8_0")
    assert OTHER.chosen(10**6, "f16", plenty).tokens == MINI.trained_context
    assert OTHER.chosen(8192, None, needed(OTHER, 8192, "q8_0")) == Window(8192, "q8_0")
    assert OTHER.automatic("f16", False, needed(OTHER, 2048)) == Window(2048, "f16")


def test_heads_that_do_not_come_in_blocks_are_never_kept_compact() -> None:
    odd = replace(OTHER, shape=replace(MINI, compact_cache=False))
    assert odd.chosen(4096, "q8_0", 100 * GB).kv_type == "f16"
    assert odd.automatic("q8_0", False, GB).kv_type == "f16"


def test_layers_for_a_gpu() -> None:
    window = Window(4096, "f16")
    assert PHI4_MINI.layers_on_gpu(window, 24 * GB) == 33
    assert 10 < PHI4_MINI.layers_on_gpu(window, 3 * GB) < 25
    assert PHI4_MINI.layers_on_gpu(window, GB) == 0


def test_an_unknown_memory_type_is_refused() -> None:
    with pytest.raises(KnownError):
        kv_type_named("q4_0")


def test_the_numbers_of_a_real_header(tmp_path: Path) -> None:
    shape = replace(SLOW, layers=1, original_context=512, long_rope=True, rotary=48)
    found = check_gguf(write(tmp_path / "m.gguf", shape)).shape
    assert (found.layers, found.width, found.heads, found.feed_forward) == (1, 1024, 16, 4096)
    assert found.keys_a_token == found.values_a_token == 8 * 64
    assert (found.trained_context, found.original_context) == (2048, 512)
    assert found.compact_cache


def own_bytes(process: int) -> int:
    """What a process has for itself: not the model file's pages."""
    memory = psutil.Process(process).memory_info()
    return int(memory.rss - memory.shared)


@pytest.mark.parametrize(
    "shape",
    [
        replace(TALKER, context=8192, fillers=200_000),
        replace(SLOW, layers=2, context=8192),
    ],
    ids=["large vocabulary", "large cache"],
)
def test_the_estimate_is_what_a_child_takes(tmp_path: Path, shape: Shape) -> None:
    """Neither less than it takes nor 100 MB more: real vocabularies have merges, and tables."""
    path = write(tmp_path / "m.gguf", shape)
    client = EngineClient(engine_worker(path, EngineOptions(context=8192)))
    try:
        estimate = client.capabilities().memory_bytes
        words = "word " * 1200
        for _ in client.generate(GenerateRequest("r", (Message.of("user", words),), max_tokens=4)):
            pass
        assert client.pid is not None
        taken = own_bytes(client.pid) + path.stat().st_size
    finally:
        client.close()
    assert taken <= estimate <= taken + 100_000_000


@contextmanager
def loaded(path: Path, **options: object) -> Iterator[NativeModel]:
    model = NativeModel(path, **options)  # type: ignore[arg-type]
    try:
        yield model
    finally:
        model.close()


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    shape = replace(TALKER, heads=4, context=8192, original_context=512, long_rope=True, rotary=48)
    return write(tmp_path_factory.mktemp("models") / "talker.gguf", shape)


def test_a_compact_cache_answers(talker: Path) -> None:
    with loaded(talker, kv_type="q8_0") as model:
        request = GenerateRequest("r", (Message.of("user", "abc"),), max_tokens=8)
        finished = list(Generator(model).run(request))[-1]
        assert isinstance(finished, Finished)
        assert finished.completion_tokens == 8
        told = model.capabilities()
        assert told.kv_type == "q8_0"
        assert model.state_key.split("-")[2] == "q8_0"
    with loaded(talker) as model:
        assert model.capabilities().memory_bytes > told.memory_bytes


def test_beyond_its_original_length_a_model_is_said_to_use_the_long_factors(talker: Path) -> None:
    with loaded(talker) as model:
        told = model.capabilities()
        assert (told.context, told.trained_context, told.long_rope) == (512, 8192, False)
        short = model.state_key
    with loaded(talker, context=1024) as model:
        assert model.long_rope
        assert model.state_key != short
    with loaded(talker, context=100_000) as model:
        assert model.context_size == 8192


def test_a_context_that_does_not_fit_is_refused_before_it_is_made(
    talker: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.native.model.free_bytes", lambda: 75_000_000)
    with pytest.raises(KnownError) as caught:
        NativeModel(talker, context=8192)
    assert caught.value.code == "not_enough_memory"
    assert "context would fit" in caught.value.message


def test_attention_is_plain_where_its_scores_are_small_and_there_is_room() -> None:
    window = Window(4096, "f16")
    with_scores = PHI4_MINI.needs(window, plain_attention=True).total_bytes
    assert 140e6 < with_scores - PHI4_MINI.needs(window).total_bytes < 260e6
    assert PHI4_MINI.plain_attention(window, with_scores)
    assert not PHI4_MINI.plain_attention(window, with_scores - 1)
    assert not PHI4_MINI.plain_attention(Window(32768, "f16"), 1 << 40)
    assert not PHI4_MINI.plain_attention(Window(4096, "q8_0"), 1 << 40)
