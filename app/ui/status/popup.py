"""The small window that explains a part of the status line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, section_font, set_role

_LETTERS = 46  # width of the sentences, in average letters


@dataclass(frozen=True)
class Deed:
    """A button of the popup and what it does; the popup closes first, unless it `stays`."""

    name: str
    do: Callable[[], None]
    stays: bool = False


class Popup(QFrame):
    """Sentences under a title, and what can be done. Escape closes; the focus goes back."""

    def __init__(
        self, title: str, sentences: Sequence[str], deeds: Sequence[Deed], opener: QWidget
    ) -> None:
        super().__init__(opener, Qt.WindowType.Popup)
        set_role(self, "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(title)
        self.setAccessibleDescription(" ".join(sentences))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._opener = opener
        inside = self._inside = QWidget()
        set_role(inside, "plain")
        column = self._column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE[3], SPACE[2], SPACE[3], SPACE[3])
        column.setSpacing(SPACE[1])
        heading = PlainLabel(title)
        heading.setFont(section_font())
        column.addWidget(heading)
        for sentence in sentences:
            label = PlainLabel(sentence)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(label)
        self.buttons = tuple(self._button(deed) for deed in deeds)
        for button in self.buttons:
            column.addWidget(button)
        column.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName(title)
        self._scroll.setAccessibleDescription(" ".join(sentences))
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus if deeds else Qt.FocusPolicy.StrongFocus)
        self._around = QVBoxLayout(self)
        self._around.setContentsMargins(0, 0, 0, 0)
        self._around.addWidget(self._scroll)

    def open(self) -> None:
        """Show it above its opener, inside the window and never larger than it."""
        window = self._opener.window()
        width = min(
            _LETTERS * self.fontMetrics().averageCharWidth() + 2 * SPACE[3],
            window.width() - 2 * SPACE[1],
        )
        self._resize_to_fit(width, window.height() - 2 * SPACE[1])
        corner = window.mapToGlobal(QPoint(0, 0))
        wanted = self._opener.mapToGlobal(QPoint(0, 0)) - QPoint(0, self.height() + SPACE[0])
        right = corner.x() + window.width() - SPACE[1] - width
        left = max(corner.x() + SPACE[1], min(wanted.x(), right))
        self.move(left, max(corner.y() + SPACE[1], wanted.y()))
        self.show()
        first = self.buttons[0] if self.buttons else self._scroll
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _resize_to_fit(self, width: int, most: int) -> None:
        """As high as its words need at that width, at most `most`, beyond which it scrolls."""
        self.ensurePolished()
        self.resize(width, most)
        self._around.activate()
        frame = self.size() - self._scroll.size()
        self._inside.ensurePolished()
        words = self._column.totalHeightForWidth(width - frame.width())
        self.resize(width, min(words + frame.height(), most))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give the focus back."""
        super().closeEvent(event)
        self._opener.setFocus(Qt.FocusReason.PopupFocusReason)

    def _button(self, deed: Deed) -> QPushButton:
        button = QPushButton(deed.name, self)
        button.setAutoDefault(True)  # Enter presses it
        button.setAccessibleName(deed.name)

        def pressed() -> None:
            if not deed.stays:
                self.close()
            deed.do()

        button.clicked.connect(pressed)
        return button


def copy_to_clipboard(text: str) -> None:
    """Put plain text on the clipboard."""
    QApplication.clipboard().setText(text)
