"""The engine's child process: loads one model, then answers requests until its parent is gone.

Started as `--engine-host --model FILE [--context N] [--threads N] [--cpu-only] [--kv TYPE]
[--cache DIR]`. Its lines are those of `wire`. A line {"id": ID, "warm": PREFIX} is answered by an
"end" once the prefix is held. Beside the requests come {"control": "cancel", "id": ID},
{"control": "answer", "id": ID} for a model that thinks too long, and {"control": "forget",
"conversation": NAME}.
"""

from __future__ import annotations

import argparse
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from app.core.connections import refuse_connections
from app.core.errors import KnownError
from app.core.events import Progress
from app.engine.state_files import StateFiles
from app.engine.wire import (
    capabilities_to_json,
    event_to_json,
    prefix_from_json,
    request_from_json,
)
from app.workers.wire import Wire, open_wire, serve

if TYPE_CHECKING:
    from app.engine.native.generation import Generator
    from app.engine.native.model import NativeModel

_IDLE_S = 10.0
_WARM = "warm"  # the id of every warm-up
_EARLY = 16  # cancels remembered for requests that are still on their way


def main(words: Sequence[str]) -> NoReturn:
    """Run the host with the words that follow `--engine-host`. Does not return."""
    wire = open_wire()
    refuse_connections()
    parser = argparse.ArgumentParser(prog="phial --engine-host")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--context", type=int, default=0, help="tokens; 0: what suits the model")
    parser.add_argument("--threads", type=int, default=0, help="0: what was found best")
    parser.add_argument("--cpu-only", action="store_true", help="keep every layer off the GPU")
    parser.add_argument("--kv", choices=("f16", "q8_0"), default="", help="else what fits")
    parser.add_argument("--cache", type=Path, help="a folder for what can be rebuilt")
    host = _Host(wire, parser.parse_args(words))
    serve(
        wire,
        host.handle,
        host.on_control,
        host.prepare,
        on_arrival=host.on_arrival,
        idle=(_IDLE_S, host.on_idle),
    )


@dataclass
class _Line:
    """A line that has come and is not answered yet."""

    id: str
    cancelled: bool = False


class _Host:
    def __init__(self, wire: Wire, options: argparse.Namespace) -> None:
        self._wire = wire
        self._options = options
        self._model: NativeModel | None = None
        self._generator: Generator | None = None
        self._lock = threading.Lock()  # orders what the two threads tell each other
        self._open: deque[_Line] = deque()  # as they came
        self._early: deque[str] = deque(maxlen=_EARLY)
        self._running: _Line | None = None
        self._busy = True  # with the model, which belongs to one thread at a time
        self._forgotten: list[str] = []

    def prepare(self) -> None:
        """Load the model and say whether it is ready."""
        self._wire.send(event_to_json(Progress("starting")))
        try:
            self._load()
        except KnownError as error:
            self._wire.send(
                {
                    "ready": False,
                    "code": error.code,
                    "message": error.message,
                    "hint": error.hint,
                }
            )
            return
        assert self._model is not None
        capabilities = capabilities_to_json(self._model.capabilities())
        self._wire.send({"ready": True, "capabilities": capabilities})
        self._rest()

    def _load(self) -> None:
        # Imported here so that a missing or broken library is an answer, not a crash before it.
        try:
            from app.engine.native.generation import Generator
            from app.engine.native.model import NativeModel
        except (ImportError, OSError) as error:
            raise KnownError(
                "engine_missing",
                f"The engine's library cannot be loaded: {error}.",
                "Set Phial up again: delete its folder .venv and start it with ./run.",
            ) from error

        options = self._options
        percent = -1

        def progress(fraction: float) -> None:
            nonlocal percent
            if int(fraction * 100) != percent:
                percent = int(fraction * 100)
                self._wire.send(event_to_json(Progress("loading", percent, 100)))

        cache = _folder(options.cache)
        self._model = NativeModel(
            options.model,
            context=options.context,
            threads=options.threads,
            gpu_layers=0 if options.cpu_only else -1,
            kv_type=options.kv,
            cache=cache,
            progress=progress,
        )
        states = None if cache is None else StateFiles(cache / "states", self._model.state_key)
        self._generator = Generator(self._model, states)

    def handle(self, line: dict[str, object]) -> None:
        """Answer one request, or warm up."""
        with self._at_work() as generator:
            if "warm" in line:
                self._warm(generator, line)
                return
            request = request_from_json(line)
            for event in generator.run(request):
                self._wire.send({"id": request.id, **event_to_json(event)})

    def on_arrival(self, line: dict[str, object]) -> None:
        """Note that a line has come; runs in the reading thread."""
        with self._lock:
            name = str(line.get("id", ""))
            self._open.append(_Line(name, cancelled=name in self._early))

    def on_control(self, line: dict[str, object]) -> None:
        """Take what is said beside the requests; runs in the reading thread."""
        name = str(line.get("id", ""))
        with self._lock:
            match line.get("control"):
                case "cancel":
                    self._cancel(name)
                case "answer" if self._generator and self._running and self._running.id == name:
                    self._generator.answer_now()
                case "forget":
                    self._forgotten.append(str(line.get("conversation", "")))
                    if not self._busy:
                        self._forget()

    def on_idle(self) -> None:
        """Write down what would have to be evaluated again if this process ended."""
        if self._generator is None:
            return
        with self._lock:
            self._busy = True
        self._generator.keep_now()
        self._rest()

    def _warm(self, generator: Generator, line: dict[str, object]) -> None:
        prefix = prefix_from_json(cast("dict[str, Any]", line["warm"]))
        try:
            for progress in generator.warm(prefix):
                self._wire.send({"id": line["id"], **event_to_json(progress)})
        except KnownError as error:  # the request that comes will say so where it is heard
            print(f"could not warm up: {error.message}", file=sys.stderr, flush=True)
        self._wire.send({"id": line["id"], "end": True})

    @contextmanager
    def _at_work(self) -> Iterator[Generator]:
        """The model for the line that came first, whose cancel holds from now on."""
        assert self._model is not None
        assert self._generator is not None
        with self._lock:
            self._busy = True
            self._running = self._open[0]
            self._model.stop.clear()
            if self._running.cancelled:
                self._model.stop.set()
        yield self._generator
        with self._lock:
            self._open.popleft()
            self._running = None
        self._rest()

    def _rest(self) -> None:
        """Leave the model to the other thread, after what that asked for meanwhile."""
        with self._lock:
            self._forget()
            self._busy = False

    def _cancel(self, name: str) -> None:
        meant = [line for line in self._open if line.id == name]
        for line in meant:
            line.cancelled = True
            if line is self._running and self._model is not None:
                self._model.stop.set()
        if not meant and name != _WARM:  # the next one of that name is another
            self._early.append(name)

    def _forget(self) -> None:
        assert self._generator is not None
        for conversation in self._forgotten:
            self._generator.forget(conversation)
        self._forgotten.clear()


def _folder(path: Path | None) -> Path | None:
    """The cache folder, made if need be; None if there is none to be had."""
    if path is None:
        return None
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        print(f"nothing is kept on disk: {error}", file=sys.stderr, flush=True)
        return None
    return path
