"""How an iTIP message (RFC 5546) is written: one calendar with a METHOD, from lines of events.

Here belongs the frame and what an event's lines become in it; which messages there are lies in
`invitations`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from app.calendars.changes import PRODID
from app.calendars.editing import Part, written, written_like
from app.calendars.enclosing import zone_text
from app.calendars.guests import NO_ADDRESS, Guest, all_of, guest_of, has_guests, organizer_of
from app.calendars.lines import (
    Property,
    blocks,
    event_blocks,
    folded,
    logical_lines,
    parameter,
    parse_property,
)
from app.calendars.occurrences import recurrence_id_of, recurrence_time
from app.calendars.recurrence import CalendarObject, uid_of
from app.calendars.times import Moment, after, length_of
from app.calendars.timezones import timezone_component, zone_name

_OWN = frozenset(
    ("CATEGORIES", "REQUEST-STATUS", "DTSTAMP", "CREATED", "LAST-MODIFIED", "SEQUENCE")
)
"""What of an event is no concern of its guests, or is written anew."""


@dataclass(frozen=True)
class EventPart(Part):
    """One VEVENT with what it is to the people it names."""

    @cached_property
    def organizer(self) -> Guest | None:
        """Who invited to it, None where nobody else is concerned."""
        return organizer_of(self.event) if has_guests(self.event) else None

    @property
    def title(self) -> str:
        """What it is called, by whoever wrote it."""
        return str(self.event.get("SUMMARY", "")).strip()

    @property
    def sequence(self) -> int:
        """How often it was revised."""
        value = next((item.value.strip() for item in self.block.all("SEQUENCE")), "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0

    @cached_property
    def told(self) -> tuple[str, ...]:
        """The lines of it that concern guests."""
        return tuple(line_of(each) for each in self.block.properties if _concerns_guests(each))

    @cached_property
    def exceptions(self) -> frozenset[str]:
        """The recurrence ids of the occurrences taken out of the series."""
        return frozenset(
            recurrence_id_of(value.dt)
            for dates in all_of(self.event.get("EXDATE"))
            for value in dates.dts
        )

    @cached_property
    def others(self) -> tuple[Guest, ...]:
        """Everybody who was invited but the organizer; who is only named was not."""
        organizer = self.organizer.mail if self.organizer else ""
        lines = [each for each in self.block.all("ATTENDEE") if _concerns_guests(each)]
        guests = map(guest_of, lines)
        return tuple(each for each in guests if not each.mail or each.mail != organizer)

    def recurrence_lines(self, recurrence_id: str) -> list[str]:
        """The line that says which occurrence is meant, in the zone of its series; none for ""."""
        if self.recurrence_id:
            return [line_of(each) for each in self.block.all("RECURRENCE-ID")[:1]]
        if not recurrence_id:
            return []
        start = self.block.all("DTSTART")[0]
        value = written(recurrence_time(recurrence_id), self.event)
        return [f"RECURRENCE-ID{start.parameters}:{value}"]

    def time_lines(self, recurrence_id: str) -> list[str]:
        """When it, or an occurrence of it, is; how it repeats where the whole series is meant."""
        if recurrence_id and not self.recurrence_id:
            (which,) = self.recurrence_lines(recurrence_id)
            lengths = [line_of(each) for each in self.block.all("DURATION")[:1]]
            lengths += self._end_lines(recurrence_time(recurrence_id))
            return [which, which.replace("RECURRENCE-ID", "DTSTART", 1), *lengths]
        names = ("RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE")
        return [line_of(each) for each in self.block.properties if each.name in names]

    def _end_lines(self, start: Moment) -> list[str]:
        """The DTEND of the occurrence that starts then; none where the series tells a length."""
        if "DTEND" not in self.event:
            return []
        line = self.block.all("DTEND")[0]
        value = written_like(after(start, length_of(self.event)), self.event["DTEND"].dt)
        return [f"DTEND{line.parameters}:{value}"]


Parts = Mapping[str, EventPart]
"""The parts of one event: "" is the event itself, the others are by the occurrence they replace."""


def parts_of(source: CalendarObject) -> dict[str, dict[str, EventPart]]:
    """The parts of every event in a file, by UID."""
    found: dict[str, dict[str, EventPart]] = {}
    pairs = zip(event_blocks(logical_lines(source.text)), source.events, strict=True)
    for block, event in pairs:
        part = EventPart(block, event)
        found.setdefault(uid_of(event), {}).setdefault(part.recurrence_id, part)
    return found


def line_of(line: Property) -> str:
    """A property as one content line, not folded."""
    return f"{line.name}{line.parameters}:{line.value}"


def stamp(now: datetime) -> str:
    """The DTSTAMP of a message written now (aware)."""
    return f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def time_line(name: str, moment: Moment) -> str:
    """A date, or an aware time with the name of its zone, else in UTC."""
    if not isinstance(moment, datetime):
        return f"{name};VALUE=DATE:{moment:%Y%m%d}"
    zone = zone_name(moment)
    if zone:
        return f"{name};TZID={zone}:{moment:%Y%m%dT%H%M%S}"
    return f"{name}:{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def calendar_text(
    method: str,
    events: Sequence[Sequence[str]],
    source: str,
    times: Sequence[Moment] = (),
) -> str:
    """A message of these events, each as its lines, with the time zones they name.

    The zones are those of the calendar text `source`, else our own; `times` are new ones in it.
    """
    head = ["BEGIN:VCALENDAR", f"PRODID:{PRODID}", "VERSION:2.0", f"METHOD:{method}"]
    body = [line for event in events for line in ("BEGIN:VEVENT", *event, "END:VEVENT")]
    zones = _zones(body, source, times)
    frame = [_folded(head), zones, _folded([*body, "END:VCALENDAR"])]
    return "".join(frame)


def _folded(lines: Sequence[str]) -> str:
    return "".join(folded(line, "\r\n") for line in lines)


def _concerns_guests(line: Property) -> bool:
    if line.name in _OWN or line.name.startswith("X-"):
        return False
    if line.name == "ATTACH":
        return line.value.casefold().startswith(("http://", "https://"))
    return line.name != "ATTENDEE" or line.value.strip().casefold() != NO_ADDRESS


def _zones(lines: Sequence[str], source: str, times: Sequence[Moment]) -> str:
    """The VTIMEZONE components for every TZID in `lines`."""
    found = [each for each in (parse_property(line, 0) for line in lines) if each is not None]
    zoned = {each: parameter(each.parameters, "TZID") for each in found}
    known = _written_zones(source)
    for moment in times:
        if isinstance(moment, datetime) and (name := zone_name(moment)) and name not in known:
            known[name] = timezone_component(moment, moment.year + 1).to_ical().decode()
    years = [int(each.value[:4]) for each in zoned if zoned[each] and each.value[:4].isdigit()]
    names = [name for name in dict.fromkeys(zoned.values()) if name]
    return "".join(
        known.get(name) or zone_text(name, min(years, default=1970), "\r\n") for name in names
    )


def _written_zones(source: str) -> dict[str, str]:
    """The time zones a calendar text explains, by TZID."""
    lines = logical_lines(source)
    found: dict[str, str] = {}
    for block in blocks(lines, "VTIMEZONE"):
        name = next((each.value.strip() for each in block.all("TZID")), "")
        inside = (parse_property(line, 0) for line in lines[block.first : block.last + 1])
        found.setdefault(name, _folded([line_of(each) for each in inside if each is not None]))
    return found
