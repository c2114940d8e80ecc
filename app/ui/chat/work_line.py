"""One slim line above the composer: what is going on, and what has just been done."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QWidget,
)

from app.ui.labels import plain_tooltip
from app.ui.theme import SPACE, set_icon, set_role, tokens
from app.ui.views import Notice, Work

NOTICE_MS = 10_000
"""How long a notice stays, in milliseconds; longer while the mouse or the keyboard is on it."""

_BEAT_MS = 400
_DOTS = 3


class WorkLine(QWidget):
    """Shows the work under way and a notice side by side; its height never changes for them.

    `undo_wanted` carries a change's id, `restore_wanted` a conversation.
    """

    undo_wanted = Signal(str)
    restore_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notice: Notice | None = None
        self.dots = Dots(self)
        self.work = ShortLabel(self)
        set_role(self.work, "secondary")
        self.notice = ShortLabel(self)
        self.undo = QPushButton("Undo", self)
        set_role(self.undo, "quiet")
        set_icon(self.undo, "undo-2")
        self.undo.setAccessibleName("Undo")
        self.undo.clicked.connect(self._undo)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[0], 0, 0, 0)
        row.setSpacing(SPACE[1])
        row.addWidget(self.dots)
        row.addWidget(self.work, 1)
        row.addWidget(self.notice, 1)
        row.addWidget(self.undo)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTICE_MS)
        self._timer.timeout.connect(self._leave_notice)
        self.undo.installEventFilter(self)
        self._fit_height()
        for part in (self.dots, self.work, self.notice, self.undo):
            part.hide()

    def show_work(self, work: Work | None) -> None:
        """Say what is going on; None for nothing."""
        self.work.show_text(work.words if work is not None else "")
        self.work.setVisible(work is not None)
        self.dots.setVisible(work is not None)

    def show_notice(self, notice: Notice) -> None:
        """Say what has been done, for a while, with Undo if it can be taken back."""
        self._notice = notice
        self.notice.show_text(notice.text)
        self.notice.show()
        undoable = bool(notice.undo_change or notice.restore)
        self.undo.setVisible(undoable)
        self.undo.setToolTip("Undo (Ctrl+Z)" if notice.undo_change else "Undo")
        self._timer.start()

    def clear_notice(self) -> None:
        """Take the notice away."""
        self._timer.stop()
        self._notice = None
        self.notice.hide()
        self.undo.hide()

    def _undo(self) -> None:
        notice = self._notice
        self.clear_notice()
        if notice is not None and notice.undo_change:
            self.undo_wanted.emit(notice.undo_change)
        elif notice is not None and notice.restore:
            self.restore_wanted.emit(notice.restore)

    def _leave_notice(self) -> None:
        if not self._is_attended():
            self.clear_notice()

    def _is_attended(self) -> bool:
        return self.underMouse() or self.undo.hasFocus()

    def _wait_again(self) -> None:
        if self._notice is not None and not self._timer.isActive():
            self._timer.start()

    def leaveEvent(self, event: QEvent) -> None:
        """Let the notice go some time after the mouse has left."""
        super().leaveEvent(event)
        self._wait_again()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the notice go some time after the keyboard has left Undo."""
        if event.type() is QEvent.Type.FocusOut:
            self._wait_again()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.layout() is not None:
            self._fit_height()

    def _fit_height(self) -> None:
        self.setFixedHeight(max(self.undo.sizeHint().height(), self.work.sizeHint().height()))


class ShortLabel(QLabel):
    """One line of plain text, cut short where there is no room; a tooltip has it whole."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_text(self, words: str) -> None:
        """Replace the text."""
        self._words = " ".join(words.split())
        self.setAccessibleName(self._words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        fitting = self.fontMetrics().elidedText(
            self._words, Qt.TextElideMode.ElideRight, max(0, self.width())
        )
        self.setText(fitting)
        self.setToolTip("" if fitting == self._words else plain_tooltip(self._words))


class Dots(QWidget):
    """Three dots, one after the other stronger; they stand still if motion is unwanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._at = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self.setAccessibleName("Working")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    @property
    def moving(self) -> bool:
        """Whether they move now."""
        return self._timer.isActive()

    def sizeHint(self) -> QSize:
        """In proportion to the text."""
        unit = self._unit()
        return QSize(unit * (3 * _DOTS - 1), unit * 2)

    def setVisible(self, visible: bool) -> None:
        """Move only while seen."""
        super().setVisible(visible)
        if visible and is_motion_wanted(self):
            if not self._timer.isActive():
                self._timer.start()
        else:
            self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the dots."""
        colours, unit = tokens(), self._unit()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        top = (self.height() - 2 * unit) // 2
        for dot in range(_DOTS):
            strong = dot == self._at or not self.moving
            painter.setBrush(QColor(colours.mixed("accent", 1.0 if strong else 0.35)))
            painter.drawEllipse(dot * 3 * unit, top, 2 * unit, 2 * unit)
        painter.end()

    def _beat(self) -> None:
        self._at = (self._at + 1) % _DOTS
        self.update()

    def _unit(self) -> int:
        return max(2, self.fontMetrics().height() // 7)


def is_motion_wanted(widget: QWidget) -> bool:
    """Whether the system lets things move."""
    hint = QStyle.StyleHint.SH_Widget_Animation_Duration
    if widget.style().styleHint(hint, None, widget) <= 0:
        return False
    # Windows tells by its effects; elsewhere Qt knows of none.
    return sys.platform != "win32" or QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
