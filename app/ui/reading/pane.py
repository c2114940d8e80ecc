"""The pane that shows one message or event. It shows what it is given; reading is the bridge's."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.labels import IconLabel, PlainLabel, plain_button
from app.ui.reading.text import ReadingText
from app.ui.theme import SPACE, section_font, set_icon, set_role, title_font
from app.ui.views import LinkLine, Opened, OpenedEvent, OpenedMessage, OpenedNothing

_LONGEST_HOST = 40
"""Letters; of a longer host the end is shown, which tells whose it is."""


class ReadingPane(QWidget):
    """`closed` when it was closed here; `link_wanted` carries a link's true address."""

    closed = Signal()
    link_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "pane")
        self.opened: Opened | None = None
        self.title = PlainLabel()
        self.title.setFont(title_font())
        self.close_button = QToolButton(self)
        set_icon(self.close_button, "x", "secondary")
        self.close_button.setAccessibleName("Close what is open")
        self.close_button.setToolTip("Close (Esc)")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.close_button.clicked.connect(self.closed)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.setSpacing(SPACE[1])
        head.addWidget(self.title, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE[2], SPACE[1], SPACE[1], SPACE[1])
        column.setSpacing(SPACE[1])
        column.addLayout(head)
        column.addWidget(self._scroll, 1)

    @property
    def result(self) -> str:
        """The id of what is open, "" for nothing."""
        return self.opened.id if self.opened is not None else ""

    def show_opened(self, opened: Opened) -> None:
        """Show something else, from its top."""
        self.opened = opened
        page = QWidget()
        set_role(page, "plain")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, SPACE[1], SPACE[2])
        column.setSpacing(SPACE[1])
        match opened:
            case OpenedMessage():
                self._message(column, opened)
            case OpenedEvent():
                self._event(column, opened)
            case OpenedNothing():
                self.title.show_text("Not to be opened")
                column.addWidget(PlainLabel(opened.message))
        column.addStretch(1)
        self._scroll.setWidget(page)
        self.setAccessibleName(f"Reading: {self.title.accessibleName()}")

    def clear(self) -> None:
        """Hold nothing any more."""
        self.opened = None
        self._scroll.takeWidget()

    def focus_text(self) -> None:
        """Give the keyboard to the text, or else to Close."""
        page = self._scroll.widget()
        text = page.findChild(ReadingText) if page is not None else None
        (text or self.close_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    # --- a message

    def _message(self, column: QVBoxLayout, message: OpenedMessage) -> None:
        self.title.show_text(message.subject)
        for warning in message.warnings:
            column.addWidget(_note(warning))
        column.addWidget(PlainLabel(message.sender))
        facts = [message.time, f"To {message.to}" if message.to else ""]
        facts += [f"Copy to {message.cc}" if message.cc else ""]
        facts += [", ".join((message.folder, *message.labels))]
        for fact in filter(None, facts):
            column.addWidget(PlainLabel(fact, "secondary"))
        column.addWidget(_rule())
        column.addWidget(ReadingText(message.text or "There is no text.", "Text of the message"))
        if message.quoted:
            column.addWidget(_Folded(message.quoted))
        if message.left_out:
            column.addWidget(PlainLabel(message.left_out, "secondary"))
        self._attachments(column, message.attachments)
        self._links(column, message.links)

    def _attachments(self, column: QVBoxLayout, names: tuple[str, ...]) -> None:
        if not names:
            return
        column.addWidget(_heading("Attached"))
        for name in names:
            column.addWidget(PlainLabel(name))

    def _links(self, column: QVBoxLayout, links: tuple[LinkLine, ...]) -> None:
        if not links:
            return
        column.addWidget(_heading("Links"))
        for link in links:
            # The true host is what can be pressed: what a link says is its sender's choice.
            host = (
                link.host if len(link.host) <= _LONGEST_HOST else f"…{link.host[-_LONGEST_HOST:]}"
            )
            button = QPushButton(plain_button(f"{host}…"), self)
            button.setAccessibleName(f"Link to {link.host}, which says: {link.text}")
            button.setToolTip("Shows the whole address and asks before it opens")
            button.clicked.connect(lambda _=False, to=link.address: self.link_wanted.emit(to))
            row = QHBoxLayout()
            row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)
            if link.text and link.text != link.host:
                column.addWidget(PlainLabel(f"It says “{link.text}”", "secondary"))

    # --- an event

    def _event(self, column: QVBoxLayout, event: OpenedEvent) -> None:
        self.title.show_text(event.title)
        column.addWidget(PlainLabel(event.time))
        facts = [event.repeats, event.where, f"In the calendar “{event.calendar}”"]
        for fact in filter(None, facts):
            column.addWidget(PlainLabel(fact, "secondary"))
        if event.organizer:
            column.addWidget(PlainLabel(f"Invited by {event.organizer}", "secondary"))
        if event.people:
            column.addWidget(_heading("People"))
            for person in event.people:
                column.addWidget(PlainLabel(person))
        if event.notes:
            column.addWidget(_heading("Notes"))
            column.addWidget(ReadingText(event.notes, "Notes of the event"))


class _Folded(QWidget):
    """The older messages below a text, shown on demand."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = ReadingText(text, "Older messages below")
        self._text.hide()
        self._button = QPushButton(self)
        set_role(self._button, "quiet")
        self._button.setCheckable(True)
        self._button.toggled.connect(self._fold)
        row = QHBoxLayout()
        row.addWidget(self._button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self._text)
        self._lines = len(text.splitlines())
        self._fold(False)

    def _fold(self, shown: bool) -> None:
        lines = "1 quoted line" if self._lines == 1 else f"{self._lines} quoted lines"
        self._button.setText(f"Hide {lines}" if shown else f"Show {lines}")
        self._button.setAccessibleName(self._button.text())
        set_icon(self._button, "chevron-down" if shown else "chevron-right")
        self._text.setVisible(shown)


def _note(words: str) -> QFrame:
    note = QFrame()
    set_role(note, "note")
    row = QHBoxLayout(note)
    row.setContentsMargins(SPACE[1], SPACE[1], SPACE[1], SPACE[1])
    row.setSpacing(SPACE[1])
    row.addWidget(IconLabel("triangle-alert", "warning", "Warning"), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(PlainLabel(words), 1)
    return note


def _heading(words: str) -> PlainLabel:
    label = PlainLabel(words, "section")
    label.setFont(section_font())
    label.setContentsMargins(0, SPACE[1], 0, 0)
    return label


def _rule() -> QFrame:
    rule = QFrame()
    set_role(rule, "line")
    rule.setFixedHeight(1)
    return rule
