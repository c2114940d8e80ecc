"""The conversation that is open: its drafts, its turns, and the request that is on its way.

Between the bridge and the chat; the panes around them are the main window's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal

from app.core.messages import TurnState
from app.core.text import printable
from app.store.window_state import WindowState
from app.ui.bridge import Bridge
from app.ui.chat.chat_view import ChatView
from app.ui.views import (
    ConversationList,
    ConversationSummary,
    ConversationView,
    Notice,
    Streamed,
    TodayView,
    TurnRejected,
    TurnStarted,
    TurnView,
)

EXAMPLES = (
    "Schedule lunch with Anna on Friday at noon",
    "What is in my calendar this week?",
    "Standup every weekday at 9:15",
)
"""Requests that work in an empty profile."""

_MAIL_EXAMPLES = (
    "Summarise today's mail",
    "Archive all newsletters from last week",
    "What is in my calendar this week?",
)
_NO_MAIL = "Mail, calendars and contacts from files come in through Settings."


@dataclass(frozen=True)
class _Sent:
    """A request whose words are not known to be on disk yet.

    `page` is when the conversation it was sent from was opened; `kept` is the draft that stays
    when the words are gone. `typed`: the words stood in the composer, and nowhere else.
    """

    conversation: int
    page: int
    text: str
    kept: str
    typed: bool


class Talk(QObject):
    """See the module. `state` is how the window was left; `about` gives the ids of what "it" means.

    `opened` carries the conversation that is open from now on, 0 for a new one; `titled` its
    title; `drafted` comes when something is worth saving, with True where it cannot wait.
    """

    opened = Signal(int)
    titled = Signal(str)
    drafted = Signal(bool)
    begun = Signal()
    """A request has begun a new conversation."""

    def __init__(
        self,
        bridge: Bridge,
        chat: ChatView,
        state: WindowState,
        about: Callable[[], tuple[str, ...]] = tuple,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._about = about
        self._bridge = bridge
        self._chat = chat
        self._state = state  # of which only the drafts are kept up to date
        self._conversation = state.conversation
        self._shown = 0  # the conversation in the transcript, until another has been read
        self._page = 0
        self._sent: _Sent | None = None
        self._running: TurnView | None = None
        self._heard = _Heard()
        self._remembers: dict[int, int] = {}  # the first turn the model sees, by conversation
        self._looked = False  # whether the drafts were compared with what is on disk
        bridge.conversation_opened.connect(self._on_conversation)
        bridge.conversations_listed.connect(self._on_listed)
        bridge.turn_started.connect(self._on_started)
        bridge.turn_rejected.connect(self._on_rejected)
        bridge.streamed.connect(self._on_streamed)
        bridge.turn_changed.connect(self._on_changed)
        bridge.turn_ended.connect(self._on_ended)
        bridge.earlier_loaded.connect(chat.show_earlier)
        bridge.turns_found.connect(chat.show_found)
        bridge.working.connect(chat.show_work)
        chat.sent.connect(self._on_sent)
        chat.draft_changed.connect(self._on_draft)
        chat.retry_wanted.connect(self._on_retry)
        chat.stopped.connect(bridge.stop)
        chat.answer_wanted.connect(bridge.answer_now)
        chat.restore_wanted.connect(bridge.restore_conversation)
        chat.option_chosen.connect(bridge.choose)
        chat.declined.connect(bridge.decline)
        chat.earlier_wanted.connect(lambda turn: bridge.load_earlier(self._conversation, turn))
        chat.find_wanted.connect(
            lambda words: bridge.find_in_conversation(self._conversation, words)
        )
        chat.set_text(state.draft(self._conversation))
        self._mail = False
        bridge.today_read.connect(self._on_today)
        if not self._conversation:
            self._show_empty()

    @property
    def conversation(self) -> int:
        """The conversation that is open; 0 for a new one."""
        return self._conversation

    @property
    def state(self) -> WindowState:
        """The drafts as they are now, and the conversation that is open."""
        return replace(self._state, conversation=self._conversation)

    def resume(self) -> None:
        """The profile is open: read the conversation the window was left with."""
        if self._conversation:
            self._bridge.open_conversation(self._conversation)

    def new(self) -> None:
        """Clear the transcript for a request about something else."""
        self._turn_to(0)
        self._shown = 0
        self._show_empty()

    def open(self, conversation: int) -> None:
        """Read a conversation and show it."""
        self._turn_to(conversation)
        self._bridge.open_conversation(conversation)

    def delete(self, conversation: int) -> None:
        """Take a conversation away; its draft goes at the next start, unless it is restored."""
        self._bridge.delete_conversation(conversation)
        if conversation == self._conversation:
            self.new()

    def retry_last(self) -> None:
        """Send the newest request again if it failed."""
        turn = self._chat.transcript.last_failed()
        if turn is not None:
            self._on_retry(turn.id, turn.user)

    def _show_empty(self) -> None:
        if self._mail:
            self._chat.show_empty(_MAIL_EXAMPLES)
        else:
            self._chat.show_empty(EXAMPLES, _NO_MAIL)

    def _on_today(self, view: TodayView) -> None:
        if view.mail is not self._mail:
            self._mail = view.mail
            if not self._conversation and not self._shown and self._running is None:
                self._show_empty()

    # --- conversations

    def _turn_to(self, conversation: int) -> None:
        self._page += 1
        self._conversation = conversation
        self._chat.set_text(self._state.draft(conversation))
        self.opened.emit(conversation)
        if not conversation:
            self.titled.emit("")
        self.drafted.emit(False)

    def _on_listed(self, listed: ConversationList) -> None:
        for item in listed.items:
            if item.id == self._conversation:
                self.titled.emit(item.title)
        if not self._looked and not listed.query:
            self._looked = True
            self._look_at_drafts(listed.items)

    def _look_at_drafts(self, there: tuple[ConversationSummary, ...]) -> None:
        """At start: forget what was typed in conversations that are gone."""
        known = {0, *(item.id for item in there)}
        for draft in self._state.drafts:
            if draft.conversation not in known:
                self._put_draft(draft.conversation, "")
        newest = max(there, key=lambda item: item.updated_at, default=None)
        unsent = self._state.draft(0)
        if not self._conversation and newest is not None and _began_with(newest, unsent):
            # The last process ended between writing these words down and saying so.
            self._put_draft(0, "")
            self.open(newest.id)

    def _on_conversation(self, view: ConversationView) -> None:
        if not view.id and self._conversation:
            self.new()  # it is gone
        if not view.id or view.id != self._conversation:
            return
        running = self._running
        if running is not None and running.conversation == view.id:
            # What it has said so far is not on disk yet.
            view = replace(view, turns=tuple(map(self._with_heard, view.turns)))
        self.titled.emit(view.title)
        self._shown = view.id
        self._chat.show_conversation(view)
        self._chat.mark_memory(self._remembers.get(view.id, 0))
        draft = self._state.draft(view.id)
        if draft and view.turns and self._sent is None and _is_said(draft, view.turns[-1]):
            self._put_draft(view.id, "")
            self._chat.set_text("")

    def _with_heard(self, turn: TurnView) -> TurnView:
        if self._running is None or turn.id != self._running.id:
            return turn
        heard = self._heard
        return replace(
            turn,
            answer=heard.answer,
            markdown=True,
            thought=heard.thought,
            thought_s=heard.thought_s,
        )

    # --- drafts

    def _on_draft(self, text: str) -> None:
        self._put_draft(self._conversation, text)
        self.drafted.emit(False)
        if text:
            self._bridge.wake()  # it loads while the rest is written

    def _put_draft(self, conversation: int, text: str) -> None:
        self._state = self._state.with_draft(conversation, text, datetime.now(UTC))

    # --- turns

    def _on_sent(self, text: str, replaces: int) -> None:
        kept = self._chat.text()
        self._send(_Sent(self._conversation, self._page, text, kept, typed=True), replaces)

    def _on_retry(self, turn: int, text: str) -> None:
        kept = self._state.draft(self._conversation)
        self._send(_Sent(self._conversation, self._page, text, kept, typed=False), turn)

    def _send(self, sent: _Sent, replaces: int) -> None:
        if self._bridge.busy:
            self._give_back(sent, replaces)
            return
        self._sent = sent
        if sent.typed:
            # Written down here too until the words are in the history: they outlive a crash.
            self._put_draft(sent.conversation, _joined(sent.text, sent.kept))
            self.drafted.emit(True)
        self._chat.set_busy(True)
        self._bridge.ask(sent.text, sent.conversation, replaces, self._about())

    def _on_started(self, started: TurnStarted) -> None:
        turn, sent, self._sent = started.turn, self._sent, None
        self._running, self._heard = turn, _Heard()
        if sent is not None:
            self._forget(sent)
            if not sent.conversation and sent.page == self._page:
                self._adopt(turn.conversation)
        if turn.conversation == self._conversation == self._shown:
            self._chat.add_turn(started)
        self.drafted.emit(True)

    def _forget(self, sent: _Sent) -> None:
        """The words are on disk: what was typed beside them is the draft again."""
        if self._state.draft(sent.conversation) == _joined(sent.text, sent.kept):
            self._put_draft(sent.conversation, sent.kept)

    def _adopt(self, conversation: int) -> None:
        """The new conversation that is open has got its number, and what stands in the composer."""
        self._put_draft(conversation, self._state.draft(0))
        self._put_draft(0, "")
        self._conversation = self._shown = conversation
        self.opened.emit(conversation)
        self.begun.emit()

    def _on_rejected(self, rejected: TurnRejected) -> None:
        sent, self._sent = self._sent, None
        self._chat.set_busy(False)
        self._chat.show_work(None)
        if sent is not None:
            self._give_back(sent, rejected.replaces)
        words = f"{rejected.message} {rejected.hint}".strip()
        self._chat.show_notice(Notice(words, lasting=True))

    def _give_back(self, sent: _Sent, replaces: int) -> None:
        """Put words that were not taken where they were written."""
        if not sent.typed:
            return
        if sent.page != self._page:
            self._forget(sent)
            draft = self._state.draft(sent.conversation)
            self._put_draft(sent.conversation, _joined(sent.text, draft))
        elif replaces:
            self._chat.composer.begin_edit(replaces, sent.text)
        else:
            self._chat.set_text(_joined(sent.text, self._chat.text()))
        self.drafted.emit(True)

    def _on_streamed(self, streamed: Streamed) -> None:
        if self._running is None or streamed.turn != self._running.id:
            return
        conversation = self._running.conversation
        if streamed.remembers is not None:
            self._remembers[conversation] = streamed.remembers
            if conversation == self._conversation:
                self._chat.mark_memory(streamed.remembers)
            return
        self._heard.take(streamed)
        self._chat.show_thinking(streamed.thought)
        if conversation == self._conversation:
            self._chat.append(streamed)

    def _on_changed(self, turn: TurnView) -> None:
        if turn.conversation == self._conversation:
            self._chat.update_turn(turn)

    def _on_ended(self, turn: TurnView) -> None:
        self._running, self._heard = None, _Heard()
        self._chat.show_thinking(False)
        self._chat.set_busy(False)
        self._chat.show_work(None)
        self._on_changed(turn)
        waits = turn.state is TurnState.PAUSED and turn.conversation == self._conversation
        if waits and not self._chat.text() and self._chat.isVisible():
            self._chat.focus_card()


class _Heard:
    """What the turn under way has said so far, and thought, and for how long."""

    def __init__(self) -> None:
        self.answer = ""
        self.thought = ""
        self._ended_s = 0.0
        self._since = 0.0  # 0 while it does not think

    @property
    def thought_s(self) -> float:
        """How long it thought, in seconds."""
        return self._ended_s + (time.monotonic() - self._since if self._since else 0.0)

    def take(self, streamed: Streamed) -> None:
        """More of it has come."""
        if streamed.thought:
            self.thought += streamed.text
            self._since = self._since or time.monotonic()
        else:
            self.answer += streamed.text
            self._ended_s, self._since = self.thought_s, 0.0


def _joined(words: str, others: str) -> str:
    """Both, words that were sent first."""
    return "\n\n".join(filter(str.strip, (words, others)))


def _is_said(draft: str, turn: TurnView) -> bool:
    """Whether a draft is the request of a turn, written down before it began."""
    return printable(draft).strip() == turn.user.strip()


def _began_with(conversation: ConversationSummary, draft: str) -> bool:
    """Whether a conversation's title, made of its first words, comes from a draft."""
    words = " ".join(printable(draft).split())
    return bool(words) and words.startswith(conversation.title.removesuffix("…").rstrip())
