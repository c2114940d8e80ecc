"""The parent's side of the engine: an `Engine` over the supervised child process."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from app.core.engine_life import (
    EngineLoading,
    EngineLost,
    EngineReady,
    EngineResting,
    EngineStarting,
    StageListener,
)
from app.core.events import EngineEvent, Failed, Finished, Progress
from app.core.ports import Capabilities, GenerateRequest, Prefix
from app.engine.wire import (
    capabilities_from_json,
    event_from_json,
    prefix_to_json,
    request_to_json,
)
from app.workers.command import child_command, child_directory
from app.workers.life import Early, LifeListener, Lived, Over, Ready, Rested, WorkerFailed
from app.workers.supervisor import Worker, WorkerSpec

_READY_S = 300.0  # a 9 GB file from a slow disk
_SILENCE_S = 120.0  # one batch of 512 tokens of a 14B model on two slow cores

_WARM = "warm"
"""The id of what is evaluated ahead; requests have ids of their own."""

_NOW = re.compile(r"\[Now: [^\]]{1,80}\]")
"""The line about the time in a message of the user."""

_FOREIGN = (KeyError, TypeError)
"""What reading a line raises that no engine host of Phial's sends."""


@dataclass(frozen=True)
class EngineOptions:
    """How a model is loaded; 0, "" and "auto" leave it to the host.

    `context` in tokens. `kv` is how keys and values are kept: "auto", "f16" or "q8_0". `cache` is
    the folder where the host keeps states and what it learned of models; None keeps nothing.
    """

    context: int = 0
    kv: str = "auto"
    threads: int = 0
    cpu_only: bool = False
    cache: Path | None = None

    def words(self) -> list[str]:
        """For the host's command line."""
        words = []
        if self.context:
            words += ["--context", str(self.context)]
        if self.kv != "auto":
            words += ["--kv", self.kv]
        if self.threads:
            words += ["--threads", str(self.threads)]
        if self.cpu_only:
            words.append("--cpu-only")
        if self.cache is not None:
            words += ["--cache", str(self.cache.absolute())]
        return words


DEFAULTS = EngineOptions()


def engine_worker(
    model: Path, options: EngineOptions = DEFAULTS, listener: StageListener | None = None
) -> Worker:
    """The worker for a model file, not yet started.

    `listener` hears of each stage but a close, as `LifeListener` does.
    """
    words = ["--engine-host", "--model", str(model.absolute()), *options.words()]
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

    def tell(event: Lived) -> None:
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
            case Rested():
                listener(EngineResting())

    return tell


def _capabilities(ready: Mapping[str, object]) -> Capabilities:
    return capabilities_from_json(cast("Mapping[str, Any]", ready["capabilities"]))


def _unreadable() -> WorkerFailed:
    return WorkerFailed(
        "worker_garbage",
        "The engine sent something unreadable; your data is untouched.",
        "Try again.",
    )


def engine_client(
    model: Path, listener: StageListener, options: EngineOptions = DEFAULTS
) -> EngineClient:
    """The engine for a model file as the window uses it, not yet started."""
    return EngineClient(engine_worker(model, options, listener), options.cache)


class EngineClient:
    """The engine as the rest of Phial sees it. Owns the worker and ends it on `close`.

    `cache` is the folder the worker was given, None if none was.
    """

    def __init__(self, worker: Worker, cache: Path | None = None) -> None:
        self._worker = worker
        self._cache = cache

    @property
    def pid(self) -> int | None:
        """The engine process, None while there is none."""
        return self._worker.pid

    def start(self) -> None:
        """Begin loading without waiting for it. Raises WorkerFailed if it cannot be started."""
        self._worker.start()

    def rest(self) -> bool:
        """End the process to free its memory until the next request; whether that was done.

        Not while it loads or answers. Waits for the process to be gone.
        """
        return self._worker.rest()

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
        # The same words a minute later, with another seed, are the same request: a third try would
        # end alike.
        payload["key"] = _key({**payload, "id": "", "seed": 0})
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

    def answer_now(self, request_id: str) -> None:
        """Ask a generation to stop thinking."""
        self._worker.send({"control": "answer", "id": request_id})

    def warm(self, prefix: Prefix) -> None:
        """Have this evaluated whenever the engine has become ready, until a request comes."""
        words = prefix_to_json(prefix)
        self._worker.when_idle(
            {"id": _WARM, "key": _key(words), "warm": words}, {"control": "cancel", "id": _WARM}
        )

    def forget(self, conversation: str) -> None:
        """Drop what is kept of a conversation: the process what it holds, and its files here."""
        self._worker.send({"control": "forget", "conversation": conversation})
        if self._cache is not None:
            from app.engine.state_files import forget

            # Also where it runs: it may end before it has come to it.
            forget(self._cache / "states", conversation)

    def close(self) -> None:
        """End the engine's process."""
        self._worker.close()


def _key(payload: Mapping[str, object]) -> str:
    """What tells a request from others with another content."""
    content = _NOW.sub("", json.dumps(payload))
    return hashlib.sha256(content.encode()).hexdigest()
