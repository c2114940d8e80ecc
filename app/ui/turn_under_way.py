"""The one turn under way: sent to the ENGINE lane, and what it tells until its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core.messages import TurnState
from app.store.settings import Settings
from app.ui.lanes import Lanes
from app.ui.parts import Request
from app.ui.streaming import Stream
from app.ui.views import Streamed, Trouble, TurnRejected, TurnStarted, TurnView, Work
from app.ui.work_words import SENDING

if TYPE_CHECKING:
    from app.ui.asking import TurnEnd

Post = Callable[[Callable[[], None]], None]


class TurnUnderWay(QObject):
    """See the module. Everything is called in the window's thread; `post` leads into it."""

    started = Signal(object)  # TurnStarted
    streamed = Signal(object)  # Streamed
    worked = Signal(object)  # Work
    ended = Signal(object)  # asking.TurnEnd
    broken = Signal(object)  # TurnView
    rejected = Signal(object)  # TurnRejected

    def __init__(
        self, lanes: Lanes, post: Post, used: Callable[[int], None], parent: QObject
    ) -> None:
        """`used` is told the tokens of the model's context in use."""
        super().__init__(parent)
        self._lanes = lanes
        self._post = post
        self._used = used
        self._request: Request | None = None
        self._turn: TurnView | None = None  # once its words are on disk
        self._sent = False
        self._stream = Stream(self)
        self._stream.flushed.connect(self._on_streamed)

    @property
    def busy(self) -> bool:
        """Whether there is one."""
        return self._request is not None

    def is_in(self, conversation: int) -> bool:
        """Whether it belongs to that conversation."""
        if self._turn is not None:
            return self._turn.conversation == conversation
        return self._request is not None and self._request.conversation == conversation

    def take(self, request: Request) -> None:
        """A request was made; `send` follows as soon as it can."""
        self._request = request
        self.worked.emit(Work(SENDING))

    def send(self, request: Request, settings: Settings) -> None:
        """Give a request that was taken to the lane, unless it was stopped before."""
        if request is not self._request:
            return
        self._sent = True
        self._lanes.seat.resume()
        relay = _Relay(self, self._post)
        self._lanes.with_asking(
            settings, lambda asking: asking.run(request, relay), self._on_done, self._on_broken
        )

    def stop(self) -> None:
        """Stop it; it ends soon after."""
        if self._request is None:
            return
        if self._sent:
            self.worked.emit(Work("Stopping"))
            self._lanes.stop_turn()
        else:
            self.reject("It was stopped before it was sent.", "")

    def refuse(self, request: Request, message: str, hint: str) -> None:
        """Give the words of a request back that was taken, unless it was stopped before."""
        if request is self._request:
            self.reject(message, hint)

    def reject(self, message: str, hint: str) -> None:
        """Give the words back: they could not even be written down."""
        request, _ = self._over()
        if request is not None:
            self.rejected.emit(request.rejected(message, hint))

    def work(self, words: str) -> None:
        """Tell what happens."""
        if self.busy:
            self.worked.emit(Work(words))

    def add(self, text: str) -> None:
        """A piece of the answer; from any thread."""
        self._stream.add(text)

    def add_thought(self, text: str) -> None:
        """A piece of the thoughts before it; from any thread."""
        self._stream.add(text, thought=True)

    def remembers(self, first: int) -> None:
        """The first turn that the model still sees, 0 for all."""
        if self._turn is not None:
            self.streamed.emit(Streamed(self._turn.id, remembers=first))

    def used(self, tokens: int) -> None:
        """So many tokens are in use."""
        self._used(tokens)

    def on_started(self, started: TurnStarted) -> None:
        """The words are on disk."""
        self._turn = started.turn
        self.started.emit(started)
        self._stream.start()

    def _over(self) -> tuple[Request | None, TurnView | None]:
        self._stream.stop()
        over = self._request, self._turn
        self._request = self._turn = None
        self._sent = False
        return over

    def _on_streamed(self, text: str, thought: bool) -> None:
        if self._turn is not None:
            self.streamed.emit(Streamed(self._turn.id, text, thought))

    def _on_done(self, end: TurnEnd | TurnRejected) -> None:
        if isinstance(end, TurnRejected):
            self.reject(end.message, end.hint)
        else:
            self._over()
            self.ended.emit(end)

    def _on_broken(self, trouble: Trouble) -> None:
        """The lane itself could not go on; the next start settles what is on disk."""
        if self._turn is None:
            self.reject(trouble.message, trouble.hint)
            return
        _, turn = self._over()
        assert turn is not None
        self.broken.emit(
            replace(turn, state=TurnState.FAILED, error=trouble.message, details=trouble.details)
        )


class _Relay:
    """Brings what a turn tells in the ENGINE lane to the window's thread (`asking.Listener`)."""

    def __init__(self, turn: TurnUnderWay, post: Post) -> None:
        self._turn = turn
        self._post = post
        self.said = turn.add
        self.thought = turn.add_thought

    def started(self, started: TurnStarted) -> None:
        self._post(partial(self._turn.on_started, started))

    def worked(self, words: str) -> None:
        self._post(partial(self._turn.work, words))

    def remembers(self, turn: int) -> None:
        self._post(partial(self._turn.remembers, turn))

    def used(self, tokens: int) -> None:
        self._post(partial(self._turn.used, tokens))
