"""Controls of the page that Qt has not as they are needed here."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QStringListModel, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QCompleter,
    QLineEdit,
    QStyle,
    QStyleOptionButton,
)

from app.ui.labels import draw_icon
from app.ui.theme import icon, set_role


class TickBox(QCheckBox):
    """A check box with the tick of the icon set."""

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the box as styled, and the tick over it."""
        super().paintEvent(event)
        if not self.isChecked():
            return
        option = QStyleOptionButton()
        self.initStyleOption(option)
        box = self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self)
        side = min(box.width(), box.height()) - 2
        left, top = box.center().x() - side // 2 + 1, box.center().y() - side // 2 + 1
        draw_icon(QPainter(self), "check", "on_accent", left, top, side)


class ZoneEdit(QLineEdit):
    """A field for one of `zones`: those that hold what is typed are offered below it.

    Down or the arrow at its end offers all of them; `taken` when one was taken from there. A combo
    box is not used because on Linux Qt gives its value for its name.
    """

    taken = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.zones: tuple[str, ...] = ()
        self.setToolTip("Choose from all time zones (Down)")
        self._names = QStringListModel(self)
        self._completer = completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(12)
        completer.activated.connect(self._take)
        self.setCompleter(completer)
        popup = completer.popup()
        assert popup is not None  # it completes in one
        self.offered = popup
        self.offered.setAccessibleName("Time zones")
        set_role(self.offered, "offered")
        self._arrow = QAction("Show all time zones", self)
        self._arrow.triggered.connect(self.offer_all)
        self.addAction(self._arrow, QLineEdit.ActionPosition.TrailingPosition)
        self._draw_arrow()

    def show_zones(self, zones: tuple[str, ...]) -> None:
        """The zones there are; what is entered stays."""
        if zones != self.zones:
            self.zones = zones
            self._names.setStringList(zones)

    def offer_all(self) -> None:
        """Open the list of all zones at the one entered."""
        self._completer.setCompletionPrefix("")
        self._completer.complete()
        found = self._completer.completionModel().match(
            self._completer.completionModel().index(0, 0),
            Qt.ItemDataRole.DisplayRole,
            self.text(),
            1,
            Qt.MatchFlag.MatchFixedString,
        )
        for index in found:
            self.offered.setCurrentIndex(index)
            self.offered.scrollTo(index, QAbstractItemView.ScrollHint.PositionAtCenter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down opens the list."""
        if event.key() == Qt.Key.Key_Down and not self.offered.isVisible():
            self.offer_all()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the arrow again in light or dark."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._draw_arrow()

    def _draw_arrow(self) -> None:
        self._arrow.setIcon(icon("chevron-down", "secondary"))

    def _take(self, zone: str) -> None:
        self.setText(zone)
        self.taken.emit(zone)
