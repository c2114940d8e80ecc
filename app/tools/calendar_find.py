"""cal_find: what is in the calendar, as a readable list and as data. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby

from app.calendars.recurrence import Entry, overlaps
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, Clock, Occurrence, Tool, ToolOutcome
from app.store.settings import Settings
from app.tools.event_words import matches_words, names_every, search_words, words_of
from app.tools.schemas import declared
from app.tools.when import When, WhenKind, parse_when
from app.tools.wording import (
    beside,
    listed,
    near_day,
    shown,
    stretch_asked,
    title_of,
    when_of,
)

_AHEAD = timedelta(days=14)
_YEAR = timedelta(days=366)
_USUAL_LIMIT = 20
_GUESTS = 5


def cal_find(calendar: Vdir, settings: Settings) -> Tool:
    """The tool that lists events."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _find(arguments, asked.clock, calendar, settings)

    return Tool(declared("cal_find"), run)


def _find(
    arguments: Mapping[str, object], clock: Clock, calendar: Vdir, settings: Settings
) -> ToolOutcome:
    now = clock.now.astimezone(clock.zone)
    said = str(arguments.get("words", ""))
    # "My meetings" are everything, whether or not one of them is called so.
    words = () if names_every(words_of(said)) else search_words(said)
    people = arguments.get("with", ())
    limit = arguments.get("limit", _USUAL_LIMIT)
    assert isinstance(people, Sequence) and isinstance(limit, int)
    who = [word for person in people for word in search_words(str(person))]

    def fits(entry: Entry) -> bool:
        return matches_words(entry.occurrence, [*words, *who])

    backwards = False
    if "when" in arguments:
        start, end, asked = _window(str(arguments["when"]), clock, settings.locale)
        reading = calendar.read(start, end)
        found = [entry for entry in reading.entries if fits(entry)]
    else:
        named = bool(words or who)
        asked = "in the coming year" if named else "in the next 14 days"
        reading = calendar.read(now, now + (_YEAR if named else _AHEAD))
        found = [entry for entry in reading.entries if fits(entry)]
        if named and not found:
            # "When did I last see Marta?" and "when was the dentist?" mean what is over.
            past = calendar.read(now - _YEAR, now)
            found = [entry for entry in past.entries if fits(entry)][::-1]
            backwards = bool(found)
            asked = "in the past or the coming year"
    total = len(found)
    kept = found[:limit]
    known = calendar.identified([entry.occurrence for entry in kept])
    return ToolOutcome(
        data={"occurrences": [_as_data(each) for each in known], "total": total},
        sentence=_sentence(
            kept, total, asked, _named(arguments if words else {}, people), now, backwards
        ),
        problem=reading.problem,
    )


def _window(text: str, clock: Clock, locale: str) -> tuple[datetime, datetime, str]:
    """Start, end and name ("on Thursday 19 November") of the time asked about."""
    try:
        when = parse_when(text, clock, locale=locale)
    except AmbiguousError as error:
        error.argument = error.argument or "when"
        raise
    if when.kind is WhenKind.RECURRING:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” names many days; I can look at one stretch of time.",
            "Name a day or a week, like “next week”.",
        )
    asked = stretch_asked(when, clock.now.astimezone(clock.zone).date())
    if when.kind is WhenKind.INSTANT:
        return when.start, when.start + timedelta(minutes=1), asked
    return when.start, when.end or _next_day(when), asked


def _next_day(when: When) -> datetime:
    return datetime.combine(when.start.date() + timedelta(days=1), time(), tzinfo=when.start.tzinfo)


def _named(arguments: Mapping[str, object], people: Sequence[object]) -> str:
    """What was looked for, for the sentence: " called 'dentist'", " with Anna"."""
    called = f" called '{shown(str(arguments['words']))}'" if "words" in arguments else ""
    company = f" with {listed([shown(str(person)) for person in people])}" if people else ""
    return called + company


def _sentence(
    entries: Sequence[Entry], total: int, asked: str, named: str, now: datetime, backwards: bool
) -> str:
    if not entries:
        return f"Nothing{named} {asked}."
    overlapping = clashing(entries)
    lines: list[str] = []
    if backwards:
        lines.append("Nothing is ahead; the last was:" if total == 1 else "Nothing is ahead; past:")
    days = groupby(entries, key=lambda entry: entry.occurrence.start.date())
    for day, of_day in days:
        lines.append(f"{near_day(day, now.date())}:")
        for entry in of_day:
            each = entry.occurrence
            where = f", {shown(each.where)}" if each.where else ""
            guests = beside(each.title, each.attendees)[:_GUESTS]
            company = f" with {listed(guests)}" if guests else ""
            clash = " (overlaps)" if each in overlapping else ""
            lines.append(f"  {when_of(each)} {title_of(each)}{company}{where}{clash}")
    if total > len(entries):
        lines.append(f"and {total - len(entries)} more.")
    return "\n".join(lines)


def clashing(entries: Sequence[Entry]) -> set[Occurrence]:
    """Timed events that take up time another one also takes."""
    timed = [entry.occurrence for entry in entries if entry.busy and not entry.occurrence.all_day]
    return {
        each
        for first, one in enumerate(timed)
        for other in timed[first + 1 :]
        if overlaps(one.start, one.end, other.start, other.end)
        for each in (one, other)
    }


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
