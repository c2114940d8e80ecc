"""Text that comes in pieces from a lane, handed to the window at most every 33 ms."""

from __future__ import annotations

from collections import deque
from itertools import groupby
from operator import itemgetter

from PySide6.QtCore import QObject, QTimer, Signal

FLUSH_MS = 33


class Stream(QObject):
    """Collects pieces of an answer, and of the thoughts before it, from any thread.

    `flushed` gives those of a kind together in the window's thread, in their order: the text, and
    whether it is a thought.
    """

    flushed = Signal(str, bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pieces: deque[tuple[str, bool]] = deque()
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

    def add(self, text: str, thought: bool = False) -> None:
        """One more piece; from any thread."""
        self._pieces.append((text, thought))

    def flush(self) -> None:
        """Hand over what has come by now."""
        taken = [self._pieces.popleft() for _ in range(len(self._pieces))]
        for thought, run in groupby(taken, key=itemgetter(1)):
            self.flushed.emit("".join(text for text, _ in run), thought)
