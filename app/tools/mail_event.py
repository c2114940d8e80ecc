"""The event a message speaks of: from its invitation, else from its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.core.ports import Asked, Occurrence
from app.mail.facts import postal_in
from app.mail.model import Envelope
from app.mail.sentences import LONGEST, shortened
from app.mail.store import Mailbox
from app.tools.mail_dates import Dated, date_in, dates_in, written_at
from app.tools.mail_invitations import invitations_meant
from app.tools.when import WhenKind
from app.tools.wording import day_and_times, shown, title_of

_LABELLED = r"(?im)^[ \t>*-]*(?:{names})\**[ \t]*:\**[ \t]*(?P<value>\S[^\n]{{0,200}})$"
_TITLE = re.compile(_LABELLED.format(names="what|event|title|topic|was|titel|veranstaltung"))
_DAY = re.compile(_LABELLED.format(names="when|date|day|wann|datum|tag"))
_TIME = re.compile(_LABELLED.format(names="time|uhrzeit|zeit|starts?|beginn"))
_PLACE = re.compile(_LABELLED.format(names="where|location|place|venue|room|wo|ort|raum"))
_AT = re.compile(
    r"\b(?:at|in|im) (?P<place>(?:the |our |my )?(?:[A-ZÄÖÜ][\w'&-]{0,40}|room|office|hall)"
    r"(?: (?:[A-ZÄÖÜ0-9][\w'&-]{0,40}|of|the|de|am|und|&)){0,6})"
)
_NO_PLACE = re.compile(
    r"(?:the |our |my )?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:January|February|March|April"
    r"|May|June|July|August|September|October|November|December|Q[1-4]|English|German)\b"
)
_TODAY = re.compile(
    r"\b(?:today|this (?:morning|afternoon|evening)|tonight|yesterday)\b", re.IGNORECASE
)
_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|fwd?|wg|invitation|updated invitation|invite|einladung|reminder|save the date"
    r"|you're invited|confirmed|canceled|cancelled)\s*[:!-]\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class MailEvent:
    """An event as a message tells it. Its times are aware; `end` exclusive, None if not said.

    `said` is its time for the user, "" where the message names none.
    """

    title: str
    said: str
    start: datetime | None = None
    end: datetime | None = None
    all_day: bool = False
    where: str = ""

    def data(self) -> dict[str, object]:
        """For scripts."""
        return {
            "title": self.title,
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
            "all_day": self.all_day,
            "where": self.where,
            "said": self.said,
        }

    def line(self) -> str:
        """For the user."""
        place = f", {self.where}" if self.where else ""
        return f"“{self.title}”: {self.said}{place}"


def events_in(
    envelope: Envelope,
    calendar: str,
    text: str,
    asked: Asked,
    mailbox: Mailbox,
    *,
    locale: str,
    picked: Mapping[str, str],
) -> tuple[MailEvent, ...]:
    """The event of a message; () where it names no time.

    `calendar` is its invitation, "" without one, and `text` what else it says. `picked` are its
    "title", "when" and "where" as a reading model chose them from the text.
    """
    if calendar:
        invited = invitations_meant(envelope.id, asked, mailbox, locale=locale)
        today = asked.clock.today
        if invited:
            return tuple(_of_invitation(each.occurrence, today) for each in invited)
    dated = _when(envelope, text, asked, locale, picked.get("when", ""))
    if dated is None or dated.when is None:
        return ()
    when = dated.when
    title = _value(_TITLE, text) or picked.get("title", "") or _PREFIX.sub("", envelope.subject)
    return (
        MailEvent(
            title=shortened(shown(title), LONGEST // 2) or "(no title)",
            said=dated.said,
            start=when.start,
            end=when.end,
            all_day=when.all_day,
            where=shortened(shown(_where(text, picked.get("where", ""))), LONGEST // 2),
        ),
    )


def _of_invitation(occurrence: Occurrence, today: date) -> MailEvent:
    return MailEvent(
        title=title_of(occurrence),
        said=day_and_times(occurrence, today),
        start=occurrence.start,
        end=occurrence.end,
        all_day=occurrence.all_day,
        where=shown(occurrence.where),
    )


def _when(envelope: Envelope, text: str, asked: Asked, locale: str, picked: str) -> Dated | None:
    """The event's time: as labelled, as chosen, else the first with a clock time, else a day."""
    clock = written_at(envelope, asked.clock.zone)
    labelled = f"{_value(_DAY, text)} {_value(_TIME, text)}".strip()
    for words in (labelled, picked):
        if words and (found := date_in(words, clock, locale=locale)) and found.when is not None:
            return found
    found_all = [
        each
        for each in dates_in(f"{envelope.subject}.\n\n{text}", clock, locale=locale)
        if each.when is not None
    ]
    ahead = [each for each in found_all if _is_ahead(each, clock.now)]
    timed = [each for each in ahead if each.when is not None and not each.when.all_day]
    return next(iter([*timed, *ahead]), None)


def _is_ahead(dated: Dated, written: datetime) -> bool:
    when = dated.when
    assert when is not None
    if (when.kind is WhenKind.SPAN and when.all_day) or dated.is_limit:
        return False  # "next week" and "by Friday" are no events
    if when.all_day and _TODAY.search(dated.text):
        return False
    return (when.end or when.start).timestamp() > written.timestamp()


def _where(text: str, picked: str) -> str:
    if labelled := _value(_PLACE, text):
        return labelled
    if picked:
        return picked
    if postal := postal_in(text):
        return postal[0]
    places = (match["place"] for match in _AT.finditer(text))
    return next((each for each in places if not _NO_PLACE.match(each)), "")


def _value(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match["value"].strip(" *") if match else ""
