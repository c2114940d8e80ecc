"""What a transcript shows before the first request: what Phial does, and three things to ask."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from app.ui.labels import PlainLabel, plain_button
from app.ui.theme import SPACE, set_role, title_font


class EmptyState(QWidget):
    """A title, a line, and example requests; `example_chosen` carries one as it is to be asked."""

    example_chosen = Signal(str)

    def __init__(self, examples: tuple[str, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE[4], 0, SPACE[4])
        column.setSpacing(SPACE[1])
        title = PlainLabel("What can I do for you?")
        title.setFont(title_font())
        column.addWidget(title)
        line = "Phial works on this computer alone. It shows what it changes, and can take it back."
        column.addWidget(PlainLabel(line, "secondary"))
        column.addSpacing(SPACE[2])
        self.buttons: list[QPushButton] = []
        for example in examples:
            button = QPushButton(plain_button(example), self)
            set_role(button, "example")
            button.setAccessibleName(example)
            button.setToolTip("Put this into the line below")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, words=example: self.example_chosen.emit(words))
            column.addWidget(button)
            self.buttons.append(button)
