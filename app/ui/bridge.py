"""The window's one way to everything else: calls go to a lane, answers come back as signals.

Two lanes, each a QThread with an event loop and its own connection to phial.db:
ENGINE runs turns (`Asking`) and waits for the model; STORE reads and writes everything else
(`Desk`), also the choices on cards, so that an Undo never waits for a model that is speaking.

Every method returns at once. Every signal carries one frozen value of `views` and arrives in the
window's thread. Nothing here draws.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from app.core.engine_life import EngineStage
from app.store.settings import Settings
from app.ui.calendar_watch import CalendarWatch
from app.ui.engine_care import EngineCare
from app.ui.engine_watch import EngineWatch
from app.ui.errands import Errands
from app.ui.importing import Importing
from app.ui.lanes import Lanes
from app.ui.opening import Opening
from app.ui.parts import Parts, Request
from app.ui.told_turns import ToldTurns
from app.ui.turn_under_way import TurnUnderWay
from app.ui.views import (
    Connections,
    ConversationView,
    EarlierTurns,
    EngineStatus,
    Notice,
    ProfileTrouble,
    SettingsRefused,
    SettingsView,
    Trouble,
    TurnRejected,
    TurnStarted,
    TurnView,
)
from app.ui.work_words import of_engine

if TYPE_CHECKING:
    from app.ui.asking import TurnEnd
    from app.ui.desk import Desk, Outcome

_IMPORT_MS = 2_000
"""How long an import may take to end after it was told to: it is between two messages."""

_BUSY = Trouble(
    "busy",
    "The model is at work on a request, so it was left as it is.",
    "Stop the request or wait for its end, then try again.",
)


class Bridge(QObject):
    """See the module. Made before the first paint; `open_profile` is called after it.

    Until the profile is open, requests and readings wait for that; what would change something is
    refused, and after `profile_failed` everything is.
    """

    # the profile
    opened = Signal()
    profile_failed = Signal(object)  # ProfileTrouble
    settings_loaded = Signal(object)  # SettingsView, also after each save
    settings_refused = Signal(object)  # SettingsRefused

    # conversations
    conversations_listed = Signal(object)  # ConversationList
    conversation_opened = Signal(object)  # ConversationView
    earlier_loaded = Signal(object)  # EarlierTurns
    turns_found = Signal(object)  # FoundTurns

    # turns
    turn_started = Signal(object)  # TurnStarted
    turn_rejected = Signal(object)  # TurnRejected
    streamed = Signal(object)  # Streamed, at most every 33 ms
    working = Signal(object)  # Work, at once when a turn is sent
    turn_changed = Signal(object)  # TurnView: a choice, an undo, a change of state
    turn_ended = Signal(object)  # TurnView: the turn under way is over (PAUSED, DONE or FAILED)

    # beside the chat
    notified = Signal(object)  # Notice
    troubled = Signal(object)  # Trouble: something other than a turn could not be done
    today_read = Signal(object)  # TodayView
    result_opened = Signal(object)  # Opened
    import_changed = Signal(object)  # ImportView
    engine_changed = Signal(object)  # EngineStatus
    connections_changed = Signal(object)  # Connections

    _posted = Signal(object)  # Callable[[], None], to be called in the window's thread

    def __init__(self, parts: Parts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._parts = parts
        self._posted.connect(self._call, Qt.ConnectionType.QueuedConnection)
        self._engine = EngineWatch(
            parts.starter, self._post, self._on_engine, self.troubled.emit, self._keep_model
        )
        self._lanes = Lanes(parts, self._engine.hear, self)
        self._lanes.failed.connect(self.troubled)
        self._calendars = CalendarWatch(self)
        self._calendars.changed.connect(self.read_today)
        turn = self._turn = TurnUnderWay(self._lanes, self._post, self._engine.used, self)
        for told, signal in (
            (turn.started, self._on_started),
            (turn.streamed, self.streamed),
            (turn.worked, self.working),
            (turn.ended, self._on_ended),
            (turn.broken, self._on_broken),
            (turn.rejected, self._on_rejected),
        ):
            told.connect(signal)
        self._care = EngineCare(self._lanes, lambda: self.busy, self)
        self._opening = Opening()
        self._told = ToldTurns()
        self._errands = Errands(
            self._lanes, self._opening, self._told, self._post, self.troubled.emit, self._change
        )
        self._importing = Importing(parts, self._post, self)
        self._importing.changed.connect(self.import_changed)
        self._importing.ended.connect(self._on_imported)
        self._closed = False
        self._settings = Settings()
        self._query = ""
        self._lists = self._views = self._asked = 0
        self._leaving: set[int] = set()  # conversations to delete once their turn has ended

    # --- the profile

    def open_profile(self) -> None:
        """Take the lock, open the database, list conversations, read today, start the engine."""
        if not self._closed and self._opening.begin():
            self._lanes.open(self._on_opened, self._on_open_failed)

    def close(self) -> bool:
        """Stop the turn, end the engine, close the lanes; waits at most a few seconds.

        False if a lane is still at work: then this object must not be deleted, and the process
        should end.
        """
        if not self._closed:
            self.stop()
        self._closed = True
        self._care.close()
        imported = self._importing.close(_IMPORT_MS)
        return self._lanes.close(self._delete_the_rest) and imported

    def save_settings(self, settings: Settings, version: str) -> None:
        """Write settings.toml; `settings_loaded` or `settings_refused` answers."""
        self._errands.write(
            lambda desk: desk.save_settings(settings, version),
            self._on_settings,
            self._on_settings_refused,
        )

    def reload_settings(self) -> None:
        """Read settings.toml again; `settings_loaded` answers."""
        self._errands.read(
            lambda desk: desk.read_settings(), self._on_settings, self._on_settings_refused
        )

    # --- conversations

    def list_conversations(self, query: str = "") -> None:
        """All conversations, or those with the words of `query`; only the latest call answers."""
        self._query = query
        self._lists += 1
        number = self._lists

        def listed(found: object) -> None:
            if number == self._lists:
                self.conversations_listed.emit(found)

        self._errands.read(lambda desk: desk.conversations(query), listed)

    def open_conversation(self, conversation: int) -> None:
        """The newest turns of a conversation; only the latest call answers."""
        self._views += 1
        number = self._views

        def opened(view: ConversationView) -> None:
            if number == self._views:
                self._told.keep(view.turns)
                self.conversation_opened.emit(view)

        self._errands.read_turns(conversation, lambda desk: desk.conversation(conversation), opened)

    def load_earlier(self, conversation: int, before_turn: int) -> None:
        """The turns before one."""

        def loaded(earlier: EarlierTurns) -> None:
            self._told.keep(earlier.turns)
            self.earlier_loaded.emit(earlier)

        self._errands.read_turns(
            conversation, lambda desk: desk.earlier(conversation, before_turn), loaded
        )

    def find_in_conversation(self, conversation: int, words: str) -> None:
        """The turns that hold words."""
        self._errands.read(lambda desk: desk.found(conversation, words), self.turns_found.emit)

    def rename_conversation(self, conversation: int, title: str) -> None:
        """Give it a title of the user's own."""
        self._errands.write(lambda desk: desk.rename(conversation, title), self._on_listed_change)

    def pin_conversation(self, conversation: int, pinned: bool) -> None:
        """Keep it on top, or no longer."""
        self._errands.write(lambda desk: desk.pin(conversation, pinned), self._on_listed_change)

    def delete_conversation(self, conversation: int) -> None:
        """Take it out of the list; a Notice offers to restore it. Gone for good at the next start.

        A turn of it that is under way is stopped first; one that begins would bring it back.
        """
        if self._turn.is_in(conversation):
            self.stop()
        if self._turn.is_in(conversation):
            self._leaving.add(conversation)
        else:
            self._errands.write(lambda desk: desk.delete(conversation), self._on_listed_change)

    def restore_conversation(self, conversation: int) -> None:
        """Put a deleted conversation back."""
        self._errands.write(lambda desk: desk.restore(conversation), self._on_listed_change)

    # --- turns

    def ask(
        self, text: str, conversation: int = 0, replaces: int = 0, about: tuple[str, ...] = ()
    ) -> int:
        """Send a request; its number, which `turn_started` or `turn_rejected` names, 0 if it was
        not taken. `conversation` 0 begins a new one; `replaces` is a turn that is edited or
        retried and leaves the transcript if it changed nothing. `about` are the ids of what "it"
        means. One turn at a time: while `busy`, nothing is taken.
        """
        # Half a character, which a clipboard may hold, cannot be written down.
        plain = text.encode("utf-8", "replace").decode().strip()
        if not plain or self.busy or self._closed:
            return 0
        self._asked += 1
        request = Request(plain, conversation, replaces, self._asked, about)
        self._turn.take(request)
        if self._opening.failed:
            trouble = self._opening.trouble
            self._post(partial(self._turn.refuse, request, trouble.message, trouble.hint))
        else:
            self._opening.when_open(lambda: self._turn.send(request, self._settings))
        return request.number

    @property
    def busy(self) -> bool:
        """Whether a turn is under way."""
        return self._turn.busy

    def stop(self) -> None:
        """Stop the turn under way."""
        self._turn.stop()

    def answer_now(self) -> None:
        """Have the model stop thinking and answer; nothing where it does not think."""
        if self._turn.busy:
            self._lanes.answer_now()

    def choose(self, turn: int, option: int) -> None:
        """Take an option of a PAUSED turn's proposal, or a choice of its question, from 0."""
        self._decide_on(turn, lambda desk: desk.choose(turn, option))

    def decline(self, turn: int) -> None:
        """Say no to what a PAUSED turn proposes."""
        self._decide_on(turn, lambda desk: desk.decline(turn))

    def undo(self, change: str = "") -> None:
        """Take back what was made together with `change`, or the last change; a Notice says so."""
        self._errands.decide(
            lambda desk: desk.undo(change),
            self._on_outcome,
            lambda desk: desk.turns_behind(change),
            lambda: self._told.cards_with(change),
        )

    # --- beside the chat

    def read_today(self) -> None:
        """Read today and tomorrow again."""
        self._errands.read(lambda desk: desk.today(), self.today_read.emit)

    def open_result(self, result: str) -> None:
        """Read a message or event by its id ("m12", "e3"); `result_opened` has it."""
        self._errands.read(lambda desk: desk.open(result), self.result_opened.emit)

    def import_files(self, chosen: tuple[Path, ...]) -> None:
        """Copy mail, calendars and contacts from files and folders into the profile."""
        self._opening.when_open(lambda: self._importing.start(chosen, self._settings))

    def stop_import(self) -> None:
        """End the import; what came in stays."""
        self._importing.stop()

    def use_model(self, file: Path | None) -> None:
        """Check a GGUF file, load it, and keep it in the settings; None: the starter model.

        A file that is refused leaves the model in use as it is; `troubled` says why.
        """
        if self._may_exchange():
            self._engine.use(self._lanes.seat, file)

    def restart_engine(self) -> None:
        """Try a model that FAILED again."""
        if self._may_exchange():
            self._lanes.seat.restart()

    def wake(self) -> None:
        """A request is about to come: an engine that rests is loaded, any other stays awake."""
        self._care.wake()

    def hear_connections(self, count: int, addresses: tuple[str, ...]) -> None:
        """What `core.connections` counted; may be called in any thread."""
        self._post(partial(self.connections_changed.emit, Connections(count, addresses)))

    # --- between the threads

    def _post(self, what: Callable[[], None]) -> None:
        self._posted.emit(what)

    @Slot(object)
    def _call(self, what: Callable[[], None]) -> None:
        if not self._closed:
            what()

    def _decide_on(self, turn: int, work: Callable[[Desk], Outcome]) -> None:
        self._errands.decide(
            work, self._on_outcome, lambda desk: desk.turn(turn), lambda: self._told.card(turn)
        )

    def _change(self, turns: tuple[TurnView, ...]) -> None:
        for turn in turns:
            self._told.note(turn)
            self.turn_changed.emit(turn)

    # --- what the lanes answered

    def _on_opened(self, view: SettingsView) -> None:
        waiting = self._opening.succeed()
        self._settings = view.settings
        self._care.begin(view.settings)
        self.opened.emit()
        self.settings_loaded.emit(view)
        self.list_conversations(self._query)
        self.read_today()
        self._lanes.preload()
        self._calendars.begin(self._parts.paths.calendars)
        for what in waiting:
            what()

    def _on_open_failed(self, trouble: Trouble) -> None:
        self._opening.fail(trouble)
        self.profile_failed.emit(ProfileTrouble(trouble.code, trouble.message, trouble.hint))
        if trouble.code == "bug":
            self.troubled.emit(trouble)  # with its details
        self._turn.reject(trouble.message, trouble.hint)

    def _on_settings(self, view: SettingsView) -> None:
        zone_changed = view.settings.zone != self._settings.zone
        self._settings = view.settings
        self.settings_loaded.emit(view)
        self._lanes.with_asking(view.settings, lambda asking: asking.use(view.settings))
        self._care.use(view.settings)
        if zone_changed:
            self.read_today()

    def _on_settings_refused(self, trouble: Trouble) -> None:
        self.settings_refused.emit(SettingsRefused(trouble.message, trouble.hint))
        if trouble.code == "bug":
            self.troubled.emit(trouble)

    def _on_listed_change(self, notice: Notice | None) -> None:
        if notice is not None:
            self.notified.emit(notice)
        self.list_conversations(self._query)

    def _on_outcome(self, outcome: Outcome) -> None:
        self._change(outcome.turns)
        if outcome.notice is not None:
            self.notified.emit(outcome.notice)
        if outcome.trouble is not None:
            self.troubled.emit(outcome.trouble)
        self.list_conversations(self._query)
        self.read_today()

    def _on_started(self, started: TurnStarted) -> None:
        self._told.note(started.turn)
        self.turn_started.emit(started)
        self.list_conversations(self._query)

    def _on_ended(self, end: TurnEnd) -> None:
        self._told.note(end.turn)
        self.turn_ended.emit(end.turn)
        self._change(end.touched)
        if end.trouble is not None:
            self.notified.emit(Notice(f"{end.trouble.message} {end.trouble.hint}".strip()))
        self._free()
        self.list_conversations(self._query)
        if end.changed:
            self.read_today()

    def _on_broken(self, turn: TurnView) -> None:
        self._told.note(turn)
        self.turn_ended.emit(turn)
        self._free()
        self.list_conversations(self._query)

    def _on_rejected(self, rejected: TurnRejected) -> None:
        self.turn_rejected.emit(rejected)
        self._free()

    def _delete_what_leaves(self) -> None:
        leaving, self._leaving = self._leaving, set()
        for conversation in leaving:
            self.delete_conversation(conversation)

    def _free(self) -> None:
        """The turn under way is over."""
        self._delete_what_leaves()
        self._care.turn_over()

    def _delete_the_rest(self, desk: Desk) -> None:
        for conversation in self._leaving:
            desk.delete(conversation)

    # --- the engine

    def _on_imported(self) -> None:
        self.reload_settings()
        self.read_today()

    def _on_engine(self, status: EngineStatus, stage: EngineStage | None) -> None:
        self.engine_changed.emit(status)
        self._care.hear(status, stage)
        if stage is not None and (words := of_engine(stage)):
            self._turn.work(words)

    def _may_exchange(self) -> bool:
        """Whether the engine may be ended now; else it is told why not."""
        if self._closed:
            return False
        free = self._opening.is_open and not self.busy and not self._lanes.seat.exchanging
        if not free:
            self.troubled.emit(_BUSY if self._opening.is_open else self._opening.trouble)
        return free

    def _keep_model(self, file: Path | None) -> None:
        model = "" if file is None else str(file)
        self._errands.write(lambda desk: desk.keep_model(model), self._on_settings)
