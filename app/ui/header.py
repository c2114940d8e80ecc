"""The line above the transcript: the conversation's title, and what may stand beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from app.ui.labels import plain_tooltip
from app.ui.theme import SPACE, section_font, set_icon, set_role

_NEW = "New conversation"


class ChatHeader(QWidget):
    """The title, find, and the switches of the two panes."""

    list_wanted = Signal(bool)
    today_wanted = Signal(bool)
    find_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "header")
        self._full = _NEW
        self._list = self._switch("panel-left", "Conversations", "Ctrl+B")
        self._find = self._button("search")
        self._find.setAccessibleName("Find in this conversation")
        self._find.setToolTip("Find in this conversation (Ctrl+F)")
        self._today = self._switch("panel-right", "Today", "Ctrl+T")
        self._list.clicked.connect(self.list_wanted)
        self._today.clicked.connect(self.today_wanted)
        self._find.clicked.connect(self.find_wanted)
        self._title = QLabel(self._full, self)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._title.setFont(section_font())
        self._title.setMinimumWidth(40)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[1], SPACE[0], SPACE[1], SPACE[0])
        row.setSpacing(SPACE[0])
        row.addWidget(self._list)
        row.addWidget(self._title, 1)
        row.addWidget(self._find)
        row.addWidget(self._today)

    def _button(self, icon: str) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, icon, "secondary")
        return button

    def _switch(self, icon: str, pane: str, key: str) -> QToolButton:
        button = self._button(icon)
        button.setCheckable(True)
        button.setShortcut(key)
        button.setAccessibleName(f"{pane} beside the chat")
        button.setToolTip(f"Show or hide: {pane.casefold()} ({key})")
        return button

    def show_panes(self, conversations: bool, today: bool) -> None:
        """Which panes stand beside the chat now."""
        self._list.setChecked(conversations)
        self._today.setChecked(today)

    def set_title(self, title: str) -> None:
        """The conversation's title; "" for one that has not begun."""
        self._full = title or _NEW
        self._title.setToolTip(plain_tooltip(title))
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the title to what fits."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = self._title.fontMetrics()
        self._title.setText(
            metrics.elidedText(self._full, Qt.TextElideMode.ElideRight, self._title.width())
        )
