"""Today and tomorrow as the window shows them, read from the calendars. No Qt here."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from app.core.ports import Clock, Occurrence
from app.ui.views import DayEvent, DayView, TodayView

if TYPE_CHECKING:
    from app.calendars.vdir import Vdir

_NAMES = ("Today", "Tomorrow")
_AHEAD = 14
"""How many days ahead the next event is looked for."""
_GUESTS = 3


def today_view(calendar: Vdir, clock: Clock) -> TodayView:
    """Today and tomorrow in the clock's zone, each event on every day it touches."""
    # Here, because the window paints before these are loaded.
    from app.calendars.conflicts import clashing
    from app.tools.wording import near_day

    now = clock.now
    days = [now.date() + timedelta(days=index) for index in range(len(_NAMES))]
    midnights = [_midnight(day, clock) for day in (*days, days[-1] + timedelta(days=1))]
    reading = calendar.read(midnights[0], midnights[-1])
    overlapping = clashing(reading.entries)
    # Read with ids after the clashes were found, as these compare the occurrences themselves.
    known = calendar.identified(reading.occurrences)
    flagged = [each in overlapping for each in reading.occurrences]
    problem = reading.problem
    return TodayView(
        now=now,
        next="" if known else _next_line(calendar, midnights[-1], clock),
        days=tuple(
            DayView(
                day,
                f"{name}, {near_day(day, now.date())}",
                tuple(
                    _event(each, flag, day)
                    for each, flag in zip(known, flagged, strict=True)
                    if _touches(each, start, end)
                ),
            )
            for name, day, start, end in zip(
                _NAMES, days, midnights[:-1], midnights[1:], strict=True
            )
        ),
        problem=problem.sentence() if problem is not None else "",
    )


def _next_line(calendar: Vdir, after: datetime, clock: Clock) -> str:
    """The first event from `after` on, if it comes soon enough; else ""."""
    from app.tools.wording import beside, clock_time, listed, short_day, title_of

    today = clock.today
    reading = calendar.read(after, _midnight(today + timedelta(days=_AHEAD + 1), clock))
    if not reading.occurrences:
        return ""
    event = reading.occurrences[0]
    day = short_day(event.start.date(), today)
    when = day if event.all_day else f"{day} {clock_time(event.start)}"
    title = title_of(event)
    guests = beside(title, event.attendees)
    company = f" with {listed(guests, most=_GUESTS)}" if guests else ""
    return f"Next: {when} {title}{company}"


def _midnight(day: date, clock: Clock) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.zone)


def _touches(event: Occurrence, start: datetime, end: datetime) -> bool:
    from app.calendars.occurrences import overlaps

    return overlaps(start, end, event.start, event.end)


def _event(event: Occurrence, overlaps: bool, day: date) -> DayEvent:
    from app.tools.wording import shown, title_of

    return DayEvent(
        id=event.id,
        title=title_of(event),
        times=_times(event, day),
        start=event.start,
        end=event.end,
        where=shown(event.where),
        overlaps=overlaps,
        all_day=event.all_day,
    )


def _times(event: Occurrence, day: date) -> str:
    """The part of an event's times that lies on `day`: "09:30-10:00", "until 10:00", "all day"."""
    from app.tools.wording import clock_time, when_of

    starts, ends = event.start.date() == day, event.end <= _next_midnight(event, day)
    if event.all_day or (not starts and not ends):
        return "all day"
    if starts:
        return when_of(event)
    return f"until {clock_time(event.end) if event.end.date() == day else '24:00'}"


def _next_midnight(event: Occurrence, day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=event.start.tzinfo)
