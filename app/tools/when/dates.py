"""Dates as written: "Dec 3", "3/4", "2026-12-01", "the 30th", "Dec 3-5", "5th of next month".

Every rule yields whole local days. A day and month without a year mean the coming one (the past
one where the cursor looks back).
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.core.errors import KnownError
from app.tools.when.clock_times import clock_range, clock_time, opening
from app.tools.when.cursor import Cursor, ordinal, rule
from app.tools.when.model import impossible
from app.tools.when.tokens import Kind
from app.tools.when.vocabulary import MONTH_NAMES, MONTHS, WEEKDAY_NAMES, WEEKDAYS

YEARS = range(1970, 2200)


@dataclass(frozen=True)
class Days:
    """Whole local days, `until` exclusive. `roll`: days to move on by if a clock time is past.

    `exact`: the words fix the date by themselves (not "friday").
    """

    first: date
    until: date
    roll: int = 0
    exact: bool = True


class SlashError(KnownError):
    """A date such as 3/4, readable both ways; `start` and `end` are its place in the text."""

    def __init__(self, start: int, end: int) -> None:
        """The date lies in the text from `start` to `end`."""
        super().__init__("when_ambiguous", "The date can be read in two ways.")
        self.start = start
        self.end = end


def one_day(day: date) -> Days:
    """A single day."""
    return Days(day, day + timedelta(days=1))


def make_date(year: int, month: int, day: int) -> date:
    """A date; raises KnownError("when_impossible") with a sentence where there is none."""
    if year not in YEARS:
        raise impossible(f"The year {year} is too far away.", "Use a year from 1970 to 2199.")
    if not 1 <= month <= 12:
        raise impossible(f"There is no month {month}.")
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        where = MONTH_NAMES[month - 1] + (f" {year}" if month == 2 and day == 29 else "")
        raise impossible(f"There is no {day} {where}; it has {last} days.")
    return date(year, month, day)


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the last one of a shorter month."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    if year not in YEARS:
        raise impossible(f"The year {year} is too far away.", "Use a year from 1970 to 2199.")
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _without_year(c: Cursor, month: int, day: int, weekday: int | None) -> date:
    """The day nearest in the cursor's direction; with a weekday, the nearest year it fits."""
    make_date(2000, month, day)  # 2000 has every day a year can have
    year = c.today.year
    order = range(year, year + 9) if c.future else range(year, year - 9, -1)
    days = [date(y, month, day) for y in order if day <= monthrange(y, month)[1]]
    ahead = [d for d in days if (d >= c.today if c.future else d <= c.today)]
    nearest = ahead[0]
    if weekday is None or nearest.weekday() == weekday:
        return nearest
    around = [d for d in days if abs((d - c.today).days) < 400 and d.weekday() == weekday]
    if around:
        return around[0]
    raise _contradiction(nearest, weekday)


def _contradiction(day: date, weekday: int) -> KnownError:
    return impossible(
        f"{day.day} {MONTH_NAMES[day.month - 1]} {day.year} is a "
        f"{WEEKDAY_NAMES[day.weekday()]}, not a {WEEKDAY_NAMES[weekday]}.",
        "Say which of the two you mean.",
    )


def fixed_date(c: Cursor, year: int | None, month: int, day: int, weekday: int | None) -> date:
    """A date with or without its year, checked against the weekday said with it."""
    if year is None:
        return _without_year(c, month, day, weekday)
    found = make_date(year, month, day)
    if weekday is not None and found.weekday() != weekday:
        raise _contradiction(found, weekday)
    return found


@rule
def weekday_name(c: Cursor) -> int | None:
    """A weekday, 0 for Monday; the point of an abbreviation is stepped over."""
    token = c.peek()
    found = c.lookup(WEEKDAYS)
    if found is not None and len(token.text) < 6:
        _point(c)
    return found


@rule
def month_name(c: Cursor) -> int | None:
    """A month, 1 for January."""
    token = c.peek()
    found = c.lookup(MONTHS)
    if found is not None and len(token.text) < 5:
        _point(c)
    return found


def _point(c: Cursor) -> None:
    following = c.peek(1)
    if c.peek().lemma == "." and c.peek().glued and following.kind in (Kind.WORD, Kind.NUMBER):
        c.place += 1


@rule
def year_number(c: Cursor) -> int | None:
    """A year of four figures behind a date, or '27."""
    c.accept(",")
    if c.peek(1).kind is Kind.NUMBER:
        c.accept("in", "of")
    if c.accept("'"):
        short = c.figures(2, 2, glued=True)
        return 2000 + short if short is not None else None
    found = c.figures(4, 4)
    if found is None or found not in YEARS:
        return None
    if c.peek().glued and c.peek().lemma in (":", "h"):
        return None
    return found


@rule
def iso_date(c: Cursor) -> date | None:
    """ "2026-12-01" or "2026/12/01"."""
    year = c.figures(4, 4)
    sign = c.sign("-", "/", ".") if year is not None else None
    if year is None or sign is None:
        return None
    month = c.figures(1, 2, glued=True)
    if month is None or not c.sign(sign):
        return None
    day = c.figures(1, 2, glued=True)
    return None if day is None else make_date(year, month, day)


@rule
def _numeric(c: Cursor, weekday: int | None, lead: bool) -> date | None:
    """ "25/12", "3/4/2027", "25.12.", "25.12.2026"."""
    begin = c.peek()
    one = c.figures(1, 2)
    sign = c.sign("/", ".", "-") if one is not None else None
    two = c.figures(1, 2, glued=True) if sign else None
    if one is None or two is None or sign is None:
        return None
    year = None
    if c.peek().glued and c.peek().lemma == sign:
        c.place += 1
        year = c.figures(4, 4, glued=True)
        short = c.figures(2, 2, glued=True) if year is None else None
        if short is not None:
            year = 2000 + short
        if year is None and sign != ".":
            return None
    dotted = sign == "." and c.before().lemma == "."
    if sign == "-" and year is None:
        return None
    if sign == "." and year is None and not dotted:
        timed = c.peek().lemma == "at" and not c.embedded
        announced = (lead or timed) and weekday is None and two <= 12
        if not announced and not (24 < one <= 31 and two <= 12):
            return None
    if c.embedded and year is None and not (lead and c.settled()):
        alone = c.at_end() or dotted
        if not alone or (one, two) == (24, 7):
            return None
    if c.peek().glued and c.peek().lemma in ("/", "%", ":"):
        return None
    if sign == "." or one > 12:
        day, month = one, two
    elif two > 12:
        day, month = two, one
    elif one == two:
        day, month = one, two
    elif c.day_first is None:
        if not (one >= 1 and two >= 1):
            return None
        raise SlashError(begin.start, c.before().end)
    else:
        day, month = (one, two) if c.day_first else (two, one)
    if (month > 12 or day > 31 or not day or not month) and (c.embedded or sign == "."):
        return None
    return fixed_date(c, year, month, day, weekday)


@rule
def _day_number(c: Cursor) -> int | None:
    """The day in a date that names its month: "3", "3rd", "third"."""
    found = ordinal(c)
    if found is None:
        found = c.figures(1, 2)
        if found is not None and c.peek().glued and c.peek().lemma in (":", "am", "pm", "h", "."):
            following = c.peek(1)
            if c.peek().lemma != "." or following.glued:
                return None
            c.place += 1
    return found


@rule
def _month_and_day(c: Cursor, weekday: int | None) -> Days | None:
    """ "3 Dec 2026", "the 3rd of December", "Dec 3", "3-5 December", "December 3 to 5"."""
    c.accept("the")
    month = month_name(c)
    last: int | None = None
    if month is not None:
        c.accept("the")
        day = _day_number(c)
        if day is None or _counts_something(c, day):
            return None
        last = _last_day(c)
        if last is not None and c.peek().lemma in ("am", "pm", ":", "a", "p", "h"):
            return None
    else:
        day = _day_number(c)
        if day is None:
            return None
        last = _last_day(c)
        c.accept("of", "in", "-")
        month = month_name(c)
        if month is None:
            return None
    if c.embedded and not 1 <= day <= 31:
        return None
    year = year_number(c)
    first = fixed_date(c, year, month, day, weekday)
    if last is None:
        return one_day(first)
    until = make_date(first.year, month, last)
    if until <= first:
        raise impossible(f"From {day} to {last} is not in order.")
    return Days(first, until + timedelta(days=1))


@rule
def _last_day(c: Cursor) -> int | None:
    if not c.accept("-", "to", "until"):
        return None
    last = _day_number(c)
    return last if last is not None and last <= 31 else None


def _counts_something(c: Cursor, day: int) -> bool:
    """Whether "may 3 …" goes on as a verb with a number of something."""
    verb = c.tokens[c.place - 2].lemma in ("may", "march", "mar")
    bare = c.before().kind is Kind.NUMBER
    return c.embedded and verb and bare and not c.settled() and c.peek().kind is Kind.WORD


@rule
def _ordinal_day(c: Cursor, weekday: int | None) -> Days | None:
    """ "the 30th", "friday 20th": of this month, or the next that has such a day."""
    article = c.accept("the")
    numeric = c.peek().kind is Kind.NUMBER
    day = ordinal(c)
    sure = article or weekday is not None or (numeric and not c.embedded)
    if day is None or not sure or not (c.settled() or _has_hours(c)):
        return None
    if not 1 <= day <= 31:
        raise impossible(f"No month has a day {day}.")
    step = 1 if c.future else -1
    first = c.today.replace(day=1)
    found: list[date] = []
    for shift in range(0, 14 * step, step):
        month = add_months(first, shift)
        if day <= monthrange(month.year, month.month)[1]:
            candidate = month.replace(day=day)
            if candidate >= c.today if c.future else candidate <= c.today:
                found.append(candidate)
    fitting = [d for d in found[:2] if weekday is None or d.weekday() == weekday]
    if not fitting and weekday is not None:
        raise _contradiction(found[0], weekday)
    return one_day(fitting[0])


def _has_hours(c: Cursor) -> bool:
    """Whether a clock time stands behind the day: "the 27th 7pm"."""
    place = c.place
    opening(c)
    found = clock_range(c) or clock_time(c)
    c.place = place
    return found is not None


@rule
def following_weekday(c: Cursor) -> int | None:
    """A weekday said behind a date: ", friday", "(friday)"."""
    c.accept(",", "(")
    weekday = weekday_name(c)
    c.accept(")")
    return weekday


@rule
def month_reference(c: Cursor) -> date | None:
    """The first of a month: "next month", "the month", "december", "March 2027"."""
    this = c.today.replace(day=1)
    c.accept("the")
    for words, shift in (("next month", 1), ("last month", -1), ("this month", 0), ("month", 0)):
        if c.phrase(words):
            return add_months(this, shift)
    step = c.accept("next", "this", "last")
    month = month_name(c)
    if month is None:
        return None
    year = year_number(c)
    found = month_start(c, month, year)
    return add_months(found, 12) if step == "next" and found <= c.today else found


def month_start(c: Cursor, month: int, year: int | None) -> date:
    """The first day of a month; without a year the current or coming one (or past one)."""
    if year is not None:
        return make_date(year, month, 1)
    found = make_date(c.today.year, month, 1)
    this = c.today.replace(day=1)
    if c.future and found < this:
        return add_months(found, 12)
    if not c.future and found > this:
        return add_months(found, -12)
    return found


@rule
def _day_of_month(c: Cursor) -> Days | None:
    """ "the 5th of next month"."""
    c.accept("the")
    day = ordinal(c)
    if day is None or not c.accept("of"):
        return None
    month = month_reference(c)
    return one_day(make_date(month.year, month.month, day)) if month else None


@rule
def written_date(c: Cursor, weekday: int | None, *, lead: bool) -> Days | None:
    """A date in figures or with its month, checked against a weekday said with it."""
    iso = iso_date(c)
    if iso is not None:
        if weekday is not None and iso.weekday() != weekday:
            raise _contradiction(iso, weekday)
        return one_day(iso)
    numeric = _numeric(c, weekday, lead)
    if numeric is not None:
        return one_day(numeric)
    named = _day_of_month(c) or _month_and_day(c, weekday)
    if named is None:
        return _ordinal_day(c, weekday)
    if weekday is None:
        found = following_weekday(c)
        if found is not None and found != named.first.weekday():
            raise _contradiction(named.first, found)
    return named


def moved(days: Days, by: int) -> Days:
    """The same number of days, `by` days later."""
    shift = timedelta(days=by)
    return replace(days, first=days.first + shift, until=days.until + shift)
