"""The rooms that work on a profile, joined over one connection to its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Lock

from app.agent.loop import Agent
from app.calendars.store import CalendarStore
from app.calendars.vdir import Vdir
from app.core.ports import ChangeOwner, Engine
from app.core.proposals import Change
from app.store.changes import apply_changes, recover_changes
from app.store.conversations import Conversations
from app.store.database import open_database
from app.store.history import History
from app.store.ids import DatabaseIdMap
from app.store.journal import Journal
from app.store.paths import ProfilePaths
from app.store.settings import Settings
from app.tools.calendar_tools import calendar_tools
from app.tools.registry import Registry
from app.tools.undo_tool import undo_tool


@dataclass(frozen=True)
class Rooms:
    """What works on a profile in one thread, the one that opened it.

    `agent_for` gives an agent that goes by these settings.
    """

    history: History
    conversations: Conversations
    journal: Journal
    calendar: Vdir
    owners: Mapping[str, ChangeOwner]
    agent_for: Callable[[Settings], Agent]


@contextmanager
def open_rooms(paths: ProfilePaths, engine: Engine, applying: Lock) -> Iterator[Rooms]:
    """Join the rooms over a new connection, and close it in the end.

    The caller holds the profile's lock. `applying` is shared by all rooms of a process: changes
    are made one after the other. Raises KnownError as `open_database`.
    """
    with closing(open_database(paths)) as connection:
        history, journal = History(connection), Journal(connection)
        owners = {"calendar": CalendarStore(paths.root)}
        calendar = Vdir(paths.calendars, DatabaseIdMap(connection))

        def apply(turn: int | None, title: str, changes: Sequence[Change]) -> Sequence[str]:
            with applying:
                return apply_changes(journal, owners, turn, title, changes)

        def agent_for(settings: Settings) -> Agent:
            tools = [*calendar_tools(calendar, settings, journal), undo_tool(journal, owners)]
            return Agent(engine, Registry(tools), history, apply, settings.locale)

        yield Rooms(history, Conversations(connection), journal, calendar, owners, agent_for)


def recover(rooms: Rooms) -> None:
    """At start: settle what the end of the last process left open."""
    rooms.history.recover()
    recover_changes(rooms.journal, rooms.owners)
