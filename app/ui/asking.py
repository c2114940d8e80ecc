"""What the ENGINE lane does: one request from the user's words to the end of its turn. No Qt.

Everything is done in the thread that opened the rooms, but for `stop`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from app.agent.events import Applied, CallMade, Generated, Said, Started, Stopped, Working
from app.agent.policy import Consent
from app.core.errors import AmbiguousError, KnownError
from app.core.messages import TurnState
from app.core.ports import Clock
from app.core.text import printable
from app.store.settings import Settings
from app.ui.parts import Request, Rooms
from app.ui.troubles import trouble_of
from app.ui.turn_views import TurnReader
from app.ui.views import Trouble, TurnRejected, TurnStarted, TurnView
from app.ui.work_words import WorkWords

_TITLE = 60


@dataclass(frozen=True)
class TurnEnd:
    """How a turn ended: as it stands on disk, other turns it changed, and what went wrong beside.

    `trouble` is set where the turn itself does not show it.
    """

    turn: TurnView
    touched: tuple[TurnView, ...] = ()
    trouble: Trouble | None = None
    changed: bool = False


class Listener(Protocol):
    """Who is told while a turn goes on, in the lane's thread; nothing here may wait."""

    def started(self, started: TurnStarted) -> None:
        """The words are on disk."""
        ...

    def said(self, text: str) -> None:
        """A piece of the answer."""
        ...

    def worked(self, words: str) -> None:
        """What happens now."""
        ...

    def used(self, tokens: int) -> None:
        """How many tokens of the model's context are in use."""
        ...


class Asking:
    """See the module. `clock_for` gives the time as the settings' zone has it."""

    def __init__(
        self, rooms: Rooms, settings: Settings, clock_for: Callable[[Settings], Clock]
    ) -> None:
        self._rooms = rooms
        self._clock_for = clock_for
        self._turns = TurnReader(rooms.history, rooms.journal)
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next request on."""
        self._settings = settings
        self._agent = self._rooms.agent_for(settings)

    def stop(self) -> None:
        """Stop the turn under way; from any thread."""
        self._agent.stop()

    def run(self, request: Request, listener: Listener) -> TurnEnd | TurnRejected:
        """Answer one request; rejected where its words could not be written down."""
        clock = self._clock_for(self._settings)
        conversation = request.conversation
        try:
            if not conversation:
                conversation = self._rooms.history.new_conversation(
                    title_of(request.text), clock.now
                )
            return self._turn(request, conversation, clock, listener)
        except _NotStartedError as error:
            if not request.conversation:
                with suppress(KnownError):
                    self._rooms.conversations.delete(conversation, clock.now)
            return _rejected(request, error.reason)
        except KnownError as error:
            return _rejected(request, error)

    def _turn(
        self, request: Request, conversation: int, clock: Clock, listener: Listener
    ) -> TurnEnd:
        words = WorkWords(listener.worked)
        turn = 0
        ids: tuple[str, ...] = ()
        error: Exception | None = None
        events = self._agent.ask(
            request.text,
            clock,
            consent=Consent.CLEAR,
            conversation=conversation,
            replaces=request.replaces,
        )
        try:
            with closing(events):
                for event in events:
                    match event:
                        case Started(turn_id):
                            turn = turn_id
                            replaced = self._rooms.history.replaced_for(turn)
                            listener.started(TurnStarted(self._turns.view(turn), replaced))
                        case Working(stage, done, total):
                            words.stage(stage, done, total)
                        case Said(text):
                            words.said()
                            listener.said(printable(text))
                        case CallMade(call):
                            words.called(call.name)
                        case Generated(_, prompt_tokens, completion_tokens):
                            listener.used(prompt_tokens + completion_tokens)
                        case Applied(changes):
                            ids = tuple(each for each, _ in changes)
                        case Stopped(stopped):
                            error = stopped
        except Exception as bug:  # a KnownError here is one that could not be written down
            error = bug
        if not turn:
            assert error is not None
            raise _NotStartedError(error) from error
        return self._ended(turn, ids, error)

    def _ended(self, turn: int, ids: tuple[str, ...], error: Exception | None) -> TurnEnd:
        view = self._turns.view(turn)
        trouble = trouble_of(error) if error is not None else None
        if trouble is not None and (
            view.state is TurnState.FAILED or isinstance(error, AmbiguousError)
        ):
            view = replace(view, details=trouble.details)
            trouble = None
        others = tuple(each for each in self._turns.turns_behind(ids) if each != turn)
        return TurnEnd(view, self._turns.views(others), trouble, bool(ids))


class _NotStartedError(Exception):
    """The words could not be written down."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(str(reason))
        self.reason = reason


def title_of(text: str) -> str:
    """A conversation's first title: the first line of its first request, at most 60 characters."""
    line = next((" ".join(each.split()) for each in text.splitlines() if each.strip()), "")
    shown = printable(line)
    return shown if len(shown) <= _TITLE else shown[: _TITLE - 1].rstrip() + "…"


def _rejected(request: Request, error: Exception) -> TurnRejected:
    trouble = trouble_of(error)
    return TurnRejected(request.text, trouble.message, trouble.hint)
