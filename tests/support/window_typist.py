"""A window in a process of its own that is sent one request at once and then left to be killed.

Words: PROFILE, NOW, REQUEST. Prints "sent" when the request was typed and Enter pressed; the
real program runs: composition, lanes, model process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.compose.windowed import Choices, window
from app.ui.bridge import Bridge
from app.ui.main_window import MainWindow


def main(profile: str, now: str, request: str) -> int:
    """Run the window until it is ended from outside."""
    opening = Bridge.open_profile

    def open_profile(bridge: Bridge) -> None:
        bridge.opened.connect(lambda: QTimer.singleShot(0, send))
        opening(bridge)

    def send() -> None:
        (shown,) = [each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)]
        shown.activateWindow()
        handle = shown.windowHandle()
        for letter in request:
            QTest.keyClick(handle, letter)
        print("typed", flush=True)
        QTest.keyClick(handle, Qt.Key.Key_Return)
        print("sent", flush=True)

    Bridge.open_profile = open_profile  # type: ignore[method-assign]
    return window(Choices(Path(profile), now))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
