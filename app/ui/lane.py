"""A lane: one thread that does jobs in the order they came, and hands back what came of each.

Nothing about what the jobs are. Code in a lane must not call `threading.current_thread`
(`Thread.join` does, logging too): Python then keeps an entry for a Qt thread for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from app.ui.troubles import trouble_of
from app.ui.views import Trouble


@dataclass(frozen=True)
class _Job:
    work: Callable[[], object]
    done: Callable[[Any], None] | None
    failed: Callable[[Trouble], None] | None


@dataclass(frozen=True)
class _Result:
    job: _Job
    value: object = None
    trouble: Trouble | None = None


class _Hands(QObject):
    """Lives in the lane's thread and does its jobs."""

    finished = Signal(object)

    @Slot(object)
    def do(self, job: _Job) -> None:
        try:
            result = _Result(job, job.work())
        except Exception as error:
            result = _Result(job, trouble=trouble_of(error))
        self.finished.emit(result)


class Lane(QObject):
    """See the module. Made, called and closed in the window's thread.

    `failed` gets the Trouble of a job that named nobody for it.
    """

    failed = Signal(object)  # Trouble
    _given = Signal(object)  # _Job

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._hands = _Hands()
        self._hands.moveToThread(self._thread)
        self._given.connect(self._hands.do, Qt.ConnectionType.QueuedConnection)
        self._hands.finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._closed = False
        self._thread.start()

    def submit(
        self,
        work: Callable[[], Any],
        done: Callable[[Any], None] | None = None,
        failed: Callable[[Trouble], None] | None = None,
    ) -> None:
        """Do `work` in the lane; then `done` gets its value, or `failed` its Trouble, here.

        After `close` nothing is done, and nothing is handed back.
        """
        if not self._closed:
            self._given.emit(_Job(work, done, failed))

    def close(self, wait_ms: int) -> bool:
        """Finish the jobs that were given and end the thread; whether that took at most `wait_ms`.

        May be called again to wait longer. A lane that is still at work must not be deleted.
        """
        if not self._closed:
            self._given.emit(_Job(self._thread.quit, None, None))
            self._closed = True
        return bool(self._thread.wait(wait_ms))

    @Slot(object)
    def _deliver(self, result: _Result) -> None:
        if self._closed:
            return
        job = result.job
        if result.trouble is None:
            if job.done is not None:
                job.done(result.value)
        elif job.failed is not None:
            job.failed(result.trouble)
        else:
            self.failed.emit(result.trouble)
