"""cal_conflicts: which events overlap, as a readable list and as data. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from app.calendars.conflicts import Conflict, conflicts
from app.calendars.vdir import Vdir
from app.core.ports import Asked, Clock, Occurrence, Tool, ToolOutcome
from app.store.settings import Settings
from app.tools.event_warnings import event_warnings
from app.tools.schemas import declared
from app.tools.time_windows import TimeWindow, coming_days, window_said
from app.tools.wording import clock_range, near_day, shown, title_of, when_of

_DAYS = 7
_NAMED = 20
"""How many conflicts a sentence names before it counts the rest."""


def cal_conflicts(calendar: Vdir, settings: Settings) -> Tool:
    """The tool that lists overlapping events."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        return _list(conflict_window(arguments, asked.clock, settings), asked.clock, calendar)

    return Tool(declared("cal_conflicts"), run)


def conflict_window(
    arguments: Mapping[str, object], clock: Clock, settings: Settings
) -> TimeWindow:
    """The time a question about conflicts is about: what was said, else the coming 7 days."""
    if "when" not in arguments:
        return coming_days(clock, _DAYS)
    return window_said(str(arguments["when"]), clock, settings.locale)


def identified_conflicts(found: Sequence[Conflict], calendar: Vdir) -> list[Conflict]:
    """The same conflicts, their events with ids."""
    events = [event for each in found for event in (each.first, each.second)]
    known = calendar.identified(events)
    pairs = zip(known[::2], known[1::2], strict=True)
    return [
        Conflict(first, second, each.start, each.end)
        for each, (first, second) in zip(found, pairs, strict=True)
    ]


def events_of(found: Sequence[Conflict]) -> tuple[Occurrence, ...]:
    """The events of some conflicts with ids, each once, in the order they come."""
    events = (event for each in found for event in (each.first, each.second))
    return tuple({event.id: event for event in events}.values())


def say_overlap(conflict: Conflict) -> str:
    """Both events with their times, and the time they share."""
    events = " and ".join(
        f"{when_of(each)} {title_of(each)}" for each in (conflict.first, conflict.second)
    )
    return f"{events} overlap, {clock_range(conflict.start, conflict.end)}"


def _list(window: TimeWindow, clock: Clock, calendar: Vdir) -> ToolOutcome:
    now = clock.now
    reading = calendar.read(*window.bounds)
    found = [
        each
        for each in conflicts(reading.entries)
        # What is over matters only to a question about the past.
        if window.is_over(now) or each.end.timestamp() > now.timestamp()
    ]
    known = identified_conflicts(found, calendar)
    shown_ones = events_of(known[:_NAMED])
    warnings = event_warnings(shown_ones, calendar, now.date())
    return ToolOutcome(
        data={
            "conflicts": [_as_data(each) for each in known],
            "total": len(known),
            "warnings": warnings,
        },
        sentence="\n".join([_sentence(known, window, now), *warnings]),
        problem=reading.problem,
        mentions=tuple(each.id for each in shown_ones),
    )


def _sentence(found: Sequence[Conflict], window: TimeWindow, now: datetime) -> str:
    if not found:
        return f"Nothing overlaps {window.asked}."
    lines: list[str] = []
    for day, of_day in groupby(found[:_NAMED], key=lambda each: each.start.date()):
        lines.append(f"{near_day(day, now.date())}:")
        lines += [f"  {say_overlap(each)}" for each in of_day]
    if len(found) > _NAMED:
        lines.append(f"and {len(found) - _NAMED} more.")
    return "\n".join(lines)


def _as_data(conflict: Conflict) -> dict[str, object]:
    return {
        "a": _event_as_data(conflict.first),
        "b": _event_as_data(conflict.second),
        "start": conflict.start.isoformat(),
        "end": conflict.end.isoformat(),
        "minutes": conflict.minutes,
    }


def _event_as_data(event: Occurrence) -> dict[str, object]:
    return {
        "id": event.id,
        "title": title_of(event),
        "start": event.start.isoformat(),
        "end": event.end.isoformat(),
        "calendar": shown(event.path.split("/")[1]),
    }
