"""What a message about an event says to people: subject, text, and the lines of its card.

Read from the calendar text that goes with it, so that both say the same. English only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app.calendars.guests import all_of
from app.calendars.occurrences import instant
from app.calendars.recurrence import parse
from app.core.moments import after
from app.core.ports import Clock
from app.tools.when import say_day, say_repetition
from app.tools.wording import listed, shown, stretch, titled

_MOST = 3
"""Of several occurrences so many are named."""


@dataclass(frozen=True)
class Kind:
    """A kind of message about an event, and how it is spoken of.

    `subject` goes before the title; `noun` is it in a sentence ("The invitation to Anna is …");
    `opening` is its first line, with places for who writes and for the title.
    """

    method: str
    subject: str
    noun: str
    opening: str


INVITATION = Kind("REQUEST", "Invitation", "invitation", "{me} invites you to “{title}”.")
UPDATE = Kind("REQUEST", "Updated", "update", "{me} has changed “{title}”.")
CANCELLATION = Kind("CANCEL", "Cancelled", "cancellation", "{me} has cancelled “{title}”.")
ACCEPTED = Kind("REPLY", "Accepted", "answer", "{me} accepts “{title}”.")
TENTATIVE = Kind("REPLY", "Tentative", "answer", "{me} may come to “{title}”.")
DECLINED = Kind("REPLY", "Declined", "answer", "{me} declines “{title}”.")
PROPOSED = Kind(
    "COUNTER", "New time proposed", "answer", "{me} proposes another time for “{title}”."
)


@dataclass(frozen=True)
class EventWords:
    """An event of a message in words: its times one by one, in the zone of the clock."""

    title: str
    times: tuple[str, ...]
    repeats: str = ""
    where: str = ""
    notes: str = ""

    def line(self) -> str:
        """Times and repetition on one line."""
        times = listed(self.times, most=_MOST)
        return f"{times}, {self.repeats}" if self.repeats else times


def event_words(text: str, clock: Clock) -> EventWords:
    """The event a message's calendar text is about."""
    source = parse("", text)
    assert source is not None, "a message about nothing"
    first = source.events[0]
    ruled = [each for each in source.events if "RRULE" in each]
    rule = all_of(ruled[0].get("RRULE"))[0].to_ical().decode() if ruled else ""
    times = tuple(dict.fromkeys(_time(each, clock) for each in source.events))
    return EventWords(
        title=titled(str(first.get("SUMMARY", ""))),
        times=times if not ruled else (_time(ruled[0], clock),),
        repeats=say_repetition(rule, _day(ruled[0]["DTSTART"].dt), clock.zone) if rule else "",
        where=shown(str(first.get("LOCATION", ""))),
        notes=str(first.get("DESCRIPTION", "")),
    )


def subject_of(kind: Kind, words: EventWords) -> str:
    """Invitation: lunch."""
    return f"{kind.subject}: {words.title}"


def body_of(kind: Kind, words: EventWords, me: str, clock: Clock, comment: str = "") -> str:
    """The text of the message, for programs that do not read calendars too."""
    lines = [kind.opening.format(me=me, title=words.title), ""]
    lines.append(f"When: {words.line()} ({clock.zone.key})")
    if kind.method == "REQUEST" and words.where:
        lines.append(f"Where: {words.where}")
    if kind.method == "REQUEST" and words.notes:
        lines += ["", words.notes]
    if comment:
        lines += ["", comment]
    return "\n".join(lines) + "\n"


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _time(event: Any, clock: Clock) -> str:
    """Friday 20 November 2026, 12:00\u201313:00."""
    begin = event["DTSTART"].dt
    all_day = not isinstance(begin, datetime)
    start = instant(begin, clock.zone)
    if "DTEND" in event:
        end = instant(event["DTEND"].dt, clock.zone)
    elif "DURATION" in event:
        end = after(start, event["DURATION"].dt)
    else:
        end = start + timedelta(days=1) if all_day else start
    return f"{say_day(start.date())}, {stretch(start, end, all_day=all_day)}"
