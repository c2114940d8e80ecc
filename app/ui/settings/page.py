"""The page: groups of fields, each saved when it is left."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app.store.settings import Settings
from app.ui.labels import PlainLabel
from app.ui.settings.fields import (
    ChoiceField,
    DaysField,
    Field,
    HoursField,
    ListField,
    PathField,
    ZoneField,
)
from app.ui.settings.import_panel import ImportPanel
from app.ui.settings.memory_fields import ContextField, kv_field, rest_field
from app.ui.settings.model_field import ModelField
from app.ui.settings.reading import read_addresses, read_names
from app.ui.theme import SPACE, section_font, set_role, title_font
from app.ui.views import EngineStatus, ImportView, SettingsRefused, SettingsView, Trouble

_WIDEST = 100  # letters; longer lines are hard to follow


class SettingsPage(QWidget):
    """Shows a `SettingsView`; `changed(Settings)` when a field was changed.

    A model is asked for by `model_chosen(path)` or `starter_wanted()` and comes back with the
    next view. While a change is being saved, others wait for the view that answers it: each save
    is guarded by the version before it.
    """

    changed = Signal(object)
    model_chosen = Signal(str)
    starter_wanted = Signal()
    import_wanted = Signal(object)  # tuple[Path, ...]
    import_stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._saved: Settings | None = None
        self._sent: dict[str, Any] = {}
        self._unsent: dict[str, Any] = {}
        self._make_fields()
        inside = QWidget()
        set_role(inside, "plain")
        column = QVBoxLayout(inside)
        column.setContentsMargins(SPACE[4], SPACE[4], SPACE[4], SPACE[4])
        column.setSpacing(SPACE[3])
        title = PlainLabel("Settings")
        title.setFont(title_font())
        column.addWidget(title)
        column.addWidget(_group("You", self.names, self.addresses))
        column.addWidget(_group("Time", self.zone, self.hours, self.days))
        column.addWidget(_group("Look", self.scheme))
        column.addWidget(_group("Mail, calendars and contacts", self.importing))
        column.addWidget(_group("Model", self.model, self.context, self.kv, self.rest))
        column.addWidget(_group("Where the settings lie", self.file))
        column.addStretch(1)
        self._inside = inside
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._scroll)
        self.setFocusProxy(self.names.edit)
        for control in (self.hours.start, self.hours.end):
            control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            control.installEventFilter(self)
        self.setEnabled(False)  # until there are settings to show
        set_role(self, "ground")

    def show_settings(self, view: SettingsView) -> None:
        """Show settings as they are on disk; what is being typed meanwhile stays."""
        self._saved = view.settings
        self.zone.show_zones(view.zones)
        shown = replace(view.settings, **self._unsent)
        for field in self._fields:
            field.show_value(getattr(shown, field.key))
        self.file.show_value(view.file)
        self.setEnabled(True)
        self._sent = {}
        self._send()

    def show_refused(self, refused: SettingsRefused) -> None:
        """Put back what was being saved, if anything was, with the sentence beside it.

        Changes made meanwhile wait for the next view, which has a version that can be saved over.
        """
        if self._saved is None:
            return
        fields = [field for field in self._fields if field.key in self._sent]
        self._sent = {}
        for field in fields:
            field.go_back(getattr(self._saved, field.key), "")
        last = fields[-1] if fields else self.names
        last.say(f"{refused.message} {refused.hint}".strip())
        self._reveal(last)

    def show_trouble(self, trouble: Trouble) -> None:
        """Say why a model that was asked for here is not used; other troubles are not shown."""
        if self._saved is not None and self.model.asked_for != self._saved.model:
            self.model.refuse(self._saved.model, f"{trouble.message} {trouble.hint}".strip())
            self._reveal(self.model)

    def show_import(self, view: ImportView) -> None:
        """Show how an import goes on, or what came of it."""
        self.importing.show_import(view)

    def show_engine(self, status: EngineStatus) -> None:
        """Show how the model is doing."""
        self.model.show_engine(status)
        self.context.show_engine(status)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the page; it changes a value only where the focus is."""
        is_wheel = event.type() is QEvent.Type.Wheel
        if is_wheel and isinstance(watched, QWidget) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """Line up the labels."""
        super().showEvent(event)
        self._line_up()

    def changeEvent(self, event: QEvent) -> None:
        """Line up again with other letters."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._line_up()

    def _make_fields(self) -> None:
        self.names = ListField(
            "names",
            "&Names",
            "Your names",
            "What you are called, with commas between: Ada Example, Ada.",
            read_names,
        )
        self.addresses = ListField(
            "addresses",
            "&Addresses",
            "Your mail addresses",
            "Your own mail addresses, with commas between.",
            read_addresses,
        )
        self.zone = ZoneField(
            "zone", "Time &zone", "Time zone", "Type a part of it, like a city, and choose."
        )
        self.hours = HoursField("working_hours", "Working &hours")
        self.days = DaysField("working_days", "&Working days")
        self.scheme = ChoiceField(
            "scheme",
            "&Colours",
            {"system": "As the s&ystem", "light": "&Light", "dark": "&Dark"},
            (3, 1),
        )
        self.model = ModelField("model", "&Model file")
        self.model.model_chosen.connect(self.model_chosen)
        self.model.starter_wanted.connect(self.starter_wanted)
        self.context, self.kv, self.rest = ContextField(), kv_field(), rest_field()
        self._fields: tuple[Field, ...] = (
            self.names,
            self.addresses,
            self.zone,
            self.hours,
            self.days,
            self.scheme,
            self.model,
            self.context,
            self.kv,
            self.rest,
        )
        for field in self._fields:
            field.committed.connect(self._commit)
        self.importing = ImportPanel()
        self.importing.wanted.connect(self.import_wanted)
        self.importing.stop_wanted.connect(self.import_stopped)
        self.file = PathField(
            "&File", "Settings file", "A text file that you may also change by hand."
        )

    def _commit(self, key: str, value: Any) -> None:
        self._unsent[key] = value
        self._send()

    def _send(self) -> None:
        """Save what has been changed, unless an answer is being waited for."""
        if self._saved is not None and self._unsent and not self._sent:
            self._sent, self._unsent = self._unsent, {}
            self.changed.emit(replace(self._saved, **self._sent))

    def _reveal(self, field: Field) -> None:
        """Scroll to what a field says, once it has its place."""
        QTimer.singleShot(0, self, lambda: self._scroll.ensureWidgetVisible(field.problem_line))

    def _line_up(self) -> None:
        """Give all labels the width of the widest, and lines a length that can be read."""
        fields = (*self._fields, self.file)
        widest = max(field.label.sizeHint().width() for field in fields)
        for field in fields:
            field.label.setMinimumWidth(widest)
        letters = self.fontMetrics().averageCharWidth()
        self._inside.setMaximumWidth(_WIDEST * letters)


def _group(heading: str, *fields: QWidget) -> QWidget:
    """Fields under a heading, with a line above."""
    group = QWidget()
    column = QVBoxLayout(group)
    column.setContentsMargins(0, 0, 0, SPACE[1])
    column.setSpacing(SPACE[2])
    line = QFrame()
    set_role(line, "line")
    line.setFixedHeight(1)
    title = PlainLabel(heading)
    title.setFont(section_font())
    column.addWidget(line)
    column.addWidget(title)
    for field in fields:
        column.addWidget(field)
    return group
