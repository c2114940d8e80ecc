"""What the window does for its engine unasked, and what it has it forget."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from app.compose import STARTER_MODEL, engine_options
from app.compose.windowed import Choices, WindowParts
from app.core.engine_life import EngineReady, StageListener
from app.core.events import EngineEvent, Finished, TextDelta
from app.core.ports import GenerateRequest
from app.engine.client import EngineOptions
from app.store.paths import ProfilePaths, prepare
from app.store.settings import Settings, save_settings
from app.ui import engine_care
from app.ui.bridge import Bridge
from app.ui.engine_care import EngineCare
from app.ui.lanes import Lanes
from app.ui.views import EngineStage, EngineStatus
from tests.support.fake_engine import FakeEngine, Script
from tests.support.synthetic_gguf import Shape, write
from tests.support.window_parts import CAPABILITIES, NOW, says

LIMIT_MS = 10_000
BIG = 60_000_000


class Shop:
    """A window, the engines that were made for it, and what it was told of them."""

    def __init__(self, profile: Path, script: Script, model: Path | None, qtbot: QtBot) -> None:
        self.made: list[FakeEngine] = []
        self.stages: list[EngineStage] = []
        self._script = script
        self._qtbot = qtbot
        self.bridge = Bridge(WindowParts(Choices(profile, NOW, model), self._make))
        self.bridge.engine_changed.connect(lambda status: self.stages.append(status.stage))

    def _make(self, model: Path, listener: StageListener) -> FakeEngine:
        self.made.append(
            FakeEngine(self._script, replace(CAPABILITIES, tools_learned=False), listener)
        )
        return self.made[-1]

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until something is so."""
        self._qtbot.waitUntil(lambda: bool(holds()), timeout=LIMIT_MS)

    def until_stage(self, stage: EngineStage) -> None:
        """Wait until this stage was told; what was told by then is forgotten."""
        self.until(lambda: stage in self.stages)
        del self.stages[: self.stages.index(stage) + 1]

    def ask(self, text: str = "hello") -> int:
        """Send a request and wait for the end of its turn; its conversation."""
        with self._qtbot.waitSignal(self.bridge.turn_ended, timeout=LIMIT_MS) as ended:
            self.bridge.ask(text)
        return int(ended.args[0].conversation)

    def change(self, **values: object) -> None:
        """Save changed settings."""
        with self._qtbot.waitSignal(self.bridge.settings_loaded, timeout=LIMIT_MS) as loaded:
            self.bridge.reload_settings()
        view = loaded.args[0]
        with self._qtbot.waitSignal(self.bridge.settings_loaded, timeout=LIMIT_MS):
            self.bridge.save_settings(replace(view.settings, **values), view.version)


@contextmanager
def shop_on(
    profile: Path, qtbot: QtBot, script: Script | None = None, model: Path | None = None
) -> Iterator[Shop]:
    """A window whose engine is ready."""
    shop = Shop(profile, script or says("Hello."), model, qtbot)
    shop.bridge.open_profile()
    try:
        shop.until_stage(EngineStage.READY)
        yield shop
    finally:
        assert shop.bridge.close()


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file as large as a model that is worth putting to rest."""
    file = tmp_path / "big.gguf"
    with file.open("wb") as made:
        made.truncate(BIG)
    return file


@pytest.fixture
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_care, "_MINUTE_MS", 1)


class Gate:
    """A model that says a word and waits to be let on."""

    def __init__(self) -> None:
        self.open = threading.Event()

    def __call__(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        yield TextDelta("one")
        self.open.wait(LIMIT_MS / 1e3)
        yield Finished("end", 20, 2)


# Warming up


def test_an_engine_that_is_ready_is_given_what_requests_begin_with(
    profile: Path, qtbot: QtBot
) -> None:
    seen: list[GenerateRequest] = []

    def script(request: GenerateRequest) -> Iterator[EngineEvent]:
        seen.append(request)
        yield Finished("end", 20, 2)

    with shop_on(profile, qtbot, script) as shop:
        (engine,) = shop.made
        shop.until(lambda: engine.warmed)
        shop.ask()
        (prefix,) = engine.warmed
        assert prefix.messages == seen[0].messages[: len(prefix.messages)]
        assert prefix.tools == seen[0].tools
        shop.bridge.restart_engine()
        shop.until(lambda: len(shop.made) == 2 and shop.made[1].warmed)


def test_an_engine_is_warmed_up_also_after_a_turn_was_stopped(profile: Path, qtbot: QtBot) -> None:
    gate = Gate()
    with shop_on(profile, qtbot, gate) as shop:
        with qtbot.waitSignal(shop.bridge.streamed, timeout=LIMIT_MS):
            shop.bridge.ask("hello")
        with qtbot.waitSignal(shop.bridge.turn_ended, timeout=LIMIT_MS):
            shop.bridge.stop()
            gate.open.set()
        shop.bridge.restart_engine()
        shop.until(lambda: len(shop.made) == 2 and shop.made[1].warmed)


# Resting


@pytest.mark.usefixtures("short_minutes")
def test_an_idle_engine_rests_and_the_next_request_wakes_it(
    profile: Path, qtbot: QtBot, big: Path
) -> None:
    with shop_on(profile, qtbot, model=big) as shop:
        for _ in range(2):
            shop.until_stage(EngineStage.RESTING)
            shop.ask()
            shop.until_stage(EngineStage.READY)


@pytest.mark.usefixtures("short_minutes")
def test_an_engine_at_rest_is_woken_before_the_request(
    profile: Path, qtbot: QtBot, big: Path
) -> None:
    with shop_on(profile, qtbot, model=big) as shop:
        shop.until_stage(EngineStage.RESTING)
        shop.bridge.wake()
        shop.until_stage(EngineStage.READY)


def test_an_engine_does_not_fall_asleep_while_a_request_is_written(qtbot: QtBot) -> None:
    lanes = SimpleNamespace(
        seat=SimpleNamespace(exchanging=False, resume=int), start_engine=id, warm=id
    )
    parent = QObject()
    care = EngineCare(cast("Lanes", lanes), lambda: False, parent)
    care.begin(Settings())
    care.wake()
    timer = care.findChild(QTimer)
    assert not timer.isActive()
    care.hear(EngineStatus(), EngineReady(CAPABILITIES))
    timer.start(10_000)
    care.wake()
    assert timer.remainingTime() > 60_000
    care.close()


@pytest.mark.usefixtures("short_minutes")
def test_an_engine_does_not_rest_under_a_turn(profile: Path, qtbot: QtBot, big: Path) -> None:
    prepare(ProfilePaths(profile))
    save_settings(ProfilePaths(profile), Settings(zone="UTC", rest_minutes=0))
    gate = Gate()
    with shop_on(profile, qtbot, gate, big) as shop:
        with qtbot.waitSignal(shop.bridge.streamed, timeout=LIMIT_MS):
            shop.bridge.ask("hello")
        shop.change(rest_minutes=1)
        qtbot.wait(30)  # thirty of its minutes
        assert EngineStage.RESTING not in shop.stages
        gate.open.set()
        shop.until_stage(EngineStage.RESTING)


@pytest.mark.usefixtures("short_minutes")
@pytest.mark.parametrize("why", ["small", "never"])
def test_an_engine_that_is_small_or_not_to_rest_does_not(
    profile: Path, qtbot: QtBot, big: Path, why: str
) -> None:
    prepare(ProfilePaths(profile))
    save_settings(ProfilePaths(profile), Settings(zone="UTC", rest_minutes=int(why == "small")))
    with shop_on(profile, qtbot, model=STARTER_MODEL if why == "small" else big) as shop:
        shop.ask()
        qtbot.wait(30)
        assert EngineStage.RESTING not in shop.stages
        shop.change(rest_minutes=int(why == "never"))
        shop.ask()
        if why == "never":
            shop.until_stage(EngineStage.RESTING)


# Other settings


def test_an_engine_is_loaded_again_for_another_context(profile: Path, qtbot: QtBot) -> None:
    with shop_on(profile, qtbot) as shop:
        shop.change(scheme="dark")
        shop.change(context=8192)
        shop.until(lambda: len(shop.made) == 2)
        shop.until_stage(EngineStage.READY)
        shop.change(kv="q8_0")
        shop.until(lambda: len(shop.made) == 3)
        shop.until_stage(EngineStage.READY)
        assert shop.ask()


def test_an_engine_is_loaded_again_only_after_the_turn(profile: Path, qtbot: QtBot) -> None:
    gate = Gate()
    with shop_on(profile, qtbot, gate) as shop:
        with qtbot.waitSignal(shop.bridge.streamed, timeout=LIMIT_MS):
            shop.bridge.ask("hello")
        shop.change(context=8192)
        assert len(shop.made) == 1
        gate.open.set()
        shop.until(lambda: len(shop.made) == 2)


def test_a_context_chosen_while_a_model_is_exchanged_holds_once_that_is_over(qtbot: QtBot) -> None:
    loaded: list[Settings] = []
    seat = SimpleNamespace(exchanging=True)
    lanes = SimpleNamespace(seat=seat, start_engine=id, reload_engine=loaded.append)
    parent = QObject()
    care = EngineCare(cast("Lanes", lanes), lambda: False, parent)
    care.begin(Settings())
    care.use(Settings(context=8192))
    assert loaded == []
    seat.exchanging = False
    kept = Settings(context=8192, model="other.gguf")  # what is told of an exchange in the end
    care.use(kept)
    assert loaded == [kept]


def test_a_model_is_loaded_as_the_settings_say(profile: Path, qtbot: QtBot, tmp_path: Path) -> None:
    model = write(tmp_path / "model.gguf", Shape())
    statuses: list[EngineStatus] = []
    bridge = Bridge(WindowParts(Choices(profile, NOW, model)))
    bridge.engine_changed.connect(statuses.append)
    prepare(ProfilePaths(profile))
    save_settings(ProfilePaths(profile), Settings(zone="UTC", context=1024))
    bridge.open_profile()
    try:
        for context in (1024, 512):
            qtbot.waitUntil(
                lambda wanted=context: any(status.context == wanted for status in statuses),
                timeout=LIMIT_MS,
            )
            with qtbot.waitSignal(bridge.settings_loaded, timeout=LIMIT_MS) as loaded:
                bridge.reload_settings()
            view = loaded.args[0]
            bridge.save_settings(replace(view.settings, context=512), view.version)
    finally:
        assert bridge.close()


def test_the_engine_keeps_what_it_learns_in_the_cache_of_the_profile(profile: Path) -> None:
    paths = ProfilePaths(profile)
    settings = Settings(context=2048, kv="f16")
    assert engine_options(paths, settings) == EngineOptions(2048, "f16", cache=paths.engine_cache)
    assert paths.engine_cache == profile / "cache" / "engine"
    assert ProfilePaths(profile, Path("/caches/phial")).engine_cache == Path("/caches/phial/engine")


# Forgetting


def test_what_is_kept_of_a_deleted_conversation_goes_at_once_and_at_the_next_start(
    profile: Path, qtbot: QtBot
) -> None:
    with shop_on(profile, qtbot) as shop:
        kept, deleted = shop.ask(), shop.ask()
        assert kept != deleted
        shop.bridge.delete_conversation(deleted)
        shop.until(lambda: shop.made[0].forgotten == [str(deleted)])
    with shop_on(profile, qtbot) as shop:
        assert shop.made[0].forgotten == [str(deleted)]
    with shop_on(profile, qtbot) as shop:
        assert shop.made[0].forgotten == []
