"""What the window has been told of turns: how often, and the cards among them. No Qt here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from app.ui.views import TurnView


class ToldTurns:
    """See the module. Everything is called in the window's thread."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._cards: dict[int, TurnView] = {}

    def note(self, turn: TurnView) -> None:
        """A turn has started, ended or changed; what was read of it before may be older."""
        self._counts[turn.conversation] += 1
        self.keep((turn,))

    def keep(self, turns: Iterable[TurnView]) -> None:
        """Turns are shown as they stand on disk."""
        for turn in turns:
            if turn.waiting is not None or turn.done is not None:
                self._cards[turn.id] = turn
            else:
                self._cards.pop(turn.id, None)

    def count(self, conversation: int) -> int:
        """How often something was told of a conversation's turns."""
        return self._counts[conversation]

    def card(self, turn: int) -> tuple[TurnView, ...]:
        """The turn as it was told last, if it has a card."""
        view = self._cards.get(turn)
        return () if view is None else (view,)

    def cards_with(self, change: str) -> tuple[TurnView, ...]:
        """The turns told last whose button takes back `change`."""
        return tuple(
            view
            for view in self._cards.values()
            if change and view.done is not None and view.done.undo_id == change
        )
