"""The whole window in a test, driven by the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.compose.windowed import WindowParts
from app.store.window_state import WindowState, load_window_state, save_window_state
from app.ui.bridge import Bridge
from app.ui.chat.turn_widget import TurnWidget
from app.ui.garbage import Garbage
from app.ui.main_window import MainWindow
from app.ui.theme import apply_theme
from app.ui.views import TurnView

LIMIT_MS = 20_000
MOST_TABS = 60


class Driver:
    """A window that is open. Keys go to whatever has the keyboard."""

    def __init__(self, window: MainWindow, bridge: Bridge, qtbot: QtBot) -> None:
        self.window = window
        self.bridge = bridge
        self.qtbot = qtbot
        self.ended: list[TurnView] = []
        bridge.turn_ended.connect(self.ended.append)

    def press(
        self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        """Press and let go of a key."""
        QTest.keyClick(self.window.windowHandle(), key, modifiers)

    def control(self, key: Qt.Key) -> None:
        """Press a key with Ctrl."""
        self.press(key, Qt.KeyboardModifier.ControlModifier)

    def type(self, text: str) -> None:
        """Type letters."""
        for letter in text:
            QTest.keyClick(self.window.windowHandle(), letter)

    def ask(self, text: str) -> TurnView:
        """Type a request, send it, and wait for the end of its turn."""
        count = len(self.ended)
        self.type(text)
        self.press(Qt.Key.Key_Return)
        self.until(lambda: len(self.ended) > count)
        return self.ended[-1]

    def until(self, holds: Callable[[], object]) -> None:
        """Let the window work until something holds."""
        self.qtbot.waitUntil(lambda: bool(holds()), timeout=LIMIT_MS)

    def focused(self) -> str:
        """The accessible name of what has the keyboard, "" for nothing."""
        widget = QApplication.focusWidget()
        return spoken_name(widget) if widget is not None else ""

    def tab_to(self, name: str, *, back: bool = False) -> None:
        """Press Tab until what has the keyboard is called so."""
        seen: list[str] = []
        for _ in range(MOST_TABS):
            if re.match(rf"{re.escape(name)}(?! \w)", self.focused()):
                return
            seen.append(self.focused())
            self.press(Qt.Key.Key_Backtab if back else Qt.Key.Key_Tab)
        raise AssertionError(f"no way to “{name}” by the keyboard, only to {seen}")

    @property
    def turns(self) -> list[TurnWidget]:
        """The turns shown."""
        return list(self.window.chat.transcript.turns)

    def shown(self) -> str:
        """All words of the transcript that a screen reader can reach."""
        return "\n".join(words_of(turn) for turn in self.turns)


def spoken_name(widget: QWidget) -> str:
    """What a screen reader says first of a widget."""
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface is not None else ""


def words_of(widget: QWidget) -> str:
    """Names and values of everything visible inside a widget, in the order of creation."""
    words = []
    for part in [widget, *widget.findChildren(QWidget)]:
        if part.isVisibleTo(widget):
            interface = QAccessible.queryAccessibleInterface(part)
            if interface is not None:
                words += [interface.text(kind) for kind in (QAccessible.Text.Name,
                                                            QAccessible.Text.Value)]  # fmt: skip
    return "\n".join(word for word in words if word)


@contextmanager
def open_window(parts: WindowParts, qtbot: QtBot) -> Iterator[Driver]:
    """Open the window of a profile as the program does, and close it in the end."""
    listed: list[object] = []
    with opened_window(parts, qtbot, listed) as driver:
        driver.until(lambda: listed)
        yield driver


@contextmanager
def opened_window(
    parts: WindowParts, qtbot: QtBot, listed: list[object] | None = None
) -> Iterator[Driver]:
    """The same, also where the profile cannot be opened; `listed` gets its conversations."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, "light")
    bridge = Bridge(parts)
    garbage = Garbage()
    garbage.start()

    def save(state: WindowState) -> None:
        if parts.paths.root.exists():
            save_window_state(parts.paths, state)

    window = MainWindow(bridge, load_window_state(parts.paths), save)
    driver = Driver(window, bridge, qtbot)
    try:
        window.show()
        window.activateWindow()
        qtbot.waitExposed(window)
        if listed is not None:
            bridge.conversations_listed.connect(listed.append)
        bridge.open_profile()
        yield driver
    finally:
        window.close()
        assert bridge.close()
        window.deleteLater()
        QApplication.processEvents()
        garbage.stop()
