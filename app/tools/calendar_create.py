"""cal_create: the user's words for a new event become one proposal, with options where the time
is a stretch rather than a point."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from app.calendars.changes import NewEvent, plan_create
from app.calendars.free_time import free_starts
from app.calendars.recurrence import instant
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, Clock, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.settings import Settings
from app.tools.clashes import NewTime, clashes_with
from app.tools.event_details import card_lines, details, notes_of, reminder_of, title_from
from app.tools.schemas import declared
from app.tools.when import (
    When,
    WhenKind,
    fit_until,
    last_day,
    parse_duration,
    parse_when,
    say_day,
    say_length,
    say_repetition,
)
from app.tools.wording import short_day, shown, stretch

_T = TypeVar("_T")

_USUAL = timedelta(hours=1)
_BOTH_ENDS = re.compile(r"\w.*(\b(to|until|till|through|and)\b|[-\u2013])\s*\w", re.IGNORECASE)
_WHOLE_DAY = re.compile(r"((a|the|one) )?(full|whole|entire) day|all day", re.IGNORECASE)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
_OPTIONS = 3
_ENDS = ("UNTIL=", "COUNT=")


@dataclass(frozen=True)
class _Slot:
    """A time the event could have: both dates (`end` exclusive) or both aware times.

    `doubtful` as in `Option`.
    """

    start: date | datetime
    end: date | datetime
    reason: str = ""
    doubtful: bool = False


def cal_create(
    calendar: Vdir, settings: Settings, new_uid: Callable[[], str] = lambda: str(uuid4())
) -> Tool:
    """The tool that adds events to the calendar the settings name."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _Creation(arguments, asked.clock, calendar, settings, new_uid).outcome()

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
        self._rrule = ""

    def outcome(self) -> ToolOutcome:
        """The proposal, or the sentence that says why there is none."""
        if self._arguments.get("invite"):
            raise KnownError(
                "invite_unavailable",
                "Inviting people needs mail, which this version of Phial cannot send yet. "
                "Nothing was added.",
                "Leave out the invitation: the people can still be named on the event.",
            )
        self._calendar.require_folder(self._settings.calendar)
        title = title_from(self._text("title"))
        when = _read_argument("when", lambda: self._when("when"))
        self._rrule = self._rule(when)
        when = self._aligned(when, self._rrule)
        self._check_end(when)
        slots = [self._judged(slot, when) for slot in self._slots(when)]
        event = NewEvent(
            title=title,
            start=slots[0].start,
            end=slots[0].end,
            attendees=self._people(),
            where=shown(self._text("where")),
            notes=notes_of(self._text("notes")),
            rrule=self._rrule,
            remind=reminder_of(self._text("remind")),
        )
        options = tuple(self._option(event, slot) for slot in slots)
        first = slots[0]
        return ToolOutcome(
            data={
                "title": title,
                "start": first.start.isoformat(),
                "end": first.end.isoformat(),
                "all_day": not isinstance(first.start, datetime),
                "repeats": self._rrule,
            },
            sentence=self._question(title, options),
            proposal=Proposal(
                # A single option's change says the rest.
                ", ".join([f"Add '{title}'", *(details(event) if len(options) > 1 else ())]),
                options,
                declared("cal_create").risk,
            ),
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
                return self._recurring(f"{self._text('when')}, {words}", self._clock).rrule
            except KnownError as error:
                if error.code != "bad_argument":
                    raise
        # "For 3 days" and "until March" are counted from the event, not from today.
        day = when.start.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        rule = self._recurring(words, Clock(day, self._clock.zone)).rrule
        if when.kind is WhenKind.RECURRING:
            ends = [part for part in rule.split(";") if part.startswith(_ENDS)]
            often = [part for part in when.rrule.split(";") if not part.startswith(_ENDS)]
            rule = ";".join([*often, *ends]) if ends else when.rrule
        return fit_until(rule, self._clock.zone, all_day=when.all_day)

    def _check_end(self, when: When) -> None:
        last = last_day(self._rrule, self._clock.zone) if self._rrule else None
        if last is not None and last < when.start.date():
            raise KnownError(
                "bad_argument",
                f"That would end on {say_day(last)}, before the first one on "
                f"{say_day(when.start.date())}. Nothing was added.",
                "Say a later end.",
            )

    def _recurring(self, words: str, clock: Clock) -> When:
        """A rule of repetition in words. Raises KnownError where they do not say how often."""
        try:
            read = parse_when(words, clock, locale=self._settings.locale)
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

        free = ";".join(part for part in rule.split(";") if not part.startswith(_ENDS))
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
                return [_Slot(first.date(), first.date() + length)]
            if when.kind is WhenKind.SPAN and not _names_limits(when.text):
                whole = _Slot(first.date(), end.date(), "all of it")
                return [*self._free(when, _USUAL, needed=False), whole]
            return [_Slot(first.date(), end.date())]
        if when.kind is WhenKind.SPAN and end is not None:
            if when.duration is not None and length is None:
                exact = _after(first, when.duration).timestamp() >= end.timestamp()
                return [_Slot(first, end)] if exact else self._free(when, when.duration)
            if length is not None or not _names_limits(when.text):
                return self._free(when, length or _USUAL)
            return [_Slot(first, end)]
        length = length or when.duration or (end - first if end else _USUAL)
        return [_Slot(first, _after(first, length))]

    def _judged(self, slot: _Slot, when: When) -> _Slot:
        """The slot with everything to know before agreeing. Raises KnownError as `clashes_with`."""
        zone = self._clock.zone
        all_day = not isinstance(slot.start, datetime)
        start, end = instant(slot.start, zone), instant(slot.end, zone)
        moved = when.note if slot.start == when.start else ""
        time = NewTime(start, end, all_day=all_day, rrule=self._rrule)
        past = "in the past" if end.timestamp() <= self._now.timestamp() else ""
        clashes = clashes_with(self._calendar, time, self._now.date())
        reasons = (slot.reason, moved, clashes.words, past)
        return replace(
            slot,
            reason="; ".join(each for each in reasons if each),
            doubtful=bool(moved or clashes.overlap or past),
        )

    def _free(self, when: When, length: timedelta, *, needed: bool = True) -> list[_Slot]:
        """Free times inside a stretch. Raises KnownError("no_free_time") if one is needed."""
        end = when.end or when.start + _DAY
        reading = self._calendar.read(when.start, end)
        reading.require_whole()
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
                f"There is no free time of {say_length(length)} in “{shown(when.text)}” "
                f"({when.said}). Nothing was added.",
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

    def _option(self, event: NewEvent, slot: _Slot) -> Option:
        placed = replace(event, start=slot.start, end=slot.end)
        day = slot.start.date() if isinstance(slot.start, datetime) else slot.start
        repeats = [say_repetition(event.rrule, day, self._clock.zone)] if event.rrule else []
        times = [self._times(slot), *repeats]
        near = short_day(day, self._now.date())
        label = ", ".join([near, *times])
        change = plan_create(
            placed,
            now=self._now,
            summary=", ".join([f"Add '{event.title}'", label, *details(event)]),
            becomes=card_lines(event, f"{near}, {times[0]}", repeats),
            calendar=self._settings.calendar,
            new_uid=self._new_uid,
        )
        done = ", ".join([f"Added '{event.title}' on {say_day(day)}", *times, *details(event)])
        return Option(label, slot.reason, (change,), f"{done}.", slot.doubtful)

    def _times(self, slot: _Slot) -> str:
        zone = self._clock.zone
        all_day = not isinstance(slot.start, datetime)
        return stretch(instant(slot.start, zone), instant(slot.end, zone), all_day=all_day)

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
