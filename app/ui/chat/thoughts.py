"""What a reasoning model thought before it answered: one folded line that opens."""

from __future__ import annotations

import re

from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.core.text import printable
from app.ui.chat.measures import MARGIN
from app.ui.chat.message_view import MessageView
from app.ui.theme import SPACE, set_icon, set_role

_TICK_MS = 1_000
_LATEST = 300  # characters of the newest sentence that are kept for the line
_SENTENCES = re.compile(r"\n+|(?<=[.!?])\s+")
_INDENT = SPACE[4]  # of the text, which then stands below the words of the line


class Thoughts(QWidget):
    """The line, with the seconds and the newest sentence while it goes on, and below it the text.

    The text is drawn only while it is open, at the end of what stands there already. `unfolded`
    when it was opened; the text view tells by `text_focused` that it has the keyboard.
    """

    unfolded = Signal()
    text_focused = Signal()

    def __init__(self, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._width = width
        self._pieces: list[str] = []
        self._before_s = 0.0  # how long it thought before `_clock` began
        self._clock = QElapsedTimer()
        self.line = QPushButton(self)
        set_role(self.line, "quiet")
        self.line.setProperty("subdued", True)
        self.line.setCheckable(True)
        self.line.toggled.connect(self._fold_or_unfold)
        self.latest = _LatestSentence(self)
        self.text: MessageView | None = None
        row = QHBoxLayout()
        row.setSpacing(SPACE[0])
        row.addWidget(self.line)
        row.addWidget(self.latest, 1)
        row.addStretch()  # where there is no newest sentence
        self._inside = QHBoxLayout()
        self._inside.setContentsMargins(_INDENT, 0, 0, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addLayout(self._inside)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_line)
        self._show_line()

    @property
    def thinking(self) -> bool:
        """Whether more is to come."""
        return self._tick.isActive()

    @property
    def is_open(self) -> bool:
        """Whether the text is shown."""
        return self.line.isChecked()

    @property
    def given(self) -> str:
        """What was given to be shown."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return self._pieces[0] if self._pieces else ""

    def show_thought(self, text: str, seconds: float) -> None:
        """Show thoughts that have ended, and how long they took where that is known (not 0)."""
        if text.strip() != self.given.strip():
            self._pieces = [text]
            if self.text is not None:
                self.text.show_text(text)
        self._before_s = seconds or self._seconds
        self._end()

    def begin(self, text: str, seconds: float) -> None:
        """Show thoughts that go on, begun so many seconds ago."""
        self._pieces = []
        self._before_s = seconds
        self.append(text)

    def append(self, text: str) -> None:
        """Show more of the thoughts under way."""
        if not self.thinking:
            self._clock.start()
            self._tick.start()
            self._show_line()
        self._pieces.append(text)
        if self.text is not None:
            self.text.append_text(text)
        self.latest.add(text)

    def finish(self) -> None:
        """The answer begins: the thoughts have ended."""
        if self.thinking:
            self._before_s = self._seconds
            self._end()

    def _end(self) -> None:
        self._tick.stop()
        self._show_line()

    @property
    def _seconds(self) -> float:
        running = (self._clock.elapsed() + 1) / 1_000 if self.thinking else 0.0
        return self._before_s + running

    def _show_line(self) -> None:
        if self.thinking:
            words, name = f"Thinking… {_in_words(self._seconds)}", "Thinking"
        else:
            seconds = self._before_s
            words = name = f"Thought for {_in_words(seconds)}" if seconds else "Thoughts"
        self.line.setText(words)
        self.line.setAccessibleName(name)  # not the seconds: each would be read aloud
        self.line.setToolTip("Hide the thoughts" if self.is_open else "Read the thoughts")
        set_icon(self.line, "chevron-down" if self.is_open else "chevron-right", "secondary")
        self.latest.setVisible(self.thinking and not self.is_open)

    def _fold_or_unfold(self, is_open: bool) -> None:
        if is_open:
            self.text = MessageView(self._width - _INDENT, self, subdued=True)
            self.text.setAccessibleName("Thoughts")
            self.text.focused.connect(self.text_focused)
            self.text.show_text(self.given)
            self._inside.addWidget(self.text)
        elif self.text is not None:
            self.text.hide()
            self._inside.removeWidget(self.text)
            self.text.deleteLater()
            self.text = None
        self._show_line()
        if is_open:
            self.unfolded.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Note the width for a text that is opened later."""
        super().resizeEvent(event)
        self._width = event.size().width()


class _LatestSentence(QLabel):
    """The sentence being thought, cut at the end of the line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "secondary")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setContentsMargins(0, 0, MARGIN, 0)
        self._sentence = ""

    def add(self, text: str) -> None:
        """More was thought."""
        parts = _SENTENCES.split(self._sentence + printable(text))
        newest = next((part for part in reversed(parts) if part.strip()), "")
        self._sentence = newest[:_LATEST]
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut it anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        words = self._sentence.strip()
        room = self.contentsRect().width()
        self.setText(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, room))


def _in_words(seconds: float) -> str:
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
