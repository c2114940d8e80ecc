"""What would change in the calendar, as whole texts before and after. Pure: no file is touched.

New events are written by icalendar; events that exist are edited line by line, so that what other
programs wrote into them stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from app.calendars.components import Component
from app.calendars.editing import (
    Edit,
    Part,
    Scope,
    end_before,
    first_of,
    without_the_empty,
    written,
)
from app.calendars.guests import NO_ADDRESS, name_and_address
from app.calendars.occurrences import instant, recurrence_time
from app.calendars.recurrence import CalendarObject
from app.calendars.timezones import timezone_component, zone_name
from app.calendars.vdir import FOLDER
from app.core.errors import KnownError
from app.core.moments import between
from app.core.ports import Occurrence
from app.core.proposals import Change, version_of

PRODID = "-//Phial//Phial calendar//EN"
_LAST_TIMEZONE_YEAR = 2037
ASKED = {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"}
"""Of a guest whose answer is awaited."""


@dataclass(frozen=True)
class NewEvent:
    """An event to add. `start` and `end` are both dates (`end` exclusive) or both aware times.

    `rrule` is an RFC 5545 rule without its name, "" for none. `remind` is how long before the
    start to show a reminder. `attendees` are names or addresses. With `organizer` ("Ada Example
    <ada@example.org>") they are invited by that address and asked to answer; without, nobody is.
    """

    title: str
    start: date | datetime
    end: date | datetime
    attendees: tuple[str, ...] = ()
    where: str = ""
    notes: str = ""
    rrule: str = ""
    remind: timedelta | None = None
    organizer: str = ""


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
    from icalendar import Alarm, Calendar, Event, vRecur

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
    if event.organizer:
        component.add("ORGANIZER", calendar_address(event.organizer))
    for attendee in event.attendees:
        # Without ORGANIZER this is no scheduling object: no program sends anything to them.
        address = calendar_address(attendee)
        if event.organizer and str(address) != NO_ADDRESS:
            address.params.update(ASKED)
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


def calendar_address(guest: str) -> Any:
    """A guest in the user's words as a value that a property can have, with its CN."""
    from icalendar import vCalAddress

    name, where = name_and_address(guest)
    address = vCalAddress(where)
    address.params["CN"] = name
    return address


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
    component.add("DURATION", between(start, end))
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
    edit = Edit(source)
    uids = list(dict.fromkeys(each.uid for each in occurrences))
    for uid in uids:
        chosen = [each for each in occurrences if each.uid == uid]
        master, overrides = edit.of(uid)
        edit.drop(_gone(source, master, overrides, chosen, scope))
        if master is not None and edit.holds(master):
            component = edit.component(master)
            if scope == "following":
                end_before(component, master.event, first_of(chosen))
            else:
                _except(component, master.event, [each.recurrence_id for each in chosen])
            component.revise(now)
            edit.put(master, component)
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
        after=without_the_empty(source, edit.text(), uids),
        summary=summary,
        was=tuple(was),
    )


def _gone(
    source: CalendarObject,
    master: Part | None,
    overrides: list[Part],
    chosen: Sequence[Occurrence],
    scope: str,
) -> list[Part]:
    """The components of one event that go whole when `chosen` of it are cancelled."""
    whole = overrides if master is None else [master, *overrides]
    if scope == "all" or chosen[0].uid not in source.recurring:
        return whole
    if scope != "following":
        ids = {each.recurrence_id for each in chosen}
        return [part for part in overrides if part.recurrence_id in ids]
    # A zone for floating times and dates on both sides of the comparison; which one is the same.
    limit = instant(first_of(chosen), UTC)
    if master is not None and instant(master.event["DTSTART"].dt, UTC) >= limit:
        return whole
    return [
        part for part in overrides if instant(recurrence_time(part.recurrence_id), UTC) >= limit
    ]


def _except(component: Component, master: Any, recurrence_ids: Sequence[str]) -> None:
    """Make the times of these occurrences exceptions of the rule."""
    start = component.all("DTSTART")[0]
    for each in recurrence_ids:
        component.add("EXDATE", start.parameters, written(recurrence_time(each), master))
