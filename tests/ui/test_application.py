"""The application starts after its first paint, shows its mistakes, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.core.errors import KnownError
from app.ui import application
from app.ui.bridge import Bridge
from tests.support.window_parts import says, window_parts

LIMIT_MS = 5000


def test_the_profile_is_opened_after_the_first_paint_and_once(qtbot: QtBot) -> None:
    painted: list[str] = []

    class Painted(QWidget):
        def paintEvent(self, event: object) -> None:
            painted.append("paint")

    widget = Painted()
    qtbot.addWidget(widget)
    application._FirstPaint(widget, lambda: painted.append("open"))
    qtbot.wait(20)
    assert painted == []
    widget.show()
    qtbot.waitUntil(lambda: "open" in painted, timeout=LIMIT_MS)
    assert painted[0] == "paint"
    widget.repaint()
    qtbot.wait(20)
    assert painted.count("open") == 1


def test_a_mistake_in_a_slot_is_shown_and_written(
    qtbot: QtBot, profile: object, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge = Bridge(window_parts(profile, says("a")))  # type: ignore[arg-type]
    with application._errors_shown(bridge), qtbot.waitSignal(bridge.troubled) as told:
        sys.excepthook(*_raised(ValueError("a slip")))
    (trouble,) = told.args
    assert trouble.code == "bug" and "a slip" in trouble.details
    assert "ValueError: a slip" in capsys.readouterr().err


def test_a_mistake_while_one_is_shown_ends_there(qtbot: QtBot, profile: object) -> None:
    bridge = Bridge(window_parts(profile, says("a")))  # type: ignore[arg-type]
    shown: list[object] = []

    def fail(trouble: object) -> None:
        shown.append(trouble)
        sys.excepthook(*_raised(ValueError("again")))

    bridge.troubled.connect(fail)
    with application._errors_shown(bridge):
        sys.excepthook(*_raised(ValueError("a slip")))
    assert len(shown) == 1


def _raised(error: Exception) -> tuple[type[Exception], Exception, None]:
    return type(error), error, None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window(
    qtbot: QtBot, qapp: QApplication, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    with application._signals_close(qapp):
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: not widget.isVisible(), timeout=LIMIT_MS)
    assert signal.getsignal(number) is before


@pytest.mark.no_qt_log
def test_what_qt_says_goes_to_stderr_as_it_is(
    qapp: QApplication, capsys: pytest.CaptureFixture[str]
) -> None:
    with application._messages_on_stderr():
        qWarning("a note of Qt's")
    assert capsys.readouterr().err == "a note of Qt's\n"


def test_without_a_screen_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(KnownError) as caught:
        application._require_screen()
    assert caught.value.code == "no_screen"
    monkeypatch.setenv("DISPLAY", ":0")
    application._require_screen()
