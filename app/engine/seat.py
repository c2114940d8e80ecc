"""The place of the one engine in use: which model sits in it, and its exchange for another.

What stands on the engine port holds the seat and need not know that the engine behind it changes.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from typing import Protocol

from app.core.engine_life import (
    EngineLost,
    EngineReady,
    EngineResting,
    EngineStage,
    EngineStarting,
    StageListener,
)
from app.core.errors import STOPPED, KnownError
from app.core.events import EngineEvent, Failed, Finished
from app.core.ports import Capabilities, Engine, GenerateRequest, Prefix
from app.engine.gguf_file import check_gguf

_LOADING_S = 300.0
"""How long a request waits for a model; then the engine itself says why it is late."""

_JOIN_S = 5.0


class StartableEngine(Engine, Protocol):
    """An engine that can be asked to load ahead of its first use."""

    def start(self) -> None:
        """Begin loading without waiting for it, also after a death or rest. Raises KnownError."""
        ...

    def rest(self) -> bool:
        """Free its memory until it is started or asked again, unless it is at work; whether so."""
        ...


class _StoppedError(KnownError):
    """Whoever waited for the model was stopped."""

    def __init__(self) -> None:
        super().__init__("stopped", STOPPED)


MakeEngine = Callable[[Path, StageListener], StartableEngine]
"""Makes the engine for a model file, not yet started; it tells the listener of its stages."""

SeatListener = Callable[[Path, EngineStage], None]
"""Told of each stage and whose it is, in any thread; returns at once and never raises."""

ExchangeEnd = Callable[[Path, KnownError | None], None]
"""Told how an exchange for a model ended, in a thread of the seat; None: it is in use."""


@dataclass
class _Occupant:
    """An engine and what is known of it; `number` tells it from those before it.

    `lost` is why it could not load or died, until it is started again; `told`: whoever asks next
    need not be told that first. `resting`: it was put to rest, until it is started again.
    """

    number: int
    model: Path
    engine: StartableEngine
    loading: bool = True
    lost: KnownError | None = None
    told: bool = False
    resting: bool = False


class EngineSeat:
    """Implements `core.ports.Engine` for whatever model is in use. Any thread may call."""

    def __init__(self, make: MakeEngine, listener: SeatListener) -> None:
        """Nothing is started yet."""
        self._make = make
        self._listener = listener
        self._changed = Condition()
        self._occupant: _Occupant | None = None
        self._forgotten: list[str] = []  # conversations, before there was an engine
        self._count = 0
        self._exchange: Thread | None = None
        self._exchanging = False
        self._interrupted = False
        self._closed = False

    @property
    def model(self) -> Path | None:
        """The model file in use, None before `start`."""
        occupant = self._occupant
        return occupant.model if occupant is not None else None

    @property
    def exchanging(self) -> bool:
        """Whether another model is being loaded in the place of the last one."""
        return self._exchanging

    def start(self, model: Path) -> None:
        """Take a first model and begin loading it. What goes wrong is told to the listener."""
        self._seat(model)

    def exchange(self, model: Path, ended: ExchangeEnd) -> None:
        """Check a model file, end the engine in use, and load this one in its place.

        Returns at once. If the file is refused, the engine in use goes on; if it cannot be loaded,
        the model before is loaded again. `ended` is called in the end, unless the seat was closed;
        by then the listener has heard whether that one runs.
        """
        self._begin(lambda: self._try(model), lambda error: ended(model, error))

    def restart(self) -> None:
        """End the engine in use and start it anew, its past deaths forgotten. Returns at once."""
        self._begin(self._again, lambda error: None)

    def rest(self) -> bool:
        """Put the engine to rest until it is woken or asked; whether that was done.

        Not while it loads, answers, or is exchanged. Waits for its process to be gone.
        """
        with self._changed:
            occupant = self._occupant
            free = occupant is not None and not (occupant.loading or self._exchanging)
        return occupant is not None and free and occupant.engine.rest()

    def wake(self) -> None:
        """Begin loading an engine that rests. Returns at once."""
        with self._changed:
            occupant = self._occupant
            if occupant is None or not occupant.resting or self._exchanging:
                return
            occupant.resting, occupant.loading = False, True
        try:
            occupant.engine.start()
        except KnownError as error:
            self._hear(occupant.number, EngineLost(error))

    def interrupt(self) -> None:
        """Let whoever waits for the model, or asks it before `resume`, be stopped instead."""
        with self._changed:
            self._interrupted = True
            self._changed.notify_all()

    def resume(self) -> None:
        """Take requests again."""
        self._interrupted = False

    def capabilities(self) -> Capabilities:
        """As `Engine.capabilities`; raises KnownError("stopped") if interrupted meanwhile."""
        return self._loaded().capabilities()

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """As `Engine.generate`; cancelled if interrupted before the model is asked."""
        try:
            engine = self._loaded()
        except _StoppedError:
            yield Finished("cancelled")
            return
        except KnownError as error:
            yield Failed(error.code, error.message, error.hint, error.details)
            return
        yield from engine.generate(request)

    def cancel(self, request_id: str) -> None:
        """As `Engine.cancel`."""
        occupant = self._occupant
        if occupant is not None:
            occupant.engine.cancel(request_id)

    def answer_now(self, request_id: str) -> None:
        """As `Engine.answer_now`."""
        occupant = self._occupant
        if occupant is not None:
            occupant.engine.answer_now(request_id)

    def warm(self, prefix: Prefix) -> None:
        """As `Engine.warm`, for the engine in use: another is told anew once it is ready."""
        occupant = self._occupant
        if occupant is not None:
            occupant.engine.warm(prefix)

    def forget(self, conversation: str) -> None:
        """As `Engine.forget`; before there is an engine, it is kept for the first one."""
        with self._changed:
            occupant = self._occupant
            if occupant is None:
                self._forgotten.append(conversation)
                return
        occupant.engine.forget(conversation)

    def close(self) -> None:
        """End the engine, also one that is just being loaded."""
        with self._changed:
            self._closed = True
            self._interrupted = True
            self._changed.notify_all()
            occupant, thread = self._occupant, self._exchange
        if occupant is not None:
            occupant.engine.close()
        if thread is not None:
            thread.join(_JOIN_S)

    def _loaded(self) -> StartableEngine:
        """The engine in use once it is loaded, started again if need be.

        Waits here and not in the engine, where nobody could interrupt it. Raises KnownError with
        the reason if it cannot load, _StoppedError.
        """
        occupant = self._waited()
        if occupant.lost is not None:  # while this waited
            occupant = self._waited()
        return occupant.engine

    def _waited(self) -> _Occupant:
        """Who is in the seat when nothing is loading any more."""
        self._awake()
        with self._changed:
            self._changed.wait_for(self._settled, _LOADING_S)
            if self._interrupted and not self._closed:
                raise _StoppedError
            assert self._occupant is not None
            return self._occupant

    def _settled(self) -> bool:
        loading = self._exchanging or (self._occupant is not None and self._occupant.loading)
        return self._interrupted or not loading

    def _awake(self) -> None:
        """Start the engine in use again if it rests, or is lost and that was told.

        Raises KnownError.
        """
        with self._changed:
            occupant = self._occupant
            if occupant is None:
                raise KnownError("no_model", "No model has been loaded yet.", "Try again.")
            down = occupant.resting or occupant.lost is not None
            if not down or self._exchanging or self._interrupted:
                return
            if occupant.lost is not None and not occupant.told:
                occupant.told = True
                raise occupant.lost
            occupant.lost, occupant.told = None, False
            occupant.resting, occupant.loading = False, True
        try:
            occupant.engine.start()
        except KnownError as error:
            occupant.lost, occupant.told, occupant.loading = error, True, False
            raise

    def _seat(self, model: Path) -> StartableEngine | None:
        """Put a new engine for a model in place and start it; None if the seat is closed."""
        with self._changed:
            if self._closed:
                return None
            self._count += 1
            number = self._count
            engine = self._make(model, lambda stage: self._hear(number, stage))
            self._occupant = _Occupant(number, model, engine)
            forgotten, self._forgotten = self._forgotten, []
        for conversation in forgotten:
            engine.forget(conversation)
        try:
            engine.start()
        except KnownError as error:
            self._hear(number, EngineLost(error))
        return engine

    def _hear(self, number: int, stage: EngineStage) -> None:
        with self._changed:
            occupant = self._occupant
            if self._closed or occupant is None or occupant.number != number:
                return
            match stage:
                case EngineStarting():
                    occupant.loading, occupant.lost, occupant.resting = True, None, False
                case EngineReady():
                    occupant.loading, occupant.lost = False, None
                case EngineLost(error):
                    # Why one could not load is told to who waits for it, before it is tried again.
                    occupant.told = not occupant.loading
                    occupant.loading, occupant.lost = False, error
                case EngineResting():
                    occupant.resting = True
            self._changed.notify_all()
        self._listener(occupant.model, stage)

    def _begin(
        self, work: Callable[[], KnownError | None], ended: Callable[[KnownError | None], None]
    ) -> None:
        """Do `work` in a thread of its own: it waits for processes to end and models to load."""

        def run() -> None:
            try:
                error = work()
            except Exception:
                error = KnownError(
                    "bug",
                    "Phial ran into a mistake of its own while changing the model.",
                    "Start Phial again; if it stays, copy the details and report them.",
                    traceback.format_exc(),
                )
            finally:
                with self._changed:
                    self._exchanging = False
                    self._changed.notify_all()
            if not self._closed:
                ended(error)

        with self._changed:
            if self._exchanging or self._closed:
                return
            self._exchanging = True
            self._exchange = Thread(target=run, name="engine exchange", daemon=True)
        self._exchange.start()

    def _try(self, model: Path) -> KnownError | None:
        """Load `model` in the place of the one in use, or go back; why it was not possible."""
        try:
            check_gguf(model)
        except KnownError as error:
            return error
        last = self._leave()
        try:
            made = self._seat(model)
            if made is not None:
                made.capabilities()
        except KnownError as error:
            self._leave()
            if last is not None and (again := self._seat(last.model)) is not None:
                with suppress(KnownError):  # the listener hears of it
                    again.capabilities()
            return error
        return None

    def _again(self) -> KnownError | None:
        last = self._leave()
        if last is not None:
            self._seat(last.model)
        return None

    def _leave(self) -> _Occupant | None:
        """End the engine in use; who it was."""
        occupant = self._occupant
        if occupant is not None:
            occupant.engine.close()
        return occupant
