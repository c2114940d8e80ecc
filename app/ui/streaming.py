"""Text that comes in pieces from a lane, handed to the window at most every 33 ms."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QObject, QTimer, Signal

FLUSH_MS = 33


class Stream(QObject):
    """Collects pieces from any thread; `flushed` gives them together in the window's thread."""

    flushed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pieces: deque[str] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(FLUSH_MS)
        self._timer.timeout.connect(self.flush)

    def start(self) -> None:
        """Begin to hand over; call `stop` in the end."""
        self._timer.start()

    def stop(self) -> None:
        """Hand over what is left, and no more."""
        self._timer.stop()
        self.flush()

    def add(self, text: str) -> None:
        """One more piece; from any thread."""
        self._pieces.append(text)

    def flush(self) -> None:
        """Hand over what has come by now."""
        pieces = []
        while self._pieces:
            pieces.append(self._pieces.popleft())
        if pieces:
            self.flushed.emit("".join(pieces))
