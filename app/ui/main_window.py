"""The main window: where each view stands, and which signal goes where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.store.settings import Settings
from app.store.window_state import WindowState
from app.ui.bridge import Bridge
from app.ui.chat.chat_view import ChatView
from app.ui.conversations import ConversationPane
from app.ui.header import ChatHeader
from app.ui.links import open_link
from app.ui.profile_notice import ProfileNotice
from app.ui.rail import Rail
from app.ui.reading import ReadingPane
from app.ui.reading.opener import Opener
from app.ui.settings import LateSettings
from app.ui.status import StatusLine
from app.ui.talk import Talk
from app.ui.theme import apply_theme, set_role, text_scale
from app.ui.today import TodayPane
from app.ui.views import (
    ConversationList,
    Notice,
    ProfileTrouble,
    SettingsRefused,
    SettingsView,
    TodayView,
    Trouble,
)

_SIZE = (1180, 760)
_SMALLEST = (720, 480)
_PANE = 240
_READING = 380
_LEAST_READING = 280
_LEAST_PANE = 200
_LEAST_CHAT = 400
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
        self._scheme = "system"
        self._settings_version = ""
        self._saving = False
        self._clock_runs = False
        self._today = datetime.now(UTC).astimezone()
        self._listed = ConversationList(())
        self._wanted: list[QWidget] = []
        self._build()
        self._wanted += [self.conversations, self.today]
        self.opener = Opener(bridge, self.chat, self.today, self.reading, self)
        self.talk = Talk(bridge, self.chat, state, lambda: self.opener.about, self)
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
        self.reading = ReadingPane(self)
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
        for pane in (self.conversations, middle, self.reading, self.today):
            self._splitter.addWidget(pane)
        self._splitter.setStretchFactor(1, 1)
        self._middle = middle
        self.reading.hide()
        for pane in (self.conversations, self.reading, self.today):
            pane.setMinimumWidth(_grown(_LEAST_PANE))

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
        bridge.settings_refused.connect(self._on_settings_refused)
        bridge.conversations_listed.connect(self._on_listed)
        bridge.notified.connect(self.chat.show_notice)
        bridge.troubled.connect(self._on_trouble)
        bridge.today_read.connect(self._on_today)
        bridge.engine_changed.connect(self.status.show_engine)
        bridge.engine_changed.connect(self.settings.show_engine)
        bridge.import_changed.connect(self.settings.show_import)
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
        pane.deleted.connect(self.talk.delete)
        self.talk.opened.connect(pane.set_current)
        self.talk.begun.connect(pane.clear_search)
        self.talk.titled.connect(self.header.set_title)
        self.talk.drafted.connect(self._on_drafted)
        self.header.list_wanted.connect(lambda shown: self._want(self.conversations, shown))
        self.header.today_wanted.connect(lambda shown: self._want(self.today, shown))
        self.header.find_wanted.connect(chat.focus_find)
        chat.undo_wanted.connect(self._undo)
        for part in (chat, self.reading):
            part.link_wanted.connect(lambda address: open_link(self, address))
        self.opener.changed.connect(self._fit_panes)
        bridge.turn_ended.connect(lambda _: self.opener.refresh())
        self.settings.changed.connect(self._on_settings_edited)
        self.settings.model_chosen.connect(lambda file: bridge.use_model(Path(file)))
        self.settings.starter_wanted.connect(lambda: bridge.use_model(None))
        self.settings.import_wanted.connect(bridge.import_files)
        self.settings.import_stopped.connect(bridge.stop_import)
        self.status.model_wanted.connect(self.choose_model)
        self.status.starter_wanted.connect(lambda: bridge.use_model(None))
        self.status.retry_wanted.connect(bridge.restart_engine)
        self.status.wake_wanted.connect(bridge.wake)

    def _add_keys(self) -> None:
        keys: dict[QKeySequence | QKeySequence.StandardKey, Callable[[], object]] = {
            QKeySequence.StandardKey.New: self.new_conversation,
            QKeySequence.StandardKey.Find: self._find,
            QKeySequence.StandardKey.Undo: self._undo_last,
            QKeySequence("Ctrl+Shift+Z"): self._do_again,
            QKeySequence("Ctrl+R"): self._retry,
            QKeySequence.StandardKey.Open: self.choose_model,
            QKeySequence.StandardKey.Quit: self.close,
            QKeySequence("Ctrl+K"): self._search,
            QKeySequence("Ctrl+L"): self._write,
            QKeySequence("Ctrl+1"): lambda: self.show_view("ask"),
            QKeySequence("Ctrl+,"): lambda: self.show_view("settings"),
        }
        for key, action in keys.items():
            shortcut = QShortcut(key, self)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(action)

    # --- state

    def _restore(self, state: WindowState) -> None:
        self.resize(*_SIZE)
        if state.geometry:
            self.restoreGeometry(QByteArray.fromBase64(state.geometry.encode()))
        if len(state.splitter) == self._splitter.count():
            self._splitter.setSizes(list(state.splitter))
        else:
            self._splitter.setSizes([_PANE, _SIZE[0] - 2 * _PANE, _READING, _PANE + 20])
        self.show_view(state.view if state.view in _VIEWS else "ask")
        self._fit_panes()

    def state(self) -> WindowState:
        """How the window stands now."""
        return replace(
            self.talk.state,
            geometry=self.saveGeometry().toBase64().toStdString(),
            view=_VIEWS[self._views.currentIndex()],
            splitter=tuple(self._splitter.sizes()),
        )

    def save(self) -> None:
        """Write down how the window stands."""
        self._draft_timer.stop()
        self._save_state(self.state())

    def _on_drafted(self, at_once: bool) -> None:
        if at_once:
            self.save()
        else:
            self._draft_timer.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep what stands in the composer."""
        self.save()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Let Enter press the button that has the keyboard; Qt's own know Space only.

        Here come the keys that nothing in the window has taken: a card has its own Enter.
        """
        focused = self.focusWidget()
        pressed = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if pressed and isinstance(focused, QAbstractButton) and not event.isAutoRepeat():
            focused.click()
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give way in narrow windows."""
        super().resizeEvent(event)
        self._fit_panes()

    def _want(self, pane: QWidget, shown: bool) -> None:
        """Note what the user wants beside the chat; what was wanted last comes first."""
        self._wanted = [each for each in self._wanted if each is not pane]
        if shown:
            self._wanted.insert(0, pane)
        self._fit_panes()

    def _fit_panes(self) -> None:
        """Show the panes that are wanted and have room; the chat comes first.

        What is open to be read comes before it where there is no room for both.
        """
        room = self.width() - self.rail.sizeHint().width() - _grown(_LEAST_CHAT)
        reading = self.opener.is_open
        self.reading.setVisible(reading)
        self._middle.setVisible(not reading or room >= _grown(_LEAST_READING))
        room -= _grown(_READING) if reading else 0
        for pane in sorted((self.conversations, self.today), key=self._place_of):
            fits = pane in self._wanted and room >= pane.minimumWidth()
            pane.setVisible(fits)
            room -= pane.minimumWidth() if fits else 0
        self.header.show_panes(not self.conversations.isHidden(), not self.today.isHidden())

    def _place_of(self, pane: QWidget) -> int:
        return self._wanted.index(pane) if pane in self._wanted else len(self._wanted)

    # --- views

    def show_view(self, name: str) -> None:
        """Bring "ask" or "settings" to the front."""
        self._views.setCurrentIndex(_VIEWS.index(name))
        self.rail.show_current(name)
        if name == "ask":
            self.chat.focus_composer()
        else:
            self.settings.focus_first()

    def _undo(self, change: str) -> None:
        """Undo one change, or, without its id, what Ctrl+Z means in an empty composer."""
        if change:
            self._bridge.undo(change)
        else:
            self._undo_last()

    def _undo_last(self) -> None:
        """Take back the last thing done here; never while words are being written elsewhere."""
        if self._views.currentIndex() != 0 or self.chat.text():
            return
        notice = self.chat.notice
        if notice is not None and notice.restore:
            self.chat.take_notice()
        else:
            self._bridge.undo()

    def _do_again(self) -> None:
        notice = self.chat.notice
        if self._views.currentIndex() == 0 and notice is not None and notice.again:
            self.chat.take_notice()

    def _retry(self) -> None:
        if self._views.currentIndex() == 0:
            self.talk.retry_last()

    def _write(self) -> None:
        self.show_view("ask")

    def _search(self) -> None:
        self.show_view("ask")
        if self.conversations.isHidden():
            self._want(self.conversations, True)
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
        self.talk.resume()

    def _on_profile_failed(self, trouble: ProfileTrouble) -> None:
        self.profile_notice.show_trouble(trouble)

    def _on_settings(self, view: SettingsView) -> None:
        self._settings_version = view.version
        self.settings.show_settings(view)
        if view.settings.scheme != self._scheme:
            self._scheme = view.settings.scheme
            self._dress()

    def _on_settings_edited(self, settings: Settings) -> None:
        self._saving = True
        self._bridge.save_settings(settings, self._settings_version)

    def _on_settings_refused(self, refused: SettingsRefused) -> None:
        self.settings.show_refused(refused)
        if self._saving:  # the file may have been changed by hand meanwhile
            self._saving = False
            self._bridge.reload_settings()

    def _on_system_scheme(self) -> None:
        if self._scheme == "system":
            self._dress()

    def _dress(self) -> None:
        """Put on the colours the settings, or the system, ask for."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_theme(app, self._scheme)

    def _on_trouble(self, trouble: Trouble) -> None:
        words = f"{trouble.message} {trouble.hint}".strip()
        self.chat.show_notice(Notice(words, lasting=True))
        self.settings.show_trouble(trouble)

    def _on_today(self, view: TodayView) -> None:
        self.today.show_today(view)
        # A fixed clock stands still.
        self._clock_runs = abs((datetime.now(UTC) - view.now).total_seconds()) < _FIXED_S
        new_day = view.now.date() != self._today.date()
        self._today = view.now
        if new_day:
            self._on_listed(self._listed)  # in new groups

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
        self.conversations.clear_search()
        self.talk.new()
        self.show_view("ask")

    def open_conversation(self, conversation: int) -> None:
        """Read a conversation and show it."""
        self.talk.open(conversation)
        self.show_view("ask")

    def _on_listed(self, listed: ConversationList) -> None:
        self._listed = listed
        self.conversations.show_list(listed, self._today.date(), self._today.tzinfo)
        self.conversations.set_current(self.talk.conversation)


def _grown(width: int) -> int:
    """A width with larger text: not in full, as longer lines are elided or wrap."""
    return round(width * (0.4 + 0.6 * text_scale()))
