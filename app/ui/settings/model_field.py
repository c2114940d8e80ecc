"""Which model is used: a file, or the one that comes with Phial, and how it is doing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.ui.labels import IconLabel, PlainLabel
from app.ui.settings.fields import Field
from app.ui.settings.reading import UnreadableError, read_model
from app.ui.status.wording import backend_words, model_name, model_words
from app.ui.theme import SPACE, set_icon
from app.ui.turning import Turning
from app.ui.views import EngineStage, EngineStatus

_BUTTONS = 40  # letters of width in which both buttons share a line


class ModelField(Field):
    """A path with a file dialog; a file is asked for, and kept only once it was loaded.

    Signals: `model_chosen(path)`, `starter_wanted()`.
    """

    model_chosen = Signal(str)
    starter_wanted = Signal()

    def __init__(self, key: str, label: str) -> None:
        helper = "A GGUF file on this machine. Left empty, Phial uses the model it comes with."
        super().__init__(key, label, helper)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("Starter model")
        self.edit.editingFinished.connect(self.finish)
        self.edit.returnPressed.connect(self._forget_refusal)  # Enter tries the same file again
        self._watch(self.edit, self.edit.textEdited)
        self._refused: str | None = None
        self.browse = QPushButton("&Browse…")
        self.browse.setAccessibleName("Browse for a model file")
        self.browse.setToolTip("Choose a GGUF file (Alt+B)")
        set_icon(self.browse, "folder-open")
        self.browse.clicked.connect(self._browse)
        self.starter = QPushButton("&Use the starter model")
        self.starter.setAccessibleName("Use the starter model")
        self.starter.setToolTip("Use the model that comes with Phial (Alt+U)")
        self.starter.clicked.connect(self._use_starter)
        buttons = Turning(_BUTTONS, (SPACE[1], SPACE[0]))
        for button in (self.browse, self.starter):
            button.setAutoDefault(True)  # Enter presses it
            buttons.box.addWidget(button)
        buttons.box.addStretch(1)
        self.state = PlainLabel("", "secondary")
        self._mark = IconLabel("circle-check", "good", "")
        state = QHBoxLayout()
        state.setSpacing(SPACE[0])
        state.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        state.addWidget(self.state, 1)
        all_of_it = QWidget()
        column = QVBoxLayout(all_of_it)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE[1])
        column.addWidget(self.edit)
        column.addWidget(buttons)
        column.addLayout(state)
        self._add(all_of_it, "Model file", self.edit)
        column.insertWidget(1, self.problem_line)
        column.insertWidget(2, self.helper)
        self.show_engine(EngineStatus())

    @property
    def asked_for(self) -> object:
        """The path last asked for or shown."""
        return self._shown

    def value(self) -> str:
        """The file's whole path, "" for the starter model."""
        return read_model(self.edit.text())

    def enter(self, value: str) -> None:
        """Show a path."""
        self.edit.setText(value)

    def show_value(self, value: str) -> None:
        """Also take back what was said of a file that is in use now."""
        is_new = value != self._shown
        super().show_value(value)
        if is_new and not self._is_unsaved():
            self._forget_refusal()
            self.say("")

    def refuse(self, value: str, sentence: str) -> None:
        """Say why the file asked for is not used; it stays typed. `value` stays in force."""
        if self._shown:
            self._refused, self._shown = str(self._shown), value
            self.say(sentence)
        else:  # nobody typed the starter model
            self.go_back(value, sentence)

    def finish(self) -> None:
        """Ask for the model that was typed; it is saved by whoever loads it."""
        try:
            value = self.value()
        except UnreadableError as error:
            self.say(str(error))
            return
        if value not in (self._shown, self._refused):
            self._ask_for(value)

    def show_engine(self, status: EngineStatus) -> None:
        """Show how the model is doing, or why it could not be started."""
        stage = status.stage
        self._mark.setVisible(stage in (EngineStage.READY, EngineStage.FAILED))
        if stage is EngineStage.READY:
            self._mark.show_icon("circle-check", "good", "Ready")
            runs = backend_words(status)
            self.state.show_text(f"In use: {model_name(status)}{f' ({runs})' if runs else ''}")
        elif stage is EngineStage.FAILED:
            self._mark.show_icon("circle-alert", "danger", "Failed")
            why = f"{status.message} {status.hint}".strip()
            self.state.show_text(why or model_words(status))
        else:
            self.state.show_text(model_words(status))

    def _browse(self) -> None:
        here = self.edit.text() or str(Path.home())
        chosen, _ = QFileDialog.getOpenFileName(
            self, "Choose a model", here, "Models (*.gguf *.GGUF)"
        )
        if chosen:
            self.enter(chosen)
            self._forget_refusal()
            self.finish()

    def _use_starter(self) -> None:
        self.enter("")
        self._ask_for("")

    def _forget_refusal(self) -> None:
        self._refused = None

    def _ask_for(self, value: str) -> None:
        self.say("")
        self._forget_refusal()
        self._shown = value
        if value:
            self.model_chosen.emit(value)
        else:
            self.starter_wanted.emit()
