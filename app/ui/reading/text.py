"""Text by others to be read: plain, selectable, as high as it needs, and it loads nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from app.ui.labels import role_colour
from app.ui.theme import set_role

_MARGIN = 6
_MOST = 200_000
"""Characters shown; what is longer says so at its end."""


class ReadingText(QPlainTextEdit):
    """Shows `text`; Tab leaves it, and the keys for copying work."""

    def __init__(self, text: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "entry")
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)
        self.document().setDocumentMargin(_MARGIN)
        cut = text[:_MOST] + "\n[The rest is not shown.]" if len(text) > _MOST else text
        self.setPlainText(cut)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def sizeHint(self) -> QSize:
        """As high as its lines."""
        return QSize(super().sizeHint().width(), self._height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and Enter belong to what is around it."""
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QEvent) -> None:
        """Scroll the page, not the text, which is shown whole."""
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps anew."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The text, with an edge while it has the keyboard."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(role_colour("accent"), 2))
            painter.drawRoundedRect(self.viewport().rect().adjusted(1, 1, -1, -1), 4, 4)
            painter.end()

    def _height(self) -> int:
        lines = max(1, round(self.document().documentLayout().documentSize().height()))
        return lines * self.fontMetrics().lineSpacing() + 2 * _MARGIN + 2

    def _fit(self) -> None:
        height = self._height()
        if height != self.minimumHeight():
            self.setFixedHeight(height)
