"""The pane on the right: today's and tomorrow's events."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QVBoxLayout,
    QWidget,
)

from app.ui.labels import IconLabel, PlainLabel
from app.ui.theme import SPACE, set_role
from app.ui.today.delegate import TodayDelegate
from app.ui.today.model import TodayModel
from app.ui.views import TodayView


class TodayPane(QWidget):
    """Shows a `TodayView`; `tick` moves the mark of what is running.

    `opened` carries the id of an event that was pressed.
    """

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "pane")
        self._model = TodayModel()
        self.list = _DayList(self._model, self)
        self.list.clicked.connect(self._open)
        self.list.entered_key.connect(self._open)
        self.problem = PlainLabel()
        self._note = QFrame(self)
        set_role(self._note, "note")
        line = QHBoxLayout(self._note)
        line.setContentsMargins(SPACE[1], SPACE[1], SPACE[1], SPACE[1])
        line.setSpacing(SPACE[0])
        mark = IconLabel("triangle-alert", "warning", "Warning")
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.problem, 1)
        self._note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE[1], SPACE[0], SPACE[0], SPACE[1])
        column.setSpacing(SPACE[1])
        column.addWidget(self._note)
        column.addWidget(self.list, 1)

    def show_today(self, view: TodayView) -> None:
        """Replace what is shown; the event that has the focus keeps it."""
        before = self._model.row_at(self.list.currentIndex())
        scrolled = self.list.verticalScrollBar().value()
        self._model.show_today(view)
        if before is not None and before.event is not None:
            self.list.setCurrentIndex(self._model.place_of(before.event.id))
        self.list.heed_rows()
        self.list.verticalScrollBar().setValue(scrolled)
        self.problem.show_text(view.problem)
        self._note.setVisible(bool(view.problem))

    def _open(self, index: QModelIndex) -> None:
        row = self._model.row_at(index)
        if row is not None and row.event is not None:
            self.opened.emit(row.event.id)

    def tick(self, now: datetime) -> None:
        """Move on to `now` (aware)."""
        self._model.tick(now)


class _DayList(QListView):
    """Arrows go from event to event; Enter opens one, nothing is chosen."""

    entered_key = Signal(QModelIndex)

    def __init__(self, model: TodayModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows = model
        self.setModel(model)
        self.setItemDelegate(TodayDelegate(self, model))
        self.setAccessibleName("Events of today and tomorrow")
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.heed_rows()
        # The mark of what is running adds a line to it.
        model.dataChanged.connect(self.scheduleDelayedItemsLayout)

    def heed_rows(self) -> None:
        """Take the keyboard only where there are events; one of them shows it at once."""
        first = self._rows.first_event()
        focus = Qt.FocusPolicy
        self.setFocusPolicy(focus.StrongFocus if first.isValid() else focus.NoFocus)
        if self.hasFocus() and not self.currentIndex().isValid():
            self.setCurrentIndex(first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens."""
        pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if pressed and self.currentIndex().isValid() and not event.isAutoRepeat():
            self.entered_key.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the first event that is not over."""
        if not self.currentIndex().isValid():
            self.setCurrentIndex(self._rows.first_event())
        super().focusInEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width wraps the titles anew; Qt looks only at the height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.scheduleDelayedItemsLayout()
