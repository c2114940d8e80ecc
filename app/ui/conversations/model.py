"""The rows of the list: headings and conversations, as Qt's views read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.ui.conversations.date_groups import date_groups
from app.ui.labels import plain_tooltip
from app.ui.views import ConversationList, ConversationSummary

Index = QModelIndex | QPersistentModelIndex

ROW = Qt.ItemDataRole.UserRole
"""The `Row` itself."""


@dataclass(frozen=True)
class Row:
    """A heading (`item` None), or a conversation with the words found in it."""

    text: str
    item: ConversationSummary | None = None
    snippet: str = ""


class ConversationModel(QAbstractListModel):
    """Rows under their headings; what was searched for stands without. `renamed`: (id, title)."""

    renamed = Signal(int, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Row, ...] = ()
        self._places: dict[int, int] = {}

    def show_list(self, listed: ConversationList, today: date, zone: tzinfo | None) -> None:
        """Replace all rows."""
        self.beginResetModel()
        self._rows = tuple(_rows(listed, today, zone))
        self._places = {row.item.id: place for place, row in enumerate(self._rows) if row.item}
        self.endResetModel()

    def place_of(self, conversation: int) -> QModelIndex:
        """Where a conversation stands; an invalid index if it is not in the list."""
        place = self._places.get(conversation, -1)
        return self.index(place) if place >= 0 else QModelIndex()

    def conversation(self, index: Index) -> ConversationSummary | None:
        """The conversation at a place, None for a heading or no place."""
        return self._rows[index.row()].item if index.isValid() else None

    def nearest(self, row: int) -> QModelIndex:
        """The conversation at a row, or else the next one after or before it."""
        after = range(max(row, 0), len(self._rows))
        before = range(min(row, len(self._rows)) - 1, -1, -1)
        for place in (*after, *before):
            if self._rows[place].item is not None:
                return self.index(place)
        return QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 (Qt's)
        """Rows, headings too."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What is drawn, edited and read aloud."""
        row = self._rows[index.row()]
        kind = Qt.ItemDataRole
        if role == ROW:
            return row
        if role in (kind.DisplayRole, kind.EditRole):
            return row.text
        if role == kind.AccessibleTextRole:
            return _aloud(row)
        if role == kind.ToolTipRole and row.item is not None:
            waiting = "\nA card in it waits for your answer" if row.item.waiting else ""
            return plain_tooltip(row.text + waiting)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Headings can be neither chosen nor reached."""
        flag = Qt.ItemFlag
        if self.conversation(index) is None:
            return flag.NoItemFlags
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsEditable

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A new title is asked for; the row changes when the list comes again."""
        item, title = self.conversation(index), " ".join(str(value).split())
        if item is None or not title or title == item.title:
            return False
        self.renamed.emit(item.id, title)
        return True


def _rows(listed: ConversationList, today: date, zone: tzinfo | None) -> list[Row]:
    if listed.query:
        return [Row(each.title, each, listed.snippets.get(each.id, "")) for each in listed.items]
    rows = []
    for heading, items in date_groups(listed.items, today, zone):
        rows.append(Row(heading))
        rows += [Row(item.title, item) for item in items]
    return rows


def _aloud(row: Row) -> str:
    if row.item is None:
        return row.text
    marks = [row.text]
    marks += ["waiting"] if row.item.waiting else []
    marks += ["pinned"] if row.item.pinned else []
    return ", ".join([*marks, row.snippet] if row.snippet else marks)
