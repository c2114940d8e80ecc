"""How the assistant acts: what it would do as a card, and what it did as one line."""

from __future__ import annotations

from app.ui.cards.done_line import DoneLine
from app.ui.cards.proposal_card import ProposalCard
from app.ui.cards.question_card import QuestionCard

__all__ = ["DoneLine", "ProposalCard", "QuestionCard"]
