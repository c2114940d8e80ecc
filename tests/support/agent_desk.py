"""The agent over a fake engine and a real history: what a test of it says, asks and sees."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from app.agent.events import AgentEvent, Generated, Started, Working
from app.agent.loop import Agent
from app.agent.policy import Consent
from app.core.errors import KnownError
from app.core.events import EngineEvent, Finished, ToolCallReady
from app.core.messages import ToolCall, TurnState
from app.core.ports import Asked, Capabilities, Clock, GenerateRequest, Tool, ToolOutcome
from app.core.proposals import Change, Option, Proposal
from app.store.database import open_database
from app.store.history import History
from app.store.paths import prepare, profile_paths
from app.tools.registry import Registry
from app.tools.schemas import declared
from tests.support.fake_engine import FakeEngine, Script

ZONE = ZoneInfo("Europe/Berlin")
CLOCK = Clock(datetime(2026, 11, 18, 9, 30, tzinfo=ZONE), ZONE)


def change(name: str) -> Change:
    """A change that adds a file."""
    return Change(f"calendar:calendars/personal/{name}.ics", "create", "", None, "x", f"Add {name}")


def proposal(*names: str) -> Proposal:
    """A proposal with one option a name."""
    options = tuple(Option(n, "", (change(n),), f"Added {n}.") for n in names)
    return Proposal("Add", options)


Run = Callable[[Mapping[str, object], Asked], ToolOutcome]


class WatchedEngine(FakeEngine):
    """A fake that remembers what was cancelled."""

    def __init__(self, script: Script, capabilities: Capabilities) -> None:
        super().__init__(script, capabilities)
        self.cancelled: list[str] = []

    def cancel(self, request_id: str) -> None:
        self.cancelled.append(request_id)
        super().cancel(request_id)

    def forget_cancels(self) -> None:
        """As if the cancels so far had met no process."""
        self._cancelled.clear()


class Desk:
    """An agent in one conversation; `applied` holds what was made."""

    def __init__(
        self,
        history: History,
        script: Sequence[EngineEvent] | Script,
        tools: dict[str, Run],
        *,
        learned: bool = True,
        reasoning: bool = False,
        context: int = 4096,
        sure_from: float = 0.0,
    ) -> None:
        self.history = history
        self.conversation = history.new_conversation("test")
        self.applied: list[Change] = []
        self.requests: list[GenerateRequest] = []
        capabilities = Capabilities(
            "Fake", "fake", context, learned, "CPU", 1, reasoning=reasoning, sure_from=sure_from
        )
        self.script: Sequence[EngineEvent] | Script = script
        self.engine = WatchedEngine(self._answer, capabilities)
        registry = Registry([Tool(declared(name), run) for name, run in tools.items()])
        self.agent = Agent(self.engine, registry, history, self._apply, "en_GB")

    def _answer(self, request: GenerateRequest) -> Iterable[EngineEvent]:
        self.requests.append(request)
        return self.script(request) if callable(self.script) else self.script

    def _apply(self, turn: int | None, title: str, changes: Sequence[Change]) -> Sequence[str]:
        self.applied += changes
        return [f"c{index}" for index, _ in enumerate(changes, 1)]

    def start(
        self,
        text: str = "lunch at noon",
        *,
        consent: Consent = Consent.ASK,
        replaces: int = 0,
        about: tuple[str, ...] = (),
        clock: Clock = CLOCK,
    ) -> Generator[AgentEvent, None, None]:
        """A turn that goes on as its events are asked for. The first one's id is 1."""
        return self.agent.ask(
            text,
            clock,
            consent=consent,
            conversation=self.conversation,
            replaces=replaces,
            about=about,
        )

    def ask(
        self,
        text: str = "lunch at noon",
        *,
        consent: Consent = Consent.ASK,
        replaces: int = 0,
        about: tuple[str, ...] = (),
        clock: Clock = CLOCK,
    ) -> list[AgentEvent]:
        """A whole turn."""
        return list(self.start(text, consent=consent, replaces=replaces, about=about, clock=clock))

    def choose(
        self, option: int, turn: int = 1, *, consent: Consent = Consent.ASK, clock: Clock = CLOCK
    ) -> list[AgentEvent]:
        """The user's choice in a turn that waits."""
        return list(self.agent.choose(turn, option, clock, consent))

    @property
    def state(self) -> TurnState:
        """The first turn's state on disk."""
        return self.history.turn(1).state


@contextmanager
def open_history(profile: Path) -> Iterator[History]:
    """The history of a fresh profile; its database is closed at the end."""
    paths = profile_paths(profile)
    prepare(paths)
    connection = open_database(paths)
    try:
        yield History(connection)
    finally:
        connection.close()


def calls(*names: str) -> tuple[EngineEvent, ...]:
    """A generation that calls tools."""
    arguments = {"title": "lunch", "when": "noon"}
    made = (ToolCallReady(ToolCall(n, arguments if n == "cal_create" else {})) for n in names)
    return (*made, Finished("tool_call"))


def outcome(result: ToolOutcome) -> Run:
    """A tool that always comes to this."""
    return lambda arguments, asked: result


def failing(error: KnownError) -> Run:
    """A tool that always fails so."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        raise error

    return run


def kinds(events: Sequence[AgentEvent]) -> list[type]:
    """The events' types, less those of every turn alike."""
    return [type(each) for each in events if not isinstance(each, Started | Working | Generated)]
