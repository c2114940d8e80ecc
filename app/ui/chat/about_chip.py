"""The line above the composer that says what "it" means: the message or event that is open."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, set_icon, set_role

_LONGEST = 120


class AboutChip(QFrame):
    """Hidden unless something is meant; `dropped` when the user takes it away."""

    dropped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "note")
        self._words = PlainLabel("", "secondary", self)
        self.drop_button = QToolButton(self)
        set_icon(self.drop_button, "x", "secondary")
        self.drop_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.drop_button.setAccessibleName("Ask without what is open")
        self.drop_button.setToolTip("Ask without it")
        self.drop_button.clicked.connect(self.dropped)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[1], 0, SPACE[0], 0)
        row.setSpacing(SPACE[1])
        row.addWidget(self._words, 1)
        row.addWidget(self.drop_button)
        self.hide()

    def show_about(self, title: str) -> None:
        """Say what is meant, "" for nothing."""
        short = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"
        self._words.show_text(f"“It” is “{short}”" if title else "")
        self.drop_button.setAccessibleName(f"Ask without “{short}”")
        self.setVisible(bool(title))
