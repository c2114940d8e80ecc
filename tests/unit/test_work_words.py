"""What the window says while a turn is under way, and how often it says something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.engine_life import EngineLoading, EngineReady, EngineStage, EngineStarting
from app.core.ports import Capabilities
from app.ui.engine_watch import EngineWatch
from app.ui.views import EngineStatus
from app.ui.work_words import WorkWords, of_call, of_engine


class Told:
    """Work words on a clock that goes only when told."""

    def __init__(self) -> None:
        self.now = 100.0
        self.words: list[str] = []
        self.work = WorkWords(self.words.append, lambda: self.now)


def test_reading_is_told_in_tokens_four_times_a_second() -> None:
    told = Told()
    for done in range(100, 1100, 10):
        told.work.stage("prefill", done, 2048)
        told.now += 0.01
    assert told.words[:2] == [
        "Reading your request, 100 of 2,048 tokens",
        "Reading your request, 350 of 2,048 tokens",
    ]
    assert len(told.words) == 4


def test_once_all_is_read_the_model_thinks() -> None:
    told = Told()
    told.work.stage("prefill", 20, 20)
    told.work.stage("thinking", 0, 0)
    assert told.words == ["Thinking"]


def test_writing_has_a_speed_once_it_was_measured() -> None:
    told = Told()
    for _ in range(31):
        told.work.said()
        told.now += 0.05
    assert told.words[0] == "Writing"
    assert told.words[-1] == "Writing, 20 tokens/s"
    assert len(told.words) < 8


def test_a_new_kind_of_work_is_told_at_once() -> None:
    told = Told()
    told.work.said()
    told.work.called("cal_find")
    assert told.words == ["Writing", "Looking in the calendar"]
    assert of_call("some_new_tool") == "Working"


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (EngineStarting(), "Starting the model"),
        (EngineLoading(42), "Loading the model, 42 %"),
        (EngineReady(Capabilities("m", "a", 1, True, "CPU", 1)), ""),
    ],
)
def test_a_turn_that_waits_for_the_model_says_what_it_waits_for(
    stage: EngineStage, words: str
) -> None:
    assert of_engine(stage) == words


def test_a_hundred_percents_in_a_moment_are_told_once() -> None:
    statuses: list[EngineStatus] = []
    posted: list[Callable[[], None]] = []
    watch = EngineWatch(
        Path("/starter.gguf"),
        posted.append,
        lambda status, stage: statuses.append(status),
        lambda trouble: None,
        lambda file: None,
    )
    watch.hear(Path("/starter.gguf"), EngineStarting())
    for percent in range(101):
        watch.hear(Path("/starter.gguf"), EngineLoading(percent))
    watch.hear(Path("/starter.gguf"), EngineReady(Capabilities("m\u202e", "a", 9, True, "GPU", 2)))
    assert len(posted) < 10
    for each in posted:
        each()
    last = statuses[-1]
    assert (last.name, last.backend, last.threads, last.starter) == ("m", "GPU", 2, True)
