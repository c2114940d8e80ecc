"""The line in a transcript below which the model still remembers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, set_role

_WORDS = "Phial remembers from here; what is above no longer fits"
_MORE = (
    "The model looks at a limited length of text at once, and the oldest messages have left it.\n"
    "Say again what matters from above, or choose a larger context in Settings."
)


_LEAST_LINE = SPACE[4]


class MemoryMark(QWidget):
    """A thin line with words in its middle, which wrap only where there is no room for them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = PlainLabel(_WORDS, "secondary", self)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setAccessibleDescription(_MORE)
        self.words.setToolTip(_MORE)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE[2])
        row.addWidget(_line(self), 1)
        row.addWidget(self.words, 0)
        row.addWidget(_line(self), 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the words their width."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Letters of another size take other room."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.layout() is not None:
            self._fit()

    def _fit(self) -> None:
        room = self.width() - 2 * (_LEAST_LINE + SPACE[2])
        words = self.words.fontMetrics().horizontalAdvance(_WORDS) + 2
        self.words.setFixedWidth(max(1, min(words, room)))


def _line(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    set_role(line, "line")
    line.setFixedHeight(1)
    line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return line
