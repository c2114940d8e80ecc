"""From the user's words for events ("my 3pm with Anna") to the events themselves.

Pure but for reading the calendar. Nothing here decides what happens to what was found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.calendars.vdir import CalendarProblem, Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, Occurrence
from app.tools.event_reading import Wanted, exception, items, on_day_spoken_of, readings
from app.tools.event_search import EventSearch, among
from app.tools.event_words import EVERY, words_of
from app.tools.pointing import Pointing, pointing_in, points_at_one
from app.tools.recent_events import NOTHING_SPOKEN_OF, RecentEvents
from app.tools.wording import clock_time, one_line, shown, stretch_asked

_ID = re.compile(r"e[1-9][0-9]{0,17}\Z")
_CHOICES = 12


@dataclass(frozen=True)
class Resolved:
    """The events a reference means, by start, with ids.

    `whole` are the ids of those that stand for their whole series ("all standups", "the standup
    series"): of each the next occurrence is here. `problems` are files that could not be read while
    looking for them.
    """

    occurrences: tuple[Occurrence, ...]
    whole: frozenset[str] = frozenset()
    problems: tuple[CalendarProblem, ...] = ()


def resolve_events(
    reference: str | Sequence[str],
    calendar: Vdir,
    clock: Clock,
    *,
    locale: str = "en_GB",
    recent: RecentEvents = NOTHING_SPOKEN_OF,
    argument: str = "events",
) -> Resolved:
    """The events meant by the user's words, by an id ("e12"), or by a list of either.

    `recent` is what "it" and "the second one" mean; what was spoken of also settles which of
    several events a name means. Raises KnownError("event_not_found") saying what was looked for,
    AmbiguousError("several_events") where words for one event fit several. A calendar file that
    cannot be read matters only where nothing was found: KnownError("broken_calendar_file").
    """
    resolver = _Resolver(calendar, clock, locale, recent)
    try:
        if isinstance(reference, str):
            found = resolver.text(reference)
        else:
            found = resolver.together(tuple(dict.fromkeys(reference)), by_start=False)
    except AmbiguousError as error:
        error.argument = error.argument or argument
        raise
    return replace(found, problems=resolver.problems)


def events_among(
    text: str, events: Sequence[Occurrence], clock: Clock, *, locale: str = "en_GB"
) -> tuple[Occurrence, ...]:
    """Those of `events` that the user's words fit, none where they fit none. Nothing is read.

    Raises AmbiguousError for a date that can be read in two ways.
    """
    if _ID.match(text.strip()):
        return tuple(each for each in events if each.id == text.strip())
    now = clock.now
    for wanted in readings(text, clock, locale):
        found = among(events, wanted, now)
        if found:
            return tuple(found)
    return ()


class _Resolver:
    def __init__(self, calendar: Vdir, clock: Clock, locale: str, recent: RecentEvents) -> None:
        self._calendar = calendar
        self._clock = clock
        self._now = clock.now
        self._locale = locale
        self._recent = recent
        self._search = EventSearch(calendar, clock)

    @property
    def problems(self) -> tuple[CalendarProblem, ...]:
        """Files that could not be read on the way."""
        return tuple(self._search.problems)

    def text(self, reference: str) -> Resolved:
        """What a text means: one reference, or a list of them in words."""
        spoken = self._recent.occurrences if self._recent.spoken else ()
        days = {each.start.date() for each in spoken}
        text = on_day_spoken_of(reference.strip().strip("\"“”'"), days)
        simple = self._simple(text)
        if simple is not None:
            return simple
        without = exception(text)
        if without is not None:
            return self._except(*without)
        parts = items(text, self._clock, self._locale)
        if parts is not None and parts.clear:
            # "Everything on monday and board": as one name it would lose "everything".
            try:
                return self.together(parts.texts)
            except AmbiguousError:
                raise
            except KnownError:
                named = self._named(text, self._readings(text))
                if named is None:
                    raise
                return named
        attempts = self._readings(text)
        named = self._named(text, attempts)
        if named is not None:
            return named
        if parts is not None:
            return self.together(parts.texts)
        raise self._not_found(text, attempts)

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
            found |= {_key(each): each for each in resolved.occurrences}
            whole |= resolved.whole
        series = {_event(each) for each in found.values() if each.id in whole}
        kept = [each for each in found.values() if each.id in whole or _event(each) not in series]
        if by_start:
            kept.sort(key=lambda each: each.start.timestamp())
        return Resolved(tuple(kept), whole=frozenset(whole))

    def _one(self, text: str) -> Resolved:
        simple = self._simple(text)
        if simple is not None:
            return simple
        attempts = self._readings(text)
        named = self._named(text, attempts)
        if named is None:
            raise self._not_found(text, attempts)
        return named

    def _readings(self, text: str) -> list[Wanted]:
        return readings(text, self._clock, self._locale)

    def _simple(self, text: str) -> Resolved | None:
        """An id, or words that point at what was spoken of."""
        if _ID.match(text.strip()):
            return Resolved((_by_id(text, self._calendar, self._now),))
        pointing = pointing_in(text, EVERY)
        if pointing is None:
            return None
        if pointing.loose:
            # "The second meeting" is one of a list that was shown, if there was one.
            listed = self._recent.spoken and len(self._recent.occurrences) > 1
            return self._pointed(text, pointing) if pointing.places and listed else None
        return self._pointed(text, pointing)

    def _pointed(self, text: str, pointing: Pointing) -> Resolved:
        things: Sequence[Occurrence | None] = self._recent.occurrences
        if pointing.places and not pointing.loose and self._recent.listed:
            things = self._recent.listed
        found = pointing.among(things)
        meant = tuple(each for each in found if each is not None)
        if not meant or len(meant) < len(found):
            raise KnownError(
                "event_not_found",
                f"I do not know which event “{shown(text)}” is. Nothing was changed.",
                "Name it, or say when it is.",
            )
        if len(meant) > 1 and not pointing.many:
            raise _several(text, meant, self._now)
        return Resolved(meant)

    def _except(self, text: str, unwanted: str) -> Resolved:
        """ "Everything on Friday but the dentist"."""
        resolved = self.text(text)
        parts = items(unwanted, self._clock, self._locale)
        dropped: set[tuple[str, str, str]] = set()
        for part in parts.texts if parts else (unwanted,):
            meant = events_among(part, resolved.occurrences, self._clock, locale=self._locale)
            if not meant:
                raise KnownError(
                    "event_not_found",
                    f"“{shown(part)}” is none of the {len(resolved.occurrences)} events in "
                    f"“{shown(text)}”. Nothing was changed.",
                    "Check its name, or name the events you mean.",
                )
            dropped |= {_key(each) for each in meant}
        kept = tuple(each for each in resolved.occurrences if _key(each) not in dropped)
        if not kept:
            raise self._not_found(text, self._readings(text))
        return Resolved(kept, whole=resolved.whole & {e.id for e in kept})

    def _named(self, text: str, attempts: Sequence[Wanted]) -> Resolved | None:
        """What one reference in words means, None if it fits nothing."""
        spoken = self._spoken_of(text, attempts)
        if spoken is not None:
            return spoken
        for wanted in attempts:
            found = self._search.find(wanted)
            if found:
                return self._settled(text, found, wanted)
        if self._recent.spoken and pointing_in(text, EVERY):
            return self._pointed(text, Pointing())  # "the meeting", and none is called so
        return None

    def _spoken_of(self, text: str, attempts: Sequence[Wanted]) -> Resolved | None:
        """What it means among the events spoken of last, None where it is not about them.

        "The one with Bob" is; so is a name that exactly one of them has, where it says no day.
        """
        if not self._recent.spoken:
            return None
        pointed = points_at_one(text)
        for wanted in attempts:
            if not pointed and not _may_be_spoken_of(wanted):
                continue
            meant = tuple(among(self._recent.occurrences, wanted, self._now))
            if len(meant) == 1:
                return Resolved(meant)
            if meant and pointed:
                if wanted.many:
                    return Resolved(meant)
                raise _several(text, meant, self._now)
        return None

    def _settled(self, text: str, found: Sequence[Occurrence], wanted: Wanted) -> Resolved:
        if wanted.many or len(found) == 1:
            known = self._calendar.identified(found)
            spoken_of = wanted.series or (wanted.many and wanted.timeless)
            whole = frozenset(each.id for each in known if each.recurrence_id and spoken_of)
            return Resolved(known, whole=whole)
        if self._recent.spoken:
            keys = {_key(each) for each in self._recent.occurrences}
            same = [each for each in found if _key(each) in keys]
            if len(same) == 1:
                return Resolved(self._calendar.identified(same))
        known = self._calendar.identified(found[:_CHOICES])
        raise _several(text, known, self._now, of=len(found))

    def _not_found(self, text: str, attempts: Sequence[Wanted]) -> KnownError:
        wanted = _plainest(attempts)
        error = _not_found(text, wanted, self._now, self._search.problems)
        if wanted is None or wanted.when is None or not wanted.words or self._search.problems:
            return error
        elsewhere = self._search.find(
            replace(wanted, when=None, time_text="", pick=None, many=False)
        )
        if elsewhere:
            near = one_line(elsewhere[0], self._now.date())
            error.hint = f"There is {near}. Say its day if you mean that."
        return error


def _plainest(attempts: Sequence[Wanted]) -> Wanted | None:
    """Of the readings with the likeliest time that with the fewest words: "event" names none."""
    likeliest = [each for each in attempts if each.when == attempts[0].when and each.words]
    return min(likeliest or attempts, key=lambda each: len(each.words), default=None)


def _may_be_spoken_of(wanted: Wanted) -> bool:
    """Whether words for one event may be a short name for one that was just spoken of."""
    plain = not (wanted.many or wanted.pick or wanted.series)
    return plain and wanted.anytime and bool(wanted.words or wanted.when)


def _event(occurrence: Occurrence) -> tuple[str, str]:
    """Which event it belongs to: a file may hold several."""
    return occurrence.path, occurrence.uid


def _key(occurrence: Occurrence) -> tuple[str, str, str]:
    return occurrence.path, occurrence.uid, occurrence.recurrence_id


def _by_id(short_id: str, calendar: Vdir, now: datetime) -> Occurrence:
    found = calendar.by_id(short_id.strip(), now)
    if found is None:
        raise KnownError(
            "event_not_found",
            f"There is no event {shown(short_id)[:20]} any more. Nothing was changed.",
            "Look for it by its name.",
        )
    return found


def _several(
    text: str, known: Sequence[Occurrence], now: datetime, *, of: int = 0
) -> AmbiguousError:
    """The question which one; `of` is how many fit if those are not all."""
    count = max(of, len(known))
    known = known[:_CHOICES]
    more = f" These are the first {len(known)}." if count > len(known) else ""
    return AmbiguousError(
        "several_events",
        f"“{shown(text)}” fits {count} events.{more} Nothing was changed.",
        "Say which one.",
        choices=tuple((each.id, one_line(each, now.date())) for each in known),
    )


def _not_found(
    text: str, wanted: Wanted | None, now: datetime, problems: Sequence[CalendarProblem]
) -> KnownError:
    what = _as_said(wanted.words, text) if wanted else ""
    looked = "" if what == text.strip() else f" I looked for “{shown(text)}”."
    named = f"Nothing called '{shown(what)}'" if what else "Nothing"
    if wanted is None or wanted.when is None:
        where = "from 30 days back to a year ahead"
    elif wanted.anytime:
        where = f"at {clock_time(wanted.when.start)} on any day of the coming year"
    else:
        where = stretch_asked(wanted.when, now.date())
    if problems:
        broken = shown(problems[0].path)
        return KnownError(
            "broken_calendar_file",
            f"{named} {where}, but {broken} cannot be read and may hold it: "
            f"{problems[0].reason}.{looked} Nothing was changed.",
            "Repair the file, or move it out of the calendars folder.",
        )
    return KnownError(
        "event_not_found",
        f"{named} {where}.{looked} Nothing was changed.",
        "Check the name and the day, or list that day first.",
    )


def _as_said(words: Sequence[str], text: str) -> str:
    """The words as they stand in `text`, with their capitals."""
    said: dict[str, str] = {}
    for piece in re.findall(r"[\w&.-]+", text):
        said |= dict.fromkeys(words_of(piece), piece.strip(".-"))
    return " ".join(said.get(word, word) for word in words)
