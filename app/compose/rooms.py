"""The rooms that work on a profile, joined over one connection to its database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from threading import Lock

from app.agent.loop import Agent
from app.calendars.store import CalendarStore
from app.calendars.vdir import Vdir
from app.core.ports import ChangeOwner, Engine
from app.core.proposals import Change
from app.mail.files import MailFiles
from app.mail.flags import tidy
from app.mail.states import MessageStates
from app.mail.store import Mailbox
from app.store.changes import apply_changes, recover_changes
from app.store.conversations import Conversations
from app.store.database import open_database
from app.store.history import History
from app.store.ids import DatabaseIdMap
from app.store.journal import Journal
from app.store.paths import ProfilePaths
from app.store.settings import Settings
from app.tools.calendar_tools import calendar_tools
from app.tools.mail_tools import mail_tools
from app.tools.post import Post
from app.tools.reader import Reader
from app.tools.registry import Registry
from app.tools.undo_tool import undo_tool


@dataclass(frozen=True)
class Rooms:
    """What works on a profile in one thread, the one that opened it.

    `agent_for` gives an agent that goes by these settings; `forget` drops what the engine keeps of
    a conversation.
    """

    history: History
    conversations: Conversations
    journal: Journal
    calendar: Vdir
    mailbox: Mailbox
    owners: Mapping[str, ChangeOwner]
    agent_for: Callable[[Settings], Agent]
    forget: Callable[[str], None]


@contextmanager
def open_rooms(paths: ProfilePaths, engine: Engine, applying: Lock) -> Iterator[Rooms]:
    """Join the rooms over a new connection, and close it in the end.

    The caller holds the profile's lock. `applying` is shared by all rooms of a process: changes
    are made one after the other. Raises KnownError as `open_database`.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(closing(open_database(paths)))
        history, journal, ids = History(connection), Journal(connection), DatabaseIdMap(connection)
        states, files = MessageStates(paths), MailFiles(paths)
        owners: dict[str, ChangeOwner] = {
            "calendar": CalendarStore(paths.root),
            "message": states,
            "mail": files,
        }
        calendar = Vdir(paths.calendars, ids)
        mailbox = stack.enter_context(closing(Mailbox(paths, ids)))

        def apply(turn: int | None, title: str, changes: Sequence[Change]) -> Sequence[str]:
            with applying:
                return apply_changes(journal, owners, turn, title, changes)

        def agent_for(settings: Settings) -> Agent:
            post, reader = Post(mailbox, files, settings), Reader(engine)
            tools = [
                *mail_tools(mailbox, states, files, post, settings, journal, reader),
                *calendar_tools(calendar, settings, journal, post),
                undo_tool(journal, owners),
            ]
            return Agent(engine, Registry(tools), history, apply, settings.locale, reader.stop)

        conversations = Conversations(connection)
        yield Rooms(
            history,
            conversations,
            journal,
            calendar,
            mailbox,
            owners,
            agent_for,
            engine.forget,
        )


def recover(rooms: Rooms, paths: ProfilePaths) -> None:
    """At start: settle what the end of the last process left open."""
    rooms.history.recover()
    recover_changes(rooms.journal, rooms.owners)
    tidy(paths.mail)
