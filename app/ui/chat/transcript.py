"""The conversation: its newest turns, the reader's place in them, and the words looked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.core.messages import TurnState
from app.ui.chat.announcing import announce
from app.ui.chat.cards_in_view import CardsInView
from app.ui.chat.empty_state import EmptyState
from app.ui.chat.find_bar import FindBar
from app.ui.chat.matches import Matches
from app.ui.chat.measures import MARGIN, WIDEST
from app.ui.chat.reading_place import Column, ReadingPlace
from app.ui.theme import SPACE, set_icon, set_role
from app.ui.views import ConversationView, EarlierTurns, FoundTurns, Streamed, TurnStarted, TurnView

if TYPE_CHECKING:
    from app.ui.chat.thoughts import Thoughts
    from app.ui.chat.turn_widget import TurnWidget

LIVE = 50
"""Turns kept as widgets; more only while the reader asks for earlier ones."""

_SLICE = 0.005  # seconds of building before the window may do something else


class Transcript(QWidget):
    """Shows turns and passes on what is done with them; it knows nothing but views.

    `edit_wanted` carries a turn and its words; `earlier_wanted` the first turn shown, before
    which more are wanted; `card_left` tells that a card with the keyboard has gone.
    """

    option_chosen = Signal(int, int)
    declined = Signal(int)
    undo_wanted = Signal(str)
    retry_wanted = Signal(int, str)
    edit_wanted = Signal(int, str)
    link_wanted = Signal(str)
    open_wanted = Signal(str)
    earlier_wanted = Signal(int)
    example_chosen = Signal(str)
    find_wanted = Signal(str)
    find_closed = Signal()
    card_left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turns: list[TurnWidget] = []
        self._pending: list[TurnView] = []  # to be put above, the newest last
        self._conversation = 0
        self._earlier = 0
        self._empty: EmptyState | None = None
        self._opened = ""  # the result that is open beside the chat
        self._remembers = 0  # the first turn that the model still sees; 0 for all
        self._matches = Matches()
        self._found = FoundTurns(0, "", ())
        self._fetched_before = 0  # the turn before which more were last fetched for a match
        self._build()
        self._building = QTimer(self)
        self._building.timeout.connect(self._build_some)

    def _build(self) -> None:
        self.find_bar = FindBar(self)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Its place is always kept, so that text does not move when the first answer is long.
        self._area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._area.verticalScrollBar().rangeChanged.connect(self._show_bar)
        self._area.setAccessibleName("Conversation")
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._column = Column()
        set_role(self._column, "plain")
        self._lines = QVBoxLayout(self._column)
        self._lines.setSpacing(SPACE[4])
        self.earlier_button = QPushButton(self._column)
        set_role(self.earlier_button, "quiet")
        set_icon(self.earlier_button, "chevron-up", "secondary")
        self.earlier_button.clicked.connect(self._ask_for_earlier)
        self._lines.addWidget(self.earlier_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._lines.addStretch(1)
        self._area.setWidget(self._column)
        self.jump_button = QPushButton("Jump to the newest", self)
        self.jump_button.setAccessibleName("Jump to the newest")
        self.jump_button.setToolTip("Go to the end of the conversation")
        set_icon(self.jump_button, "chevron-down")
        self.jump_button.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.find_bar)
        column.addWidget(self._area, 1)
        self._place = ReadingPlace(self._area, self._column, lambda: self._turns)
        self._place.following_changed.connect(self._show_jump)
        self._cards = CardsInView(self._area, self._place)
        self.jump_button.clicked.connect(self._jump)
        self.find_bar.words_changed.connect(self._look_for)
        self.find_bar.stepped.connect(self._step)
        self.find_bar.closed.connect(self.find_closed)
        self._area.viewport().installEventFilter(self)
        self._show_earlier_button()

    # --- what is shown

    @property
    def turns(self) -> Sequence[TurnWidget]:
        """The turns shown, from the top."""
        return self._turns

    @property
    def following(self) -> bool:
        """Whether the end is shown and followed."""
        return self._place.following

    def show_conversation(self, view: ConversationView) -> None:
        """Show the newest turns of a conversation, at its end."""
        self._clear()
        self._conversation = view.id
        self._pending = list(view.turns[-LIVE:])
        self._earlier = view.earlier + len(view.turns) - len(self._pending)
        height, needed = 0, self._area.viewport().height()
        while self._pending and height <= needed:
            height += self._put(self._pending.pop(), 0).sizeHint().height()
        self._after_building() if not self._pending else self._building.start(0)
        self._place.to_end()

    def mark_opened(self, result: str) -> None:
        """Show which result is open beside the chat, "" for none."""
        self._opened = result
        for turn in self._turns:
            turn.mark_opened(result)

    def mark_memory(self, first: int) -> None:
        """Show above which turn the model's memory begins; 0 if it sees all of them.

        A conversation is shown without the mark until it is told.
        """
        self._remembers = first
        for turn in self._turns:
            turn.mark_memory(turn.view.id == first)

    def show_empty(self, examples: tuple[str, ...], note: str = "") -> None:
        """Show what can be asked, in place of a conversation."""
        self._clear()
        self._conversation = 0
        self._earlier = 0
        self._show_earlier_button()
        self._empty = EmptyState(examples, note, self._column)
        self._empty.example_chosen.connect(self.example_chosen)
        self._lines.insertWidget(1, self._empty)
        self._place.keep(self._empty)
        self._order_tabs()

    def add_turn(self, started: TurnStarted) -> None:
        """Show a turn that has begun, and go to it."""
        if self._empty is not None:
            self._drop(self._empty)
            self._empty = None
        self._conversation = started.turn.conversation
        if started.replaces:
            self._drop_turn(started.replaces)
        self._put(started.turn, len(self._turns))
        while len(self._turns) > LIVE:
            self._drop_turn(self._turns[0].view.id)
            self._earlier += 1
        self._after_building()
        self._place.to_end()

    def update_turn(self, view: TurnView) -> None:
        """Show a turn as it stands now."""
        turn = self._turn(view.id)
        if turn is None:
            self._pending = [view if each.id == view.id else each for each in self._pending]
            return
        over = turn.view.state is TurnState.RUNNING and view.state is not TurnState.RUNNING
        card, following = turn.card, self._place.following
        turn.update_view(view)
        if turn.card is not None and turn.card is not card:
            self._cards.watch(turn.card)
            if following:
                self._place.keep(turn.card)
        self._order_tabs()
        if over and self._found.words:
            self.find_wanted.emit(self._found.words)

    def append(self, streamed: Streamed) -> None:
        """Show more of the answer under way, or of the thoughts before it."""
        turn = self._turn(streamed.turn)
        if turn is None:
            return
        if streamed.thought:
            added = turn.thoughts is None
            turn.append_thought(streamed.text)
            if added:
                self._order_tabs()
        else:
            turn.append(streamed.text)

    def show_earlier(self, earlier: EarlierTurns) -> None:
        """Put older turns above; the reader stays at the same line."""
        if earlier.conversation != self._conversation:
            return
        known = {turn.view.id for turn in self._turns} | {view.id for view in self._pending}
        self._pending = [view for view in earlier.turns if view.id not in known] + self._pending
        self._earlier = earlier.earlier
        self._building.start(0)

    def focus_card(self) -> None:
        """Give the keyboard to the newest card that waits, if there is one."""
        for turn in reversed(self._turns):
            if turn.card is not None:
                turn.card.setFocus(Qt.FocusReason.OtherFocusReason)
                self._place.keep(turn.card)
                return

    def last_editable(self) -> TurnView | None:
        """The last turn, whose words may be edited; None if there is none."""
        return self._turns[-1].view if self._turns else None

    def last_failed(self) -> TurnView | None:
        """The newest turn if it FAILED, so that it can be asked again; else None."""
        newest = self._turns[-1].view if self._turns else None
        return newest if newest is not None and newest.state is TurnState.FAILED else None

    # --- turns

    def _turn(self, identity: int) -> TurnWidget | None:
        for turn in reversed(self._turns):
            if turn.view.id == identity:
                return turn
        return None

    def _put(self, view: TurnView, at: int) -> TurnWidget:
        """Put a turn at a place among those shown."""
        from app.ui.chat.turn_widget import TurnWidget  # with all that draws text

        turn = TurnWidget(view, self._text_width(), self._column)
        turn.option_chosen.connect(self.option_chosen)
        turn.declined.connect(self.declined)
        turn.undo_wanted.connect(self.undo_wanted)
        turn.retry_wanted.connect(self.retry_wanted)
        turn.edit_wanted.connect(self.edit_wanted)
        turn.link_wanted.connect(self.link_wanted)
        turn.open_wanted.connect(self.open_wanted)
        turn.mark_opened(self._opened)
        turn.mark_memory(view.id == self._remembers)
        turn.unfolded.connect(self._show_thoughts)
        turn.card_left.connect(self.card_left)
        turn.finished.connect(lambda words: announce(self, words))
        if turn.card is not None:
            self._cards.watch(turn.card)
        self._turns.insert(at, turn)
        self._lines.insertWidget(1 + at, turn)
        return turn

    def _show_thoughts(self, thoughts: Thoughts) -> None:
        """Bring thoughts that were opened into view; those under way grow with the end."""
        self._order_tabs()
        if not thoughts.thinking:
            self._place.keep(thoughts)

    def _drop_turn(self, identity: int) -> None:
        turn = self._turn(identity)
        if turn is not None:
            self._turns.remove(turn)
            self._drop(turn)

    def _drop(self, widget: QWidget) -> None:
        widget.hide()
        self._lines.removeWidget(widget)
        widget.deleteLater()

    def _clear(self) -> None:
        self._building.stop()
        self._pending = []
        self._remembers = 0
        self._matches.clear()
        self._found = FoundTurns(0, "", ())
        if self.find_bar.isVisibleTo(self):
            self.find_bar.close_bar()
        for turn in self._turns:
            self._drop(turn)
        self._turns = []
        if self._empty is not None:
            self._drop(self._empty)
            self._empty = None

    def _build_some(self) -> None:
        """Put some of the pending turns above, the newest of them first."""
        until = time.perf_counter() + _SLICE
        while self._pending and time.perf_counter() < until:
            self._put(self._pending.pop(), 0)
        if not self._pending:
            self._building.stop()
            self._after_building()
            if self._found.words:
                self._look_again()

    def _after_building(self) -> None:
        for turn in self._turns[:-1]:
            turn.editable = False
        if self._turns:
            self._turns[-1].editable = True
        self._show_earlier_button()
        self._order_tabs()

    def _show_earlier_button(self) -> None:
        words = f"Show earlier ({self._earlier})"
        self.earlier_button.setText(words)
        self.earlier_button.setAccessibleName(words)
        self.earlier_button.setToolTip("Show older messages above")
        self.earlier_button.setVisible(self._earlier > 0)
        self.earlier_button.setEnabled(True)

    def _ask_for_earlier(self) -> None:
        if self._turns:
            self.earlier_button.setEnabled(False)
            self.earlier_wanted.emit(self._turns[0].view.id)

    def _order_tabs(self) -> None:
        """Tab goes in the order of reading; turns were not all made in that order."""
        before: QWidget = self.earlier_button
        for button in self._empty.buttons if self._empty is not None else ():
            QWidget.setTabOrder(before, button)
            before = button
        for turn in self._turns:
            for stop in turn.stops():
                QWidget.setTabOrder(before, stop)
                before = stop
        QWidget.setTabOrder(before, self.jump_button)

    # --- size and place

    @property
    def bar_width(self) -> int:
        """The width of the scroll bar at the right edge."""
        return self._area.verticalScrollBar().sizeHint().width()

    def _show_bar(self, least: int, most: int) -> None:
        self._area.verticalScrollBar().setEnabled(most > least)

    def _text_width(self) -> int:
        room = self._area.width() - self.bar_width - 2 * SPACE[3]
        return max(1, min(WIDEST, room)) + 2 * MARGIN

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the column in the middle, before the scroll area lays it out."""
        if event.type() is QEvent.Type.Resize and isinstance(event, QResizeEvent):
            side = max(SPACE[3], (event.size().width() - WIDEST) // 2) - MARGIN
            self._lines.setContentsMargins(side, SPACE[3], side, SPACE[3])
            self._place_jump()
        return super().eventFilter(watched, event)

    def _show_jump(self, following: bool) -> None:
        had_focus = self.jump_button.hasFocus()
        self.jump_button.setVisible(not following and bool(self._turns))
        self._place_jump()
        if following and had_focus and self._turns:
            self._turns[-1].stops()[-1].setFocus(Qt.FocusReason.OtherFocusReason)

    def _place_jump(self) -> None:
        button, area = self.jump_button, self._area.geometry()
        button.adjustSize()
        button.move(
            area.x() + (area.width() - button.width()) // 2,
            area.bottom() - button.height() - SPACE[1],
        )
        button.raise_()

    def _jump(self) -> None:
        self._place.to_end()

    # --- finding

    def focus_find(self) -> None:
        """Open the find bar, or go to it."""
        self.find_bar.open_bar()

    def show_found(self, found: FoundTurns) -> None:
        """Mark the words found, and go to the newest."""
        if found.conversation != self._conversation or found.words != self.find_bar.words:
            return
        self._found = found
        self._look_again()

    def _look_for(self, words: str) -> None:
        self._matches.clear()
        self._fetched_before = 0
        self._found = FoundTurns(self._conversation, "", ())
        self.find_bar.clear_count()
        if words:
            self.find_wanted.emit(words)

    def _look_again(self) -> None:
        self._matches.look(self._found.words, self._found.turns, self._turns)
        self._show_match()

    def _step(self, by: int) -> None:
        self._matches.step(by)
        self._show_match()

    def _show_match(self) -> None:
        """Go to the current match; fetch its turn first if it is not shown."""
        self.find_bar.show_count(self._matches.current + 1, len(self._matches.places))
        place = self._matches.place
        if place is None:
            return
        turn = self._turn(place.turn)
        if turn is not None:
            within = 0.0
            if place.message is not None and isValid(place.message):
                top = place.message.mapTo(turn, place.message.rect().topLeft()).y()
                within = top + place.message.place_of(place.start)
            self._place.show_place(turn, within)
        elif self._turns and not self._pending and self._earlier > 0:
            first = self._turns[0].view.id
            if first != self._fetched_before:  # else there was nothing more to fetch
                self._fetched_before = first
                self.earlier_wanted.emit(first)
