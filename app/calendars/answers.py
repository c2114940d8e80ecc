"""The user's answer to an invitation in their own copy of it, and copies that come by mail. Pure.

Texts in, texts out: a copy is edited line by line, so that what others wrote into it stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from app.calendars.components import Component
from app.calendars.editing import Edit, Part, written
from app.calendars.guests import guest_of
from app.calendars.incoming import split_objects
from app.calendars.itip import EventPart, parts_of
from app.calendars.lines import blocks, line_end, logical_lines
from app.calendars.occurrences import recurrence_time
from app.calendars.recurrence import CalendarObject, UnreadableCalendarError, parse, uid_of
from app.calendars.replies import Answer, answered
from app.calendars.times import Moment, set_times
from app.core.ports import Occurrence

_OF_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")


@dataclass(frozen=True)
class Received:
    """The event of a message's calendar part. `method` is in capitals, "" where it has none.

    `source` is the event as a file: without the method, and without reminders, which are the
    sender's. Its path is empty.
    """

    method: str
    uid: str
    source: CalendarObject

    @property
    def parts(self) -> dict[str, EventPart]:
        """Its parts by the occurrence they replace; "" is the event itself."""
        return parts_of(self.source)[self.uid]

    @property
    def leading(self) -> EventPart:
        """The event itself, else the occurrence it is about."""
        parts = self.parts
        return parts.get("") or next(iter(parts.values()))


def read_received(text: str) -> Received | None:
    """The event in the calendar part of a message, None where there is none to be read.

    Of several events, which no invitation may hold, the first.
    """
    try:
        objects = split_objects(text.encode("utf-8", "surrogatepass"))
        event = next((each for each in objects if each.event and each.uid), None)
        source = parse("", _without_reminders(event.text)) if event is not None else None
        whole = parse("", text)
    except (UnreadableCalendarError, UnicodeDecodeError):
        return None
    if source is None or whole is None:
        return None
    method = str(whole.calendar.get("METHOD", "")).strip().upper()
    return Received(method, uid_of(source.events[0]), source)


def is_older(received: Received, stored: CalendarObject) -> bool:
    """Whether what came by mail was revised since, in the copy that is stored."""
    return _revisions(received, stored, newer=False)


def is_newer(received: Received, stored: CalendarObject) -> bool:
    """Whether what came by mail revises the copy that is stored."""
    return _revisions(received, stored, newer=True)


def merged(stored: CalendarObject, received: Received) -> str:
    """The stored file with the event as the mail has it.

    A message about the whole event takes the place of all of it, one about an occurrence only of
    that. Other events of the file stay as they are.
    """
    lines = logical_lines(stored.text)
    present = parts_of(stored).get(received.uid, {})
    fresh = received.parts
    gone = [part for key, part in present.items() if "" in fresh or key in fresh]
    for part in gone:
        for index in range(part.block.first, part.block.last + 1):
            lines[index] = ""
    zones = {_zone_name(lines, block.first, block.last) for block in blocks(lines, "VTIMEZONE")}
    added = logical_lines(received.source.text)
    new_zones = [
        "".join(added[block.first : block.last + 1])
        for block in blocks(added, "VTIMEZONE")
        if _zone_name(added, block.first, block.last) not in zones
    ]
    events = ["".join(added[each.block.first : each.block.last + 1]) for each in fresh.values()]
    end = max(index for index, line in enumerate(lines) if line.upper().startswith("END:VCALENDAR"))
    mark = line_end(stored.text)
    text = "".join([*new_zones, *events]).replace("\r\n", "\n").replace("\n", mark)
    return "".join([*lines[:end], text, *lines[end:]])


def with_answer(
    source: CalendarObject,
    occurrence: Occurrence,
    own: Collection[str],
    answer: Answer,
    *,
    whole: bool,
) -> str:
    """The file's text with the user's answer to `occurrence` or, `whole`, to all of its event.

    What was declined takes up no time. The answer to a series is that to its changed occurrences
    too. Raises KnownError("broken_calendar_file") where events cannot be told apart.
    """
    edit = Edit(source)
    master, overrides = edit.of(occurrence.uid)
    parts = overrides if master is None else [master, *overrides]
    which = "" if whole else occurrence.recurrence_id
    meant = [part for part in parts if which in ("", part.recurrence_id)]
    for part in meant:
        component = edit.component(part)
        _answer(component, own, answer)
        edit.put(part, component)
    if not meant and master is not None:
        component = _alone(edit.component(master), master, occurrence)
        _answer(component, own, answer)
        edit.append(master, component)
    return edit.text() or ""


def _answer(component: Component, own: Collection[str], answer: Answer) -> None:
    before = ""
    for line in component.all("ATTENDEE"):
        guest = guest_of(line)
        if guest.mail in own:
            before = guest.status
            component.replace(line, answered(line.parameters, answer), line.value)
    if answer == "DECLINED":
        component.set("TRANSP", "TRANSPARENT", "")
    elif before == "DECLINED" and component.first("TRANSP") is not None:
        component.set("TRANSP", "OPAQUE", "")


def _alone(component: Component, master: Part, occurrence: Occurrence) -> Component:
    """An occurrence of a series as an event of its own, at its time."""
    line = component.all("DTSTART")[0]
    value = written(recurrence_time(occurrence.recurrence_id), master.event)
    start: Moment = occurrence.start.date() if occurrence.all_day else occurrence.start
    end: Moment = occurrence.end.date() if occurrence.all_day else occurrence.end
    component.drop(*_OF_SERIES)
    set_times(component, master.event, start, end)
    component.add("RECURRENCE-ID", line.parameters, value)
    return component


def _revisions(received: Received, stored: CalendarObject, *, newer: bool) -> bool:
    present = parts_of(stored).get(received.uid, {})
    for key, part in received.parts.items():
        known = present.get(key) or present.get("")
        if known is None:
            if newer:
                return True
            continue
        if (part.sequence > known.sequence) if newer else (part.sequence < known.sequence):
            return True
    return False


def _without_reminders(text: str) -> str:
    lines = logical_lines(text)
    for block in list(blocks(lines, "VALARM")):
        for index in range(block.first, block.last + 1):
            lines[index] = ""
    return "".join(lines)


def _zone_name(lines: list[str], first: int, last: int) -> str:
    found = next(block for block in blocks(lines[first : last + 1], "VTIMEZONE"))
    return next((each.value.strip() for each in found.all("TZID")), "")
