"""Telling the guests of an event what becomes of it: the mail that goes with a calendar's change.

Whoever changes an event passes the finished option through `with_guests_told`. Guests are those
the event's file names; one the user does not know is told only where the user chooses that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.calendars.guests import Guest
from app.calendars.invitations import Notice, arranged_by, notices
from app.calendars.recurrence import CalendarObject
from app.calendars.replies import part_for
from app.core.errors import KnownError
from app.core.ports import Clock, Occurrence
from app.core.proposals import Change, Option
from app.mail.compose import calendar_message
from app.mail.model import Address, Person
from app.tools.invite_text import (
    CANCELLATION,
    INVITATION,
    UPDATE,
    Kind,
    body_of,
    event_words,
    subject_of,
)
from app.tools.new_mail import LEAVE_LATER, LEAVES_LATER
from app.tools.option_words import weighed
from app.tools.people import called, trusted
from app.tools.people_words import full_label, organizer_words
from app.tools.post import Post
from app.tools.wording import listed, shown, titled

_ROOM = "calendar:"


@dataclass(frozen=True)
class Acquaintances:
    """Who the user knows: contacts and people written to. Everybody else has to be chosen."""

    people: tuple[Person, ...]

    @staticmethod
    def of(post: Post) -> Acquaintances:
        """Those of the profile."""
        return Acquaintances(tuple(trusted(post.mailbox.people())))

    def knows(self, mail: str) -> bool:
        """Whether the address is one of theirs."""
        return any(mail in person.addresses for person in self.people)

    def address(self, guest: Guest) -> Address:
        """The guest's address, with the name the user knows it by; a stranger's name is dropped."""
        names = [person.label for person in self.people if guest.mail in person.addresses]
        return Address(next((each for each in names if each != guest.mail), ""), guest.mail)

    def doubt(self, guest: Guest) -> str:
        """Why a stranger is doubtful: what their name claims, or that nothing is known."""
        same = called(guest.name, self.people) if guest.name else []
        if same:
            known = same[0].addresses[0] if same[0].addresses else "another address"
            return (
                f"{guest.mail} is called “{shown(guest.name)}” there, but you know "
                f"{shown(same[0].label)} as {known}"
            )
        return f"{guest.mail} is not in your contacts, and you have not written there before"


def with_guests_told(
    option: Option, post: Post, clock: Clock, *, said: Collection[str] = ()
) -> tuple[Option, ...]:
    """The option with the messages that its calendar changes owe to guests.

    The option as it is where nobody was invited. Two options where some guests are strangers: the
    first tells only those the user knows, the second everybody. `said` are addresses that came
    from the user's own words. Raises KnownError: "not_organizer" where somebody else arranged the
    event (whoever wanted to move it can only propose it: `calendar_respond.propose_instead`),
    "no_own_address".
    """
    refuse_if_not_organizer(option.changes, post)
    return owed_to_guests(option, post, clock, said=said)


def owed_to_guests(
    option: Option, post: Post, clock: Clock, *, said: Collection[str] = ()
) -> tuple[Option, ...]:
    """As `with_guests_told`, but what others arranged is none of its business."""
    pairs = [(each.before, each.after) for each in calendar_changes(option.changes)]
    own = post.own()
    owed = [each for old, new in pairs for each in notices(old, new, own, now=clock.now)]
    if not owed:
        return (option,)
    known = Acquaintances.of(post)
    guests = {guest.mail: guest for each in owed for guest in each.guests}
    strangers = [
        each for mail, each in guests.items() if mail not in said and not known.knows(mail)
    ]
    if not strangers:
        return (_telling(option, post, clock, known, owed),)
    familiar = [mail for mail in guests if guests[mail] not in strangers]
    some = [
        each
        for old, new in pairs
        for each in notices(old, new, own, now=clock.now, telling=familiar)
    ]
    doubts = [known.doubt(each) for each in strangers]
    untold = f"{listed([each.mail for each in strangers], most=3)} will not be told"
    return (
        _telling(weighed(option, [untold]), post, clock, known, some),
        _telling(weighed(option, doubts), post, clock, known, owed),
    )


def refuse_if_not_organizer(changes: Sequence[Change], post: Post) -> None:
    """Raise KnownError("not_organizer") if these changes touch what somebody else arranged."""
    own = post.own()
    for change in calendar_changes(changes):
        part = arranged_by(change.before, change.after, own)
        if part is None or part.organizer is None:
            continue
        raise KnownError(
            "not_organizer",
            f"'{titled(part.title)}' was arranged by "
            f"{organizer_words(part.organizer)}, so only they can change it. Nothing was changed.",
            "Propose another time to them, or answer the invitation.",
        )


def of_others(source: CalendarObject, occurrence: Occurrence, post: Post) -> bool:
    """Whether somebody else arranged it, so that the user can only answer."""
    organizer = part_for(source, occurrence.uid, occurrence.recurrence_id).organizer
    return organizer is not None and organizer.mail not in post.own()


def outgoing(
    post: Post,
    clock: Clock,
    kind: Kind,
    text: str,
    *,
    sender: Address,
    to: Sequence[Address],
    comment: str = "",
) -> Change:
    """The change that puts a message about an event into the Outbox; `text` is its calendar."""
    words = event_words(text, clock)
    body = body_of(kind, words, sender.label, clock, comment)
    subject = subject_of(kind, words)
    content = calendar_message(
        sender=sender,
        to=to,
        subject=subject,
        body=body,
        calendar=text,
        method=kind.method,
        date=clock.now,
    )
    said = (comment,) if comment else ()
    return post.outgoing(
        content,
        summary=f"Send the {kind.noun} “{subject}” to {listed([full_label(each) for each in to])}",
        becomes=(
            f"To: {', '.join(map(full_label, to))}",
            f"Subject: {subject}",
            words.line(),
            *said,
        ),
        kind=f"send {kind.noun}",
    )


def own_sender(post: Post, mail: str) -> Address:
    """The user as the sender under one of their addresses. Raises KnownError("no_own_address")."""
    return replace(post.sender(), mail=mail)


def in_outbox(noun: str, to: Sequence[Address]) -> str:
    """The sentence that says where a message is after the user agreed."""
    return f"The {noun} to {listed([full_label(each) for each in to])} is in the Outbox."


def _telling(
    option: Option, post: Post, clock: Clock, known: Acquaintances, owed: Sequence[Notice]
) -> Option:
    """The option with these messages; guests no mail reaches are named."""
    told: list[Change] = []
    done: list[str] = []
    named: dict[str, Address] = {}
    for notice in owed:
        if not notice.guests:
            continue
        kind = _kind(notice)
        to = [known.address(guest) for guest in notice.guests]
        sender = own_sender(post, notice.organizer)
        told.append(outgoing(post, clock, kind, notice.text, sender=sender, to=to))
        done.append(in_outbox(kind.noun, to))
        named |= {each.mail: each for each in to}
    silent = list(dict.fromkeys(shown(each) for notice in owed for each in notice.silent))
    if silent:
        option = weighed(option, [f"{listed(silent, most=3)} cannot be told: no mail address"])
    verb = "inviting" if named and all(each.new for each in owed) else "telling"
    whom = listed([full_label(each) for each in named.values()]) or "nobody"
    later = LEAVES_LATER if len(done) == 1 else LEAVE_LATER
    closing = [*done, later] if done else ["Nobody is told."]
    return replace(
        option,
        label=f"{option.label}, {verb} {whom}",
        changes=(*option.changes, *told),
        done=" ".join([option.done, *closing]),
    )


def _kind(notice: Notice) -> Kind:
    if notice.method == "CANCEL":
        return CANCELLATION
    return INVITATION if notice.new else UPDATE


def calendar_changes(changes: Sequence[Change]) -> list[Change]:
    """Those of the calendar's files."""
    return [each for each in changes if each.target.startswith(_ROOM)]
