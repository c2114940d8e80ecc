"""The rail at the left edge: one button for each view that exists."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.ui.theme import SPACE, set_icon, set_role, small_font

_VIEWS = (
    ("ask", "Ask", "message-square", "Ctrl+1"),
    ("settings", "Settings", "settings", "Ctrl+,"),
)


class Rail(QWidget):
    """`chosen` carries the name of a view: "ask", "settings".

    Exclusive by hand: in a QButtonGroup, Tab would reach only one of the buttons.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "rail")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE[0], SPACE[0], SPACE[0], SPACE[0])
        column.setSpacing(SPACE[0])
        self._buttons: dict[str, QToolButton] = {}
        for name, label, icon, key in _VIEWS:
            button = QToolButton(self)
            button.setText(label)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            set_icon(button, icon)
            button.setCheckable(True)
            button.setToolTip(f"{label} ({key})")
            button.setAccessibleName(label)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setFont(small_font())
            button.clicked.connect(lambda _=False, view=name: self.chosen.emit(view))
            column.addWidget(button)
            self._buttons[name] = button
        column.addStretch(1)

    def show_current(self, name: str) -> None:
        """Mark the view that is in front."""
        for each, button in self._buttons.items():
            button.setChecked(each == name)
