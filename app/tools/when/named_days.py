"""Days by name or by their place: "tomorrow", "next tuesday", "last friday of the month".

`calendar_day` reads a single date in any form, those of `dates` included. A bare weekday means
the next one (the last one where the cursor looks back), today included.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from app.tools.when.cursor import Cursor, ordinal, rule
from app.tools.when.dates import (
    Days,
    fixed_date,
    following_weekday,
    month_reference,
    one_day,
    weekday_name,
    written_date,
    year_number,
)
from app.tools.when.model import impossible
from app.tools.when.vocabulary import HOLIDAYS, MONTH_NAMES, WEEKDAY_NAMES, WEEKDAYS
from app.tools.when.wording import say_day


def next_weekday(c: Cursor, weekday: int, base: date | None = None) -> date:
    """The weekday on or after `base` (today); on or before it where the cursor looks back."""
    start = base or c.today
    if c.future:
        return start + timedelta(days=(weekday - start.weekday()) % 7)
    return start - timedelta(days=(start.weekday() - weekday) % 7)


def monday(day: date) -> date:
    """The Monday of the day's calendar week."""
    return day - timedelta(days=day.weekday())


@rule
def _qualified_weekday(c: Cursor) -> Days | None:
    """ "next tuesday", "this friday", "last monday", "the coming thursday"."""
    c.accept("the")
    which = c.accept("this", "next", "last", "coming", "past")
    if which == "this":
        c.accept("coming", "past")
    weekday = weekday_name(c) if which else None
    if weekday is None:
        return None
    this_week = monday(c.today) + timedelta(days=weekday)
    if which == "next":
        return one_day(this_week + timedelta(days=7))
    if which in ("last", "past"):
        back = (c.today.weekday() - weekday) % 7 or 7
        return one_day(c.today - timedelta(days=back))
    if this_week < c.today and c.future:
        return one_day(this_week + timedelta(days=7))
    return one_day(this_week)


@rule
def _weekday(c: Cursor) -> Days | None:
    """A bare weekday, or one beside a week or a date ("tuesday next week", "friday 20 Nov")."""
    weekday = weekday_name(c)
    if weekday is None:
        return None
    place = c.place
    c.accept(",")
    dated = written_date(c, weekday, lead=True)
    if dated is not None:
        return dated
    c.place = place
    first = next_weekday(c, weekday)
    if c.accept("week"):
        return one_day(first + timedelta(days=7))
    if c.phrase("fortnight"):
        return one_day(first + timedelta(days=14))
    if c.phrase("after next"):
        return one_day(monday(c.today) + timedelta(days=14 + weekday))
    c.skip("of", "in", "the")
    for words, weeks in (("this week", 0), ("next week", 1), ("last week", -1)):
        if c.phrase(words):
            return one_day(monday(c.today) + timedelta(days=7 * weeks + weekday))
    if c.phrase("week after next"):
        return one_day(monday(c.today) + timedelta(days=14 + weekday))
    c.place = place
    return Days(first, first + timedelta(days=1), roll=7, exact=False)


@rule
def _week_then_weekday(c: Cursor) -> Days | None:
    """ "next week on tuesday", "next week tuesday"."""
    words = c.phrase("next week", "this week", "last week")
    if words is None:
        return None
    c.accept(",")
    c.accept("on")
    weekday = weekday_name(c)
    if weekday is None:
        return None
    weeks = {"next week": 1, "this week": 0, "last week": -1}[words]
    return one_day(monday(c.today) + timedelta(days=7 * weeks + weekday))


@rule
def _near(c: Cursor) -> Days | None:
    """ "today", "tomorrow", "the day after tomorrow", "the day before yesterday"."""
    c.accept("the")
    if c.phrase("day after tomorrow"):
        return one_day(c.today + timedelta(days=2))
    if c.phrase("day before yesterday"):
        return one_day(c.today - timedelta(days=2))
    if c.before().lemma == "the":
        return None
    shifts = {"today": 0, "tomorrow": 1, "yesterday": -1}
    shift = c.lookup(shifts)
    if shift is None:
        return None
    found = c.today + timedelta(days=shift)
    weekday = following_weekday(c)
    if weekday is not None and weekday != found.weekday():
        raise impossible(
            f"{say_day(found)} is not a {WEEKDAY_NAMES[weekday]}.",
            "Say which of the two you mean.",
        )
    return one_day(found)


@rule
def _holiday(c: Cursor) -> Days | None:
    for words, month, day in HOLIDAYS:
        if c.phrase(words):
            return one_day(fixed_date(c, year_number(c), month, day, None))
    return None


@rule
def _weekday_of_month(c: Cursor) -> Days | None:
    """ "first monday of next month", "the last friday in march", "last day of the month"."""
    c.accept("the")
    count = -1 if c.accept("last") else ordinal(c)
    if count is None or count > 5:
        return None
    whole = bool(c.accept("day"))
    weekday = None if whole else weekday_name(c)
    if weekday is None and not whole:
        return None
    if not c.accept("of", "in"):
        return None
    month = month_reference(c)
    if month is None:
        return None
    length = monthrange(month.year, month.month)[1]
    days = [month + timedelta(days=i) for i in range(length)]
    fitting = days if weekday is None else [d for d in days if d.weekday() == weekday]
    if count > len(fitting):
        where = f"{MONTH_NAMES[month.month - 1]} {month.year}"
        raise impossible(f"{where} has no fifth {WEEKDAY_NAMES[weekday or 0]}.")
    return one_day(fitting[count - 1 if count > 0 else -1])


@rule
def calendar_day(c: Cursor) -> Days | None:
    """Any of the days above, with its "on", "from" or "for"."""
    lead = c.accept("on", "from")
    if c.peek(1).lemma in WEEKDAYS:
        c.accept("the")
    return (
        _weekday_of_month(c)
        or written_date(c, None, lead=lead is not None or _leads(c))
        or _near(c)
        or _week_then_weekday(c)
        or _qualified_weekday(c)
        or _weekday(c)
        or _holiday(c)
    )


def _leads(c: Cursor) -> bool:
    """Whether a word before the place announces a date."""
    words = ("by", "until", "since", "before", "after", "between", "and", "to", "for", "of", "-")
    return c.before().lemma in words
