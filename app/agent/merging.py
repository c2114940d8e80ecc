"""Several proposals of one message as one question to the user."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.errors import KnownError
from app.core.proposals import Option, Proposal, Risk


def merged(proposals: Sequence[Proposal]) -> Proposal | None:
    """One proposal for all of `proposals`; None if there are none.

    One stays as it is. Several become one with a single option that makes the first option's
    changes of each: they are done, and undone, together. It is doubtful if any of them is, or if
    it leaves out another way to do one of them. Raises KnownError("same_target") if two
    of them change the same thing, as the second was planned without the first, and
    "several_sends" if more than one would leave the machine: each of those is agreed to by itself.
    """
    if len(proposals) < 2:
        return proposals[0] if proposals else None
    if sum(proposal.risk is Risk.SEND for proposal in proposals) > 1:
        raise KnownError(
            "several_sends",
            "Several things would be sent at once. Nothing was changed or sent.",
            "Ask for them one after the other.",
        )
    firsts = [proposal.options[0] for proposal in proposals]
    changes = tuple(change for option in firsts for change in option.changes)
    if len({change.target for change in changes}) < len(changes):
        raise KnownError(
            "same_target",
            "Two of these wishes change the same thing. Nothing was changed.",
            "Ask for them one after the other.",
        )
    option = Option(
        label="Do all of it",
        reason="; ".join(option.reason for option in firsts if option.reason),
        changes=changes,
        done=" ".join(option.done for option in firsts),
        doubtful=any(
            len(proposal.options) > 1 or proposal.options[0].doubtful for proposal in proposals
        ),
    )
    return Proposal(
        title="; ".join(proposal.title for proposal in proposals),
        options=(option,),
        tool_risk=max(proposal.tool_risk for proposal in proposals),
        provenance=tuple(each for proposal in proposals for each in proposal.provenance),
    )
