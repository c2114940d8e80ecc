"""What the window knows of its engine, and how it asks for another model. No Qt here.

Stages come in other threads; `post` brings them into the window's, where all else is done.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from app.core.engine_life import (
    EngineLoading,
    EngineLost,
    EngineReady,
    EngineResting,
    EngineStage,
    EngineStarting,
)
from app.core.errors import KnownError
from app.core.text import printable
from app.ui.parts import Seat
from app.ui.views import EngineStage as Shown
from app.ui.views import EngineStatus, Trouble

_PAUSE_S = 0.1
_RUNNING = (Shown.STARTING, Shown.LOADING, Shown.READY, Shown.RESTING)

Post = Callable[[Callable[[], None]], None]


def status_of(stage: EngineStage, model: Path, starter: Path) -> EngineStatus:
    """A stage as the status line shows it."""
    status = EngineStatus(file=str(model), starter=model == starter)
    match stage:
        case EngineStarting():
            return replace(status, stage=Shown.STARTING)
        case EngineLoading(percent):
            return replace(status, stage=Shown.LOADING, percent=percent)
        case EngineReady(can):
            return replace(
                status,
                stage=Shown.READY,
                name=printable(can.model_name),
                backend=can.backend,
                threads=can.threads,
                context=can.context,
                memory_bytes=can.memory_bytes,
                trained_context=can.trained_context,
                kv_type=can.kv_type,
                long_rope=can.long_rope,
                reasoning=can.reasoning,
                tools_native=can.tools_native,
            )
        case EngineResting():
            return replace(status, stage=Shown.RESTING)
        case EngineLost(error):
            return replace(
                status,
                stage=Shown.FAILED,
                message=error.message,
                hint=error.hint,
                details=error.details,
            )


class EngineWatch:
    """See the module.

    `changed` gets each new status with the stage behind it, None where there is none; `troubled`
    why a model was not taken; `kept` the model that now is in use, None for the starter model.
    """

    def __init__(
        self,
        starter: Path,
        post: Post,
        changed: Callable[[EngineStatus, EngineStage | None], None],
        troubled: Callable[[Trouble], None],
        kept: Callable[[Path | None], None],
    ) -> None:
        self._starter = starter
        self._post = post
        self._changed = changed
        self._troubled = troubled
        self._kept = kept
        self._status = EngineStatus()
        self._told_at = 0.0

    def hear(self, model: Path, stage: EngineStage) -> None:
        """A stage of the engine for `model`; from any thread."""
        now = time.monotonic()
        if isinstance(stage, EngineLoading) and now - self._told_at < _PAUSE_S:
            return  # a small model reads its hundred percents in a moment
        self._told_at = now
        self._post(partial(self._take, model, stage))

    def used(self, tokens: int) -> None:
        """So many tokens of the context are in use; in the window's thread."""
        self._status = replace(self._status, used=tokens)
        self._changed(self._status, None)

    def use(self, seat: Seat, file: Path | None) -> None:
        """Load another model, None: the starter model."""
        model = self._starter if file is None else file.absolute()
        checking = EngineStatus(Shown.CHECKING, file=str(model), starter=model == self._starter)
        self._changed(checking, None)
        before = self._status
        seat.exchange(model, lambda _, error: self._post(partial(self._end, model, before, error)))

    def _take(self, model: Path, stage: EngineStage) -> None:
        last, self._status = self._status, status_of(stage, model, self._starter)
        if isinstance(stage, EngineResting) and last.file == self._status.file:
            # What it is and can do stays known; of the dialogue it holds nothing.
            self._status = replace(last, stage=Shown.RESTING, used=0)
        if isinstance(stage, EngineLost):
            died = last.stage is Shown.READY and last.file == self._status.file
            self._status = replace(self._status, died=died)
        self._changed(self._status, stage)

    def _end(self, model: Path, before: EngineStatus, error: KnownError | None) -> None:
        if error is None:
            self._kept(None if model == self._starter else model)
            return
        now = self._status
        self._changed(now, None)  # instead of CHECKING
        message, details = error.message, error.details
        if now.file == before.file and now.stage in _RUNNING:
            message = f"{message} Phial goes on with the model it had."
        elif now.file == before.file and now.stage is Shown.FAILED:
            message = f"{message} The model it had before does not run either: {now.message}"
            details = "\n".join(filter(None, (details, now.details)))
        self._troubled(Trouble(error.code, message, error.hint, details))
