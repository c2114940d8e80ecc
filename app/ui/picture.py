"""One picture of the window over a profile, taken with nobody at it. Works without a display."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QEventLoop, QMessageLogContext, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app.core.errors import KnownError
from app.store.window_state import WindowState
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow
from app.ui.theme import apply_theme
from app.ui.views import ConversationView, EngineStage, EngineStatus, ProfileTrouble

_LIMIT_MS = 60_000
_REST_MS = 700
"""How long the window takes to lay out what it was sent, and a good deal more."""


def take_picture(make_bridge: Callable[[], Bridge], conversation: int, target: Path) -> None:
    """Open the window on a conversation, wait for it to come to rest, and save how it looks.

    `target` names the file, as .png. Raises KnownError("picture_failed"), or why the profile
    cannot be opened.
    """
    if sys.platform == "linux" and not any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY"))):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with _without_qts_remarks():
        app = QApplication(sys.argv[:1])
        apply_theme(app, "light")
        bridge = make_bridge()
        window = MainWindow(bridge, WindowState(), lambda state: None)
        try:
            window.show()
            _wait(bridge, window, conversation)
            saved = window.grab().save(str(target))
        finally:
            window.close()
            bridge.close()
    if not saved:
        raise KnownError(
            "picture_failed",
            f"The picture could not be saved as {target}.",
            "Name another file with --picture, one that ends in .png.",
        )


def _wait(bridge: Bridge, window: MainWindow, conversation: int) -> None:
    """Let the window work until the conversation is shown and the model is loaded."""
    loop = QEventLoop()
    missing = {"conversation", "model"}
    trouble: list[ProfileTrouble] = []

    def has(part: str) -> None:
        missing.discard(part)
        if not missing:
            QTimer.singleShot(_REST_MS, loop.quit)

    def on_conversation(view: ConversationView) -> None:
        if view.id == conversation:
            has("conversation")

    def on_engine(status: EngineStatus) -> None:
        if status.stage in (EngineStage.READY, EngineStage.FAILED):
            has("model")

    def on_failed(failed: ProfileTrouble) -> None:
        trouble.append(failed)
        loop.quit()

    bridge.opened.connect(lambda: window.open_conversation(conversation))
    bridge.conversation_opened.connect(on_conversation)
    bridge.engine_changed.connect(on_engine)
    bridge.profile_failed.connect(on_failed)
    QTimer.singleShot(_LIMIT_MS, loop.quit)
    bridge.open_profile()
    loop.exec()
    if trouble:
        raise KnownError("picture_failed", trouble[0].message, trouble[0].hint)
    if missing:
        raise KnownError(
            "picture_failed",
            f"The window was not ready after {_LIMIT_MS // 1_000} s.",
            "Try again when the machine has less to do.",
        )


@contextmanager
def _without_qts_remarks() -> Iterator[None]:
    """Qt says on stderr what a platform without a display does not support."""

    def drop(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            print(message, file=sys.stderr, flush=True)

    before = qInstallMessageHandler(drop)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
