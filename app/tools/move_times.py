"""When a moved event could be: the user's words for it as exact times, the best first.

A time of day keeps the event's day, a day keeps its time of day, and a stretch is looked through
for free time. Reads the calendar and changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from app.calendars.conflicts import takes_time
from app.calendars.free_time import Stretch, best_starts, free_starts, rate
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.moments import after, between, existing
from app.core.ports import Asked, Clock, Occurrence
from app.store.settings import Settings
from app.tools.directions import moved_by, says_direction
from app.tools.free_slots import why, why_best
from app.tools.when import When, WhenKind, parse_when, say_day, say_length
from app.tools.wording import shown, title_of, when_of

_DAY = timedelta(days=1)
_OPTIONS = 3
_DAYS_AHEAD = 7
_BOTH_ENDS = re.compile(r"\w.*(\b(to|until|till|through|and)\b|[-\u2013])\s*\w", re.IGNORECASE)
_HOUR_ALONE = re.compile(r"(?:to\s+|at\s+)?(\d{1,2})")
_SAME_TIME = re.compile(r"[\s,]*\b(?:at )?(?:the )?same time\b", re.IGNORECASE)
_WEEKDAY = re.compile(r"\b(mon|tues?|wed(nes)?|thu(rs?)?|fri|sat(ur)?|sun)(day)?\b", re.IGNORECASE)
_SAYS_WEEK = re.compile(r"\b(this|next|last|coming|following|week)\b", re.IGNORECASE)
_SAYS_FIRST = re.compile(r"\b(first|next|earliest|soon|asap)\b", re.IGNORECASE)

Moment = date | datetime


@dataclass(frozen=True)
class Target:
    """A time the event could have: both dates (`end` exclusive) or both aware times.

    `reason` says why it is offered, `doubtful` as in `Option`.
    """

    start: Moment
    end: Moment
    reason: str = ""
    doubtful: bool = False


class Destination:
    """Where one event is to go, in the words of one call."""

    def __init__(
        self,
        event: Occurrence,
        arguments: Mapping[str, object],
        asked: Asked,
        calendar: Vdir,
        settings: Settings,
        itself: Callable[[Occurrence], bool],
    ) -> None:
        """`itself` tells what is part of the move, and so never in its way."""
        self._event = event
        self._arguments = arguments
        self._clock = asked.clock
        self._now = asked.clock.now
        reference = str(arguments.get("event", ""))
        # The name of what is moved may hold a direction of its own: "the catch up".
        self._words = asked.words.replace(reference, " ", 1) if reference else asked.words
        self._calendar = calendar
        self._settings = settings
        self._itself = itself

    def targets(self) -> list[Target]:
        """The times to offer. Raises KnownError or AmbiguousError that names the argument."""
        to, by = str(self._arguments.get("to", "")), str(self._arguments.get("by", ""))
        title = title_of(self._event)
        if to and by:
            raise _wrong(
                f"“{shown(to)}” and “{shown(by)}” are two ways to say where '{title}' goes.",
                "Say one of them.",
            )
        if by:
            found = [self._shifted(by, "by")]
        elif to:
            found = self._said(to)
        elif "choose" in self._arguments:
            found = self._free(*self._coming_days(), self._choice())
        else:
            raise _wrong(
                f"It was not said when '{title}' is to be.",
                "Say it like “to Friday at 3” or “by 30 minutes”.",
            )
        return self._elsewhere(found)

    def _elsewhere(self, found: list[Target]) -> list[Target]:
        """The targets but the time the event has now."""
        event = self._event
        times: tuple[Moment, Moment] = (event.start, event.end)
        if event.all_day:
            times = (event.start.date(), event.end.date())
        kept = [each for each in found if (each.start, each.end) != times]
        if not kept:
            raise KnownError(
                "nothing_to_change",
                f"'{title_of(event)}' is there already: {say_day(event.start.date())}, "
                f"{when_of(event)}. Nothing was changed.",
                "Say another time.",
            )
        return kept

    def _shifted(self, words: str, argument: str) -> Target:
        """The event as much later or earlier as the words say."""
        event = self._event
        try:
            start = moved_by(event.start, words, self._words)
        except AmbiguousError as error:
            error.argument = argument
            raise
        if not event.all_day:
            return Target(start, self._ended(start))
        if start.time() != event.start.time():
            raise self._lasts_all_day()
        return self._on_date(start.date())

    def _said(self, to: str) -> list[Target]:
        """The times that "to …" means."""
        text = re.sub(r"^(to|for)\s+", "", to.strip(), flags=re.IGNORECASE)
        text = _SAME_TIME.sub("", text).strip() or text  # which is what it keeps anyway
        alone = _HOUR_ALONE.fullmatch(text)
        text = f"at {alone[1]}" if alone else text
        try:
            when = self._when(text, self._clock.now)
        except AmbiguousError as error:
            error.argument = error.argument or "to"
            raise
        except KnownError as error:
            if error.code == "when_unclear" and says_direction(text):
                return [self._shifted(text, "to")]
            raise
        if not when.dated:
            when = self._when(text, _midnight(self._event.start))
        found = self._meant(when)
        other = self._in_its_week(text, when)
        if other is None:
            return found
        near = [replace(each, reason=_both("in its own week", each)) for each in self._meant(other)]
        if when.start.date() == self._clock.today:
            return near  # who means today says so
        return [*near, *(replace(each, reason=_both("the coming one", each)) for each in found)]

    def _when(self, text: str, now: datetime) -> When:
        zone = self._clock.zone
        try:
            clock = Clock(now.astimezone(zone), zone)
            return parse_when(text, clock, locale=self._settings.locale)
        except AmbiguousError:
            raise
        except KnownError as error:
            raise KnownError(
                error.code, f"{error.message} Nothing was changed.", error.hint
            ) from error

    def _in_its_week(self, text: str, when: When) -> When | None:
        """The same weekday in the week of an event further ahead; None where it is no other day."""
        own, this = _monday(self._event.start), _monday(self._now)
        bare = _WEEKDAY.search(text) and not _SAYS_WEEK.search(text)
        if own <= this or not when.dated or not bare:
            return None
        other = self._when(text, own)
        return None if other.start.date() == when.start.date() else other

    def _meant(self, when: When) -> list[Target]:
        """What a time in words means for this event."""
        if when.kind is WhenKind.RECURRING:
            raise _wrong(
                f"“{shown(when.text)}” says how often, and a move needs one time.",
                "Say one day or time; a series can then be moved as a whole.",
            )
        end = when.end or when.start + _DAY
        if self._event.all_day:
            return [self._whole_days(when, end)]
        choice = self._choice(when)
        if when.kind is WhenKind.INSTANT:
            last = when.end or self._ended(when.start)
            return [Target(when.start, last, when.note, doubtful=bool(when.note))]
        if not choice and when.kind is WhenKind.DAY:
            start = existing(datetime.combine(when.start.date(), self._event.start.timetz()))
            return [Target(start, self._ended(start, when.duration))]
        if not choice and _is_exact(when):
            return [Target(when.start, end)]
        if not choice and _is_week(when):
            start = existing(self._weekday_of(when))
            return [Target(start, self._ended(start))]
        return self._free(when.start, end, when.said, choice or "free")

    def _whole_days(self, when: When, end: datetime) -> Target:
        """Where an event of whole days goes."""
        if not when.all_day:
            raise self._lasts_all_day()
        if when.kind is WhenKind.DAY:
            return self._on_date(when.start.date())
        if _is_week(when):
            return self._on_date(self._weekday_of(when).date())
        if _BOTH_ENDS.search(when.text):
            return Target(when.start.date(), end.date())
        raise _wrong(f"“{shown(when.text)}” names several days.", "Say which day it begins.")

    def _on_date(self, day: date) -> Target:
        return Target(day, day + (self._event.end.date() - self._event.start.date()))

    def _weekday_of(self, when: When) -> datetime:
        """The event's weekday and time in a week."""
        day = when.start.date() + timedelta(days=self._event.start.weekday())
        return datetime.combine(day, self._event.start.timetz())

    def _ended(self, start: datetime, length: timedelta | None = None) -> datetime:
        """The end for a start, of that real length, else of the event's own."""
        if length is None:
            length = between(self._event.start, self._event.end)
            if length >= _DAY:  # what spans nights ends at the same time of day
                return existing(start + (self._event.end - self._event.start))
        return after(start, length)

    def _choice(self, when: When | None = None) -> str:
        """How a free time is chosen ("free", "first", "best"), "" where none was asked for."""
        said = str(self._arguments.get("choose", ""))
        if said or when is None or not when.choose:
            return said
        return "first" if _SAYS_FIRST.search(when.text) else "free"

    def _coming_days(self) -> tuple[datetime, datetime, str]:
        """Where to look for free time if nothing was said: from the event's day on, a week."""
        start = max(self._now, _midnight(self._event.start), key=datetime.timestamp)
        end = _midnight(start) + timedelta(days=_DAYS_AHEAD + 1)
        return start, end, f"up to {say_day((end - _DAY).date())}"

    def _free(self, start: datetime, end: datetime, said: str, choice: str) -> list[Target]:
        """Free times in a stretch, in which the event itself is not in the way."""
        if self._event.all_day:
            raise self._lasts_all_day()
        length = between(self._event.start, self._event.end)
        busy = [
            (each.occurrence.start, each.occurrence.end)
            for each in self._calendar.read(start, end).entries
            if takes_time(each) and not self._itself(each.occurrence)
        ]
        look = best_slots if choice == "best" else free_slots
        found = look((start, end), length, busy, self._now, self._settings)
        found = [each for each in found if each[0].timestamp() != self._event.start.timestamp()]
        if not found:
            raise KnownError(
                "no_free_time",
                f"There is no other free time of {say_length(length)} for "
                f"'{title_of(self._event)}' ({said}). Nothing was changed.",
                "Name an exact time or another day.",
            )
        most = 1 if choice == "first" else _OPTIONS
        return [Target(each, after(each, length), reason) for each, reason in found[:most]]

    def _lasts_all_day(self) -> KnownError:
        return KnownError(
            "all_day_event",
            f"'{title_of(self._event)}' lasts all day, so it has no time of day. "
            "Nothing was changed.",
            "Move it to another day, or cancel it and add it anew with a time.",
        )


Slots = list[tuple[datetime, str]]
"""Free starts, each with why it is offered."""


def free_slots(
    window: Stretch, length: timedelta, busy: list[Stretch], now: datetime, settings: Settings
) -> Slots:
    """The earliest free starts inside working hours."""
    starts = free_starts(
        window,
        length,
        busy,
        now=now,
        hours=settings.working_hours,
        days=settings.working_days,
        most=_OPTIONS + 1,
    )
    rated = (rate(each, length, busy) for each in starts)
    return [(each.start, why(each, first=not index)) for index, each in enumerate(rated)]


def best_slots(
    window: Stretch, length: timedelta, busy: list[Stretch], now: datetime, settings: Settings
) -> Slots:
    """The free starts with the least against them."""
    rated = best_starts(
        window,
        length,
        busy,
        now=now,
        hours=settings.working_hours,
        days=settings.working_days,
        most=_OPTIONS + 1,
    )
    return [(each.start, why_best(each, rated, index)) for index, each in enumerate(rated)]


def _is_exact(when: When) -> bool:
    """Whether a stretch is the time itself ("2-3pm") and not one to look through."""
    if when.kind is not WhenKind.SPAN or when.duration is None or when.end is None:
        return False
    return after(when.start, when.duration).timestamp() >= when.end.timestamp()


def _is_week(when: When) -> bool:
    days = (when.end.date() - when.start.date()).days if when.end else 0
    return when.all_day and days == 7 and when.start.weekday() == 0


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(), tzinfo=moment.tzinfo)


def _monday(moment: datetime) -> datetime:
    return _midnight(moment) - timedelta(days=moment.weekday())


def _both(reason: str, target: Target) -> str:
    return f"{reason}; {target.reason}" if target.reason else reason


def _wrong(message: str, hint: str) -> KnownError:
    return KnownError("bad_argument", f"{message} Nothing was changed.", hint)
