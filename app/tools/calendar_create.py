"""cal_create: the user's words for a new event become one proposal, with options where the time
is a stretch rather than a point."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypeVar

from app.calendars.changes import NewEvent, plan_create
from app.calendars.free_time import free_starts
from app.calendars.occurrences import instant
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.moments import after
from app.core.ports import Asked, Tool, ToolOutcome
from app.core.proposals import Option, Proposal
from app.store.settings import Settings
from app.tools.clashes import NewTime, clashes_with
from app.tools.company import company_said
from app.tools.edit_options import made_by
from app.tools.event_details import (
    card_lines,
    details,
    notes_of,
    reminder_of,
    title_from,
    without_length,
)
from app.tools.new_guests import Invited, familiar, invited_people
from app.tools.option_words import with_reason
from app.tools.post import Post
from app.tools.repeating import check_end, repeating
from app.tools.schemas import declared
from app.tools.telling_guests import with_guests_told
from app.tools.usual_hours import at_usual_hour
from app.tools.validation import listed_in
from app.tools.when import (
    When,
    WhenKind,
    parse_duration,
    parse_when,
    say_day,
    say_length,
    say_repetition,
)
from app.tools.wording import short_day, shown, stretch

_T = TypeVar("_T")

_USUAL = timedelta(hours=1)
_EITHER = re.compile(r"\w\s+or\s+\w", re.IGNORECASE)
"""One day of several: "tuesday or wednesday"."""

_BOTH_ENDS = re.compile(r"\w.*(\b(to|until|till|through|and)\b|[-\u2013])\s*\w", re.IGNORECASE)
_WHOLE_DAY = re.compile(r"((a|the|one) )?(full|whole|entire) day|all day", re.IGNORECASE)
_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)
_OPTIONS = 3
_BLOCKS = re.compile(r"^\s*(?:please\s+)?(?:block|reserve|keep)\b", re.IGNORECASE)
"""How one asks for all of a stretch: "block tomorrow afternoon for writing"."""


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
    calendar: Vdir,
    settings: Settings,
    post: Post,
) -> Tool:
    """The tool that adds events to the calendar the settings name; `post` is how it invites."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _Creation(arguments, asked, calendar, settings, post).outcome()

    return Tool(declared("cal_create"), run)


class _Creation:
    def __init__(
        self,
        arguments: Mapping[str, object],
        asked: Asked,
        calendar: Vdir,
        settings: Settings,
        post: Post,
    ) -> None:
        self._arguments = arguments
        self._asked = asked
        self._clock = asked.clock
        self._now = self._clock.now
        self._calendar = calendar
        self._settings = settings
        self._post = post
        self._rrule = ""

    def outcome(self) -> ToolOutcome:
        """The proposal, or the sentence that says why there is none."""
        invited = self._invited()
        self._calendar.require_folder(self._settings.calendar)
        title = without_length(title_from(self._text("title")), self._text("duration"))
        when = _read_argument("when", self._when)
        if "repeat" in self._arguments:
            when = repeating(when, self._text("repeat"), self._clock, self._settings.locale)
        check_end(when, self._clock)
        self._rrule = when.rrule
        slots = [self._judged(slot, when) for slot in self._slots(when)]
        event = NewEvent(
            title=title,
            start=slots[0].start,
            end=slots[0].end,
            attendees=invited.guests if invited else self._people(),
            where=shown(self._text("where")),
            notes=notes_of(self._text("notes")),
            rrule=self._rrule,
            remind=reminder_of(self._text("remind")),
            organizer=invited.organizer if invited else "",
        )
        options = tuple(
            option for slot in slots for option in self._told(self._option(event, slot), invited)
        )
        first = slots[0]
        return ToolOutcome(
            data={
                "title": title,
                "start": first.start.isoformat(),
                "end": first.end.isoformat(),
                "all_day": not isinstance(first.start, datetime),
                "repeats": self._rrule,
                "invited": sorted(invited.addresses) if invited else [],
            },
            sentence=self._question(title, options),
            proposal=Proposal(
                # A single option's change says the rest.
                ", ".join([f"Add '{title}'", *(details(event) if len(options) > 1 else ())]),
                options,
                declared("cal_create").risk,
            ),
            mentions=self._mentions(slots[0], options),
        )

    def _mentions(self, slot: _Slot, options: Sequence[Option]) -> tuple[str, ...]:
        """The ids the event will have, whichever option is taken."""
        day = instant(slot.start, self._clock.zone)
        ahead = day + timedelta(days=400)  # options lie within the same stretch
        made = [made_by(each.changes[0], day - _DAY, ahead) for each in options]
        found = self._calendar.identified([each for each in made if each is not None])
        return tuple(dict.fromkeys(each.id for each in found))

    def _text(self, name: str) -> str:
        return str(self._arguments.get(name, ""))

    def _when(self) -> When:
        when = parse_when(self._text("when"), self._clock, locale=self._settings.locale)
        return at_usual_hour(when, self._text("title"), self._clock, self._settings.locale)

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
            if _EITHER.search(when.text):
                return self._free(when, _USUAL)
            if when.kind is WhenKind.SPAN and not _names_limits(when.text):
                whole = _Slot(first.date(), end.date(), "all of it")
                return [*self._free(when, _USUAL, needed=False), whole]
            return [_Slot(first.date(), end.date())]
        if when.kind is WhenKind.SPAN and end is not None:
            if when.duration is not None and length is None:
                exact = after(first, when.duration).timestamp() >= end.timestamp()
                return [_Slot(first, end)] if exact else self._free(when, when.duration)
            if length is None and _BLOCKS.search(self._asked.words):
                return [_Slot(first, end), *self._free(when, _USUAL, needed=False)][:_OPTIONS]
            if length is not None or not _names_limits(when.text):
                return self._free(when, length or _USUAL)
            return [_Slot(first, end)]
        length = length or when.duration or (end - first if end else _USUAL)
        return [_Slot(first, after(first, length))]

    def _judged(self, slot: _Slot, when: When) -> _Slot:
        """The slot with everything to know before agreeing."""
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
            doubtful=bool(moved or clashes.doubtful or past),
        )

    def _free(self, when: When, length: timedelta, *, needed: bool = True) -> list[_Slot]:
        """Free times inside a stretch. Raises KnownError("no_free_time") if one is needed."""
        end = when.end or when.start + _DAY
        reading = self._calendar.read(when.start, end)
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
            _Slot(start, after(start, length), "the first free time" if not index else "also free")
            for index, start in enumerate(starts)
        ]

    def _invited(self) -> Invited | None:
        """Whom an invitation goes to, None where none was asked for."""
        if not self._arguments.get("invite"):
            return None
        return invited_people(
            self._names(), self._asked, self._calendar, self._settings, self._post
        )

    def _told(self, option: Option, invited: Invited | None) -> tuple[Option, ...]:
        if invited is None:
            return (option,)
        return with_guests_told(option, self._post, self._clock, said=invited.addresses)

    def _names(self) -> list[str]:
        return listed_in(self._arguments, "with")

    def _people(self) -> tuple[str, ...]:
        named = company_said(self._names(), self._asked, self._calendar, self._settings)
        return familiar(named, self._post)

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
        )
        done = ", ".join([f"Added '{event.title}' on {say_day(day)}", *times, *details(event)])
        return Option(label, slot.reason, (change,), f"{done}.", slot.doubtful)

    def _times(self, slot: _Slot) -> str:
        zone = self._clock.zone
        all_day = not isinstance(slot.start, datetime)
        return stretch(instant(slot.start, zone), instant(slot.end, zone), all_day=all_day)

    def _question(self, title: str, options: Sequence[Option]) -> str:
        if len(options) > 1:
            return f"When should '{title}' be? {'; '.join(map(with_reason, options))}"
        return f"Add '{title}', {with_reason(options[0])}?"


def _names_limits(text: str) -> bool:
    """Whether a stretch was said with both ends: "from 2 to 4", "3-5 December"; not "after 5"."""
    return bool(_BOTH_ENDS.search(text))


def _read_argument(name: str, read: Callable[[], _T]) -> _T:
    try:
        return read()
    except AmbiguousError as error:
        error.argument = error.argument or name
        raise
