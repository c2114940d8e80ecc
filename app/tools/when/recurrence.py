"""What repeats: "every other thursday", "weekly on monday", "monthly on the 5th until June".

The grammar of repetition and the RFC 5545 rule it stands for. Clock times are read by
`clock_times`; the first occurrence is found with dateutil.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.tools.when.clock_times import (
    ClockRange,
    ClockTime,
    DayPart,
    clock_range,
    clock_time,
    day_part,
)
from app.tools.when.cursor import Cursor, integer, ordinal, rule
from app.tools.when.dates import make_date, month_name, weekday_name
from app.tools.when.durations import amount
from app.tools.when.model import impossible
from app.tools.when.named_days import calendar_day
from app.tools.when.periods import days, shifted
from app.tools.when.rules import WORKDAYS, Rule
from app.tools.when.vocabulary import (
    ORDINAL_ENDINGS,
    PLURAL_WEEKDAYS,
    Amount,
)


@dataclass(frozen=True)
class Repeating:
    """A rule with what else was said: a time of day, an end, a length of each occurrence."""

    rule: Rule
    clock: ClockTime | ClockRange | None = None
    part: DayPart | None = None
    until: date | None = None
    lasting: Amount | None = None
    each: Amount | None = None
    begin: date | None = None


_ADVERBS = {
    "daily": Rule("DAILY"),
    "weekly": Rule("WEEKLY"),
    "fortnightly": Rule("WEEKLY", 2),
    "monthly": Rule("MONTHLY"),
    "quarterly": Rule("MONTHLY", 3),
    "yearly": Rule("YEARLY"),
}
_UNITS = {
    "day": Rule("DAILY"),
    "days": Rule("DAILY"),
    "week": Rule("WEEKLY"),
    "weeks": Rule("WEEKLY"),
    "fortnight": Rule("WEEKLY", 2),
    "month": Rule("MONTHLY"),
    "months": Rule("MONTHLY"),
    "quarter": Rule("MONTHLY", 3),
    "year": Rule("YEARLY"),
    "years": Rule("YEARLY"),
}
_GROUPS = {
    "weekday": WORKDAYS,
    "workday": WORKDAYS,
    "weekend": ((0, 5), (0, 6)),
}
_PLURAL_GROUPS = {"weekdays": WORKDAYS, "workdays": WORKDAYS, "weekends": _GROUPS["weekend"]}


@rule
def _weekday_list(c: Cursor, plural: bool) -> tuple[tuple[int, int], ...] | None:
    """ "monday and wednesday", "mon, wed, fri", "monday to friday", "tuesdays and thursdays"."""
    found: list[int] = []
    while True:
        place = c.place
        if found:
            c.accept(",")
            c.accept("and", "&", "/", "+")
            c.accept("on", "every")
        day = c.lookup(PLURAL_WEEKDAYS)
        if day is None and (not plural or found):
            day = weekday_name(c)
        if day is None or day in found:
            c.place = place
            break
        found.append(day)
        if len(found) == 1 and c.accept("to", "until", "-"):
            last = weekday_name(c)
            last = c.lookup(PLURAL_WEEKDAYS) if last is None else last
            if last is None:
                c.place -= 1
                break
            found = [(day + i) % 7 for i in range((last - day) % 7 + 1)]
            break
    return tuple((0, day) for day in sorted(found)) or None


@rule
def _of_the_month(c: Cursor) -> bool | None:
    """ "of the month", "of every month", "in the month"."""
    if not c.accept("of", "in"):
        return None
    c.accept("the", "every", "a")
    return True if c.accept("month") else None


@rule
def _nth(c: Cursor) -> tuple[int, int | None] | None:
    """ "first monday", "last friday", "last day"; the weekday is None for a day of the month."""
    count = -1 if c.accept("last") else ordinal(c)
    if count is None or count > 5:
        return None
    weekday = weekday_name(c)
    if weekday is not None:
        return count, weekday
    return (count, None) if count in (1, -1) and c.accept("day") else None


@rule
def _year_day(c: Cursor) -> Rule | None:
    """ "3 May", "may 3rd", "the 3rd of may"."""
    c.accept("the")
    month = month_name(c)
    day = ordinal(c)
    if day is None:
        day = c.figures(1, 2)
    if month is None and day is not None:
        c.accept("of")
        month = month_name(c)
    if month is None or day is None:
        return None
    make_date(2000, month, day)
    return Rule("YEARLY", month=month, month_day=day)


@rule
def _dated(c: Cursor) -> Rule | None:
    """A day of the year in figures: "3/4"."""
    day = calendar_day(c)
    if day is None or not day.exact:
        return None
    return Rule("YEARLY", month=day.first.month, month_day=day.first.day)


@rule
def _month_days(c: Cursor) -> Rule | None:
    """ "the 5th", "the last day", "the first monday": a day of every month."""
    c.accept("the")
    nth = _nth(c)
    if nth is not None:
        count, weekday = nth
        if weekday is None:
            return Rule("MONTHLY", month_day=count)
        return Rule("MONTHLY", by_day=((count, weekday),))
    day = ordinal(c)
    if day is None:
        return None
    if not 1 <= day <= 31:
        raise impossible(f"No month has a day {day}.")
    return Rule("MONTHLY", month_day=day)


@rule
def _every(c: Cursor) -> Rule | None:
    if not c.accept("every"):
        return None
    c.accept("single")
    dated = _year_day(c)
    if dated is not None:
        return dated
    place = c.place
    monthly = _month_days(c)
    if monthly is not None:
        clear = monthly.by_day and monthly.by_day[0][0] in (1, -1)
        numbered = c.before().lemma in ORDINAL_ENDINGS and c.settled()
        if _of_the_month(c) or clear or (numbered and weekday_name(c) is None):
            return monthly
    c.place = place
    interval = 2 if c.accept("other", "alternate") else 0
    if not interval:
        counted = ordinal(c)
        interval = counted if counted is not None else (integer(c) or 1)
    if not 1 <= interval <= 999:
        return None
    base = c.lookup(_UNITS)
    if base is not None:
        return replace(base, interval=base.interval * interval)
    if c.phrase("business day", "working day", "business days", "working days"):
        return Rule("WEEKLY", interval, WORKDAYS)
    group = c.lookup(_GROUPS)
    chosen = group or _weekday_list(c, plural=False)
    if chosen is not None:
        return Rule("WEEKLY", interval, chosen)
    if c.peek().lemma in ("morning", "afternoon", "evening", "night", "lunchtime"):
        return Rule("DAILY", interval)
    return None


@rule
def _core(c: Cursor) -> Rule | None:
    """The words that say it repeats."""
    every = _every(c)
    if every is not None:
        return every
    c.accept("repeating", "repeat")
    if c.peek().lemma == "every":
        return _every(c)
    if c.accept("once"):
        c.accept("a", "every")
        return c.lookup({k: v for k, v in _UNITS.items() if not k.endswith("s")})
    adverb = c.lookup(_ADVERBS)
    if adverb is not None:
        return adverb
    c.accept("on")
    group = c.lookup(_PLURAL_GROUPS)
    listed = group or _weekday_list(c, plural=True)
    if listed is not None:
        return Rule("WEEKLY", by_day=listed)
    c.accept("the")
    monthly = _month_days(c)
    if monthly is not None and c.phrase("of every month", "every month", "in every month"):
        return monthly
    return None


@rule
def _on(c: Cursor, core: Rule) -> Rule | None:
    """The days a bare unit falls on: "weekly on monday", "every month on the 5th"."""
    if core.by_day or core.month_day:
        return None
    c.accept("on")
    if core.freq == "WEEKLY":
        listed = c.lookup(_GROUPS) or c.lookup(_PLURAL_GROUPS) or _weekday_list(c, plural=False)
        return replace(core, by_day=listed) if listed else None
    found = _month_days(c) if core.freq == "MONTHLY" else None
    if core.freq == "YEARLY":
        found = _year_day(c) or _dated(c)
    if found is None:
        return None
    _of_the_month(c)
    return replace(found, freq=core.freq, interval=core.interval)


@rule
def _limits(c: Cursor, said: Repeating) -> Repeating | None:
    """How long it goes on, how often, from when, and how long each one takes."""
    c.accept(",")
    if said.begin is None and c.accept("starting", "beginning", "from"):
        begin = days(c)
        return replace(said, begin=begin.first) if begin else None
    if said.until is None and c.accept("until", "ending"):
        end = days(c)
        return replace(said, until=end.until) if end else None
    c.accept("for")
    length = amount(c)
    if length is not None:
        if length.seconds:
            return replace(said, each=length) if said.each is None else None
        return replace(said, lasting=length) if said.lasting is None else None
    times = integer(c)
    if times is None or not 1 <= times <= 999 or said.rule.count:
        return None
    if not c.accept("times", "occurrences"):
        return None
    return replace(said, rule=replace(said.rule, count=times))


@rule
def _hours(c: Cursor, said: Repeating) -> Repeating | None:
    """A time of day beside the rule."""
    c.accept(",")
    if said.clock is None:
        found = clock_range(c, bare=True) or clock_time(c)
        if found is not None:
            return replace(said, clock=found)
    if said.part is None:
        part = day_part(c)
        if part is not None:
            return replace(said, part=part)
    return None


@rule
def repeating(c: Cursor) -> Repeating | None:
    """A repetition with all that belongs to it, in any order."""
    clock = clock_range(c) or clock_time(c)
    c.accept(",")
    core = _core(c)
    if core is None:
        return None
    said = Repeating(core, clock=clock)
    while True:
        on = _on(c, said.rule)
        if on is not None:
            said = replace(said, rule=replace(on, count=said.rule.count))
            continue
        more = _hours(c, said) or _limits(c, said)
        if more is None:
            return said
        said = more


def lasting_until(first: date, said: Repeating) -> date | None:
    """The day before which it ends, None if it goes on."""
    if said.lasting is not None:
        return shifted(first, said.lasting)
    return said.until
