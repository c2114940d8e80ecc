"""The application's life: from an empty process to a painted window, and to an orderly end."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType, TracebackType

from PySide6.QtCore import (
    QEvent,
    QMessageLogContext,
    QObject,
    QSocketNotifier,
    Qt,
    QTimer,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from app.core.connections import ConnectionLog
from app.core.errors import KnownError
from app.store.paths import ProfilePaths
from app.store.settings import load_settings
from app.store.window_state import WindowState, load_window_state, save_window_state
from app.ui.bridge import Bridge
from app.ui.garbage import Garbage
from app.ui.main_window import MainWindow
from app.ui.single_instance import SingleInstance
from app.ui.theme import apply_theme
from app.ui.troubles import trouble_of

DONE = 0
FAILED = 1


def run(make_bridge: Callable[[], Bridge], paths: ProfilePaths) -> int:
    """Show the window until it is closed; the exit status.

    If a window of this profile is open, it comes to the front instead. Raises KnownError
    ("no_screen") where no window can be shown.
    """
    _require_screen()
    app = _application()
    with _messages_on_stderr():
        instance = SingleInstance(paths.root)
        answered = instance.call_first()
        if answered is not None:
            if not answered:
                print("Phial is open, but does not answer.", file=sys.stderr)
            return DONE if answered else FAILED
        instance.listen()
        bridge = make_bridge()
        ConnectionLog(bridge.hear_connections).install()
        with _errors_shown(bridge), _signals_close(app):
            window = _window(bridge, paths, apply_to=app)
            instance.wanted.connect(lambda: _raise(window))
            garbage = Garbage()
            window.show()
            garbage.start()
            app.exec()
            instance.close()
            ended = bridge.close()
            garbage.stop()
    if not ended:
        # A thread is lost in native code or in the kernel. All that matters is on disk.
        os._exit(DONE)
    return DONE


def _application() -> QApplication:
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Phial")
    app.setApplicationDisplayName("Phial")
    app.setDesktopFileName("phial")
    return app


def _window(bridge: Bridge, paths: ProfilePaths, *, apply_to: QApplication) -> MainWindow:
    """The window as it was left; the profile is opened once it has been painted."""
    apply_theme(apply_to, _scheme(paths))

    def save(state: WindowState) -> None:
        # There may be no folder to keep it in yet, or no space; the window is shown all the same.
        with suppress(KnownError):
            save_window_state(paths, state)

    window = MainWindow(bridge, load_window_state(paths), save)
    _FirstPaint(window, bridge.open_profile)
    return window


def _scheme(paths: ProfilePaths) -> str:
    """The colours to begin with; what is wrong with the settings is told when they are opened."""
    try:
        return load_settings(paths).scheme
    except KnownError:
        return "system"


def _raise(window: QWidget) -> None:
    window.setWindowState(
        (window.windowState() & ~Qt.WindowState.WindowMinimized) | Qt.WindowState.WindowActive
    )
    window.show()
    window.raise_()
    window.activateWindow()


class _FirstPaint(QObject):
    """Calls `then` once a widget has been painted for the first time."""

    def __init__(self, widget: QWidget, then: Callable[[], None]) -> None:
        super().__init__(widget)
        self._then = then
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._then)  # after this paint and those of what lies in it
        return False


def _require_screen() -> None:
    """Raise KnownError where Qt would abort the process for want of a display."""
    if sys.platform != "linux" or os.environ.get("QT_QPA_PLATFORM"):
        return
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        raise KnownError(
            "no_screen",
            "There is no screen to show a window on.",
            'Start Phial in a desktop session, or use the command line: ./run ask "…".',
        )


@contextmanager
def _messages_on_stderr() -> Iterator[None]:
    """What Qt has to say goes to standard error as it is, wherever its build would send it."""

    def write(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
        print(message, file=sys.stderr, flush=True)

    before = qInstallMessageHandler(write)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


@contextmanager
def _errors_shown(bridge: Bridge) -> Iterator[None]:
    """An error in a slot, which Qt would pass over, is written to stderr and shown."""

    showing = False

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        nonlocal showing
        traceback.print_exception(kind, error, trace)
        if not showing:  # else it is the showing that fails
            showing = True
            bridge.troubled.emit(trouble_of(error))
            showing = False

    before, sys.excepthook = sys.excepthook, show
    try:
        yield
    finally:
        sys.excepthook = before


@contextmanager
def _signals_close(app: QApplication) -> Iterator[None]:
    """Ctrl+C and a polite kill close the window.

    Python runs a handler only between its own instructions, of which there may be none for
    hours: so the signal also writes to a pipe, and Qt wakes up.
    """

    def close(number: int, frame: FrameType | None) -> None:
        # Later, as this may run in the middle of a paint.
        QTimer.singleShot(0, app.closeAllWindows)

    names = [signal.SIGINT, signal.SIGTERM]
    before = {name: signal.signal(name, close) for name in names}
    if sys.platform == "win32":
        yield  # a wake-up there takes a network socket; the next event will do
    else:
        reading, writing = os.pipe()
        for end in (reading, writing):
            os.set_blocking(end, False)
        old = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        notifier = QSocketNotifier(reading, QSocketNotifier.Type.Read)
        notifier.activated.connect(lambda: os.read(reading, 64))
        try:
            yield
        finally:
            notifier.setEnabled(False)
            signal.set_wakeup_fd(old)
            os.close(reading)
            os.close(writing)
    for name, handler in before.items():
        signal.signal(name, handler)
