"""The list itself: its keys and its menu. One row is open, another may have the focus."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QWidget

from app.ui.conversations.delegate import ConversationDelegate
from app.ui.conversations.model import ConversationModel
from app.ui.theme import icon
from app.ui.views import ConversationSummary

Index = QModelIndex | QPersistentModelIndex


class ConversationListView(QListView):
    """Arrows move, Enter opens, F2 renames, Delete deletes, Ctrl+Shift+P pins.

    The conversation that is open stays selected; what the arrows reach is Qt's current row.
    `left_upwards`: Up was pressed on the first row.
    """

    opened = Signal(int)
    pinned = Signal(int, bool)
    deleted = Signal(int)
    left_upwards = Signal()

    def __init__(self, model: ConversationModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows = model
        self.setModel(model)
        self.setItemDelegate(ConversationDelegate(self))
        self.setAccessibleName("Conversations")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.clicked.connect(self._open)
        self.open_action = self._action("Open", "message-square", "Return", "Enter")
        self.open_action.triggered.connect(lambda: self._open(self.currentIndex()))
        self.rename_action = self._action("Rename", "pencil", "F2")
        self.rename_action.triggered.connect(lambda: self.edit(self.currentIndex()))
        self.pin_action = self._action("Pin", "pin", "Ctrl+Shift+P")
        self.pin_action.triggered.connect(self._pin)
        self.delete_action = self._action("Delete", "trash-2", "Delete")
        self.delete_action.triggered.connect(self._delete)

    @property
    def is_renaming(self) -> bool:
        """Whether a title is being edited."""
        return self.state() is QAbstractItemView.State.EditingState

    def selectionCommand(
        self, index: Index, event: QEvent | None = None
    ) -> QItemSelectionModel.SelectionFlag:
        """Neither mouse nor keys select: what is selected is what is open."""
        return QItemSelectionModel.SelectionFlag.NoUpdate

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Begin at the open conversation, else at the first."""
        if self._at(self.currentIndex()) is None:
            chosen = self.selectionModel().selectedIndexes()
            self.setCurrentIndex(chosen[0] if chosen else self._rows.nearest(0))
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up leaves the list at its top."""
        if event.key() == Qt.Key.Key_Up and self._is_first():
            self.left_upwards.emit()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the row under the pointer, or of the current one."""
        by_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if by_mouse else self.currentIndex()
        item = self._at(index)
        if item is None:
            return
        self.setCurrentIndex(index)
        menu = self.menu_for(item)
        place = event.pos() if by_mouse else self.visualRect(index).bottomLeft()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.viewport().mapToGlobal(place))

    def menu_for(self, item: ConversationSummary) -> QMenu:
        """What can be done with a conversation, with its keys."""
        menu = QMenu(self)
        self.pin_action.setText("Unpin" if item.pinned else "Pin")
        self.pin_action.setIcon(icon("pin-off" if item.pinned else "pin"))
        self.open_action.setIcon(icon("message-square"))
        self.rename_action.setIcon(icon("pencil"))
        self.delete_action.setIcon(icon("trash-2"))
        menu.addActions([self.open_action, self.rename_action, self.pin_action])
        menu.addSeparator()
        menu.addAction(self.delete_action)
        return menu

    def _action(self, text: str, picture: str, *keys: str) -> QAction:
        action = QAction(text, self)
        action.setShortcuts([QKeySequence(each) for each in keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.setShortcutVisibleInContextMenu(True)
        action.setIcon(icon(picture))
        self.addAction(action)
        return action

    def _is_first(self) -> bool:
        return self.currentIndex().row() <= self._rows.nearest(0).row()

    def _at(self, index: Index) -> ConversationSummary | None:
        return self._rows.conversation(index)

    def _open(self, index: Index) -> None:
        if (item := self._at(index)) is not None:
            self.opened.emit(item.id)

    def _pin(self) -> None:
        if (item := self._at(self.currentIndex())) is not None:
            self.pinned.emit(item.id, not item.pinned)

    def _delete(self) -> None:
        if (item := self._at(self.currentIndex())) is not None:
            self.deleted.emit(item.id)
