"""What was done, as one line that can be taken back."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.ui.cards.buttons import CardButton
from app.ui.cards.comparison import Comparison
from app.ui.cards.wording import changes_words, first_words
from app.ui.labels import IconLabel, PlainLabel
from app.ui.theme import SPACE, set_icon, set_role
from app.ui.views import DoneCard


class DoneLine(QFrame):
    """The sentence of what was done, with Undo, or Do again; opens to before and after.

    `undo_wanted` carries the card's `undo_id`; the button then waits for `show_done`.
    """

    undo_wanted = Signal(str)

    def __init__(self, done: DoneCard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "done")
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE[2], SPACE[0], SPACE[0], SPACE[0])
        column.setSpacing(SPACE[1])
        line = QHBoxLayout()
        line.setSpacing(SPACE[1])
        self._mark = IconLabel("circle-check", "good", "")
        self.sentence = PlainLabel()
        self.undo = CardButton(parent=self, enters=True)
        set_role(self.undo, "quiet")
        self.undo.clicked.connect(self._undo)
        self.opener = QToolButton(self)
        self.opener.setCheckable(True)
        self.opener.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.opener.toggled.connect(self._open)
        line.addWidget(self._mark)
        line.addWidget(self.sentence, 1)
        line.addWidget(self.undo)
        line.addWidget(self.opener)
        column.addLayout(line)
        self.comparison = Comparison((), self)
        self.comparison.setContentsMargins(0, 0, SPACE[1], SPACE[0])
        column.addWidget(self.comparison)
        self.show_done(done)

    def show_done(self, done: DoneCard) -> None:
        """Replace what is shown; whether it is open stays."""
        self._done = done
        words = f"Undone: {done.sentence}" if done.undone else done.sentence
        if done.undone:
            self._mark.show_icon("undo-2", "secondary", "Undone")
        else:
            self._mark.show_icon("circle-check", "good", "Done")
        self.sentence.show_text(words)
        set_role(self.sentence, "secondary" if done.undone else "")
        name = "Do again" if done.undone else "Undo"
        self.undo.setText(name)
        self.undo.setAccessibleName(f"{name}: {first_words(done.sentence)}")
        key = "" if done.undone else " (Ctrl+Z takes back the last one)"
        self.undo.setToolTip(f"{'Make' if done.undone else 'Take back'} this change{key}")
        set_icon(self.undo, "redo-2" if done.undone else "undo-2")
        self.undo.setVisible(bool(done.undo_id))
        self.undo.setEnabled(True)
        self.opener.setVisible(bool(done.changes))
        self.comparison.show_changes(done.changes)
        self._open(self.opener.isChecked())
        self.setAccessibleName(words)
        self.setAccessibleDescription(changes_words(done.changes))

    def _undo(self) -> None:
        self.undo.setEnabled(False)
        self.undo_wanted.emit(self._done.undo_id)

    def _open(self, opened: bool) -> None:
        self.comparison.setVisible(opened and bool(self._done.changes))
        set_icon(self.opener, "chevron-down" if opened else "chevron-right", "secondary")
        words = "Hide what changed" if opened else "Show what changed"
        self.opener.setAccessibleName(words)
        self.opener.setToolTip(words)
