"""One measurement of the window in a process of its own; prints one JSON object.

Words: "bare", "first-paint", each with the time of its start; "idle SECONDS", "stream SECONDS".
What only the long measurements need is imported there: the first paint is measured from the start.
"""

from __future__ import annotations

import gc
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

TOKENS_PER_S = 200
TURNS = 500
BEAT_MS = 2

ANSWER = """
The **quarterly review** moved to Thursday, and *Marta* asked for the room on the second floor.

- Ask Ruth whether the projector works, and send her the `agenda.pdf` from last week.
- Tell the others that the meeting now begins at 10:30 and ends before lunch.

```python
def free(slots, length):
    return [slot for slot in slots if slot.end - slot.start >= length]
```

| day | time | who |
|---|---|---|
| Thursday | 10:30 | Marta, Ruth |

Nothing else has changed, so the tickets that were booked for Friday stay as they are.
"""


class _FirstPaint(QObject):
    """Notes when a window has been painted for the first time, and ends the application."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, finish_paint)
        return False


def finish_paint() -> None:
    """Print the time and leave at once: what ends the program is not measured."""
    print(json.dumps({"s": time.time() - float(sys.argv[2])}), flush=True)
    app = QApplication.instance()
    assert app is not None
    app.quit()


def bare() -> None:
    """An application with an empty main window."""
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.installEventFilter(_FirstPaint(window))
    window.show()
    app.exec()


def first_paint(profile: Path) -> None:
    """The program, up to the moment at which it would open its profile."""
    from app.compose.windowed import Choices, window
    from app.ui.bridge import Bridge

    Bridge.open_profile = lambda self: finish_paint()  # type: ignore[method-assign]
    window(Choices(profile))


class Stalls:
    """How late a timer of the window's thread is, in milliseconds."""

    def __init__(self) -> None:
        self.late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin to measure."""
        self.late.clear()
        self._last = time.perf_counter()
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, (now - self._last) * 1e3 - BEAT_MS))
        self._last = now

    def result(self) -> dict[str, float]:
        """The 99th percentile and the longest."""
        self._timer.stop()
        ordered = sorted(self.late)
        return {
            "p99_ms": round(ordered[int(len(ordered) * 0.99)], 2),
            "max_ms": round(ordered[-1], 2),
        }


def pump(app: QApplication, until: object, limit: float = 120.0) -> None:
    """Run the event loop until a condition holds."""
    assert callable(until)
    deadline = time.monotonic() + limit
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        app.processEvents()
        time.sleep(0.001)


def idle(seconds: float) -> dict[str, float]:
    """The same timer in an empty application."""
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.show()
    stalls = Stalls()
    QTimer.singleShot(round(seconds * 1e3), app.quit)
    stalls.start()
    app.exec()
    return stalls.result()


def long_conversation(profile: Path) -> int:
    """A profile with a conversation of 1,000 messages; its id."""
    from app.compose import headless
    from app.core.messages import Message, TurnState

    with headless(profile) as program:
        history, now = program.history, program.clock.now
        conversation = history.new_conversation("A long one", now)
        for number in range(TURNS):
            asked = Message.of("user", f"Question {number}: what is on that day, and who comes?")
            turn = history.start_turn(conversation, asked, now)
            history.add_reply(turn, Message.of("assistant", ANSWER))
            history.finish(turn, TurnState.DONE)
    return conversation


def stream(profile: Path, seconds: float) -> dict[str, float]:
    """Open a conversation of 1,000 messages, then show an answer of so many seconds."""
    import psutil
    from PySide6.QtTest import QTest

    from app.core.events import EngineEvent, TextDelta
    from app.core.ports import GenerateRequest
    from app.store.window_state import WindowState
    from app.ui.bridge import Bridge
    from app.ui.garbage import Garbage
    from app.ui.main_window import MainWindow
    from app.ui.theme import apply_theme
    from tests.support.window_parts import window_parts

    conversation = long_conversation(profile)
    said = 0

    def answer(request: GenerateRequest) -> Iterator[EngineEvent]:
        nonlocal said
        words = ANSWER.replace(" ", " \x00").split("\x00")
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            time.sleep(max(0.0, began + said / TOKENS_PER_S - time.perf_counter()))
            yield TextDelta(words[said % len(words)])
            said += 1

    app = QApplication(sys.argv[:1])
    parts = window_parts(profile, answer)
    bridge = Bridge(parts)
    garbage = Garbage()
    garbage.start()
    apply_theme(app, "light")
    window = MainWindow(bridge, WindowState(), lambda state: None)
    window.show()
    opened: list[object] = []
    ended: list[object] = []
    bridge.opened.connect(lambda: opened.append(1))
    bridge.turn_ended.connect(ended.append)
    bridge.open_profile()
    pump(app, lambda: opened)
    settle(app)

    shown: list[float] = []
    bridge.conversation_opened.connect(lambda view: QTimer.singleShot(0, lambda: shown.append(
        time.perf_counter())))  # fmt: skip
    began = time.perf_counter()
    window.open_conversation(conversation)
    pump(app, lambda: shown)
    window.repaint()
    open_ms = (time.perf_counter() - began) * 1e3
    settle(app)

    stalls = Stalls()
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    stalls.start()
    window.chat.set_text("Tell me everything")
    QTest.keyClick(window.chat.composer.entry, Qt.Key.Key_Return)
    bridge.turn_ended.connect(lambda _: app.quit())
    app.exec()
    result = stalls.result()
    growth = (process.memory_info().rss - before) / 1e6
    assert ended
    bridge.close()
    return result | {
        "open_ms": round(open_ms, 1),
        "growth_mb": round(growth, 1),
        "tokens": said,
    }


def settle(app: QApplication) -> None:
    """Let what was begun come to rest."""
    until = time.monotonic() + 1.5
    pump(app, lambda: time.monotonic() > until)


def main(words: list[str]) -> None:
    """Run the measurement named."""
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile"
        match words:
            case ["bare", _]:
                bare()
            case ["first-paint", _]:
                first_paint(profile)
            case ["idle", seconds]:
                print(json.dumps(idle(float(seconds))))
            case ["stream", seconds]:
                print(json.dumps(stream(profile, float(seconds))))


if __name__ == "__main__":
    main(sys.argv[1:])
