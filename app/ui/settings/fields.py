"""One setting each: its label, its control, what helps, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTime, QTimer, Signal, SignalInstance
from PySide6.QtGui import QHideEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from app.ui.labels import IconLabel, PlainLabel
from app.ui.settings.controls import TickBox, ZoneEdit
from app.ui.settings.reading import UnreadableError, read_hours, read_zone
from app.ui.theme import SPACE
from app.ui.turning import Turning

_ACROSS = 60  # letters of width in which label and control share a line


class Field(Turning):
    """A label beside its control, or above it where that is too narrow.

    `committed(key, value)` when a value that can be used was entered; `key` is the attribute of
    `Settings`. What cannot be used stays in the control, with a sentence below it, until it is
    edited or Escape puts back the value in force.
    """

    committed = Signal(str, object)

    def __init__(self, key: str, label: str, helper: str = "") -> None:
        super().__init__(_ACROSS, (SPACE[3], SPACE[0]))
        self.key = key
        self._shown: object = None
        self.label = QLabel(label)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.label.setContentsMargins(0, SPACE[0] + 2, 0, 0)  # on the line of the control's words
        self._below = QVBoxLayout()
        self._below.setSpacing(SPACE[0])
        self.helper = PlainLabel(helper, "secondary")
        if not helper:
            self.helper.hide()
        self.problem = PlainLabel("", "danger")
        self.problem_line = QWidget()
        self._spoken: QWidget | None = None
        line = QHBoxLayout(self.problem_line)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE[0])
        mark = IconLabel("circle-alert", "danger", "Problem")
        line.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.problem, 1)
        self.problem_line.hide()
        self.box.addWidget(self.label)
        self.box.addLayout(self._below, 1)

    def minimumSizeHint(self) -> QSize:
        """Never the reason for a wider page: where it is too narrow, it turns."""
        return QSize(1, super().minimumSizeHint().height())

    def value(self) -> Any:
        """What is entered. Raises UnreadableError."""
        raise NotImplementedError

    def enter(self, value: Any) -> None:
        """Put a value into the control."""
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        """Show a value as the one in force; what is being typed meanwhile stays."""
        if self._shown is None or not self._is_unsaved():
            self.enter(value)
        self._shown = value

    def show_help(self, sentence: str) -> None:
        """Say something else of what the setting does."""
        self.helper.show_text(sentence)
        self.say(self.problem.accessibleName())

    def go_back(self, value: Any, sentence: str) -> None:
        """Show `value` again, and why another was refused."""
        self._shown = value
        self.enter(value)
        self.say(sentence)

    def say(self, sentence: str) -> None:
        """Show what is wrong, "" for nothing."""
        self.problem.show_text(sentence)
        self.problem_line.setVisible(bool(sentence))
        if self._spoken is not None:
            words = filter(None, (sentence, self.helper.text()))
            self._spoken.setAccessibleDescription(" ".join(words))

    def finish(self) -> None:
        """Take what is entered, if it can be used and is new."""
        try:
            value = self.value()
        except UnreadableError as error:
            self.say(str(error))
            return
        if value != self._shown:
            self.say("")
            self._shown = value
            self.committed.emit(self.key, value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape puts back the value in force, where there is something to put back."""
        kind = QEvent.Type
        if (
            event.type() in (kind.ShortcutOverride, kind.KeyPress)
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
            and (self._is_unsaved() or not self.problem_line.isHidden())
        ):
            if event.type() is kind.KeyPress:
                self.enter(self._shown)
                self.say("")
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _watch(self, edit: QWidget, edited: SignalInstance) -> None:
        """Let a control that is typed in take Escape; a sentence goes once it is `edited`."""
        edit.installEventFilter(self)
        edited.connect(lambda *_: self.say(""))

    def _add(self, control: QWidget, name: str, buddy: QWidget | None = None) -> None:
        """Place the control above problem and helper."""
        self._below.addWidget(control)
        self._below.addWidget(self.problem_line)
        self._below.addWidget(self.helper)
        target = self._spoken = buddy or control
        target.setAccessibleName(name)
        target.setAccessibleDescription(self.helper.text())
        self.label.setBuddy(target)

    def _is_unsaved(self) -> bool:
        try:
            return bool(self.value() != self._shown)
        except UnreadableError:
            return True


class ListField(Field):
    """Several words between commas."""

    def __init__(
        self,
        key: str,
        label: str,
        name: str,
        helper: str,
        read: Callable[[str], tuple[str, ...]],
    ) -> None:
        super().__init__(key, label, helper)
        self._read = read
        self.edit = QLineEdit()
        self.edit.editingFinished.connect(self.finish)
        self._watch(self.edit, self.edit.textEdited)
        self._add(self.edit, name)

    def value(self) -> tuple[str, ...]:
        """The words, in their order."""
        return self._read(self.edit.text())

    def enter(self, value: tuple[str, ...]) -> None:
        """Join them with commas."""
        self.edit.setText(", ".join(value))


class PathField(Field):
    """Where something lies, to be read and copied."""

    def __init__(self, label: str, name: str, helper: str) -> None:
        super().__init__("", label, helper)
        self.edit = QLineEdit()
        self.edit.setReadOnly(True)
        self._add(self.edit, name)

    def value(self) -> str:
        """The path."""
        return self.edit.text()

    def enter(self, value: str) -> None:
        """Show a path from its beginning."""
        self.edit.setText(value)
        self.edit.setCursorPosition(0)


class ZoneField(Field):
    """A time zone, found by any part of its name."""

    def __init__(self, key: str, label: str, name: str, helper: str) -> None:
        super().__init__(key, label, helper)
        self.edit = ZoneEdit()
        self.edit.editingFinished.connect(self.finish)
        self.edit.taken.connect(self.finish)
        self._watch(self.edit, self.edit.textEdited)
        self._add(self.edit, name)

    def show_zones(self, zones: tuple[str, ...]) -> None:
        """The zones there are; what is entered stays."""
        self.edit.show_zones(zones)

    def value(self) -> str:
        """The zone's full name."""
        return read_zone(self.edit.text(), self.edit.zones)

    def enter(self, value: str) -> None:
        """Show a zone, also one that is not in the list."""
        self.edit.setText(value)

    def finish(self) -> None:
        """Also write the zone as it is spelled, or say which one stays."""
        super().finish()
        if not self._is_unsaved():
            self.enter(self.value())
        elif not self.problem_line.isHidden():
            self.say(f"{self.problem.accessibleName()} {_STAYS.format(self._shown)}")


_STAYS = "{} stays in use. Press Esc to put it back."


class HoursField(Field):
    """From when to when."""

    def __init__(self, key: str, label: str) -> None:
        super().__init__(key, label)
        self.start, self.end = QTimeEdit(), QTimeEdit()
        for edit in (self.start, self.end):
            edit.setDisplayFormat("HH:mm")
            edit.editingFinished.connect(self.finish)
            self._watch(edit, edit.userTimeChanged)
            # The style sheet's padding does not reach the words of a spin box.
            for words in edit.findChildren(QLineEdit):
                words.setTextMargins(SPACE[1] - 2, 0, SPACE[0], 0)
                words.setAccessibleName("Hours and minutes")
        to = QLabel("&to")
        to.setBuddy(self.end)
        self.end.setAccessibleName("Working hours, end")
        both = QWidget()
        line = QHBoxLayout(both)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACE[1])
        for each in (self.start, to, self.end):
            line.addWidget(each)
        line.addStretch(1)
        self._add(both, "Working hours, start", self.start)

    def value(self) -> Any:
        """Start and end."""
        return read_hours(_clock(self.start), _clock(self.end))

    def enter(self, value: Any) -> None:
        """Show start and end."""
        for edit, moment in zip((self.start, self.end), value, strict=True):
            edit.setTime(QTime(moment.hour, moment.minute))


class DaysField(Field):
    """Some of the seven days, from Monday = 0."""

    def __init__(self, key: str, label: str) -> None:
        super().__init__(key, label)
        self.boxes = tuple(TickBox(name[:3]) for name in _DAYS)
        grid = _Grid((7, 4, 2))
        for box, name in zip(self.boxes, _DAYS, strict=True):
            box.setToolTip(name)
            box.toggled.connect(self._toggled)
            grid.add(box)
        self._entering = False
        self._add(grid, "", self.boxes[0])
        for box, name in zip(self.boxes, _DAYS, strict=True):
            box.setAccessibleName(name)

    def value(self) -> tuple[int, ...]:
        """The days that are marked."""
        return tuple(day for day, box in enumerate(self.boxes) if box.isChecked())

    def enter(self, value: tuple[int, ...]) -> None:
        """Mark these days and no others."""
        self._entering = True
        for day, box in enumerate(self.boxes):
            box.setChecked(day in value)
        self._entering = False

    def _toggled(self) -> None:
        if not self._entering:
            self.finish()


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class _Grid(QWidget):
    """Boxes or radio buttons in as few lines as their width allows.

    `columns` are how many may stand in a line, most first.
    """

    def __init__(self, columns: tuple[int, ...]) -> None:
        super().__init__()
        self._choices = columns
        self._buttons: list[QAbstractButton] = []
        self._laid_out = (0, 0)  # columns and buttons
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 2, 0, 0)  # their words on the line of the label
        self._grid.setHorizontalSpacing(SPACE[2])
        self._grid.setVerticalSpacing(SPACE[0])

    def add(self, button: QAbstractButton, place: int | None = None) -> None:
        """Put one before the one at `place`, or after the others."""
        self._buttons.insert(len(self._buttons) if place is None else place, button)
        self._arrange()

    def minimumSizeHint(self) -> QSize:
        """Never the reason for a wider page."""
        return QSize(1, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose how many stand in a line."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = max(button.sizeHint().width() for button in self._buttons) + SPACE[2]
        fit = (self.width() + SPACE[2]) // wide
        columns = next((each for each in self._choices if each <= fit), self._choices[-1])
        if (columns, len(self._buttons)) == self._laid_out:
            return
        self._laid_out = columns, len(self._buttons)
        for place, button in enumerate(self._buttons):
            self._grid.addWidget(button, place // columns, place % columns)
        for column in range(self._choices[0] + 1):
            self._grid.setColumnStretch(column, int(column == columns))


class ChoiceField(Field):
    """One of a few values.

    `choices` gives each value its words, with "&" before the letter that Alt reaches it by; a
    number of the file that is none of them goes between them in the words of `other`. `spoken` goes
    before the words of each for who hears them one by one. What is costly to change is taken only
    after `pause_ms`: arrow keys mark every value they pass.
    """

    def __init__(
        self,
        key: str,
        label: str,
        choices: Mapping[Any, str],
        columns: tuple[int, ...],
        helper: str = "",
        spoken: str = "",
        other: Callable[[Any], str] = str,
        pause_ms: int = 0,
    ) -> None:
        """`columns` are how many may stand in a line, most first."""
        super().__init__(key, label, helper)
        self._other = other
        self._entering = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(pause_ms)
        self._pause.timeout.connect(self.finish)
        self._spoken_before = f"{spoken}: " if spoken else ""
        self.buttons: dict[Any, QRadioButton] = {}
        self._grid = _Grid(columns)
        for value, words in choices.items():
            self._offer(value, words)
        first = next(iter(self.buttons.values()))
        self._add(self._grid, first.accessibleName(), first)

    def value(self) -> Any:
        """The value that is marked."""
        return next(value for value, button in self.buttons.items() if button.isChecked())

    def enter(self, value: Any) -> None:
        """Mark one."""
        if value not in self.buttons:
            self._offer(value, self._other(value), sum(each < value for each in self.buttons))
        self._entering = True
        self.buttons[value].setChecked(True)
        self._entering = False
        focus = Qt.FocusPolicy
        for button in self.buttons.values():  # Tab goes to the one that is marked
            button.setFocusPolicy(focus.StrongFocus if button.isChecked() else focus.ClickFocus)

    def hideEvent(self, event: QHideEvent) -> None:
        """Take at once what is marked when the page or the window is left."""
        super().hideEvent(event)
        if self._pause.isActive():
            self._pause.stop()
            self.finish()

    def _offer(self, value: Any, words: str, place: int | None = None) -> None:
        button = self.buttons[value] = QRadioButton(words)
        plain, letter = words.replace("&", ""), words.partition("&")[2][:1]
        button.setAccessibleName(f"{self._spoken_before}{plain}")
        if letter:
            button.setToolTip(f"{plain} (Alt+{letter.upper()})")
        button.toggled.connect(self._toggled)
        self._grid.add(button, place)

    def _toggled(self, checked: bool) -> None:
        if not checked or self._entering:
            return
        if self._pause.interval():
            self._pause.start()
        else:
            self.finish()


def _clock(edit: QTimeEdit) -> time:
    return time(edit.time().hour(), edit.time().minute())
