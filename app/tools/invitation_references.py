"""Which invitation the user answers: one that is in the calendar, else one that lies in the mail.

What an answer does with it lies in `calendar_respond`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from app.calendars.answers import Received, is_newer, is_older, merged
from app.calendars.guests import Guest
from app.calendars.itip import EventPart, parts_of
from app.calendars.recurrence import CalendarObject, parse
from app.calendars.replies import own_guest, part_for
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, Occurrence
from app.mail.model import Envelope
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.event_references import resolve_events
from app.tools.mail_invitations import (
    MESSAGE_ID,
    MailInvitation,
    in_one_line,
    invitations_meant,
    names_none,
    points_at_mail,
)
from app.tools.people_words import organizer_words
from app.tools.post import Post
from app.tools.recent_events import recent_events
from app.tools.when import find_when
from app.tools.wording import one_line, shown, title_of, titled

_INVITE = re.compile(r"\binvites?\b|\binvitations\b|\b(?:meeting|event) requests?\b", re.IGNORECASE)
_EVENT_ID = re.compile(r"e[1-9][0-9]{0,17}")
_AHEAD = timedelta(days=400)
_KEPT = "Nothing was changed."


@dataclass(frozen=True)
class Invitation:
    """What is answered.

    `source` is its file as it is before the answer, brought up to date with the mail it came in,
    and `before` the file as it lies on the disk, None where it is only in the mail. `occurrence`
    has its event's id. `single`: one occurrence of a series was named. `message` is the mail it
    was found in. `doubts` are to be weighed first.
    """

    occurrence: Occurrence
    source: CalendarObject
    before: str | None
    single: bool = False
    message: Envelope | None = None
    doubts: tuple[str, ...] = ()

    @property
    def uid(self) -> str:
        """The event's UID."""
        return self.occurrence.uid

    @property
    def has_series(self) -> bool:
        """Whether more than this occurrence can be answered."""
        return bool(self.occurrence.recurrence_id) and "" in parts_of(self.source)[self.uid]

    def part(self, recurrence_id: str) -> EventPart:
        """What holds for an occurrence, or for the event itself."""
        return part_for(self.source, self.uid, recurrence_id)


class Invitations:
    """Looks for invitations in one profile, for one request."""

    def __init__(
        self, asked: Asked, calendar: Vdir, settings: Settings, journal: Journal, post: Post
    ) -> None:
        self._asked = asked
        self._now = asked.clock.now
        self._calendar = calendar
        self._settings = settings
        self._journal = journal
        self._post = post

    def find(self, reference: str) -> Invitation:
        """The invitation the words mean.

        Raises KnownError: "event_not_found", "not_invited", "own_event", "invitation_withdrawn",
        "organizer_differs"; AmbiguousError("several_events") about "event".
        """
        text = _INVITE.sub("invitation", reference)
        mails = self._mails(text) if self._is_about_mail(text) else ()
        events, trouble = self._events(text) if not mails else ((), None)
        asked = [each for each in events if self._organizer(each) is not None]
        if not mails and not _EVENT_ID.fullmatch(text.strip()):
            mails = self._mails(text)
        # What waits for an answer goes before what has one.
        fresh = [each for each in mails if self._is_new(each)]
        updated = {each.received.uid for each in fresh}
        waiting = [each for each in asked if self._waits(each) and each.uid not in updated]
        if names_none(text):
            # "The invitation" is one that waits for an answer, whatever it is called.
            if not waiting and not (fresh and self._is_about_mail(text)):
                fresh = [each for each in self._mails("invitation") if self._is_new(each)]
                waiting = [*self._waiting({each.received.uid for each in fresh})]
            asked, mails = [], ()
        for found in ((waiting, fresh), (asked, ()), ((), mails)):
            if any(found):
                return self._only(text, reference, *found)
        if events:
            raise _nobody_asks(events[0], self._is_own(events[0]))
        if trouble is not None and trouble.code != "event_not_found":
            raise trouble
        raise KnownError(
            "event_not_found",
            f"I found no invitation for “{shown(reference)}”, neither in the calendar nor in the "
            f"mail. {_KEPT}",
            "Check the name, or name the mail it came in.",
        )

    def _only(
        self,
        text: str,
        reference: str,
        events: Sequence[Occurrence],
        mails: Sequence[MailInvitation],
    ) -> Invitation:
        """The one there is. Raises AmbiguousError where there are several."""
        if len(events) + len(mails) > 1:
            today = self._now.date()
            raise AmbiguousError(
                "several_events",
                f"“{shown(reference)}” fits {len(events) + len(mails)} invitations. {_KEPT}",
                "Say which one.",
                argument="event",
                choices=(
                    *((each.id, one_line(each, today)) for each in events),
                    *((each.message.id, in_one_line(each, today)) for each in mails),
                ),
            )
        return self._in_calendar(text, events[0]) if events else self._in_mail(mails[0])

    def _is_about_mail(self, text: str) -> bool:
        """Whether it is the id of a message, or points at what was shown and that was mail."""
        if MESSAGE_ID.fullmatch(text.strip()):
            return True
        newest = next(filter(None, self._asked.recent), ())
        return points_at_mail(text) and any(map(MESSAGE_ID.fullmatch, newest))

    def _mails(self, text: str) -> Sequence[MailInvitation]:
        mailbox, locale = self._post.mailbox, self._settings.locale
        return invitations_meant(text, self._asked, mailbox, locale=locale)

    def _is_new(self, found: MailInvitation) -> bool:
        """Whether the calendar does not have it, or not in that version."""
        stored = self._calendar.with_uid(found.received.uid)
        return stored is None or is_newer(found.received, stored)

    def _waiting(self, updated: Collection[str]) -> Sequence[Occurrence]:
        """What is ahead in the calendar and waits for an answer, each event once."""
        entries = self._calendar.read(self._now, self._now + _AHEAD).entries
        first: dict[tuple[str, str], Occurrence] = {}
        for each in entries:
            first.setdefault((each.occurrence.path, each.occurrence.uid), each.occurrence)
        found = [
            each
            for each in first.values()
            if each.uid not in updated and self._organizer(each) is not None and self._waits(each)
        ]
        return self._calendar.identified(found)

    def _waits(self, occurrence: Occurrence) -> bool:
        """Whether the user has not answered it yet."""
        me = own_guest(self._part(occurrence), self._post.own())
        return me is not None and me.status in ("", "NEEDS-ACTION")

    def _events(self, text: str) -> tuple[Sequence[Occurrence], KnownError | None]:
        """What the words may mean in the calendar, or why that cannot be told."""
        try:
            resolved = resolve_events(
                text,
                self._calendar,
                self._asked.clock,
                locale=self._settings.locale,
                recent=recent_events(self._asked, self._journal, self._calendar),
                argument="event",
            )
        except AmbiguousError as error:
            if error.code != "several_events":
                raise
            ids = [value for value, _ in error.choices if _EVENT_ID.fullmatch(value)]
            known = [self._calendar.by_id(each, self._now) for each in ids]
            return [each for each in known if each is not None], error
        except KnownError as error:
            return (), error
        return resolved.occurrences, None

    def _part(self, occurrence: Occurrence) -> EventPart:
        source = self._calendar.source(occurrence.path)
        return part_for(source, occurrence.uid, occurrence.recurrence_id)

    def _organizer(self, occurrence: Occurrence) -> Guest | None:
        """Who waits for an answer, None where nobody does."""
        organizer = self._part(occurrence).organizer
        return None if organizer is None or organizer.mail in self._post.own() else organizer

    def _is_own(self, occurrence: Occurrence) -> bool:
        return self._part(occurrence).organizer is not None

    def _in_calendar(self, text: str, occurrence: Occurrence) -> Invitation:
        source = self._calendar.source(occurrence.path)
        return Invitation(occurrence, source, source.text, self._names_one(text))

    def _names_one(self, text: str) -> bool:
        """Whether the words are for one occurrence of a series: an id, or a time."""
        if _EVENT_ID.fullmatch(text.strip()):
            return True
        return find_when(text, self._asked.clock, locale=self._settings.locale) is not None

    def _in_mail(self, found: MailInvitation) -> Invitation:
        received, message = found.received, found.message
        organizer = received.leading.organizer
        if received.method == "CANCEL":
            raise KnownError(
                "invitation_withdrawn",
                f"“{title_of(found.occurrence)}” was called off since. {_KEPT}",
                "Look at the newest mail about it.",
            )
        if organizer is None or organizer.mail in self._post.own():
            raise _nobody_asks(found.occurrence, organizer is not None)
        doubts = []
        if message.sender.mail != organizer.mail:
            doubts.append(
                f"the mail comes from {shown(message.sender.mail)}, not from "
                f"{organizer_words(organizer)}, who arranges it"
            )
        doubts += [f"the mail is flagged: {each.rstrip('.')}" for each in message.warnings[:1]]
        stored = self._calendar.with_uid(received.uid)
        if stored is None:
            path = self._calendar.new_path(self._settings.calendar, received.uid)
            source, before = _parsed(path, received.source.text), None
        else:
            _require_same_organizer(stored, received, organizer)
            path, before = stored.path, stored.text
            source, more = _up_to_date(stored, received)
            doubts += more
        occurrence = replace(found.occurrence, path=path)
        if source is stored:
            occurrence = self._calendar.next_of(path, self._now) or occurrence
        (occurrence,) = self._calendar.identified([occurrence])
        return Invitation(occurrence, source, before, False, message, tuple(doubts))


def _parsed(path: str, text: str) -> CalendarObject:
    source = parse(path, text)
    assert source is not None, "an invitation without an event"
    return source


def _up_to_date(stored: CalendarObject, received: Received) -> tuple[CalendarObject, list[str]]:
    """The newer version of both, and what is to be said of that."""
    if is_older(received, stored):
        return stored, [
            "the mail is older than what is in your calendar; the newer one is answered"
        ]
    if is_newer(received, stored):
        fresh = _parsed(stored.path, merged(stored, received))
        return fresh, ["your calendar has an older version; it is brought up to date with the mail"]
    return stored, []


def _require_same_organizer(stored: CalendarObject, received: Received, organizer: Guest) -> None:
    """A mail may not take over what somebody else arranged. Raises "organizer_differs"."""
    for part in parts_of(stored)[received.uid].values():
        known = part.organizer
        if known is None or known.mail != organizer.mail:
            whose = organizer_words(known) if known else "you"
            raise KnownError(
                "organizer_differs",
                f"The mail says that {organizer_words(organizer)} arranges "
                f"“{titled(part.title)}”; in your calendar it is arranged by "
                f"{whose}. {_KEPT}",
                "Answer the event in your calendar by its name, or ask who arranged it.",
            )


def _nobody_asks(occurrence: Occurrence, own: bool) -> KnownError:
    if own:
        return KnownError(
            "own_event",
            f"You arranged '{title_of(occurrence)}' yourself, so there is nobody to answer. "
            f"{_KEPT}",
            "Move or cancel it instead.",
        )
    return KnownError(
        "not_invited",
        f"Nobody waits for an answer to '{title_of(occurrence)}': it is no invitation. {_KEPT}",
        "Cancel it if it is off.",
    )
