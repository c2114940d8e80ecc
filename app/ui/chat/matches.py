"""Where words stand in the turns that are shown, and which of those places is the current one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit
from shiboken6 import isValid

from app.ui.theme import tokens

if TYPE_CHECKING:
    from app.ui.chat.message_view import MessageView
    from app.ui.chat.turn_widget import TurnWidget

_MOST = 500
"""Places marked at most in one message."""


@dataclass(frozen=True)
class Place:
    """Words found in a turn: characters `start` to `end` of `message`.

    Without a message the turn is not shown, or shows the words in another form.
    """

    turn: int
    message: MessageView | None = None
    start: int = 0
    end: int = 0


class Matches:
    """The places of the words looked for, in the order of reading."""

    def __init__(self) -> None:
        self.places: tuple[Place, ...] = ()
        self.current = -1
        self._marked: list[MessageView] = []

    @property
    def place(self) -> Place | None:
        """The current place."""
        return self.places[self.current] if self.places else None

    def clear(self) -> None:
        """Mark nothing."""
        self._unmark()
        self.places, self.current = (), -1

    def look(self, words: str, found: Sequence[int], shown: Iterable[TurnWidget]) -> None:
        """Take the places of `words` in the turns `found`; the newest is the current one.

        If there was a current place, its turn's first stays it.
        """
        before = self.place
        self.clear()
        live = {turn.view.id: turn for turn in shown}
        places: list[Place] = []
        for turn in found:
            here = list(_places(words, live[turn])) if turn in live else []
            places += here or [Place(turn)]
        self.places = tuple(places)
        self.current = len(places) - 1
        if before is not None:
            same = [at for at, place in enumerate(places) if place.turn == before.turn]
            self.current = same[0] if same else self.current
        self.mark()

    def step(self, by: int) -> None:
        """Make the next place the current one, or with -1 the one before; around the ends."""
        if self.places:
            self.current = (self.current + by) % len(self.places)
            self.mark()

    def mark(self) -> None:
        """Mark all places, the current one more."""
        self._unmark()
        by_message: dict[MessageView, list[QTextEdit.ExtraSelection]] = {}
        for at, place in enumerate(self.places):
            if place.message is not None and isValid(place.message):
                selection = _selection(place.message, place, at == self.current)
                by_message.setdefault(place.message, []).append(selection)
        for message, selections in by_message.items():
            message.setExtraSelections(selections)
        self._marked = list(by_message)

    def _unmark(self) -> None:
        for message in self._marked:
            if isValid(message):  # its turn may be gone
                message.setExtraSelections([])
        self._marked = []


def _places(words: str, turn: TurnWidget) -> Iterable[Place]:
    for message in turn.messages():
        document = message.document()
        cursor = document.find(words)
        for _ in range(_MOST):
            if cursor.isNull():
                break
            yield Place(turn.view.id, message, cursor.selectionStart(), cursor.selectionEnd())
            cursor = document.find(words, cursor)


def _selection(message: MessageView, place: Place, current: bool) -> QTextEdit.ExtraSelection:
    colours = tokens()
    look = QTextCharFormat()
    look.setBackground(QColor(colours.mixed("warning", 0.55 if current else 0.25)))
    if current:
        look.setFontUnderline(True)  # not by colour alone
    selection = QTextEdit.ExtraSelection()
    selection.format = look
    selection.cursor = QTextCursor(message.document())
    selection.cursor.setPosition(place.start)
    selection.cursor.setPosition(place.end, QTextCursor.MoveMode.KeepAnchor)
    return selection
