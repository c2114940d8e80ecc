"""What would change when an event is moved or edited, as whole texts before and after. Pure.

One occurrence of a series becomes an override of its own; "this and the following ones" ends the
series and begins another; the whole series goes with its exceptions. Everything that is not meant
stays byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from app.calendars.components import Component, stamp
from app.calendars.editing import (
    Edit,
    Part,
    Scope,
    end_before,
    without_the_empty,
    written,
    written_like,
)
from app.calendars.enclosing import calendar_with
from app.calendars.occurrences import instant, recurrence_time
from app.calendars.particulars import Particulars, ask_guests_again, change_particulars
from app.calendars.recurrence import CalendarObject
from app.calendars.series import Frame, Shift, cannot_move
from app.calendars.times import Moment, after, between, length_of, move_dates, set_times
from app.core.errors import KnownError
from app.core.ports import Occurrence
from app.core.proposals import Change, version_of

_ONLY_OF_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


@dataclass(frozen=True)
class Told:
    """How a change is told to the user: its summary, and the event as it was and as it becomes."""

    summary: str
    was: Sequence[str] = ()
    becomes: Sequence[str] = ()


def plan_move(
    source: CalendarObject,
    occurrence: Occurrence,
    scope: Scope,
    start: Moment,
    end: Moment,
    told: Told,
    *,
    now: datetime,
    new_uid: Callable[[], str] = lambda: str(uuid4()),
) -> tuple[Change, ...]:
    """The changes that let `occurrence`, of the file `source`, be from `start` to `end`.

    Both are dates (`end` exclusive) for an event of whole days, else aware times. "this" moves it
    alone, "following" it and what comes after it in its series (which becomes a series with a UID
    and a file of its own), "all" the whole series by as much as the clock on its wall shows; for a
    single event the scope says nothing. Guests are asked again. `now` is aware.

    Raises KnownError: "series_cannot_move" where no rule could say it, "broken_calendar_file"
    where events cannot be told apart, "stale" where the event is gone.
    """
    planner = _Planner(source, occurrence, start, end, Particulars(), now, new_uid)
    return planner.changes(scope, told, "move event")


def plan_change(
    source: CalendarObject,
    occurrence: Occurrence,
    scope: Scope,
    wanted: Particulars,
    told: Told,
    *,
    now: datetime,
    end: Moment | None = None,
    new_uid: Callable[[], str] = lambda: str(uuid4()),
) -> tuple[Change, ...]:
    """The changes that give `occurrence` other particulars, and another end if one is given.

    In a whole series an occurrence that has a title, a place, notes or a length of its own keeps
    it. Everything else as in `plan_move`.
    """
    start = _own(occurrence, occurrence.start)
    last = _own(occurrence, occurrence.end) if end is None else end
    planner = _Planner(source, occurrence, start, last, wanted, now, new_uid)
    return planner.changes(scope, told, "change event")


def reaches(source: CalendarObject, occurrence: Occurrence) -> tuple[Scope, ...]:
    """How far an edit of that occurrence can reach: of one that was moved by itself only "this"."""
    if occurrence.uid not in source.recurring:
        return ("this",)
    master, _ = Edit(source).of(occurrence.uid)
    zone = occurrence.start.tzinfo or UTC
    due = instant(recurrence_time(occurrence.recurrence_id), zone)
    if master is None or due.timestamp() != occurrence.start.timestamp():
        return ("this",)
    return ("this", "following", "all")


def _own(occurrence: Occurrence, moment: datetime) -> Moment:
    return moment.date() if occurrence.all_day else moment


class _Planner:
    """One edit of one occurrence, worked out for any scope."""

    def __init__(
        self,
        source: CalendarObject,
        occurrence: Occurrence,
        start: Moment,
        end: Moment,
        wanted: Particulars,
        now: datetime,
        new_uid: Callable[[], str],
    ) -> None:
        self._source = source
        self._occurrence = occurrence
        self._start, self._end = start, end
        self._wanted = wanted
        self._now = now
        self._new_uid = new_uid
        self._old = (_own(occurrence, occurrence.start), _own(occurrence, occurrence.end))
        self._length = between(start, end)
        self._resized = self._length != between(*self._old)
        self._edit = Edit(source)
        self._master, self._overrides = self._edit.of(occurrence.uid)

    def changes(self, scope: Scope, told: Told, kind: str) -> tuple[Change, ...]:
        """The changes for that scope."""
        if self._occurrence.uid not in self._source.recurring:
            self._alone()
        elif scope == "this":
            self._this()
        elif scope == "all" or self._is_first():
            self._all()
        else:
            return self._following(told, kind)
        return (self._change(self._edit.text(), told, kind),)

    def _change(self, text: str | None, told: Told, kind: str) -> Change:
        return Change(
            target=f"calendar:{self._source.path}",
            kind=kind,
            expected_version=version_of(self._source.text),
            before=self._source.text,
            after=text,
            summary=told.summary,
            was=tuple(told.was),
            becomes=tuple(told.becomes),
        )

    def _alone(self) -> None:
        """Edit an event that does not repeat."""
        if self._master is None:
            raise self._gone()
        self._put(self._master)

    def _put(self, part: Part) -> None:
        """Let a component be as wanted, at exactly the times wanted."""
        component = self._edit.component(part)
        if (self._start, self._end) != self._old:
            set_times(component, part.event, self._start, self._end)
        self._finish(component, part.event)
        self._edit.put(part, component)

    def _finish(self, component: Component, event: Any, master: Any = None) -> None:
        """Whatever is not about times, and the marks of a revision."""
        change_particulars(component, event, self._wanted, master)
        if (self._start, self._end) != self._old:
            ask_guests_again(component, event)
        component.revise(self._now)

    def _this(self) -> None:
        """Edit one occurrence: its override, or a new one."""
        own = next((each for each in self._overrides if self._replaces(each)), None)
        if own is not None and own.reaches_on:
            raise _by_other_means()
        if own is not None:
            self._put(own)
            return
        base = self._base()
        component = self._edit.component(base)
        component.drop(*_ONLY_OF_SERIES)
        which = self._which(base)
        set_times(component, base.event, self._start, self._end)
        component.add("RECURRENCE-ID", *which)
        component.set("DTSTAMP", stamp(self._now))
        self._finish(component, base.event)
        self._edit.append(base, component)

    def _replaces(self, part: Part) -> bool:
        return part.recurrence_id == self._occurrence.recurrence_id

    def _base(self) -> Part:
        """What says how this occurrence is: the series, or what replaced the later part of it."""
        due = instant(recurrence_time(self._occurrence.recurrence_id), UTC)
        replaced = [
            (instant(recurrence_time(each.recurrence_id), UTC), each)
            for each in self._overrides
            if each.reaches_on
        ]
        earlier = [each for each in replaced if each[0] <= due]
        base = max(earlier, key=lambda each: each[0])[1] if earlier else self._master
        if base is None:
            raise self._gone()
        return base

    def _which(self, base: Part) -> tuple[str, str]:
        """Parameters and value of the RECURRENCE-ID, in the zone of the series."""
        series = self._master or base
        like = self._edit.component(series).all("DTSTART")[0]
        value = written(recurrence_time(self._occurrence.recurrence_id), series.event)
        return like.parameters, value

    def _is_first(self) -> bool:
        """Whether nothing of the series comes before the occurrence."""
        if self._master is None:
            return True
        begin = instant(self._master.event["DTSTART"].dt, UTC)
        return begin >= instant(recurrence_time(self._occurrence.recurrence_id), UTC)

    def _shift(self, master: Part, *, from_there: bool) -> Shift:
        if any(each.reaches_on for each in self._overrides):
            raise _by_other_means()
        frame = Frame(master.event["DTSTART"].dt, self._occurrence.start.tzinfo or UTC)
        due = frame.wall(recurrence_time(self._occurrence.recurrence_id))
        by = frame.wall(self._start) - frame.wall(self._old[0])
        return Shift(master.event, frame, due, due + by, from_there=from_there)

    def _all(self) -> None:
        """Edit the series and everything that replaces a part of it."""
        if self._master is None:
            raise _by_other_means()
        times_change = (self._start, self._end) != self._old
        shift = self._shift(self._master, from_there=False) if times_change else None
        for part in (self._master, *self._overrides):
            component = self._edit.component(part)
            if shift is not None:
                self._go_with(component, part, shift)
            series = None if part is self._master else self._master.event
            self._finish(component, part.event, series)
            self._edit.put(part, component)

    def _following(self, told: Told, kind: str) -> tuple[Change, ...]:
        """End the series before the occurrence, and begin another there."""
        master = self._master
        assert master is not None
        shift = self._shift(master, from_there=True)
        uid = self._new_uid()
        carried = [each for each in self._overrides if shift.keeps(each.event["RECURRENCE-ID"].dt)]
        parts = [self._anew(each, uid, shift) for each in (master, *carried)]
        text = calendar_with(self._source.text, [each.text for each in parts])
        self._edit.drop(carried)
        component = self._edit.component(master)
        cut = recurrence_time(self._occurrence.recurrence_id)
        end_before(component, master.event, cut)
        component.revise(self._now)
        self._edit.put(master, component)
        rest = without_the_empty(self._source, self._edit.text(), [self._occurrence.uid])
        folder = self._source.path.rpartition("/")[0]
        return (
            self._change(rest, replace(told, becomes=()), kind),
            Change(
                target=f"calendar:{folder}/{uid}.ics",
                kind=kind,
                expected_version="",
                before=None,
                after=text,
                summary=told.summary,
                becomes=tuple(told.becomes),
            ),
        )

    def _anew(self, part: Part, uid: str, shift: Shift) -> Component:
        """A component of the series that begins with the occurrence."""
        component = self._edit.component(part)
        self._go_with(component, part, shift)
        component.set("UID", uid)
        series = None if part is self._master or self._master is None else self._master.event
        self._finish(component, part.event, series)
        component.set("SEQUENCE", "0")
        for name in ("DTSTAMP", "CREATED"):
            component.set(name, stamp(self._now))
        return component

    def _go_with(self, component: Component, part: Part, shift: Shift) -> None:
        """Let a component take part in the move of its series."""
        event = part.event
        start = event["DTSTART"].dt
        if part is self._master:
            moved = shift.first(start)
            for rule in component.all("RRULE"):
                component.replace(rule, rule.parameters, shift.rule or rule.value)
            for name in ("EXDATE", "RDATE"):
                move_dates(component, event, name, shift)
        else:
            due = event["RECURRENCE-ID"].dt
            line = component.all("RECURRENCE-ID")[0]
            component.replace(line, line.parameters, written_like(shift.value(due), due))
            moved = shift.beside(start, due)
        length = length_of(event)
        master = self._master
        if self._resized and (master is None or length == length_of(master.event)):
            length = self._length
        set_times(component, event, moved, after(moved, length))

    def _gone(self) -> KnownError:
        return KnownError(
            "stale",
            f"{self._source.path} no longer holds what was to be changed. It was left as it is.",
            "Look at the calendar again and repeat the request.",
        )


def _by_other_means() -> KnownError:
    return cannot_move("another program has changed it from some day on, or holds only a part")
