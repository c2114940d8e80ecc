"""Lengths of time: "an hour and a half", "1h30".

The rule `amount` serves the grammar, `parse_duration` the tools.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import KnownError
from app.core.ports import Clock
from app.tools.when.cursor import Cursor, integer, rule
from app.tools.when.model import DAY_SECONDS
from app.tools.when.tokens import Kind, tokenize
from app.tools.when.vocabulary import HOUR, MINUTE, SHORT_UNITS, UNITS, Amount

_LONGEST = timedelta(days=366 * 10)


def _share(unit: Amount, share: int) -> Amount | None:
    """`share` hundredths of a unit, if that comes out even: half a year does, half a month not."""
    if unit.months:
        months, rest = divmod(unit.months * share, 100)
        return None if rest else Amount(months=months)
    days, rest = divmod(unit.days * share, 100)
    if not rest and not unit.seconds:
        return Amount(days=days)
    seconds, rest = divmod((unit.days * DAY_SECONDS + unit.seconds) * share, 100)
    return None if rest else Amount(seconds=seconds)


@rule
def unit(c: Cursor) -> Amount | None:
    """A unit of time; one letter only directly behind a figure."""
    token = c.peek()
    if token.lemma in SHORT_UNITS and c.before().kind is not Kind.NUMBER:
        return None
    found = c.lookup(UNITS)
    if found is not None and c.peek().lemma == "." and len(token.text) < 5:
        following = c.peek(1)
        if c.peek().glued and not (following.glued and following.kind is not Kind.SIGN):
            c.place += 1  # the point of an abbreviation
    return found


@rule
def _fraction(c: Cursor) -> Amount | None:
    """ "half an hour", "a half hour", "quarter of an hour", "three quarters of an hour"."""
    count = 3 if c.phrase("three quarters", "3 quarters") else 0
    if not count:
        c.accept("a")
        if c.accept("half"):
            count = 2
        elif c.accept("quarter"):
            count = 1
        else:
            return None
    c.accept("of")
    c.accept("a", "an", "-")
    base = unit(c)
    return _share(base, count * 25) if base else None


@rule
def _and_a_half(c: Cursor) -> int | None:
    """What is left over behind a count, in hundredths."""
    if c.phrase("and a half", "and half"):
        return 50
    if c.phrase("and a quarter"):
        return 25
    if c.phrase("and three quarters"):
        return 75
    return None


@rule
def _count(c: Cursor) -> int | None:
    """How many, in hundredths: "a", "a couple of", "few", "1.5", "two and a half", "7"."""
    article = c.accept("a", "an", "one")
    if c.accept("couple"):
        c.accept("of")
        return 200
    if c.accept("few"):
        return 300
    if article:
        return 100 + (_and_a_half(c) or 0)
    whole = integer(c)
    if whole is None:
        return None
    if c.peek().lemma in (".", ",") and c.peek().glued and c.peek(1).kind is Kind.NUMBER:
        c.place += 1
        digits = c.peek().text
        decimals = c.figures(1, 2, glued=True)
        if decimals is None:
            return None
        return whole * 100 + decimals * (10 if len(digits) == 1 else 1)
    return whole * 100 + (_and_a_half(c) or 0)


@rule
def _counted(c: Cursor) -> Amount | None:
    """A count and its unit: "45 minutes", "an hour and a half", "1h30", "1:30 hours"."""
    clock = _clock_length(c)
    if clock is not None:
        return clock
    count = _count(c)
    if count is None:
        return None
    c.accept("-")
    base = unit(c)
    if base is None:
        return None
    if base == HOUR:
        place = c.place
        minutes = c.figures(2, 2) if c.peek().glued else integer(c)
        if minutes is not None and 0 < minutes < 60 and (unit(c) == MINUTE or c.settled()):
            share = _share(base, count)
            return share.plus(MINUTE.times(minutes)) if share else None
        c.place = place
    return _share(base, count + (_and_a_half(c) or 0))


@rule
def _clock_length(c: Cursor) -> Amount | None:
    hours = c.figures(1, 2)
    if hours is None or not c.sign(":"):
        return None
    minutes = c.figures(2, 2, glued=True)
    if minutes is None or minutes > 59 or unit(c) != HOUR:
        return None
    return Amount(seconds=hours * 3600 + minutes * 60)


@rule
def _iso(c: Cursor) -> Amount | None:
    """ "PT45M", "PT1H30M", "P1D"."""
    if not c.accept("pt", "p"):
        return None
    total = Amount()
    while (count := c.figures(1, 4, glued=True)) is not None:
        base = c.lookup(UNITS)
        if base is None:
            return None
        total = total.plus(base.times(count))
        c.accept("t")
    return total if total != Amount() else None


@rule
def amount(c: Cursor) -> Amount | None:
    """A length of time, of one part or several ("2 hours and 15 minutes"); never zero."""
    total = _fraction(c) or _counted(c)
    if total is None:
        return None
    while True:
        place = c.place
        c.accept(",")
        c.accept("and")
        more = _fraction(c) or _counted(c)
        if more is None or _size(more) >= _size(total):
            c.place = place
            break
        total = total.plus(more)
    return total if total != Amount() else None


def _size(one: Amount) -> int:
    return one.months * 31 * DAY_SECONDS + one.days * DAY_SECONDS + one.seconds


def to_timedelta(found: Amount) -> timedelta | None:
    """An amount as real time, a day as 24 hours; None for months, which have no one length."""
    if found.months:
        return None
    return timedelta(days=found.days, seconds=found.seconds)


def _length_error(text: str) -> KnownError:
    shown = " ".join(text.split())[:80]
    return KnownError(
        "when_unclear",
        f"I cannot read “{shown}” as a length of time.",
        "Say it like “45 minutes”, “an hour and a half” or “2 hours”.",
    )


def _cursor(text: str) -> Cursor:
    """A cursor with any clock: lengths do not depend on it."""
    utc = ZoneInfo("UTC")
    return Cursor(tokenize(text[:200]), Clock(datetime(2000, 1, 1, tzinfo=utc), utc))


def parse_duration(text: str) -> timedelta:
    """How long `text` says; always more than nothing.

    Raises KnownError("when_unclear") for anything else, months and years included.
    """
    c = _cursor(text)
    c.skip("for", "about", "around", "lasting", "length")
    found = _iso(c) or amount(c) or unit(c)  # "hour" by itself is one
    c.accept("long")
    c.skip(".", "!", ",", "please", "thanks", "of")
    length = to_timedelta(found) if found else None
    if length is None or not c.at_end() or length > _LONGEST:
        raise _length_error(text)
    return length
