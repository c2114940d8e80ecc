"""A day, a clock time, a part of the day and a length, in any order, put together into one time.

"friday at noon", "tomorrow 15:30 for 45 minutes", "half past three tomorrow", "this afternoon",
"in 2 hours", "2026-12-01T14:00".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import KnownError
from app.tools.when.clock_times import (
    ClockRange,
    ClockTime,
    DayPart,
    clock_range,
    clock_time,
    day_part,
    fit,
    fit_range,
    half_day,
    opening,
)
from app.tools.when.cursor import Cursor, rule
from app.tools.when.dates import Days, iso_date, moved, one_day, written_date
from app.tools.when.durations import amount
from app.tools.when.model import WhenKind, day_start, impossible, later
from app.tools.when.periods import days, in_week, shifted
from app.tools.when.tokens import Kind
from app.tools.when.vocabulary import Amount

_EVENING = DayPart("evening", 18 * 3600, 24 * 3600)


@dataclass(frozen=True)
class Reading:
    """A time resolved, before it is told to the user. Fields as in `When`.

    `rule_said` are the words for a rule; `part`: it is a named part of a day; `dated` as in `When`.
    """

    kind: WhenKind
    start: datetime
    end: datetime | None = None
    duration: timedelta | None = None
    rrule: str = ""
    rule_said: str = ""
    choose: str = ""
    part: bool = False
    dated: bool = True


@dataclass(frozen=True)
class _Parts:
    day: Days | None = None
    clock: ClockTime | ClockRange | None = None
    part: DayPart | None = None
    length: Amount | None = None
    instant: datetime | None = None

    @property
    def empty(self) -> bool:
        return self == _Parts()


@rule
def _iso_moment(c: Cursor) -> datetime | None:
    """ "2026-12-01T14:00", with seconds, a fraction (dropped), Z or an offset if need be."""
    day = iso_date(c)
    if day is None or not c.accept("t", "T"):
        return None
    hour = c.figures(2, 2, glued=True)
    if hour is None or not c.sign(":"):
        return None
    minute = c.figures(2, 2, glued=True)
    if minute is None:
        return None
    second = 0
    if c.peek().glued and c.peek(1).glued and c.accept(":"):
        second = c.figures(2, 2, glued=True) or 0
        if c.peek().glued and c.peek(1).kind is Kind.NUMBER and c.accept(".", ","):
            c.place += 1
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and minute + second):
        raise impossible(
            f"There is no time {hour:02}:{minute:02}:{second:02}.", "Say a time up to 24:00."
        )
    seconds = (hour * 60 + minute) * 60 + second
    offset = _offset(c)
    if offset is None:
        return c.moment(day, seconds)
    utc = day_start(day, ZoneInfo("UTC")) + timedelta(seconds=seconds) - offset
    return utc.astimezone(c.zone)


@rule
def _offset(c: Cursor) -> timedelta | None:
    if not c.peek().glued:
        return None
    if c.accept("z"):
        return timedelta()
    sign = c.accept("+", "-")
    digits = c.peek().text
    value = c.figures(2, 2, glued=True) if sign else None
    if sign is None:
        return None
    if value is None:
        value = c.figures(4, 4, glued=True)
        if value is None:
            return None
        hours, minutes = int(digits[:2]), int(digits[2:])
    else:
        hours, minutes = value, (c.figures(2, 2, glued=True) or 0) if c.sign(":") else 0
    if hours > 23 or minutes > 59:
        raise impossible("There is no such offset from UTC.")
    found = timedelta(hours=hours, minutes=minutes)
    return -found if sign == "-" else found


def minute(moment: datetime) -> datetime:
    """A moment without its seconds."""
    return moment.replace(second=0, microsecond=0)


def moved_by(c: Cursor, base: datetime, by: Amount, sign: int = 1) -> datetime:
    """Days and months on the calendar, then seconds in real time."""
    day = shifted(base.date(), by, sign)
    seconds = (base.hour * 60 + base.minute) * 60 + base.second
    found = base if day == base.date() else c.moment(day, seconds)
    return later(found, timedelta(seconds=sign * by.seconds))


@rule
def _instant(c: Cursor) -> datetime | None:
    """ "now", "in 2 hours", "half an hour ago", "an hour after noon"."""
    if c.phrase("right now", "just now", "now", "immediately", "straight away"):
        return minute(c.now)
    inside = c.accept("in")
    by = amount(c)
    if by is None or not by.seconds:
        return None
    if c.accept("ago"):
        return minute(moved_by(c, c.now, by, -1))
    if inside or c.phrase("from now"):
        c.phrase("from now", "' time", "time")
        return minute(moved_by(c, c.now, by))
    side = c.accept("after", "before")
    base = moment(c, bare=True) if side else None
    if base is None or base.kind is not WhenKind.INSTANT:
        return None
    return moved_by(c, base.start, by, -1 if side == "before" else 1)


@rule
def today_part(c: Cursor) -> tuple[Days, DayPart] | None:
    """ "tonight", "this afternoon", "last night"."""
    night = DayPart("night", 18 * 3600, 24 * 3600)
    if c.accept("tonight"):
        return one_day(c.today), night
    if c.phrase("last night"):
        return one_day(c.today - timedelta(days=1)), night
    if not c.accept("this"):
        return None
    part = day_part(c)
    return (one_day(c.today), part) if part else None


@rule
def _length(c: Cursor, parts: _Parts) -> Amount | None:
    said = c.accept("for", "lasting")
    c.accept("about", "around")
    if not said and not (parts.clock or parts.instant or parts.empty):
        return None
    found = amount(c)
    if found is None or (not said and found.days + found.months):
        return None
    return found


@rule
def _begun(c: Cursor, day: Days) -> Days | None:
    """The date of a bare weekday, said behind its time: "friday at 2pm starting the 27th"."""
    if not c.accept("starting", "beginning"):
        return None
    c.accept("on", "from")
    return written_date(c, day.first.weekday(), lead=True)


@rule
def _bare_hour(c: Cursor) -> ClockTime | None:
    """A lone hour that a day follows: "10 tomorrow"."""
    found = clock_time(c, bare=True)
    place = c.place
    if found is None or c.embedded or days(c) is None:
        return None
    c.place = place
    return found


@rule
def _beginning(c: Cursor) -> ClockTime | None:
    """ "from 2" behind a day: when it begins."""
    return clock_time(c, bare=True) if c.accept("from") else None


def _one_more(c: Cursor, parts: _Parts, bare: bool) -> _Parts | None:
    """The parts with the next one added, None if none follows that fits."""
    if parts.empty:
        instant = _iso_moment(c) or _instant(c)
        if instant is not None:
            return replace(parts, instant=instant)
    if parts.instant is None:
        if parts.day is None and parts.part is None:
            both = today_part(c)
            if both is not None:
                return replace(parts, day=both[0], part=both[1])
        if parts.day is None:
            day = days(c)
            if day is not None:
                return replace(parts, day=day)
        elif not parts.day.exact and (day := in_week(c, parts.day) or _begun(c, parts.day)):
            return replace(parts, day=day)
        if parts.clock is None:
            loose = bare or parts.day is not None
            opened = opening(c) if parts.day is not None else None
            clock = clock_range(c, bare=loose) or clock_time(c, bare=loose) or _bare_hour(c)
            clock = clock or (_beginning(c) if parts.day is not None else None)
            if opened == "doors" and isinstance(clock, ClockTime):
                clock = fit(clock, _EVENING) or clock  # nobody opens them at seven in the morning
            if clock is not None:
                return replace(parts, clock=clock)
        if parts.part is None:
            part = day_part(c)
            if part is None and parts.day is not None and parts.clock is None:
                part = half_day(c)
            if part is not None:
                return replace(parts, part=part)
    if parts.length is None:
        length = _length(c, parts)
        if length is not None:
            return replace(parts, length=length)
    return None


def _all_day(c: Cursor) -> str | None:
    return c.phrase("all day long", "all day", "the whole day")


@rule
def moment(c: Cursor, *, bare: bool = False) -> Reading | None:
    """One time made of parts; `bare`: it may begin with a lone hour ("until 3")."""
    begin = c.place
    parts = _Parts()
    whole = _all_day(c)
    while True:
        place = c.place
        if not parts.empty:
            c.accept(",")
            if parts.day is not None:
                _all_day(c)
            elif parts.part is not None:
                c.accept("of")
        more = _one_more(c, parts, bare)
        if more is None:
            c.place = place
            break
        parts = more
    if parts.day is not None:
        _all_day(c)
    if parts.empty or parts == _Parts(length=parts.length):
        return None
    if whole and parts != _Parts(day=parts.day):
        return None  # "all day at 3" says nothing clear
    shown = " ".join(token.text for token in c.tokens[begin : c.place])
    return _together(c, parts, shown)


def _several_days(shown: str) -> KnownError:
    return KnownError("when_unclear", f"“{shown}” names several days.", "Say which day it is.")


def _together(c: Cursor, parts: _Parts, shown: str) -> Reading:
    if parts.instant is not None:
        return _lengthened(c, Reading(WhenKind.INSTANT, parts.instant), parts.length)
    clock, part = parts.clock, parts.part
    if clock is not None and part is not None:
        fitted = fit(clock, part) if isinstance(clock, ClockTime) else fit_range(clock, part)
        if fitted is None:
            raise impossible(f"“{shown}” names two different times of day.", "Say one of them.")
        clock, part = fitted, None
    day, dated = parts.day, parts.day is not None
    if clock is None and part is None:
        assert day is not None
        single = (day.until - day.first).days == 1
        kind = WhenKind.DAY if single else WhenKind.SPAN
        whole = Reading(kind, day_start(day.first, c.zone), day_start(day.until, c.zone))
        return _lengthened(c, whole, parts.length)
    if day is None:
        day = Days(c.today, c.today + timedelta(days=1), roll=1, exact=False)
    if (day.until - day.first).days != 1:
        raise _several_days(shown)
    found = _on_day(c, day, clock, part)
    if day.roll:
        over = (found.end or found.start) < c.now or found.end == c.now
        if c.future and over:
            found = _on_day(c, moved(day, day.roll), clock, part)
        elif not c.future and found.start > c.now:
            found = _on_day(c, moved(day, -day.roll), clock, part)
    return _lengthened(c, replace(found, dated=dated), parts.length)


def _on_day(
    c: Cursor, day: Days, clock: ClockTime | ClockRange | None, part: DayPart | None
) -> Reading:
    if isinstance(clock, ClockTime):
        return Reading(WhenKind.INSTANT, c.moment(day.first, clock.seconds))
    if clock is not None:
        start = c.moment(day.first, clock.start.seconds)
        end = c.moment(day.first, clock.end.seconds)
        length = None if clock.window else timedelta(seconds=end.timestamp() - start.timestamp())
        return Reading(WhenKind.SPAN, start, end, length)
    assert part is not None
    start, end = c.moment(day.first, part.start), c.moment(day.first, part.end)
    return Reading(WhenKind.SPAN, start, end, part=True)


def _lengthened(c: Cursor, found: Reading, length: Amount | None) -> Reading:
    """The reading with a stated length: it ends an instant, or days; within a span it is told."""
    if length is None:
        return found
    end = moved_by(c, found.start, length)
    duration = timedelta(seconds=end.timestamp() - found.start.timestamp())
    if found.kind is WhenKind.INSTANT:
        return replace(found, end=end, duration=duration)
    if found.kind is WhenKind.DAY and not length.seconds:
        kind = found.kind if end == found.end else WhenKind.SPAN
        return replace(found, kind=kind, end=end, duration=duration)
    return replace(found, duration=duration)
