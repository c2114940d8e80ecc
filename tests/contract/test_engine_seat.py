"""The engine's place with real engines: its stages, its deaths, and another model in it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.engine_life import (
    EngineLoading,
    EngineLost,
    EngineReady,
    EngineResting,
    EngineStage,
    EngineStarting,
    StageListener,
)
from app.core.errors import KnownError
from app.core.events import EngineEvent, Finished
from app.core.messages import Message
from app.core.ports import GenerateRequest, Prefix
from app.engine.client import EngineClient, _stages, engine_client
from app.engine.seat import EngineSeat, MakeEngine
from app.workers.supervisor import Worker, WorkerSpec
from tests.support.fake_engine import FakeEngine
from tests.support.synthetic_gguf import Shape, write

LIMIT_S = 60.0


class Watch:
    """A seat, and what it told of which model."""

    def __init__(self, make: MakeEngine = engine_client) -> None:
        self.seat = EngineSeat(make, self._hear)
        self._changed = threading.Condition()
        self.told: list[tuple[str, EngineStage]] = []

    def _hear(self, model: Path, stage: EngineStage) -> None:
        with self._changed:
            self.told.append((model.stem, stage))
            self._changed.notify_all()

    def wait(self, kind: type) -> None:
        """Until a stage of this kind was told; what was told by then is forgotten."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: any(isinstance(stage, kind) for _, stage in self.told), LIMIT_S
            )

    def exchange(self, model: Path) -> KnownError | None:
        """Exchange and wait for the end of it."""
        ended = threading.Event()
        ends: list[KnownError | None] = []

        def end(_: Path, error: KnownError | None) -> None:
            ends.append(error)
            ended.set()

        self.seat.exchange(model, end)
        assert ended.wait(LIMIT_S)
        return ends[0]

    def answers(self) -> bool:
        """Whether a request is answered, after waiting for the model as an agent does."""
        self.seat.capabilities()
        asked = GenerateRequest("r1", (Message.of("user", "hello"),), max_tokens=4)
        *_, last = self.seat.generate(asked)
        return isinstance(last, Finished)


def processes() -> list[int]:
    """This process's children."""
    return [child.pid for child in psutil.Process().children()]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two models that load and one that passes the check and does not."""
    folder = tmp_path_factory.mktemp("models")
    write(folder / "one.gguf", Shape(ends=False, name="One"))
    write(folder / "two.gguf", Shape(ends=False, name="Two"))
    write(folder / "bad.gguf", Shape(architecture="phial9"))
    (folder / "letter.gguf").write_text("Dear Anna,")
    return folder


@pytest.fixture
def watch(models: Path) -> Iterator[Watch]:
    """A seat with the first model in it."""
    made = Watch()
    made.seat.start(models / "one.gguf")
    yield made
    made.seat.close()
    assert processes() == []


def test_the_stages_of_loading_are_told(watch: Watch) -> None:
    watch.wait(EngineReady)
    kinds = [type(stage) for _, stage in watch.told]
    assert kinds[0] is EngineStarting
    assert kinds[-1] is EngineReady
    assert set(kinds[1:-1]) == {EngineLoading}


def test_a_death_while_idle_is_told_and_the_next_request_starts_it_again(watch: Watch) -> None:
    assert watch.answers()
    (pid,) = processes()
    watch.told.clear()
    os.kill(pid, signal.SIGKILL)
    watch.wait(EngineLost)
    assert watch.answers()
    assert isinstance(watch.told[-1][1], EngineReady)


def test_an_engine_at_rest_has_no_process_and_the_next_request_loads_it(watch: Watch) -> None:
    assert watch.answers()
    watch.told.clear()
    assert watch.seat.rest()
    assert processes() == []
    assert not watch.seat.rest()
    assert watch.answers()
    kinds = [type(stage) for _, stage in watch.told]
    assert kinds[:2] == [EngineResting, EngineStarting]
    assert kinds[-1] is EngineReady
    assert EngineLost not in kinds


def test_an_engine_at_rest_can_be_woken_before_the_request(watch: Watch) -> None:
    watch.wait(EngineReady)
    watch.seat.wake()  # it is
    assert len(processes()) == 1
    assert watch.seat.rest()
    watch.told.clear()
    watch.seat.wake()
    watch.wait(EngineReady)
    assert watch.answers()


def test_an_engine_that_loads_or_is_exchanged_does_not_rest(models: Path) -> None:
    watch = Watch()
    assert not watch.seat.rest()
    watch.seat.wake()
    watch.seat.start(models / "one.gguf")
    assert not watch.seat.rest()
    ended = threading.Event()
    watch.seat.exchange(models / "two.gguf", lambda model, error: ended.set())
    assert not watch.seat.rest()
    assert ended.wait(LIMIT_S)
    assert watch.seat.rest()
    watch.seat.close()


def test_another_model_takes_the_place_of_one_at_rest(watch: Watch, models: Path) -> None:
    watch.wait(EngineReady)
    assert watch.seat.rest()
    assert watch.exchange(models / "two.gguf") is None
    assert watch.seat.capabilities().model_name == "Two"


def test_who_waits_for_an_engine_that_wakes_can_be_stopped(watch: Watch) -> None:
    watch.wait(EngineReady)
    assert watch.seat.rest()
    watch.seat.interrupt()
    with pytest.raises(KnownError) as stopped:
        watch.seat.capabilities()
    assert stopped.value.code == "stopped"
    watch.seat.resume()
    assert watch.answers()


def test_an_engine_that_cannot_be_woken_is_lost(watch: Watch, models: Path, tmp_path: Path) -> None:
    away = tmp_path / "one.gguf"
    watch.wait(EngineReady)
    assert watch.seat.rest()
    (models / "one.gguf").rename(away)
    try:
        watch.seat.wake()
        watch.wait(EngineLost)
        with pytest.raises(KnownError) as missing:
            watch.seat.capabilities()
        assert missing.value.code == "model_missing"
    finally:
        away.rename(models / "one.gguf")
    assert watch.answers()


def test_what_is_forgotten_before_there_is_an_engine_reaches_the_first(tmp_path: Path) -> None:
    made: list[FakeEngine] = []

    def make(model: Path, listener: StageListener) -> FakeEngine:
        made.append(FakeEngine(lambda request: (), listener=listener))
        return made[-1]

    watch = Watch(make)
    watch.seat.forget("7")
    watch.seat.warm(Prefix())
    watch.seat.answer_now("r1")
    watch.seat.start(tmp_path / "one.gguf")
    watch.seat.forget("8")
    watch.seat.warm(Prefix((Message.of("system", "rules"),)))
    watch.seat.answer_now("r2")
    (engine,) = made
    assert engine.forgotten == ["7", "8"]
    assert engine.warmed == [Prefix((Message.of("system", "rules"),))]
    assert engine.hurried == ["r2"]
    watch.seat.close()


def test_another_model_takes_the_place(watch: Watch, models: Path) -> None:
    assert watch.answers()
    assert watch.exchange(models / "two.gguf") is None
    assert watch.seat.model == models / "two.gguf"
    assert watch.seat.capabilities().model_name == "Two"
    assert watch.answers()
    assert len(processes()) == 1


def test_a_file_that_is_no_model_leaves_the_engine_running(watch: Watch, models: Path) -> None:
    assert watch.answers()
    before = processes()
    refused = watch.exchange(models / "letter.gguf")
    assert refused is not None and refused.code == "not_gguf"
    assert processes() == before
    assert watch.answers()


def test_a_model_that_cannot_be_loaded_gives_the_place_back(watch: Watch, models: Path) -> None:
    failed = watch.exchange(models / "bad.gguf")
    assert failed is not None and failed.code == "unknown_architecture"
    assert watch.seat.capabilities().model_name == "One"
    assert watch.answers()


def test_a_request_during_an_exchange_is_answered_by_the_new_model(
    watch: Watch, models: Path
) -> None:
    ended = threading.Event()
    watch.seat.exchange(models / "two.gguf", lambda model, error: ended.set())
    assert watch.seat.exchanging
    assert watch.seat.capabilities().model_name == "Two"
    assert ended.wait(LIMIT_S)


def test_who_waits_for_the_model_can_be_stopped(watch: Watch) -> None:
    watch.seat.interrupt()
    with pytest.raises(KnownError) as stopped:
        watch.seat.capabilities()
    assert stopped.value.code == "stopped"
    watch.seat.resume()
    assert watch.answers()


def test_restarting_makes_a_new_process(watch: Watch) -> None:
    assert watch.answers()
    before = processes()
    watch.seat.restart()
    assert watch.seat.capabilities().model_name == "One"
    assert len(processes()) == 1 and processes() != before


def test_closing_in_the_middle_of_an_exchange_leaves_nothing(models: Path) -> None:
    watch = Watch()
    watch.seat.start(models / "one.gguf")
    watch.seat.exchange(models / "two.gguf", lambda model, error: None)
    watch.seat.close()
    assert processes() == []
    watch.seat.close()


def test_a_model_that_is_missing_is_told_and_asked_for_again(tmp_path: Path) -> None:
    watch = Watch()
    watch.seat.start(tmp_path / "none.gguf")
    watch.wait(EngineLost)
    with pytest.raises(KnownError) as missing:
        watch.seat.capabilities()
    assert missing.value.code == "model_missing"
    write(tmp_path / "none.gguf", Shape(ends=False))
    assert watch.answers()
    watch.seat.close()


# A child that is no engine host of Phial's


def watch_on(child: str, tmp_path: Path) -> Watch:
    """A seat whose engine runs this Python text."""
    program = tmp_path / "child.py"
    program.write_text(f"import json, os, sys, time\n{child}")

    def make(model: Path, listener: StageListener) -> EngineClient:
        spec = WorkerSpec("engine", (sys.executable, str(program)), tmp_path, LIMIT_S, LIMIT_S)
        return EngineClient(Worker(spec, listener=_stages(listener)))

    watch = Watch(make)
    watch.seat.start(tmp_path / "model.gguf")
    return watch


SLOW_AGAIN = """
print('{"event": "Progress", "stage": "starting", "done": 0, "total": 0}', flush=True)
if not os.path.exists("once"):
    open("once", "w").close()
    sys.exit(3)
time.sleep(3600)
"""


@pytest.mark.parametrize("asks", ["capabilities", "generate"])
def test_who_waits_for_a_model_that_is_loaded_once_more_can_be_stopped(
    tmp_path: Path, asks: str
) -> None:
    watch = watch_on(SLOW_AGAIN, tmp_path)
    watch.wait(EngineLost)
    with pytest.raises(KnownError) as died:
        watch.seat.capabilities()
    assert died.value.code == "worker_died"
    watch.told.clear()
    got: list[str | EngineEvent] = []

    def ask() -> None:
        if asks == "generate":
            got.extend(watch.seat.generate(GenerateRequest("r1", (Message.of("user", "hello"),))))
            return
        try:
            watch.seat.capabilities()
        except KnownError as error:
            got.append(error.code)

    asking = threading.Thread(target=ask)
    asking.start()
    watch.wait(EngineStarting)
    watch.seat.interrupt()
    asking.join(LIMIT_S / 4)
    stopped = not asking.is_alive()
    watch.seat.close()
    asking.join(LIMIT_S)
    assert stopped
    assert got == (["stopped"] if asks == "capabilities" else [Finished("cancelled")])


@pytest.mark.parametrize(
    "line",
    [
        {"loading": 0.5},
        {"event": "Progress"},
        {"event": "Nonsense"},
        {"ready": True},
        {"ready": True, "capabilities": {"model": "One"}},
    ],
)
def test_a_line_that_makes_no_sense_ends_the_engine_and_not_the_wait_for_it(
    tmp_path: Path, line: dict[str, object]
) -> None:
    watch = watch_on(f"print(json.dumps({line!r}), flush=True)\ntime.sleep(3600)\n", tmp_path)
    watch.wait(EngineLost)
    with pytest.raises(KnownError) as unreadable:
        watch.seat.capabilities()
    watch.seat.close()
    assert unreadable.value.code == "worker_garbage"
    assert "Traceback" in unreadable.value.details
