"""Colouring the code in a document: worked out beside the window's thread, put in bit by bit."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from PySide6.QtCore import QCoreApplication, QObject, QThreadPool, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument

from app.ui.chat.drawing import Code
from app.ui.chat.highlight import LONGEST, Role, Span, spans
from app.ui.theme import tokens

_AT_ONCE = 150
"""Spans put in before the window may do something else: some 3 ms."""

_TOKEN = {
    Role.KEYWORD: "accent",
    Role.STRING: "good",
    Role.NUMBER: "warning",
    Role.COMMENT: "secondary",
    Role.NAME: "text",
}


@dataclass(frozen=True)
class _Found:
    """The spans of one code; `generation` is that of the document they were asked for."""

    generation: int
    code: Code
    spans: tuple[Span, ...]


class _Answer(QObject):
    """Carries what was found to the window's thread; outlives a message that is gone."""

    found = Signal(object)  # _Found


class Colouring(QObject):
    """Colours the codes of `document`, each once it is closed."""

    def __init__(self, document: QTextDocument, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._generation = 0
        self._known: dict[tuple[str, str], tuple[Span, ...]] = {}
        self._waiting: deque[tuple[int, int, Role]] = deque()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._put_some)

    def clear(self) -> None:
        """The document is drawn anew; spans found before are kept for the same code."""
        self._generation += 1
        self._waiting.clear()
        self._timer.stop()

    def add(self, code: Code) -> None:
        """Colour a code that has closed."""
        if not code.language or not code.exact or len(code.text) > LONGEST:
            return
        known = self._known.get((code.text, code.language))
        if known is not None:
            self._put(code, known)
            return
        answer = _Answer(QCoreApplication.instance())
        answer.found.connect(self._take)
        answer.found.connect(answer.deleteLater)
        QThreadPool.globalInstance().start(partial(_work, answer, self._generation, code))

    @Slot(object)
    def _take(self, found: _Found) -> None:
        self._known[found.code.text, found.code.language] = found.spans
        if found.generation == self._generation:
            self._put(found.code, found.spans)

    def _put(self, code: Code, found: tuple[Span, ...]) -> None:
        places = _utf16_places(code.text)
        for span in found:
            if span.role is not Role.NAME:  # has the colour of text as it is
                start, end = span.start, span.start + span.length
                if places:
                    start, end = places[start], places[end]
                self._waiting.append((code.start + start, code.start + end, span.role))
        if self._waiting and not self._timer.isActive():
            self._timer.start(0)

    def _put_some(self) -> None:
        colours = tokens()
        forms: dict[Role, QTextCharFormat] = {}
        for role, name in _TOKEN.items():
            forms[role] = QTextCharFormat()
            forms[role].setForeground(QColor(getattr(colours, name)))
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        for _ in range(min(_AT_ONCE, len(self._waiting))):
            start, end, role = self._waiting.popleft()
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(forms[role])
        cursor.endEditBlock()
        if not self._waiting:
            self._timer.stop()


def _work(answer: _Answer, generation: int, code: Code) -> None:
    """In a thread of the pool."""
    found = _Found(generation, code, spans(code.text, code.language))
    try:
        answer.found.emit(found)
    except RuntimeError:  # the application has ended
        return


def _utf16_places(text: str) -> list[int]:
    """The place in the document of each character, or nothing if it is the character's own."""
    if not text or max(text) <= "\uffff":
        return []
    return [0, *accumulate(2 if character > "\uffff" else 1 for character in text)]
