"""What the ENGINE lane does: one request from the user's words to the end of its turn. No Qt.

Everything is done in the thread that opened the rooms, but for `stop` and `answer_now`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import Protocol

from app.agent.events import (
    Applied,
    CallMade,
    Generated,
    RemembersFrom,
    Said,
    Started,
    Stopped,
    Thinking,
    Working,
)
from app.agent.policy import Consent
from app.core.errors import AmbiguousError, KnownError
from app.core.messages import TurnState
from app.core.ports import Clock
from app.core.text import printable
from app.store.settings import Settings
from app.ui.parts import Request, Rooms
from app.ui.result_views import ResultReader
from app.ui.troubles import trouble_of
from app.ui.turn_views import TurnReader
from app.ui.views import Trouble, TurnRejected, TurnStarted, TurnView
from app.ui.work_words import WorkWords

_TITLE = 60
_PARAGRAPH = "\n\n"

_READS = 2
"""How often the end of a turn is read: a database that was busy may be free by then."""

_DONE_UNREAD = (
    "This was done, but how it ended could not be read. Open the conversation again to see it."
)


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

    def thought(self, text: str) -> None:
        """A piece of what the model thinks before it answers."""
        ...

    def remembers(self, turn: int) -> None:
        """The first turn of the conversation that the model sees, 0 if it sees all."""
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
        results = ResultReader(rooms.calendar, rooms.mailbox, lambda: clock_for(self._settings))
        self._turns = TurnReader(rooms.history, rooms.journal, results.rows)
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Go by these settings from the next request on."""
        self._settings = settings
        self._agent = self._rooms.agent_for(settings)

    def stop(self) -> None:
        """Stop the turn under way; from any thread."""
        self._agent.stop()

    def answer_now(self) -> None:
        """Have a model that thinks stop that and answer; from any thread."""
        self._agent.answer_now()

    def warm(self) -> None:
        """Have the engine read ahead what every request begins with. Raises KnownError."""
        self._agent.warm()

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
        except KnownError as error:  # there was no conversation to write them in
            return _rejected(request, error)

    def _turn(
        self, request: Request, conversation: int, clock: Clock, listener: Listener
    ) -> TurnEnd:
        words = WorkWords(listener.worked)
        thoughts = _Thoughts(listener.thought)
        marked = False
        started: TurnStarted | None = None
        ids: tuple[str, ...] = ()
        error: Exception | None = None
        events = self._agent.ask(
            request.text,
            clock,
            consent=Consent.CLEAR,
            conversation=conversation,
            replaces=request.replaces,
            about=request.about,
        )
        try:
            with closing(events):
                for event in events:
                    match event:
                        case Started(turn_id):
                            started = self._started(turn_id, request, conversation, clock)
                            listener.started(started)
                        case Working(stage, done, total):
                            words.stage(stage, done, total)
                        case Thinking(text):
                            words.thought()
                            thoughts.add(text)
                        case Said(text):
                            words.said()
                            thoughts.end()
                            listener.said(printable(text))
                        case RemembersFrom(turn_id):
                            marked = True
                            listener.remembers(turn_id)
                        case CallMade(call):
                            words.called(call.name)
                        case Generated(_, prompt_tokens, completion_tokens):
                            thoughts.end()
                            if not marked:
                                listener.remembers(0)
                            listener.used(prompt_tokens + completion_tokens)
                        case Applied(changes):
                            ids = tuple(each for each, _ in changes)
                        case Stopped(stopped):
                            error = stopped
        except Exception as bug:  # a KnownError here is one that could not be written down
            error = bug
        if started is None:
            assert error is not None
            raise _NotStartedError(error) from error
        problem: Exception | None = None
        for _ in range(_READS):
            try:
                return self._ended(started.turn.id, ids, error)
            except Exception as caught:
                problem = caught
        assert problem is not None
        return _unread(started.turn, bool(ids), problem)

    def _started(self, turn: int, request: Request, conversation: int, clock: Clock) -> TurnStarted:
        """What is told of a turn whose words are on disk, also if they cannot be read back."""
        started = TurnStarted(
            TurnView(turn, conversation, clock.now, printable(request.text), TurnState.RUNNING),
            request=request.number,
            asked_in=request.conversation,
        )
        with suppress(KnownError):
            replaced = self._rooms.history.replaced_for(turn)
            return replace(started, turn=self._turns.view(turn), replaces=replaced)
        return started

    def _ended(self, turn: int, ids: tuple[str, ...], error: Exception | None) -> TurnEnd:
        view = self._turns.view(turn)
        trouble = trouble_of(error) if error is not None else None
        if trouble is not None and view.state is TurnState.RUNNING:
            # Not even that could be written down; the next start does it.
            view = replace(view, state=TurnState.FAILED, error=_sentence(trouble))
        if trouble is not None and (
            view.state is TurnState.FAILED or isinstance(error, AmbiguousError)
        ):
            view = replace(view, details=trouble.details)
            trouble = None
        others = tuple(each for each in self._turns.turns_behind(ids) if each != turn)
        return TurnEnd(view, self._turns.views(others), trouble, bool(ids))


class _Thoughts:
    """Passes on what is thought, each time of a turn as a paragraph of its own, as it is stored."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._before = self._gap = ""  # what goes before thoughts that come again, and next

    def add(self, text: str) -> None:
        """A piece of it."""
        self._tell(self._gap + printable(text))
        self._gap, self._before = "", _PARAGRAPH

    def end(self) -> None:
        """What comes now is not thought."""
        self._gap = self._before


def _sentence(trouble: Trouble) -> str:
    return f"{trouble.message} {trouble.hint}".strip()


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
    return request.rejected(trouble.message, trouble.hint)


def _unread(last: TurnView, changed: bool, problem: Exception) -> TurnEnd:
    """The end of a turn that cannot be read; the next time it is read it shows what became of it.

    `changed`: it did what was asked, so that the problem's own sentence could say too little.
    """
    trouble = trouble_of(problem)
    error = _DONE_UNREAD if changed else _sentence(trouble)
    details = "\n".join(filter(None, (trouble.message, trouble.details)))
    view = replace(last, state=TurnState.FAILED, error=error, details=details)
    return TurnEnd(view, changed=changed)
