"""Takes the pictures in docs/pictures: the real window, the starter model, a fixed day.

    .venv/bin/python -m tests.pictures docs/pictures

Needs no screen. Each picture shows the sample mailbox and calendar, in which these requests were
made.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.compose.importing import SAMPLE, import_into
from app.compose.windowed import Choices, WindowParts
from app.store.paths import prepare, profile_paths
from app.store.settings import load_settings, save_settings
from app.store.window_state import WindowState
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.theme import apply_theme

NOW = "2026-11-18T09:30[Europe/Berlin]"
LIMIT_S = 30.0
LARGE = 2.0

DAYS = (
    ("archive all newsletters from last week",),
    ("Move my 3pm with Anna to a free slot tomorrow",),
    ("find an hour next week for Bob and me",),
)
"""Conversations that were held before, the newest last."""


@dataclass(frozen=True)
class Picture:
    """One picture: its file's name, its size, how text and colours are, what is asked.

    `opens` is the line of what was found that is opened, from 0; -1 for none. `fresh`: nothing
    has been imported or asked.
    """

    name: str
    requests: tuple[str, ...] = ()
    scheme: str = "light"
    size: tuple[int, int] = (1180, 760)
    text: float = 1.0
    fresh: bool = False
    broken: bool = False
    settings: bool = False
    opens: int = -1


PICTURES = (
    Picture("in-use", ("anything from Bob about the invoice?",), opens=0),
    Picture("in-use-dark", ("what's on tomorrow?",), scheme="dark", opens=1),
    Picture("warning", ("any mail from Mail Service?",), opens=0),
    Picture("summary", ("summarise today's mail",)),
    Picture("empty", fresh=True),
    Picture("card", ("reply to Anna that Friday works",)),
    Picture("card-dark", ("Cancel the stand-up tomorrow",), scheme="dark"),
    Picture("unsure", ("the call with Kofi tomorrow fell through",)),
    Picture("error", ("What is in my calendar next week?",), broken=True),
    Picture("narrow", ("anything from Bob about the invoice?",), size=(720, 480)),
    Picture("narrow-reading", ("any mail from Mail Service?",), size=(720, 480), opens=0),
    Picture("large-text", ("reply to Anna that Friday works",), text=LARGE),
    Picture("settings", settings=True),
)


class Camera:
    """A window of a profile, and what is done in it before the picture."""

    def __init__(self, app: QApplication, window: MainWindow, bridge: Bridge) -> None:
        self.app = app
        self.window = window
        self.bridge = bridge
        self.ended: list[object] = []
        bridge.turn_ended.connect(self.ended.append)

    def until(self, holds: Callable[[], object]) -> None:
        """Let the window work until something holds."""
        deadline = time.monotonic() + LIMIT_S
        while not holds():
            assert time.monotonic() < deadline, "waited in vain"
            self.app.processEvents()
            time.sleep(0.005)

    def rest(self, seconds: float = 0.6) -> None:
        """Let the window come to rest."""
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def ask(self, words: str, *, broken: bool = False) -> None:
        """Send a request and wait for its end; `broken`: its model process is killed."""
        count = len(self.ended)
        engines = [
            child
            for child in psutil.Process().children(recursive=True)
            if "--engine-host" in child.cmdline()
        ]
        if broken:
            for engine in engines:
                engine.suspend()
        self.window.chat.set_text(words)
        QTest.keyClick(self.window.chat.composer.entry, Qt.Key.Key_Return)
        if broken:
            self.rest(0.3)
            for engine in engines:
                os.kill(engine.pid, signal.SIGKILL)
        self.until(lambda: len(self.ended) > count)
        self.rest(0.3)


@contextmanager
def open_window(
    app: QApplication, profile: Path, size: tuple[int, int], scheme: str
) -> Iterator[Camera]:
    """The window over a profile, with the starter model loaded."""
    paths = profile_paths(profile)
    prepare(paths)
    settings = replace(load_settings(paths), zone="Europe/Berlin", locale="en_GB", scheme=scheme)
    save_settings(paths, settings)
    apply_theme(app, scheme)
    bridge = Bridge(WindowParts(Choices(profile, NOW)))
    window = MainWindow(bridge, WindowState(), lambda state: None)
    camera = Camera(app, window, bridge)
    ready: list[object] = []
    bridge.engine_changed.connect(lambda status: ready.append(1) if status.name else None)
    window.resize(*size)
    window.show()
    bridge.open_profile()
    camera.until(lambda: ready)
    camera.rest()
    try:
        yield camera
    finally:
        window.close()
        bridge.close()
        window.deleteLater()
        camera.rest(0.1)


def take(app: QApplication, picture: Picture, profile: Path, target: Path) -> None:
    """Make one picture."""
    font = app.font()
    plain = font.pointSizeF()
    if not picture.fresh:
        import_into(profile, (SAMPLE,), now=NOW)
    with open_window(app, profile, picture.size, picture.scheme) as camera:
        for requests in () if picture.fresh else DAYS:
            camera.window.new_conversation()
            for request in requests:
                camera.ask(request)
    font.setPointSizeF(10.5 * picture.text)
    app.setFont(font)
    with open_window(app, profile, picture.size, picture.scheme) as camera:
        if not picture.fresh:
            newest = camera.window.conversations.list.model()
            assert newest.rowCount() > 0
            camera.window.open_conversation(len(DAYS))
            camera.rest()
        for request in picture.requests:
            camera.ask(request, broken=picture.broken)
        if picture.opens >= 0:
            results = camera.window.chat.transcript.turns[-1].results
            assert results is not None
            results.lines[picture.opens].click()
            camera.until(camera.window.reading.isVisible)
        if picture.settings:
            camera.window.show_view("settings")
        camera.rest()
        camera.window.grab().save(str(target / f"{picture.name}.png"))
    font.setPointSizeF(plain)
    app.setFont(font)


def main(words: list[str]) -> int:
    """Take all pictures, or those named after the folder."""
    target = Path(words[0])
    target.mkdir(parents=True, exist_ok=True)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        for picture in PICTURES:
            if not words[1:] or picture.name in words[1:]:
                take(app, picture, Path(folder) / picture.name, target)
                print(target / f"{picture.name}.png", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
