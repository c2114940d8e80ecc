"""Longer stretches of whole days, and days counted from others.

"next week", "mid December", "end of the month", "in three weeks", "a week from friday".

A calendar week runs from Monday to Sunday. The end of a week is its Friday; early in a week is
Monday and Tuesday, mid-week Wednesday, late Thursday and Friday; a month has three thirds, the
first two of ten days.
"""

from __future__ import annotations

from datetime import date, timedelta

from app.tools.when.cursor import Cursor, ordinal, rule
from app.tools.when.dates import (
    YEARS,
    Days,
    add_months,
    make_date,
    month_name,
    month_reference,
    month_start,
    one_day,
)
from app.tools.when.durations import amount
from app.tools.when.model import impossible
from app.tools.when.named_days import calendar_day, monday
from app.tools.when.vocabulary import WEEKDAYS, Amount

_SHIFT = {"this": 0, "the": 0, "next": 1, "last": -1, "coming": 0}


def _week(day: date, weeks: int = 0) -> Days:
    first = monday(day) + timedelta(days=7 * weeks)
    return Days(first, first + timedelta(days=7))


def _weekend(day: date, weeks: int = 0) -> Days:
    first = monday(day) + timedelta(days=5 + 7 * weeks)
    return Days(first, first + timedelta(days=2))


def _month(first: date) -> Days:
    return Days(first, add_months(first, 1))


def _year(year: int) -> Days:
    return Days(make_date(year, 1, 1), make_date(year + 1, 1, 1))


@rule
def _unit_period(c: Cursor) -> Days | None:
    """ "this week", "next month", "the weekend", "last year", "the week after next"."""
    if c.phrase("the week after next", "week after next"):
        return _week(c.today, 2)
    if c.phrase("the week before last", "week before last"):
        return _week(c.today, -2)
    if c.phrase("the weekend after next", "weekend after next"):
        return _weekend(c.today, 2)
    which = c.accept("this", "next", "last", "the", "coming")
    if which == "the":
        which = c.accept("coming") or "the"
    shift = _SHIFT.get(which or "the", 0)
    word = c.accept("week", "weekend", "month", "year", "workweek")
    if word is None:
        return None
    if word != "weekend" and which in (None, "the") and (c.embedded or not c.at_end()):
        return None  # "the week" by itself is this one
    if word in ("week", "workweek"):
        return _week(c.today, shift)
    if word == "weekend":
        back = -1 if which in (None, "the") and not c.future and c.today.weekday() < 5 else shift
        return _weekend(c.today, back)
    if word == "month":
        return _month(add_months(c.today.replace(day=1), shift))
    return _year(c.today.year + shift)


@rule
def in_week(c: Cursor, day: Days) -> Days | None:
    """A bare weekday moved by a week said behind its time: "thursday afternoon next week"."""
    c.accept("of", "in")
    weeks = {"this week": 0, "next week": 1, "last week": -1, "the week after next": 2}.get(
        c.phrase("this week", "next week", "last week", "the week after next") or ""
    )
    if weeks is None:
        length = amount(c) if c.before().lemma == "in" else None
        if length is None or length.months or length.seconds or length.days % 7:
            return None
        weeks = length.days // 7
    return one_day(monday(c.today) + timedelta(days=7 * weeks + day.first.weekday()))


@rule
def _week_of_month(c: Cursor) -> Days | None:
    """ "the first week of December", "last week of the month": seven days from its end or 1st."""
    c.accept("the")
    count = -1 if c.accept("last") else ordinal(c)
    if count is None or count > 4 or not c.accept("week") or not c.accept("of", "in"):
        return None
    month = month_reference(c)
    if month is None:
        return None
    first = month + timedelta(days=7 * (count - 1))
    if count < 0:
        first = add_months(month, 1) - timedelta(days=7)
    return Days(first, first + timedelta(days=7))


@rule
def _named_month(c: Cursor) -> Days | None:
    """ "december", "next march", "May 2027"; "2027" only behind "in"."""
    behind = c.before().lemma
    which = c.accept("this", "next", "last")
    month = month_name(c)
    if month is None:
        year = c.figures(4, 4) if behind == "in" and which is None else None
        return _year(year) if year in YEARS and c.settled() and year else None
    if c.peek().lemma == ",":
        return _month(month_start(c, month, None)) if which is None else None
    year = None if which else c.figures(4, 4)
    found = month_start(c, month, year)
    this = c.today.replace(day=1)
    if which == "next" and found <= this:
        found = add_months(found, 12)
    if which == "last":
        found = make_date(c.today.year, month, 1)
        found = add_months(found, -12) if found >= this else found
    return _month(found)


@rule
def _week_of(c: Cursor) -> Days | None:
    """ "the week of 7 December", "week beginning the 7th"."""
    c.accept("the")
    if not c.accept("week"):
        return None
    if not c.accept("of", "beginning", "commencing", "starting"):
        return None
    day = calendar_day(c)
    return _week(day.first) if day else None


@rule
def _numbered_week(c: Cursor) -> Days | None:
    """ "week 48", "week 3 of 2027": a week as ISO 8601 counts them, the coming one of its number.

    Among other words only behind a lead ("in week 48"): a title may well end in "week 2".
    """
    led = c.before().lemma in ("in", "during", "of", "for")
    c.accept("calendar")
    number = c.figures(1, 2) if c.accept("week") else None
    if number is None:
        return None
    place = c.place
    c.accept("of", "in", ",")
    year = c.figures(4, 4)
    if year is None:
        c.place = place
    if (c.embedded and not (led and c.settled())) or (year is not None and year not in YEARS):
        return None
    if year is not None:
        return _iso_week(year, number)
    this = c.today.isocalendar()
    over = number < this.week if c.future else number > this.week
    return _iso_week(this.year + (0 if not over else 1 if c.future else -1), number)


def _iso_week(year: int, number: int) -> Days:
    weeks = date(year, 12, 28).isocalendar().week  # the 28th always lies in the last one
    if not 1 <= number <= weeks:
        raise impossible(f"There is no week {number} in {year}; it has {weeks} weeks.")
    return _week(date.fromisocalendar(year, number, 1))


def _whole(c: Cursor) -> Days | None:
    """A period that has a beginning, a middle and an end."""
    if c.phrase("the month", "month"):
        return _month(c.today.replace(day=1))
    if c.phrase("the year", "year"):
        return _year(c.today.year)
    if c.phrase("the week", "week"):
        return _week(c.today)
    return _unit_period(c) or _named_month(c)


@rule
def _edge(c: Cursor) -> Days | None:
    """ "end of the month", "the beginning of next week": one day."""
    c.accept("at")
    c.accept("the")
    side = c.accept("end", "start", "beginning")
    if side is None:
        return None
    c.accept("of")
    period = _whole(c)
    if period is None:
        return None
    if side != "end":
        return one_day(period.first)
    last = period.until - timedelta(days=1)
    if (period.until - period.first).days == 7:
        last = period.first + timedelta(days=4)
    return one_day(last)


@rule
def _third(c: Cursor) -> Days | None:
    """ "early next week", "mid December", "late this month"."""
    side = c.accept("early", "mid", "late", "middle")
    if side is None:
        return None
    c.accept("-")
    c.accept("in", "of")
    period = _whole(c)
    if period is None:
        return None
    days = (period.until - period.first).days
    if days == 7:
        bounds = {"early": (0, 2), "late": (3, 5)}.get(side, (2, 3))
    elif days == 2:
        return None
    else:
        first, second = (10, 20) if days < 32 else (days // 3, 2 * days // 3)
        bounds = {"early": (0, first), "late": (second, days)}.get(side, (first, second))
    return Days(period.first + timedelta(days=bounds[0]), period.first + timedelta(days=bounds[1]))


def shifted(day: date, by: Amount, sign: int = 1) -> date:
    """A day moved by months and days; seconds do not count."""
    return add_months(day, sign * by.months) + timedelta(days=sign * by.days)


@rule
def _counted_days(c: Cursor) -> Days | None:
    """Days counted from a day: "in three weeks", "2 days ago", "a week from friday"."""
    if c.phrase("same day next week", "this day next week"):
        return one_day(c.today + timedelta(days=7))
    inside = c.accept("in")
    length = amount(c)
    if length is None or length.seconds:
        return None
    if c.accept("ago"):
        return one_day(shifted(c.today, length, -1))
    if c.phrase("from now", "from today"):
        return one_day(shifted(c.today, length))
    if inside:
        c.phrase("' time", "time")
        return one_day(shifted(c.today, length))
    side = c.accept("after", "before", "from", "on")
    weekly = length.months == 0 and length.days % 7 == 0
    if side == "on" and not weekly:
        return None
    if side is None and not (weekly and c.peek().lemma in ("today", "tomorrow", *WEEKDAYS)):
        return None
    base = calendar_day(c)
    if base is None or (base.until - base.first).days != 1:
        return None
    return one_day(shifted(base.first, length, -1 if side == "before" else 1))


@rule
def _day_beside(c: Cursor) -> Days | None:
    """ "the day after christmas", "day before friday"."""
    c.accept("the")
    if not c.accept("day"):
        return None
    side = c.accept("after", "before")
    base = calendar_day(c) if side else None
    if base is None:
        return None
    return one_day(base.first + timedelta(days=1 if side == "after" else -1))


@rule
def period(c: Cursor) -> Days | None:
    """Any stretch of days above, with its "in", "on", "over" or "during"."""
    counted = _counted_days(c)
    if counted is not None:
        return counted
    place = c.place
    c.accept("in", "on", "over", "during", "from", "at")
    found = (
        _edge(c)
        or _third(c)
        or _week_of(c)
        or _week_of_month(c)
        or _numbered_week(c)
        or _unit_period(c)
        or _named_month(c)
        or _day_beside(c)
    )
    if found is None:
        c.place = place
    return found


def days(c: Cursor) -> Days | None:
    """Whole days in any form, the longest reading first."""
    place = c.place
    best: Days | None = None
    best_place = place
    for one in (calendar_day, period):
        c.place = place
        found = one(c)
        if found is not None and c.place > best_place:
            best, best_place = found, c.place
    c.place = best_place
    return best
