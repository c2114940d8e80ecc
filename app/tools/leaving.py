"""Taking events out of the calendar that have guests: telling them, or declining, or neither.

What the user arranged is called off; what others arranged is left, quietly or with an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.calendars.replies import Departure, departures
from app.core.ports import Clock
from app.core.proposals import Option
from app.mail.model import Address
from app.tools.invite_text import DECLINED
from app.tools.new_mail import LEAVE_LATER, LEAVES_LATER
from app.tools.option_words import weighed
from app.tools.people_words import full_label, organizer_words
from app.tools.post import Post
from app.tools.telling_guests import (
    Acquaintances,
    calendar_changes,
    in_outbox,
    outgoing,
    owed_to_guests,
    own_sender,
)
from app.tools.wording import listed


def with_everybody_told(option: Option, post: Post, clock: Clock) -> tuple[Option, ...]:
    """The ways to take out what `option` takes out, by who is told of it; the quietest first.

    The option itself where nobody else is concerned. Raises KnownError("no_own_address").
    """
    own = post.own()
    left = [
        each
        for change in calendar_changes(option.changes)
        for each in departures(change.before, change.after, own, now=clock.now)
    ]
    told = owed_to_guests(option, post, clock)
    if not left:
        return told
    known = Acquaintances.of(post)
    return tuple(
        way
        for each in told
        for way in (_quietly(each, left), *_declining(each, left, known, post, clock))
    )


def _quietly(option: Option, left: Sequence[Departure]) -> Option:
    names = list(dict.fromkeys(organizer_words(each.organizer) for each in left))
    who, be = listed(names, most=3), ("are", "were") if len(names) > 1 else ("is", "was")
    return replace(
        weighed(option, [f"arranged by {who}"]),
        label=f"{option.label}, out of your calendar only: {who} {be[0]} not told",
        done=f"{option.done} {who} {be[1]} not told.",
    )


def _declining(
    option: Option, left: Sequence[Departure], known: Acquaintances, post: Post, clock: Clock
) -> tuple[Option, ...]:
    """The option with an answer to every organizer who can be told; none if nobody can."""
    answers = [each for each in left if each.text]
    if not answers:
        return ()
    told: list[Address] = []
    changes = []
    for each in answers:
        to = known.address(each.organizer)
        sender = own_sender(post, each.me)
        changes.append(outgoing(post, clock, DECLINED, each.text, sender=sender, to=(to,)))
        told.append(to)
    doubts = [
        known.doubt(each.organizer) for each in answers if not known.knows(each.organizer.mail)
    ]
    people = listed([full_label(each) for each in dict.fromkeys(told)])
    # Guests of the user's own events may be told as well, which the option then says already.
    done = option.done.removesuffix(LEAVES_LATER).removesuffix(LEAVE_LATER).rstrip()
    later = LEAVES_LATER if done == option.done and len(changes) == 1 else LEAVE_LATER
    with_answers = replace(
        option,
        label=f"{option.label}, declining: tells {people}",
        changes=(*option.changes, *changes),
        done=f"{done} {in_outbox('answer', told)} {later}",
    )
    return (weighed(with_answers, doubts) if doubts else with_answers,)
