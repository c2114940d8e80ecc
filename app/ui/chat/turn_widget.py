"""One turn as it is shown: the user's words, what was looked up, the answer, what came of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from app.core.messages import TurnState
from app.core.proposals import Proposal
from app.ui.cards import DoneLine, ProposalCard, QuestionCard
from app.ui.chat.failed_note import FailedNote
from app.ui.chat.measures import MARGIN
from app.ui.chat.memory_mark import MemoryMark
from app.ui.chat.message_view import MessageView
from app.ui.chat.side_buttons import SideButtons, copy
from app.ui.chat.thoughts import Thoughts
from app.ui.labels import PlainLabel
from app.ui.results import ResultList
from app.ui.theme import SPACE, set_role
from app.ui.views import TurnView

GUTTER = 32
"""Room beside a message for its buttons, in device-independent pixels."""

_BUBBLE_SHARE = 0.8
_READ_ALOUD = 2_000  # characters of an answer
_LONG_LINE = 300  # characters; longer ones are not measured: they fill the bubble


class Bubble(QFrame):
    """The user's words, as wide as they need."""

    def __init__(self, text: str, limit: int, parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "bubble")
        self._text = text
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[1], SPACE[0], SPACE[1], SPACE[0])
        width = self._width(limit)
        self.words = MessageView(width - 2 * SPACE[1], self)
        self.words.setAccessibleName("You")
        self.words.show_text(text)
        row.addWidget(self.words)
        self.setFixedWidth(width)

    def fit(self, limit: int) -> None:
        """Be at most `limit` pixels wide."""
        self.setFixedWidth(self._width(limit))

    def _width(self, limit: int) -> int:
        metrics = QFontMetrics(self.font())
        lines = self._text.split("\n")
        if len(lines) > _LONG_LINE or any(len(line) > _LONG_LINE for line in lines):
            return limit
        longest = max(metrics.horizontalAdvance(line.expandtabs(8)) for line in lines)
        return max(1, min(limit, longest + 2 * (SPACE[1] + MARGIN) + 2))


class TurnWidget(QWidget):
    """A turn, `width` pixels wide at first.

    Signals are those of its parts; `finished` carries what to read aloud when the turn that was
    under way is over; `unfolded` the thoughts that were opened to be read.
    """

    option_chosen = Signal(int, int)
    declined = Signal(int)
    undo_wanted = Signal(str)
    retry_wanted = Signal(int, str)
    edit_wanted = Signal(int, str)
    link_wanted = Signal(str)
    finished = Signal(str)
    card_left = Signal()
    open_wanted = Signal(str)
    unfolded = Signal(object)  # Thoughts

    def __init__(self, view: TurnView, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = view
        self._editable = False
        self._answered = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE[1])
        self._above = QVBoxLayout()
        self._above.setContentsMargins(MARGIN, 0, MARGIN, SPACE[3])
        self._column.addLayout(self._above)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, MARGIN, 0)
        row.addStretch(1)
        self.bubble = Bubble(view.user, round(width * _BUBBLE_SHARE), self)
        self.bubble.words.link_clicked.connect(self.link_wanted)
        self.bubble.words.focused.connect(self.show_buttons)
        row.addWidget(self.bubble)
        self._column.addLayout(row)
        self._thought_row, self._step_row, self._answer_row = (QHBoxLayout() for _ in range(3))
        for part in (self._thought_row, self._step_row, self._answer_row):
            self._column.addLayout(part)
        self._frames = QVBoxLayout()  # their edges stand in line with the text of the answer
        self._frames.setContentsMargins(MARGIN, 0, MARGIN, 0)
        self._frames.setSpacing(SPACE[1])
        self._column.addLayout(self._frames)
        self.memory_mark: MemoryMark | None = None
        self.thoughts: Thoughts | None = None
        self.step: PlainLabel | None = None
        self.answer: MessageView | None = None
        self.card: ProposalCard | QuestionCard | None = None
        self.done: DoneLine | None = None
        self.error: FailedNote | None = None
        self.results: ResultList | None = None
        self._side = SideButtons(self)
        self._width = width
        self._show(view)

    # --- what is shown

    @property
    def editable(self) -> bool:
        """Whether this is the newest turn, whose words the keys for it edit and ask again."""
        return self._editable

    @editable.setter
    def editable(self, editable: bool) -> None:
        self._editable = editable
        if self.error is not None:
            self.error.set_newest(editable)

    def append(self, text: str) -> None:
        """Show more of the answer under way."""
        if self.thoughts is not None:
            self.thoughts.finish()
        self._answer_view().append(text)

    def append_thought(self, text: str) -> None:
        """Show more of the thoughts under way."""
        self._thoughts_view().append(text)

    def mark_memory(self, begins: bool) -> None:
        """Say above the turn that the model's memory begins here, or no longer."""
        if begins and self.memory_mark is None:
            self.memory_mark = MemoryMark(self)
            self._above.addWidget(self.memory_mark)
        elif not begins and self.memory_mark is not None:
            self._drop(self.memory_mark)
            self.memory_mark = None

    def update_view(self, view: TurnView) -> None:
        """Show the turn as it stands now; what has not changed is not drawn again."""
        over = self.view.state is TurnState.RUNNING and view.state is not TurnState.RUNNING
        self._show(view)
        if over:
            self.finished.emit(self._words_to_read())

    def stops(self) -> list[QWidget]:
        """What Tab reaches, in the order of reading."""
        found: list[QWidget] = []
        parts = (
            self.bubble,
            self.thoughts,
            self.answer,
            self.results,
            self.card,
            self.done,
            self.error,
        )
        for part in parts:
            if part is None:
                continue
            for each in (part, *part.findChildren(QWidget)):
                if each.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    found.append(each)
            found += self._side.of(part)
        return found

    def messages(self) -> list[MessageView]:
        """The texts of this turn in which words can be found."""
        return [self.bubble.words, *([self.answer] if self.answer is not None else [])]

    def _show(self, view: TurnView) -> None:
        before, self.view = self.view, view
        self._show_thoughts(view)
        self._show_step("\n".join(filter(None, (view.step, *view.steps))))
        self._show_answer(view)
        self._show_results(view)
        self._show_card(view, before)
        self._show_done(view)
        self._show_error(view)

    def _show_thoughts(self, view: TurnView) -> None:
        if not view.thought.strip():
            if self.thoughts is not None and view.state is not TurnState.RUNNING:
                self._drop(self.thoughts)
                self.thoughts = None
        elif view.state is not TurnState.RUNNING or view.answer:
            self._thoughts_view().show_thought(view.thought, view.thought_s)
        elif self.thoughts is None:  # opened while it is under way; more will come
            self._thoughts_view().begin(view.thought, view.thought_s)

    def _thoughts_view(self) -> Thoughts:
        if self.thoughts is None:
            self.thoughts = Thoughts(self._width - GUTTER, self)
            self.thoughts.text_focused.connect(self.show_buttons)
            self.thoughts.unfolded.connect(lambda: self.unfolded.emit(self.thoughts))
            self._thought_row.setContentsMargins(0, 0, GUTTER, 0)
            self._thought_row.addWidget(self.thoughts)
        return self.thoughts

    def _show_step(self, words: str) -> None:
        if words and self.step is None:
            self.step = PlainLabel(words, "secondary", self)
            self.step.setContentsMargins(MARGIN, 0, MARGIN, 0)  # in line with the answer
            self._step_row.addWidget(self.step)
        elif self.step is not None:
            self.step.show_text(words)
            self.step.setVisible(bool(words))

    def _show_answer(self, view: TurnView) -> None:
        if view.state is TurnState.RUNNING:
            if view.answer:  # opened while it is under way; more will come
                answer = self._answer_view()
                answer.begin()
                answer.append(view.answer)
            return
        if not view.answer:
            if self.answer is not None:
                self._drop(self.answer)
                self.answer = None
            return
        answer = self._answer_view()
        if answer.given.strip() == view.answer and answer.is_markdown == view.markdown:
            answer.finish()  # what has come is all of it: a long answer takes a while to draw
        elif view.markdown:
            answer.show_markdown(view.answer)
        else:
            answer.show_text(view.answer)

    def _answer_view(self) -> MessageView:
        if self.answer is None:
            self.answer = MessageView(self._width - GUTTER, self)
            self.answer.setAccessibleName("Phial's answer")
            self.answer.link_clicked.connect(self.link_wanted)
            self.answer.focused.connect(self.show_buttons)
            self._answer_row.setContentsMargins(0, 0, GUTTER, 0)
            self._answer_row.addWidget(self.answer)
        return self.answer

    def _show_results(self, view: TurnView) -> None:
        if self.results is not None:
            self.results.show_rows(view.results)
            self.results.setVisible(bool(view.results))
        elif view.results:
            self.results = ResultList(view.results, self)
            self.results.opened.connect(self.open_wanted)
            self._frames.insertWidget(0, self.results)

    def mark_opened(self, result: str) -> None:
        """Show which of the results is open beside the chat."""
        if self.results is not None:
            self.results.mark(result)

    def _show_card(self, view: TurnView, before: TurnView) -> None:
        card = self.card
        if card is not None and (view.waiting != before.waiting or self._answered):
            holder = QApplication.focusWidget()
            had_focus = holder is not None and (holder is card or card.isAncestorOf(holder))
            self._drop(card)
            self.card = None
            if had_focus:
                self.card_left.emit()
        if view.waiting is None or self.card is not None:
            return
        self._answered = False
        made: ProposalCard | QuestionCard
        if isinstance(view.waiting, Proposal):
            made = ProposalCard(view.id, view.waiting, parent=self)
        else:
            made = QuestionCard(view.id, view.waiting, parent=self)
        made.chosen.connect(self._choose)
        made.declined.connect(self._decline)
        self._frames.addWidget(made)
        self.card = made

    def _choose(self, option: int) -> None:
        self._answered = True
        self.option_chosen.emit(self.view.id, option)

    def _decline(self) -> None:
        self._answered = True
        self.declined.emit(self.view.id)

    def _show_done(self, view: TurnView) -> None:
        if view.done is None:
            if self.done is not None:
                self._drop(self.done)
                self.done = None
        elif self.done is not None:
            self.done.show_done(view.done)
        else:
            self.done = DoneLine(view.done, self)
            self.done.undo_wanted.connect(self.undo_wanted)
            self._frames.addWidget(self.done)

    def _show_error(self, view: TurnView) -> None:
        if self.error is not None and not self.error.shows(view):
            self._drop(self.error)
            self.error = None
        if view.error and self.error is None:
            self.error = FailedNote(view, self._editable, self)
            self.error.retry_wanted.connect(
                lambda: self.retry_wanted.emit(self.view.id, self.view.user)
            )
            self.error.edit_wanted.connect(self.ask_to_edit)
            self._frames.addWidget(self.error)

    def _drop(self, part: QWidget) -> None:
        part.hide()
        for row in (self._frames, self._answer_row, self._thought_row, self._above):
            row.removeWidget(part)
        part.deleteLater()

    def _words_to_read(self) -> str:
        view = self.view
        answer = self.answer.clean_text(_READ_ALOUD) if self.answer is not None else ""
        asked = self.card.accessibleName() if self.card is not None else ""
        done = view.done.sentence if view.done is not None else ""
        words = [answer, asked, "" if done == answer else done, view.error]
        return "\n".join(each for each in words if each)

    # --- size, and the buttons beside the messages

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the user's words within their share of the width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._width = event.size().width()
            self.bubble.fit(round(self._width * _BUBBLE_SHARE))
        self._side.place()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the buttons beside the messages."""
        super().enterEvent(event)
        self.show_buttons()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide them, unless the keyboard is here."""
        super().leaveEvent(event)
        self.show_buttons()

    def show_buttons(self) -> None:
        """Show the buttons while the mouse or the keyboard is here, else hide them."""
        self._side.show(self.underMouse() or self.has_focus_in())

    def copy_words(self) -> None:
        """Put the user's words on the clipboard."""
        copy(self.view.user)

    def copy_answer(self) -> None:
        """Put the answer on the clipboard, without marks of Markdown."""
        if self.answer is not None:
            copy(self.answer.clean_text())

    def ask_to_edit(self) -> None:
        """Ask for the user's words to be edited."""
        self.edit_wanted.emit(self.view.id, self.view.user)

    def has_focus_in(self) -> bool:
        """Whether the keyboard is in this turn."""
        holder = QApplication.focusWidget()
        return holder is not None and self.isAncestorOf(holder)
