"""Before and after, side by side where there is room, one below the other where there is not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.cards.buttons import CardButton
from app.ui.cards.wording import Compared
from app.ui.labels import IconLabel, PlainLabel
from app.ui.theme import SPACE, set_icon, set_role
from app.ui.turning import Turning

SHOWN = 4
"""Changes shown at once; the others are behind "and 3 more"."""

_SIDE_BY_SIDE = 44  # letters of width that two columns need


class Comparison(QWidget):
    """What each of several changes makes of what is there."""

    def __init__(self, changes: Sequence[Compared] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACE[1])
        self._rows: list[QWidget] = []
        self._more: CardButton | None = None
        self.show_changes(changes)

    @property
    def more(self) -> QPushButton | None:
        """The button that shows the changes beyond the first few, while there is one."""
        return self._more

    def show_changes(self, changes: Sequence[Compared]) -> None:
        """Replace what is shown."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows, self._more = [], None
        for change in changes[:SHOWN]:
            self._add(_Change(change, self))
        if rest := changes[SHOWN:]:
            more = CardButton(f"and {len(rest)} more", self, enters=True)
            set_role(more, "quiet")
            set_icon(more, "chevron-down")
            more.setToolTip("Show the other changes")
            more.clicked.connect(lambda: self._open(rest))
            self._more = more
            self._column.addWidget(more, alignment=Qt.AlignmentFlag.AlignLeft)
            self._rows.append(more)

    def _add(self, row: QWidget) -> None:
        self._rows.append(row)
        self._column.addWidget(row)

    def _open(self, rest: Sequence[Compared]) -> None:
        if self._more is None:
            return
        self._rows.remove(self._more)
        self._column.removeWidget(self._more)
        self._more.hide()
        self._more.deleteLater()
        self._more = None
        for change in rest:
            self._add(_Change(change, self))


class _Change(Turning):
    """One change: two columns, or one with the word that tells what happens to it."""

    def __init__(self, change: Compared, parent: QWidget) -> None:
        super().__init__(_SIDE_BY_SIDE, (SPACE[2], SPACE[0]), (SPACE[2], SPACE[1]), parent)
        set_role(self, "note")
        was, becomes = change.was, change.becomes
        if was and becomes:
            arrow = IconLabel("arrow-right", "secondary", "becomes")
            self.box.addLayout(_column("Before", was, becomes), 1)
            self.box.addWidget(arrow, 0, Qt.AlignmentFlag.AlignVCenter)
            self.box.addLayout(_column("After", becomes, was, bold=True), 1)
            names = ("arrow-right", "chevron-down")
            self.turned.connect(lambda down: arrow.show_icon(names[down], "secondary", "becomes"))
        elif becomes:
            self.box.addLayout(_column("New", becomes), 1)
        elif was:
            self.box.addLayout(_column("Removed", was, role="danger"), 1)
        else:
            self.box.addWidget(PlainLabel(change.summary), 1)


def _column(
    heading: str,
    lines: Sequence[str],
    other: Sequence[str] | None = None,
    *,
    bold: bool = False,
    role: str = "secondary",
) -> QVBoxLayout:
    """Lines under a heading; those that the `other` side has too stand back."""
    column = QVBoxLayout()
    column.setSpacing(SPACE[0] // 2)
    column.addWidget(PlainLabel(heading, role))
    for line in lines:
        same = other is not None and line in other
        label = PlainLabel(line, "secondary" if same else "")
        if bold and not same:
            label.set_bold()
        column.addWidget(label)
    column.addStretch(1)
    return column
