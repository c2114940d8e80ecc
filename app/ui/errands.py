"""What the STORE lane is asked to do, now or once the profile is open, and its failures. No Qt."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from app.ui.lanes import Lanes
from app.ui.opening import Opening
from app.ui.told_turns import ToldTurns
from app.ui.views import Trouble, TurnView

if TYPE_CHECKING:
    from app.ui.desk import Desk, Outcome

Work = Callable[["Desk"], Any]
Done = Callable[[Any], None]
Failed = Callable[[Trouble], None]


class Errands:
    """See the module. Everything is called in the window's thread.

    `post` calls something there later. `troubled` gets the Trouble of work that named nobody for
    it; `changed` turns to show as they stand now.
    """

    def __init__(
        self,
        lanes: Lanes,
        opening: Opening,
        told: ToldTurns,
        post: Callable[[Callable[[], None]], None],
        troubled: Failed,
        changed: Callable[[tuple[TurnView, ...]], None],
    ) -> None:
        self._lanes = lanes
        self._opening = opening
        self._told = told
        self._post = post
        self._troubled = troubled
        self._changed = changed

    def read(self, work: Work, done: Done, failed: Failed | None = None) -> None:
        """Do `work`, which changes nothing, then give `done` its value."""
        self._opening.when_open(lambda: self._lanes.with_desk(work, done, failed))

    def read_turns(self, conversation: int, work: Work, done: Done) -> None:
        """As `read`, again where a turn of the conversation was told of in the meantime.

        So that nothing older is shown than what was told before it.
        """
        count = self._told.count(conversation)

        def answer(value: object) -> None:
            if count == self._told.count(conversation):
                done(value)
            else:
                self.read_turns(conversation, work, done)

        self.read(work, answer)

    def write(self, work: Work, done: Done, failed: Failed | None = None) -> None:
        """Do `work` now or not at all: it means what was seen when it was asked for."""
        if self._opening.is_open:
            self._lanes.with_desk(work, done, failed)
        else:
            self._post(partial(failed or self._troubled, self._opening.trouble))

    def decide(
        self,
        work: Callable[[Desk], Outcome],
        done: Callable[[Outcome], None],
        again: Callable[[Desk], tuple[TurnView, ...]],
        known: Callable[[], tuple[TurnView, ...]],
    ) -> None:
        """Make a decision. Where that fails, the cards concerned come back as they are read
        `again`, or at least as they are `known`, so that they can be used once more.
        """

        def failed(trouble: Trouble) -> None:
            self._troubled(trouble)
            if self._opening.is_open:
                self._lanes.with_desk(again, self._changed, lambda _: self._changed(known()))

        self.write(work, done, failed)
