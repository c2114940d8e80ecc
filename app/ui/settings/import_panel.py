"""Bringing in mail, calendars and contacts from files: choosing them, progress, and the report."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, set_icon
from app.ui.turning import Turning
from app.ui.views import ImportView

_BUTTONS = 40  # letters of width in which both buttons share a line
_KINDS = "Mail, calendars, contacts (*.eml *.mbox *.mbx *.ics *.vcf);;All files (*)"


class ImportPanel(QWidget):
    """`wanted` carries the paths that were chosen; `stop_wanted` ends the import."""

    wanted = Signal(object)  # tuple[Path, ...]
    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        words = PlainLabel(
            "Messages (.eml, mbox, Maildir), calendars (.ics) and contacts (.vcf) are copied into "
            "Phial's folder. What is there already is not copied again.",
            "secondary",
        )
        self.files = QPushButton("&Import files…")
        self.files.setAccessibleName("Import files")
        self.files.clicked.connect(self._choose_files)
        self.folder = QPushButton("Import a f&older…")
        self.folder.setAccessibleName("Import a folder")
        self.folder.clicked.connect(self._choose_folder)
        buttons = Turning(_BUTTONS, (SPACE[1], SPACE[0]))
        for button in (self.files, self.folder):
            set_icon(button, "folder-open")
            button.setAutoDefault(True)  # Enter presses it
            buttons.box.addWidget(button)
        buttons.box.addStretch(1)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the import")
        self.stop = QPushButton("Stop")
        self.stop.setAccessibleName("Stop the import")
        self.stop.clicked.connect(self._stop)
        self._going = QWidget()
        line = QHBoxLayout(self._going)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE[1])
        line.addWidget(self.bar, 1)
        line.addWidget(self.stop)
        self.report = PlainLabel()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE[1])
        for part in (words, buttons, self._going, self.report):
            column.addWidget(part)
        self.show_import(ImportView())

    def show_import(self, view: ImportView) -> None:
        """Show how far it is, or what came of it."""
        held = self.stop.hasFocus()
        self._going.setVisible(view.running)
        self.bar.setRange(0, 100 if view.percent else 0)
        self.bar.setValue(view.percent)
        for button in (self.files, self.folder):
            button.setEnabled(not view.running)
        self.stop.setEnabled(view.running)
        self.report.show_text(view.what if view.running else "\n".join(view.lines))
        self.report.setVisible(bool(self.report.text()))
        if held and not view.running:
            self.files.setFocus()

    def _stop(self) -> None:
        self.stop.setEnabled(False)
        self.stop_wanted.emit()

    def _choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Import files", "", _KINDS)
        self._want(names)

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Import a folder")
        self._want([name] if name else [])

    def _want(self, names: list[str]) -> None:
        if names:
            self.wanted.emit(tuple(map(Path, names)))
