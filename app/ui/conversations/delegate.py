"""How a row of the list is drawn, and the field in which it is renamed."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.ui.conversations.model import ROW, Row
from app.ui.labels import role_colour
from app.ui.theme import SPACE, section_font

Index = QModelIndex | QPersistentModelIndex

_MARK = 8  # side of the dot where a card waits


class ConversationDelegate(QStyledItemDelegate):
    """Headings, titles with their mark, and the words that were found."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """One line, two with words that were found; a heading has room above."""
        row: Row = index.data(ROW)
        line = option.fontMetrics.height()
        if row.item is None:
            return QSize(1, line + SPACE[0] + (SPACE[2] if index.row() else SPACE[0]))
        return QSize(1, line * (2 if row.snippet else 1) + 2 * SPACE[1] - 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row from the palette in use."""
        row: Row = index.data(ROW)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.item is None:
            painter.setFont(section_font())
            painter.setPen(role_colour("secondary"))
            heading = option.rect.adjusted(SPACE[1], 0, -SPACE[1], -SPACE[0])
            _line(painter, heading, row.text, Qt.AlignmentFlag.AlignBottom)
        else:
            self._ground(painter, option)
            self._words(painter, option, row, row.item.waiting)
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QLineEdit:
        """The field for a new title."""
        editor = QLineEdit(parent)
        editor.setAccessibleName("Title of the conversation")
        editor.setMaxLength(200)
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Over the whole row, and as high as it needs."""
        place = QRect(option.rect)
        missing = editor.sizeHint().height() - place.height()
        if missing > 0:
            place.adjust(0, -missing // 2, 0, missing - missing // 2)
        editor.setGeometry(place)

    def _ground(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        state = QStyle.StateFlag
        place = QRectF(option.rect).adjusted(0, 1, 0, -1)
        ground = None
        if option.state & state.State_Selected:
            ground = role_colour("chosen")
        elif option.state & state.State_MouseOver:
            ground = role_colour("hover")
        painter.setPen(Qt.PenStyle.NoPen)
        if ground is not None:
            painter.setBrush(ground)
            painter.drawRoundedRect(place, 6, 6)
        if option.state & state.State_HasFocus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(role_colour("accent"), 2))
            painter.drawRoundedRect(place.adjusted(1, 1, -1, -1), 5, 5)

    def _words(
        self, painter: QPainter, option: QStyleOptionViewItem, row: Row, waiting: bool
    ) -> None:
        place = option.rect.adjusted(SPACE[1], SPACE[1] - 1, -SPACE[1], 1 - SPACE[1])
        line = option.fontMetrics.height()
        title = QRect(place.left(), place.top(), place.width(), line)
        if waiting:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(role_colour("warning"))
            top = title.center().y() - _MARK // 2 + 1
            painter.drawEllipse(title.right() - _MARK, top, _MARK, _MARK)
            title.setRight(title.right() - _MARK - SPACE[1])
        painter.setFont(option.font)
        painter.setPen(role_colour("text"))
        _line(painter, title, row.text)
        if row.snippet:
            painter.setPen(role_colour("secondary"))
            below = QRect(place.left(), place.top() + line, place.width(), line)
            _line(painter, below, row.snippet)


def _line(
    painter: QPainter,
    place: QRect,
    text: str,
    vertical: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignVCenter,
) -> None:
    """One line, shortened at its end to fit."""
    metrics = QFontMetrics(painter.font())
    shown = metrics.elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, place.width())
    painter.drawText(place, vertical | Qt.TextFlag.TextSingleLine, shown)
