"""An active window, in the light theme, to test a widget in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLayout, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import apply_theme, set_role

InWindow = Callable[..., QWidget]


@pytest.fixture
def in_window(qtbot: QtBot) -> Iterator[InWindow]:
    """Puts a widget into an active window, filling it, and returns the window."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.styleSheet()
    apply_theme(app, "light")
    windows: list[QWidget] = []

    def put(widget: QWidget, width: int = 800, height: int = 600) -> QWidget:
        window = QWidget()
        set_role(window, "ground")
        column = QVBoxLayout(window)
        column.setContentsMargins(0, 0, 0, 0)
        # Without limits of its own: the offscreen platform complains of a window that has some.
        column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        column.addWidget(widget)
        window.resize(width, height)
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        windows.append(window)
        return window

    yield put
    for window in windows:
        window.close()
    app.setStyleSheet(before)
