"""What the window does for its engine unasked: warm it up, put it to rest, load it by new settings.

Everything is done in the window's thread; what takes time, in the lanes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.core.engine_life import EngineReady, EngineResting, EngineStage
from app.store.settings import Settings
from app.ui.lanes import Lanes
from app.ui.views import EngineStatus

_SMALL_BYTES = 50_000_000
"""A model file below this takes little memory, and is left loaded."""

_MINUTE_MS = 60_000


class EngineCare(QObject):
    """See the module. `busy` tells whether a turn is under way."""

    def __init__(self, lanes: Lanes, busy: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._busy = busy
        self._settings: Settings | None = None  # until the profile is open
        self._file = ""
        self._resting = False
        self._outdated = False  # the engine was loaded by settings that no longer hold
        self._idle = QTimer(self)
        self._idle.setSingleShot(True)
        self._idle.timeout.connect(self._rest)

    def begin(self, settings: Settings) -> None:
        """The profile is open: start the engine."""
        self._settings = settings
        self._lanes.start_engine(settings)

    def use(self, settings: Settings) -> None:
        """These settings hold; an engine loaded by others is loaded again once it is free."""
        before, self._settings = self._settings, settings
        if before is None:
            return
        if (before.context, before.kv) != (settings.context, settings.kv):
            self._outdated = True
        self._reload()
        if before.rest_minutes != settings.rest_minutes:
            self._wait()

    def hear(self, status: EngineStatus, stage: EngineStage | None) -> None:
        """The status of the engine, and the stage behind it, None where there is none."""
        self._file = status.file
        if stage is not None:
            self._resting = isinstance(stage, EngineResting)
        if isinstance(stage, EngineReady) and self._settings is not None:
            if not self._busy():
                self._lanes.seat.resume()  # a Stop of before is not meant for this
            self._lanes.warm(self._settings)
            self._wait()
        self._reload()

    def turn_over(self) -> None:
        """The turn under way has ended."""
        self._wait()
        self._reload()

    def wake(self) -> None:
        """Something is about to be asked: load an engine that rests, and let no other rest now."""
        if self._resting:
            self._resting = False
            self._lanes.wake_engine()
        elif self._idle.isActive():
            self._wait()

    def close(self) -> None:
        """Do nothing more unasked."""
        self._idle.stop()

    def _reload(self) -> None:
        if self._settings is None or self._busy() or self._lanes.seat.exchanging:
            return  # a turn or an exchange has to end first
        if self._outdated:
            self._outdated = False
            self._lanes.reload_engine(self._settings)

    def _wait(self) -> None:
        minutes = self._settings.rest_minutes if self._settings is not None else 0
        if minutes:
            self._idle.start(minutes * _MINUTE_MS)
        else:
            self._idle.stop()

    def _rest(self) -> None:
        if self._busy():
            self._wait()
        elif not _is_small(self._file):
            self._lanes.rest_engine(lambda rested: None if rested else self._wait())


def _is_small(file: str) -> bool:
    try:
        return Path(file).stat().st_size < _SMALL_BYTES
    except OSError:
        return False  # what it takes is not known
