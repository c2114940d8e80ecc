"""The engine's place with real engines: its stages, its deaths, and another model in it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.core.engine_life import (
    EngineLoading,
    EngineLost,
    EngineReady,
    EngineStage,
    EngineStarting,
)
from app.core.errors import KnownError
from app.core.events import Finished
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.client import engine_client
from app.engine.seat import EngineSeat
from tests.support.synthetic_gguf import Shape, write

LIMIT_S = 60.0


class Watch:
    """A seat, and what it told of which model."""

    def __init__(self) -> None:
        self.seat = EngineSeat(engine_client, self._hear)
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
