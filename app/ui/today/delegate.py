"""How a day, an event and an empty day are drawn."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from app.ui.labels import draw_icon, role_colour
from app.ui.theme import SPACE, section_font
from app.ui.today.model import ROW, Row, Standing, TodayModel, times_of
from app.ui.views import DayEvent

Index = QModelIndex | QPersistentModelIndex

_TITLE_LINES = 2
_NEXT_LINES = 5
_HEADING_LINES = 4  # more than any heading needs at twice the usual size of text
_BAR = 3  # width of the bar beside what is running
_WIDEST = 0.3  # share of the width that the times may take

_NOW = Standing.NOW.value
_OVERLAPS = "overlaps"


class TodayDelegate(QStyledItemDelegate):
    """Times on the left, what happens on the right; below each other where that is too narrow."""

    def __init__(self, view: QListView, model: TodayModel) -> None:
        super().__init__(view)
        self._view = view
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As high as its lines."""
        row: Row = index.data(ROW)
        metrics = QFontMetrics(option.font)
        line = metrics.height()
        if row.is_heading:
            lines = len(wrapped(row.text, section_font(), self._width(), _HEADING_LINES))
            return QSize(1, lines * line + SPACE[0] + (SPACE[3] if index.row() else SPACE[1]))
        if row.event is None:
            lines = len(wrapped(row.text, option.font, self._width(), _NEXT_LINES))
            return QSize(1, lines * line + SPACE[1] + _above(row))
        times = self._times_width(metrics)
        lines = len(self._title(row, option.font, times))
        lines += bool(row.event.where) + self._flag_lines(row, option.font, times)
        count = len(times_of(row.event))
        above = len(self._times_above(row.event, metrics))
        lines = max(lines, count) if times else lines + above
        return QSize(1, lines * line + SPACE[1] + SPACE[0])

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row from the palette in use."""
        row: Row = index.data(ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = QFontMetrics(option.font).height()
        if row.is_heading:
            painter.setFont(section_font())
            painter.setPen(role_colour("text"))
            lines = wrapped(row.text, section_font(), self._width(), _HEADING_LINES)
            top = option.rect.bottom() + 1 - SPACE[0] - len(lines) * line
            _lines(painter, QPoint(option.rect.left() + SPACE[1], top), lines, line)
        elif row.event is None:
            painter.setPen(role_colour("secondary"))
            lines = wrapped(row.text, option.font, self._width(), _NEXT_LINES)
            at = option.rect.topLeft() + QPoint(SPACE[1], SPACE[0] + _above(row))
            _lines(painter, at, lines, line)
        else:
            self._event(painter, option, row)
        painter.restore()

    def _event(self, painter: QPainter, option: QStyleOptionViewItem, row: Row) -> None:
        event = row.event
        assert event is not None
        place = QRectF(option.rect).adjusted(0, 1, 0, -1)
        is_now = row.standing is Standing.NOW
        painter.setPen(Qt.PenStyle.NoPen)
        if is_now:
            painter.setBrush(role_colour("chosen"))
            painter.drawRoundedRect(place, 6, 6)
            painter.setBrush(role_colour("accent"))
            bar = QRectF(place.left(), place.top() + 4, _BAR, place.height() - 8)
            painter.drawRoundedRect(bar, 1.5, 1.5)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(role_colour("accent"), 2))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 5, 5)
        metrics = QFontMetrics(option.font)
        line, times = metrics.height(), self._times_width(metrics)
        at = QPoint(option.rect.left() + SPACE[1], option.rect.top() + (SPACE[1] + SPACE[0]) // 2)
        painter.setFont(option.font)
        painter.setPen(role_colour("secondary"))
        if times:
            self._times(painter, at, times_of(event), line, row.standing)
            at += QPoint(times + SPACE[2], 0)
        else:
            above = self._times_above(event, metrics)
            _lines(painter, at, above, line)
            at += QPoint(0, line * len(above))
        over = row.standing is Standing.OVER
        painter.setPen(role_colour("secondary" if over else "text"))
        title = self._title(row, option.font, times)
        _lines(painter, at, title, line)
        at += QPoint(0, line * len(title))
        if event.where:
            painter.setPen(role_colour("secondary"))
            _lines(painter, at, wrapped(event.where, option.font, self._width(times), 1), line)
            at += QPoint(0, line)
        self._flags(painter, at, row, option.font, times)

    def _times(
        self, painter: QPainter, at: QPoint, times: tuple[str, ...], line: int, standing: Standing
    ) -> None:
        """Start and end below each other; the start stands out until it is over."""
        for place, words in enumerate(times):
            ahead = place == 0 and standing is not Standing.OVER
            painter.setPen(role_colour("text" if ahead else "secondary"))
            _lines(painter, at + QPoint(0, place * line), [words], line)

    def _flags(self, painter: QPainter, at: QPoint, row: Row, font: QFont, times: int) -> None:
        """ "now" and "overlaps", below each other if need be."""
        line = QFontMetrics(font).height()
        if row.standing is Standing.NOW:
            painter.setFont(_bold(font))
            painter.setPen(role_colour("accent"))
            _lines(painter, at, [_NOW], line)
            beside = self._flag_lines(row, font, times) == 1
            at += QPoint(_now_width(font), 0) if beside else QPoint(0, line)
        if row.event is not None and row.event.overlaps:
            side = QFontMetrics(font).ascent()
            draw_icon(
                painter, "triangle-alert", "warning", at.x(), at.y() + (line - side) // 2, side
            )
            painter.setFont(font)
            painter.setPen(role_colour("warning"))
            _lines(painter, at + QPoint(side + SPACE[0], 0), [_OVERLAPS], line)

    def _flag_lines(self, row: Row, font: QFont, times: int) -> int:
        """Lines that "now" and "overlaps" take together."""
        overlaps = row.event is not None and row.event.overlaps
        is_now = row.standing is Standing.NOW
        if not (overlaps and is_now):
            return int(overlaps or is_now)
        metrics = QFontMetrics(font)
        needed = _now_width(font) + metrics.ascent() + SPACE[0]
        needed += metrics.horizontalAdvance(_OVERLAPS)
        return 1 if needed <= self._width(times) else 2

    def _title(self, row: Row, font: QFont, times: int) -> list[str]:
        return wrapped(row.text, font, self._width(times), _TITLE_LINES)

    def _width(self, times: int = 0) -> int:
        """The width words may take, beside a column of times of that width."""
        left = times + SPACE[2] if times else 0
        return max(1, self._view.viewport().width() - 2 * SPACE[1] - left)

    def _times_above(self, event: DayEvent, metrics: QFontMetrics) -> list[str]:
        """The times where they stand above the title: in one line if that fits."""
        if metrics.horizontalAdvance(event.times) <= self._width():
            return [event.times]
        return list(times_of(event))

    def _times_width(self, metrics: QFontMetrics) -> int:
        """The width of the column of times; 0 where it would take too much."""
        widest = max(map(metrics.horizontalAdvance, self._model.times), default=0)
        return widest if widest <= _WIDEST * self._view.viewport().width() else 0


def wrapped(text: str, font: QFont, width: int, most: int) -> list[str]:
    """`text` in at most `most` lines of `width`; the last is shortened if it does not fit."""
    text = " ".join(text.split()) or "(no title)"
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text, font)
    layout.setTextOption(option)
    starts: list[int] = []
    layout.beginLayout()
    while len(starts) <= most and (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        starts.append(line.textStart())
    layout.endLayout()
    ends = [*starts[1:most], len(text)]
    lines = [text[a:b].strip() for a, b in zip(starts[:most], ends, strict=True)]
    elide = Qt.TextElideMode.ElideRight
    return [*lines[:-1], QFontMetrics(font).elidedText(lines[-1], elide, width)]


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setWeight(QFont.Weight.DemiBold)
    return bold


def _above(row: Row) -> int:
    """Room that sets what comes next off from the days."""
    return SPACE[2] if row.is_next else 0


def _now_width(font: QFont) -> int:
    return QFontMetrics(_bold(font)).horizontalAdvance(_NOW) + SPACE[2]


def _lines(painter: QPainter, at: QPoint, lines: list[str], height: int) -> None:
    for place, words in enumerate(lines):
        box = QRect(at.x(), at.y() + place * height, 10_000, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, words)
