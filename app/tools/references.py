"""From the user's words for events ("my 3pm with Anna") to the events themselves.

Pure but for reading the calendar. Nothing here decides what happens to what was found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.calendars.recurrence import overlaps
from app.calendars.vdir import Reading, Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, Occurrence
from app.tools.event_words import ARTICLES, GENERIC, matches_words, words_of
from app.tools.when import When, WhenKind, find_when
from app.tools.wording import clock_range, clock_time, near_day, one_line, shown

_ID = re.compile(r"e[1-9][0-9]{0,17}\Z")
_RECENT = frozenset({"it", "that", "this", "that one", "this one", "the event", "them", "those"})

_MANY_WORDS = frozenset(("everything", "anything", "all", "both", "every", "each", "whole", "rest"))
_MANY_NOUNS = frozenset(("meetings", "events", "appointments", "things", "entries", "sessions"))
_ORDINALS = {"first": 0, "second": 1, "third": 2, "1st": 0, "2nd": 1, "3rd": 2}
_NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "2": 2, "3": 3, "4": 4, "5": 5}
_SAYS_DAY = re.compile(
    r"mon|tue|wed|thu|fri|sat|sun|day|morrow|tmrw|tonight|week|month|year|jan|feb|mar|apr|may|jun"
    r"|jul|aug|sep|oct|nov|dec|\bin\b|\bago\b|\d(st|nd|rd|th)\b|\d{4}-\d|\d[/.]\d+[/.]?\d*$",
    re.IGNORECASE,
)

_NEAR = timedelta(days=60)
_FAR = timedelta(days=365)
_BACK = timedelta(days=30)
_CHOICES = 12


@dataclass(frozen=True)
class Resolved:
    """The events a reference means, by start, with ids. `many`: it spoke of a set."""

    occurrences: tuple[Occurrence, ...]
    many: bool


@dataclass(frozen=True)
class _Wanted:
    """A reference taken apart: `words` the event must have, `when` it must be, which of them."""

    words: tuple[str, ...]
    when: When | None
    time_text: str
    many: bool
    pick: Callable[[Sequence[Occurrence], datetime], Sequence[Occurrence]] | None
    last: bool = False


def resolve_events(
    reference: str | Sequence[str],
    calendar: Vdir,
    clock: Clock,
    *,
    locale: str = "en_GB",
    recent: Sequence[Occurrence] = (),
    argument: str = "events",
) -> Resolved:
    """The events meant by ids ("e12", a list of them) or by the user's words.

    `recent` is what "it" means. Raises KnownError("event_not_found") saying what was looked for,
    AmbiguousError("several_events") where words for one event fit several,
    KnownError("broken_calendar_file") if a search met a file it cannot read.
    """
    if not isinstance(reference, str):
        found = [_by_id(each, calendar, clock) for each in dict.fromkeys(reference)]
        return Resolved(tuple(found), many=len(found) > 1)
    text = reference.strip().strip("\"“”'")
    if _ID.match(text):
        return Resolved((_by_id(text, calendar, clock),), many=False)
    if text.casefold().strip(" .!?") in _RECENT:
        if recent:
            return Resolved(calendar.identified(recent), many=len(recent) > 1)
        raise KnownError(
            "event_not_found",
            f"I do not know which event “{shown(text)}” is. Nothing was changed.",
            "Name it, or say when it is.",
        )
    search = _Search(calendar, clock)
    attempts = _readings(text, clock, locale)
    for wanted in attempts:
        found_now = search.find(wanted)
        if found_now:
            return _settled(text, found_now, wanted, calendar, argument)
    parts = re.split(r"\s+(?:and|&)\s+", text)
    if len(parts) == 2 and all(words_of(part) for part in parts):
        return _both(text, parts, search, clock, locale, calendar, argument)
    raise _not_found(text, attempts[0] if attempts else None, clock)


def _readings(text: str, clock: Clock, locale: str) -> list[_Wanted]:
    """The ways to read the words, the likeliest first: a title may hold a time or "first"."""
    found = None
    try:
        found = find_when(text, clock, locale=locale)
    except AmbiguousError:
        raise
    except KnownError:
        pass  # "31 November" may be a title; as a time it is none
    if found is None:
        return _with_words(text, None, "")
    when, (start, end) = found
    rest = f"{text[:start]} {text[end:]}"
    if when.kind is WhenKind.RECURRING:
        # "The weekly standup": how often it is tells nothing that its name does not.
        return _with_words(text, None, "") + _with_words(rest, None, "")
    timed = _with_words(rest, when, text[start:end])
    # "The Friday retrospective" is a name; "everything on Friday" never means other days.
    named = [each for each in _with_words(text, None, "") if not each.many]
    return timed + named


def _with_words(text: str, when: When | None, time_text: str) -> list[_Wanted]:
    words = words_of(text)
    many = any(word in _MANY_WORDS or word in _MANY_NOUNS for word in words)
    if when is not None and when.kind is not WhenKind.INSTANT and words == ["my"]:
        many = True  # "my Friday afternoon"
    content = [word for word in words if word not in ARTICLES and word not in _MANY_WORDS]
    rest = [word for word in content if word not in ("next", "last", "previous", *_ORDINALS)]
    pick, count_used, last = _ordinal(words)
    if count_used:
        rest = [word for word in rest if word not in _NUMBERS]
    if pick is not None and count_used:
        many = True
    specific = [word for word in rest if word not in GENERIC]
    variants: list[_Wanted] = []
    if pick is not None and len(content) > len(rest):
        variants.append(_Wanted(tuple(content), when, time_text, many, None))
    variants.append(_Wanted(tuple(rest), when, time_text, many, pick, last))
    if len(specific) < len(rest):
        variants.append(_Wanted(tuple(specific), when, time_text, many, pick, last))
    # "The", "my" and "everything" alone find nothing: they would mean every event there is.
    return [each for each in variants if each.words or each.when or each.pick]


def _ordinal(
    words: Sequence[str],
) -> tuple[Callable[[Sequence[Occurrence], datetime], Sequence[Occurrence]] | None, bool, bool]:
    """What "first", "next two" and the like choose; whether a number was used; whether "last"."""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word == "next":
            count = _NUMBERS.get(following, 1)
            return _coming(count), following in _NUMBERS, False
        if word in ("last", "previous"):
            return (lambda found, now: found[-1:]), False, True
        if word in _ORDINALS:
            place = _ORDINALS[word]
            return (lambda found, now, place=place: found[place : place + 1]), False, False
    return None, False, False


def _coming(count: int) -> Callable[[Sequence[Occurrence], datetime], Sequence[Occurrence]]:
    def pick(found: Sequence[Occurrence], now: datetime) -> Sequence[Occurrence]:
        return [item for item in found if item.start.timestamp() >= now.timestamp()][:count]

    return pick


class _Search:
    """Looks through the calendar for what was wanted; reads each window of time once."""

    def __init__(self, calendar: Vdir, clock: Clock) -> None:
        self._calendar = calendar
        self._now = clock.now.astimezone(clock.zone)
        self._read: dict[tuple[datetime, datetime], Reading] = {}

    def find(self, wanted: _Wanted) -> list[Occurrence]:
        """Everything that fits, by start."""
        if wanted.when is not None:
            found = self._at(wanted, wanted.when)
        else:
            found = self._without_time(wanted)
        if wanted.pick is None:
            return found
        # "The second meeting on Friday" counts what has a time of day, if anything has.
        timed = [each for each in found if not each.all_day]
        return list(wanted.pick(timed or found, self._now))

    def _within(self, start: datetime, end: datetime, words: Sequence[str]) -> list[Occurrence]:
        if (start, end) not in self._read:
            self._read[start, end] = self._calendar.read(start, end)
        reading = self._read[start, end]
        reading.require_whole()
        return [item for item in reading.occurrences if matches_words(item, words)]

    def _at(self, wanted: _Wanted, when: When) -> list[Occurrence]:
        if when.kind is WhenKind.INSTANT:
            minute = timedelta(minutes=1)
            found = self._within(when.start, when.start + minute, wanted.words)
            exact = [each for each in found if _starts_at(each, when.start)]
            if exact or _SAYS_DAY.search(wanted.time_text):
                return exact
            # "my 3pm" with nothing today at three: the coming ones at that time of day.
            start, end = self._today(), self._today() + _NEAR
            time_of_day = when.start.timetz().replace(tzinfo=None)
            return [
                each
                for each in self._within(start, end, wanted.words)
                if not each.all_day and each.start.time() == time_of_day
            ]
        end = when.end or when.start + timedelta(days=1)
        found = self._within(when.start, end, wanted.words)
        if not wanted.many:
            return found
        inside = [
            each
            for each in found
            if (when.all_day or not each.all_day)
            and each.start.timestamp() >= when.start.timestamp()
        ]
        coming = [each for each in inside if each.end.timestamp() > self._now.timestamp()]
        return coming or inside

    def _without_time(self, wanted: _Wanted) -> list[Occurrence]:
        today = self._today()
        windows = [(today, today + _NEAR), (today, today + _FAR), (today - _BACK, today)]
        if wanted.last:
            windows = [(today - _BACK, self._now), *windows[:2]]
        for start, end in windows:
            found = self._within(start, end, wanted.words)
            if found:
                return self._next_of_series(found) if not wanted.many and not wanted.pick else found
        return []

    def _next_of_series(self, found: Sequence[Occurrence]) -> list[Occurrence]:
        """Of each event only the next occurrence; what is over only where nothing else is left."""
        coming = [each for each in found if each.end.timestamp() > self._now.timestamp()]
        ordered = coming or list(reversed(found))
        chosen: dict[str, Occurrence] = {}
        for each in ordered:
            chosen.setdefault(each.path, each)
        return sorted(chosen.values(), key=lambda each: each.start.timestamp())

    def _today(self) -> datetime:
        return self._now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _starts_at(occurrence: Occurrence, moment: datetime) -> bool:
    return not occurrence.all_day and overlaps(
        occurrence.start, occurrence.start, moment, moment + timedelta(minutes=1)
    )


def _by_id(short_id: str, calendar: Vdir, clock: Clock) -> Occurrence:
    found = calendar.by_id(short_id.strip(), clock.now.astimezone(clock.zone))
    if found is None:
        raise KnownError(
            "event_not_found",
            f"There is no event {shown(short_id)[:20]} any more. Nothing was changed.",
            "Look for it by its name.",
        )
    return found


def _settled(
    text: str, found: Sequence[Occurrence], wanted: _Wanted, calendar: Vdir, argument: str
) -> Resolved:
    if wanted.many or len(found) == 1:
        return Resolved(calendar.identified(found), many=wanted.many and len(found) > 1)
    known = calendar.identified(found[:_CHOICES])
    more = f" These are the first {_CHOICES}." if len(found) > _CHOICES else ""
    raise AmbiguousError(
        "several_events",
        f"“{shown(text)}” fits {len(found)} events.{more} Nothing was changed.",
        "Say which one.",
        argument=argument,
        choices=tuple((each.id, one_line(each)) for each in known),
    )


def _both(
    text: str,
    parts: Sequence[str],
    search: _Search,
    clock: Clock,
    locale: str,
    calendar: Vdir,
    argument: str,
) -> Resolved:
    """ "Lunch with Anna and the dentist": two references in one."""
    all_found: dict[tuple[str, str], Occurrence] = {}
    for part in parts:
        attempts = _readings(part, clock, locale)
        for wanted in attempts:
            found = search.find(wanted)
            if found:
                settled = _settled(part, found, wanted, calendar, argument)
                all_found.update(
                    {(each.path, each.recurrence_id): each for each in settled.occurrences}
                )
                break
        else:
            raise _not_found(part, attempts[0] if attempts else None, clock)
    ordered = sorted(all_found.values(), key=lambda each: each.start.timestamp())
    return Resolved(tuple(ordered), many=len(ordered) > 1)


def _not_found(text: str, wanted: _Wanted | None, clock: Clock) -> KnownError:
    what = " ".join(wanted.words) if wanted else ""
    named = f"Nothing called '{shown(what)}'" if what else "Nothing"
    if wanted is None or wanted.when is None:
        where = "from 30 days back to a year ahead"
    else:
        where = _when_text(wanted.when, clock)
    return KnownError(
        "event_not_found",
        f"{named} {where}. I looked for “{shown(text)}”. Nothing was changed.",
        "Check the name and the day, or list that day first.",
    )


def _when_text(when: When, clock: Clock) -> str:
    today = clock.now.astimezone(clock.zone).date()
    day = near_day(when.start.date(), today)
    if when.kind is WhenKind.INSTANT:
        return f"on {day} at {clock_time(when.start)}"
    if when.kind is WhenKind.DAY or when.end is None:
        return f"on {day}"
    if when.all_day:
        return f"from {day} to {near_day((when.end - timedelta(days=1)).date(), today)}"
    if when.end - when.start <= timedelta(days=1):
        return f"on {day}, {clock_range(when.start, when.end)}"
    return f"from {day} to {near_day(when.end.date(), today)}"
