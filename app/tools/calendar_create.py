"""cal_create: the user's words for a new event become one proposal, with options where the time
is a stretch rather than a point."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from app.calendars.changes import NewEvent, plan_create
from app.calendars.free_time import free_starts
from app.calendars.recurrence import instant, overlaps
from app.calendars.vdir import Reading, Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.settings import Settings
from app.tools.schemas import declared
from app.tools.when import When, WhenKind, fit_until, parse_duration, parse_when
from app.tools.wording import (
    clock_range,
    day_name,
    listed,
    short_day,
    shown,
    stretch,
    title_of,
)

_T = TypeVar("_T")

_USUAL = timedelta(hours=1)
_BOTH_ENDS = re.compile(r"\w.*(\b(to|until|till|through|and)\b|[-\u2013])\s*\w", re.IGNORECASE)
_WHOLE_DAY = re.compile(r"((a|the|one) )?(full|whole|entire) day|all day", re.IGNORECASE)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
_OPTIONS = 3


@dataclass(frozen=True)
class _Slot:
    """A time the event could have: both dates (`end` exclusive) or both aware times."""

    start: date | datetime
    end: date | datetime
    reason: str = ""


def cal_create(
    calendar: Vdir, settings: Settings, new_uid: Callable[[], str] = lambda: str(uuid4())
) -> Tool:
    """The tool that adds events to the calendar the settings name."""

    def run(arguments: Mapping[str, object], clock: Clock) -> ToolOutcome:
        return _Creation(arguments, clock, calendar, settings, new_uid).outcome()

    return Tool(declared("cal_create"), run)


class _Creation:
    def __init__(
        self,
        arguments: Mapping[str, object],
        clock: Clock,
        calendar: Vdir,
        settings: Settings,
        new_uid: Callable[[], str],
    ) -> None:
        self._arguments = arguments
        self._clock = clock
        self._now = clock.now.astimezone(clock.zone)
        self._calendar = calendar
        self._settings = settings
        self._new_uid = new_uid

    def outcome(self) -> ToolOutcome:
        """The proposal, or the sentence that says why there is none."""
        if self._arguments.get("invite"):
            raise KnownError(
                "invite_unavailable",
                "Inviting people needs mail, which this version of Phial cannot send yet. "
                "Nothing was added.",
                "Leave out the invitation: the people can still be named on the event.",
            )
        title = _title(self._text("title"))
        when = _read_argument("when", lambda: self._when("when"))
        rule = self._rule(when)
        slots = self._slots(self._aligned(when, rule))
        event = NewEvent(
            title=title,
            start=slots[0].start,
            end=slots[0].end,
            attendees=self._people(),
            where=shown(self._text("where")),
            notes=_plain_notes(self._text("notes")),
            rrule=rule,
            remind=self._remind(),
        )
        options = tuple(self._option(event, slot) for slot in slots)
        first = slots[0]
        return ToolOutcome(
            data={
                "title": title,
                "start": first.start.isoformat(),
                "end": first.end.isoformat(),
                "all_day": not isinstance(first.start, datetime),
                "repeats": rule,
            },
            sentence=self._question(title, options),
            proposal=Proposal(f"Add '{title}'", options, declared("cal_create").risk),
        )

    def _text(self, name: str) -> str:
        return str(self._arguments.get(name, ""))

    def _when(self, name: str) -> When:
        return parse_when(self._text(name), self._clock, locale=self._settings.locale)

    def _rule(self, when: When) -> str:
        """The rule of repetition from `repeat`, else from `when`; "" for none."""
        if "repeat" not in self._arguments:
            return when.rrule
        words = self._text("repeat")
        if when.kind is WhenKind.RECURRING:
            # "Every tuesday", "for 6 weeks": the one says how often, the other how long.
            try:
                return self._recurring(f"{self._text('when')} {words}").rrule
            except KnownError:
                return when.rrule
        repeat = self._recurring(words)
        return fit_until(repeat.rrule, self._clock.zone, all_day=when.all_day)

    def _recurring(self, words: str) -> When:
        """A rule of repetition in words. Raises KnownError where they do not say how often."""
        try:
            read = parse_when(words, self._clock, locale=self._settings.locale)
            if read.kind is WhenKind.RECURRING:
                return read
        except AmbiguousError as error:
            error.argument = error.argument or "repeat"
            raise
        except KnownError as error:
            if error.code != "when_unclear":
                raise
        raise KnownError(
            "bad_argument",
            f"“{shown(words)}” does not say how often. Nothing was added.",
            "Say it like “every week” or “every 2 weeks until March”.",
        )

    def _aligned(self, when: When, rule: str) -> When:
        """The time moved to the first day the rule names: a series starts with an occurrence."""
        if "repeat" not in self._arguments or "BY" not in rule:
            return when
        from dateutil.rrule import rrulestr

        free = ";".join(part for part in rule.split(";") if part[:6] not in ("UNTIL=", "COUNT="))
        begin = when.start.replace(tzinfo=None)
        first = rrulestr(free, dtstart=begin).after(begin, inc=True)
        if first is None:
            raise KnownError(
                "bad_argument",
                f"“{shown(self._text('repeat'))}” never comes to pass. Nothing was added.",
                "Check the days and say it again.",
            )
        shift = (first - begin).days
        moved = when.start + timedelta(days=shift)
        end = when.end + timedelta(days=shift) if when.end else None
        return replace(when, start=moved, end=end)

    def _length(self) -> timedelta | None:
        """`duration`, None where it was not said."""
        if "duration" not in self._arguments:
            return None
        words = self._text("duration")
        if _WHOLE_DAY.fullmatch(words):
            return _DAY
        length = _read_argument("duration", lambda: parse_duration(words))
        if not timedelta() < length <= _LONGEST:
            raise KnownError(
                "bad_argument",
                f"“{shown(words)}” is no length an event can have. Nothing was added.",
                "Say it like “45 minutes”.",
            )
        return length

    def _slots(self, when: When) -> list[_Slot]:
        """The times to offer, the best first."""
        length = self._length()
        whole_days = length is None or length % _DAY == timedelta()
        first, end = when.start, when.end
        if when.choose:
            return self._free(when, length or when.duration or _USUAL)
        if when.all_day and end is not None:
            if not whole_days:
                return self._free(when, length or _USUAL)
            if length is not None:
                return [self._all_day(first.date(), first.date() + length)]
            if when.kind is WhenKind.SPAN and not _names_limits(when.text):
                whole = self._all_day(first.date(), end.date())
                free = self._free(when, _USUAL, needed=False)
                return [*free, replace(whole, reason=whole.reason or "all of it")]
            return [self._all_day(first.date(), end.date())]
        if when.kind is WhenKind.SPAN and end is not None:
            if when.duration is not None and length is None:
                exact = _after(first, when.duration).timestamp() >= end.timestamp()
                return [self._timed(first, end)] if exact else self._free(when, when.duration)
            if length is not None or not _names_limits(when.text):
                return self._free(when, length or _USUAL)
            return [self._timed(first, end)]
        length = length or when.duration or (end - first if end else _USUAL)
        return [self._timed(first, _after(first, length))]

    def _timed(self, start: datetime, end: datetime) -> _Slot:
        reading = self._reading(start, end)
        clashes = [
            f"{title_of(each.occurrence)} {clock_range(each.occurrence.start, each.occurrence.end)}"
            for each in reading.entries
            if each.busy
            and not each.occurrence.all_day
            and overlaps(start, end, each.occurrence.start, each.occurrence.end)
        ]
        reasons = [f"overlaps with {listed(clashes)}"] if clashes else []
        if end.timestamp() <= self._now.timestamp():
            reasons.append("in the past")
        return _Slot(start, end, ", ".join(reasons))

    def _all_day(self, start: date, end: date) -> _Slot:
        zone = self._clock.zone
        self._reading(instant(start, zone), instant(end, zone))
        return _Slot(start, end, "in the past" if end <= self._now.date() else "")

    def _reading(self, start: datetime, end: datetime) -> Reading:
        """The calendar there. Raises KnownError if a file cannot be read: it may hide a clash."""
        reading = self._calendar.read(start, max(end, start + timedelta(minutes=1)))
        reading.require_whole()
        return reading

    def _free(self, when: When, length: timedelta, *, needed: bool = True) -> list[_Slot]:
        """Free times inside a stretch. Raises KnownError("no_free_time") if one is needed."""
        end = when.end or when.start + _DAY
        reading = self._reading(when.start, end)
        busy = [
            (each.occurrence.start, each.occurrence.end)
            for each in reading.entries
            if each.busy and not each.occurrence.all_day
        ]
        most = 1 if when.choose == "first" else _OPTIONS
        starts = free_starts(
            (when.start, end),
            length,
            busy,
            now=self._now,
            hours=self._settings.working_hours,
            days=self._settings.working_days,
            most=most,
        )
        if not starts and needed:
            raise KnownError(
                "no_free_time",
                f"There is no free time of {_minutes(length)} in “{shown(when.text)}” "
                f"({when.said or day_name(when.start.date())}). Nothing was added.",
                "Name an exact time, a shorter duration or another day.",
            )
        return [
            _Slot(start, _after(start, length), "the first free time" if not index else "also free")
            for index, start in enumerate(starts)
        ]

    def _people(self) -> tuple[str, ...]:
        own = {name.casefold() for name in (*self._settings.names, *self._settings.addresses)}
        own |= {"me", "myself", "i"}
        names = self._arguments.get("with", ())
        assert isinstance(names, Sequence)
        cleaned = (shown(str(name)) for name in names)
        return tuple(dict.fromkeys(name for name in cleaned if name and name.casefold() not in own))

    def _remind(self) -> timedelta | None:
        if "remind" not in self._arguments:
            return None
        words = re.sub(
            r"\b(before(hand)?|earlier|ahead|in advance|prior)\b.*", "", self._text("remind")
        )
        words = re.sub(r"^the\b", "a", words.strip(), flags=re.IGNORECASE)
        try:
            return parse_duration(words)
        except KnownError as error:
            raise KnownError(
                "bad_argument",
                f"“{shown(self._text('remind'))}” is no time before the event. Nothing was added.",
                "Say it like “15 minutes before” or “a day before”.",
            ) from error

    def _option(self, event: NewEvent, slot: _Slot) -> Option:
        placed = replace(event, start=slot.start, end=slot.end)
        day = slot.start.date() if isinstance(slot.start, datetime) else slot.start
        times = self._times(slot)
        repeating = f", repeating ({shown(self._repeat_words())})" if event.rrule else ""
        change = plan_create(
            placed,
            now=self._now,
            summary=f"Add '{event.title}', {short_day(day)}, {times}",
            calendar=self._settings.calendar,
            new_uid=self._new_uid,
        )
        return Option(
            label=f"{short_day(day)}, {times}{repeating}",
            reason=slot.reason,
            changes=(change,),
            done=f"Added '{event.title}' on {day_name(day)}, {times}{repeating}.",
        )

    def _times(self, slot: _Slot) -> str:
        zone = self._clock.zone
        all_day = not isinstance(slot.start, datetime)
        return stretch(instant(slot.start, zone), instant(slot.end, zone), all_day=all_day)

    def _repeat_words(self) -> str:
        return self._text("repeat") or self._text("when")

    def _question(self, title: str, options: Sequence[Option]) -> str:
        first = options[0]
        if len(options) > 1:
            return f"When should '{title}' be? " + "; ".join(
                f"{option.label} ({option.reason})" for option in options
            )
        note = f" ({first.reason})" if first.reason else ""
        return f"Add '{title}', {first.label}{note}?"


def _after(start: datetime, length: timedelta) -> datetime:
    """The moment `length` of real time later, in the same zone."""
    return (start.astimezone(UTC) + length).astimezone(start.tzinfo)


def _names_limits(text: str) -> bool:
    """Whether a stretch was said with both ends: "from 2 to 4", "3-5 December"; not "after 5"."""
    return bool(_BOTH_ENDS.search(text))


def _read_argument(name: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except AmbiguousError as error:
        error.argument = error.argument or name
        raise


def _title(text: str) -> str:
    title = shown(text).strip('"“”„«» ')
    if not any(unicodedata.category(character)[0] in "LNSP" for character in title):
        raise KnownError(
            "bad_argument",
            "cal_create: title is empty. Nothing was added.",
            "Say what the event is called.",
        )
    return title


def _plain_notes(text: str) -> str:
    """Notes with their line breaks, without other control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(
        "".join(c for c in line if unicodedata.category(c) != "Cc" or c == "\t") for line in lines
    )


def _minutes(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{rest} min"] if rest or not hours else parts)
