"""Buttons inside a card: they leave the keys that answer it to the card."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.core.proposals import Option
from app.ui.cards.wording import option_words
from app.ui.labels import IconLabel, PlainLabel
from app.ui.theme import SPACE, set_role

_KEY = Qt.Key
_ENTER = (_KEY.Key_Return, _KEY.Key_Enter)
_ARROWS = (_KEY.Key_Up, _KEY.Key_Down, _KEY.Key_Left, _KEY.Key_Right)


class CardButton(QPushButton):
    """A button that leaves the arrows to its card, and Enter too unless it `enters`.

    Only the card knows when Enter may be taken for a yes; some platforms would press the button.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, enters: bool) -> None:
        super().__init__(text, parent)
        self._enters = enters

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter as told; Space presses it."""
        if event.key() in _ENTER and self._enters:
            if not event.isAutoRepeat():
                self.click()
        elif event.key() in _ENTER + _ARROWS:
            event.ignore()
        else:
            super().keyPressEvent(event)


class OptionRow(CardButton):
    """One way to answer: its key, its label, and why it is offered; the words wrap."""

    def __init__(self, number: int, option: Option, keys: int, parent: QWidget) -> None:
        super().__init__("", parent, enters=False)
        set_role(self, "option")
        self.setCheckable(True)
        self.setAccessibleName(option_words(number, option))
        has_key = number <= keys
        if has_key:
            self.setToolTip(f"Press {number}")
        across = QHBoxLayout(self)
        across.setContentsMargins(SPACE[2], SPACE[1], SPACE[2], SPACE[1])
        across.setSpacing(SPACE[1])
        key = PlainLabel(str(number) if has_key else "·", "secondary")
        key.setFixedWidth(self.fontMetrics().horizontalAdvance("0") + SPACE[0])
        across.addWidget(key, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(SPACE[0] // 2)
        label = PlainLabel(option.label)
        label.set_bold()
        words.addWidget(label)
        if option.reason:
            words.addLayout(reason_line(option))
        across.addLayout(words, 1)
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """As large as its words; a push button would not look at them."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`, and as narrow as need be."""
        layout = self.layout()
        return layout.minimumSize() if layout is not None else super().minimumSizeHint()


def note_line(text: str, role: str) -> QHBoxLayout:
    """What should be known before agreeing; in the colour of `role`."""
    line = QHBoxLayout()
    line.setSpacing(SPACE[0])
    line.addWidget(IconLabel("info", "secondary", "Note"), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(PlainLabel(text, role), 1)
    return line


def reason_line(option: Option) -> QHBoxLayout:
    """Why an option is offered; with a warning where it is to be weighed first."""
    line = QHBoxLayout()
    line.setSpacing(SPACE[0] if option.doubtful else 0)
    if option.doubtful:
        mark = IconLabel("triangle-alert", "warning", "Warning")
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(PlainLabel(option.reason, "" if option.doubtful else "secondary"), 1)
    return line
