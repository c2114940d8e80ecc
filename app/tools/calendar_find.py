"""cal_find: what is in the calendar, as a readable list and as data. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby

from app.calendars.recurrence import Entry, overlaps
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, Occurrence, Tool, ToolOutcome
from app.store.settings import Settings
from app.tools.event_words import matches_words, search_words
from app.tools.schemas import declared
from app.tools.when import When, WhenKind, parse_when
from app.tools.wording import (
    clock_range,
    clock_time,
    day_name,
    listed,
    near_day,
    shown,
    title_of,
    when_of,
)

_AHEAD = timedelta(days=14)
_YEAR = timedelta(days=366)
_USUAL_LIMIT = 20


def cal_find(calendar: Vdir, settings: Settings) -> Tool:
    """The tool that lists events."""

    def run(arguments: Mapping[str, object], clock: Clock) -> ToolOutcome:
        return _find(arguments, clock, calendar, settings)

    return Tool(declared("cal_find"), run)


def _find(
    arguments: Mapping[str, object], clock: Clock, calendar: Vdir, settings: Settings
) -> ToolOutcome:
    now = clock.now.astimezone(clock.zone)
    words = search_words(str(arguments.get("words", "")))
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
        sentence=_sentence(kept, total, asked, _named(arguments, people), now, backwards),
        problem=reading.problem,
    )


def _window(text: str, clock: Clock, locale: str) -> tuple[datetime, datetime, str]:
    """Start, end and name ("on Thursday 19 November") of the time asked about."""
    try:
        when = parse_when(text, clock, locale=locale)
    except AmbiguousError as error:
        error.argument = error.argument or "when"
        raise
    today = clock.now.astimezone(clock.zone).date()
    day = near_day(when.start.date(), today)
    if when.kind is WhenKind.RECURRING:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” names many days; I can look at one stretch of time.",
            "Name a day or a week, like “next week”.",
        )
    if when.kind is WhenKind.INSTANT:
        end = when.start + timedelta(minutes=1)
        return when.start, end, f"at {clock_time(when.start)} on {day}"
    end = when.end or _next_day(when)
    return when.start, end, _span_name(when, end, day, lambda last: near_day(last.date(), today))


def _next_day(when: When) -> datetime:
    return datetime.combine(when.start.date() + timedelta(days=1), time(), tzinfo=when.start.tzinfo)


def _span_name(when: When, end: datetime, day: str, name: Callable[[datetime], str]) -> str:
    if when.kind is WhenKind.DAY:
        return f"on {day}"
    last = end - timedelta(seconds=1)
    if when.start.date() == last.date():
        return f"on {day}, {clock_range(when.start, end)}"
    return f"from {day} to {name(last)}"


def _named(arguments: Mapping[str, object], people: Sequence[object]) -> str:
    """What was looked for, for the sentence: " called 'dentist'", " with Anna"."""
    called = f" called '{shown(str(arguments['words']))}'" if "words" in arguments else ""
    beside = f" with {listed([shown(str(person)) for person in people])}" if people else ""
    return called + beside


def _sentence(
    entries: Sequence[Entry], total: int, asked: str, named: str, now: datetime, backwards: bool
) -> str:
    if not entries:
        return f"Nothing{named} {asked}."
    clashing = _clashing(entries)
    lines: list[str] = []
    if backwards:
        lines.append("Nothing is ahead; the last was:" if total == 1 else "Nothing is ahead; past:")
    days = groupby(entries, key=lambda entry: entry.occurrence.start.date())
    for day, of_day in days:
        lines.append(f"{day_name(day) if day.year != now.year else near_day(day, now.date())}:")
        for entry in of_day:
            each = entry.occurrence
            where = f", {shown(each.where)}" if each.where else ""
            beside = _beside(each)
            clash = " (overlaps)" if each in clashing else ""
            lines.append(f"  {when_of(each)} {title_of(each)}{beside}{where}{clash}")
    if total > len(entries):
        lines.append(f"and {total - len(entries)} more.")
    return "\n".join(lines)


def _beside(occurrence: Occurrence) -> str:
    """Guests the title does not name."""
    missing = [
        shown(name)
        for name in occurrence.attendees
        if shown(name).casefold() not in occurrence.title.casefold()
    ]
    return f" with {listed(missing[:5])}" if missing else ""


def _clashing(entries: Sequence[Entry]) -> set[Occurrence]:
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
