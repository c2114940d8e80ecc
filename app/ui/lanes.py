"""The window's two lanes, and what lies open in each: STORE with a Desk, ENGINE with an Asking.

They have a connection to phial.db each, so that an Undo never waits for a model that speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.store.settings import Settings
from app.ui.lane import Lane
from app.ui.parts import Parts, Seat, StageHeard
from app.ui.views import SettingsView, Trouble

if TYPE_CHECKING:
    from app.ui.asking import Asking
    from app.ui.desk import Desk

_TURN_MS = 1500
"""How long a turn may take to end after Stop before the engine is ended under it."""

_LANE_MS = 4000

Failed = Callable[[Trouble], None]


class Lanes(QObject):
    """See the module. Made, called and closed in the window's thread.

    `failed` gets the Trouble of work that named nobody for it; `heard` the engine's stages, in
    any thread.
    """

    failed = Signal(object)  # Trouble

    def __init__(self, parts: Parts, heard: StageHeard, parent: QObject) -> None:
        """Starts no thread yet."""
        super().__init__(parent)
        self._parts = parts
        self._heard = heard
        self._lanes: tuple[Lane, Lane] | None = None
        self._seat: Seat | None = None
        # Each is set, used and left in its lane; the lock is let go when both have ended.
        self._desk: Desk | None = None
        self._asking: Asking | None = None
        self._held, self._store_rooms, self._engine_rooms = ExitStack(), ExitStack(), ExitStack()

    @property
    def seat(self) -> Seat:
        """The engine's place, once the profile is open."""
        assert self._seat is not None
        return self._seat

    def open(self, done: Callable[[SettingsView], None], failed: Failed) -> None:
        """Lock and open the profile; may be tried again after it failed."""
        if self._lanes is None:
            self._lanes = Lane("store", self), Lane("engine", self)
            for lane in self._lanes:
                lane.failed.connect(self.failed)
        self._lanes[0].submit(self._open_store, done, failed)

    def start_engine(self, settings: Settings) -> None:
        """Begin loading the model, and open what answers requests."""
        self._parts.tune(settings)

        def start() -> None:
            self.seat.start(self._parts.model(settings))
            self._open_asking(settings)

        self._lane(1).submit(start)

    def reload_engine(self, settings: Settings) -> None:
        """Load the model in use again, by these settings."""
        self._parts.tune(settings)
        self.seat.restart()

    def warm(self, settings: Settings) -> None:
        """Have the engine, which is ready, read what every request begins with.

        Where that fails, the next request finds out, and tells.
        """
        self.with_asking(settings, lambda asking: asking.warm(), failed=lambda trouble: None)

    def rest_engine(self, done: Callable[[bool], None]) -> None:
        """Free the engine's memory, unless it is at work after all; `done` hears whether so."""
        self._lane(1).submit(self.seat.rest, done)

    def wake_engine(self) -> None:
        """Load an engine that rests."""
        self._lane(1).submit(self.seat.wake)

    def preload(self) -> None:
        """Load what the first request will need, in the lane that it does not wait for."""
        self._lane(0).submit(self._parts.preload)

    def with_desk(
        self,
        work: Callable[[Desk], Any],
        done: Callable[[Any], None],
        failed: Failed | None = None,
    ) -> None:
        """Let the STORE lane do `work`; the profile is open."""

        def in_lane() -> object:
            assert self._desk is not None
            return work(self._desk)

        self._lane(0).submit(in_lane, done, failed)

    def with_asking(
        self,
        settings: Settings,
        work: Callable[[Asking], Any],
        done: Callable[[Any], None] | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Let the ENGINE lane do `work`; the profile is open."""
        self._lane(1).submit(lambda: work(self._open_asking(settings)), done, failed)

    def stop_turn(self) -> None:
        """Stop the turn under way, also one that waits for the model."""
        self.seat.interrupt()
        asking = self._asking
        if asking is not None:
            asking.stop()

    def answer_now(self) -> None:
        """Have the model of the turn under way stop thinking and answer."""
        asking = self._asking
        if asking is not None:
            asking.answer_now()

    def close(self, last: Callable[[Desk], None]) -> bool:
        """End the engine and the threads; False if a lane is still at work after seconds.

        `last` is done in the STORE lane once the turn under way has ended, if the profile is open.
        """
        if self._lanes is None:
            return True
        store, engine = self._lanes
        engine.submit(self._engine_rooms.close)
        engine.close(_TURN_MS)
        if self._seat is not None:
            self._seat.close()
        store.submit(lambda: self._close_store(last))
        ended = all([store.close(_LANE_MS), engine.close(_LANE_MS)])
        if ended:
            self._held.close()
        return ended

    def _lane(self, index: int) -> Lane:
        assert self._lanes is not None
        return self._lanes[index]

    def _open_store(self) -> SettingsView:
        from app.ui.desk import Desk

        self._seat = self._seat or self._parts.seat(self._heard)
        with ExitStack() as held, ExitStack() as rooms:
            paths = held.enter_context(self._parts.hold())
            desk = Desk(paths, rooms.enter_context(self._parts.rooms()), self._parts.clock)
            view = desk.read_settings()
            self._desk = desk
            self._held, self._store_rooms = held.pop_all(), rooms.pop_all()
        return view

    def _close_store(self, last: Callable[[Desk], None]) -> None:
        with self._store_rooms:
            if self._desk is not None:
                last(self._desk)

    def _open_asking(self, settings: Settings) -> Asking:
        """Who answers requests; opened again if that was impossible before."""
        from app.ui.asking import Asking

        if self._asking is None:
            rooms = self._engine_rooms.enter_context(self._parts.rooms())
            self._asking = Asking(rooms, settings, self._parts.clock)
        return self._asking
