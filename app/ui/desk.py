"""What the STORE lane does: reads views from the store, and makes what the user decides. No Qt.

Everything is done in the thread that opened the rooms. Raises KnownError where the store or the
disk refuses; what a tool refuses comes back as the `trouble` of an `Outcome`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.agent.events import AgentEvent, Answered, Applied, Stopped
from app.agent.policy import Consent
from app.core.errors import AmbiguousError, KnownError
from app.core.messages import TurnState
from app.core.ports import Clock
from app.core.proposals import Risk
from app.core.text import printable
from app.mail.model import OUTBOX
from app.store.atomic import file_version
from app.store.conversations import Conversation
from app.store.paths import ProfilePaths
from app.store.settings import Settings, load_settings, save_settings
from app.ui.day_views import today_view
from app.ui.parts import Rooms
from app.ui.result_views import ResultReader
from app.ui.troubles import trouble_of
from app.ui.turn_views import TurnReader
from app.ui.views import (
    ConversationList,
    ConversationSummary,
    ConversationView,
    EarlierTurns,
    FoundTurns,
    Notice,
    Opened,
    SettingsView,
    TodayView,
    Trouble,
    TurnView,
)

PAGE = 50
"""Turns read at once."""

_FOUND = 200


@dataclass(frozen=True)
class Outcome:
    """What came of a decision: the turns that now look different, and what to say."""

    turns: tuple[TurnView, ...] = ()
    notice: Notice | None = None
    trouble: Trouble | None = None


class Desk:
    """See the module. `clock_for` gives the time as the settings' zone has it."""

    def __init__(
        self, paths: ProfilePaths, rooms: Rooms, clock_for: Callable[[Settings], Clock]
    ) -> None:
        """Reads the settings. Raises KnownError("settings_invalid")."""
        self._paths = paths
        self._rooms = rooms
        self._clock_for = clock_for
        self._results = ResultReader(rooms.calendar, rooms.mailbox, self._clock)
        self._turns = TurnReader(rooms.history, rooms.journal, self._results.rows)
        self._zones: tuple[str, ...] = ()
        self._settings_view = self._read_settings()
        self._agent = rooms.agent_for(self._settings_view.settings)

    # --- settings

    @property
    def settings(self) -> Settings:
        """Those that hold."""
        return self._settings_view.settings

    def read_settings(self) -> SettingsView:
        """The settings as the file has them now; they hold from here on."""
        self._settings_view = self._read_settings()
        self._agent = self._rooms.agent_for(self.settings)
        return self._settings_view

    def save_settings(self, settings: Settings, version: str) -> SettingsView:
        """Write settings if the file still has that version; they hold from here on."""
        save_settings(self._paths, settings, expected_version=version)
        return self.read_settings()

    def keep_model(self, model: str) -> SettingsView:
        """Write down which model file to use, "" for the starter model."""
        save_settings(self._paths, replace(load_settings(self._paths), model=model))
        return self.read_settings()

    def _read_settings(self) -> SettingsView:
        if not self._zones:
            from zoneinfo import available_timezones

            self._zones = tuple(sorted(available_timezones()))
        # The version first: should the file change in between, the next save is refused.
        version = file_version(self._paths.settings)
        settings = load_settings(self._paths)
        return SettingsView(settings, version, str(self._paths.settings), self._zones)

    # --- conversations

    def conversations(self, query: str = "") -> ConversationList:
        """All of them, or those with the words of `query` in them."""
        listed = {each.id: each for each in self._rooms.conversations.listed()}
        if not query.strip():
            return ConversationList(tuple(map(_summary, listed.values())))
        # One more than are shown tells whether there are more; and between the two readings a
        # conversation may have begun.
        found = self._rooms.conversations.search(query, _FOUND + 1)
        hits = [hit for hit in found[:_FOUND] if hit.conversation in listed]
        return ConversationList(
            tuple(_summary(listed[hit.conversation]) for hit in hits),
            query,
            {hit.conversation: hit.snippet for hit in hits if hit.snippet},
            cut=len(found) > _FOUND,
        )

    def conversation(self, conversation: int) -> ConversationView:
        """Its newest turns; id 0 and nothing in it if it is gone for good."""
        try:
            line = self._rooms.conversations.get(conversation)
        except KeyError:
            return ConversationView(0, "", ())
        turns, earlier = self._page(conversation, None)
        return ConversationView(conversation, printable(line.title), turns, earlier)

    def earlier(self, conversation: int, before_turn: int) -> EarlierTurns:
        """The turns before one."""
        turns, earlier = self._page(conversation, before_turn)
        return EarlierTurns(conversation, turns, earlier)

    def found(self, conversation: int, words: str) -> FoundTurns:
        """The turns that hold words."""
        turns = self._rooms.conversations.find_turns(conversation, words)
        return FoundTurns(conversation, words, turns)

    def rename(self, conversation: int, title: str) -> None:
        """Give a conversation another title; an empty one changes nothing."""
        plain = " ".join(printable(title).split())
        if plain:
            self._rooms.conversations.rename(conversation, plain)

    def pin(self, conversation: int, pinned: bool) -> None:
        """Keep it on top, or no longer."""
        self._rooms.conversations.pin(conversation, pinned)

    def delete(self, conversation: int) -> Notice:
        """Take it out of the list until it is restored, or, at the next start, gone."""
        line = self._rooms.conversations.get(conversation)
        self._rooms.conversations.delete(conversation, datetime.now(UTC))
        self._rooms.forget(str(conversation))
        return Notice(f"Deleted “{printable(line.title)}”.", restore=conversation)

    def restore(self, conversation: int) -> None:
        """Put it back."""
        self._rooms.conversations.restore(conversation)

    def _page(self, conversation: int, before: int | None) -> tuple[tuple[TurnView, ...], int]:
        ids, earlier = self._rooms.history.newest_turn_ids(conversation, PAGE, before)
        return self._turns.views(ids), earlier

    # --- decisions

    def choose(self, turn: int, option: int) -> Outcome:
        """Take an option of what a turn waits with, or a choice of what it asks."""
        clock = self._clock_for(self.settings)
        return self._decided(turn, self._agent.choose(turn, option, clock, Consent.CLEAR))

    def decline(self, turn: int) -> Outcome:
        """Say no to what a turn waits with."""
        return self._decided(turn, self._agent.decline(turn))

    def undo(self, change: str = "") -> Outcome:
        """Take back what was made together with `change`, or the last change.

        For the id of an undo: do it again.
        """
        if change and self._would_send(change):
            trouble = Trouble(
                "sends_again",
                "Doing this again would put a message into the Outbox. Nothing was changed.",
                "Ask for it in words: you then see what would be sent.",
            )
            return Outcome(self._turns.views(self._behind((change,))), trouble=trouble)
        arguments = {"change": change} if change else {}
        clock = self._clock_for(self.settings)
        # The button was the yes.
        events = self._agent.run_tool("undo", arguments, clock, consent=Consent.FIRST)
        seen = _Seen.of(events)
        notice = None
        if seen.ids:
            again = self._rooms.journal.entry(seen.ids[0]).change.is_undo
            notice = Notice(seen.sentence, undo_change=seen.ids[0], again=again)
        changes = seen.ids or filter(None, (change,))  # refused, its card is to be used again
        return Outcome(self._turns.views(self._behind(changes)), notice, seen.trouble)

    def _would_send(self, change: str) -> bool:
        """Whether taking these back makes a message that leaves the machine."""
        try:
            together = self._rooms.journal.operation_of(change)
        except KnownError:
            return False  # the tool says what is wrong with it
        return any(
            each.change.risk is Risk.SEND
            and each.change.is_undo
            and each.change.after is None
            and f"/{OUTBOX}/" in each.change.target
            for each in together
        )

    def turn(self, turn: int) -> tuple[TurnView, ...]:
        """A turn as it stands now."""
        return self._turns.views((turn,))

    def turns_behind(self, change: str) -> tuple[TurnView, ...]:
        """The turns whose cards show a change, or what takes it back, as they stand now."""
        return self._turns.views(self._behind(filter(None, (change,))))

    def _behind(self, changes: Iterable[str]) -> tuple[int, ...]:
        try:
            return self._turns.turns_behind(tuple(changes))
        except KnownError as error:
            if error.code != "no_such_change":
                raise
            return ()

    def _decided(self, turn: int, events: Iterable[AgentEvent]) -> Outcome:
        seen = _Seen.of(events)
        touched = dict.fromkeys((turn, *self._turns.turns_behind(seen.ids)))
        views = self._turns.views(tuple(touched))
        # A turn that FAILED shows its error itself, and what is unclear is asked in the card.
        shown = views[0].state is TurnState.FAILED or isinstance(seen.error, AmbiguousError)
        return Outcome(views, trouble=None if shown else seen.trouble)

    # --- beside the chat

    def today(self) -> TodayView:
        """Today and tomorrow."""
        view = today_view(self._rooms.calendar, self._clock())
        return replace(view, mail=bool(self._rooms.mailbox.folders()))

    def open(self, result: str) -> Opened:
        """A message or event to read, by its id."""
        return self._results.open(result)

    def _clock(self) -> Clock:
        return self._clock_for(self.settings)


@dataclass(frozen=True)
class _Seen:
    """What the events of a decision came to."""

    ids: tuple[str, ...] = ()
    sentence: str = ""
    error: KnownError | None = None

    @staticmethod
    def of(events: Iterable[AgentEvent]) -> _Seen:
        seen = _Seen()
        for event in events:
            match event:
                case Applied(changes):
                    seen = replace(seen, ids=tuple(each for each, _ in changes))
                case Answered(text):
                    seen = replace(seen, sentence=printable(text))
                case Stopped(error):
                    seen = replace(seen, error=error)
        return seen

    @property
    def trouble(self) -> Trouble | None:
        return trouble_of(self.error) if self.error is not None else None


def _summary(line: Conversation) -> ConversationSummary:
    return ConversationSummary(
        id=line.id,
        title=printable(line.title),
        updated_at=line.updated_at,
        pinned=line.pinned,
        waiting=line.waiting,
    )
