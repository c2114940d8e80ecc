"""How tools say dates, times and titles. Text from .ics files is made harmless to show here."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.core.ports import Occurrence

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_LONGEST_SHOWN = 200


def shown(text: str) -> str:
    """Text by others on one line: no control characters, no marks that turn its direction."""
    kept = "".join(
        " " if unicodedata.category(character) in ("Cc", "Zl", "Zp") else character
        for character in text
        if unicodedata.category(character) not in ("Cf", "Cs", "Co", "Cn") or character == "\u200d"
    )
    line = " ".join(kept.split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"


def title_of(occurrence: Occurrence) -> str:
    """The event's title as shown."""
    return shown(occurrence.title) or "(no title)"


def day_name(day: date) -> str:
    """Friday 20 November 2026."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def short_day(day: date) -> str:
    """Fri 20 Nov."""
    return f"{_DAYS[day.weekday()][:3]} {day.day} {_MONTHS[day.month - 1][:3]}"


def near_day(day: date, today: date) -> str:
    """Friday 20 November, with the year where it is not this one."""
    name = day_name(day)
    return name.rsplit(" ", 1)[0] if day.year == today.year else name


def clock_time(moment: datetime) -> str:
    """12:00."""
    return f"{moment:%H:%M}"


def clock_range(start: datetime, end: datetime) -> str:
    """From and to, with an en dash; the midnight that ends a day is 24:00."""
    midnight = end.date() > start.date() and clock_time(end) == "00:00"
    return f"{clock_time(start)}\u2013{'24:00' if midnight else clock_time(end)}"


def stretch(start: datetime, end: datetime, *, all_day: bool) -> str:
    """The times of an event as seen from its first day: from and to, "all day", or until when."""
    if all_day:
        day = (end - timedelta(days=1)).date()
        return "all day" if day <= start.date() else f"all day until {short_day(day)}"
    if end == start:
        return clock_time(start)
    if end.date() == start.date() or (
        end - start <= timedelta(days=1) and clock_time(end) == "00:00"
    ):
        return clock_range(start, end)
    return f"{clock_time(start)}\u2013{short_day(end.date())} {clock_time(end)}"


def when_of(occurrence: Occurrence) -> str:
    """An event's times, without its day."""
    return stretch(occurrence.start, occurrence.end, all_day=occurrence.all_day)


def one_line(occurrence: Occurrence) -> str:
    """Day, times and title: what a choice among events shows."""
    return f"{short_day(occurrence.start.date())} {when_of(occurrence)} {title_of(occurrence)}"


def listed(items: Sequence[str], last: str = "and") -> str:
    """a, b and c."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
