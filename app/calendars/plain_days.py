"""On which days a plain event lies, told from its text alone: spares most files the parser."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

_EVENT = re.compile(r"^BEGIN:VEVENT\r?\n(.*?)^END:VEVENT\r?$", re.MULTILINE | re.DOTALL)
_REPEATS = re.compile(r"^(?:RRULE|RDATE|RECURRENCE-ID|DURATION)[;:]", re.MULTILINE)
_TIME = r"^{}(?:;(?:TZID|VALUE)=[^:\r\n]*)?:(\d{{4}})(\d\d)(\d\d)(?:T\d{{6}}Z?)?\r?$"
_START = re.compile(_TIME.format("DTSTART"), re.MULTILINE)
_END = re.compile(_TIME.format("DTEND"), re.MULTILINE)


def plain_days(text: str) -> tuple[date, date] | None:
    """First and last day of the one plain event in a text; None where only the parser can tell."""
    plain = re.sub(r"\r?\n[ \t]", "", text).strip()
    if not plain.startswith("BEGIN:VCALENDAR") or not plain.endswith("END:VCALENDAR"):
        return None
    events = _EVENT.findall(plain)
    if len(events) != 1 or _REPEATS.search(events[0]):
        return None
    starts, ends = _START.findall(events[0]), _END.findall(events[0])
    if len(starts) != 1 or len(ends) > 1 or len(re.findall(r"^DTEND", events[0], re.M)) > len(ends):
        return None
    try:
        first = date(*map(int, starts[0]))
        return first, max(first, date(*map(int, (ends or starts)[0])))
    except ValueError:
        return None


def lies_outside(days: tuple[date, date] | None, start: datetime, end: datetime) -> bool:
    """Whether an event of these days is certainly far from [start, end)."""
    if days is None:
        return False
    # Two days hold every difference of zones and the day an all-day event without an end lasts.
    far = timedelta(days=2)
    return days[1] < start.date() - far or days[0] > end.date() + far
