"""Dead Qt objects are destroyed in the window's thread, whoever allocates."""

from __future__ import annotations

import gc
import threading

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui.garbage import Garbage


class Knot:
    """Garbage that only the cycle collector finds; notes in which thread it went."""

    def __init__(self, gone: list[int]) -> None:
        self.itself = self
        self.part = QObject()
        self.gone = gone

    def __del__(self) -> None:
        self.gone.append(threading.get_ident())


def test_a_dead_cycle_goes_in_this_thread_while_another_allocates(qtbot: QtBot) -> None:
    garbage = Garbage()
    garbage.start()
    gone: list[int] = []
    try:
        for _ in range(50):
            Knot(gone)

        def allocate() -> None:
            for _ in range(20_000):
                kept = [[]]
                kept.append(kept)

        thread = threading.Thread(target=allocate)
        thread.start()
        thread.join()
        assert gone == []
        qtbot.waitUntil(lambda: len(gone) == 50, timeout=10_000)
        assert set(gone) == {threading.get_ident()}
    finally:
        garbage.stop()
    assert gc.isenabled()
