"""Times bounded by others or by now: "since monday", "by friday", "last 3 days", "from … to …"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.tools.when.clock_times import ClockTime, DayPart, clock_time, day_part, fit
from app.tools.when.cursor import Cursor, rule
from app.tools.when.dates import Days, moved, one_day
from app.tools.when.durations import amount, unit
from app.tools.when.model import WhenKind, day_start, impossible, later
from app.tools.when.moments import Reading, minute, moment, moved_by, today_part
from app.tools.when.periods import days, shifted
from app.tools.when.vocabulary import Amount

# How far ahead an open search looks ("after friday", "first free slot").
OPEN_DAYS = 7
# Where "before …" begins when it looks back.
_LONG_AGO = datetime(1970, 1, 2)


@rule
def running(c: Cursor) -> Reading | None:
    """A length that ends or begins now: "last 3 days", "in the next hour", "past week"."""
    within = c.accept("in", "over", "during", "within", "for", "from")
    article = c.accept("the")
    which = c.accept("next", "last", "past", "coming", "following")
    if which is None and within != "within":
        return None
    place = c.place
    length = amount(c)
    if length is None:
        c.place = place
        length = unit(c)
        running_words = within in ("in", "over", "within", "during") and article
        if length is None or not (which == "past" or running_words or length.seconds):
            return None
    if which in ("last", "past"):
        if length.seconds:
            return _span(minute(moved_by(c, c.now, length, -1)), c.now)
        return _span(day_start(shifted(c.today, length, -1), c.zone), c.now)
    if length.seconds:
        return _span(c.now, moved_by(c, c.now, length))
    last = shifted(c.today, length)
    return _span(c.now, day_start(last + timedelta(days=1), c.zone))


def _span(start: datetime, end: datetime) -> Reading:
    return Reading(WhenKind.SPAN, start, end)


@rule
def rest(c: Cursor) -> Reading | None:
    """ "rest of today", "later this week", "earlier today"."""
    c.accept("the")
    side = c.accept("rest", "remainder", "later", "earlier")
    if side is None:
        return None
    if side in ("rest", "remainder") and not c.accept("of"):
        return None
    part_place = c.place
    c.accept("the", "this")
    part = day_part(c)
    if part is not None:
        start = c.moment(c.today, part.start)
        end = c.moment(c.today, part.end)
    else:
        c.place = part_place
        found = _current(c)
        if found is None:
            return None
        start, end = day_start(found.first, c.zone), day_start(found.until, c.zone)
    if side == "earlier":
        return _span(start, c.now) if start < c.now else None
    if side == "later" and part is None and (end - start) > timedelta(days=2):
        return _span(day_start(c.today + timedelta(days=1), c.zone), end)
    if end <= c.now:
        raise impossible("That is already over.", "Say a time that is still ahead.")
    return _span(max(start, c.now), end)


@rule
def _current(c: Cursor) -> Days | None:
    if c.phrase("today", "the day"):
        return one_day(c.today)
    if c.peek().lemma == "the" and c.peek(1).lemma in ("week", "month", "year"):
        c.place += 1
        week = c.today - timedelta(days=c.today.weekday())
        word = c.accept("week", "month", "year")
        if word == "week":
            return Days(week, week + timedelta(days=7))
        first = c.today.replace(day=1) if word == "month" else c.today.replace(month=1, day=1)
        return Days(first, shifted(first, Amount(months=1 if word == "month" else 12)))
    return days(c)


@rule
def since(c: Cursor) -> Reading | None:
    """ "since monday": from then to now."""
    if not c.accept("since"):
        return None
    forward, c.future = c.future, False
    try:
        found = moment(c, bare=True)
    finally:
        c.future = forward
    if found is None:
        return None
    if found.start >= c.now:
        raise impossible("That lies in the future, so nothing has happened since then.")
    return _span(found.start, c.now)


@rule
def until(c: Cursor) -> Reading | None:
    """ "until friday", "by 5pm": from now to the end of that day, or to that time."""
    word = c.accept("until", "by", "before")
    if word is None:
        return None
    found = moment(c, bare=True)
    if found is None:
        return None
    end = found.start
    if word == "by" or (word == "until" and not found.part):
        end = found.start if found.kind is WhenKind.INSTANT else (found.end or found.start)
    start = c.now
    if word == "before" and found.kind is WhenKind.INSTANT and found.start.date() != c.today:
        start = day_start(found.start.date(), c.zone)
    if end <= c.now or end <= start:
        if word != "before" or c.future:
            raise impossible("That is already past.", "Say a time that is still ahead.")
        start = _LONG_AGO.replace(tzinfo=c.zone)
    return replace(_span(start, end), dated=found.dated)


@rule
def after(c: Cursor) -> Reading | None:
    """ "after 3pm tomorrow" (to that day's end), "after friday" (the days behind, or to now)."""
    if not c.accept("after"):
        return None
    found = moment(c, bare=True)
    if found is None:
        return None
    if found.kind is WhenKind.INSTANT or found.part:
        start = found.start if found.end is None else found.end
        day = found.start.date()
        end = day_start(day + timedelta(days=1), c.zone)
        over = start.timestamp() >= end.timestamp()
        return None if over else replace(_span(start, end), dated=found.dated)
    start = found.end or found.start
    if start < c.now:
        return _span(start, c.now)
    return _span(start, day_start(start.date() + timedelta(days=OPEN_DAYS), c.zone))


@rule
def part_of_day(c: Cursor) -> Reading | None:
    """A day with one bound: "tomorrow after 3", "friday before noon"."""
    day = days(c)
    if day is None or (day.until - day.first).days != 1:
        return None
    word = c.accept("after", "before", "until", "by")
    bound = clock_time(c, bare=True) if word else None
    part = (_hours_of(c) or day_part(c)) if word and bound is None else None
    if bound is not None:
        seconds = bound.seconds
    elif part is not None:
        seconds = part.end if word == "after" else part.start
    else:
        return None
    edge = c.moment(day.first, seconds)
    start, end = day_start(day.first, c.zone), day_start(day.until, c.zone)
    if word == "after":
        start = edge
    else:
        start, end = (max(start, c.now) if c.future else start), edge
    if start.timestamp() >= end.timestamp():
        raise impossible("That is already past.", "Say a time that is still ahead.")
    return _span(start, end)


@rule
def inside_part(c: Cursor) -> Reading | None:
    """A part of a day with one bound: "tonight after 8", "tomorrow evening before 9"."""
    day = days(c)
    both = today_part(c) if day is None else None
    part = both[1] if both is not None else day_part(c)
    day = both[0] if both is not None else day
    if day is None or part is None or (day.until - day.first).days != 1:
        return None
    word = c.accept("after", "before", "until", "by")
    bound = clock_time(c, bare=True) if word else None
    fitted = fit(bound, part) if bound is not None else None
    if not isinstance(fitted, ClockTime):
        return None
    first, last = (fitted.seconds, part.end) if word == "after" else (part.start, fitted.seconds)
    return _span(c.moment(day.first, first), c.moment(day.first, last)) if first < last else None


@rule
def _hours_of(c: Cursor) -> DayPart | None:
    """What bounds a time and is none by itself: "after lunch", "before work"."""
    hours = {"lunch": (12, 14), "work": (8, 18), "school": (8, 15)}
    word = c.accept(*hours)
    if word is None or not c.settled():
        return None
    first, last = hours[word]
    return DayPart(word, first * 3600, last * 3600)


@rule
def beside_part(c: Cursor) -> Reading | None:
    """ "after lunch tomorrow", "before work": of the day named behind it, else of today."""
    word = c.accept("after", "before")
    part = _hours_of(c) if word else None
    if part is None:
        return None
    day = days(c)
    if day is None or (day.until - day.first).days != 1:
        day = one_day(c.today)
    start, end = day_start(day.first, c.zone), day_start(day.until, c.zone)
    if word == "after":
        return _span(c.moment(day.first, part.end), end)
    edge = c.moment(day.first, part.start)
    return _span(max(start, c.now) if start < c.now < edge else start, edge)


@rule
def joined(c: Cursor) -> Reading | None:
    """ "today and tomorrow", "saturday or sunday": two days, one after the other.

    Only as the whole of a text: among other words "and" may part two things.
    """
    first = None if c.embedded else days(c)
    if first is None or (first.until - first.first).days != 1 or not c.accept("and", "&", "or"):
        return None
    second = one_day(first.until) if c.phrase("the day after") else days(c)
    if second is not None and not second.exact and second.first < first.first:
        second = moved(second, second.roll)
    if second is None or second.first != first.until:
        return None
    return _span(day_start(first.first, c.zone), day_start(second.until, c.zone))


@rule
def bounded(c: Cursor) -> Reading | None:
    """ "from monday to wednesday", "friday 3pm to monday 9am", "between the 3rd and the 5th"."""
    lead = c.accept("from", "between")
    one = moment(c, bare=lead is not None)
    if one is None:
        return None
    if c.accept(*(("and", "-") if lead == "between" else ("to", "until", "-"))) is None:
        return None
    place = c.place
    two = moment(c, bare=True)
    if two is None:
        return None
    ahead = (c.now, c.today, c.future)
    if (two.end or two.start) <= one.start:
        # "monday to wednesday" said on a Tuesday: the second is counted from the first.
        c.place = place
        c.now, c.today, c.future = one.start, one.start.date(), True
        try:
            two = moment(c, bare=True) or two
        finally:
            c.now, c.today, c.future = ahead
    end = two.end or two.start
    if end.timestamp() <= one.start.timestamp():
        raise impossible("That ends before it begins.", "Say the earlier time first.")
    if one.kind is WhenKind.DAY and one.end == end:
        return one
    both = one.kind is two.kind is WhenKind.INSTANT
    real = timedelta(seconds=end.timestamp() - one.start.timestamp())
    length = real if both and lead != "between" else None
    return replace(_span(one.start, end), duration=length, dated=one.dated or two.dated)


@rule
def slot(c: Cursor) -> Reading | None:
    """A free slot and where to look: "first free slot tomorrow", "any free time next week"."""
    if c.phrase("as soon as possible", "asap"):
        return replace(_ahead(c), choose="first")
    c.accept("in", "at", "to")
    c.accept("the", "a", "an", "my", "any", "some")
    which = c.accept("first", "next", "earliest", "any", "some")
    free = c.accept("free", "available", "open", "possible")
    noun = c.accept("slot", "slots", "time", "gap", "opening", "window", "spot")
    if noun is None or not (free or (which and noun in ("slot", "gap", "opening"))):
        return None
    place = c.place
    if c.peek(1).lemma in ("the", "this", "next"):
        c.accept("in", "for")
    found = until(c) or after(c) or bounded(c) or running(c) or rest(c) or moment(c)
    if found is None:
        c.place = place
        found = _ahead(c)
    return replace(found, choose="first")


def _ahead(c: Cursor) -> Reading:
    end = day_start(c.today + timedelta(days=OPEN_DAYS + 1), c.zone)
    return _span(later(c.now, timedelta()), end)
