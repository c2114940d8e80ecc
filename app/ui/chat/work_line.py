"""One slim line above the composer: what is going on, and what has just been done."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QWidget,
)

from app.ui.chat.announcing import announce
from app.ui.labels import plain_tooltip
from app.ui.theme import SPACE, set_icon, set_role, tokens
from app.ui.views import Notice, Work

NOTICE_MS = 10_000
"""How long a notice stays, in milliseconds; longer while the mouse or the keyboard is on it."""

NOTICE_LINES = 3
"""Lines of a notice before it is cut short."""

_BEAT_MS = 400
_DOTS = 3


class WorkLine(QWidget):
    """Shows the work under way and a notice side by side.

    It is one line high, whatever it shows, and grows only while a notice needs more. `undo_wanted`
    carries a change's id, `restore_wanted` a conversation; `answer_wanted` asks a model that
    thinks to answer now; `keyboard_left` tells that something with the keyboard has gone.
    """

    answer_wanted = Signal()
    undo_wanted = Signal(str)
    restore_wanted = Signal(int)
    keyboard_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notice: Notice | None = None
        self.dots = Dots(self)
        self.work = ShortLabel(1, self)
        set_role(self.work, "secondary")
        self.answer_now = QPushButton("&Answer now", self)
        self.answer_now.setAccessibleName("Answer now")
        self.answer_now.setToolTip("Have it stop thinking and answer (Alt+A)")
        set_role(self.answer_now, "quiet")
        set_icon(self.answer_now, "arrow-right")
        self.answer_now.clicked.connect(self._answer_now)
        self.notice = ShortLabel(NOTICE_LINES, self)
        self.undo = QPushButton(self)
        set_role(self.undo, "quiet")
        self.undo.clicked.connect(self._undo)
        self.close_button = QPushButton(self)
        set_role(self.close_button, "quiet")
        set_icon(self.close_button, "x", "secondary")
        self.close_button.setAccessibleName("Close")
        self.close_button.setToolTip("Take this notice away (Esc)")
        self.close_button.clicked.connect(self.clear_notice)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE[1])
        row.addWidget(self.dots)
        row.addWidget(self.work, 1)
        row.addWidget(self.answer_now)
        row.addWidget(self.notice, 2)
        row.addWidget(self.undo)
        row.addWidget(self.close_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NOTICE_MS)
        self._timer.timeout.connect(self._leave_notice)
        self.undo.installEventFilter(self)
        self.notice.fitted.connect(self._fit_height)
        self._show_action("Undo", "undo-2")
        self._fit_height()
        for part in (
            self.dots,
            self.work,
            self.answer_now,
            self.notice,
            self.undo,
            self.close_button,
        ):
            part.hide()

    @property
    def shown(self) -> Notice | None:
        """The notice that is there, None if there is none."""
        return self._notice

    def show_work(self, work: Work | None) -> None:
        """Say what is going on; None for nothing."""
        self.work.show_text(work.words if work is not None else "")
        self.work.setVisible(work is not None)
        self.dots.setVisible(work is not None)

    def show_thinking(self, thinking: bool) -> None:
        """Offer to have the answer now, or no longer."""
        had_focus = self.answer_now.hasFocus()
        self.answer_now.setVisible(thinking)
        if had_focus and not thinking:
            self.keyboard_left.emit()
        if not thinking:
            self.answer_now.setEnabled(True)

    def _answer_now(self) -> None:
        """Ask once for it: what follows may take a moment."""
        had_focus = self.answer_now.hasFocus()
        self.answer_now.setEnabled(False)
        if had_focus:
            self.keyboard_left.emit()
        self.answer_wanted.emit()

    def show_notice(self, notice: Notice) -> None:
        """Say what has been done, with a button to take it back or do it again if that can be.

        It goes after a while, a lasting one when it is closed.
        """
        self._notice = notice
        self.notice.show_text(notice.text)
        self.notice.show()
        name = "Do again" if notice.again else "Undo"
        self._show_action(name, "redo-2" if notice.again else "undo-2")
        self.undo.setAccessibleName(f"{name}: {notice.text}")
        self.undo.setToolTip(f"{name} ({'Ctrl+Shift+Z' if notice.again else 'Ctrl+Z'})")
        self.undo.setVisible(bool(notice.undo_change or notice.restore))
        self.close_button.setVisible(notice.lasting)
        self._timer.stop()
        if not notice.lasting:
            self._timer.start()
        announce(self, notice.text)

    def take_notice(self) -> bool:
        """Press the button of the notice; whether there was one."""
        if self._notice is None or self.undo.isHidden():
            return False
        self.undo.click()
        return True

    def clear_notice(self) -> None:
        """Take the notice away."""
        had_focus = self._has_focus()
        self._timer.stop()
        self._notice = None
        for part in (self.notice, self.undo, self.close_button):
            part.hide()
        self._fit_height()
        if had_focus:
            self.keyboard_left.emit()

    def _show_action(self, name: str, icon: str) -> None:
        self.undo.setText(name)
        set_icon(self.undo, icon)

    def _undo(self) -> None:
        notice = self._notice
        self.clear_notice()
        if notice is not None and notice.undo_change:
            self.undo_wanted.emit(notice.undo_change)
        elif notice is not None and notice.restore:
            self.restore_wanted.emit(notice.restore)

    def _leave_notice(self) -> None:
        if not self.underMouse() and not self._has_focus():
            self.clear_notice()

    def _has_focus(self) -> bool:
        return self.undo.hasFocus() or self.close_button.hasFocus()

    def _wait_again(self) -> None:
        notice = self._notice
        if notice is not None and not notice.lasting and not self._timer.isActive():
            self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc on a button of a notice takes the notice away."""
        if event.key() == Qt.Key.Key_Escape and self._has_focus():
            self.clear_notice()
        else:
            super().keyPressEvent(event)

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
        parts = [self.undo, self.close_button, self.answer_now, self.work]
        if self._notice is not None:
            parts.append(self.notice)
        height = max(part.sizeHint().height() for part in parts)
        if height != self.minimumHeight():
            self.setFixedHeight(height)


class ShortLabel(QLabel):
    """Plain text in at most `lines` lines, cut short where there is no room for more.

    A tooltip then has it whole. `fitted` tells that it may need another height.
    """

    fitted = Signal()

    def __init__(self, lines: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self._words = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # Asked for while it is being laid out, another height would be forgotten.
        self._telling = QTimer(self)
        self._telling.setSingleShot(True)
        self._telling.timeout.connect(self.fitted)

    def show_text(self, words: str) -> None:
        """Replace the text."""
        self._words = " ".join(words.split())
        self.setAccessibleName(self._words)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the text anew."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Cut it anew in another font."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self._words:
            self._fit()

    def _fit(self) -> None:
        lines, whole = self._broken()
        self.setText("\n".join(lines))
        self.setToolTip("" if whole else plain_tooltip(self._words))
        self._telling.start(0)

    def _broken(self) -> tuple[list[str], bool]:
        """The text in lines, and whether that is all of it."""
        width = max(1, self.width())
        layout = QTextLayout(self._words, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        found: list[str] = []
        start = 0
        layout.beginLayout()
        while start < len(self._words) and len(found) < self._lines - 1:
            line = layout.createLine()
            line.setLineWidth(width)
            found.append(self._words[start : start + line.textLength()].strip())
            start += line.textLength()
        layout.endLayout()
        rest = self._words[start:].strip()
        last = self.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, width)
        return [line for line in (*found, last) if line], last == rest


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
