"""A list of found events and messages inside a turn; each line opens what it names."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QSizePolicy, QVBoxLayout, QWidget

from app.ui.labels import draw_icon, role_colour
from app.ui.theme import SPACE, set_role
from app.ui.views import ResultRow

_NARROW = 360  # device-independent pixels; below, the time stands under the title


class ResultList(QFrame):
    """Lines for `ResultRow`s; `opened` carries the id of the one that was pressed.

    Up and Down go from line to line.
    """

    opened = Signal(str)

    def __init__(self, rows: tuple[ResultRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "done")
        self.setAccessibleName("Results")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE[0], SPACE[0], SPACE[0], SPACE[0])
        self._column.setSpacing(0)
        self.lines: list[ResultLine] = []
        self._rows: tuple[ResultRow, ...] = ()
        self.show_rows(rows)

    def show_rows(self, rows: tuple[ResultRow, ...]) -> None:
        """Replace the lines, unless they are the same."""
        if rows == self._rows:
            return
        self._rows = rows
        for line in self.lines:
            line.hide()
            self._column.removeWidget(line)
            line.deleteLater()
        self.lines = [ResultLine(row, self) for row in rows]
        for index, line in enumerate(self.lines):
            line.clicked.connect(lambda _=False, result=line.row.id: self.opened.emit(result))
            line.left.connect(lambda step, place=index: self._go(place + step))
            self._column.addWidget(line)

    def mark(self, opened: str) -> None:
        """Show which of them is open, "" for none."""
        for line in self.lines:
            line.set_open(line.row.id == opened)

    def _go(self, place: int) -> None:
        if 0 <= place < len(self.lines):
            self.lines[place].setFocus(Qt.FocusReason.OtherFocusReason)


class ResultLine(QAbstractButton):
    """One line. `left` carries -1 or 1 when the keyboard goes to the line above or below."""

    left = Signal(int)

    def __init__(self, row: ResultRow, parent: QWidget) -> None:
        super().__init__(parent)
        self.row = row
        self._open = False
        kind = "message" if row.is_message else "event"
        marks = ("unread " if row.unread else "") + kind
        care = ". Take care with it" if row.warning else ""
        words = ", ".join(filter(None, (row.title, row.beside, row.time)))
        self.setAccessibleName(f"Open {marks}: {words}{care}")
        self.setToolTip("Open (Enter)")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizePolicy(policy)

    def set_open(self, opened: bool) -> None:
        """Whether the reading pane shows it."""
        self._open = opened
        self.update()

    def sizeHint(self) -> QSize:
        """Two lines of text."""
        return QSize(_NARROW // 2, 2 * self.fontMetrics().height() + 2 * SPACE[1])

    def minimumSizeHint(self) -> QSize:
        """As low, and as narrow as need be."""
        return QSize(1, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down leave the line; Enter opens, as Space does."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() in steps:
            self.left.emit(steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show that it can be pressed."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Show it no longer."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title and time above, who or where below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter)
        place = self.rect().adjusted(SPACE[1], SPACE[1], -SPACE[1], -SPACE[1])
        height = self.fontMetrics().height()
        upper = QRect(place.left(), place.top(), place.width(), height)
        lower = upper.translated(0, height)
        right = Qt.LayoutDirection.RightToLeft == self.layoutDirection()
        if self.row.warning:
            side = height
            x = upper.right() - side if right else upper.left()
            draw_icon(painter, "triangle-alert", "warning", x, upper.top(), side)
            shift = side + SPACE[0]
            upper.adjust(0 if right else shift, 0, -shift if right else 0, 0)
        time_place = lower if place.width() < _NARROW else upper
        painter.setFont(self.font())
        painter.setPen(role_colour("secondary"))
        taken = self.fontMetrics().horizontalAdvance(self.row.time) + SPACE[1]
        painter.drawText(time_place, Qt.AlignmentFlag.AlignRight, self.row.time)
        below = QRect(lower)
        (below if time_place is lower else upper).adjust(0, 0, -taken, 0)
        _line(painter, below, self.row.beside)
        font = self.font()
        font.setBold(self.row.unread)
        painter.setFont(font)
        painter.setPen(role_colour("text"))
        _line(painter, upper, self.row.title)
        painter.end()

    def _ground(self, painter: QPainter) -> None:
        place = self.rect().adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._open or self.underMouse():
            painter.setBrush(role_colour("chosen" if self._open else "hover"))
            painter.drawRoundedRect(place, 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(role_colour("accent"), 2))
            painter.drawRoundedRect(place, 5, 5)


def _line(painter: QPainter, place: QRect, text: str) -> None:
    """One line, shortened at its end to fit."""
    metrics = QFontMetrics(painter.font())
    words = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0, place.width()))
    painter.drawText(place, Qt.TextFlag.TextSingleLine, words)
