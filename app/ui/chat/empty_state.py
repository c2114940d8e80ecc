"""What a transcript shows before the first request: what Phial does, and three things to ask."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.ui.chat.measures import MARGIN
from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, set_role, title_font


class EmptyState(QWidget):
    """A title, a line, and example requests; `example_chosen` carries one as it is to be asked.

    `note` stands below them, "" for nothing.
    """

    example_chosen = Signal(str)

    def __init__(
        self, examples: tuple[str, ...], note: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, SPACE[4], MARGIN, SPACE[4])
        column.setSpacing(SPACE[1])
        title = PlainLabel("What can I do for you?")
        title.setFont(title_font())
        column.addWidget(title)
        line = "Phial works on this computer alone. It shows what it changes, and can take it back."
        column.addWidget(PlainLabel(line, "secondary"))
        column.addSpacing(SPACE[2])
        self.buttons: list[QPushButton] = []
        for example in examples:
            button = _Example(example, self)
            button.clicked.connect(lambda _=False, words=example: self.example_chosen.emit(words))
            column.addWidget(button)
            self.buttons.append(button)
        if note:
            column.addSpacing(SPACE[1])
            column.addWidget(PlainLabel(note, "secondary"))


class _Example(QPushButton):
    """A request as a button whose words wrap; those of a push button's own would be cut off."""

    def __init__(self, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "example")
        self.setAccessibleName(words)
        self.setToolTip("Put this into the line below")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE[2], SPACE[1], SPACE[2], SPACE[1])
        label = PlainLabel(words)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row.addWidget(label)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """As large as its words; a push button would not look at them."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As `sizeHint`, and as narrow as need be."""
        layout = self.layout()
        return layout.minimumSize() if layout is not None else super().minimumSizeHint()
