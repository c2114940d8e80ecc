"""An import from the window: a lane of its own, so that nothing else waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.text import printable
from app.store.settings import Settings
from app.ui.lane import Lane
from app.ui.parts import Parts
from app.ui.views import ImportView, Trouble

if TYPE_CHECKING:
    from app.importing.report import ImportReport

_TOLD_S = 0.1


class Importing(QObject):
    """One import at a time. Made, called and closed in the window's thread.

    `post` calls something there from any thread. `changed` carries an ImportView while it goes on
    and when it ends; `ended` follows what has come in.
    """

    changed = Signal(object)  # ImportView
    ended = Signal()

    def __init__(
        self, parts: Parts, post: Callable[[Callable[[], None]], None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._parts = parts
        self._post = post
        self._lane: Lane | None = None
        self._stop = Event()
        self._running = False
        self._told = 0.0

    @property
    def running(self) -> bool:
        """Whether an import goes on."""
        return self._running

    def start(self, chosen: tuple[Path, ...], settings: Settings) -> None:
        """Import files and folders, unless an import goes on."""
        if self._running or not chosen:
            return
        self._running = True
        self._stop.clear()
        self._lane = self._lane or Lane("import", self)
        self.changed.emit(ImportView(running=True, what="Looking for files"))
        self._lane.submit(
            lambda: self._parts.import_files(chosen, settings, self._tell, self._stop.is_set),
            self._on_done,
            self._on_failed,
        )

    def stop(self) -> None:
        """End the import; what came in stays."""
        self._stop.set()

    def close(self, wait_ms: int) -> bool:
        """Stop, and end the thread; whether that took at most `wait_ms`."""
        self.stop()
        return self._lane is None or self._lane.close(wait_ms)

    def _tell(self, done: int, total: int, what: str) -> None:
        """In the lane: pass on how far it is, ten times a second at most."""
        now = time.monotonic()
        if now - self._told < _TOLD_S:
            return
        self._told = now
        percent = 100 * done // total if total else 0
        name = " ".join(printable(Path(what).name).split())
        self._post(partial(self.changed.emit, ImportView(True, percent, name)))

    def _on_done(self, report: ImportReport) -> None:
        from app.importing.wording import report_lines

        lines = list(report_lines(report))
        if report.stopped:
            lines.insert(0, "Stopped. What had come in stays.")
        if report.error is not None:
            lines.insert(0, report.error.sentence())
        self._end(lines or ["Nothing was found to import."])

    def _on_failed(self, trouble: Trouble) -> None:
        self._end([f"{trouble.message} {trouble.hint}".strip()])

    def _end(self, lines: list[str]) -> None:
        self._running = False
        self.changed.emit(ImportView(lines=tuple(lines)))
        self.ended.emit()
