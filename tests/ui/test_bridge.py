"""What the window asks of the bridge is done elsewhere, and comes back as signals in its thread."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Signal
from pytestqt.qtbot import QtBot

from app.compose import STARTER_MODEL
from app.compose.windowed import Choices, WindowParts
from app.core.engine_life import EngineLost, EngineReady, EngineStarting, StageListener
from app.core.errors import KnownError
from app.core.events import EngineEvent, Failed, Finished, TextDelta
from app.core.messages import TurnState
from app.core.ports import Capabilities, GenerateRequest
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths, prepare
from app.store.settings import Settings
from app.ui.asking import Asking
from app.ui.bridge import Bridge
from app.ui.desk import Desk
from app.ui.views import EngineStage
from tests.support.calendar_profile import berlin
from tests.support.commands import environment, ics_files
from tests.support.fake_engine import FakeEngine, Script
from tests.support.window_parts import CAPABILITIES, NOW, by_words, calls, says, window_parts

LIMIT_MS = 10_000
LUNCH = "lunch Friday at noon"


class Window:
    """Stands for the window: keeps everything the bridge tells, in order."""

    def __init__(self, bridge: Bridge, qtbot: QtBot) -> None:
        self.bridge = bridge
        self.told: list[tuple[str, Any]] = []
        self._qtbot = qtbot
        here = threading.get_ident()
        for name, signal in vars(Bridge).items():
            if isinstance(signal, Signal) and not name.startswith("_"):

                def hear(*values: object, name: str = name) -> None:
                    assert threading.get_ident() == here
                    self.told.append((name, *values) if values else (name, None))

                getattr(bridge, name).connect(hear)

    def all(self, name: str) -> list[Any]:
        """Every value of a signal so far."""
        return [value for each, value in self.told if each == name]

    def wait(self, name: str, fits: Callable[[Any], bool] = lambda value: True) -> Any:
        """The first value of a signal that fits, once it has come; what came before is dropped."""

        def found() -> bool:
            return any(fits(value) for value in self.all(name))

        self._qtbot.waitUntil(found, timeout=LIMIT_MS)
        for index, (each, value) in enumerate(self.told):
            if each == name and fits(value):
                del self.told[: index + 1]
                return value
        raise AssertionError

    def ask(self, text: str, conversation: int = 0, replaces: int = 0) -> Any:
        """Send a request and wait for the end of its turn."""
        self.bridge.ask(text, conversation, replaces)
        return self.wait("turn_ended")


@contextmanager
def window_on(parts: WindowParts, qtbot: QtBot) -> Iterator[Window]:
    """A window over these parts, open."""
    window = Window(Bridge(parts), qtbot)
    window.bridge.open_profile()
    try:
        yield window
    finally:
        assert window.bridge.close()


class Gate:
    """A model that says one word, waits to be let on, and says another."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        yield TextDelta("one ")
        self.open.wait(LIMIT_MS / 1e3)
        yield TextDelta("two")
        yield Finished("end", 20, 2)


SCRIPT = by_words(
    hello=says("Hello ", "there."),
    lunch=calls("cal_create", title="lunch", when="Friday at noon"),
    dentist=calls("cal_create", title="dentist", when="today at 10"),
    undo=calls("undo"),
    die=lambda request: (TextDelta("He"), Failed("worker_died", "It ended.", "Try again.")),
)


@pytest.fixture
def window(profile: Path, qtbot: QtBot) -> Iterator[Window]:
    """A window whose model does what the first word says."""
    with window_on(window_parts(profile, SCRIPT), qtbot) as opened:
        opened.wait("today_read")
        yield opened


# Opening


def test_the_bridge_loads_nothing_heavy_before_the_window_has_painted() -> None:
    heavy = {"app.agent.loop", "app.calendars", "app.engine", "app.tools", "icalendar", "sqlite3"}
    code = (
        "import sys; from PySide6.QtCore import QObject; from app.ui.bridge import Bridge;"
        "from app.compose.windowed import Choices, WindowParts;"
        "Bridge(WindowParts(Choices())); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True
    )
    assert not heavy & set(done.stdout.split())


def test_a_bridge_that_was_not_opened_has_no_threads(qtbot: QtBot, profile: Path) -> None:
    bridge = Bridge(window_parts(profile, SCRIPT))
    assert bridge.close()
    assert not profile.exists()


def test_opening_tells_settings_conversations_today_and_the_engine(
    qtbot: QtBot, profile: Path
) -> None:
    wanted = {"opened", "settings_loaded", "conversations_listed", "today_read", "engine_changed"}
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        qtbot.waitUntil(lambda: {name for name, _ in window.told} == wanted, timeout=LIMIT_MS)
        assert window.told[0][0] == "opened"
        status = window.wait("engine_changed")
        assert (status.stage, status.name) == (EngineStage.READY, "Fake")
        assert (status.context, status.starter) == (4096, True)


def test_a_profile_in_use_is_told_and_can_be_tried_again(qtbot: QtBot, profile: Path) -> None:
    paths = ProfilePaths(profile)
    prepare(paths)
    with ProfileLock(paths):
        window = Window(Bridge(window_parts(profile, SCRIPT)), qtbot)
        window.bridge.open_profile()
        assert window.wait("profile_failed").code == "profile_in_use"
    window.bridge.open_profile()
    window.wait("opened")
    assert window.bridge.close()


def test_wrong_settings_are_told_and_let_the_profile_go(qtbot: QtBot, profile: Path) -> None:
    profile.mkdir()
    (profile / "settings.toml").write_text("zone = 5\n")
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        assert window.wait("profile_failed").code == "settings_invalid"
        with ProfileLock(ProfilePaths(profile)):
            pass
        (profile / "settings.toml").write_text('zone = "UTC"\n')
        window.bridge.open_profile()
        assert window.wait("settings_loaded").settings.zone == "UTC"


def test_closing_while_it_opens_leaves_the_profile_free(qtbot: QtBot, profile: Path) -> None:
    with window_on(window_parts(profile, SCRIPT), qtbot):
        pass
    with ProfileLock(ProfilePaths(profile)):
        pass


def test_a_request_sent_before_the_profile_is_open_is_answered(qtbot: QtBot, profile: Path) -> None:
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        assert window.ask("hello").answer == "Hello there."


def test_a_request_that_finds_no_profile_comes_back(qtbot: QtBot, profile: Path) -> None:
    profile.write_text("a file where a folder should be")
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        window.bridge.ask("hello")
        rejected = window.wait("turn_rejected")
        assert rejected.text == "hello"
        assert "needs a folder" in rejected.message
        assert not window.bridge.busy


def test_a_request_stopped_before_the_profile_is_open_takes_no_other_with_it(
    qtbot: QtBot, profile: Path
) -> None:
    window = Window(Bridge(window_parts(profile, SCRIPT)), qtbot)
    window.bridge.ask("hello")
    window.bridge.stop()
    number = window.bridge.ask(LUNCH)
    window.bridge.open_profile()
    assert window.wait("turn_started").request == number
    window.wait("turn_ended")
    assert window.ask("hello").state is TurnState.DONE
    assert len(ics_files(profile)) == 1
    assert window.bridge.close()


def test_nothing_asked_of_a_profile_that_cannot_be_opened_is_done_later(
    qtbot: QtBot, profile: Path
) -> None:
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        conversation = window.ask(LUNCH).conversation
    window = Window(Bridge(window_parts(profile, SCRIPT)), qtbot)
    bridge = window.bridge
    with ProfileLock(ProfilePaths(profile)):
        bridge.open_profile()
        failed = window.wait("profile_failed")
        number = bridge.ask("hello", conversation)
        rejected = window.wait("turn_rejected")
        assert (rejected.request, rejected.message) == (number, failed.message)
        assert not bridge.busy
        for refused in (
            bridge.undo,
            lambda: bridge.choose(1, 0),
            lambda: bridge.decline(1),
            lambda: bridge.delete_conversation(conversation),
            lambda: bridge.rename_conversation(conversation, "mine"),
            lambda: bridge.use_model(None),
            bridge.restart_engine,
        ):
            refused()
            assert window.wait("troubled").code == "profile_in_use"
        bridge.save_settings(Settings(scheme="dark"), "")
        assert window.wait("settings_refused").message == failed.message
        bridge.read_today()
    bridge.open_profile()
    window.wait("opened")
    assert window.wait("settings_loaded").settings.scheme == "system"
    (line,) = window.wait("conversations_listed").items
    assert line.title == LUNCH
    window.wait("today_read")
    bridge.reload_settings()
    window.wait("settings_loaded")
    assert window.all("today_read") == window.all("notified") == window.all("turn_changed") == []
    assert len(ics_files(profile)) == 1
    assert bridge.close()


def test_a_change_asked_for_before_the_profile_is_open_is_refused(
    qtbot: QtBot, profile: Path
) -> None:
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        window.bridge.undo()
        assert window.wait("troubled").code == "not_open"
        window.wait("opened")


# Turns


def test_a_turn_tells_at_once_that_it_is_sent_then_starts_streams_and_ends(
    window: Window,
) -> None:
    window.bridge.ask("hello")
    assert window.all("working")[0].words == "Sending your request"
    assert window.bridge.busy
    end = window.wait("turn_ended")
    assert (end.state, end.answer) == (TurnState.DONE, "Hello there.")
    assert not window.bridge.busy


def test_the_text_comes_before_the_end_and_is_whole(window: Window) -> None:
    window.bridge.ask("hello")
    started = window.wait("turn_started")
    window.wait("streamed", lambda piece: piece.text.endswith("there."))
    assert started.turn.state is TurnState.RUNNING
    assert window.wait("turn_ended").id == started.turn.id


def test_text_is_handed_over_in_batches(qtbot: QtBot, profile: Path) -> None:
    def talk(request: GenerateRequest) -> Iterator[EngineEvent]:
        for number in range(300):
            yield TextDelta(f"{number} ")
            time.sleep(0.001)

    with window_on(window_parts(profile, talk), qtbot) as window:
        window.bridge.ask("hello")
        window._qtbot.waitUntil(lambda: bool(window.all("turn_ended")), timeout=LIMIT_MS)
        pieces = [piece.text for piece in window.all("streamed")]
        assert "".join(pieces) == "".join(f"{number} " for number in range(300))
        assert len(pieces) < 100
        words = [work.words for work in window.all("working")]
        assert words[:2] == ["Sending your request", "Writing"]
        assert len(words) < 10


def test_while_a_turn_is_under_way_nothing_else_is_sent(qtbot: QtBot, profile: Path) -> None:
    gate = Gate()
    with window_on(window_parts(profile, gate), qtbot) as window:
        window.bridge.ask("first")
        window.bridge.ask("second")
        window.wait("turn_started")
        window.bridge.ask("third")
        gate.open.set()
        assert window.wait("turn_ended").answer == "one two"
        window.bridge.list_conversations()
        assert len(window.wait("conversations_listed").items) == 1


def test_a_request_has_a_number_that_its_start_names(window: Window) -> None:
    first = window.bridge.ask("hello")
    assert window.bridge.ask("hello") == 0
    started = window.wait("turn_started")
    assert (started.request, started.asked_in) == (first, 0)
    conversation = window.wait("turn_ended").conversation
    second = window.bridge.ask("hello", conversation)
    started = window.wait("turn_started")
    assert second not in (0, first)
    assert (started.request, started.asked_in) == (second, conversation)
    window.wait("turn_ended")
    third = window.bridge.ask("hello", 77, 5)
    rejected = window.wait("turn_rejected")
    assert (rejected.request, rejected.conversation, rejected.replaces) == (third, 77, 5)


def test_blank_words_are_not_sent(window: Window) -> None:
    assert window.bridge.ask("  \n ") == 0
    assert not window.bridge.busy


def test_half_a_character_is_replaced(window: Window) -> None:
    assert window.ask("hello \ud800").user == "hello ?"


def test_stop_ends_the_turn_and_keeps_what_was_said(qtbot: QtBot, profile: Path) -> None:
    gate = Gate()
    with window_on(window_parts(profile, gate), qtbot) as window:
        window.bridge.ask("first")
        window.wait("streamed")
        window.bridge.stop()
        gate.open.set()
        end = window.wait("turn_ended")
        assert (end.state, end.error) == (TurnState.FAILED, "Stopped. Nothing was changed.")
        assert end.answer.startswith("one")
        assert window.ask("second").state is TurnState.DONE


def test_a_stop_right_after_sending_holds(window: Window) -> None:
    for _ in range(20):
        window.bridge.ask("hello")
        window.bridge.stop()
        assert window.wait("turn_ended").state is TurnState.FAILED


def test_a_stop_before_the_profile_is_open_gives_the_words_back(
    qtbot: QtBot, profile: Path
) -> None:
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        window.bridge.ask("hello")
        window.bridge.stop()
        assert window.wait("turn_rejected").text == "hello"
        assert window.ask("hello").state is TurnState.DONE


def test_closing_stops_the_turn_and_keeps_its_words(qtbot: QtBot, profile: Path) -> None:
    gate = Gate()
    with window_on(window_parts(profile, gate), qtbot) as window:
        window.bridge.ask("first")
        conversation = window.wait("turn_started").turn.conversation
        window.wait("streamed")
        threading.Timer(0.1, gate.open.set).start()
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        window.bridge.open_conversation(conversation)
        (turn,) = window.wait("conversation_opened").turns
        assert (turn.user, turn.state) == ("first", TurnState.FAILED)


def test_a_retry_replaces_the_failed_turn(window: Window) -> None:
    failed = window.ask("die")
    assert (failed.state, failed.error) == (TurnState.FAILED, "It ended. Try again.")
    window.bridge.ask("hello", failed.conversation, failed.id)
    assert window.wait("turn_started").replaces == failed.id
    assert window.wait("turn_ended").state is TurnState.DONE


# Cards


def test_a_change_refreshes_the_list_and_today(window: Window) -> None:
    assert window.ask(LUNCH).done is not None
    assert window.wait("conversations_listed").items[0].title == LUNCH
    window.wait("today_read")


def test_undo_by_the_cards_id_and_again_from_the_notice(window: Window) -> None:
    turn = window.ask(LUNCH)
    window.bridge.undo(turn.done.undo_id)
    assert window.wait("turn_changed").done.undone
    notice = window.wait("notified")
    assert notice.text.startswith("Undone")
    window.bridge.undo(notice.undo_change)
    assert not window.wait("turn_changed").done.undone
    window.bridge.undo()
    assert window.wait("turn_changed").done.undone
    window.bridge.undo()
    assert window.wait("troubled").code == "nothing_to_undo"


def test_a_waiting_card_is_answered_also_while_the_model_speaks(
    qtbot: QtBot, profile: Path
) -> None:
    gate = Gate()
    script = by_words(dentist=calls("cal_create", title="dentist", when="today at 10"), hold=gate)
    folder = profile / "calendars" / "personal"
    folder.mkdir(parents=True)
    (folder / "a.ics").write_text(berlin("call", "20261118T100000", "20261118T110000"))
    (profile / "settings.toml").write_text('zone = "Europe/Berlin"\n')
    with window_on(window_parts(profile, script), qtbot) as window:
        first = window.ask("dentist today at 10")
        second = window.ask("dentist today at 10")
        assert (first.state, second.state) == (TurnState.PAUSED, TurnState.PAUSED)
        window.bridge.ask("hold on")
        window.wait("streamed")
        window.bridge.choose(first.id, 0)
        assert window.wait("turn_changed").done is not None
        window.bridge.decline(second.id)
        assert window.wait("turn_changed").answer == "Nothing was changed."
        gate.open.set()
        window.wait("turn_ended")


def edited(profile: Path) -> None:
    """Another program changes the calendar's one file."""
    (file,) = ics_files(profile)
    file.write_text(file.read_text().replace("lunch", "brunch"))


def test_a_refused_undo_brings_its_card_back(window: Window, profile: Path) -> None:
    turn = window.ask(LUNCH)
    edited(profile)
    window.bridge.undo(turn.done.undo_id)
    assert window.wait("turn_changed") == turn
    assert window.wait("troubled").code == "stale"


def refuse(*arguments: object) -> None:
    """What a lane's work comes to while another program holds the database."""
    raise KnownError("database_busy", "Another program is working in it.", "Close it.")


@pytest.mark.parametrize("readable", [True, False])
def test_a_decision_that_cannot_be_made_brings_its_card_back(
    window: Window, profile: Path, monkeypatch: pytest.MonkeyPatch, readable: bool
) -> None:
    done = window.ask(LUNCH)
    monkeypatch.setattr(Desk, "undo", refuse)
    monkeypatch.setattr(Desk, "choose", refuse)
    monkeypatch.setattr(Desk, "decline", lambda *_: 1 / 0)
    if not readable:
        monkeypatch.setattr(Desk, "turn", refuse)
        monkeypatch.setattr(Desk, "turns_behind", refuse)
    bridge = window.bridge
    for decide in (
        lambda: bridge.undo(done.done.undo_id),
        lambda: bridge.choose(done.id, 0),
        lambda: bridge.decline(done.id),
    ):
        decide()
        assert window.wait("troubled").code in ("database_busy", "bug")
        assert window.wait("turn_changed") == done


# Conversations


def held(monkeypatch: pytest.MonkeyPatch, name: str) -> tuple[threading.Event, threading.Event]:
    """Holds the Desk's answers of one kind back: (it was read, let it on)."""
    was_read, go = threading.Event(), threading.Event()
    real = getattr(Desk, name)

    def late(*arguments: object) -> object:
        view = real(*arguments)
        was_read.set()
        go.wait(LIMIT_MS / 1e3)
        return view

    monkeypatch.setattr(Desk, name, late)
    return was_read, go


def test_a_conversation_is_never_shown_older_than_was_told(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = window.ask("hello").conversation
    was_read, go = held(monkeypatch, "conversation")
    window.bridge.open_conversation(conversation)
    assert was_read.wait(LIMIT_MS / 1e3)
    ended = window.ask("hello again", conversation)
    go.set()
    view = window.wait("conversation_opened")
    assert view.turns[-1] == ended


def test_earlier_turns_are_never_shown_older_than_was_told(
    window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = window.ask(LUNCH)
    was_read, go = held(monkeypatch, "earlier")
    window.bridge.load_earlier(turn.conversation, turn.id + 1)
    assert was_read.wait(LIMIT_MS / 1e3)
    window.ask("undo", turn.conversation)
    go.set()
    (earlier,) = window.wait("earlier_loaded").turns
    assert earlier.done.undone


def test_conversations_are_opened_searched_renamed_pinned_and_deleted(window: Window) -> None:
    turn = window.ask("hello you")
    conversation = turn.conversation
    window.bridge.open_conversation(conversation)
    assert window.wait("conversation_opened").turns == (turn,)
    window.bridge.load_earlier(conversation, turn.id)
    assert window.wait("earlier_loaded").turns == ()
    window.bridge.find_in_conversation(conversation, "there")
    assert window.wait("turns_found").turns == (turn.id,)
    window.bridge.rename_conversation(conversation, "mine")
    window.wait("conversations_listed", lambda listed: listed.items[0].title == "mine")
    window.bridge.pin_conversation(conversation, True)
    window.wait("conversations_listed", lambda listed: listed.items[0].pinned)
    window.bridge.list_conversations("there")
    window.wait("conversations_listed", lambda listed: listed.query == "there")
    window.bridge.delete_conversation(conversation)
    notice = window.wait("notified")
    assert window.wait("conversations_listed").query == "there"  # the search goes on
    window.bridge.list_conversations()
    assert window.wait("conversations_listed", lambda listed: not listed.query).items == ()
    window.bridge.restore_conversation(notice.restore)
    assert len(window.wait("conversations_listed").items) == 1


def test_only_the_latest_search_is_answered(window: Window) -> None:
    window.told.clear()
    for query in ("a", "ab", "abc"):
        window.bridge.list_conversations(query)
    window.wait("conversations_listed", lambda listed: listed.query == "abc")
    window.bridge.read_today()
    window.wait("today_read")
    assert window.all("conversations_listed") == []


def test_deleting_a_conversation_stops_its_turn(qtbot: QtBot, profile: Path) -> None:
    gate = Gate()
    with window_on(window_parts(profile, gate), qtbot) as window:
        window.bridge.ask("first")
        conversation = window.wait("turn_started").turn.conversation
        window.wait("streamed")
        window.bridge.delete_conversation(conversation)
        gate.open.set()
        assert window.wait("turn_ended").state is TurnState.FAILED
        window.bridge.list_conversations()
        assert window.wait("conversations_listed").items == ()


@pytest.mark.parametrize("closes", [False, True])
def test_a_conversation_deleted_right_after_sending_stays_deleted(
    qtbot: QtBot, profile: Path, monkeypatch: pytest.MonkeyPatch, closes: bool
) -> None:
    go = threading.Event()
    run = Asking.run

    def late(*arguments: Any) -> object:
        go.wait(LIMIT_MS / 1e3)
        return run(*arguments)

    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        conversation = window.ask("hello").conversation
        monkeypatch.setattr(Asking, "run", late)
        window.bridge.ask(LUNCH, conversation)
        window.bridge.delete_conversation(conversation)
        if closes:
            threading.Timer(0.1, go.set).start()
        else:
            go.set()
            assert window.wait("turn_ended").state is TurnState.FAILED
            assert window.wait("notified").restore == conversation
            assert window.wait("conversations_listed").items == ()
    assert ics_files(profile) == []
    with window_on(window_parts(profile, SCRIPT), qtbot) as window:
        assert window.wait("conversations_listed").items == ()


# Settings


def test_settings_are_saved_and_refused_in_words(window: Window, profile: Path) -> None:
    window.bridge.reload_settings()
    view = window.wait("settings_loaded")
    wanted = replace(view.settings, scheme="dark", zone="Asia/Tokyo")
    window.bridge.save_settings(wanted, view.version)
    assert window.wait("settings_loaded").settings == wanted
    window.wait("today_read")  # its days are those of the zone
    window.bridge.save_settings(view.settings, "an older version")
    assert "changed" in window.wait("settings_refused").message
    (profile / "settings.toml").write_text("zone = 5\n")
    window.bridge.reload_settings()
    assert "'zone'" in window.wait("settings_refused").message


# The engine


class Cabinet:
    """Makes fake engines and remembers them; a model named "bad" cannot be loaded."""

    def __init__(self, script: Script = SCRIPT) -> None:
        self.script = script
        self.made: list[Shelf] = []

    def __call__(self, model: Path, listener: StageListener) -> Shelf:
        self.made.append(Shelf(self.script, model, listener))
        return self.made[-1]

    def parts(self, profile: Path) -> WindowParts:
        """The window's parts with these engines."""
        return WindowParts(Choices(profile, NOW), self)


class Shelf(FakeEngine):
    """A fake engine with a model's name and stages that a test may give."""

    def __init__(self, script: Script, model: Path, listener: StageListener) -> None:
        super().__init__(script, replace(CAPABILITIES, model_name=model.stem), listener)
        self.model = model
        self.listener = listener
        self.starts = 0
        self.closed = False

    def start(self) -> None:
        self.starts += 1
        self.listener(EngineStarting())
        if self.model.stem == "bad":
            self.listener(EngineLost(KnownError("cannot_load", "It does not fit.", "Smaller.")))
        else:
            super().start()

    def capabilities(self) -> Capabilities:
        if self.model.stem == "bad":
            raise KnownError("cannot_load", "It does not fit.", "Smaller.")
        return super().capabilities()

    def close(self) -> None:
        self.closed = True
        super().close()


@pytest.fixture
def cabinet() -> Cabinet:
    return Cabinet()


@pytest.fixture
def engines(cabinet: Cabinet, profile: Path, qtbot: QtBot) -> Iterator[Window]:
    """A window with the engines of `cabinet`, the first of them ready."""
    with window_on(cabinet.parts(profile), qtbot) as window:
        window.wait("engine_changed", lambda status: status.stage is EngineStage.READY)
        yield window


def test_another_model_takes_the_place_of_the_first_and_is_kept(
    engines: Window, cabinet: Cabinet, tmp_path: Path, profile: Path
) -> None:
    other = tmp_path / "other.gguf"
    other.symlink_to(STARTER_MODEL)
    engines.bridge.use_model(other)
    assert engines.wait("engine_changed").stage is EngineStage.CHECKING
    assert engines.wait("engine_changed").stage is EngineStage.STARTING
    ready = engines.wait("engine_changed")
    assert (ready.stage, ready.name, ready.starter) == (EngineStage.READY, "other", False)
    assert engines.wait("settings_loaded").settings.model == str(other)
    assert [shelf.closed for shelf in cabinet.made] == [True, False]
    assert engines.ask("hello").answer == "Hello there."
    engines.bridge.use_model(None)
    assert engines.wait("settings_loaded").settings.model == ""


def test_a_file_that_is_no_model_leaves_the_one_in_use(
    engines: Window, cabinet: Cabinet, tmp_path: Path
) -> None:
    wrong = tmp_path / "letter.gguf"
    wrong.write_text("Dear Anna,")
    engines.bridge.use_model(wrong)
    trouble = engines.wait("troubled")
    assert trouble.code == "not_gguf"
    assert "letter.gguf is not a GGUF model file" in trouble.message
    assert len(cabinet.made) == 1 and not cabinet.made[0].closed
    assert engines.ask("hello").answer == "Hello there."


def test_a_model_that_cannot_be_loaded_gives_its_place_back(
    engines: Window, cabinet: Cabinet, tmp_path: Path, profile: Path
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.symlink_to(STARTER_MODEL)
    engines.bridge.use_model(bad)
    trouble = engines.wait("troubled")
    assert (trouble.code, trouble.hint) == ("cannot_load", "Smaller.")
    assert [shelf.model.stem for shelf in cabinet.made] == ["starter", "bad", "starter"]
    assert engines.ask("hello").answer == "Hello there."
    assert not (profile / "settings.toml").exists()


def test_where_the_model_before_does_not_run_either_both_are_told(
    qtbot: QtBot, profile: Path, tmp_path: Path
) -> None:
    class Once(Cabinet):
        """After the first one nothing can be loaded."""

        def __call__(self, model: Path, listener: StageListener) -> Shelf:
            return super().__call__(Path("bad.gguf") if self.made else model, listener)

    other = tmp_path / "other.gguf"
    other.symlink_to(STARTER_MODEL)
    with window_on(Once().parts(profile), qtbot) as window:
        window.wait("engine_changed", lambda status: status.stage is EngineStage.READY)
        window.bridge.use_model(other)
        message = window.wait("troubled").message
        assert message == (
            "It does not fit. The model it had before does not run either: It does not fit."
        )


def test_no_model_is_exchanged_under_a_turn(qtbot: QtBot, profile: Path) -> None:
    gate = Gate()
    cabinet = Cabinet(gate)
    with window_on(cabinet.parts(profile), qtbot) as window:
        window.bridge.ask("first")
        window.wait("streamed")
        window.bridge.use_model(None)
        assert window.wait("troubled").code == "busy"
        window.bridge.restart_engine()
        assert window.wait("troubled").code == "busy"
        gate.open.set()
        assert window.wait("turn_ended").state is TurnState.DONE
    assert len(cabinet.made) == 1


def test_a_death_while_idle_is_shown_and_the_next_request_starts_it_again(
    engines: Window, cabinet: Cabinet
) -> None:
    (engine,) = cabinet.made
    engine.listener(EngineLost(KnownError("worker_died", "It was killed.", "", "last words")))
    lost = engines.wait("engine_changed")
    assert (lost.stage, lost.message, lost.details) == (
        EngineStage.FAILED,
        "It was killed.",
        "last words",
    )
    assert engines.ask("hello").state is TurnState.DONE
    assert engine.starts == 2


def test_a_model_that_failed_is_tried_again(engines: Window, cabinet: Cabinet) -> None:
    cabinet.made[0].listener(EngineLost(KnownError("gave_up", "It ended again and again.")))
    engines.wait("engine_changed", lambda status: status.stage is EngineStage.FAILED)
    engines.bridge.restart_engine()
    engines.wait("engine_changed", lambda status: status.stage is EngineStage.READY)
    assert [shelf.closed for shelf in cabinet.made] == [True, False]


class Slow(Shelf):
    """A model that is loaded only when a test says so."""

    def start(self) -> None:
        self.listener(EngineStarting())

    def ready(self) -> None:
        self.listener(EngineReady(CAPABILITIES))


def slow_window(profile: Path, qtbot: QtBot, made: list[Slow]) -> Any:
    """A window whose model loads for ever, until it is told."""

    def make(model: Path, listener: StageListener) -> Slow:
        made.append(Slow(SCRIPT, model, listener))
        return made[-1]

    return window_on(WindowParts(Choices(profile, NOW), make), qtbot)


def test_the_words_are_on_disk_while_the_model_is_still_loading(
    qtbot: QtBot, profile: Path
) -> None:
    made: list[Slow] = []
    with slow_window(profile, qtbot, made) as window:
        window.bridge.ask("hello")
        assert window.wait("turn_started").turn.user == "hello"
        made[0].ready()
        assert window.wait("turn_ended").answer == "Hello there."


def test_a_turn_that_waits_for_the_model_can_be_stopped(qtbot: QtBot, profile: Path) -> None:
    made: list[Slow] = []
    with slow_window(profile, qtbot, made) as window:
        window.bridge.ask("hello")
        window.wait("turn_started")
        window.bridge.stop()
        assert window.wait("turn_ended").error == "Stopped. Nothing was changed."
        made[0].ready()
        assert window.ask("hello").state is TurnState.DONE


def test_a_window_that_waits_for_the_model_closes(qtbot: QtBot, profile: Path) -> None:
    with slow_window(profile, qtbot, []) as window:
        window.bridge.ask("hello")
        window.wait("turn_started")


def test_the_context_in_use_is_told_after_an_answer(window: Window) -> None:
    window.ask("hello")
    window.bridge.ask("hello")
    assert window.wait("engine_changed", lambda status: status.used > 0).used == 22


# Beside the chat


def test_connections_are_told_in_the_windows_thread(window: Window) -> None:
    counting = threading.Thread(
        target=lambda: window.bridge.hear_connections(2, ("127.0.0.1:1", "127.0.0.1:2"))
    )
    counting.start()
    assert window.wait("connections_changed").count == 2
    counting.join()


def test_a_mistake_in_a_lane_is_shown(window: Window) -> None:
    window.bridge.rename_conversation(99, "nobody")
    trouble = window.wait("troubled")
    assert trouble.code == "bug"
    assert "no conversation 99" in trouble.details
