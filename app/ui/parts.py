"""What the window is given to work with, as protocols; `compose` fills them in. No Qt here.

Each part belongs to the lane that opened it. Nothing heavy is imported: the window paints first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.core.engine_life import EngineStage
from app.core.errors import KnownError
from app.core.ports import Clock
from app.store.paths import ProfilePaths
from app.store.settings import Settings
from app.ui.views import TurnRejected

if TYPE_CHECKING:
    from app.agent.loop import Agent
    from app.calendars.vdir import Vdir
    from app.importing.report import ImportReport
    from app.mail.store import Mailbox
    from app.store.conversations import Conversations
    from app.store.history import History
    from app.store.journal import Journal


@dataclass(frozen=True)
class Request:
    """What `Bridge.ask` was given, its text as it can be written down, and its number."""

    text: str
    conversation: int = 0
    replaces: int = 0
    number: int = 0
    about: tuple[str, ...] = ()

    def rejected(self, message: str, hint: str) -> TurnRejected:
        """What gives its words back."""
        return TurnRejected(self.text, message, hint, self.number, self.conversation, self.replaces)


StageHeard = Callable[[Path, EngineStage], None]
ExchangeEnded = Callable[[Path, KnownError | None], None]


class Rooms(Protocol):
    """What works on the profile over one connection, in the thread that opened it."""

    @property
    def history(self) -> History:
        """Turns."""
        ...

    @property
    def conversations(self) -> Conversations:
        """The list of conversations."""
        ...

    @property
    def journal(self) -> Journal:
        """What was changed."""
        ...

    @property
    def calendar(self) -> Vdir:
        """The calendars."""
        ...

    @property
    def mailbox(self) -> Mailbox:
        """The mail."""
        ...

    @property
    def agent_for(self) -> Callable[[Settings], Agent]:
        """An agent that goes by these settings."""
        ...

    @property
    def forget(self) -> Callable[[str], None]:
        """Drop what the engine keeps of a conversation; returns at once."""
        ...


class Seat(Protocol):
    """The engine in use, to be exchanged for another; any thread may call.

    Nothing waits but `rest` and `close`.

    See `app.engine.seat.EngineSeat`.
    """

    @property
    def exchanging(self) -> bool:
        """Whether another model is being loaded."""
        ...

    def start(self, model: Path) -> None:
        """Begin loading a first model."""
        ...

    def exchange(self, model: Path, ended: ExchangeEnded) -> None:
        """Load another model; `ended` is told from another thread."""
        ...

    def restart(self) -> None:
        """Start the engine anew."""
        ...

    def rest(self) -> bool:
        """Free the engine's memory until it is woken or asked, unless it is at work; whether so.

        Waits for its process.
        """
        ...

    def wake(self) -> None:
        """Load an engine that rests."""
        ...

    def interrupt(self) -> None:
        """Stop who waits for the model."""
        ...

    def resume(self) -> None:
        """Take requests again."""
        ...

    def close(self) -> None:
        """End the engine; waits for its process."""
        ...


class Parts(Protocol):
    """One profile, opened for one window."""

    @property
    def starter(self) -> Path:
        """The model file that comes with Phial."""
        ...

    @property
    def paths(self) -> ProfilePaths:
        """The profile's folders, which may not exist before `hold`."""
        ...

    def hold(self) -> AbstractContextManager[ProfilePaths]:
        """The profile's folders, made and locked for this process inside the block.

        What the last process left open is settled. Any thread may enter and leave. Raises
        KnownError.
        """
        ...

    def rooms(self) -> AbstractContextManager[Rooms]:
        """Rooms over a connection of their own, for the thread that enters. Raises KnownError."""
        ...

    def seat(self, heard: StageHeard) -> Seat:
        """The one seat of the engine, empty; `heard` is called in any thread."""
        ...

    def tune(self, settings: Settings) -> None:
        """Make engines by these settings from now on: their context, and how it is kept."""
        ...

    def import_files(
        self,
        chosen: Sequence[Path],
        settings: Settings,
        progress: Callable[[int, int, str], None],
        stop: Callable[[], bool],
    ) -> ImportReport:
        """Import files and folders into the profile, which is held; in any thread."""
        ...

    def preload(self) -> None:
        """Load what the first request needs, in any thread that has time."""
        ...

    def clock(self, settings: Settings) -> Clock:
        """Now, as a request under these settings understands it."""
        ...

    def model(self, settings: Settings) -> Path:
        """The model file to begin with."""
        ...
