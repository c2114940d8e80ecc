"""cal_respond: the user's answer to an invitation becomes a message to who sent it, and is noted
in the calendar. An invitation that lies only in the mail is added at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.calendars.vdir import Vdir
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.core.proposals import Proposal
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.answering import WAYS, Answering, question
from app.tools.invitation_references import Invitation, Invitations
from app.tools.invite_text import PROPOSED
from app.tools.letter_text import body_from
from app.tools.move_times import Destination, Target
from app.tools.post import Post
from app.tools.schemas import declared


def cal_respond(calendar: Vdir, settings: Settings, journal: Journal, post: Post) -> Tool:
    """The tool that answers invitations."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        found = Invitations(asked, calendar, settings, journal, post).find(str(arguments["event"]))
        way = WAYS[str(arguments["answer"])]
        comment = str(arguments.get("comment", ""))
        comment = body_from(comment, asked.words) if comment else ""
        if way.kind is not PROPOSED:
            return Answering(found, way, asked, calendar, post, comment).outcome()
        event = found.occurrence

        def itself(other: Occurrence) -> bool:
            return (other.path, other.uid) == (event.path, event.uid)

        said = {name: arguments[name] for name in ("event", "to") if name in arguments}
        targets = Destination(event, said, asked, calendar, settings, itself).targets()
        return _proposed(found, targets, asked, calendar, post, comment)

    return Tool(declared("cal_respond"), run)


def propose_instead(
    occurrence: Occurrence, targets: Sequence[Target], asked: Asked, calendar: Vdir, post: Post
) -> ToolOutcome:
    """What becomes of a wish to move what somebody else arranged: each target is proposed to them.

    Raises KnownError("not_a_guest") where the user is not among its guests.
    """
    source = calendar.source(occurrence.path)
    found = Invitation(occurrence, source, source.text, single=True)
    return _proposed(found, targets, asked, calendar, post, "")


def _proposed(
    found: Invitation,
    targets: Sequence[Target],
    asked: Asked,
    calendar: Vdir,
    post: Post,
    comment: str,
) -> ToolOutcome:
    """The targets as options of one counter-proposal."""
    way = WAYS["counter"]
    outcomes = [
        Answering(found, way, asked, calendar, post, comment, each).outcome() for each in targets
    ]
    proposals = [each.proposal for each in outcomes if each.proposal is not None]
    # Noting it in the calendar comes to the same whatever is proposed.
    options = tuple({way.label: way for each in proposals for way in each.options}.values())
    proposal = Proposal(proposals[0].title, options, proposals[0].tool_risk)
    return replace(outcomes[0], sentence=question(options), proposal=proposal)
