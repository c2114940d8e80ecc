"""The main window: where each view stands, and which signal goes where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.core.messages import TurnState
from app.store.settings import Settings
from app.store.window_state import WindowState
from app.ui.bridge import Bridge
from app.ui.chat.chat_view import ChatView
from app.ui.conversations import ConversationPane
from app.ui.header import ChatHeader
from app.ui.links import open_link
from app.ui.profile_notice import ProfileNotice
from app.ui.rail import Rail
from app.ui.settings import LateSettings
from app.ui.status import StatusLine
from app.ui.theme import apply_theme, set_role
from app.ui.today import TodayPane
from app.ui.views import (
    ConversationList,
    ConversationView,
    Notice,
    ProfileTrouble,
    SettingsView,
    Streamed,
    TodayView,
    Trouble,
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

_SIZE = (1180, 760)
_SMALLEST = (720, 480)
_PANE = 240
_LEAST_CHAT = 440
_DRAFT_MS = 300
_TICK_MS = 20_000
_FIXED_S = 120
"""A clock this far from the system's has been fixed on the command line."""
_VIEWS = ("ask", "settings")


class MainWindow(QMainWindow):
    """Shows what the bridge sends and passes on what the user does.

    `state` is how the window was left; `save_state` is called with how it is now: while typing,
    when a request is sent, and at the end.
    """

    def __init__(
        self, bridge: Bridge, state: WindowState, save_state: Callable[[WindowState], None]
    ) -> None:
        super().__init__()
        self._bridge = bridge
        self._save_state = save_state
        self._drafts = state  # of which only the drafts are kept up to date
        self._conversation = state.conversation
        self._running: TurnView | None = None
        self._heard = ""  # what the running turn has said so far
        self._scheme = "system"
        self._settings_version = ""
        self._clock_runs = False
        self._today = datetime.now(UTC).astimezone()
        self._build()
        self._connect_bridge()
        self._connect_views()
        self._add_keys()
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_system_scheme)
        self._restore(state)

    # --- building

    def _build(self) -> None:
        self.setWindowTitle("Phial")
        self.setMinimumSize(*_SMALLEST)
        self.rail = Rail(self)
        self.conversations = ConversationPane(self)
        self.header = ChatHeader(self)
        self.profile_notice = ProfileNotice(self)
        self.chat = ChatView(self)
        self.today = TodayPane(self)
        self.settings = LateSettings(self)
        self.status = StatusLine(self)

        middle = QWidget(self)
        set_role(middle, "ground")
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.header, self.profile_notice):
            column.addWidget(widget)
        column.addWidget(self.chat, 1)

        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setHandleWidth(1)
        for pane in (self.conversations, middle, self.today):
            self._splitter.addWidget(pane)
        self._splitter.setStretchFactor(1, 1)
        for pane in (self.conversations, self.today):
            pane.setMinimumWidth(_PANE - 40)

        self._views = QStackedWidget(self)
        for view in (self._splitter, self.settings):
            self._views.addWidget(view)

        upper = QWidget(self)
        row = QHBoxLayout(upper)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self._views, 1)

        whole = QWidget(self)
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(upper, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(whole)

        self._draft_timer = QTimer(self, singleShot=True, interval=_DRAFT_MS)
        self._draft_timer.timeout.connect(self.save)
        self._tick_timer = QTimer(self, interval=_TICK_MS)
        self._tick_timer.timeout.connect(self._tick)

    def _connect_bridge(self) -> None:
        bridge = self._bridge
        bridge.opened.connect(self._on_opened)
        bridge.profile_failed.connect(self._on_profile_failed)
        bridge.settings_loaded.connect(self._on_settings)
        bridge.settings_refused.connect(self.settings.show_refused)
        bridge.conversations_listed.connect(self._on_listed)
        bridge.conversation_opened.connect(self._on_conversation)
        bridge.earlier_loaded.connect(self.chat.show_earlier)
        bridge.turns_found.connect(self.chat.show_found)
        bridge.turn_started.connect(self._on_started)
        bridge.turn_rejected.connect(self._on_rejected)
        bridge.streamed.connect(self._on_streamed)
        bridge.working.connect(self.chat.show_work)
        bridge.turn_changed.connect(self._on_turn_changed)
        bridge.turn_ended.connect(self._on_ended)
        bridge.notified.connect(self.chat.show_notice)
        bridge.troubled.connect(self._on_trouble)
        bridge.today_read.connect(self._on_today)
        bridge.engine_changed.connect(self.status.show_engine)
        bridge.engine_changed.connect(self.settings.show_engine)
        bridge.connections_changed.connect(self.status.show_connections)

    def _connect_views(self) -> None:
        bridge, chat, pane = self._bridge, self.chat, self.conversations
        self.rail.chosen.connect(self.show_view)
        self.profile_notice.again_wanted.connect(bridge.open_profile)
        pane.opened.connect(self.open_conversation)
        pane.new_wanted.connect(self.new_conversation)
        pane.search_wanted.connect(bridge.list_conversations)
        pane.renamed.connect(bridge.rename_conversation)
        pane.pinned.connect(bridge.pin_conversation)
        pane.deleted.connect(self._on_delete)
        self.header.list_toggled.connect(self._fit_panes)
        self.header.today_toggled.connect(self._fit_panes)
        self.header.find_wanted.connect(chat.focus_find)
        chat.sent.connect(self._on_sent)
        chat.stopped.connect(bridge.stop)
        chat.draft_changed.connect(self._on_draft)
        chat.undo_wanted.connect(bridge.undo)
        chat.restore_wanted.connect(bridge.restore_conversation)
        chat.option_chosen.connect(bridge.choose)
        chat.declined.connect(bridge.decline)
        chat.retry_wanted.connect(self._on_retry)
        chat.earlier_wanted.connect(lambda turn: bridge.load_earlier(self._conversation, turn))
        chat.find_wanted.connect(
            lambda words: bridge.find_in_conversation(self._conversation, words)
        )
        chat.link_wanted.connect(lambda address: open_link(self, address))
        self.settings.changed.connect(self._on_settings_edited)
        self.settings.model_chosen.connect(lambda file: bridge.use_model(Path(file)))
        self.settings.starter_wanted.connect(lambda: bridge.use_model(None))
        self.status.model_wanted.connect(self.choose_model)
        self.status.starter_wanted.connect(lambda: bridge.use_model(None))
        self.status.retry_wanted.connect(bridge.restart_engine)

    def _add_keys(self) -> None:
        keys: dict[QKeySequence | QKeySequence.StandardKey, Callable[[], object]] = {
            QKeySequence.StandardKey.New: self.new_conversation,
            QKeySequence.StandardKey.Find: self._find,
            QKeySequence.StandardKey.Undo: self._bridge.undo,
            QKeySequence.StandardKey.Open: self.choose_model,
            QKeySequence.StandardKey.Quit: self.close,
            QKeySequence("Ctrl+K"): self._search,
            QKeySequence("Ctrl+L"): self._write,
            QKeySequence("Ctrl+1"): lambda: self.show_view("ask"),
            QKeySequence("Ctrl+,"): lambda: self.show_view("settings"),
        }
        for key, action in keys.items():
            QShortcut(key, self).activated.connect(action)

    # --- state

    def _restore(self, state: WindowState) -> None:
        self.resize(*_SIZE)
        if state.geometry:
            self.restoreGeometry(QByteArray.fromBase64(state.geometry.encode()))
        if len(state.splitter) == self._splitter.count():
            self._splitter.setSizes(list(state.splitter))
        else:
            self._splitter.setSizes([_PANE, _SIZE[0] - 2 * _PANE, _PANE + 20])
        self.chat.set_text(self._drafts.draft(self._conversation))
        self.show_view(state.view if state.view in _VIEWS else "ask")
        if not self._conversation:
            self.chat.show_empty(EXAMPLES)
        self._fit_panes()

    def state(self) -> WindowState:
        """How the window stands now."""
        return WindowState(
            geometry=self.saveGeometry().toBase64().toStdString(),
            view=_VIEWS[self._views.currentIndex()],
            conversation=self._conversation,
            splitter=tuple(self._splitter.sizes()),
            drafts=self._drafts.drafts,
        )

    def save(self) -> None:
        """Write down how the window stands."""
        self._draft_timer.stop()
        self._save_state(self.state())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what stands in the composer."""
        self.save()
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give way in narrow windows."""
        super().resizeEvent(event)
        self._fit_panes()

    def _fit_panes(self) -> None:
        """Show the panes that are wanted and have room; the chat comes first, then the list."""
        room = self.width() - self.rail.sizeHint().width() - _LEAST_CHAT
        wanted = {
            self.conversations: self.header.list_shown,
            self.today: self.header.today_shown,
        }
        for pane, shown in wanted.items():
            fits = shown and room >= pane.minimumWidth()
            pane.setVisible(fits)
            room -= pane.minimumWidth() if fits else 0

    # --- views

    def show_view(self, name: str) -> None:
        """Bring "ask" or "settings" to the front."""
        self._views.setCurrentIndex(_VIEWS.index(name))
        self.rail.show_current(name)
        if name == "ask":
            self.chat.focus_composer()
        else:
            self.settings.focus_first()

    def _write(self) -> None:
        self.show_view("ask")

    def _search(self) -> None:
        self.show_view("ask")
        self.header.show_list()
        self.conversations.focus_search()

    def _find(self) -> None:
        self.show_view("ask")
        self.chat.focus_find()

    def choose_model(self) -> None:
        """Ask for a GGUF file and use it."""
        file, _ = QFileDialog.getOpenFileName(
            self, "Choose a model file", "", "Model files (*.gguf);;All files (*)"
        )
        if file:
            self._bridge.use_model(Path(file))

    # --- the profile

    def _on_opened(self) -> None:
        self.profile_notice.clear()
        self._tick_timer.start()
        if self._conversation:
            self._bridge.open_conversation(self._conversation)

    def _on_profile_failed(self, trouble: ProfileTrouble) -> None:
        self.profile_notice.show_trouble(trouble)

    def _on_settings(self, view: SettingsView) -> None:
        self._settings_version = view.version
        self.settings.show_settings(view)
        if view.settings.scheme != self._scheme:
            self._scheme = view.settings.scheme
            self._dress()

    def _on_settings_edited(self, settings: Settings) -> None:
        self._bridge.save_settings(settings, self._settings_version)

    def _on_system_scheme(self) -> None:
        if self._scheme == "system":
            self._dress()

    def _dress(self) -> None:
        """Put on the colours the settings, or the system, ask for."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, self._scheme)

    def _on_trouble(self, trouble: Trouble) -> None:
        self.chat.show_notice(Notice(f"{trouble.message} {trouble.hint}".strip()))
        self.settings.show_trouble(trouble)

    def _on_today(self, view: TodayView) -> None:
        self.today.show_today(view)
        # A fixed clock stands still.
        self._clock_runs = abs((datetime.now(UTC) - view.now).total_seconds()) < _FIXED_S
        if view.now.date() != self._today.date():
            self._bridge.list_conversations()  # in new groups
        self._today = view.now

    def _tick(self) -> None:
        if not self._clock_runs:
            return
        now = datetime.now(self._today.tzinfo)
        self.today.tick(now)
        if now.date() != self._today.date():
            self._bridge.read_today()

    # --- conversations

    def new_conversation(self) -> None:
        """Clear the transcript for a request about something else."""
        self._show_conversation(0)
        self.header.set_title("")
        self.chat.show_empty(EXAMPLES)

    def open_conversation(self, conversation: int) -> None:
        """Read a conversation and show it."""
        self._show_conversation(conversation)
        self._bridge.open_conversation(conversation)

    def _show_conversation(self, conversation: int) -> None:
        self._conversation = conversation
        self.conversations.set_current(conversation)
        self.chat.set_text(self._drafts.draft(conversation))
        self.show_view("ask")
        self._draft_timer.start()

    def _on_listed(self, listed: ConversationList) -> None:
        self.conversations.show_list(listed, self._today.date(), self._today.tzinfo)
        self.conversations.set_current(self._conversation)
        for item in listed.items:
            if item.id == self._conversation:
                self.header.set_title(item.title)

    def _on_conversation(self, view: ConversationView) -> None:
        if not view.id and self._conversation:
            self.new_conversation()  # it is gone
        if not view.id or view.id != self._conversation:
            return
        running = self._running
        if running is not None and running.conversation == view.id:
            # What it has said so far is not on disk yet.
            view = replace(view, turns=tuple(map(self._with_heard, view.turns)))
        self.header.set_title(view.title)
        self.chat.show_conversation(view)
        if view.turns and self._drop_sent(view.id, view.turns[-1]):
            self.chat.set_text("")

    def _with_heard(self, turn: TurnView) -> TurnView:
        if self._running is None or turn.id != self._running.id:
            return turn
        return replace(turn, answer=self._heard, markdown=True)

    def _on_delete(self, conversation: int) -> None:
        self._bridge.delete_conversation(conversation)
        if conversation == self._conversation:
            self.new_conversation()

    # --- turns

    def _on_sent(self, text: str, replaces: int) -> None:
        # Written down here too until the words are in the history: they outlive a crash.
        self._put_draft(self._conversation, text)
        self.save()
        self.chat.set_busy(True)
        self._bridge.ask(text, self._conversation, replaces)

    def _on_retry(self, turn: int, text: str) -> None:
        if not self._bridge.busy:
            self.chat.set_busy(True)
            self._bridge.ask(text, self._conversation, turn)

    def _on_draft(self, text: str) -> None:
        self._put_draft(self._conversation, text)
        self._draft_timer.start()

    def _put_draft(self, conversation: int, text: str) -> None:
        self._drafts = self._drafts.with_draft(conversation, text, datetime.now(UTC))

    def _drop_sent(self, conversation: int, turn: TurnView) -> bool:
        """Forget a draft that has become `turn`; whether there was one."""
        if self._drafts.draft(conversation).strip() != turn.user.strip():
            return False
        self._put_draft(conversation, "")
        return True

    def _on_started(self, started: TurnStarted) -> None:
        turn = started.turn
        self._running, self._heard = turn, ""
        sent_from_new = self._conversation == 0 and self._drafts.draft(0) == turn.user
        self._drop_sent(0 if sent_from_new else turn.conversation, turn)
        if sent_from_new or self._conversation == 0:
            self._conversation = turn.conversation
            self.conversations.set_current(turn.conversation)
        if turn.conversation == self._conversation:
            self.chat.add_turn(started)
        self.save()

    def _on_rejected(self, rejected: TurnRejected) -> None:
        self.chat.set_busy(False)
        self.chat.set_text(rejected.text)
        self.chat.show_notice(Notice(f"{rejected.message} {rejected.hint}".strip()))

    def _on_streamed(self, streamed: Streamed) -> None:
        if self._running is None or streamed.turn != self._running.id:
            return
        self._heard += streamed.text
        if self._running.conversation == self._conversation:
            self.chat.append(streamed)

    def _on_turn_changed(self, turn: TurnView) -> None:
        if turn.conversation == self._conversation:
            self.chat.update_turn(turn)

    def _on_ended(self, turn: TurnView) -> None:
        self._running, self._heard = None, ""
        self.chat.set_busy(False)
        self.chat.show_work(None)
        self._on_turn_changed(turn)
        if turn.state is TurnState.PAUSED and turn.conversation == self._conversation:
            self.chat.focus_card()
