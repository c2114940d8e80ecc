"""What the assistant would do, before it does: apply it, choose another way, or say no."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.core.proposals import UNSURE, Option, Proposal, Risk
from app.ui.cards.buttons import CardButton, OptionRow, note_line, reason_line
from app.ui.cards.comparison import Comparison
from app.ui.cards.waiting_card import WaitingCard
from app.ui.cards.wording import card_name, changes_words, provenance_words, risk_words
from app.ui.labels import PlainLabel
from app.ui.theme import SPACE, section_font, set_role
from app.ui.turning import Turning

NUMBERED = 3
"""Options that have a number key."""

_ONE_LINE = 48  # letters of width in which title and badge share a line


class ProposalCard(WaitingCard):
    """A proposal with its before and after; `chosen` carries the option, from 0.

    Enter applies the selected option, 1 to 3 apply theirs, Escape says no; a yes that sends
    something takes Ctrl+Enter. `clock` is as in `WaitingCard`.
    """

    def __init__(
        self,
        turn: int,
        proposal: Proposal,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        sends = proposal.risk is Risk.SEND
        super().__init__(turn, NUMBERED, sends, clock, parent)
        self._options = proposal.options
        self._notes = provenance_words(proposal.provenance)
        self._doubt = UNSURE if proposal.unsure else ""
        self._add_header(proposal)
        if self._doubt:
            self.column.addLayout(note_line(self._doubt, ""))
        if len(proposal.options) > 1:
            self._add_options(proposal.options)
        self.comparison = Comparison((), self)
        self.column.addWidget(self.comparison)
        if len(proposal.options) == 1 and proposal.options[0].reason:
            self.column.addLayout(reason_line(proposal.options[0]))
        if self._notes:
            self.column.addLayout(note_line(self._notes, "secondary"))
        self._add_buttons(sends)
        count = len(proposal.options)
        self.setAccessibleName(card_name(proposal.title, risk_words(proposal), count, "option"))
        self.select(0)

    def select(self, index: int) -> None:
        """Mark an option as the one Apply takes, and show what it changes."""
        super().select(index)
        changes = self._options[index].changes
        self.comparison.show_changes(changes)
        said = (self._doubt, changes_words(changes), self._notes)
        self.setAccessibleDescription(" ".join(filter(None, said)))

    def _add_header(self, proposal: Proposal) -> None:
        header = Turning(_ONE_LINE, (SPACE[1], SPACE[0]))
        title = PlainLabel(proposal.title)
        title.setFont(section_font())
        badge = QLabel(risk_words(proposal))
        badge.setTextFormat(Qt.TextFormat.PlainText)
        set_role(badge, "badge")
        if proposal.risk is Risk.SEND:
            badge.setProperty("reach", "sends")
        line = QHBoxLayout()  # keeps the badge as wide as its words when it is below the title
        line.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
        line.addStretch(1)
        header.box.addWidget(title, 1, Qt.AlignmentFlag.AlignTop)
        header.box.addLayout(line)
        self.column.addWidget(header)

    def _add_options(self, options: tuple[Option, ...]) -> None:
        rows = QVBoxLayout()
        rows.setSpacing(SPACE[0])
        made = []
        for place, option in enumerate(options):
            row = OptionRow(place + 1, option, NUMBERED, self)
            row.clicked.connect(lambda _checked=False, place=place: self.select(place))
            rows.addWidget(row)
            made.append(row)
        self.rows = tuple(made)
        self.column.addLayout(rows)

    def _add_buttons(self, sends: bool) -> None:
        name, key = ("Send", "Ctrl+⏎") if sends else ("Apply", "⏎")
        self.yes = CardButton(f"{name}  {key}", self, enters=False)
        set_role(self.yes, "primary")
        self.yes.setAccessibleName(name)
        self.yes.setToolTip(f"{name} ({'Ctrl+Enter' if sends else 'Enter'})")
        self.yes.clicked.connect(lambda: self.take(self.selected))
        self.no = CardButton("No  Esc", self, enters=True)
        self.no.setAccessibleName("No")
        self.no.setToolTip("Leave everything as it is (Esc)")
        self.no.clicked.connect(self.decline)
        line = QHBoxLayout()
        line.setSpacing(SPACE[1])
        line.addWidget(self.yes)
        line.addWidget(self.no)
        line.addStretch(1)
        self.column.addLayout(line)
