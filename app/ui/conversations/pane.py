"""The pane on the left: new conversation, search, and the list."""

from __future__ import annotations

from datetime import date, tzinfo

from PySide6.QtCore import QEvent, QItemSelectionModel, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.ui.conversations.list_view import ConversationListView
from app.ui.conversations.model import ConversationModel
from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, icon, set_icon, set_role
from app.ui.views import ConversationList

DEBOUNCE = 150
"""Milliseconds after the last letter until it is searched for."""

MORE = "More matches: add a word to narrow it"
"""Said below a list that is cut."""


class ConversationPane(QWidget):
    """Shows a `ConversationList` and says what the user wants with it.

    Signals: `opened(id)`, `new_wanted()`, `search_wanted(words)` ("" for all), `renamed(id,
    title)`, `pinned(id, whether)`, `deleted(id)`.
    """

    opened = Signal(int)
    new_wanted = Signal()
    search_wanted = Signal(str)
    renamed = Signal(int, str)
    pinned = Signal(int, bool)
    deleted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "pane")
        self._model = ConversationModel()
        self._later: tuple[ConversationList, date, tzinfo | None] | None = None
        self._current = 0
        self.new = self._new_button()
        self.search = _SearchField(self)
        self.list = ConversationListView(self._model, self)
        self.empty = PlainLabel("", "secondary")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        self.empty.setContentsMargins(SPACE[1], SPACE[4], SPACE[1], SPACE[1])
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.list)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE[1], SPACE[2], SPACE[1], SPACE[1])
        column.setSpacing(SPACE[1])
        column.addWidget(self.new)
        column.addWidget(self.search)
        column.addWidget(self._stack, 1)
        self.more = PlainLabel(MORE, "secondary")
        self.more.setContentsMargins(SPACE[1], 0, SPACE[1], SPACE[0])
        self.more.hide()
        column.addWidget(self.more)
        self._timer = QTimer(self, interval=DEBOUNCE, singleShot=True)
        self._timer.timeout.connect(lambda: self.search_wanted.emit(self.search.text().strip()))
        self.search.textChanged.connect(self._timer.start)
        self.search.cleared.connect(self.clear_search)
        self.search.entered.connect(self._enter_list)
        self.list.left_upwards.connect(self.focus_search)
        self.list.opened.connect(self.opened)
        self.list.pinned.connect(self.pinned)
        self.list.deleted.connect(self.deleted)
        self.list.itemDelegate().closeEditor.connect(self._renaming_ended)
        self._model.renamed.connect(self.renamed)
        self._show_empty(ConversationList(()))

    def show_list(self, listed: ConversationList, today: date, zone: tzinfo | None = None) -> None:
        """Replace the list; `today` and the days of `zone` (None: the system's) make the groups.

        What has the focus keeps it. While a title is being edited the new list waits.
        """
        if self.list.is_renaming:
            self._later = (listed, today, zone)
            return
        self._later = None
        before = self.list.currentIndex()
        focused, row = self._model.conversation(before), before.row()
        scrolled = self.list.verticalScrollBar().value()
        self._model.show_list(listed, today, zone)
        if focused is not None:
            place = self._model.place_of(focused.id)
            self.list.setCurrentIndex(place if place.isValid() else self._model.nearest(row))
        self._mark_current()
        self.list.verticalScrollBar().setValue(scrolled)
        self._show_empty(listed)

    def set_current(self, conversation: int) -> None:
        """Mark the conversation that is open; 0 for none."""
        if conversation == self._current and self.list.selectionModel().hasSelection():
            return
        self._current = conversation
        self._mark_current()
        place = self._model.place_of(conversation)
        if place.isValid():
            self.list.setCurrentIndex(place)
            self.list.scrollTo(place)

    def focus_search(self) -> None:
        """Put the cursor into the search field, over what stands there."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def clear_search(self) -> None:
        """Empty the search field; all are asked for at once, if some were not shown."""
        if self.search.text():
            self.search.clear()
            self._search_now()

    def _new_button(self) -> QPushButton:
        key = QKeySequence("Ctrl+N").toString(QKeySequence.SequenceFormat.NativeText)
        button = QPushButton(f"New  {key}", self)
        button.setAutoDefault(True)  # Enter presses it
        button.setAccessibleName("New conversation")
        button.setToolTip(f"Begin a new conversation ({key})")
        set_icon(button, "plus")
        button.clicked.connect(self.new_wanted)
        return button

    def _search_now(self) -> None:
        self._timer.stop()
        self.search_wanted.emit(self.search.text().strip())

    def _enter_list(self) -> None:
        if self._model.rowCount():
            self.list.setCurrentIndex(self._model.nearest(0))
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _mark_current(self) -> None:
        place = self._model.place_of(self._current)
        flag = QItemSelectionModel.SelectionFlag
        if place.isValid():
            self.list.selectionModel().select(place, flag.ClearAndSelect)
        else:
            self.list.selectionModel().clearSelection()

    def _renaming_ended(self) -> None:
        # The view leaves its editing state after this signal.
        QTimer.singleShot(0, self, self._show_what_waited)

    def _show_what_waited(self) -> None:
        if self._later is not None:
            self.show_list(*self._later)

    def _show_empty(self, listed: ConversationList) -> None:
        found = f"Nothing found for “{listed.query}”" if listed.query else "No conversations yet"
        self.empty.show_text(found)
        self._stack.setCurrentWidget(self.list if listed.items else self.empty)
        self.more.setVisible(listed.cut and bool(listed.items))


class _SearchField(QLineEdit):
    """Words to search for. `cleared`: Escape is to empty it; `entered`: on to what was found."""

    cleared = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        key = QKeySequence("Ctrl+K").toString(QKeySequence.SequenceFormat.NativeText)
        self.setPlaceholderText(f"Search  {key}")
        self.setAccessibleName("Search conversations")
        self.setToolTip(f"Search in all conversations ({key})")
        self._glass = QAction("Search", self)
        self._glass.setIcon(icon("search", "secondary"))
        self.addAction(self._glass, QLineEdit.ActionPosition.LeadingPosition)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the glass again in light or dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._glass.setIcon(icon("search", "secondary"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape clears, Down and Enter go on to the list."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.cleared.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)
