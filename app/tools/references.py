"""From the user's words for events ("my 3pm with Anna") to the events themselves.

Pure but for reading the calendar. Nothing here decides what happens to what was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.calendars.recurrence import overlaps
from app.calendars.vdir import Reading, Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, Occurrence
from app.tools.event_words import matches_words
from app.tools.reference_words import Wanted, items, readings
from app.tools.when import When, WhenKind
from app.tools.wording import one_line, shown, stretch_asked

_ID = re.compile(r"e[1-9][0-9]{0,17}\Z")
_RECENT = frozenset({"it", "that", "this", "that one", "this one", "the event", "them", "those"})
_SAYS_DAY = re.compile(
    r"mon|tue|wed|thu|fri|sat|sun|day|morrow|tmrw|tonight|week|month|year|jan|feb|mar|apr|may|jun"
    r"|jul|aug|sep|oct|nov|dec|\bin\b|\bago\b|\d(st|nd|rd|th)\b|\d{4}-\d|\d[/.]\d+[/.]?\d*$",
    re.IGNORECASE,
)

_AHEAD = timedelta(days=365)
_BACK = timedelta(days=30)
_CHOICES = 12


@dataclass(frozen=True)
class Resolved:
    """The events a reference means, by start, with ids. `many`: it spoke of a set.

    `whole` are the ids of those that stand for their whole series ("all standups", "the standup
    series"): of each the next occurrence is here.
    """

    occurrences: tuple[Occurrence, ...]
    many: bool
    whole: frozenset[str] = frozenset()


def resolve_events(
    reference: str | Sequence[str],
    calendar: Vdir,
    clock: Clock,
    *,
    locale: str = "en_GB",
    recent: Sequence[Occurrence] = (),
    argument: str = "events",
) -> Resolved:
    """The events meant by the user's words, by an id ("e12"), or by a list of either.

    `recent` is what "it" means. Raises KnownError("event_not_found") saying what was looked for,
    AmbiguousError("several_events") where words for one event fit several,
    KnownError("broken_calendar_file") if a search met a file it cannot read.
    """
    resolver = _Resolver(calendar, clock, locale, recent)
    try:
        if isinstance(reference, str):
            return resolver.text(reference)
        return resolver.together(tuple(dict.fromkeys(reference)), by_start=False)
    except AmbiguousError as error:
        error.argument = error.argument or argument
        raise


class _Resolver:
    def __init__(
        self, calendar: Vdir, clock: Clock, locale: str, recent: Sequence[Occurrence]
    ) -> None:
        self._calendar = calendar
        self._clock = clock
        self._now = clock.now.astimezone(clock.zone)
        self._locale = locale
        self._recent = recent
        self._search = _Search(calendar, clock)

    def text(self, reference: str) -> Resolved:
        """What a text means: one reference, or a list of them in words."""
        text = reference.strip().strip("\"“”'")
        simple = self._simple(text)
        if simple is not None:
            return simple
        parts = items(text, self._clock, self._locale)
        if parts is not None and parts.clear:
            # "Everything on monday and board": as one name it would lose "everything".
            try:
                return self.together(parts.texts)
            except AmbiguousError:
                raise
            except KnownError:
                named = self._named(text, readings(text, self._clock, self._locale))
                if named is None:
                    raise
                return named
        attempts = readings(text, self._clock, self._locale)
        named = self._named(text, attempts)
        if named is not None:
            return named
        if parts is not None:
            return self.together(parts.texts)
        raise _not_found(text, attempts[0] if attempts else None, self._now)

    def together(self, texts: Sequence[str], *, by_start: bool = True) -> Resolved:
        """Several references in one: everything any of them means, once."""
        found: dict[tuple[str, str, str], Occurrence] = {}
        whole: set[str] = set()
        for index, text in enumerate(texts):
            try:
                resolved = self._one(text)
            except AmbiguousError as error:
                # What is chosen takes the place of its part; the others stay said.
                error.choices = tuple(
                    (" and ".join([*texts[:index], value, *texts[index + 1 :]]), label)
                    for value, label in error.choices
                )
                raise
            found |= {(*_event(each), each.recurrence_id): each for each in resolved.occurrences}
            whole |= resolved.whole
        series = {_event(each) for each in found.values() if each.id in whole}
        kept = [each for each in found.values() if each.id in whole or _event(each) not in series]
        if by_start:
            kept.sort(key=lambda each: each.start.timestamp())
        return Resolved(tuple(kept), many=len(kept) > 1, whole=frozenset(whole))

    def _one(self, text: str) -> Resolved:
        simple = self._simple(text)
        if simple is not None:
            return simple
        attempts = readings(text, self._clock, self._locale)
        named = self._named(text, attempts)
        if named is None:
            raise _not_found(text, attempts[0] if attempts else None, self._now)
        return named

    def _simple(self, text: str) -> Resolved | None:
        """An id, or "it"."""
        if _ID.match(text.strip()):
            return Resolved((_by_id(text, self._calendar, self._now),), many=False)
        if text.casefold().strip(" .!?") not in _RECENT:
            return None
        if self._recent:
            known = self._calendar.identified(self._recent)
            return Resolved(known, many=len(known) > 1)
        raise KnownError(
            "event_not_found",
            f"I do not know which event “{shown(text)}” is. Nothing was changed.",
            "Name it, or say when it is.",
        )

    def _named(self, text: str, attempts: Iterable[Wanted]) -> Resolved | None:
        """What one reference in words means, None if it fits nothing."""
        for wanted in attempts:
            found = self._search.find(wanted)
            if found:
                return self._settled(text, found, wanted)
        return None

    def _settled(self, text: str, found: Sequence[Occurrence], wanted: Wanted) -> Resolved:
        if wanted.many or len(found) == 1:
            known = self._calendar.identified(found)
            spoken_of = wanted.series or (wanted.many and wanted.timeless)
            whole = frozenset(each.id for each in known if each.recurrence_id and spoken_of)
            return Resolved(known, many=wanted.many and len(found) > 1, whole=whole)
        known = self._calendar.identified(found[:_CHOICES])
        more = f" These are the first {_CHOICES}." if len(found) > _CHOICES else ""
        raise AmbiguousError(
            "several_events",
            f"“{shown(text)}” fits {len(found)} events.{more} Nothing was changed.",
            "Say which one.",
            choices=tuple((each.id, one_line(each, self._now.date())) for each in known),
        )


def _event(occurrence: Occurrence) -> tuple[str, str]:
    """Which event it belongs to: a file may hold several."""
    return occurrence.path, occurrence.uid


class _Search:
    """Looks through the calendar for what was wanted; reads each window of time once."""

    def __init__(self, calendar: Vdir, clock: Clock) -> None:
        self._calendar = calendar
        self._now = clock.now.astimezone(clock.zone)
        self._read: dict[tuple[datetime, datetime], Reading] = {}

    def find(self, wanted: Wanted) -> list[Occurrence]:
        """Everything that fits, by start."""
        if wanted.when is not None:
            found = self._at(wanted, wanted.when)
        else:
            found = self._without_time(wanted)
        if wanted.series:
            return self._next_of_series([each for each in found if each.recurrence_id])
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

    def _at(self, wanted: Wanted, when: When) -> list[Occurrence]:
        if when.kind is WhenKind.INSTANT:
            minute = timedelta(minutes=1)
            found = self._within(when.start, when.start + minute, wanted.words)
            exact = [each for each in found if _starts_at(each, when.start)]
            if exact or _SAYS_DAY.search(wanted.time_text):
                return exact
            # "my 3pm" with nothing today at three: the coming ones at that time of day.
            start, end = self._today(), self._today() + _AHEAD
            time_of_day = when.start.timetz().replace(tzinfo=None)
            coming = [
                each
                for each in self._within(start, end, wanted.words)
                if not each.all_day and each.start.time() == time_of_day
            ]
            return coming if wanted.many or wanted.pick else self._next_of_series(coming)
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

    def _without_time(self, wanted: Wanted) -> list[Occurrence]:
        today = self._today()
        ahead, back = (today, today + _AHEAD), (today - _BACK, today)
        for start, end in ((back[0], self._now), ahead) if wanted.last else (ahead, back):
            found = self._within(start, end, wanted.words)
            if found:
                return self._next_of_series(found) if wanted.timeless else found
        return []

    def _next_of_series(self, found: Sequence[Occurrence]) -> list[Occurrence]:
        """Of each event only the next occurrence; what is over only where nothing else is left."""
        coming = [each for each in found if each.end.timestamp() > self._now.timestamp()]
        ordered = coming or list(reversed(found))
        chosen: dict[tuple[str, str], Occurrence] = {}
        for each in ordered:
            chosen.setdefault(_event(each), each)
        return sorted(chosen.values(), key=lambda each: each.start.timestamp())

    def _today(self) -> datetime:
        return self._now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _starts_at(occurrence: Occurrence, moment: datetime) -> bool:
    return not occurrence.all_day and overlaps(
        occurrence.start, occurrence.start, moment, moment + timedelta(minutes=1)
    )


def _by_id(short_id: str, calendar: Vdir, now: datetime) -> Occurrence:
    found = calendar.by_id(short_id.strip(), now)
    if found is None:
        raise KnownError(
            "event_not_found",
            f"There is no event {shown(short_id)[:20]} any more. Nothing was changed.",
            "Look for it by its name.",
        )
    return found


def _not_found(text: str, wanted: Wanted | None, now: datetime) -> KnownError:
    what = " ".join(wanted.words) if wanted else ""
    named = f"Nothing called '{shown(what)}'" if what else "Nothing"
    if wanted is None or wanted.when is None:
        where = "from 30 days back to a year ahead"
    else:
        where = stretch_asked(wanted.when, now.date())
    return KnownError(
        "event_not_found",
        f"{named} {where}. I looked for “{shown(text)}”. Nothing was changed.",
        "Check the name and the day, or list that day first.",
    )
