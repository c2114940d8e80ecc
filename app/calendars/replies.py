"""What a guest's calendar writes to the organizer of an event (iTIP, RFC 5546). Pure.

What is sent to guests lies in `invitations`; what becomes of the user's own copy in `answers`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.calendars.guests import Guest, guest_of
from app.calendars.invitations import changed_events, lost_dates, together, touched
from app.calendars.itip import (
    EventPart,
    Parts,
    calendar_text,
    line_of,
    parts_of,
    stamp,
    time_line,
)
from app.calendars.lines import text_value, with_parameter
from app.calendars.recurrence import CalendarObject
from app.calendars.times import Moment

Answer = Literal["ACCEPTED", "TENTATIVE", "DECLINED"]


@dataclass(frozen=True)
class Departure:
    """The user's leaving of what somebody else arranged, because it is taken out of the calendar.

    `text` is the REPLY that declines it from the address `me` of the user. It is "" where there is
    nothing to say (it was declined before) or no way to say it (the user is not among its guests,
    the organizer has no mail address, a series is left from some date on).
    """

    organizer: Guest
    me: str = ""
    text: str = ""


def departures(
    before: str | None, after: str | None, own: Collection[str], *, now: datetime
) -> tuple[Departure, ...]:
    """Which events of others the user leaves when the calendar `before` becomes `after`."""
    found = []
    for old, new in changed_events(before, after):
        for part in touched(old, new):
            if part.organizer is not None and part.organizer.mail not in own:
                found.append(_departure(before or "", part.organizer, old, new, own, now))
                break
    return tuple(found)


def _departure(
    before: str, organizer: Guest, old: Parts, new: Parts, own: Collection[str], now: datetime
) -> Departure:
    left = _left(old, new)
    answers: list[str] = []
    me = ""
    for part, key in left:
        mine = own_guest(part, own)
        if mine is not None and mine.status != "DECLINED" and organizer.mail:
            me = me or mine.mail
            lines = [*_answer_lines(part, mine.mail, "DECLINED", "", now), *part.time_lines(key)]
            answers.append(calendar_text("REPLY", [lines], before))
    text = ""
    for each in answers:
        text = together(text, each) if text else each
    return Departure(organizer, me, text)


def _left(old: Parts, new: Parts) -> list[tuple[EventPart, str]]:
    """What is left, by recurrence id, each with the part that says who is invited to it."""
    series = old.get("")
    if series is None:
        return [] if new else [(part, key) for key, part in old.items()]
    found = []
    for key in sorted(lost_dates(old, new)) if new else [""]:
        part = old.get(key)
        # A changed occurrence may not name again who was invited to the series.
        found.append((series if part is None or part.organizer is None else part, key))
    return found


def own_guest(part: EventPart, own: Collection[str]) -> Guest | None:
    """The user among the guests, None where they are not named."""
    return next((each for each in part.others if each.mail in own), None)


def reply(
    source: CalendarObject,
    uid: str,
    recurrence_id: str,
    me: str,
    answer: Answer,
    *,
    comment: str = "",
    now: datetime,
) -> str:
    """The REPLY in which the guest with the address `me` answers an invitation.

    For the whole event or, with a recurrence id, for that occurrence. Raises KeyError where the
    event or the guest is not in `source`.
    """
    part = part_for(source, uid, recurrence_id)
    times = part.time_lines(recurrence_id)
    lines = [*_answer_lines(part, me, answer, comment, now), *times]
    return calendar_text("REPLY", [lines], source.text)


def counter(
    source: CalendarObject,
    uid: str,
    recurrence_id: str,
    me: str,
    times: tuple[Moment, Moment],
    *,
    comment: str = "",
    now: datetime,
) -> str:
    """The COUNTER in which the guest `me` proposes another start and end: dates, or aware times.

    Raises KeyError as `reply`.
    """
    part = part_for(source, uid, recurrence_id)
    start, end = times
    lines = [
        *_answer_lines(part, me, "TENTATIVE", comment, now),
        *part.recurrence_lines(recurrence_id),
        time_line("DTSTART", start),
        time_line("DTEND", end),
    ]
    return calendar_text("COUNTER", [lines], source.text, times)


def part_for(source: CalendarObject, uid: str, recurrence_id: str) -> EventPart:
    """The part that holds for an occurrence; for the whole event any, where it has none itself.

    Raises KeyError where there is no such event.
    """
    parts = parts_of(source)[uid]
    return parts.get(recurrence_id) or parts.get("") or next(iter(parts.values()))


def answered(parameters: str, answer: Answer) -> str:
    """The parameters of an ATTENDEE line with that answer; nothing is asked any more."""
    return with_parameter(with_parameter(parameters, "RSVP", ""), "PARTSTAT", answer)


def _answer_lines(
    part: EventPart, me: str, answer: Answer, comment: str, now: datetime
) -> Iterator[str]:
    """What both kinds of answer say: which event, of which version, and who answers what."""
    mine = [each for each in part.block.all("ATTENDEE") if guest_of(each).mail == me]
    if not mine:
        raise KeyError(me)
    for name in ("UID", "ORGANIZER", "SUMMARY"):
        yield from (line_of(each) for each in part.block.all(name)[:1])
    yield f"ATTENDEE{answered(mine[0].parameters, answer)}:{mine[0].value}"
    yield f"SEQUENCE:{part.sequence}"
    yield stamp(now)
    if comment:
        yield f"COMMENT:{text_value(comment)}"
