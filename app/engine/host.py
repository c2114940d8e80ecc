"""The engine's child process: loads one model, then answers requests until its parent is gone.

Started as `--engine-host --model FILE [--context N] [--threads N] [--cpu-only]`. Its lines are
those of `wire`; a line {"control": "cancel", "id": ID} stops the generation with that id.
"""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from app.core.connections import refuse_connections
from app.core.errors import KnownError
from app.core.events import Progress
from app.engine.wire import capabilities_to_json, event_to_json, request_from_json
from app.workers.wire import Wire, open_wire, serve

if TYPE_CHECKING:
    from app.engine.native.generation import Generator
    from app.engine.native.model import NativeModel


def main(words: Sequence[str]) -> NoReturn:
    """Run the host with the words that follow `--engine-host`. Does not return."""
    wire = open_wire()
    refuse_connections()
    parser = argparse.ArgumentParser(prog="phial --engine-host")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--context", type=int, default=0, help="tokens; 0: the default")
    parser.add_argument("--threads", type=int, default=0, help="0: the cores there are")
    parser.add_argument("--cpu-only", action="store_true", help="keep every layer off the GPU")
    host = _Host(wire, parser.parse_args(words))
    serve(wire, host.handle, host.on_control, host.prepare)


class _Host:
    def __init__(self, wire: Wire, options: argparse.Namespace) -> None:
        self._wire = wire
        self._options = options
        self._model: NativeModel | None = None
        self._generator: Generator | None = None
        self._lock = threading.Lock()  # orders a cancel against the start of its generation
        self._running = ""
        self._cancelled: set[str] = set()

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

    def _load(self) -> None:
        # Imported here so that a missing or broken library is an answer, not a crash before it.
        try:
            from app.engine.native.generation import Generator
            from app.engine.native.model import DEFAULT_CONTEXT, NativeModel
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

        self._model = NativeModel(
            options.model,
            context=options.context or DEFAULT_CONTEXT,
            threads=options.threads,
            gpu_layers=0 if options.cpu_only else -1,
            progress=progress,
        )
        self._generator = Generator(self._model)

    def handle(self, line: dict[str, object]) -> None:
        """Answer one request with the events of its generation."""
        assert self._model is not None
        assert self._generator is not None
        request = request_from_json(line)
        with self._lock:
            self._running = request.id
            self._model.stop.clear()
            if request.id in self._cancelled:
                self._model.stop.set()
        for event in self._generator.run(request):
            self._wire.send({"id": request.id, **event_to_json(event)})
        with self._lock:
            self._running = ""
            self._cancelled.discard(request.id)

    def on_control(self, line: dict[str, object]) -> None:
        """Note a cancel; runs in the reading thread, also before its request is begun."""
        if line.get("control") != "cancel":
            return
        with self._lock:
            wanted = str(line.get("id", ""))
            self._cancelled.add(wanted)
            if self._model is not None and wanted == self._running:
                self._model.stop.set()
