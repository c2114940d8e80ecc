"""Controls whose marks a style sheet cannot draw in the palette's colours."""

from __future__ import annotations

from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QStyle, QStyleOptionButton

from app.ui.labels import draw_icon
from app.ui.theme import SPACE


class TickBox(QCheckBox):
    """A check box with the tick of the icon set."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box as styled, and the tick over it."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        side = min(box.width(), box.height()) - 2
        left, top = box.center().x() - side // 2 + 1, box.center().y() - side // 2 + 1
        draw_icon(QPainter(self), "check", "on_accent", left, top, side)


class Chooser(QComboBox):
    """A combo box with the arrow of the icon set."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box as styled, and the arrow at its end."""
        super().paintEvent(event)
        side = max(16, self.fontMetrics().ascent())
        left, top = self.width() - side - SPACE[1], (self.height() - side) // 2
        draw_icon(QPainter(self), "chevron-down", "secondary", left, top, side)
