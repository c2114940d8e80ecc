"""Where the reader is in a transcript, kept while it grows at its end and above."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget
from shiboken6 import isValid

from app.ui.theme import SPACE

_NEAR = 8  # pixels from the end that count as the end
_ROOM = SPACE[1]  # pixels left around what is brought into view


class Column(QWidget):
    """What the scroll area shows; `laid_out` tells that its widgets may have moved."""

    laid_out = Signal()

    def event(self, event: QEvent) -> bool:
        """Tell when the layout is done."""
        handled = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            self.laid_out.emit()
        return handled


class ReadingPlace(QObject):
    """Follows the end while the reader is there, else holds the line that is on top.

    Or keeps a part in view until the reader moves.

    `turns` gives the widgets in `column` from the top. `following_changed` tells whether the
    reader is at the end.
    """

    following_changed = Signal(bool)

    def __init__(
        self, area: QScrollArea, column: Column, turns: Callable[[], Sequence[QWidget]]
    ) -> None:
        super().__init__(area)
        self._bar = area.verticalScrollBar()
        self._column = column
        self._turns = turns
        self._following = True
        self._settling = False
        self._held: tuple[QWidget, int] | None = None  # a turn, and how far its top is above
        self._kept: QWidget | None = None
        self._bar.valueChanged.connect(self._moved)
        self._bar.rangeChanged.connect(self.settle)
        column.laid_out.connect(self.settle)

    @property
    def following(self) -> bool:
        """Whether the reader is at the end."""
        return self._following

    def to_end(self) -> None:
        """Go to the end and follow it."""
        self._kept = None
        self._follow(True)
        self.settle()

    def keep(self, part: QWidget) -> None:
        """Have the whole of a part of the column in view, or its top if it is too high for that."""
        self._kept = part
        self.settle()

    def show_place(self, turn: QWidget, within: float) -> None:
        """Go to a place `within` pixels below the top of a turn, if it is not seen already."""
        page = self._bar.pageStep()
        place = turn.y() + round(within)
        if not self._bar.value() + page // 8 <= place <= self._bar.value() + page * 7 // 8:
            self._bar.setValue(place - page // 3)
            self._moved()

    def settle(self) -> None:
        """Be where the reader was, now that things have moved."""
        if self._settling:
            return
        self._settling = True
        try:
            if self._kept is not None and _is_gone(self._kept):
                self._kept = None
            if self._kept is not None:
                self._bar.setValue(self._value_for(self._kept))
                self._note()
            elif self._following:
                self._bar.setValue(self._bar.maximum())
            elif self._held is not None and self._held[0] in self._turns():
                turn, above = self._held
                self._bar.setValue(turn.y() + above)
        finally:
            self._settling = False

    def _value_for(self, part: QWidget) -> int:
        top = part.mapTo(self._column, QPoint(0, 0)).y() - _ROOM
        bottom = top + part.height() + 2 * _ROOM
        value, page = self._bar.value(), self._bar.pageStep()
        if top >= self._bar.maximum():
            return self._bar.maximum()  # all of it is seen at the end, which can be followed
        if bottom - top > page or top < value:
            return top
        return max(value, bottom - page)

    def _moved(self) -> None:
        if not self._settling:
            self._kept = None
            self._note()

    def _note(self) -> None:
        """Note where the reader is now."""
        value = self._bar.value()
        self._held = None
        for turn in self._turns():
            if turn.y() + turn.height() > value:
                self._held = (turn, value - turn.y())
                break
        self._follow(value >= self._bar.maximum() - _NEAR)

    def _follow(self, following: bool) -> None:
        if following is not self._following:
            self._following = following
            self.following_changed.emit(following)


def _is_gone(part: QWidget) -> bool:
    # What was put into a layout a moment ago is hidden too, but nobody has hidden it.
    told = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
    return not isValid(part) or (part.isHidden() and part.testAttribute(told))
