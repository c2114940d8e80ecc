"""A model that thinks, forgets and rests, in the whole window."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from app.compose.windowed import Choices, WindowParts
from app.core.engine_life import StageListener
from app.core.events import EngineEvent, Finished, Remembers, TextDelta, ThoughtDelta
from app.core.messages import TurnState
from app.core.ports import GenerateRequest
from app.ui.views import EngineStage, EngineStatus
from tests.support.fake_engine import FakeEngine, Script
from tests.support.window_driver import Driver, open_window
from tests.support.window_parts import CAPABILITIES, NOW, says, thinks, window_parts

REASONING = replace(CAPABILITIES, tools_learned=False, reasoning=True)
CHATTING = replace(CAPABILITIES, tools_learned=False)


class Lab:
    """The parts of a window, and the engine that was made for them."""

    def __init__(self, profile: Path, script: Script, *, reasoning: bool) -> None:
        capabilities = REASONING if reasoning else CHATTING
        self.engines: list[FakeEngine] = []

        def make(model: Path, listener: StageListener) -> FakeEngine:
            self.engines.append(FakeEngine(script, capabilities, listener))
            return self.engines[-1]

        self.parts = WindowParts(Choices(profile, NOW), make)


def thoughts_of(window: Driver) -> list[str]:
    """The lines of thoughts in the transcript."""
    return [each.thoughts.line.text() for each in window.turns if each.thoughts is not None]


def test_an_answer_is_asked_for_while_the_model_thinks(profile: Path, qtbot: QtBot) -> None:
    def ponder(request: GenerateRequest) -> Iterator[EngineEvent]:
        yield ThoughtDelta("Is it March? ")
        [engine] = lab.engines
        while not engine.hurried:
            time.sleep(0.005)
            yield ThoughtDelta("Or June? ")
        yield TextDelta("It is June.")
        yield Finished("end", 20, 9)

    lab = Lab(profile, ponder, reasoning=True)
    with open_window(lab.parts, qtbot) as window:
        window.type("when does it end")
        window.press(Qt.Key.Key_Return)
        button = window.window.chat.work_line.answer_now
        window.until(button.isVisible)
        window.until(lambda: thoughts_of(window)[0].startswith("Thinking…"))
        window.press(Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
        window.until(lambda: window.ended)
        [turn] = window.ended
        assert turn.answer == "It is June."
        assert turn.thought.startswith("Is it March? Or June?")
        assert not button.isVisible()
        assert thoughts_of(window)[0].startswith("Thought for ")


def test_thoughts_stay_with_their_answer_and_out_of_what_is_copied(
    profile: Path, qtbot: QtBot
) -> None:
    pondering = thinks("Is it March? ", "It is June.\u202e", says="June.")

    def script(request: GenerateRequest) -> Iterable[EngineEvent]:
        ponders = "ponder" in request.messages[-1].text
        return pondering(request) if ponders else says("Morning.")(request)

    with open_window(Lab(profile, script, reasoning=True).parts, qtbot) as window:
        turn = window.ask("ponder it")
        assert turn.state is TurnState.DONE
        window.ask("hello")
        conversation = window.window.talk.conversation
        window.control(Qt.Key.Key_N)
        assert not window.turns
        window.window.open_conversation(conversation)
        window.until(lambda: len(window.turns) == 2)
        assert thoughts_of(window) == ["Thoughts"]
        window.tab_to("Thoughts", back=True)
        window.press(Qt.Key.Key_Return)
        [ponder, hello] = window.turns
        window.until(lambda: ponder.thoughts is not None and ponder.thoughts.text is not None)
        assert "Is it March? It is June." in window.shown() and "\u202e" not in window.shown()
        ponder.copy_answer()
        assert QGuiApplication.clipboard().text() == "June."
        assert hello.thoughts is None


def test_thoughts_before_each_of_several_answers_are_paragraphs(
    profile: Path, qtbot: QtBot
) -> None:
    def twice(request: GenerateRequest) -> Iterator[EngineEvent]:
        yield ThoughtDelta("One.")
        yield TextDelta("A ")
        yield ThoughtDelta("Two.")
        yield TextDelta("B")
        yield Finished("end", 20, 4)

    told: list[str] = []
    with open_window(window_parts(profile, twice), qtbot) as window:
        window.bridge.streamed.connect(lambda each: told.append(each.text) if each.thought else 0)
        window.ask("go")
        assert "".join(told) == "One.\n\nTwo."


def test_the_transcript_says_where_the_models_memory_begins(profile: Path, qtbot: QtBot) -> None:
    def forgetful(request: GenerateRequest) -> Iterator[EngineEvent]:
        asked = [each.text for each in request.messages if each.role == "user"]
        if "long" in asked[-1]:
            yield Remembers(len(request.messages) - 1)
        yield TextDelta("Yes.")
        yield Finished("end", 20, 1)

    def marked() -> list[str]:
        return [each.view.user for each in window.turns if each.memory_mark is not None]

    with open_window(Lab(profile, forgetful, reasoning=False).parts, qtbot) as window:
        window.ask("first")
        assert marked() == []
        window.ask("long second")
        assert marked() == ["long second"]
        conversation = window.window.talk.conversation
        window.control(Qt.Key.Key_N)
        window.ask("elsewhere")
        assert marked() == []
        window.window.open_conversation(conversation)
        window.until(lambda: marked() == ["long second"])
        window.ask("long third")
        assert marked() == ["long third"]
        window.ask("short")
        assert marked() == []


def test_typing_wakes_a_model_that_is_asleep(profile: Path, qtbot: QtBot) -> None:
    stages: list[EngineStage] = []

    def hear(status: EngineStatus) -> None:
        stages.append(status.stage)

    lab = Lab(profile, says("Yes."), reasoning=False)
    with open_window(lab.parts, qtbot) as window:
        window.bridge.engine_changed.connect(hear)
        line = window.window.status.model
        wakers = (lambda: window.type("a"), window.window.status.wake_wanted.emit)
        for number, wake in enumerate(wakers):
            # Whoever gets ready is warmed up, which would wake it again.
            window.until(lambda: lab.engines and len(lab.engines[0].warmed) > number)  # noqa: B023
            lab.engines[0].rest()
            window.until(lambda: line.text() == "Asleep; wakes with your next request")
            wake()
            window.until(lambda: stages[-1] is EngineStage.READY)
        assert window.window.chat.text() == "a"
