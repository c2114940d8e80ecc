"""An answer to an invitation, worked out: a message to who sent it, and a note in the calendar.

Which invitation it is and what is answered is decided by the tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.calendars.answers import with_answer
from app.calendars.guests import Guest
from app.calendars.occurrences import instant
from app.calendars.replies import Answer, counter, own_guest, reply
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked, ToolOutcome
from app.core.proposals import Change, Option, Proposal, version_of
from app.mail.model import Address
from app.tools.clashes import clashes_of
from app.tools.invitation_references import Invitation
from app.tools.invite_text import ACCEPTED, DECLINED, PROPOSED, TENTATIVE, Kind
from app.tools.move_times import Target
from app.tools.new_mail import LEAVES_LATER
from app.tools.option_words import weighed, with_reason
from app.tools.people_words import full_label, organizer_words
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.telling_guests import (
    Acquaintances,
    in_outbox,
    outgoing,
    own_sender,
)
from app.tools.when import say_day
from app.tools.wording import day_and_times, short_day, stretch, title_of, when_of


@dataclass(frozen=True)
class Way:
    """A way to answer: as iTIP has it, and in words ("Accept 'x'", "Accepted 'x'", "accepted")."""

    answer: Answer
    kind: Kind
    verb: str
    past: str
    state: str


WAYS: Mapping[str, Way] = {
    "accept": Way("ACCEPTED", ACCEPTED, "Accept", "Accepted", "accepted"),
    "tentative": Way(
        "TENTATIVE", TENTATIVE, "Tentatively accept", "Tentatively accepted", "tentative"
    ),
    "decline": Way("DECLINED", DECLINED, "Decline", "Declined", "declined"),
    "counter": Way(
        "TENTATIVE", PROPOSED, "Propose another time for", "Proposed another time for", "tentative"
    ),
}
"""By the word of cal_respond's argument."""

_STATES = {"ACCEPTED": "accepted", "TENTATIVE": "tentative", "DECLINED": "declined"}
_ONLY, _WHOLE = "only this occurrence", "the whole series"


class Answering:
    """One answer to one invitation. `target` is the time a counter-proposal names."""

    def __init__(
        self,
        found: Invitation,
        way: Way,
        asked: Asked,
        calendar: Vdir,
        post: Post,
        comment: str,
        target: Target | None = None,
    ) -> None:
        self._found = found
        self._event = found.occurrence
        self._way = way
        self._clock = asked.clock
        self._now = asked.clock.now
        self._calendar = calendar
        self._post = post
        self._comment = comment
        self._target = target
        self._known = Acquaintances.of(post)

    def outcome(self) -> ToolOutcome:
        """The proposal, or the sentence that says that this was answered before."""
        wholes = self._reaches()
        data = {
            "event": self._event.id,
            "title": title_of(self._event),
            "answer": self._way.answer,
            "organizer": self._organizer(wholes[0]).mail,
            "start": self._event.start.isoformat(),
            "end": self._event.end.isoformat(),
        }
        if self._is_answered(wholes[0]):
            sentence = (
                f"You have answered '{title_of(self._event)}', "
                f"{day_and_times(self._event, self._now.date())}, before: {self._way.state}. "
                "Nothing was changed."
            )
            return ToolOutcome(data, sentence, mentions=(self._event.id,))
        options = tuple(option for whole in wholes for option in self._options(whole))
        title = f"{self._way.verb} '{title_of(self._event)}'"
        return ToolOutcome(
            data=data,
            sentence=question(options),
            proposal=Proposal(title, options, declared("cal_respond").risk),
            mentions=self._mentions(options),
        )

    def _reaches(self) -> tuple[bool, ...]:
        """Whether the whole event is answered, or this occurrence; the likeliest first."""
        if not self._event.recurrence_id:
            return (True,)
        if not self._found.has_series or self._target is not None:
            return (False,)
        return (False, True) if self._found.single else (True, False)

    def _which(self, whole: bool) -> str:
        return "" if whole else self._event.recurrence_id

    def _organizer(self, whole: bool) -> Guest:
        organizer = self._found.part(self._which(whole)).organizer
        assert organizer is not None, "an invitation without an organizer"
        return organizer

    def _me(self, whole: bool) -> Guest:
        me = own_guest(self._found.part(self._which(whole)), self._post.own())
        if me is None:
            raise KnownError(
                "not_a_guest",
                f"None of your addresses is among the guests of '{title_of(self._event)}'. "
                "Nothing was changed.",
                "Put the address you were invited by into the settings, then repeat this.",
            )
        return me

    def _is_answered(self, whole: bool) -> bool:
        if self._me(whole).status != self._way.answer or self._comment or self._target:
            return False
        return self._answered(whole) == self._found.before

    def _answered(self, whole: bool) -> str:
        own = self._post.own()
        return with_answer(self._found.source, self._event, own, self._way.answer, whole=whole)

    def _options(self, whole: bool) -> list[Option]:
        """The answer to the organizer; first, where that is a stranger, only a note of it."""
        organizer = self._organizer(whole)
        noted = self._noted(whole)
        if not organizer.mail:
            why = f"{organizer_words(organizer)} has no mail address to answer to"
            return [weighed(self._quiet(whole, noted, why), [why])]
        to = self._known.address(organizer)
        told = replace(
            noted,
            label=f"{noted.label}, telling {full_label(to)}",
            changes=(*noted.changes, self._message(whole, to)),
            done=f"{noted.done} {in_outbox(self._way.kind.noun, (to,))} {LEAVES_LATER}",
        )
        if self._known.knows(organizer.mail):
            return [told]
        why = self._known.doubt(organizer)
        told = weighed(told, [why])
        return [told] if self._wrote(organizer) else [self._quiet(whole, noted, why), told]

    def _quiet(self, whole: bool, noted: Option, why: str) -> Option:
        """The answer in the calendar only. Raises KnownError where nothing could be noted there."""
        if not noted.changes:
            raise KnownError(
                "organizer_unknown",
                f"'{title_of(self._event)}' cannot be answered: {why}. Nothing was changed.",
                "Add who arranged it to your contacts, then repeat this.",
            )
        label, done = noted.label, noted.done
        if self._target is not None:
            label = self._note(whole)
            done = f"Noted '{title_of(self._event)}' as {self._way.state}."
        return replace(
            noted,
            label=f"{label}, in your calendar only: nobody is told",
            done=f"{done} Nobody was told.",
        )

    def _wrote(self, organizer: Guest) -> bool:
        """Whether the mail it lies in comes from the organizer, with nothing wrong about it."""
        message = self._found.message
        if message is None or message.warnings:
            return False
        return message.sender.mail == organizer.mail

    def _noted(self, whole: bool) -> Option:
        """The answer in the calendar, and nobody told."""
        label = note = self._note(whole)
        title = title_of(self._event)
        day = say_day(self._event.start.date())
        done = f"{self._way.past} '{title}' on {day}, {when_of(self._event)}"
        if self._target is not None:
            line = day_and_times(self._event, self._now.date())
            label = f"Propose {self._proposed(near=True)} for '{title}', {line}"
            done = f"{done}: {self._proposed(near=False)}"
        after = self._answered(whole)
        change = None if after == self._found.before else self._change(whole, after, note)
        reasons = self._doubts()
        also = self._target.reason if self._target and not self._target.doubtful else ""
        said = [each for each in (also, *reasons, self._clash()) if each]
        return Option(
            label,
            "; ".join(said),
            (change,) if change else (),
            f"{done}{self._reach(whole).replace(':', ',')}.",
            doubtful=bool(reasons),
        )

    def _note(self, whole: bool) -> str:
        """What the answer does in the calendar: "Accept 'x', Fri 20 Nov 12:00\u201313:00"."""
        verb = self._way.verb if self._target is None else WAYS["tentative"].verb
        line = day_and_times(self._event, self._now.date())
        return f"{verb} '{title_of(self._event)}', {line}{self._reach(whole)}"

    def _reach(self, whole: bool) -> str:
        """How much of a series is answered, "" for a single event."""
        if not self._event.recurrence_id:
            return ""
        return f": {_WHOLE}" if whole else f": {_ONLY}"

    def _change(self, whole: bool, after: str, summary: str) -> Change:
        """The change of the calendar's file."""
        day = short_day(self._event.start.date(), self._now.date())
        lines = [title_of(self._event), f"{day}, {when_of(self._event)}"]
        if self._event.recurrence_id:
            lines.append(_WHOLE if whole else _ONLY)
        lines.append(f"arranged by {organizer_words(self._organizer(whole))}")
        before = _STATES.get(self._me(whole).status, "none yet")
        is_new = self._found.before is None
        return Change(
            target=f"calendar:{self._event.path}",
            kind="add invitation" if is_new else "answer invitation",
            expected_version=version_of(self._found.before),
            before=self._found.before,
            after=after,
            summary=summary,
            was=() if is_new else (*lines, f"your answer: {before}"),
            becomes=(*lines, f"your answer: {self._way.state}"),
        )

    def _message(self, whole: bool, to: Address) -> Change:
        """The answer into the Outbox."""
        me = self._me(whole).mail
        source, uid, which = self._found.source, self._event.uid, self._which(whole)
        now = self._now
        if self._target is not None:
            times = (self._target.start, self._target.end)
            text = counter(source, uid, which, me, times, comment=self._comment, now=now)
        else:
            answer = self._way.answer
            text = reply(source, uid, which, me, answer, comment=self._comment, now=now)
        sender = own_sender(self._post, me)
        return outgoing(
            self._post,
            self._clock,
            self._way.kind,
            text,
            sender=sender,
            to=(to,),
            comment=self._comment,
        )

    def _proposed(self, *, near: bool) -> str:
        """The time proposed: "Fri 20 Nov, 15:00\u201316:00"."""
        start, end = self._when()
        day = short_day(start.date(), self._now.date()) if near else say_day(start.date())
        return f"{day}, {stretch(start, end, all_day=self._event.all_day)}"

    def _doubts(self) -> list[str]:
        """What to weigh before the answer goes out."""
        found = list(self._found.doubts)
        if self._event.end.timestamp() <= self._now.timestamp():
            found.append("it is over")
        if self._target is not None:
            if self._target.doubtful:
                found.append(self._target.reason)
            if self._when()[0].timestamp() <= self._now.timestamp():
                found.append("the time proposed lies in the past")
        return found

    def _when(self) -> tuple[datetime, datetime]:
        """The time of it that is answered, or proposed."""
        if self._target is None:
            return self._event.start, self._event.end
        zone = self._clock.zone
        return instant(self._target.start, zone), instant(self._target.end, zone)

    def _clash(self) -> str:
        """What else takes up that time, of something the user comes to."""
        if self._way.answer == "DECLINED":
            return ""
        clashes = clashes_of(
            self._calendar,
            [self._when()],
            self._now.date(),
            all_day=self._event.all_day,
            but=lambda each: (each.path, each.uid) == (self._event.path, self._event.uid),
        )
        return clashes.words

    def _mentions(self, options: tuple[Option, ...]) -> tuple[str, ...]:
        """The event, the mail it came in, and the answer."""
        message = self._found.message
        sent = [each for each in options[0].changes if each.target.startswith("mail:")]
        return (
            self._event.id,
            *([message.id] if message else []),
            *(self._post.id_of(each) for each in sent),
        )


def question(options: tuple[Option, ...]) -> str:
    """The options as one question."""
    if len(options) > 1:
        return "Which? " + "; ".join(map(with_reason, options))
    return f"{with_reason(options[0])}?"
