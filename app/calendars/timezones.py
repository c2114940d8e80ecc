"""A time zone as calendar files tell it (VTIMEZONE, RFC 5545, 3.6.5). Nothing about events here.

The rules come from zoneinfo: one line for each yearly clock change where such a rule holds, and a
list of dates where none does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Component, Timezone

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CHECKED_YEARS = 28
"""After so many years the weekdays of all dates come round again."""


@dataclass(frozen=True)
class _Onset:
    """One clock change: `local` is what clocks showed before it."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    summer: bool

    @property
    def kind(self) -> tuple[timedelta, timedelta, str, bool]:
        return self.before, self.after, self.name, self.summer


def zone_name(moment: datetime) -> str:
    """The TZID for the zone of an aware time: its IANA name, or "UTC+0530" for a fixed offset.

    "" for UTC, whose times need no zone.
    """
    zone, offset = moment.tzinfo, _offset(moment)
    name = zone.key if isinstance(zone, ZoneInfo) else None
    if name == "UTC" or (name is None and not offset):
        return ""
    if name is not None:
        return name
    minutes, seconds = divmod(abs(int(offset.total_seconds())), 60)
    # Without a colon, which would have to be quoted wherever the name is used.
    sign = "-" if offset < timedelta() else "+"
    return f"UTC{sign}{minutes // 60:02}{minutes % 60:02}{f'{seconds:02}' if seconds else ''}"


def timezone_component(moment: datetime, last_year: int) -> Timezone:
    """The VTIMEZONE called `zone_name(moment)`, right from the year of `moment` on.

    Where no yearly rule holds, the clock changes are listed up to the end of `last_year`.
    """
    from icalendar import Timezone

    zone = moment.tzinfo
    assert zone is not None, "moment must be aware"
    component = Timezone()
    component.add("TZID", zone_name(moment))
    first_year = max(moment.year - 1, 2)
    first = datetime(first_year, 1, 1, tzinfo=UTC).astimezone(zone)
    onsets = _onsets(zone, first_year, min(first_year + _CHECKED_YEARS, 9997))
    kinds = dict.fromkeys(onset.kind for onset in onsets)
    groups = [[each for each in onsets if each.kind == kind] for kind in kinds]
    rules = [_yearly_rule(group) for group in groups]
    if onsets and all(rules):
        for group, rule in zip(groups, rules, strict=True):
            component.add_component(_observance(group[:1], rule))
        return component
    until = min(max(last_year, first_year), 9997)
    listed = [each for each in _onsets(zone, first_year, until) if each.local.year <= until]
    offset = _offset(first)
    start = _Onset(
        datetime(first_year, 1, 1), offset, offset, first.tzname() or "", bool(first.dst())
    )
    component.add_component(_observance([start]))
    for kind in dict.fromkeys(each.kind for each in listed):
        component.add_component(_observance([each for each in listed if each.kind == kind]))
    return component


def _observance(onsets: Sequence[_Onset], rule: dict[str, object] | None = None) -> Component:
    from icalendar import TimezoneDaylight, TimezoneStandard

    first = onsets[0]
    part = TimezoneDaylight() if first.summer else TimezoneStandard()
    part.add("DTSTART", first.local)
    part.add("TZOFFSETFROM", first.before)
    part.add("TZOFFSETTO", first.after)
    if first.name:
        part.add("TZNAME", first.name)
    if rule:
        part.add("RRULE", rule)
    for later in onsets[1:]:
        part.add("RDATE", later.local)
    return part


def _yearly_rule(onsets: Sequence[_Onset]) -> dict[str, object] | None:
    """The rule that gives exactly these onsets, one a year up to the last of them; None if none.

    "The second Sunday of March", "the last one", or "the Friday from the 23rd to the 29th".
    """
    moments = [onset.local for onset in onsets]
    first = moments[0]
    same = {(each.month, each.weekday(), each.time()) for each in moments}
    steady = [each.year for each in moments] == list(range(first.year, first.year + len(moments)))
    if len(same) != 1 or not steady or len(moments) < _CHECKED_YEARS:
        return None
    day = _DAYS[first.weekday()]
    places = {(each.day - 1) // 7 + 1 for each in moments}
    if len(places) == 1:
        return {"FREQ": "YEARLY", "BYMONTH": first.month, "BYDAY": f"{places.pop()}{day}"}
    if all((each + timedelta(days=7)).month != each.month for each in moments):
        return {"FREQ": "YEARLY", "BYMONTH": first.month, "BYDAY": f"-1{day}"}
    low, high = min(each.day for each in moments), max(each.day for each in moments)
    if high - low != 6:
        return None
    return {
        "FREQ": "YEARLY",
        "BYMONTH": first.month,
        "BYMONTHDAY": list(range(low, high + 1)),
        "BYDAY": day,
    }


def _onsets(zone: tzinfo, first_year: int, last_year: int) -> list[_Onset]:
    """Every change of offset or name from the start of `first_year` to the end of `last_year`."""
    found = []
    low, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year + 1, 1, 1, tzinfo=UTC)
    known = _state(low, zone)
    while low < end:
        high = low + timedelta(days=7)
        state = _state(high, zone)
        if state != known:
            found.append(_change(zone, low, high))
            # From the change on: two within a week do happen.
            high = found[-1].local.replace(tzinfo=UTC) - found[-1].before
            state = _state(high, zone)
        low, known = high, state
    return found


def _change(zone: tzinfo, low: datetime, high: datetime) -> _Onset:
    """The change between two instants, found by halving."""
    before = _state(low, zone)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        low, high = (middle, high) if _state(middle, zone) == before else (low, middle)
    offset, _, _ = before
    after, name, summer = _state(high, zone)
    return _Onset((high + offset).replace(tzinfo=None), offset, after, name, summer)


def _state(moment: datetime, zone: tzinfo) -> tuple[timedelta, str, bool]:
    local = moment.astimezone(zone)
    return _offset(local), local.tzname() or "", bool(local.dst())


def _offset(moment: datetime) -> timedelta:
    offset = moment.utcoffset()
    assert offset is not None, "moment must be aware"
    return offset
