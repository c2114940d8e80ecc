"""What may be wrong with events that are shown: others chose the words in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from app.calendars.details import details_of
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Occurrence
from app.mail.assistant_talk import speaks_to_assistant
from app.tools.mail_wording import CAREFUL
from app.tools.wording import day_and_times


def event_warnings(events: Iterable[Occurrence], calendar: Vdir, today: date) -> list[str]:
    """A line for each event whose texts give orders to an assistant; it is named by its time."""
    return [
        f"{CAREFUL}the event on {day_and_times(each, today)} contains text addressed to an "
        "assistant, not to you. Phial does not follow it."
        for each in events
        if _is_addressed(each, calendar)
    ]


def _is_addressed(event: Occurrence, calendar: Vdir) -> bool:
    shown = (event.title, event.where, event.organizer, *event.attendees)
    if any(map(speaks_to_assistant, shown)):
        return True
    try:
        details = details_of(calendar.source(event.path), event)
    except KnownError:
        return False  # a file that has become unreadable is told of elsewhere
    return speaks_to_assistant(details.notes)
