"""The small window that explains a part of the status line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt, Signal
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
    """Sentences under a title, and what can be done. Escape closes; the focus goes back.

    `closed` when it is no longer to be used.
    """

    closed = Signal()

    def __init__(
        self, title: str, sentences: Sequence[str], deeds: Sequence[Deed], opener: QWidget
    ) -> None:
        super().__init__(opener, Qt.WindowType.Popup)
        set_role(self, "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._opener = opener
        inside = self._inside = QWidget()
        set_role(inside, "plain")
        column = self._column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE[3], SPACE[2], SPACE[3], SPACE[3])
        column.setSpacing(SPACE[1])
        self._heading = PlainLabel()
        self._heading.setFont(section_font())
        column.addWidget(self._heading)
        self._words: list[PlainLabel] = []
        self.buttons: tuple[QPushButton, ...] = ()
        column.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._around = QVBoxLayout(self)
        self._around.setContentsMargins(0, 0, 0, 0)
        self._around.addWidget(self._scroll)
        self._fill(title, sentences, deeds)

    @property
    def opener(self) -> QWidget:
        """The part of the line it explains."""
        return self._opener

    def show_instead(self, title: str, sentences: Sequence[str], deeds: Sequence[Deed]) -> None:
        """Say something else while it is open; the focus stays on a button of the same name."""
        focused = self.focusWidget()
        name = focused.text() if isinstance(focused, QPushButton) else ""
        self._fill(title, sentences, deeds)
        self._place()
        same = [button for button in self.buttons if button.text() == name]
        first: Sequence[QWidget] = same or self.buttons or (self._scroll,)
        first[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _fill(self, title: str, sentences: Sequence[str], deeds: Sequence[Deed]) -> None:
        for spoken in (self, self._scroll):
            spoken.setAccessibleName(title)
            spoken.setAccessibleDescription(" ".join(sentences))
        for old in (*self._words, *self.buttons):
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._heading.show_text(title)
        self._words = [PlainLabel(sentence) for sentence in sentences]
        self.buttons = tuple(self._button(deed) for deed in deeds)
        for label in self._words:
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for place, row in enumerate((*self._words, *self.buttons)):
            self._column.insertWidget(place + 1, row)
            row.show()  # now: it may get the focus
        focus = Qt.FocusPolicy
        self._scroll.setFocusPolicy(focus.NoFocus if deeds else focus.StrongFocus)

    def open(self) -> None:
        """Show it above its opener, inside the window and never larger than it."""
        self._place()
        self.show()
        first = self.buttons[0] if self.buttons else self._scroll
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    def _place(self) -> None:
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

    def _resize_to_fit(self, width: int, most: int) -> None:
        """As high as its words need at that width, at most `most`, beyond which it scrolls."""
        self.ensurePolished()
        self.resize(width, most)
        self._around.activate()
        frame = self.size() - self._scroll.size()
        self._inside.ensurePolished()
        words = self._column.totalHeightForWidth(width - frame.width())
        policy, fits = Qt.ScrollBarPolicy, words + frame.height() <= most
        # Left to itself, a bar may take room of its own and so become needed.
        self._scroll.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if fits else policy.ScrollBarAsNeeded
        )
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
        self.closed.emit()
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
