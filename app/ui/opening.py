"""What may be asked before the profile is open, and what becomes of it. No Qt here."""

from __future__ import annotations

from collections.abc import Callable

from app.ui.views import Trouble

_NOT_YET = Trouble("not_open", "Your profile is not open yet, so nothing was done.", "Try again.")


class Opening:
    """Where the profile stands: shut, opening, open, or failed until it is tried again.

    Requests and readings that come before it is open wait; after a failure nothing does.
    """

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []
        self._under_way = False
        self._open = False
        self._trouble: Trouble | None = None

    @property
    def is_open(self) -> bool:
        """Whether everything may be asked."""
        return self._open

    @property
    def failed(self) -> bool:
        """Whether it could not be opened and was not tried again."""
        return self._trouble is not None

    @property
    def trouble(self) -> Trouble:
        """Why nothing can be done now."""
        return self._trouble or _NOT_YET

    def begin(self) -> bool:
        """Try to open; False if that is done or under way."""
        if self._open or self._under_way:
            return False
        self._under_way, self._trouble = True, None
        return True

    def succeed(self) -> tuple[Callable[[], None], ...]:
        """It is open; what has waited for that."""
        self._open, self._under_way = True, False
        waiting, self._waiting = tuple(self._waiting), []
        return waiting

    def fail(self, trouble: Trouble) -> None:
        """It cannot be opened; what has waited is forgotten."""
        self._under_way, self._trouble = False, trouble
        self._waiting.clear()

    def when_open(self, what: Callable[[], None]) -> None:
        """Do `what` now or once it is open; forgotten if it cannot be opened."""
        if self._open:
            what()
        elif not self.failed:
            self._waiting.append(what)
