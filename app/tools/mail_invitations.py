"""Invitations that lie in a message and perhaps in no calendar yet, found by the user's words.

Reads mail; what is done with an invitation lies in `calendar_respond`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.calendars.answers import Received, read_received
from app.calendars.occurrences import instant, with_id
from app.calendars.recurrence import UnreadableCalendarError, entries
from app.core.errors import KnownError
from app.core.ports import Asked, Clock, Occurrence
from app.mail.model import Envelope, MailQuery
from app.mail.store import Mailbox
from app.tools.event_reading import readings
from app.tools.event_references import events_among
from app.tools.event_words import ARTICLES, GENERIC, words_of
from app.tools.mail_query import singular
from app.tools.people_words import person_label
from app.tools.pointing import pointing_in
from app.tools.wording import one_line

MESSAGE_ID = re.compile(r"m[1-9][0-9]{0,17}")
_NOUNS = frozenset(("invitation", "invite", "mail", "email", "message", "request"))
_OPEN = frozenset(("pending", "open", "new", "unanswered"))
_LOOKED_AT = 50
"""So many messages of a search are opened, the newest."""

_AHEAD = timedelta(days=400)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class MailInvitation:
    """A message that invites, what it invites to, and when that is next.

    The id of `occurrence` is the message's; it belongs to no file.
    """

    message: Envelope
    received: Received
    occurrence: Occurrence


def invitations_meant(
    reference: str, asked: Asked, mailbox: Mailbox, *, locale: str
) -> tuple[MailInvitation, ...]:
    """The invitations in the mail that the words fit, the newest version of each; () for none.

    Called-off ones are among them (method CANCEL). `reference` may be the id of a message.
    """
    text = reference.strip()
    if MESSAGE_ID.fullmatch(text):
        return _newest(_opened(mailbox.envelopes([text]), mailbox, asked.clock))
    pointing = pointing_in(text, _NOUNS)
    if pointing is not None:
        group = next((ids for ids in asked.recent if any(map(MESSAGE_ID.fullmatch, ids))), ())
        meant = pointing.among([each for each in group if MESSAGE_ID.fullmatch(each)])
        found = _newest(_opened(mailbox.envelopes(meant), mailbox, asked.clock))
        if found or not pointing.loose:
            return found
    found = _newest(_opened(_candidates(text, asked, mailbox, locale), mailbox, asked.clock))
    if names_none(text):
        return found
    by_id = {each.occurrence.id: each for each in found}
    fitting = events_among(text, [each.occurrence for each in found], asked.clock, locale=locale)
    return tuple(by_id[each.id] for each in fitting)


def in_one_line(found: MailInvitation, today: date) -> str:
    """What a choice shows of it."""
    return f"{one_line(found.occurrence, today)}, from {person_label(found.message.sender)}"


def names_none(text: str) -> bool:
    """Whether the words are for any invitation: "the invite", "my pending invitation"."""
    words = [word for word in words_of(text) if word not in ARTICLES]
    asked = {"invitation", "invite", "request"}.intersection(words)
    return bool(asked) and all(word in _OPEN or word in GENERIC for word in words)


def points_at_mail(text: str) -> bool:
    """Whether the words only point at what was shown: "it", "that invitation"."""
    return pointing_in(text, _NOUNS) is not None


def _candidates(text: str, asked: Asked, mailbox: Mailbox, locale: str) -> list[Envelope]:
    """Messages that may hold the invitation: by the words that name it, else the newest."""
    found: dict[str, Envelope] = {}
    for wanted in readings(text, asked.clock, locale):
        words = singular(tuple(each for each in wanted.words if each not in GENERIC | _OPEN))
        for each in mailbox.search(MailQuery(words=words), _LOOKED_AT).items:
            found.setdefault(each.id, each)
    return list(found.values())


def _opened(
    messages: Iterable[Envelope], mailbox: Mailbox, clock: Clock
) -> Iterable[MailInvitation]:
    for message in messages:
        try:
            text = mailbox.body(message).calendar
        except KnownError:
            continue  # what cannot be read invites nobody
        received = read_received(text) if text else None
        if received is None or received.method not in ("REQUEST", "CANCEL"):
            continue
        try:
            occurrence = _next_of(received, message.id, clock)
        except OverflowError:
            continue  # a time, or a length, that no calendar holds
        if occurrence is not None:
            yield MailInvitation(message, received, occurrence)


def _newest(found: Iterable[MailInvitation]) -> tuple[MailInvitation, ...]:
    """Of several versions of an event the last one, newest messages first."""
    latest: dict[str, MailInvitation] = {}
    for each in sorted(found, key=_version):
        latest[each.received.uid] = each
    return tuple(sorted(latest.values(), key=lambda each: each.message.date, reverse=True))


def _version(invitation: MailInvitation) -> tuple[int, datetime]:
    return invitation.received.leading.sequence, invitation.message.date


def _next_of(received: Received, message_id: str, clock: Clock) -> Occurrence | None:
    """The first occurrence that is not over, else the first of all; None if there is none."""
    now = clock.now
    first = instant(received.leading.event["DTSTART"].dt, clock.zone)
    if first.astimezone(UTC) > (now + _AHEAD).astimezone(UTC):
        windows = [(first, first + _DAY)]
    else:
        windows = [(now, now + _AHEAD), (first, first + _DAY)]
    try:
        for start, end in windows:
            found = entries(received.source, start, end)
            if found:
                return with_id(found[0].occurrence, message_id)
    except UnreadableCalendarError:
        pass
    if received.method != "CANCEL":
        return None
    return _called_off(received, message_id, first)


def _called_off(received: Received, message_id: str, start: datetime) -> Occurrence:
    """A cancelled event, which has no occurrences, at its time."""
    part = received.leading
    return Occurrence(
        id=message_id,
        uid=received.uid,
        recurrence_id=part.recurrence_id,
        path="",
        title=part.title,
        start=start,
        end=start,
        all_day=False,
        organizer=part.organizer.label if part.organizer else "",
    )
