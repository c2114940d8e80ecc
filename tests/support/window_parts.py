"""The window's parts over a profile of the test, with an engine that follows a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from app.compose.windowed import Choices, WindowParts
from app.core.engine_life import StageListener
from app.core.events import EngineEvent, Finished, TextDelta, ThoughtDelta, ToolCallReady
from app.core.messages import ToolCall
from app.core.ports import Capabilities
from app.ui.asking import Asking
from app.ui.desk import Desk
from app.ui.parts import Request
from app.ui.views import TurnRejected, TurnStarted
from tests.support.fake_engine import FakeEngine, Script

NOW = "2026-11-18T09:30[Europe/Berlin]"
CAPABILITIES = Capabilities("Fake", "fake", 4096, True, "CPU", 1)


def says(*pieces: str) -> Script:
    """A model that answers in these pieces."""
    return lambda request: (*map(TextDelta, pieces), Finished("end", 20, len(pieces)))


def thinks(*thoughts: str, says: str) -> Script:
    """A model that thinks in these pieces before it answers."""
    return lambda request: (
        *map(ThoughtDelta, thoughts),
        TextDelta(says),
        Finished("end", 20, len(thoughts) + 1),
    )


def calls(name: str, **arguments: object) -> Script:
    """A model that calls one tool."""
    return lambda request: (ToolCallReady(ToolCall(name, arguments)), Finished("tool_call", 20, 9))


def by_words(**scripts: Script) -> Script:
    """A model that does what is listed under the first word of the request."""

    def script(request: object) -> Iterator[EngineEvent]:
        words = request.messages[-1].text.split()  # type: ignore[attr-defined]
        yield from scripts[words[0].casefold()](request)  # type: ignore[arg-type]

    return script


def window_parts(profile: Path, script: Script, *, now: str = NOW) -> WindowParts:
    """The parts with a fake engine that is ready at once."""

    def make(model: Path, listener: StageListener) -> FakeEngine:
        return FakeEngine(script, CAPABILITIES, listener)

    return WindowParts(Choices(profile, now), make)


class Heard:
    """A listener that keeps what it was told."""

    def __init__(self) -> None:
        self.starts: list[TurnStarted] = []
        self.text = ""
        self.thoughts = ""
        self.remembered: list[int] = []
        self.work: list[str] = []
        self.tokens = 0

    def started(self, started: TurnStarted) -> None:
        self.starts.append(started)

    def said(self, text: str) -> None:
        self.text += text

    def thought(self, text: str) -> None:
        self.thoughts += text

    def remembers(self, turn: int) -> None:
        self.remembered.append(turn)

    def worked(self, words: str) -> None:
        self.work.append(words)

    def used(self, tokens: int) -> None:
        self.tokens = tokens


class Office:
    """Both sides of a window in one thread: a Desk and an Asking, over a connection each."""

    def __init__(self, parts: WindowParts, desk: Desk, asking: Asking) -> None:
        self.parts = parts
        self.desk = desk
        self.asking = asking
        self.heard = Heard()

    def ask(self, text: str, conversation: int = 0, replaces: int = 0):  # type: ignore[no-untyped-def]
        """Send a request; how its turn ended."""
        self.heard = Heard()
        end = self.asking.run(Request(text, conversation, replaces), self.heard)
        assert not isinstance(end, TurnRejected), end
        return end

    def now(self) -> datetime:
        """The time of the fixed clock."""
        return self.parts.clock(self.desk.settings).now


@contextmanager
def open_office(profile: Path, script: Script, *, now: str = NOW) -> Iterator[Office]:
    """Open a profile as the window does, without the window."""
    parts = window_parts(profile, script, now=now)
    seat = parts.seat(lambda model, stage: None)
    with parts.hold() as paths, parts.rooms() as rooms, parts.rooms() as others:
        desk = Desk(paths, rooms, parts.clock)
        seat.start(parts.model(desk.settings))
        yield Office(parts, desk, Asking(others, desk.settings, parts.clock))
        seat.close()
