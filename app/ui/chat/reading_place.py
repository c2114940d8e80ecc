"""Where the reader is in a transcript, kept while it grows at its end and above."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

_NEAR = 8  # pixels from the end that count as the end


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

    `turns` gives the widgets in `column` from the top. `following_changed` tells whether the
    reader is at the end.
    """

    following_changed = Signal(bool)

    def __init__(
        self, area: QScrollArea, column: Column, turns: Callable[[], Sequence[QWidget]]
    ) -> None:
        super().__init__(area)
        self._bar = area.verticalScrollBar()
        self._turns = turns
        self._following = True
        self._settling = False
        self._held: tuple[QWidget, int] | None = None  # a turn, and how far its top is above
        self._bar.valueChanged.connect(self._moved)
        self._bar.rangeChanged.connect(self.settle)
        column.laid_out.connect(self.settle)

    @property
    def following(self) -> bool:
        """Whether the reader is at the end."""
        return self._following

    def to_end(self) -> None:
        """Go to the end and follow it."""
        self._follow(True)
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
            if self._following:
                self._bar.setValue(self._bar.maximum())
            elif self._held is not None and self._held[0] in self._turns():
                turn, above = self._held
                self._bar.setValue(turn.y() + above)
        finally:
            self._settling = False

    def _moved(self) -> None:
        if self._settling:
            return
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
