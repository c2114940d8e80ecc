"""Why a turn came to no end, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.ui.chat.side_buttons import copy
from app.ui.labels import IconLabel, PlainLabel
from app.ui.theme import SPACE, set_icon, set_role
from app.ui.views import TurnView


class FailedNote(QFrame):
    """The sentence of a FAILED turn with Retry, Edit and, if there are any, Copy details.

    What the user stopped is no failure and is not dressed as one. Where a tool did not take the
    words, saying the same again is of little use: Edit stands first.
    """

    retry_wanted = Signal()
    edit_wanted = Signal()

    def __init__(self, view: TurnView, newest: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = _shown(view)
        set_role(self, "note")
        self.setAccessibleName(view.error)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[2], SPACE[1], SPACE[2], SPACE[1])
        row.setSpacing(SPACE[1])
        column = QVBoxLayout()
        column.setSpacing(SPACE[1])
        if view.stopped:
            self.mark = IconLabel("square", "secondary", "Stopped")
        else:
            self.mark = IconLabel("circle-alert", "danger", "Failed")
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        self.sentence = PlainLabel(view.error, "secondary" if view.stopped else "")
        column.addWidget(self.sentence)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(SPACE[1])
        column.addLayout(self._buttons)
        self._add_buttons(view)
        self.set_newest(newest)

    def _add_buttons(self, view: TurnView) -> None:
        self.retry = self._button("Retry", "rotate-ccw")
        self.retry.clicked.connect(self.retry_wanted)
        self.edit = self._button("Edit", "pencil")
        self.edit.clicked.connect(self.edit_wanted)
        edit_first = bool(view.step) and not view.stopped
        self.buttons = [self.edit, self.retry] if edit_first else [self.retry, self.edit]
        set_role(self.buttons[1], "quiet")
        if view.details:
            copying = self._button("Copy details", "")
            set_role(copying, "quiet")
            copying.setToolTip("Copy what went wrong, for a report")
            copying.clicked.connect(lambda: copy(view.details))
            self.buttons.append(copying)
        for button in self.buttons:
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)

    def _button(self, words: str, name: str) -> QPushButton:
        button = QPushButton(words, self)
        set_icon(button, name)
        button.setAccessibleName(words)
        return button

    def set_newest(self, newest: bool) -> None:
        """Name the keys that reach only the newest turn, or leave them out."""
        self.retry.setToolTip(f"Try again{' (Ctrl+R)' if newest else ''}")
        key = " (Up, in an empty line)" if newest else ""
        self.edit.setToolTip(f"Change your words and ask again{key}")

    def shows(self, view: TurnView) -> bool:
        """Whether it would be the same for `view`."""
        return self._shown == _shown(view)


def _shown(view: TurnView) -> tuple[object, ...]:
    return (view.error, view.details, view.stopped, bool(view.step))
