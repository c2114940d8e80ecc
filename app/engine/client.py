"""The parent's side of the engine: an `Engine` over the supervised child process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from app.core.engine_life import (
    EngineLoading,
    EngineLost,
    EngineReady,
    EngineStarting,
    StageListener,
)
from app.core.events import EngineEvent, Failed, Finished, Progress
from app.core.ports import Capabilities, GenerateRequest
from app.engine.wire import capabilities_from_json, event_from_json, request_to_json
from app.workers.command import child_command, child_directory
from app.workers.life import Early, LifeListener, Over, Ready, WorkerFailed
from app.workers.supervisor import Worker, WorkerSpec

_READY_S = 300.0  # a 9 GB file from a slow disk
_SILENCE_S = 120.0  # one batch of 512 tokens of a 14B model on two slow cores


_FOREIGN = (KeyError, TypeError)
"""What reading a line raises that no engine host of Phial's sends."""


def engine_worker(
    model: Path,
    *,
    context: int = 0,
    threads: int = 0,
    cpu_only: bool = False,
    listener: StageListener | None = None,
) -> Worker:
    """The worker for a model file, not yet started. 0 leaves context and threads to the host.

    `listener` hears of each stage but a close, as `LifeListener` does.
    """
    words = ["--engine-host", "--model", str(model.absolute())]
    if context:
        words += ["--context", str(context)]
    if threads:
        words += ["--threads", str(threads)]
    if cpu_only:
        words.append("--cpu-only")
    return Worker(
        WorkerSpec(
            name="engine",
            command=child_command(*words),
            cwd=child_directory(),
            ready_timeout=_READY_S,
            silence_timeout=_SILENCE_S,
            safe_words=("--cpu-only",),
        ),
        listener=None if listener is None else _stages(listener),
    )


def _stages(listener: StageListener) -> LifeListener:
    """What a worker tells, as the stages of an engine."""

    def tell(event: Early | Ready | Over) -> None:
        match event:
            case Early(line):
                match event_from_json(line):
                    case Progress("starting"):
                        listener(EngineStarting())
                    case Progress("loading", percent):
                        listener(EngineLoading(percent))
            case Ready(line):
                listener(EngineReady(_capabilities(line)))
            case Over(failure) if failure.code != "worker_closed":
                listener(EngineLost(failure))

    return tell


def _capabilities(ready: Mapping[str, object]) -> Capabilities:
    return capabilities_from_json(cast("Mapping[str, Any]", ready["capabilities"]))


def _unreadable() -> WorkerFailed:
    return WorkerFailed(
        "worker_garbage",
        "The engine sent something unreadable; your data is untouched.",
        "Try again.",
    )


def engine_client(model: Path, listener: StageListener) -> EngineClient:
    """The engine for a model file as the window uses it, not yet started."""
    return EngineClient(engine_worker(model, listener=listener))


class EngineClient:
    """The engine as the rest of Phial sees it. Owns the worker and ends it on `close`."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @property
    def pid(self) -> int | None:
        """The engine process, None while there is none."""
        return self._worker.pid

    def start(self) -> None:
        """Begin loading without waiting for it. Raises WorkerFailed if it cannot be started."""
        self._worker.start()

    def capabilities(self) -> Capabilities:
        """What is loaded; waits for it. Raises KnownError with the reason if it cannot load."""
        ready = self._worker.wait_ready()
        try:
            return _capabilities(ready)
        except _FOREIGN as error:
            raise _unreadable() from error

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """Events of one generation. The engine's death, too, arrives as a Failed event."""
        payload = request_to_json(request)
        # The same words a minute later are the same request: a third try would end alike.
        content = json.dumps({**payload, "id": "", "context": "", "seed": 0}).encode()
        payload["key"] = hashlib.sha256(content).hexdigest()
        try:
            for line in self._worker.request(payload):
                event = event_from_json(line)
                yield event
                if isinstance(event, Finished | Failed):
                    return
        except WorkerFailed as error:
            yield Failed(error.code, error.message, error.hint, error.details)
        except _FOREIGN as error:
            # It goes on with what nobody understands.
            self.cancel(request.id)
            unreadable = _unreadable()
            yield Failed(unreadable.code, unreadable.message, unreadable.hint, repr(error))

    def cancel(self, request_id: str) -> None:
        """Ask a generation to stop."""
        self._worker.send({"control": "cancel", "id": request_id})

    def close(self) -> None:
        """End the engine's process."""
        self._worker.close()
