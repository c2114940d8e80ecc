"""The line in which requests are written. What becomes of them is decided elsewhere."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QMimeData, QRect, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, set_icon, set_role

LONGEST = 20_000
"""Most characters of a request."""

_LINES = 8
_HINT = "Enter sends, Shift+Enter breaks the line"
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Entry(QPlainTextEdit):
    """The field itself: as high as its text, up to 8 lines; plain text only.

    `entered` is Enter, `left_upwards` Up, `escaped` Esc, `undone` Ctrl+Z with nothing to undo,
    all but Enter and Esc in an empty field. `cut_off` carries how many characters were too many.
    """

    entered = Signal()
    left_upwards = Signal()
    escaped = Signal()
    undone = Signal()
    cut_off = Signal(int)
    focused = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._composing = False  # an input method is at work
        set_role(self, "entry")
        self.setAccessibleName("Message")
        self.setPlaceholderText("Ask Phial, or tell it what to do")
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit_height)
        self._fit_height(self.document().documentLayout().documentSize())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of the composer; all others write."""
        empty = self.document().isEmpty()
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        plain = held == Qt.KeyboardModifier.NoModifier
        if self._composing:
            super().keyPressEvent(event)  # Enter and Esc belong to the input method
        elif event.key() in _ENTER and plain:
            self.entered.emit()
        elif event.key() in _ENTER and held == Qt.KeyboardModifier.ShiftModifier:
            self.textCursor().insertBlock()  # Qt's own would break the line within a block
            self.ensureCursorVisible()
        elif event.key() == Qt.Key.Key_Up and plain and empty:
            self.left_upwards.emit()
        elif event.key() == Qt.Key.Key_Escape and plain:
            self.escaped.emit()
        elif event.matches(QKeySequence.StandardKey.Undo) and empty and self._has_no_past():
            if not event.isAutoRepeat():
                self.undone.emit()
        else:
            super().keyPressEvent(event)

    def _has_no_past(self) -> bool:
        return not self.document().isUndoAvailable()

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Note whether an input method holds letters that are not written yet."""
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Paste plain text, as much as there is room for."""
        text = source.text()
        room = LONGEST - len(self.toPlainText()) + len(self.textCursor().selectedText())
        self.textCursor().insertText(text[: max(0, room)])
        self.ensureCursorVisible()
        if len(text) > room:
            self.cut_off.emit(len(text) - max(0, room))

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Only text."""
        return source.hasText()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tell of it."""
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell of it."""
        super().focusOutEvent(event)
        self.focused.emit(False)

    def _fit_height(self, size: QSizeF) -> None:
        # The layout of a QPlainTextEdit counts its height in lines; what stands in an empty one
        # is not in its document.
        lines = max(1, math.ceil(size.height()))
        if self.document().isEmpty():
            lines = self._placeholder_lines()
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if lines <= _LINES else policy.ScrollBarAsNeeded
        )
        margin = 2 * math.ceil(self.document().documentMargin()) + 2
        height = min(_LINES, lines) * self.fontMetrics().lineSpacing() + margin
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def _placeholder_lines(self) -> int:
        margin = 2 * math.ceil(self.document().documentMargin())
        room = QRect(0, 0, max(1, self.viewport().width() - margin), 0)
        wrapped = self.fontMetrics().boundingRect(
            room, Qt.TextFlag.TextWordWrap, self.placeholderText()
        )
        return max(1, round(wrapped.height() / self.fontMetrics().lineSpacing()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        if self.document().isEmpty() and event.size().width() != event.oldSize().width():
            self._fit_height(QSizeF(0, 1))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of text."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange and self.document() is not None:
            self._fit_height(self.document().documentLayout().documentSize())


class Composer(QWidget):
    """The entry with Send, which is Stop while Phial is busy, and a line that says what keys do.

    `sent` carries the text and the turn it replaces, or 0. `draft_changed` carries the text at
    each change. `edit_last_wanted` and `undo_wanted` come from keys in an empty entry.
    """

    sent = Signal(str, int)
    stopped = Signal()
    draft_changed = Signal(str)
    edit_last_wanted = Signal()
    undo_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._busy = False
        self._editing = 0
        self._kept = ""  # what stood here before an edit began
        self._frame = QFrame(self)
        set_role(self._frame, "composer")
        self.entry = Entry(self._frame)
        self.button = QPushButton(self._frame)
        set_role(self.button, "primary")
        self.hint = PlainLabel(_HINT, "secondary", self)
        row = QHBoxLayout(self._frame)
        row.setContentsMargins(SPACE[1], SPACE[1], SPACE[1], SPACE[1])
        row.setSpacing(SPACE[1])
        row.addWidget(self.entry, 1)
        row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignBottom)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE[0])
        column.addWidget(self._frame)
        column.addWidget(self.hint)
        self.entry.textChanged.connect(self._changed)
        self.entry.entered.connect(self._enter)
        self.entry.left_upwards.connect(self._up)
        self.entry.escaped.connect(self._escape)
        self.entry.undone.connect(self.undo_wanted)
        self.entry.cut_off.connect(self._say_cut_off)
        self.entry.focused.connect(self._show_focus)
        self.button.clicked.connect(self._press)
        self._show_button()

    @property
    def editing(self) -> int:
        """The turn whose words are being edited, or 0."""
        return self._editing

    def text(self) -> str:
        """What is written."""
        return self.entry.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace what is written, and leave an edit."""
        self._editing, self._kept = 0, ""
        self._write(text)
        self._say("")

    def begin_edit(self, turn: int, text: str) -> None:
        """Write the words of a turn again; what stood here comes back on Esc."""
        if not self._editing:
            self._kept = self.text()
        self._editing = turn
        self._write(text)
        self._say("Editing your message: Enter sends it again, Esc leaves it as it was")
        self.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave_edit(self) -> None:
        """Leave an edit, if there is one, and put back what stood here."""
        if self._editing:
            self.set_text(self._kept)

    def take(self) -> tuple[str, int]:
        """What is written and the turn it replaces, or 0.

        The entry then holds what stood there before an edit began, or nothing.
        """
        taken = (self.text(), self._editing)
        self.set_text(self._kept if self._editing else "")
        return taken

    def set_busy(self, busy: bool) -> None:
        """Show Stop in Send's place, or Send again."""
        if busy is self._busy:
            return
        self._busy = busy
        if self.button.hasFocus():
            self.entry.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_button()
        if not self._editing:
            self._say("")

    # --- what keys and the button do

    def _enter(self) -> None:
        if self._busy:
            if self.text().strip():
                self._say("Phial is still at work: your text stays here until it is done")
        elif self.text().strip():
            text, replaces = self.take()
            self.sent.emit(text.strip(), replaces)

    def _press(self) -> None:
        if self._busy:
            self.stopped.emit()
        else:
            self._enter()

    def _escape(self) -> None:
        if self._editing:
            self.leave_edit()
        elif self._busy:
            self.stopped.emit()

    def _up(self) -> None:
        if not self._editing:
            self.edit_last_wanted.emit()

    def _write(self, text: str) -> None:
        self.entry.setPlainText(text)
        self.entry.moveCursor(self.entry.textCursor().MoveOperation.End)

    def _changed(self) -> None:
        self._show_button()
        if not self._editing:  # what was written before the edit is still the draft
            self.draft_changed.emit(self.text())

    def _say_cut_off(self, count: int) -> None:
        self._say(
            f"A request holds {LONGEST:,} characters at most: "
            f"the last {count:,} of the pasted text were left out"
        )

    def _say(self, words: str) -> None:
        self.hint.show_text(words or _HINT)

    def _show_focus(self, focused: bool) -> None:
        self._frame.setProperty("active", focused)
        set_role(self._frame, "composer")

    def _show_button(self) -> None:
        name, words, tip = (
            ("square", "Stop", "Stop this answer (Esc)")
            if self._busy
            else ("arrow-up", "Send", "Send (Enter)")
        )
        if self.button.accessibleName() != words:
            set_icon(self.button, name, "on_accent")
            self.button.setAccessibleName(words)
            self.button.setToolTip(tip)
        self.button.setEnabled(self._busy or bool(self.text().strip()))
