"""How tools say dates, times, titles and sizes. Text by others is made harmless to show here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from app.core.ports import Occurrence
from app.core.text import counted, printable
from app.tools.when import When, WhenKind, say_day

_LONGEST_SHOWN = 200
_WORD = re.compile(r"\w+")
_PREPOSITIONS = frozenset(
    "at by in on near next behind outside opposite over via under".split()  # noqa: SIM905
)


def shown(text: str) -> str:
    """Text by others on one line: no control characters, no marks that turn its direction."""
    line = " ".join(printable(text).split())
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"


def titled(title: str) -> str:
    """An event's title as shown."""
    return shown(title) or "(no title)"


def title_of(occurrence: Occurrence) -> str:
    """The event's title as shown."""
    return titled(occurrence.title)


def short_day(day: date, today: date) -> str:
    """Fri 20 Nov, with the year where it is not this one."""
    weekday, number, month, year = say_day(day).split()
    return f"{weekday[:3]} {number} {month[:3]}{'' if day.year == today.year else f' {year}'}"


def near_day(day: date, today: date) -> str:
    """Friday 20 November, with the year where it is not this one."""
    name = say_day(day)
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
        return "all day" if day <= start.date() else f"all day until {short_day(day, start)}"
    if end == start:
        return clock_time(start)
    if end.date() == start.date() or (
        end - start <= timedelta(days=1) and clock_time(end) == "00:00"
    ):
        return clock_range(start, end)
    return f"{clock_time(start)}\u2013{short_day(end.date(), start)} {clock_time(end)}"


def when_of(occurrence: Occurrence) -> str:
    """An event's times, without its day."""
    return stretch(occurrence.start, occurrence.end, all_day=occurrence.all_day)


def day_and_times(occurrence: Occurrence, today: date) -> str:
    """Fri 20 Nov 12:00\u201313:00."""
    return f"{short_day(occurrence.start.date(), today)} {when_of(occurrence)}"


def one_line(occurrence: Occurrence, today: date) -> str:
    """Day, times and title: what a choice among events shows."""
    return f"{day_and_times(occurrence, today)} {title_of(occurrence)}"


def stretch_asked(when: When, today: date) -> str:
    """The time a question was about: "on Friday 20 November at 12:00", "from … to …"."""
    day = near_day(when.start.date(), today)
    if when.kind is WhenKind.INSTANT:
        return f"on {day} at {clock_time(when.start)}"
    if when.kind is WhenKind.DAY or when.end is None:
        return f"on {day}"
    last = when.end - timedelta(seconds=1)
    if when.start.date() == last.date():
        return f"on {day}, {clock_range(when.start, when.end)}"
    return f"from {day} to {near_day(last.date(), today)}"


def beside(title: str, people: Sequence[str]) -> list[str]:
    """The people a title does not name, as shown: "Lunch with Nadia" names Nadia Haddad."""
    said = _compared(title)
    words = set(_WORD.findall(said))
    names = [shown(name) for name in people]
    return [
        name
        for name in names
        if _compared(name) not in said
        and words.isdisjoint(_WORD.findall(_compared(name))[:1])  # the first name
    ]


def _compared(text: str) -> str:
    """A text without case and accents: "tomas" names Tomáš."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each))


def size_words(size: int) -> str:
    """A number of bytes for a person: 12 bytes, 340 KB, 2.4 MB."""
    if size < 1_000:
        return counted(size, "byte")
    return f"{size / 1_000:.0f} KB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"


def at_place(where: str) -> str:
    """at the gallery; "by telephone" where the place says so itself."""
    first, _, rest = where.partition(" ")
    if rest and first.casefold() in _PREPOSITIONS:
        return f"{first.lower()} {rest}"
    return f"at {where}"


def listed(items: Sequence[str], last: str = "and", *, most: int = 0) -> str:
    """a, b and c; with `most`, of more than so many the first ones "and 4 more"."""
    if 0 < most < len(items):
        items = [*items[:most], f"{len(items) - most} more"]
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"
