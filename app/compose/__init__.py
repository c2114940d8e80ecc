"""Wiring: the only room that names concrete classes of several others and joins them.

`headless` serves the command line and never imports Qt; `windowed` serves the window. What takes
long to import is imported where it is used, so that the window can be shown before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from app.core.clock import parse_now, system_clock, zone_named
from app.core.ports import Clock
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths, prepare, profile_paths
from app.store.settings import Settings, load_settings

if TYPE_CHECKING:
    from app.agent.loop import Agent
    from app.engine.client import EngineOptions
    from app.store.history import History

STARTER_MODEL = Path(__file__).resolve().parents[2] / "models" / "starter.gguf"


@dataclass(frozen=True)
class Program:
    """A profile that is open, with everything that works on it."""

    paths: ProfilePaths
    settings: Settings
    clock: Clock
    history: History
    agent: Agent


def clock_for(settings: Settings, now: str) -> Clock:
    """The clock of a request: `now` as on the command line, "" for the system's time."""
    zone = zone_named(settings.zone)
    return parse_now(now, zone) if now else system_clock(zone)


def model_file(settings: Settings, chosen: Path | None) -> Path:
    """The model file to use: the one named now, else the settings', else the starter model."""
    if chosen is not None:
        return chosen
    return Path(settings.model).expanduser() if settings.model else STARTER_MODEL


def engine_options(paths: ProfilePaths, settings: Settings) -> EngineOptions:
    """How the engine loads a model for a profile."""
    from app.engine.client import EngineOptions

    return EngineOptions(settings.context, settings.kv, cache=paths.engine_cache)


@contextmanager
def headless(
    profile: Path | None, *, now: str = "", model: Path | None = None, load_model: bool = False
) -> Iterator[Program]:
    """Open a profile for one process, and close it again.

    With `load_model` the engine starts loading at once, while the profile is being opened.
    Raises KnownError if the profile is in use, damaged or cannot be written.
    """
    from app.calendars.recurrence import preload
    from app.compose.rooms import open_rooms, recover
    from app.engine.client import EngineClient, engine_worker

    paths = profile_paths(profile)
    with ExitStack() as stack:
        prepare(paths)
        stack.enter_context(ProfileLock(paths))
        settings = load_settings(paths)
        clock = clock_for(settings, now)
        options = engine_options(paths, settings)
        engine = EngineClient(engine_worker(model_file(settings, model), options), options.cache)
        stack.callback(engine.close)
        if load_model:
            engine.start()
            # The parser's import takes about as long as the model's answer; do both at once.
            Thread(target=preload, name="preload", daemon=True).start()
        rooms = stack.enter_context(open_rooms(paths, engine, Lock()))
        recover(rooms, paths)
        yield Program(paths, settings, clock, rooms.history, rooms.agent_for(settings))
