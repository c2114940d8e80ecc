"""A card that waits for an answer: its keys, and when they may be taken for one."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QGroupBox, QVBoxLayout, QWidget

from app.ui.cards.buttons import OptionRow
from app.ui.theme import SPACE, set_role

PAUSE = 0.5
"""Seconds after it appears in which no key is taken for a yes: it was meant for something else."""

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_STEP = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
_HELD = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.ShiftModifier
    | Qt.KeyboardModifier.MetaModifier
)


class WaitingCard(QGroupBox):
    """The frame of a card with `rows` to choose from; after one answer it takes no other.

    A group box, so that a screen reader takes it for a group and not for an ornament.

    `turn` is the one that waits. `clock` gives seconds that only rise. `sends`: a yes leaves the
    machine, so it takes Ctrl+Enter, and a number only selects. `keys` rows have a number key.
    Whoever scrolls it says with `seen` whether its buttons have been in view since it appeared.
    """

    chosen = Signal(int)
    declined = Signal()

    def __init__(
        self,
        turn: int,
        keys: int,
        sends: bool,
        clock: Callable[[], float] | None,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.turn = turn
        self.seen = True
        self.rows: tuple[OptionRow, ...] = ()
        self.selected = 0
        self._keys = keys
        self._sends = sends
        self._clock = clock or time.monotonic
        self._shown_at: float | None = None
        self._answered = False
        set_role(self, "card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(SPACE[3], SPACE[2], SPACE[3], SPACE[2])
        self.column.setSpacing(SPACE[2])

    def select(self, index: int) -> None:
        """Mark a row as the one Enter takes."""
        self.selected = index
        for place, row in enumerate(self.rows):
            row.setChecked(place == index)

    def take(self, index: int) -> None:
        """Answer with a row, from 0, once."""
        if self._close():
            self.chosen.emit(index)

    def decline(self) -> None:
        """Answer no, once."""
        if self._close():
            self.declined.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin the pause when it first appears."""
        super().showEvent(event)
        if self._shown_at is None:
            self._shown_at = self._clock()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys of the card and of all that is in it."""
        key, held = event.key(), event.modifiers() & _HELD
        plain = held == Qt.KeyboardModifier.NoModifier
        if key in _ENTER:
            self._enter(event, held)
        elif key == Qt.Key.Key_Escape and plain:
            self.decline()
        elif plain and 0 <= key - Qt.Key.Key_1 < min(self._keys, len(self.rows)):
            self._number(key - Qt.Key.Key_1, event)
        elif plain and key in _STEP and self._has_row(self.selected + _STEP[Qt.Key(key)]):
            self._focus_row(self.selected + _STEP[Qt.Key(key)])
        else:
            super().keyPressEvent(event)

    def _enter(self, event: QKeyEvent, held: Qt.KeyboardModifier) -> None:
        wanted = Qt.KeyboardModifier
        expected = wanted.ControlModifier if self._sends else wanted.NoModifier
        if held == expected and self._is_meant(event):
            self.take(self.selected)

    def _number(self, index: int, event: QKeyEvent) -> None:
        if self._sends:
            self._focus_row(index)
        elif self._is_meant(event):
            self.take(index)

    def _has_row(self, index: int) -> bool:
        return 0 <= index < len(self.rows) and not self._answered

    def _focus_row(self, index: int) -> None:
        if self._has_row(index):
            self.select(index)
            self.rows[index].setFocus(Qt.FocusReason.OtherFocusReason)

    def _is_meant(self, event: QKeyEvent) -> bool:
        """Whether a key can be an answer: the card was there to be seen when it was pressed."""
        if self._shown_at is None or not self.seen or event.isAutoRepeat():
            return False
        return self._clock() - self._shown_at >= PAUSE

    def _close(self) -> bool:
        """Take no further answer. Returns False if there was one."""
        if self._answered:
            return False
        self._answered = True
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            self.setFocus(Qt.FocusReason.OtherFocusReason)  # a disabled button would lose it
        for child in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            child.setEnabled(False)
        return True
