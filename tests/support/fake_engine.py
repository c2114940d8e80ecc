"""An engine that follows a script: for tests of what stands on the engine port."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from app.core.engine_life import EngineReady, EngineResting, StageListener
from app.core.events import EngineEvent, Failed, Finished
from app.core.ports import Capabilities, GenerateRequest, Prefix

Script = Callable[[GenerateRequest], Iterable[EngineEvent]]


class FakeEngine:
    """Answers each request with what `script` returns for it; passes the engine's contract.

    `warmed`, `forgotten` and `hurried` are what it was told by `warm`, `forget` and `answer_now`.
    A script's events are given out one by one; a cancel is seen between two of them. A script
    that raises stands for an engine that died.
    """

    def __init__(
        self,
        script: Script,
        capabilities: Capabilities | None = None,
        listener: StageListener | None = None,
    ) -> None:
        self._script = script
        self._listener = listener
        self._capabilities = capabilities or Capabilities(
            model_name="Fake",
            architecture="fake",
            context=4096,
            tools_learned=True,
            backend="CPU",
            threads=1,
        )
        self.warmed: list[Prefix] = []
        self.forgotten: list[str] = []
        self.hurried: list[str] = []
        self._cancelled: set[str] = set()
        self._lock = threading.Lock()
        self._closed = False

    def start(self) -> None:
        """Be ready at once."""
        if self._listener is not None:
            self._listener(EngineReady(self._capabilities))

    def rest(self) -> bool:
        """Say that it rests, until it is started."""
        if self._listener is not None:
            self._listener(EngineResting())
        return True

    def capabilities(self) -> Capabilities:
        """What the test said is loaded."""
        return self._capabilities

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """The script's events, then Finished if it did not end itself."""
        if self._closed:
            yield Failed("worker_closed", "The engine was closed.")
            return
        try:
            for event in self._script(request):
                if self._take_cancel(request.id):
                    yield Finished("cancelled")
                    return
                yield event
                if isinstance(event, Finished | Failed):
                    return
        except RuntimeError as error:
            yield Failed("worker_died", f"The engine ended unexpectedly: {error}.")
            return
        yield Finished("cancelled" if self._take_cancel(request.id) else "end")

    def _take_cancel(self, request_id: str) -> bool:
        with self._lock:
            found = request_id in self._cancelled
            self._cancelled.discard(request_id)
            return found

    def cancel(self, request_id: str) -> None:
        """Stop the generation with this id at its next event."""
        with self._lock:
            self._cancelled.add(request_id)

    def answer_now(self, request_id: str) -> None:
        """Remember that it was asked."""
        self.hurried.append(request_id)

    def warm(self, prefix: Prefix) -> None:
        """Remember that it was asked."""
        self.warmed.append(prefix)

    def forget(self, conversation: str) -> None:
        """Remember that it was asked."""
        self.forgotten.append(conversation)

    def close(self) -> None:
        """Answer nothing from now on."""
        self._closed = True
