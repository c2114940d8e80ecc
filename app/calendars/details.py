"""What a file says of one event beyond its time: people, notes and how it repeats. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from app.calendars.guests import Guest, all_of, organizer_of, people
from app.calendars.occurrences import recurrence_id_of
from app.calendars.recurrence import CalendarObject, uid_of
from app.core.ports import Occurrence


@dataclass(frozen=True)
class EventDetails:
    """Texts as the file has them, by whoever wrote it. `rrule` is an RFC 5545 rule, "" for none.

    `people` are names, else addresses; `organizer` is None where nobody invited anybody.
    """

    people: tuple[str, ...] = ()
    organizer: Guest | None = None
    notes: str = ""
    rrule: str = ""


def details_of(source: CalendarObject, occurrence: Occurrence) -> EventDetails:
    """The details of one occurrence: its own, where it was changed, else its series'."""
    own = master = None
    for event in source.events:
        if uid_of(event) != occurrence.uid:
            continue
        replaced = event.get("RECURRENCE-ID")
        if replaced is None:
            master = event
        elif recurrence_id_of(replaced.dt) == occurrence.recurrence_id:
            own = event
    event = own or master
    if event is None:
        return EventDetails()
    rules = [] if master is None else all_of(master.get("RRULE"))
    return EventDetails(
        people=people(event),
        organizer=organizer_of(event),
        notes=str(event.get("DESCRIPTION", "")),
        rrule=rules[0].to_ical().decode() if rules else "",
    )
