"""cal_free: when the user is free, or why not; as a readable list and as data. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby

from app.calendars.conflicts import takes_time
from app.calendars.free_time import (
    best_starts,
    free_starts,
    free_stretches,
    open_stretches,
    rate,
)
from app.calendars.occurrences import overlaps
from app.calendars.recurrence import Entry
from app.calendars.vdir import Reading, Vdir
from app.core.errors import KnownError
from app.core.moments import after, between
from app.core.ports import Asked, Occurrence, Tool, ToolOutcome
from app.store.settings import Settings
from app.tools.company import company_said
from app.tools.event_warnings import event_warnings
from app.tools.event_words import matches_person, words_of
from app.tools.free_slots import (
    FreeSlot,
    length_said,
    told_apart,
    why,
    why_best,
)
from app.tools.schemas import declared
from app.tools.time_windows import coming_days, window_said
from app.tools.validation import listed_in
from app.tools.when import WhenKind, say_length
from app.tools.wording import (
    clock_range,
    day_and_times,
    listed,
    near_day,
    shown,
    title_of,
)

_USUAL = timedelta(minutes=30)
_DAYS = 7
_MOST = 5
_BEST = 3
_NAMED = 4
"""How many events a sentence names before it counts the rest."""

_AWAY = frozenset(("away", "holiday", "holidays", "vacation", "leave", "off", "sick", "ooo", "out"))
"""Words that make an all-day entry with a person's name their absence."""


def cal_free(calendar: Vdir, settings: Settings) -> Tool:
    """The tool that finds free time."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _Look(arguments, asked, calendar, settings).outcome()

    return Tool(declared("cal_free"), run)


class _Look:
    """One question: the window it is about, what is busy in it, and whom it is for."""

    def __init__(
        self, arguments: Mapping[str, object], asked: Asked, calendar: Vdir, settings: Settings
    ) -> None:
        self._now = asked.clock.now
        self._settings = settings
        self._calendar = calendar
        self._window = (
            window_said(str(arguments["when"]), asked.clock, settings.locale)
            if "when" in arguments
            else coming_days(asked.clock, _DAYS)
        )
        if self._window.is_over(self._now):
            raise KnownError(
                "when_impossible",
                f"“{shown(str(arguments['when']))}” is over, and free time lies ahead.",
                "Ask what was in your calendar then, or name a time that is still to come.",
            )
        self._said_length = length_said(str(arguments.get("duration", "")))
        self._people = company_said(listed_in(arguments, "with"), asked, calendar, settings)
        when = self._window.when
        self._choose = str(arguments.get("choose", "")) or (when.choose if when else "")
        self._length = self._said_length or (when.duration if when else None) or _USUAL

    def outcome(self) -> ToolOutcome:
        """The answer to one of three questions: free at that time? which slots? when at all?"""
        stretch = self._exact()
        if stretch is not None:
            return self._whether(*stretch)
        reading = self._calendar.read(*self._window.bounds)
        busy = [entry.occurrence for entry in reading.entries if self._takes_time(entry)]
        slots = self._slots(busy)
        if slots:
            away = [each for each in busy if each.all_day]
            return self._answer(reading, slots, self._sentence(slots, busy), named=away)
        sentence, fills = self._why_none(busy)
        return self._answer(reading, (), sentence, fills)

    def _exact(self) -> tuple[datetime, datetime] | None:
        """The stretch asked about where it is one exact time: "at 3", "from 2 to 3pm"."""
        when = self._window.when
        if when is None or when.choose or self._choose:
            return None
        if when.kind is WhenKind.INSTANT:
            return when.start, after(when.start, self._length)
        whole = when.end is not None and when.duration is not None
        if whole and self._said_length is None and when.kind is WhenKind.SPAN:
            assert when.end is not None and when.duration is not None
            if after(when.start, when.duration).timestamp() >= when.end.timestamp():
                return when.start, when.end
        return None

    def _whether(self, start: datetime, end: datetime) -> ToolOutcome:
        """Yes or no to an exact time, with what is there or what comes next."""
        midnight = datetime.combine(start.date(), time(), tzinfo=start.tzinfo)
        day = (midnight, max(midnight + timedelta(days=1), end, key=datetime.timestamp))
        reading = self._calendar.read(*day)
        busy = [entry.occurrence for entry in reading.entries if self._takes_time(entry)]
        there = [each for each in busy if overlaps(each.start, each.end, start, end)]
        asked = self._window.asked
        if there:
            names = listed([self._event(each, start) for each in there], most=_NAMED)
            slots = self._stretches(day, busy)
            times = listed([clock_range(each.start, each.end) for each in slots])
            other = f" Free that day: {times}." if slots else ""
            sentence = f"No: {asked} there is {names}.{other}{self._moved()}"
            return self._answer(reading, slots, sentence, there, free=False)
        later = (each for each in busy if each.start.timestamp() >= end.timestamp())
        following = next(later, None)
        then = f"; next is {self._event(following, start)}" if following else ""
        lines = [f"Yes, you are free {asked}{then}.{self._moved()}", *self._about_others(busy)]
        named = (following,) if following else ()
        slot = FreeSlot(start, end, "free")
        return self._answer(reading, (slot,), "\n".join(lines), free=True, named=named)

    def _moved(self) -> str:
        """That the clocks skip the time that was said, "" if they do not."""
        note = self._window.when.note if self._window.when else ""
        return f" {note[:1].upper()}{note[1:]}." if note else ""

    def _slots(self, busy: Sequence[Occurrence]) -> list[FreeSlot]:
        """What to offer: all that is free, or times of a length where one was said."""
        taken = [(each.start, each.end) for each in busy]
        window, length = self._window.bounds, self._length
        now, hours, days = self._now, self._settings.working_hours, self._settings.working_days
        if self._choose == "best":
            rated = best_starts(window, length, taken, now=now, hours=hours, days=days, most=_BEST)
            return [
                self._slot(each.start, why_best(each, rated, index))
                for index, each in enumerate(rated)
            ]
        if not self._choose and self._said_length is None:
            return self._stretches(window, busy)
        most = 1 if self._choose == "first" else _MOST
        starts = free_starts(window, length, taken, now=now, hours=hours, days=days, most=most)
        return [
            self._slot(start, why(rate(start, length, taken), first=not index))
            for index, start in enumerate(starts)
        ]

    def _stretches(
        self, window: tuple[datetime, datetime], busy: Sequence[Occurrence]
    ) -> list[FreeSlot]:
        """All that is free and long enough."""
        found = free_stretches(
            window,
            self._length,
            [(each.start, each.end) for each in busy],
            now=self._now,
            hours=self._settings.working_hours,
            days=self._settings.working_days,
        )
        return [FreeSlot(*each, f"free for {say_length(between(*each))}") for each in found]

    def _slot(self, start: datetime, reason: str) -> FreeSlot:
        return FreeSlot(start, after(start, self._length), reason)

    def _takes_time(self, entry: Entry) -> bool:
        """Whether the user or one of the people cannot be elsewhere then."""
        if takes_time(entry):
            return True
        event = entry.occurrence
        theirs = any(matches_person(event, person) for person in self._people)
        if event.all_day:
            return theirs and not _AWAY.isdisjoint(words_of(event.title))
        return theirs and event.end.timestamp() > event.start.timestamp()

    def _sentence(self, slots: Sequence[FreeSlot], busy: Sequence[Occurrence]) -> str:
        today, asked = self._now.date(), self._window.asked
        length = say_length(self._length)
        if self._choose == "best":
            told, shared = told_apart(slots)
            lines = [f"The best times for {length} {asked}:"]
            for each, reason in zip(slots, told, strict=True):
                times = clock_range(each.start, each.end)
                lines.append(f"  {near_day(each.start.date(), today)}, {times}{reason}")
            lines += [shared] if shared else []
        elif self._choose == "first":
            (slot,) = slots
            day = near_day(slot.start.date(), today)
            lines = [f"Your first free {length}: {day}, {clock_range(slot.start, slot.end)}."]
        else:
            lines = self._by_day(slots)
        return "\n".join([*lines, *self._about_others(busy)])

    def _by_day(self, slots: Sequence[FreeSlot]) -> list[str]:
        exact = self._said_length is not None
        wanted = f" for {say_length(self._length)}" if exact else ""
        start, end = self._window.bounds
        hours = " in your working hours" if end - start > timedelta(hours=12) else ""
        head = f"You are free{wanted} {self._window.asked}{hours}:"
        if [(each.start, each.end) for each in slots] == [(start, end)] and not exact:
            return [f"You are free {self._window.asked}, the whole time."]
        if end - start <= timedelta(hours=25) and not exact:
            return [f"{head} {listed([clock_range(each.start, each.end) for each in slots])}."]
        lines = [head]
        told, shared = told_apart(slots) if exact else ([""] * len(slots), "")
        times_of = {
            each: f"{clock_range(each.start, each.end)}{reason}"
            for each, reason in zip(slots, told, strict=True)
        }
        for day, of_day in groupby(slots, key=lambda each: each.start.date()):
            times = [times_of[each] for each in of_day]
            if end - start <= timedelta(hours=25):
                lines += [f"  {each}" for each in times]
            else:
                lines.append(f"  {near_day(day, self._now.date())}: {', '.join(times)}")
        return [*lines, shared] if shared else lines

    def _about_others(self, busy: Sequence[Occurrence]) -> list[str]:
        """What is known of the others' time, and what is not."""
        if not self._people:
            return []
        away = [each for each in busy if each.all_day]
        kept = listed([self._event(each, None) for each in away], most=_NAMED)
        lines = [f"I kept clear of {kept}."] if away else []
        if len(self._people) == 1:
            whose = f"{self._people[0]}'s calendar"
        else:
            whose = f"the calendars of {listed(self._people)}"
        return [*lines, f"I cannot see {whose}; these are your free times."]

    def _why_none(self, busy: Sequence[Occurrence]) -> tuple[str, list[Occurrence]]:
        """Why nothing is free, and the events that fill the time."""
        length = say_length(self._length)
        hours = self._settings.working_hours
        looked = [
            (max(low, self._now, key=datetime.timestamp), high)
            for low, high in open_stretches(
                self._window.bounds,
                self._length,
                hours=hours,
                days=self._settings.working_days,
            )
            if high.timestamp() > self._now.timestamp()
        ]
        fills = [
            each
            for each in busy
            if any(overlaps(each.start, each.end, low, high) for low, high in looked)
        ]
        if fills:
            names = listed([self._event(each, None) for each in fills], most=_NAMED)
            verb = "fills" if len(fills) == 1 else "fill"
            return f"Nothing is free for {length} {self._window.asked}: {names} {verb} it.", fills
        working = f"{hours[0]:%H:%M} to {hours[1]:%H:%M}"
        return (
            f"Nothing is free for {length} {self._window.asked}: too little of it is left inside "
            f"your working hours, {working}."
        ), []

    def _event(self, event: Occurrence, beside: datetime | None) -> str:
        """An event by name and time, with its day where it is not that of `beside`."""
        if beside is not None and event.start.date() == event.end.date() == beside.date():
            times = clock_range(event.start, event.end)
        else:
            times = day_and_times(event, self._now.date())
        return f"'{title_of(event)}' {times}"

    def _answer(
        self,
        reading: Reading,
        slots: Sequence[FreeSlot],
        sentence: str,
        blocking: Sequence[Occurrence] = (),
        *,
        free: bool | None = None,
        named: Sequence[Occurrence] = (),
    ) -> ToolOutcome:
        """The outcome; `blocking` is what fills the time, `named` what the sentence also names."""
        known = self._calendar.identified(blocking)
        ids = tuple(each.id for each in known)
        warnings = event_warnings([*known, *named], self._calendar, self._now.date())
        found = [
            {
                "start": each.start.isoformat(),
                "end": each.end.isoformat(),
                "reason": each.reason,
            }
            for each in slots
        ]
        return ToolOutcome(
            data={
                "free": bool(found) if free is None else free,
                "slots": found,
                "blocked": list(ids),
                "warnings": warnings,
            },
            sentence="\n".join([sentence, *warnings]),
            problem=reading.problem,
            mentions=ids,
        )
