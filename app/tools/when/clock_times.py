"""Clock times, ranges of them, and parts of the day: "half past three", "2-3pm", "early evening".

Everything is seconds after local midnight; which day is decided elsewhere. A bare hour from 1 to
6 is taken as afternoon, 7 to 11 as morning, 12 as noon, unless a part of the day says otherwise.
Five and six o'clock with odd minutes are copied from a timetable ("6:32"): the morning's.
Midnight is the end of the day it is said with.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.tools.when.cursor import Cursor, number_word, rule
from app.tools.when.model import DAY_SECONDS, impossible
from app.tools.when.tokens import Kind
from app.tools.when.vocabulary import (
    EARLY_PARTS,
    LATE_PARTS,
    MONTHS,
    PART_REACH,
    PARTS,
    WEEKDAYS,
)

HALF_DAY = DAY_SECONDS // 2


@dataclass(frozen=True)
class ClockTime:
    """Seconds after midnight. `loose`: am or pm was guessed, so 12 hours more or less may fit."""

    seconds: int
    loose: bool = False


@dataclass(frozen=True)
class ClockRange:
    """From one clock time to another; `window`: the words name bounds, not a length."""

    start: ClockTime
    end: ClockTime
    window: bool = False


@dataclass(frozen=True)
class DayPart:
    """A named part of the day: seconds after midnight, `end` exclusive."""

    name: str
    start: int
    end: int


def _guess(hour: int, minute: int) -> ClockTime:
    """A clock time with an hour from 1 to 12 and no word on am or pm."""
    early = hour in (5, 6) and minute % 5
    return ClockTime((hour + 12 if hour < 7 and not early else hour) * 3600 + minute * 60, True)


def _exact(hour: int, minute: int, second: int = 0) -> ClockTime:
    return ClockTime(hour * 3600 + minute * 60 + second)


@rule
def _meridiem(c: Cursor) -> str | None:
    """ "am", "p.m.", "p m"; "a" or "p" glued to its number."""
    word = c.peek().lemma
    if c.accept("am", "pm"):
        return word
    if word in ("a", "p"):
        glued = c.peek().glued
        dotted = c.peek(1).lemma == "."
        if c.peek(2 if dotted else 1).lemma == "m":
            c.place += 3 if dotted else 2
            if dotted and c.peek().lemma == "." and c.peek().glued:
                c.place += 1
            return word + "m"
        if glued and not c.peek(1).glued:
            c.place += 1
            return word + "m"
    return None


def _with_meridiem(hour: int, minute: int, second: int, half: str) -> ClockTime | None:
    if hour > 12 or (hour == 0 and half == "pm"):
        return _exact(hour, minute, second) if half == "pm" and hour < 24 and hour else None
    return _exact(hour % 12 + (12 if half == "pm" else 0), minute, second)


@rule
def _figures(c: Cursor, lead: str | None) -> ClockTime | None:
    """ "15:30", "3:30pm", "10.15", "14:00:30"."""
    token = c.peek()
    hour = c.figures(1, 2)
    if hour is None:
        return None
    sign = c.sign(":", ".")
    minute = c.figures(2, 2, glued=True) if sign else None
    if minute is None:
        return None
    second = 0
    if sign == ":" and c.peek().lemma == ":" and c.peek(1).kind is Kind.NUMBER:
        c.place += 1
        second = c.figures(2, 2, glued=True) or 0
    if c.peek().glued and c.peek().lemma in (":", "/", "%"):
        return None
    half = _meridiem(c)
    if c.embedded and sign == "." and not (half or lead):
        return None
    if hour > 24 or minute > 59 or second > 59 or (hour == 24 and (minute or second)):
        if sign == ":" and (lead or not c.embedded):
            raise impossible(
                f"There is no time {hour}:{minute:02}.", "Say a time from 0:00 to 24:00."
            )
        return None
    if half:
        return _with_meridiem(hour, minute, second, half)
    c.accept("o'clock", "h", "hrs", "hours")
    if (1 <= hour <= 12 and len(token.text) == 1) or hour in (10, 11, 12):
        guess = _guess(hour, minute)
        return ClockTime(guess.seconds + second, loose=True)
    return _exact(hour, minute, second)


@rule
def _hour(c: Cursor) -> int | None:
    """An hour from 0 to 24, in figures or words."""
    found = c.figures(1, 2)
    if found is None:
        found = number_word(c)
    return found if found is not None and found <= 24 else None


@rule
def _past_or_to(c: Cursor) -> ClockTime | None:
    """ "half past three", "quarter to nine", "ten past four", "half three"."""
    if c.peek(1).lemma == "quarter":
        c.accept("a")
    counted = False
    if c.accept("half"):
        minutes, before = 30, False
        c.accept("past", "after")
    else:
        if c.accept("quarter"):
            found: int | None = 15
        else:
            found = c.figures(1, 2)
            counted = found is not None
            found = number_word(c) if found is None else found
            if c.accept("minutes", "minute", "mins", "min"):
                counted = False
        side = c.accept("past", "to", "until", "after", "before")
        if found is None or not 1 <= found <= 30 or side is None:
            return None
        minutes, before = found, side in ("to", "until", "before")
        if counted and (minutes not in (5, 10, 20, 25) or side == "until"):
            return None  # "9 to 10" is a range, and "at 10 until 3 December" two times
    hour = 12 if c.accept("noon") else 24 if c.accept("midnight") else _hour(c)
    if hour is None:
        return None
    c.accept("o'clock")
    half = _meridiem(c)
    if not half and not c.settled():
        return None
    shift = -minutes if before else minutes
    if half:
        base = _with_meridiem(hour, 0, 0, half)
        return ClockTime((base.seconds + shift * 60) % DAY_SECONDS) if base else None
    if not 1 <= hour <= 12:
        return ClockTime((hour * 3600 + shift * 60) % DAY_SECONDS)
    total = (hour * 60 + shift) % (12 * 60)
    return _guess(total // 60 or 12, total % 60)


@rule
def _spoken(c: Cursor, bare: bool) -> ClockTime | None:
    """A lone hour and what may follow: "3pm", "3 o'clock", "15h", "three thirty", "3ish", "3"."""
    token = c.peek()
    digits = token.kind is Kind.NUMBER
    if digits and bare and len(token.text) == 4:
        whole = c.figures(4, 4) or 0
        c.accept("h", "hrs", "hours")
        fits = whole // 100 < 24 and whole % 100 < 60 and c.settled()
        return _exact(whole // 100, whole % 100) if fits else None
    hour = _hour(c)
    if hour is None:
        return None
    if c.peek().lemma == "h" and c.peek().glued:
        c.place += 1
        past = c.figures(2, 2, glued=True) or 0
        return _exact(hour, past) if (bare or hour > 12) and hour < 24 and past < 60 else None
    if hour == 12 and c.accept("noon"):
        return _exact(12, 0)
    if hour == 12 and c.accept("midnight"):
        return _exact(24, 0)
    if half := _meridiem(c):
        _ish(c)
        return _with_meridiem(hour, 0, 0, half)
    if c.accept("o'clock"):
        half = _meridiem(c)
        return _with_meridiem(hour, 0, 0, half) if half else _lone(hour)
    if _ish(c):
        return _lone(hour)
    place = c.place
    minute = _minutes(c, digits)
    if minute is not None:
        if half := _meridiem(c):
            return _with_meridiem(hour, minute, 0, half)
        if bare and c.settled():
            return _guess(hour, minute) if 1 <= hour <= 12 else _exact(hour % 24, minute)
    c.place = place
    zero_led = digits and token.text.startswith("0")
    if not bare or not c.settled() or c.peek().lemma in MONTHS:
        return None
    return _exact(hour, 0) if zero_led else _lone(hour)


def _ish(c: Cursor) -> bool:
    """Step over the "ish" of "3ish" and "3pm-ish"."""
    return bool(c.accept("ish") or c.phrase("- ish"))


@rule
def _minutes(c: Cursor, digits: bool) -> int | None:
    """The minutes behind a spoken hour: "thirty", "oh five", "30"."""
    if digits:
        if c.peek().glued:
            return None
        found = c.figures(2, 2)
    elif c.accept("oh", "o"):
        found = number_word(c)
    else:
        found = number_word(c)
        if found is not None and found < 10:
            return None
    return found if found is not None and found < 60 else None


def _lone(hour: int) -> ClockTime:
    return _guess(hour, 0) if 1 <= hour <= 12 else _exact(hour, 0)


@rule
def clock_time(c: Cursor, *, bare: bool = False) -> ClockTime | None:
    """A clock time; `bare`: a lone number is an hour even without "at" before it."""
    if c.accept("@"):
        bare = True
    lead = c.accept("at")
    lead = c.accept("around", "about", "exactly", "ca") or lead
    lead = c.accept("~") or lead
    if c.phrase("first thing in the morning", "first thing"):
        return _exact(8, 0)
    if _last_thing(c):
        return _exact(22 if c.peek().lemma == "tonight" else 17, 0)
    if c.phrase("end of the day", "end of day", "eod", "close of business", "cob"):
        return _exact(18, 0)
    if c.accept("noon"):
        c.accept("ish")
        return _exact(12, 0)
    if c.accept("midnight"):
        return _exact(24, 0)
    known = lead or ("bare" if bare else None)
    found = _figures(c, known) or _past_or_to(c) or _spoken(c, known is not None)
    if found is not None:
        c.accept("sharp", "exactly")
    return found


@rule
def _last_thing(c: Cursor) -> bool | None:
    """ "last thing friday", "on friday last thing": without a day beside, it is no time."""
    before = c.before().lemma
    c.accept("the")
    if not c.phrase("last thing"):
        return None
    c.accept("on")
    day = (*WEEKDAYS, "today", "tomorrow", "tonight")
    return True if before in day or c.peek().lemma in day or not c.embedded else None


@rule
def clock_range(c: Cursor, *, bare: bool = False) -> ClockRange | None:
    """ "2-3pm", "from 2 to 3:30 pm", "between 2 and 4"; never empty, past midnight if need be."""
    lead = c.accept("from", "between", "at")
    place = c.place
    if lead in (None, "at") and _past_or_to(c) is not None and c.tokens[place].kind is Kind.WORD:
        return None
    c.place = place
    start = _bound(c, lead)
    if start is None:
        return None
    signs = ("and", "-") if lead == "between" else ("to", "-", "until")
    if c.accept(*signs) is None:
        return None
    clear = not start.loose or c.tokens[c.place - 2].kind is Kind.WORD
    end_place = c.place
    end = clock_time(c, bare=True)
    if end is None:
        return None
    clear = clear or not end.loose or c.place - end_place > 1
    if c.embedded and not (lead or bare or clear):
        return None
    return _ordered(start, end, window=lead == "between")


@rule
def _bound(c: Cursor, lead: str | None) -> ClockTime | None:
    """The first clock time of a range; "10 to 4" is no clock time here, unless "at" leads it."""
    figures = c.peek().kind is Kind.NUMBER and lead != "at"
    found = (_figures(c, "from") or _spoken(c, True)) if figures else clock_time(c, bare=True)
    if found is not None and c.peek().lemma in ("-", "to", "until", "and"):
        return found
    return None


def _ordered(start: ClockTime, end: ClockTime, *, window: bool) -> ClockRange | None:
    first = ClockTime(start.seconds % DAY_SECONDS, start.loose)
    last = end
    if first.loose and not last.loose:
        # "2-3pm": the end's half of the day, or the other one where that comes too late (11-1pm).
        same = first.seconds % HALF_DAY + (HALF_DAY if last.seconds > HALF_DAY else 0)
        nearest = [s for s in (same, same - HALF_DAY) if 0 <= s < last.seconds]
        if nearest:
            first = ClockTime(nearest[0])
    elif first.loose and first.seconds < last.seconds - HALF_DAY:
        last = ClockTime(last.seconds - HALF_DAY, loose=True)  # "6:07-6:55" is no half day
    elif last.loose and last.seconds <= first.seconds:
        last = ClockTime(last.seconds + HALF_DAY, loose=first.loose)
    if last.loose and not first.loose:
        last = ClockTime(last.seconds)
    if last.seconds <= first.seconds:
        last = ClockTime(last.seconds + DAY_SECONDS)
    if last.seconds <= first.seconds:
        return None
    return ClockRange(first, last, window)


@rule
def day_part(c: Cursor) -> DayPart | None:
    """ "morning", "in the early afternoon", "at lunchtime", "late evening"."""
    if c.accept("in", "during", "at", "over", "around", "about"):
        c.accept("the")
    side = c.accept("early", "late", "mid")
    c.accept("-")
    name = "lunchtime" if c.phrase("lunch time", "lunchtime") else c.accept(*PARTS)
    if name is None:
        return None
    table = EARLY_PARTS if side == "early" else LATE_PARTS if side == "late" else PARTS
    first, last = table.get(name, PARTS[name])
    return DayPart(name, first * 3600, last * 3600)


@rule
def half_day(c: Cursor) -> DayPart | None:
    """ "am" or "pm" behind a day: "thursday pm". Not the verb of "tomorrow am I free"."""
    half = c.accept("am", "pm")
    if half is None or c.peek().lemma in ("i", ".") or not c.settled():
        return None
    name = "morning" if half == "am" else "afternoon"
    first, last = PARTS[name]
    return DayPart(name, first * 3600, last * 3600)


@rule
def opening(c: Cursor) -> str | None:
    """A word for what begins then, before its clock time: "friday 27th doors 7pm"."""
    word = c.accept("doors", "starts", "start", "begins", "kickoff")
    if word is None:
        return None
    c.accept("open", "opening")
    place = c.place
    found = clock_range(c) or clock_time(c)
    c.place = place
    return word if found is not None else None


def fit(found: ClockTime, part: DayPart) -> ClockTime | None:
    """The clock time as the part of the day has it ("at 8" tonight is 20:00); None if it cannot."""
    low, high = (hour * 3600 for hour in PART_REACH[part.name])
    if not found.loose:
        return found if low <= found.seconds <= high else None
    base = found.seconds % HALF_DAY
    for candidate in (base, base + HALF_DAY, base + DAY_SECONDS):
        if low <= candidate < high:
            return ClockTime(candidate)
    return None


def fit_range(found: ClockRange, part: DayPart) -> ClockRange | None:
    """Both ends of a range as the part of the day has them."""
    start = fit(found.start, part)
    if start is None:
        return None
    return _ordered(start, found.end, window=found.window)
