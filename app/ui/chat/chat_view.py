"""The chat as one widget: transcript, work line and composer, and what they mean to each other."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.chat.about_chip import AboutChip
from app.ui.chat.composer import Composer
from app.ui.chat.measures import WIDEST
from app.ui.chat.transcript import Transcript
from app.ui.chat.work_line import WorkLine
from app.ui.theme import SPACE
from app.ui.views import (
    ConversationView,
    EarlierTurns,
    FoundTurns,
    Notice,
    Streamed,
    TurnStarted,
    TurnView,
    Work,
)


class ChatView(QWidget):
    """Shows what it is given and tells what the user wants; signals are those of the parts.

    `undo_wanted` carries a change's id, "" for the last change.
    """

    sent = Signal(str, int)
    stopped = Signal()
    answer_wanted = Signal()
    draft_changed = Signal(str)
    option_chosen = Signal(int, int)
    declined = Signal(int)
    undo_wanted = Signal(str)
    restore_wanted = Signal(int)
    retry_wanted = Signal(int, str)
    link_wanted = Signal(str)
    open_wanted = Signal(str)
    about_dropped = Signal()
    earlier_wanted = Signal(int)
    find_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.transcript = Transcript(self)
        self.work_line = WorkLine(self)
        self.about = AboutChip(self)
        self.composer = Composer(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.transcript, 1)
        self._foot = QVBoxLayout()
        self._foot.setSpacing(SPACE[0])
        self._foot.addWidget(self.work_line)
        self._foot.addWidget(self.about)
        self._foot.addWidget(self.composer)
        column.addLayout(self._foot)
        self._connect()

    def _connect(self) -> None:
        transcript, composer = self.transcript, self.composer
        composer.sent.connect(self.sent)
        composer.stopped.connect(self.stopped)
        composer.draft_changed.connect(self.draft_changed)
        composer.edit_last_wanted.connect(self._edit_last)
        composer.undo_wanted.connect(lambda: self.undo_wanted.emit(""))
        transcript.option_chosen.connect(self.option_chosen)
        transcript.declined.connect(self.declined)
        transcript.undo_wanted.connect(self.undo_wanted)
        transcript.retry_wanted.connect(self.retry_wanted)
        transcript.edit_wanted.connect(composer.begin_edit)
        transcript.link_wanted.connect(self.link_wanted)
        transcript.open_wanted.connect(self.open_wanted)
        self.about.dropped.connect(self.about_dropped)
        transcript.earlier_wanted.connect(self.earlier_wanted)
        transcript.find_wanted.connect(self.find_wanted)
        transcript.example_chosen.connect(self._try_example)
        transcript.find_closed.connect(self.focus_composer)
        transcript.card_left.connect(self.focus_composer)
        self.work_line.undo_wanted.connect(self.undo_wanted)
        self.work_line.restore_wanted.connect(self.restore_wanted)
        self.work_line.answer_wanted.connect(self.answer_wanted)
        self.work_line.keyboard_left.connect(self.focus_composer)

    # --- what is shown

    def show_conversation(self, view: ConversationView) -> None:
        """See `Transcript`."""
        self.transcript.show_conversation(view)

    def show_empty(self, examples: tuple[str, ...], note: str = "") -> None:
        """See `Transcript`."""
        self.transcript.show_empty(examples, note)

    def add_turn(self, started: TurnStarted) -> None:
        """See `Transcript`."""
        self.transcript.add_turn(started)

    def update_turn(self, view: TurnView) -> None:
        """See `Transcript`."""
        self.transcript.update_turn(view)

    def append(self, streamed: Streamed) -> None:
        """See `Transcript`."""
        self.transcript.append(streamed)

    def mark_memory(self, first: int) -> None:
        """See `Transcript`."""
        self.transcript.mark_memory(first)

    def show_earlier(self, earlier: EarlierTurns) -> None:
        """See `Transcript`."""
        self.transcript.show_earlier(earlier)

    def show_found(self, found: FoundTurns) -> None:
        """See `Transcript`."""
        self.transcript.show_found(found)

    def show_about(self, title: str) -> None:
        """See `AboutChip`."""
        self.about.show_about(title)

    def mark_opened(self, result: str) -> None:
        """See `Transcript`."""
        self.transcript.mark_opened(result)

    def show_work(self, work: Work | None) -> None:
        """See `WorkLine`."""
        self.work_line.show_work(work)

    def show_thinking(self, thinking: bool) -> None:
        """See `WorkLine`."""
        self.work_line.show_thinking(thinking)

    def show_notice(self, notice: Notice) -> None:
        """See `WorkLine`."""
        self.work_line.show_notice(notice)

    @property
    def notice(self) -> Notice | None:
        """The notice that stands above the composer, None if there is none."""
        return self.work_line.shown

    def take_notice(self) -> bool:
        """See `WorkLine`."""
        return self.work_line.take_notice()

    def set_busy(self, busy: bool) -> None:
        """See `Composer`."""
        self.composer.set_busy(busy)

    def text(self) -> str:
        """What stands in the composer."""
        return self.composer.text()

    def set_text(self, text: str) -> None:
        """See `Composer`."""
        self.composer.set_text(text)

    # --- the keyboard

    def focus_composer(self) -> None:
        """Give the keyboard to the composer."""
        self.composer.entry.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_find(self) -> None:
        """Look for words in the conversation."""
        self.transcript.focus_find()

    def focus_card(self) -> None:
        """Give the keyboard to the newest card that waits."""
        self.transcript.focus_card()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters typed beside the composer, as on a card that has the keyboard, go into it."""
        text = event.text()
        held = event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if text.isprintable() and text.strip() and held == Qt.KeyboardModifier.NoModifier:
            self.focus_composer()
            self.composer.entry.insertPlainText(text)
        else:
            super().keyPressEvent(event)

    def _edit_last(self) -> None:
        turn = self.transcript.last_editable()
        if turn is not None:
            self.composer.begin_edit(turn.id, turn.user)

    def _try_example(self, words: str) -> None:
        self.composer.set_text(words)
        self.focus_composer()

    # --- size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the composer beneath the text, which stands left of a scroll bar."""
        super().resizeEvent(event)
        bar = self.transcript.bar_width
        side = max(SPACE[3], (event.size().width() - bar - WIDEST) // 2)
        self._foot.setContentsMargins(side, SPACE[0], side + bar, SPACE[2])
