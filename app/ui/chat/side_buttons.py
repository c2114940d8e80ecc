"""The small buttons beside the messages of a turn, made when they are first wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QGuiApplication
from PySide6.QtWidgets import QToolButton, QWidget

from app.ui.theme import set_icon

if TYPE_CHECKING:
    from app.ui.chat.turn_widget import TurnWidget

SIDE = 28
"""The side of a button, in device-independent pixels."""

_ICON = 16


class SideButton(QToolButton):
    """A quiet button with an icon; `focused` says that the keyboard came or went."""

    focused = Signal()

    def __init__(
        self, name: str, words: str, tip: str, action: Callable[[], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        set_icon(self, name, "secondary")
        self.setIconSize(QSize(_ICON, _ICON))
        self.setFixedSize(SIDE, SIDE)
        self.setAccessibleName(words)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.clicked.connect(action)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell of it."""
        super().focusInEvent(event)
        self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell of it."""
        super().focusOutEvent(event)
        self.focused.emit()


class SideButtons:
    """Copy for each message of `turn`, and Edit for the user's words while they may be edited."""

    def __init__(self, turn: TurnWidget) -> None:
        self._turn = turn
        self._copy_words: SideButton | None = None
        self._edit: SideButton | None = None
        self._copy_answer: SideButton | None = None

    def of(self, part: QWidget) -> list[QWidget]:
        """The buttons of a message, in the order of Tab."""
        if part is self._turn.bubble:
            found = [self._copy_words, self._edit]
        else:
            found = [self._copy_answer] if part is self._turn.answer else []
        return [button for button in found if button is not None]

    def show(self, wanted: bool) -> None:
        """Show or hide them all."""
        if wanted:
            self._make()
            self.place()
        turn = self._turn
        for button, there in (
            (self._copy_words, True),
            (self._edit, turn.editable),
            (self._copy_answer, turn.answer is not None),
        ):
            if button is not None:
                button.setVisible(wanted and there)

    def place(self) -> None:
        """Put them beside their messages."""
        bubble, answer = self._turn.bubble, self._turn.answer
        left = bubble.x() - SIDE
        for button in (self._copy_words, self._edit):
            if button is not None:
                button.move(left, bubble.y())
                left -= SIDE
        if self._copy_answer is not None and answer is not None:
            self._copy_answer.move(answer.mapTo(self._turn, QPoint(answer.width(), 0)))

    def _make(self) -> None:
        turn = self._turn
        if self._copy_words is None:
            self._copy_words = self._button("copy", "Copy message", "Copy message", turn.copy_words)
            QWidget.setTabOrder(turn.bubble.words, self._copy_words)
        if self._edit is None and turn.editable:
            self._edit = self._button(
                "pencil", "Edit message", "Edit message (Up, in an empty line)", turn.ask_to_edit
            )
            QWidget.setTabOrder(self._copy_words, self._edit)
        if self._copy_answer is None and turn.answer is not None:
            self._copy_answer = self._button("copy", "Copy answer", "Copy answer", turn.copy_answer)
            QWidget.setTabOrder(turn.answer, self._copy_answer)

    def _button(self, name: str, words: str, tip: str, action: Callable[[], None]) -> SideButton:
        button = SideButton(name, words, tip, action, self._turn)
        button.focused.connect(self._turn.show_buttons)
        button.raise_()
        return button


def copy(words: str) -> None:
    """Put words on the clipboard."""
    QGuiApplication.clipboard().setText(words)
