"""How much the user has agreed to beforehand. What is proposed is decided elsewhere."""

from __future__ import annotations

from enum import Enum

from app.core.proposals import Proposal, Risk


class Consent(Enum):
    """What may be done without showing it first.

    ASK: nothing. CLEAR, the window's: a change that can be undone, if there is one way to do it
    and nothing to weigh. FIRST, `--yes` on the command line: the first option of anything, but no
    mail to an address that the model made up. Whatever was agreed to beforehand, a proposal that
    may rest on a misunderstanding is shown.
    """

    ASK = "ask"
    CLEAR = "clear"
    FIRST = "first"


def is_agreed(proposal: Proposal, consent: Consent) -> bool:
    """Whether the first option may be made at once."""
    if proposal.unsure:
        return False
    if consent is Consent.FIRST:
        sends = proposal.risk is Risk.SEND
        return not (sends and any("@" in each.value for each in proposal.provenance))
    if consent is Consent.ASK:
        return False
    return (
        len(proposal.options) == 1
        and not proposal.options[0].doubtful
        and not proposal.provenance
        and proposal.risk <= Risk.CHANGE
    )
