"""What would change in the calendar, as whole texts before and after. Pure: no file is touched.

New events are written by icalendar; events that exist are edited line by line, so that what other
programs wrote into them stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.calendars.lines import (
    Block,
    Property,
    event_blocks,
    folded,
    line_end,
    logical_lines,
)
from app.calendars.recurrence import (
    CalendarObject,
    instant,
    is_recurring,
    recurrence_id_of,
    recurrence_time,
)
from app.calendars.vdir import FOLDER
from app.core.ports import Occurrence
from app.core.proposals import Change, version_of

Scope = Literal["this", "following", "all"]

PRODID = "-//Phial//Phial calendar//EN"
NO_ADDRESS = "invalid:nomail"
"""The calendar address of a guest known by name only; Apple's calendars write the same."""

_LAST_TIMEZONE_YEAR = 2037


@dataclass(frozen=True)
class NewEvent:
    """An event to add. `start` and `end` are both dates (`end` exclusive) or both aware times.

    `rrule` is an RFC 5545 rule without its name, "" for none. `remind` is how long before the
    start to show a reminder. `attendees` are names or addresses; nobody is invited.
    """

    title: str
    start: date | datetime
    end: date | datetime
    attendees: tuple[str, ...] = ()
    where: str = ""
    notes: str = ""
    rrule: str = ""
    remind: timedelta | None = None


def plan_create(
    event: NewEvent,
    *,
    now: datetime,
    summary: str,
    calendar: str = "personal",
    new_uid: Callable[[], str] = lambda: str(uuid4()),
) -> Change:
    """The change that adds `event` to `calendar`. `now` is aware; the file must not exist."""
    from icalendar import Alarm, Calendar, Event, vCalAddress, vRecur

    uid = new_uid()
    component = Event()
    component.add("UID", uid)
    component.add("DTSTAMP", now.astimezone(UTC))
    component.add("CREATED", now.astimezone(UTC))
    component.add("SEQUENCE", 0)
    component.add("SUMMARY", event.title)
    component.add("DTSTART", _zoned(event.start))
    component.add("DTEND", _zoned(event.end))
    for name, text in (("LOCATION", event.where), ("DESCRIPTION", event.notes)):
        if text:
            component.add(name, text)
    if event.rrule:
        component.add("RRULE", vRecur.from_ical(event.rrule))
    for attendee in event.attendees:
        # Without ORGANIZER this is no scheduling object: no program sends anything to them.
        address = vCalAddress(f"mailto:{attendee}" if "@" in attendee else NO_ADDRESS)
        address.params["CN"] = attendee
        component.add("ATTENDEE", address)
    if event.remind is not None:
        alarm = Alarm()
        alarm.add("ACTION", "DISPLAY")
        alarm.add("DESCRIPTION", event.title)
        alarm.add("TRIGGER", -event.remind)
        component.add_component(alarm)
    whole = Calendar()
    whole.add("PRODID", PRODID)
    whole.add("VERSION", "2.0")
    whole.add_component(component)
    last = _LAST_TIMEZONE_YEAR if event.rrule else event.end.year + 1
    whole.add_missing_timezones(
        first_date=date(event.start.year - 1, 1, 1),
        last_date=date(max(last, event.end.year + 1), 12, 31),
    )
    return Change(
        target=f"calendar:{FOLDER}/{calendar}/{uid}.ics",
        kind="create event",
        expected_version="",
        before=None,
        after=whole.to_ical().decode(),
        summary=summary,
    )


def _zoned(value: date | datetime) -> date | datetime:
    """The time as it is written: with the name of its zone, or in UTC where it has none."""
    if not isinstance(value, datetime):
        return value
    name = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else None
    return value if name not in (None, "UTC") else value.astimezone(UTC)


def plan_cancel(
    source: CalendarObject,
    occurrences: Sequence[Occurrence],
    scope: Scope,
    *,
    now: datetime,
    summary: str,
) -> Change:
    """The change that takes `occurrences`, all of the file `source`, out of the calendar.

    "this" takes exactly them; "following" them and what comes after the first of them in the
    series; "all" the whole series. A file with nothing left in it goes.
    """
    after: str | None = source.text
    single = not any(is_recurring(event) for event in source.events)
    if scope == "all" or single:
        after = None
    elif scope == "following":
        first = min(occurrences, key=lambda item: item.start.timestamp())
        after = _without_following(source, first.recurrence_id)
    else:
        after = _without(source, [occurrence.recurrence_id for occurrence in occurrences])
    if after is not None:
        after = _revised(after, now)
    return Change(
        target=f"calendar:{source.path}",
        kind="cancel event",
        expected_version=version_of(source.text),
        before=source.text,
        after=after,
        summary=summary,
    )


def _without(source: CalendarObject, recurrence_ids: Sequence[str]) -> str | None:
    """The text without these occurrences: overrides gone, their times exceptions of the rule."""
    master = _master(source)
    text = _drop_overrides(source, lambda each: each in recurrence_ids)
    lines = logical_lines(text)
    if master is None:
        return text if event_blocks(lines) else None
    block, start = _master_block(lines)
    # After the last of its kind, else after the start: never inside an alarm.
    at = max([start.index, *(item.index for item in block.all("EXDATE"))])
    lines[at + 1 : at + 1] = [
        folded(
            f"EXDATE{start.parameters}:{_written(recurrence_time(each), master)}", line_end(text)
        )
        for each in recurrence_ids
    ]
    return "".join(lines)


def _without_following(source: CalendarObject, recurrence_id: str) -> str | None:
    """The text with the series ended before that occurrence; None if nothing comes before."""
    cut = recurrence_time(recurrence_id)
    master = _master(source)
    # A zone for floating times and dates on both sides of the comparison; which one is the same.
    limit = instant(cut, UTC)
    text = _drop_overrides(
        source,
        lambda each: instant(recurrence_time(each), UTC) >= limit,
    )
    if master is None:
        return text if event_blocks(logical_lines(text)) else None
    if instant(master["DTSTART"].dt, UTC) >= limit:
        return None
    lines = logical_lines(text)
    block, _ = _master_block(lines)
    end = line_end(text)
    until = _until(cut, master["DTSTART"].dt)
    for rule in block.all("RRULE"):
        parts = [
            part
            for part in rule.value.strip().split(";")
            if part.partition("=")[0].upper() not in ("UNTIL", "COUNT", "")
        ]
        value = ";".join([*parts, f"UNTIL={until}"])
        lines[rule.index] = folded(f"RRULE{rule.parameters}:{value}", end)
    for extra in block.all("RDATE"):
        lines[extra.index] = _earlier_dates(extra, master, limit, end)
    return "".join(lines)


def _earlier_dates(extra: Property, master: Any, limit: datetime, end: str) -> str:
    """An RDATE line with the dates before `limit` only; "" if none is."""
    from icalendar.prop import vDDDTypes

    zone = getattr(master["DTSTART"].dt, "tzinfo", None)
    kept = []
    for value in extra.value.strip().split(","):
        moment: date | datetime = vDDDTypes.from_ical(value.split("/")[0])  # type: ignore[no-untyped-call]
        if isinstance(moment, datetime) and moment.tzinfo is None and "TZID=" in extra.parameters:
            moment = moment.replace(tzinfo=zone)
        if instant(moment, UTC) < limit:
            kept.append(value)
    return folded(f"RDATE{extra.parameters}:{','.join(kept)}", end) if kept else ""


def _until(cut: date | datetime, start: date | datetime) -> str:
    """The UNTIL that ends a series just before `cut`, of the kind its start asks for."""
    if not isinstance(start, datetime):
        return f"{cut - timedelta(days=1):%Y%m%d}"
    last = cut - timedelta(seconds=1)
    if start.tzinfo is None:
        return f"{last:%Y%m%dT%H%M%S}"
    return f"{instant(last, UTC):%Y%m%dT%H%M%SZ}"


def _written(moment: date | datetime, master: Any) -> str:
    """A recurrence time written the way the series' start is (its zone comes with a TZID)."""
    start = master["DTSTART"].dt
    if not isinstance(start, datetime):
        return f"{moment:%Y%m%d}"
    if isinstance(moment, datetime) and moment.tzinfo is not None and start.tzinfo is not None:
        local = moment.astimezone(start.tzinfo)
        zulu = "Z" if local.tzinfo is UTC or str(local.tzinfo) == "UTC" else ""
        return f"{local:%Y%m%dT%H%M%S}{zulu}"
    return f"{moment:%Y%m%dT%H%M%S}"


def _master(source: CalendarObject) -> Any | None:
    return next((event for event in source.events if "RECURRENCE-ID" not in event), None)


def _master_block(lines: Sequence[str]) -> tuple[Block, Property]:
    block = next(block for block in event_blocks(lines) if not block.all("RECURRENCE-ID"))
    return block, block.all("DTSTART")[0]


def _drop_overrides(source: CalendarObject, drop: Callable[[str], bool]) -> str:
    """The file's text without the overrides whose recurrence id `drop` accepts."""
    lines = logical_lines(source.text)
    gone: set[int] = set()
    for block, event in zip(event_blocks(lines), source.events, strict=True):
        if "RECURRENCE-ID" in event and drop(recurrence_id_of(event["RECURRENCE-ID"].dt)):
            gone.update(range(block.first, block.last + 1))
    return "".join(line for index, line in enumerate(lines) if index not in gone)


def _revised(text: str, now: datetime) -> str:
    """The text with the first event's SEQUENCE one higher and its LAST-MODIFIED now."""
    lines = logical_lines(text)
    end = line_end(text)
    blocks = event_blocks(lines)
    block = next((each for each in blocks if not each.all("RECURRENCE-ID")), blocks[0])
    stamp = folded(f"LAST-MODIFIED:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", end)
    sequences, stamps = block.all("SEQUENCE"), block.all("LAST-MODIFIED")
    added: list[str] = []
    if sequences:
        old = sequences[0].value.strip()
        number = int(old) + 1 if old.isascii() and old.isdigit() else 1
        lines[sequences[0].index] = folded(f"SEQUENCE:{number}", end)
    else:
        added.append(folded("SEQUENCE:1", end))
    if stamps:
        lines[stamps[0].index] = stamp
    else:
        added.append(stamp)
    lines[block.first + 1 : block.first + 1] = added
    return "".join(lines)
