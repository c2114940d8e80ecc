"""The line above the transcript in which words are looked for."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from app.ui.theme import SPACE, set_icon, set_role

_PAUSE = 200  # ms after a key before words are looked for


class FindBar(QFrame):
    """Asks for words and shows how many were found.

    `words_changed` carries them, stripped, "" for none; `stepped` 1 for the next and -1 for the
    one before; `closed` when it has been left.
    """

    words_changed = Signal(str)
    stepped = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "find")
        self.field = QLineEdit(self)
        self.field.setAccessibleName("Find in this conversation")
        self.field.setPlaceholderText("Find in this conversation")
        self.field.setClearButtonEnabled(True)
        self.count = QLabel(self)
        set_role(self.count, "secondary")
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.back = self._button("chevron-up", "Previous match", "Shift+Enter")
        self.next = self._button("chevron-down", "Next match", "Enter")
        self.leave = self._button("x", "Close", "Esc")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[3], SPACE[0], SPACE[1], SPACE[0])
        row.setSpacing(SPACE[0])
        row.addWidget(self.field, 1)
        for widget in (self.count, self.back, self.next, self.leave):
            row.addWidget(widget)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._tell)
        self.field.textChanged.connect(lambda: self._pause.start())
        self.back.clicked.connect(lambda: self.stepped.emit(-1))
        self.next.clicked.connect(lambda: self.stepped.emit(1))
        self.leave.clicked.connect(self.close_bar)
        self.clear_count()
        self.hide()

    @property
    def words(self) -> str:
        """What is looked for."""
        return self.field.text().strip()

    def open_bar(self) -> None:
        """Show it, with the words looked for last."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._tell()

    def close_bar(self) -> None:
        """Hide it and look for nothing."""
        self._pause.stop()
        self.hide()
        self.words_changed.emit("")
        self.closed.emit()

    def show_count(self, current: int, total: int) -> None:
        """Show "3 of 12", or that nothing was found."""
        self._show(f"{current} of {total}" if total else "None found", total)

    def clear_count(self) -> None:
        """Show no number: nothing is looked for, or it is not known yet."""
        self._show("", 0)

    def _show(self, words: str, total: int) -> None:
        self.count.setText(words)
        self.count.setAccessibleName(words)
        for button in (self.back, self.next):
            button.setEnabled(total > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter for the next match, Shift+Enter for the one before, Esc to close."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._pause.isActive():
                self._tell()
            else:
                back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
                self.stepped.emit(-1 if back else 1)
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        self._pause.stop()
        self.words_changed.emit(self.words)

    def _button(self, name: str, words: str, key: str) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, name)
        button.setAccessibleName(words)
        button.setToolTip(f"{words} ({key})")
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button
