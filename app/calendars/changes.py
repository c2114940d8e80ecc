"""What would change in the calendar, as whole texts before and after. Pure: no file is touched.

New events are written by icalendar; events that exist are edited line by line, so that what other
programs wrote into them stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from app.calendars.guests import has_guests, name_and_address
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
    happens,
    instant,
    parse,
    recurrence_id_of,
    recurrence_time,
    uid_of,
)
from app.calendars.timezones import timezone_component, zone_name
from app.calendars.vdir import FOLDER
from app.core.errors import KnownError
from app.core.ports import Occurrence
from app.core.proposals import Change, version_of

Scope = Literal["this", "following", "all"]

PRODID = "-//Phial//Phial calendar//EN"
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
    becomes: Sequence[str] = (),
    calendar: str = "personal",
    new_uid: Callable[[], str] = lambda: str(uuid4()),
) -> Change:
    """The change that adds `event` to `calendar`. `now` is aware; the file must not exist.

    `summary` and `becomes` tell the user (see `Change`).
    """
    from icalendar import Alarm, Calendar, Event, vCalAddress, vRecur

    uid = new_uid()
    component = Event()
    component.add("UID", uid)
    component.add("DTSTAMP", now.astimezone(UTC))
    component.add("CREATED", now.astimezone(UTC))
    component.add("SEQUENCE", 0)
    component.add("SUMMARY", event.title)
    zoned = _add_times(component, event)
    for name, text in (("LOCATION", event.where), ("DESCRIPTION", event.notes)):
        if text:
            component.add(name, text)
    if event.rrule:
        component.add("RRULE", vRecur.from_ical(event.rrule))
    for attendee in event.attendees:
        # Without ORGANIZER this is no scheduling object: no program sends anything to them.
        guest, where = name_and_address(attendee)
        address = vCalAddress(where)
        address.params["CN"] = guest
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
    last = _LAST_TIMEZONE_YEAR if event.rrule else 0
    for moment in {zone_name(each): each for each in reversed(zoned)}.values():
        whole.add_component(timezone_component(moment, max(last, event.end.year + 1)))
    whole.add_component(component)
    return Change(
        target=f"calendar:{FOLDER}/{calendar}/{uid}.ics",
        kind="create event",
        expected_version="",
        before=None,
        after=whole.to_ical().decode(),
        summary=summary,
        becomes=tuple(becomes),
    )


def _add_times(component: Any, event: NewEvent) -> list[datetime]:
    """Give the component its start and end; the times whose zones the calendar must explain."""
    start, end = event.start, event.end
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        component.add("DTSTART", start)
        component.add("DTEND", end)
        return []
    by_the_wall = _is_unique(start) and _is_unique(end)
    if not by_the_wall and not event.rrule:
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    _add_time(component, "DTSTART", start)
    if by_the_wall or not event.rrule:
        _add_time(component, "DTEND", end)
        return [each for each in (start, end) if zone_name(each)]
    # A series keeps its zone, so what the end's clock leaves open is told by the length.
    component.add("DURATION", end.astimezone(UTC) - start.astimezone(UTC))
    return [start] if zone_name(start) else []


def _is_unique(moment: datetime) -> bool:
    """Whether the clock shows this time exactly once: not in a skipped or a repeated hour."""
    return moment.replace(fold=0).utcoffset() == moment.replace(fold=1).utcoffset()


def _add_time(component: Any, name: str, moment: datetime) -> None:
    """Write an aware time: with the name of its zone, or in UTC where none is needed."""
    zone = zone_name(moment)
    if zone:
        component.add(name, moment.replace(tzinfo=None), parameters={"TZID": zone})
    else:
        component.add(name, moment.astimezone(UTC))


@dataclass(frozen=True)
class _Part:
    """A VEVENT twice: as the lines it is written in, and as read."""

    block: Block
    event: Any

    @property
    def recurrence_id(self) -> str:
        """Which occurrence it replaces, "" where it is the event itself."""
        replaced = self.event.get("RECURRENCE-ID")
        return "" if replaced is None else recurrence_id_of(replaced.dt)


class _Edit:
    """A calendar text while it is changed; a line keeps its number whatever happens to others."""

    def __init__(self, source: CalendarObject) -> None:
        self.source = source
        self.lines = logical_lines(source.text)
        self.end = line_end(source.text)
        pairs = zip(event_blocks(self.lines), source.events, strict=True)
        self.parts = [_Part(block, event) for block, event in pairs]

    def of(self, uid: str) -> tuple[_Part | None, list[_Part]]:
        """The event of that UID (None if only overrides are there) and its overrides.

        Raises KnownError("broken_calendar_file") where several events share the UID.
        """
        parts = [part for part in self.parts if uid_of(part.event) == uid]
        masters = [part for part in parts if not part.recurrence_id]
        if len(masters) > 1:
            raise KnownError(
                "broken_calendar_file",
                f"{self.source.path} holds several events without UIDs of their own, so changing "
                "one could change another. It was left as it is.",
                "Change it with the program that wrote it.",
            )
        return next(iter(masters), None), [part for part in parts if part.recurrence_id]

    def drop(self, parts: Iterable[_Part]) -> None:
        """Take components out."""
        for part in parts:
            for index in range(part.block.first, part.block.last + 1):
                self.lines[index] = ""

    def set(self, index: int, line: str) -> None:
        """Replace a line by another, of any length."""
        self.lines[index] = folded(line, self.end)

    def add(self, index: int, line: str) -> None:
        """Put a line after one that is there."""
        self.lines[index] += folded(line, self.end)

    def text(self) -> str | None:
        """The text as it is now; None if nothing but the frame is left."""
        events = any(self.lines[part.block.first] for part in self.parts)
        others = any(map(self.source.calendar.walk, ("VTODO", "VJOURNAL", "VFREEBUSY")))
        return "".join(self.lines) if events or others else None


def plan_cancel(
    source: CalendarObject,
    occurrences: Sequence[Occurrence],
    scope: Scope,
    *,
    now: datetime,
    summary: str,
    was: Sequence[str] = (),
) -> Change:
    """The change that takes `occurrences`, all of the file `source`, out of the calendar.

    "this" takes exactly them; "following" them and what comes after the first of them in the
    series; "all" the whole series. Other events of the file stay as they are, byte by byte. A
    file with nothing left in it goes. `summary` and `was`, which lists what is taken away and not
    what stays, tell the user (see `Change`). Raises KnownError("broken_calendar_file") where events
    cannot be told apart, "stale" where they are gone.
    """
    edit = _Edit(source)
    uids = list(dict.fromkeys(each.uid for each in occurrences))
    for uid in uids:
        chosen = [each for each in occurrences if each.uid == uid]
        master, overrides = edit.of(uid)
        edit.drop(_gone(source, master, overrides, chosen, scope))
        if master is not None and edit.lines[master.block.first]:
            if scope == "following":
                _end_before(edit, master, _first(chosen))
            else:
                _except(edit, master, [each.recurrence_id for each in chosen])
            _revise(edit, master, now)
    if edit.text() == source.text:
        raise KnownError(
            "stale",
            f"{source.path} no longer holds what was to be cancelled. It was left as it is.",
            "Look at the calendar again and repeat the request.",
        )
    return Change(
        target=f"calendar:{source.path}",
        kind="cancel event",
        expected_version=version_of(source.text),
        before=source.text,
        after=_without_the_empty(source, edit.text(), uids),
        summary=summary,
        was=tuple(was),
    )


def invites_others(source: CalendarObject, occurrences: Sequence[Occurrence], scope: str) -> bool:
    """Whether that cancellation takes something away from people who were invited to it.

    Looks at every component it removes or shortens, also those of other occurrences.
    """
    edit = _Edit(source)
    for uid in dict.fromkeys(each.uid for each in occurrences):
        chosen = [each for each in occurrences if each.uid == uid]
        master, overrides = edit.of(uid)
        touched = _gone(source, master, overrides, chosen, scope)
        touched += [master] if master is not None else []
        if any(has_guests(part.event) for part in touched):
            return True
    return any(each.invited for each in occurrences)


def _gone(
    source: CalendarObject,
    master: _Part | None,
    overrides: list[_Part],
    chosen: Sequence[Occurrence],
    scope: str,
) -> list[_Part]:
    """The components of one event that go whole when `chosen` of it are cancelled."""
    whole = overrides if master is None else [master, *overrides]
    if scope == "all" or chosen[0].uid not in source.recurring:
        return whole
    if scope != "following":
        ids = {each.recurrence_id for each in chosen}
        return [part for part in overrides if part.recurrence_id in ids]
    # A zone for floating times and dates on both sides of the comparison; which one is the same.
    limit = instant(_first(chosen), UTC)
    if master is not None and instant(master.event["DTSTART"].dt, UTC) >= limit:
        return whole
    return [
        part for part in overrides if instant(recurrence_time(part.recurrence_id), UTC) >= limit
    ]


def _first(chosen: Sequence[Occurrence]) -> date | datetime:
    """The recurrence time of the first of them."""
    return recurrence_time(min(chosen, key=lambda each: each.start.timestamp()).recurrence_id)


def _without_the_empty(source: CalendarObject, text: str | None, uids: Sequence[str]) -> str | None:
    """The text without events of `uids` that have no occurrence left; they would never show."""
    result = parse(source.path, text) if text is not None else None
    if result is None:
        return text
    edit = _Edit(result)
    for uid in uids:
        master, overrides = edit.of(uid)
        left = overrides if master is None else [master, *overrides]
        if left and not happens(result, uid):
            edit.drop(left)
    return edit.text()


def _except(edit: _Edit, master: _Part, recurrence_ids: Sequence[str]) -> None:
    """Make the times of these occurrences exceptions of the rule."""
    start = master.block.all("DTSTART")[0]
    # After the last of its kind, else after the start: never inside an alarm.
    at = max([start.index, *(item.index for item in master.block.all("EXDATE"))])
    for each in recurrence_ids:
        moment = _written(recurrence_time(each), master.event)
        edit.add(at, f"EXDATE{start.parameters}:{moment}")


def _end_before(edit: _Edit, master: _Part, cut: date | datetime) -> None:
    """End the series before the occurrence at `cut`, which is not its first."""
    until = _until(cut, master.event["DTSTART"].dt)
    for rule in master.block.all("RRULE"):
        parts = [
            part
            for part in rule.value.strip().split(";")
            if part.partition("=")[0].upper() not in ("UNTIL", "COUNT", "")
        ]
        value = ";".join([*parts, f"UNTIL={until}"])
        edit.set(rule.index, f"RRULE{rule.parameters}:{value}")
    for extra in master.block.all("RDATE"):
        edit.lines[extra.index] = _earlier_dates(extra, master.event, instant(cut, UTC), edit.end)


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


def _revise(edit: _Edit, master: _Part, now: datetime) -> None:
    """Count its SEQUENCE one up and make its LAST-MODIFIED now."""
    block = master.block
    stamp = f"LAST-MODIFIED:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    sequences, stamps = block.all("SEQUENCE"), block.all("LAST-MODIFIED")
    if sequences:
        old = sequences[0].value.strip()
        number = int(old) + 1 if old.isascii() and old.isdigit() else 1
        edit.set(sequences[0].index, f"SEQUENCE:{number}")
    else:
        edit.add(block.first, "SEQUENCE:1")
    if stamps:
        edit.set(stamps[0].index, stamp)
    else:
        edit.add(block.first, stamp)
