"""Events and messages as lines to open, and opened to be read, from calendars and mail. No Qt.

Text by others is made harmless to show here. Everything is read as it is now: what is gone since
a turn found it has no line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from app.core.errors import KnownError
from app.core.ports import Clock, Occurrence
from app.core.text import printable
from app.ui.views import (
    LinkLine,
    Opened,
    OpenedEvent,
    OpenedMessage,
    OpenedNothing,
    ResultRow,
)

if TYPE_CHECKING:
    from app.calendars.vdir import Vdir
    from app.mail.model import Body, Envelope
    from app.mail.store import Mailbox

_GONE = "It is not there any more."


class ResultReader:
    """Reads events and messages by their ids; use it in the thread that opened the rooms."""

    def __init__(self, calendar: Vdir, mailbox: Mailbox, clock: Callable[[], Clock]) -> None:
        self._calendar = calendar
        self._mailbox = mailbox
        self._clock = clock

    def rows(self, ids: Sequence[str]) -> tuple[ResultRow, ...]:
        """A line for each that is still there, in the order of `ids`, each once."""
        now = self._now()
        wanted = list(dict.fromkeys(ids))
        found: dict[str, ResultRow] = {}
        messages = [each for each in wanted if each.startswith("m")]
        if messages:
            for envelope in self._mailbox.envelopes(messages):
                found[envelope.id] = _message_row(envelope, now)
        for each in wanted:
            if each.startswith("e"):
                event = self._event(each, now)
                if event is not None:
                    found[each] = _event_row(event, now.date())
        return tuple(found[each] for each in wanted if each in found)

    def open(self, result: str) -> Opened:
        """One of them to be read."""
        now = self._now()
        try:
            if result.startswith("m"):
                envelope = self._mailbox.get(result)
                if envelope is None:
                    return OpenedNothing(result, _GONE)
                return _opened_message(envelope, self._mailbox.body(envelope), now)
            event = self._calendar.by_id(result, now)
            if event is None:
                return OpenedNothing(result, _GONE)
            return self._opened_event(event, now)
        except KnownError as error:
            return OpenedNothing(result, error.sentence())

    def _event(self, short_id: str, now: datetime) -> Occurrence | None:
        try:
            return self._calendar.by_id(short_id, now)
        except KnownError:
            return None  # its file cannot be read now; opening it says why

    def _opened_event(self, event: Occurrence, now: datetime) -> OpenedEvent:
        from app.calendars.details import details_of
        from app.tools.people_words import organizer_words
        from app.tools.wording import shown, title_of

        details = details_of(self._calendar.source(event.path), event)
        return OpenedEvent(
            id=event.id,
            title=title_of(event),
            time=_event_time(event, now.date()),
            calendar=shown(event.path.split("/")[1]),
            where=shown(event.where),
            people=tuple(map(shown, details.people)),
            organizer=organizer_words(details.organizer) if details.organizer else "",
            repeats=_repeats(details.rrule, event),
            notes=printable(details.notes).strip(),
        )

    def _now(self) -> datetime:
        clock = self._clock()
        return clock.now


def message_time(moment: datetime, now: datetime) -> str:
    """When a message was written, near `now` in words: "09:12", "Yesterday 09:12", "Mon 16 Nov"."""
    from app.tools.wording import clock_time, short_day

    local = moment.astimezone(now.tzinfo)
    days = (now.date() - local.date()).days
    if days == 0:
        return clock_time(local)
    if days == 1:
        return f"Yesterday {clock_time(local)}"
    return short_day(local.date(), now.date())


def _message_row(envelope: Envelope, now: datetime) -> ResultRow:
    from app.tools.mail_wording import is_own, people_of, subject_of

    own = is_own(envelope, ())
    people = people_of(envelope, ())
    return ResultRow(
        id=envelope.id,
        title=subject_of(envelope),
        time=message_time(envelope.date, now),
        beside=f"{people[:1].upper()}{people[1:]}" if own else people,
        unread=envelope.unread and not own,
        warning=bool(envelope.warnings),
    )


def _event_row(event: Occurrence, today: date) -> ResultRow:
    from app.tools.wording import beside, day_and_times, listed, shown, title_of

    people = listed(beside(event.title, event.attendees), most=3)
    return ResultRow(
        id=event.id,
        title=title_of(event),
        time=day_and_times(event, today),
        beside=", ".join(filter(None, (people and f"with {people}", shown(event.where)))),
    )


def _event_time(event: Occurrence, today: date) -> str:
    from app.tools.wording import near_day, when_of

    return f"{near_day(event.start.date(), today)}, {when_of(event)}"


def _repeats(rrule: str, event: Occurrence) -> str:
    """How it repeats, in words; a rule that Phial has no words for merely repeats."""
    from app.tools.when import say_repetition

    zone = event.start.tzinfo
    if not rrule or not isinstance(zone, ZoneInfo):
        return ""
    try:
        return say_repetition(rrule, event.start.date(), zone)
    except (KeyError, ValueError, KnownError):
        return "repeats"


def _opened_message(envelope: Envelope, body: Body, now: datetime) -> OpenedMessage:
    from app.tools.mail_wording import subject_of
    from app.tools.people_words import full_label
    from app.tools.wording import clock_time, near_day, shown, size_words

    local = envelope.date.astimezone(now.tzinfo)
    left = []
    if body.hidden:
        left.append("Text that its sender had hidden is not shown.")
    if body.remote_images:
        left.append("Pictures from the internet are not loaded.")
    return OpenedMessage(
        id=envelope.id,
        subject=subject_of(envelope),
        sender=full_label(envelope.sender),
        to=", ".join(map(full_label, envelope.to)),
        cc=", ".join(map(full_label, envelope.cc)),
        time=f"{near_day(local.date(), now.date())}, {clock_time(local)}",
        folder=shown(envelope.folder),
        labels=tuple(map(shown, envelope.labels)),
        text=printable(body.text).strip(),
        quoted=printable(body.quoted).strip(),
        links=tuple(
            LinkLine(shown(each.text), shown(each.host), each.address) for each in body.links
        ),
        attachments=tuple(
            f"{shown(each.name)} ({size_words(each.size)})" for each in body.attachments
        ),
        warnings=tuple(map(printable, envelope.warnings)),
        left_out=" ".join(left),
    )
