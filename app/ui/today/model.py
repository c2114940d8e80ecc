"""The rows of the pane: days, events, and the word for a day without any."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt

from app.ui.labels import plain_tooltip
from app.ui.views import DayEvent, TodayView

Index = QModelIndex | QPersistentModelIndex

ROW = Qt.ItemDataRole.UserRole
"""The `Row` itself."""

NOTHING = "Nothing planned."


class Standing(Enum):
    """Where an event stands against the clock; an all-day event is never NOW."""

    OVER = "over"
    NOW = "now"
    COMING = ""


@dataclass(frozen=True)
class Row:
    """A heading, an event, or (neither) the word for an empty day or for what `is_next`."""

    text: str
    event: DayEvent | None = None
    standing: Standing = Standing.COMING
    is_heading: bool = False
    is_next: bool = False


class TodayModel(QAbstractListModel):
    """Rows of a `TodayView` as of a moment."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        self._view: TodayView | None = None
        self.times: tuple[str, ...] = ()

    def show_today(self, view: TodayView) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._view = view
        self._rows = _rows(view, view.now)
        parts = [part for row in self._rows if row.event for part in times_of(row.event)]
        self.times = tuple(dict.fromkeys(parts))
        self.endResetModel()

    def tick(self, now: datetime) -> None:
        """Move on to `now` (aware): what is over, and what is running."""
        if self._view is None:
            return
        rows = _rows(self._view, now)
        if rows != self._rows:
            self._rows = rows
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def place_of(self, event: str) -> QModelIndex:
        """Where an event stands, by its id; an invalid index if it is not shown."""
        for place, row in enumerate(self._rows):
            if row.event is not None and row.event.id == event:
                return self.index(place)
        return QModelIndex()

    def first_event(self) -> QModelIndex:
        """The first event that is not over, else the first; invalid without events."""
        events = [place for place, row in enumerate(self._rows) if row.event is not None]
        open_ones = [place for place in events if self._rows[place].standing is not Standing.OVER]
        return self.index((open_ones or events)[0]) if events else QModelIndex()

    def row_at(self, index: Index) -> Row | None:
        """The row at a place."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's)
        """Rows of all kinds."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What is drawn and read aloud."""
        row = self._rows[index.row()]
        kind = Qt.ItemDataRole
        if role == ROW:
            return row
        if role == kind.DisplayRole:
            return row.text
        if role == kind.AccessibleTextRole:
            return _aloud(row)
        if role == kind.ToolTipRole and row.event is not None:
            event = row.event
            return plain_tooltip("\n".join(filter(None, (event.title, event.times, event.where))))
        if role == kind.ToolTipRole and row.is_next:
            return plain_tooltip(row.text)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Only events are reached by the arrows."""
        row = self.row_at(index)
        if row is None or row.event is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def times_of(event: DayEvent) -> tuple[str, ...]:
    """The times of an event, line by line: start and end, or one word."""
    return tuple(event.times.split("\N{EN DASH}"))


def _rows(view: TodayView, now: datetime) -> tuple[Row, ...]:
    rows = []
    for day in view.days:
        rows.append(Row(day.label, is_heading=True))
        rows += [Row(event.title, event, _standing(event, now)) for event in day.events]
        if not day.events:
            rows.append(Row(NOTHING))
    if view.next and not any(day.events for day in view.days):
        rows.append(Row(view.next, is_next=True))
    return tuple(rows)


def _standing(event: DayEvent, now: datetime) -> Standing:
    if event.end <= now:
        return Standing.OVER
    running = event.start <= now and not event.all_day
    return Standing.NOW if running else Standing.COMING


def _aloud(row: Row) -> str:
    if row.event is None:
        return row.text
    event = row.event
    words = (
        " to ".join(times_of(event)),
        event.title,
        event.where,
        "overlaps" if event.overlaps else "",
        row.standing.value,
    )
    return ", ".join(filter(None, words))
