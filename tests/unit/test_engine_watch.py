"""What is known of the engine: how it failed, and what became of a model that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from app.core.engine_life import (
    EngineLost,
    EngineReady,
    EngineResting,
    EngineStage,
    EngineStarting,
)
from app.core.errors import KnownError
from app.core.ports import Capabilities
from app.ui.engine_watch import EngineWatch
from app.ui.parts import Seat
from app.ui.views import EngineStage as Shown
from app.ui.views import EngineStatus, Trouble

FIRST, OTHER = Path("/models/first.gguf"), Path("/models/other.gguf")
READY = EngineReady(Capabilities("m", "a", 9, True, "cpu", 2))
LOST = EngineLost(KnownError("worker_died", "It crashed."))
REFUSED = KnownError("not_gguf", "That is no model.", "Choose another.")
NEITHER = "That is no model. The model it had before does not run either: It crashed."
GOES_ON = "That is no model. Phial goes on with the model it had."


class OneSeat:
    """Keeps how an exchange is to be ended."""

    def exchange(self, model: Path, ended: Callable[[Path, KnownError | None], None]) -> None:
        self.end = lambda error: ended(model, error)


class Watched:
    """An `EngineWatch` and what it said."""

    def __init__(self) -> None:
        self.statuses: list[EngineStatus] = []
        self.troubles: list[Trouble] = []
        self.watch = EngineWatch(
            Path("/starter.gguf"),
            lambda what: what(),
            lambda status, stage: self.statuses.append(status),
            self.troubles.append,
            lambda file: None,
        )

    def hear(self, *stages: EngineStage, model: Path = FIRST) -> EngineStatus:
        for stage in stages:
            self.watch.hear(model, stage)
        return self.statuses[-1]

    def use(self) -> Callable[[KnownError | None], None]:
        seat = OneSeat()
        self.watch.use(cast(Seat, seat), OTHER)
        return seat.end


def test_only_a_model_that_had_been_ready_has_died() -> None:
    assert not Watched().hear(EngineStarting(), LOST).died
    watched = Watched()
    lost = watched.hear(EngineStarting(), READY, LOST)
    assert lost.died and lost.stage is Shown.FAILED
    assert not watched.hear(EngineStarting()).died
    assert not watched.hear(LOST).died


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ([EngineStarting(), READY], GOES_ON),
        ([EngineStarting()], GOES_ON),
        ([EngineStarting(), READY, EngineResting()], GOES_ON),
        ([EngineStarting(), LOST], NEITHER),
        ([EngineStarting(), READY, LOST], NEITHER),
        ([], REFUSED.message),
    ],
)
def test_phial_goes_on_only_with_a_model_that_runs(before: list[EngineStage], said: str) -> None:
    watched = Watched()
    for stage in before:
        watched.hear(stage)
    watched.use()(REFUSED)
    assert [(each.message, each.hint) for each in watched.troubles] == [(said, REFUSED.hint)]


@pytest.mark.parametrize(("again", "said"), [(READY, GOES_ON), (LOST, NEITHER)])
def test_a_model_that_had_to_be_loaded_again_may_have_failed_too(
    again: EngineStage, said: str
) -> None:
    watched = Watched()
    watched.hear(EngineStarting(), READY)
    end = watched.use()
    watched.hear(EngineStarting(), LOST, model=OTHER)
    watched.hear(EngineStarting(), again)
    end(REFUSED)
    assert watched.troubles[0].message == said


def test_a_model_at_rest_is_still_known() -> None:
    watched = Watched()
    watched.hear(EngineStarting(), READY)
    watched.watch.used(5)
    resting = watched.hear(EngineResting())
    assert (resting.stage, resting.name, resting.used) == (Shown.RESTING, "m", 0)
    assert not watched.hear(EngineStarting(), LOST).died
    assert watched.hear(EngineResting(), model=OTHER).name == ""
