"""Notices when other programs change the calendars. Says that something changed, not what."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

_CALM_MS = 400


class CalendarWatch(QObject):
    """`changed` comes once after a burst of changes below the calendars folder."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root = Path()
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._on_change)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_CALM_MS)
        self._timer.timeout.connect(self.changed)

    def begin(self, calendars: Path) -> None:
        """Watch a folder of calendars and the folders in it, where files come and go."""
        self._root = calendars
        self._watch()

    def _on_change(self) -> None:
        self._watch()  # a calendar may be new
        self._timer.start()

    def _watch(self) -> None:
        try:
            folders = [self._root, *(each for each in self._root.iterdir() if each.is_dir())]
        except OSError:
            return  # reading the calendars says what is wrong
        new = {str(each) for each in folders} - set(self._watcher.directories())
        if new:
            self._watcher.addPaths(sorted(new))
