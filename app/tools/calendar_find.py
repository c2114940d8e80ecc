"""cal_find: what is in the calendar, as a readable list and as data. Changes nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from app.calendars.conflicts import clashing
from app.calendars.recurrence import Entry
from app.calendars.vdir import Vdir
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.core.text import counted
from app.store.settings import Settings
from app.tools.company import company_said, other_people
from app.tools.event_warnings import event_warnings
from app.tools.event_words import (
    matches_person,
    matches_words,
    names_every,
    search_words,
    words_of,
)
from app.tools.near_events import cut, few_of_each, nearest
from app.tools.schemas import declared
from app.tools.time_windows import window_said
from app.tools.validation import listed_in
from app.tools.wording import beside, listed, near_day, shown, title_of, when_of

_AHEAD = timedelta(days=14)
_YEAR = timedelta(days=366)
_USUAL_LIMIT = 20
_OF_SERIES = 3
"""How many times of a series are listed where no time was asked about."""

_HOW_MANY = re.compile(r"\bhow (?:many|often)\b", re.IGNORECASE)
_GUESTS = 5


def cal_find(calendar: Vdir, settings: Settings) -> Tool:
    """The tool that lists events."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _find(arguments, asked, calendar, settings)

    return Tool(declared("cal_find"), run)


def _find(
    arguments: Mapping[str, object], asked: Asked, calendar: Vdir, settings: Settings
) -> ToolOutcome:
    now = asked.clock.now
    said = str(arguments.get("words", ""))
    # "My meetings" are everything, whether or not one of them is called so.
    words = () if names_every(words_of(said)) else search_words(said)
    limit = arguments.get("limit", _USUAL_LIMIT)
    assert isinstance(limit, int)
    people = company_said(listed_in(arguments, "with"), asked, calendar, settings)

    def fits(entry: Entry) -> bool:
        event = entry.occurrence
        together = all(matches_person(event, person) for person in people)
        return together and matches_words(event, words)

    backwards = False
    if "when" in arguments:
        window = window_said(str(arguments["when"]), asked.clock, settings.locale)
        reading = calendar.read(*window.bounds)
        found = [entry for entry in reading.entries if fits(entry)]
        if window.is_over(now):
            # "Have I met her in the last 7 days?" is about what has been, and was not declined.
            found = [entry for entry in found if _has_been(entry, now)]
        where = window.asked
    else:
        named = bool(words or people)
        where = "in the coming year" if named else "in the next 14 days"
        reading = calendar.read(now, now + (_YEAR if named else _AHEAD))
        found = [entry for entry in reading.entries if fits(entry)]
        if named and not found:
            # "When did I last see Marta?" and "when was the dentist?" mean what is over.
            past = calendar.read(now - _YEAR, now)
            found = [entry for entry in past.entries if fits(entry)][::-1]
            backwards = bool(found)
            where = "in the past or the coming year"
    total = len(found)
    timeless = "when" not in arguments and bool(words or people)
    some = few_of_each(found, _OF_SERIES) if timeless and "limit" not in arguments else found
    kept = cut(some, limit, now)
    near = nearest(_year_around(calendar, now), words) if words and not found else []
    known = calendar.identified([entry.occurrence for entry in near or kept])
    called = _named(arguments if words else {}, people)
    warnings = event_warnings(known, calendar, now.date())
    told = _Listing(now, settings)
    if not kept:
        lines = [f"Nothing{called} {where}.{' This comes near:' if near else ''}", *told.days(near)]
    elif backwards:
        lines = [
            f"Nothing is ahead; {'the last was' if len(kept) == 1 else 'past'}:",
            *told.days(kept),
        ]
    else:
        how_many = _HOW_MANY.search(asked.words) is not None
        lines = [f"{counted(total, 'event')}{called} {where}:"] if how_many else []
        lines += told.days(kept)
    if total > len(kept) and limit > 1:
        lines.append(f"and {total - len(kept)} more.")
    return ToolOutcome(
        data={
            "occurrences": [] if near else [_as_data(each) for each in known],
            "total": total,
            "warnings": warnings,
        },
        sentence="\n".join([*lines, *warnings]),
        problem=reading.problem,
        mentions=tuple(each.id for each in known),
    )


def _year_around(calendar: Vdir, now: datetime) -> list[Entry]:
    """What comes within a year, then what is over, the last first."""
    ahead = calendar.read(now, now + _YEAR).entries
    return [*ahead, *reversed(calendar.read(now - _YEAR, now).entries)]


def _has_been(entry: Entry, now: datetime) -> bool:
    event = entry.occurrence
    declined = event.invited and not entry.busy
    return event.end.timestamp() <= now.timestamp() and not declined


def _named(arguments: Mapping[str, object], people: Sequence[str]) -> str:
    """What was looked for, for the sentence: " called 'dentist'", " with Anna"."""
    called = f" called '{shown(str(arguments['words']))}'" if "words" in arguments else ""
    company = f" with {listed(people)}" if people else ""
    return called + company


@dataclass(frozen=True)
class _Listing:
    """How events are told, day by day."""

    now: datetime
    settings: Settings

    def days(self, entries: Sequence[Entry]) -> list[str]:
        """The lines of the days that have any."""
        overlapping = clashing(entries)
        lines: list[str] = []
        for day, of_day in groupby(entries, key=lambda entry: entry.occurrence.start.date()):
            lines.append(f"{near_day(day, self.now.date())}:")
            lines += [f"  {self._event(each.occurrence, overlapping)}" for each in of_day]
        return lines

    def _event(self, event: Occurrence, overlapping: set[Occurrence]) -> str:
        where = f", {shown(event.where)}" if event.where else ""
        guests = beside(event.title, other_people(event.attendees, self.settings))[:_GUESTS]
        company = f" with {listed(guests)}" if guests else ""
        clash = " (overlaps)" if event in overlapping else ""
        return f"{when_of(event)} {title_of(event)}{company}{where}{clash}"


def _as_data(occurrence: Occurrence) -> dict[str, object]:
    return {
        "id": occurrence.id,
        "title": title_of(occurrence),
        "start": occurrence.start.isoformat(),
        "end": occurrence.end.isoformat(),
        "all_day": occurrence.all_day,
        "where": shown(occurrence.where),
        "with": [shown(name) for name in occurrence.attendees],
        "calendar": shown(occurrence.path.split("/")[1]),
    }
