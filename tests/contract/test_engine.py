"""The contract of `core.ports.Engine`, held by the fake and by the real client alike."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.events import EngineEvent, Failed, Finished, Progress, TextDelta
from app.core.messages import Message
from app.core.ports import Engine, GenerateRequest, Prefix
from app.engine.client import EngineClient, EngineOptions, engine_client, engine_worker
from app.engine.seat import EngineSeat
from app.engine.state_files import StateFiles
from tests.support.fake_engine import FakeEngine
from tests.support.synthetic_gguf import SLOW, Shape, write

DEADLINE = 60.0


def request(name: str, **changes: object) -> GenerateRequest:
    """A request with a text long enough to be interrupted."""
    values: dict[str, object] = {
        "messages": (Message.of("user", "tell me about the lake"),),
        "max_tokens": 400,
    }
    return GenerateRequest(id=name, **(values | changes))  # type: ignore[arg-type]


def babble(asked: GenerateRequest) -> Iterator[EngineEvent]:
    """What a model of noise does: a piece of text per token, up to the limit."""
    yield Progress("prefill", 1, 1)
    for _ in range(asked.max_tokens):
        yield TextDelta("x")
    yield Finished("length", 1, asked.max_tokens)


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that never says it is done."""
    return write(tmp_path_factory.mktemp("models") / "endless.gguf", Shape(ends=False))


@pytest.fixture(params=["fake", "real", "seat"])
def engine(request: pytest.FixtureRequest, endless_model: Path) -> Iterator[Engine]:
    """An engine that talks without end."""
    made: Engine
    if request.param == "fake":
        made = FakeEngine(babble)
    elif request.param == "real":
        made = EngineClient(engine_worker(endless_model))
    else:
        made = EngineSeat(engine_client, lambda model, stage: None)
        made.start(endless_model)
    yield made
    made.close()


def test_a_generation_ends_in_one_finished_event(engine: Engine) -> None:
    events = list(engine.generate(request("r1", max_tokens=8)))
    ends = [event for event in events if isinstance(event, Finished | Failed)]
    assert ends == [events[-1]]
    assert isinstance(events[-1], Finished)
    assert events[-1].reason == "length"
    assert events[-1].completion_tokens == 8


def test_generations_follow_each_other(engine: Engine) -> None:
    for name in ("r1", "r2", "r3"):
        *_, last = engine.generate(request(name, max_tokens=4))
        assert isinstance(last, Finished)


def test_the_same_request_gives_the_same_events(engine: Engine) -> None:
    first = [e for e in engine.generate(request("r1", max_tokens=20)) if isinstance(e, TextDelta)]
    again = [e for e in engine.generate(request("r2", max_tokens=20)) if isinstance(e, TextDelta)]
    assert first == again


def test_cancel_from_another_thread_ends_the_generation(engine: Engine) -> None:
    reached = threading.Event()
    canceller = threading.Thread(target=lambda: (reached.wait(DEADLINE), engine.cancel("r1")))
    canceller.start()
    last: EngineEvent | None = None
    for event in engine.generate(request("r1", max_tokens=1500)):
        last = event
        if isinstance(event, TextDelta) and not reached.is_set():
            reached.set()
            canceller.join()
    assert isinstance(last, Finished)
    assert last.reason == "cancelled"


def test_after_a_cancel_the_next_generation_runs(engine: Engine) -> None:
    generation = engine.generate(request("r1", max_tokens=1500))
    next(generation)
    engine.cancel("r1")
    *_, last = generation
    assert isinstance(last, Finished)
    *_, last = engine.generate(request("r2", max_tokens=4))
    assert isinstance(last, Finished)
    assert last.reason == "length"


def test_cancelling_what_does_not_run_does_nothing(engine: Engine) -> None:
    engine.cancel("nobody")
    *_, last = engine.generate(request("r1", max_tokens=4))
    assert isinstance(last, Finished)
    assert last.reason == "length"


def test_an_abandoned_generation_leaves_the_engine_usable(engine: Engine) -> None:
    generation = engine.generate(request("r1", max_tokens=200))
    next(generation)
    engine.cancel("r1")
    generation.close()  # type: ignore[attr-defined]
    *_, last = engine.generate(request("r2", max_tokens=4))
    assert isinstance(last, Finished)


RULES = Prefix((Message.of("system", "You are on a boat. " * 40),))


def test_a_request_after_warming_up_is_answered(engine: Engine) -> None:
    engine.capabilities()
    engine.warm(RULES)
    asked = request("r1", messages=(*RULES.messages, Message.of("user", "hello")), max_tokens=4)
    *_, last = engine.generate(asked)
    assert isinstance(last, Finished)
    assert last.reason == "length"
    engine.warm(RULES)
    *_, last = engine.generate(request("r2", max_tokens=4))
    assert isinstance(last, Finished)


def test_forgetting_and_hurrying_may_name_what_is_not_there(engine: Engine) -> None:
    engine.forget("7")
    engine.answer_now("nobody")
    *_, last = engine.generate(request("r1", conversation="7", max_tokens=4))
    assert isinstance(last, Finished)
    engine.answer_now("r1")
    engine.forget("7")
    *_, last = engine.generate(request("r2", conversation="7", max_tokens=4))
    assert isinstance(last, Finished)
    assert last.completion_tokens == 4


def test_answering_now_does_not_stop_a_model_that_does_not_think(engine: Engine) -> None:
    generation = engine.generate(request("r1", max_tokens=40))
    next(generation)
    engine.answer_now("r1")
    *_, last = generation
    assert isinstance(last, Finished)
    assert (last.reason, last.completion_tokens) == ("length", 40)


def test_capabilities_name_the_model_and_its_context(engine: Engine) -> None:
    capabilities = engine.capabilities()
    assert capabilities.model_name
    assert capabilities.context > 0
    assert capabilities.threads > 0


def test_closing_twice_is_fine_and_then_nothing_is_generated(engine: Engine) -> None:
    engine.close()
    engine.close()
    *_, last = engine.generate(request("r1"))
    assert isinstance(last, Failed)
    assert last.message


def test_death_in_mid_answer_is_a_failed_event_and_the_next_request_works(
    endless_model: Path,
) -> None:
    engine = EngineClient(engine_worker(endless_model))
    try:
        generation = engine.generate(request("r1", max_tokens=2000))
        for event in generation:
            if isinstance(event, TextDelta):
                break
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGKILL)
        *_, last = generation
        assert isinstance(last, Failed)
        assert last.code == "worker_died"
        assert last.message
        *_, last = engine.generate(request("r2", max_tokens=4))
        assert isinstance(last, Finished)
    finally:
        engine.close()


@pytest.mark.parametrize("when", ["prefill", "decode"])
def test_stop_takes_effect_in_the_middle_of_the_work(tmp_path: Path, when: str) -> None:
    """No further token is made. How soon it stops is measured by `./run bench stop`.

    Prefill of the long prompt takes seconds here, so stopping only between batches would be seen.
    """
    engine = EngineClient(engine_worker(write(tmp_path / "slow.gguf", SLOW)))
    try:
        engine.capabilities()
        asked = request("r1", max_tokens=1000)
        if when == "prefill":
            asked = request("r1", messages=(Message.of("user", "word " * 300),))
        began = time.monotonic()
        timer = threading.Timer(0.3, lambda: engine.cancel("r1"))
        timer.start()
        *_, last = engine.generate(asked)
        timer.join()
        assert isinstance(last, Finished)
        assert last.reason == "cancelled"
        if when == "prefill":
            assert last.completion_tokens == 0
        assert time.monotonic() - began < DEADLINE
        *_, last = engine.generate(request("r2", max_tokens=1))
        assert isinstance(last, Finished)
        assert last.reason == "length"
    finally:
        engine.close()


def test_a_request_does_not_wait_for_the_warming_up(tmp_path: Path) -> None:
    """Reading these rules takes a second here: had it waited, they would all have been read."""
    shape = Shape(width=512, layers=6, heads=8, heads_kv=4, feed_forward=2048)
    rules = Message.of("system", "word " * 250)
    engine = EngineClient(engine_worker(write(tmp_path / "slow.gguf", shape)))
    try:
        engine.capabilities()
        engine.warm(Prefix((rules,)))
        asked = request("r1", messages=(rules, Message.of("user", "hello")), max_tokens=1)
        *_, last = engine.generate(asked)
        assert isinstance(last, Finished)
        assert last.evaluated_tokens > last.prompt_tokens / 2
    finally:
        engine.close()


def test_the_words_of_the_host_say_what_was_chosen(tmp_path: Path) -> None:
    assert EngineOptions().words() == []
    options = EngineOptions(4096, "q8_0", 2, cpu_only=True, cache=tmp_path)
    chosen = ["--context", "4096", "--kv", "q8_0", "--threads", "2", "--cpu-only", "--cache"]
    assert options.words() == [*chosen, str(tmp_path)]


def test_what_is_kept_of_a_conversation_goes_without_a_process_too(tmp_path: Path) -> None:
    kept = StateFiles(tmp_path / "states", "a model")
    for name in ("7", "8"):
        assert kept.keep([1, 2], 4, lambda path: bool(path.write_bytes(b"data")), name)
    engine = EngineClient(engine_worker(tmp_path / "none.gguf"), tmp_path)
    engine.forget("7")
    engine.forget("9")
    assert engine.pid is None
    assert kept.conversation("7") is None
    assert kept.conversation("8") is not None
    engine.close()


def _text_file(path: Path) -> Path:
    path.write_text("This is not a model.\n" * 1000)
    return path


def _truncated(path: Path) -> Path:
    write(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


def _cut_in_header(path: Path) -> Path:
    write(path)
    path.write_bytes(path.read_bytes()[:700])
    return path


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


BROKEN: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a text file": (_text_file, "not_gguf"),
    "a cut-off file": (_truncated, "model_cut_off"),
    "a file cut off in its header": (_cut_in_header, "model_cut_off"),
    "an empty file": (_empty, "not_gguf"),
    "a folder": (_folder, "model_missing"),
    "a pipe": (_pipe, "not_gguf"),
    "no file": (lambda path: path, "model_missing"),
    "an unknown architecture": (
        lambda path: write(path, Shape(architecture="phial9")),
        "unknown_architecture",
    ),
    "no chat template": (lambda path: write(path, Shape(controls=("<|end|>",))), "no_template"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_no_model_gets_a_sentence(tmp_path: Path, kind: str) -> None:
    make, code = BROKEN[kind]
    engine = EngineClient(engine_worker(make(tmp_path / "model.gguf")))
    try:
        with pytest.raises(KnownError) as raised:
            engine.capabilities()
        assert raised.value.code == code
        assert raised.value.message.endswith(".")
        assert raised.value.hint
    finally:
        engine.close()
