"""A row of widgets that becomes a column where the row would be too narrow."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QWidget


class Turning(QFrame):
    """Lays its widgets across; below a width of `letters` average letters, down.

    Widgets go into `box`; `turned` tells whether it is a column now.
    """

    turned = Signal(bool)

    def __init__(
        self,
        letters: int,
        gaps: tuple[int, int],
        margins: tuple[int, int] = (0, 0),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._letters = letters
        self._gaps = gaps  # across, down
        self.box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self.box.setContentsMargins(margins[0], margins[1], margins[0], margins[1])
        self.box.setSpacing(gaps[0])

    @property
    def is_column(self) -> bool:
        """Whether it is too narrow for a row."""
        return self.box.direction() is QBoxLayout.Direction.TopToBottom

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Turn if need be."""
        super().resizeEvent(event)
        narrow = event.size().width() < self._letters * self.fontMetrics().averageCharWidth()
        if narrow is not self.is_column:
            direction = QBoxLayout.Direction
            self.box.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)
            self.box.setSpacing(self._gaps[narrow])
            self.turned.emit(narrow)
            # Asked for during a layout, the other height would be forgotten.
            QTimer.singleShot(0, self, self.updateGeometry)
