"""What stands above the chat while the profile cannot be opened."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import SPACE, set_role
from app.ui.views import ProfileTrouble


class ProfileNotice(QWidget):
    """Hidden unless there is trouble; `again_wanted` when the user has mended it."""

    again_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = QLabel(self)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        set_role(self._sentence, "danger")
        again = QPushButton("Try again", self)
        again.setAccessibleName("Try to open the profile again")
        again.clicked.connect(self._again)
        note = QFrame(self)
        set_role(note, "note")
        row = QHBoxLayout(note)
        row.setContentsMargins(SPACE[3], SPACE[2], SPACE[3], SPACE[2])
        row.setSpacing(SPACE[2])
        row.addWidget(self._sentence, 1)
        row.addWidget(again)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(SPACE[3], SPACE[1], SPACE[3], SPACE[1])
        whole.addWidget(note)
        self._button = again
        self.hide()

    def show_trouble(self, trouble: ProfileTrouble) -> None:
        """Say why nothing works yet and offer another try."""
        self._sentence.setText(f"{trouble.message} {trouble.hint}".strip())
        self._button.setEnabled(True)
        self.show()
        self._button.setFocus()

    def clear(self) -> None:
        """The profile is open."""
        self.hide()

    def _again(self) -> None:
        self._button.setEnabled(False)
        self.again_wanted.emit()
