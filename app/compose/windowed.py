"""The window's parts over one profile. Quick to import: the rest is loaded in the lanes.

The parts themselves know nothing of Qt, which only `window` imports.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from app.compose import STARTER_MODEL, clock_for, engine_options, model_file
from app.core.engine_life import StageListener
from app.core.ports import Clock
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths, prepare, profile_paths
from app.store.settings import Settings

if TYPE_CHECKING:
    from app.compose.rooms import Rooms
    from app.engine.seat import EngineSeat, MakeEngine, SeatListener, StartableEngine
    from app.importing.report import ImportReport


@dataclass(frozen=True)
class Choices:
    """What the command line said, and "" or None where it said nothing."""

    profile: Path | None = None
    now: str = ""
    model: Path | None = None


class WindowParts:
    """Implements `app.ui.parts.Parts`. `make_engine` makes the engine of a model file.

    Raises KnownError if the choices make no sense ("bad_now", "bad_name").
    """

    def __init__(self, choices: Choices, make_engine: MakeEngine | None = None) -> None:
        self.starter = STARTER_MODEL
        self.paths = profile_paths(choices.profile)
        self._choices = choices
        self._make_engine = make_engine
        self._applying = Lock()
        self._seat: EngineSeat | None = None
        self._tuned = Settings()
        clock_for(Settings(), choices.now)  # a wrong time is told before the window opens

    @contextmanager
    def hold(self) -> Iterator[ProfilePaths]:
        """See `Parts.hold`."""
        from app.compose.rooms import open_rooms, recover
        from app.store.migrations import backups

        prepare(self.paths)
        with ProfileLock(self.paths):
            copies = backups(self.paths.database)
            with open_rooms(self.paths, self._engine(), self._applying) as rooms:
                recover(rooms, self.paths)
                # Not at the start that makes a copy: that one is kept until the database it was
                # made of has been opened once more, and then goes with what is purged.
                if backups(self.paths.database) == copies:
                    for conversation in rooms.conversations.deleted():
                        rooms.forget(str(conversation))
                    rooms.conversations.purge_deleted(copies)
            yield self.paths

    def rooms(self) -> AbstractContextManager[Rooms]:
        """See `Parts.rooms`."""
        from app.compose.rooms import open_rooms

        return open_rooms(self.paths, self._engine(), self._applying)

    def seat(self, heard: SeatListener) -> EngineSeat:
        """See `Parts.seat`."""
        from app.engine.seat import EngineSeat

        self._seat = EngineSeat(self._make_engine or self._engine_for, heard)
        return self._seat

    def tune(self, settings: Settings) -> None:
        """See `Parts.tune`."""
        self._tuned = settings

    def clock(self, settings: Settings) -> Clock:
        """See `Parts.clock`."""
        return clock_for(settings, self._choices.now)

    def model(self, settings: Settings) -> Path:
        """See `Parts.model`."""
        return model_file(settings, self._choices.model)

    def import_files(
        self,
        chosen: Sequence[Path],
        settings: Settings,
        progress: Callable[[int, int, str], None],
        stop: Callable[[], bool],
    ) -> ImportReport:
        """See `Parts.import_files`."""
        from app.compose.importing import index_mail
        from app.importing.importer import import_files

        report = import_files(
            chosen,
            self.paths,
            calendar=settings.calendar,
            clock=self.clock(settings),
            progress=progress,
            stop=stop,
        )
        index_mail(self.paths, report, progress, stop)
        return report

    def preload(self) -> None:
        """See `Parts.preload`."""
        from app.calendars.recurrence import preload

        preload()

    def _engine_for(self, model: Path, listener: StageListener) -> StartableEngine:
        from app.engine.client import engine_client

        return engine_client(model, listener, engine_options(self.paths, self._tuned))

    def _engine(self) -> EngineSeat:
        if self._seat is None:
            raise ValueError("the seat comes first")
        return self._seat


def window(choices: Choices) -> int:
    """Show the window of a profile until it is closed; the exit status. Raises KnownError."""
    from app.ui.application import run
    from app.ui.bridge import Bridge

    parts = WindowParts(choices)
    return run(lambda: Bridge(parts), parts.paths)
