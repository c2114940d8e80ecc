"""Python's cycle collector, kept to the window's thread.

Left alone, it runs in whichever thread allocates next, and there destroys whatever Qt objects
lie in dead cycles; Qt aborts where a timer or a watcher is destroyed by another thread than its
own. So automatic collection is off while the window is open, and a timer does it here.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_INTERVAL_MS = 500


class Garbage(QObject):
    """Collects from `start` until `stop`, in the thread both are called in."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._collect)

    def start(self) -> None:
        """Take over. What there is now stays, and is not looked at again, which would take time."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Give back to Python what `start` took."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        gc.enable()

    def _collect(self) -> None:
        """Collect the generations that are due by Python's own thresholds."""
        counts, thresholds = gc.get_count(), gc.get_threshold()
        due = [each for each in range(3) if counts[each] > thresholds[each]]
        if due:
            gc.collect(max(due))
