"""Writing when an event is, in the manner its file already has: zone, kind, DTEND or DURATION."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.calendars.components import Component
from app.calendars.editing import written_like
from app.calendars.guests import all_of
from app.calendars.lines import with_parameter
from app.calendars.occurrences import instant
from app.calendars.series import Shift
from app.core import moments

_DAY = timedelta(days=1)

Moment = date | datetime


def set_times(component: Component, event: Any, start: Moment, end: Moment) -> None:
    """Let `event`, written in `component`, be from `start` to `end`.

    Both are dates (`end` exclusive) for an event of whole days; else both are naive for a floating
    event whose wall they show, or aware. A length that is written (DURATION), or goes without
    saying, stays as it is if it is still right.
    """
    if isinstance(event["DTSTART"].dt, datetime) != isinstance(start, datetime):
        raise ValueError("an event of whole days stays one")
    like = event["DTSTART"].dt
    first = component.all("DTSTART")[0]
    component.replace(first, *_told(start, like, first.parameters))
    length = between(start, end)
    if "DTEND" in event:
        last = component.all("DTEND")[0]
        if isinstance(event["DTEND"].dt, datetime) == isinstance(like, datetime):
            first, like = last, event["DTEND"].dt
        component.replace(last, *_told(end, like, first.parameters))
    elif length != length_of(event):
        component.set("DURATION", _duration(length, days=not isinstance(start, datetime)))


def length_of(event: Any) -> timedelta:
    """How long an event is, in real time; in days for one of whole days."""
    start: Moment = event["DTSTART"].dt
    if "DTEND" not in event:
        usual = timedelta() if isinstance(start, datetime) else _DAY
        length: timedelta = event["DURATION"].dt if "DURATION" in event else usual
        return max(length, timedelta())
    end: Moment = event["DTEND"].dt
    if not isinstance(start, datetime):
        last = end.date() if isinstance(end, datetime) else end
        return max(last - start, _DAY)
    exact = instant(end, UTC) - instant(start, UTC)
    # A start inside a spring gap moves past its end; the length on the wall holds.
    return exact if exact > timedelta() else max(_wall(end) - _wall(start), timedelta())


def between(start: Moment, end: Moment) -> timedelta:
    """The real time from one to the other; whole days between dates."""
    if isinstance(start, datetime) and isinstance(end, datetime) and start.tzinfo is not None:
        return moments.between(start, end)
    return _wall(end) - _wall(start)


def after(start: Moment, length: timedelta) -> Moment:
    """`length` of real time later, as a value of the same kind."""
    if isinstance(start, datetime) and start.tzinfo is not None:
        return moments.after(start, length)
    return start + length


def move_dates(component: Component, event: Any, name: str, shift: Shift) -> None:
    """Let the EXDATE or RDATE lines of a series go with it; those before its start go."""
    pairs = list(zip(component.all(name), all_of(event.get(name)), strict=True))
    for line, dates in reversed(pairs):
        values = zip(line.value.strip().split(","), dates.dts, strict=True)
        moved = [_moved_date(text, each.dt, shift) for text, each in values if shift.keeps(each.dt)]
        if moved:
            component.replace(line, line.parameters, ",".join(moved))
        else:
            component.remove(line)


def _moved_date(text: str, value: Any, shift: Shift) -> str:
    """One date of a list; of a period its start, and its end if that is a time."""
    if not isinstance(value, tuple):
        return written_like(shift.value(value), value)
    start, end = value
    moved = shift.value(start)
    last = text.split("/")[1]
    if isinstance(end, datetime):
        last = written_like(after(moved, between(start, end)), end)
    return f"{written_like(moved, start)}/{last}"


def _told(moment: Moment, like: Moment, parameters: str) -> tuple[str, str]:
    """Parameters and value for a time in the manner of one that has these parameters."""
    if isinstance(moment, datetime) and isinstance(like, datetime):
        return _timed(moment, like, parameters)
    return parameters, f"{moment:%Y%m%d}"


def _timed(moment: datetime, like: datetime, parameters: str) -> tuple[str, str]:
    if like.tzinfo is None:
        return parameters, f"{moment:%Y%m%dT%H%M%S}"
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=like.tzinfo)
    local = moment.astimezone(like.tzinfo)
    if local.replace(fold=0).astimezone(UTC) != local.astimezone(UTC):
        # The second time of an hour that comes twice has no name in its zone (RFC 5545, 3.3.5).
        return with_parameter(parameters, "TZID", ""), f"{local.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return parameters, written_like(local, like)


def _wall(value: Moment) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time())


def _duration(length: timedelta, *, days: bool) -> str:
    if days:
        return f"P{length.days}D"
    seconds = int(length.total_seconds())
    parts = ((seconds // 3600, "H"), (seconds // 60 % 60, "M"), (seconds % 60, "S"))
    return "PT" + ("".join(f"{count}{unit}" for count, unit in parts if count) or "0S")
