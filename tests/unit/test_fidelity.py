"""What the engine computes is what transformers computes from the same weights.

The models and golden logits in tests/fixtures/fidelity were written by tests/fidelity/generate.py,
which says what they are. Compared exactly with a float32 cache and no flash attention; as users
run it, within what rounding the cache explains.
"""

from __future__ import annotations

import lzma
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.core.events import Finished, TextDelta
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.native.binding import llama
from app.engine.native.generation import Generator
from app.engine.native.held import Held
from app.engine.native.model import NativeModel
from app.engine.native.vocabulary import decode
from app.engine.state_files import StateFiles
from tests.support.commands import ROOT

FILES = ROOT / "tests" / "fixtures" / "fidelity"
GOAL = 1e-3
BATCH, PART = 640, 64  # tokens given at once (every prompt whole), and computed at once

CASES = {"mini_short": ("mini", 512), "mini_long": ("mini", 768), "phi4": ("phi4", 512)}
"""Each case's model, and a context: of LongRoPE's original length, 512, or longer."""


@dataclass(frozen=True)
class Golden:
    """A prompt with transformers' greedy answer to it, and its logits after some of the tokens.

    `logits`: those after so many tokens.
    """

    tokens: list[int]
    prompt: list[int]
    logits: dict[int, np.ndarray]

    @property
    def answer(self) -> list[int]:
        return self.tokens[len(self.prompt) :]


def golden(case: str) -> Golden:
    with np.load(FILES / f"{case}.npz") as arrays:
        tokens = arrays["tokens"].tolist()
        counts = (arrays["places"].astype(int) + 1).tolist()
        logits = dict(zip(counts, arrays["logits"], strict=True))
        return Golden(tokens, tokens[: int(arrays["prompt"])], logits)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The path of a model's file, unpacked."""
    folder = tmp_path_factory.mktemp("fidelity")

    def unpacked(name: str) -> Path:
        path = folder / f"{name}.gguf"
        if not path.exists():
            path.write_bytes(lzma.decompress((FILES / f"{name}.gguf.xz").read_bytes()))
        return path

    return unpacked


@dataclass(frozen=True)
class Desk:
    """A model, what its context holds, and what it ought to compute."""

    model: NativeModel
    held: Held
    golden: Golden

    @classmethod
    def empty(cls, model: NativeModel, golden: Golden, batch: int = BATCH) -> Desk:
        """With nothing held, to be given `batch` tokens at once."""
        model.batch = batch
        held = Held(model)
        held.keep(0)
        return cls(model, held, golden)

    def worst(self, counts: Iterator[int], clear: float = GOAL) -> float:
        """Consume `counts`, of tokens held; the largest difference after those that are known.

        The likeliest token must be the same wherever it leads by more than `clear`.
        """
        differences = []
        for count in counts:
            assert len(self.held.tokens) == count
            if (wanted := self.golden.logits.get(count)) is not None:
                found = logits(self.model)
                differences.append(float(np.abs(found - wanted).max()))
                second, best = np.sort(wanted)[-2:]
                assert best - second <= clear or found.argmax() == wanted.argmax()
        assert differences
        return max(differences)

    def prefilled(self, tokens: list[int]) -> Iterator[int]:
        """Prefill with `tokens`; how many are held after each batch."""
        for done in self.held.prefill(tokens):
            assert done is not None
            yield done

    def evaluated(self, tokens: list[int], at_once: int = 1) -> Iterator[int]:
        """Evaluate `tokens` after those held; how many are held after each step."""
        wanted = self.held.tokens + tokens
        while rest := wanted[len(self.held.tokens) :]:
            assert self.held.evaluate(rest[:at_once])
            yield len(self.held.tokens)

    def decoded(self) -> Iterator[int]:
        """Evaluate the answer token by token; how many are held after each."""
        return self.evaluated(self.golden.answer)


def logits(model: NativeModel) -> np.ndarray:
    """A copy of those after the last token evaluated."""
    pointer = llama.llama_get_logits_ith(model.context, -1)
    return np.ctypeslib.as_array(pointer, shape=(model.vocabulary.size,)).copy()


def exact(path: Path, context: int) -> NativeModel:
    """The model in a context that rounds nothing: float32 keys and values, no flash attention."""
    model = NativeModel(path, context=context, threads=1, gpu_layers=0)
    params = llama.llama_context_default_params()
    params.n_ctx = context
    params.n_batch, params.n_ubatch = BATCH, PART
    params.n_threads = params.n_threads_batch = 1
    params.type_k = params.type_v = llama.GGML_TYPE_F32
    params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.abort_callback = model.stop.callback
    params.abort_callback_data = model.stop.data
    replacement = llama.llama_init_from_model(llama.llama_get_model(model.context), params)
    assert replacement
    llama.llama_free(model.context)
    model.context = replacement
    model.memory = llama.llama_get_memory(replacement)
    model.batch = BATCH
    return model


@contextmanager
def counted(model: NativeModel, limit: int) -> Iterator[list[None]]:
    """One entry for each operation llama.cpp does meanwhile; stopped after `limit` of them."""
    operations: list[None] = []

    def stop_now(_data: object) -> bool:
        if len(operations) >= limit:
            model.stop.set()
        operations.append(None)
        return model.stop.is_set()

    callback = llama.ggml_abort_callback(stop_now)
    llama.llama_set_abort_callback(model.context, callback, None)
    try:
        yield operations
    finally:
        llama.llama_set_abort_callback(model.context, model.stop.callback, model.stop.data)
        model.stop.clear()


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def model(case: str, files: Callable[[str], Path]) -> Iterator[NativeModel]:
    name, context = CASES[case]
    loaded = exact(files(name), context)
    yield loaded
    loaded.close()


@pytest.fixture
def desk(model: NativeModel, case: str) -> Desk:
    return Desk.empty(model, golden(case))


@pytest.mark.parametrize("batch", [1, 16, 112, BATCH])
def test_a_prompt_prefilled_in_any_batches(desk: Desk, batch: int) -> None:
    desk = Desk.empty(desk.model, desk.golden, batch)
    assert desk.worst(desk.prefilled(desk.golden.prompt)) <= GOAL


def test_an_answer_decoded_token_by_token(desk: Desk) -> None:
    list(desk.prefilled(desk.golden.prompt))
    assert desk.worst(desk.decoded()) <= GOAL


def test_a_prompt_that_shares_only_its_beginning_with_what_is_held(desk: Desk) -> None:
    prompt = desk.golden.prompt
    list(desk.prefilled(prompt[:90] + prompt[:60]))
    assert desk.worst(desk.prefilled(prompt)) <= GOAL
    assert desk.worst(desk.decoded()) <= GOAL


def test_a_prompt_stopped_between_batches_and_asked_again(desk: Desk) -> None:
    desk = Desk.empty(desk.model, desk.golden, batch=16)
    steps = desk.held.prefill(desk.golden.prompt)
    assert [next(steps), next(steps)] == [16, 32]
    desk.model.stop.set()
    assert list(steps) == [None]
    desk.model.stop.clear()
    assert desk.worst(desk.prefilled(desk.golden.prompt)) <= GOAL
    assert desk.worst(desk.decoded()) <= GOAL


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9])
def test_a_prompt_stopped_inside_a_batch_and_asked_again(desk: Desk, share: float) -> None:
    """Stopped before its first operation, in the first part computed, and in later ones."""
    model, prompt = desk.model, desk.golden.prompt
    list(desk.prefilled(prompt[:16]))
    with counted(model, limit=10**9) as all_of_them:
        list(desk.prefilled(prompt))
    list(desk.prefilled(prompt[:16]))
    with counted(model, limit=int(len(all_of_them) * share)):
        assert list(desk.held.prefill(prompt)) == [None]
    assert desk.worst(desk.evaluated(prompt[16:32], at_once=16)) <= GOAL  # nothing of it is left
    assert desk.worst(desk.prefilled(prompt)) <= GOAL
    assert desk.worst(desk.decoded()) <= GOAL


def test_a_state_restored(desk: Desk, tmp_path: Path) -> None:
    state, golden = tmp_path / "state", desk.golden
    list(desk.prefilled(golden.prompt))
    assert desk.held.save(state)
    later = Desk.empty(desk.model, golden)
    list(later.prefilled(golden.prompt[100:]))
    assert later.held.restore(state, golden.prompt)
    assert later.worst(later.decoded()) <= GOAL


def test_a_whole_generation_gives_the_same_answer(desk: Desk) -> None:
    """Asked, stopped at once, asked again, and asked with everything held."""
    generator = Generator(desk.model)
    wanted = decode(desk.model.vocabulary, desk.golden.answer)
    assert answer(generator, desk.golden)[0] == wanted
    desk.model.stop.set()
    assert answer(generator, desk.golden)[0] == ""
    desk.model.stop.clear()
    assert answer(generator, desk.golden)[0] == wanted
    assert answer(generator, desk.golden)[0] == wanted


def test_a_conversation_kept_on_disk_goes_on_the_same(
    desk: Desk, case: str, files: Callable[[str], Path], tmp_path: Path
) -> None:
    generator = Generator(desk.model, StateFiles(tmp_path, case))
    wanted = decode(desk.model.vocabulary, desk.golden.answer)
    assert answer(generator, desk.golden, "talk") == (wanted, len(desk.golden.prompt))
    generator.keep_now()
    name, context = CASES[case]
    model = exact(files(name), context)
    text, evaluated = answer(Generator(model, StateFiles(tmp_path, case)), desk.golden, "talk")
    model.close()
    assert text == wanted
    assert evaluated <= 1


def answer(generator: Generator, golden: Golden, conversation: str = "") -> tuple[str, int]:
    """The greedy answer to the case's prompt, and how many of its tokens were evaluated."""
    message = Message.of("user", bytes(golden.prompt).decode())
    request = GenerateRequest(
        "r", (message,), max_tokens=len(golden.answer), conversation=conversation
    )
    events = list(generator.run(request))
    ended = events[-1]
    assert isinstance(ended, Finished)
    assert ended.prompt_tokens == len(golden.prompt)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    return text, ended.evaluated_tokens


def test_the_golden_logits_know_the_two_ranges_apart(files: Callable[[str], Path]) -> None:
    model = exact(files("mini"), 512)
    short = Desk.empty(model, golden("mini_short"))
    long = golden("mini_long").logits
    list(short.prefilled(short.golden.prompt[:64]))
    assert np.abs(logits(model) - long[64]).max() > 1
    model.close()


@pytest.mark.parametrize(("kv_type", "bound"), [("f16", 0.05), ("q8_0", 0.4)])
def test_as_users_run_it_only_the_cache_rounds(
    case: str, kv_type: str, bound: float, files: Callable[[str], Path]
) -> None:
    """`bound` is a share of the logits' spread, about twice the worst difference measured:
    0.026 with f16 and flash attention, 0.195 with q8_0.
    """
    name, context = CASES[case]
    model = NativeModel(files(name), context=context, threads=1, gpu_layers=0, kv_type=kv_type)
    assert (model.kv_type, model.long_rope) == (kv_type, case == "mini_long")
    desk = Desk.empty(model, golden(case), batch=16)
    bound *= float(np.std(list(desk.golden.logits.values())))
    assert desk.worst(desk.prefilled(desk.golden.prompt), bound) <= bound
    assert desk.worst(desk.decoded(), bound) <= bound
    model.close()
