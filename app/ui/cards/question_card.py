"""A question back to the user: what was said can mean several things."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.proposals import UNSURE_ASKED, Option, Question
from app.ui.cards.buttons import CardButton, OptionRow, note_line
from app.ui.cards.waiting_card import WaitingCard
from app.ui.cards.wording import card_name
from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, section_font

HEADING = "Which one do you mean?"

NUMBERED = 9
"""Choices that have a number key."""


class QuestionCard(WaitingCard):
    """A question with its choices; `chosen` carries the choice, from 0.

    1 to 9 choose, the arrows move, Enter takes the one marked, Escape says no. `clock` is as in
    `WaitingCard`.
    """

    def __init__(
        self,
        turn: int,
        question: Question,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        super().__init__(turn, NUMBERED, False, clock, parent)
        heading = PlainLabel(HEADING)
        heading.setFont(section_font())
        asked = QVBoxLayout()
        asked.setSpacing(SPACE[0])
        asked.addWidget(heading)
        asked.addWidget(PlainLabel(question.message))
        if question.unsure:
            asked.addLayout(note_line(UNSURE_ASKED, ""))
        self.column.addLayout(asked)
        labels = [label for _, label in question.choices]
        rows = QVBoxLayout()
        rows.setSpacing(SPACE[0])
        made = []
        for place, label in enumerate(labels):
            row = OptionRow(place + 1, Option(label, "", (), ""), NUMBERED, self)
            row.clicked.connect(lambda _checked=False, place=place: self._press(place))
            rows.addWidget(row)
            made.append(row)
        self.rows = tuple(made)
        self.column.addLayout(rows)
        self.no = CardButton("None of these  Esc", self, enters=True)
        self.no.setAccessibleName("None of these")
        self.no.setToolTip("Leave everything as it is (Esc)")
        self.no.clicked.connect(self.decline)
        line = QHBoxLayout()
        line.addWidget(self.no)
        line.addStretch(1)
        self.column.addLayout(line)
        doubt = f" {UNSURE_ASKED}" if question.unsure else ""
        aloud = f"{HEADING} {question.message}{doubt}"
        self.setAccessibleName(card_name(aloud, "", len(labels), "choice"))
        self.setAccessibleDescription(". ".join(labels))
        self.select(0)

    def _press(self, index: int) -> None:
        self.select(index)
        self.take(index)
