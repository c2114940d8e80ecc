"""What is said of a new event beside its time: checked, cleaned, and told back before a yes.

No calendar here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from app.calendars.changes import NewEvent
from app.calendars.guests import name_and_address
from app.core.errors import KnownError
from app.tools.when import parse_duration, say_length
from app.tools.wording import at_place, beside, listed, shown

_NOTES_SHOWN = 60


def title_from(text: str, kept: str = "Nothing was added.") -> str:
    """The title without quotes around it.

    Raises KnownError("bad_argument") if it is empty; `kept` says what that leaves as it was.
    """
    title = shown(text).strip('"“”„«» ')
    if not any(unicodedata.category(character)[0] in "LNSP" for character in title):
        raise KnownError(
            "bad_argument",
            f"The event has no title. {kept}",
            "Say what the event is called.",
        )
    return title


def without_length(title: str, duration: str) -> str:
    """A title less the length that stands before it: "30 minutes with Bob" is a meeting with Bob.

    `duration` are the words for the length; a title that only holds some ("2 hours of rest") stays.
    """
    said = " ".join(duration.split())
    if not said or not title.casefold().startswith(f"{said.casefold()} "):
        return title
    rest = title[len(said) :].strip()
    lead, _, what = rest.partition(" ")
    if lead.casefold() == "with" and what:
        return f"Meeting {rest}"
    return what if lead.casefold() in ("of", "for") and what else rest


def notes_of(text: str) -> str:
    """Notes with their line breaks, without other control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(
        "".join(c for c in line if unicodedata.category(c) != "Cc" or c == "\t") for line in lines
    )


def reminder_of(text: str) -> timedelta | None:
    """How long before the start to remind, None for no text.

    Raises KnownError("bad_argument") where the words are no length of time.
    """
    if not text:
        return None
    words = re.sub(r"\b(before(hand)?|earlier|ahead|in advance|prior)\b.*", "", text)
    words = re.sub(r"^the\b", "a", words.strip(), flags=re.IGNORECASE)
    try:
        return parse_duration(words)
    except KnownError as error:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” is no time before the event. Nothing was added.",
            "Say it like “15 minutes before” or “a day before”.",
        ) from error


def details(event: NewEvent) -> list[str]:
    """Place, people the title does not name, reminder and notes, each in words."""
    return [*_where(event), *_people(event), *_beside_it(event)]


def card_lines(event: NewEvent, day_and_times: str, repeats: Sequence[str]) -> tuple[str, ...]:
    """The event line by line: title, time, people, place, how it repeats, reminder and notes."""
    people, where, others = _people(event), _where(event), _beside_it(event)
    return (event.title, day_and_times, *people, *where, *repeats, *others)


def _where(event: NewEvent) -> list[str]:
    return [at_place(event.where)] if event.where else []


def _people(event: NewEvent) -> list[str]:
    # Addresses stand beside an invitation; without one names say enough.
    people = beside(event.title, [name_and_address(each)[0] for each in event.attendees])
    return [f"with {listed(people)}"] if people else []


def _beside_it(event: NewEvent) -> list[str]:
    """Reminder and notes."""
    found = []
    if event.remind is not None:
        found.append(f"reminder {say_length(event.remind)} before")
    if notes := shown(event.notes):
        cut = f"{notes[:_NOTES_SHOWN]}…" if len(notes) > _NOTES_SHOWN else notes
        found.append(f"notes “{cut}”")
    return found
