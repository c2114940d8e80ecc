"""The top of the grammar: a whole expression, and what it becomes for the user.

`expression` tries every kind of expression where it stands and keeps the one that reads furthest.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock
from app.tools.when.clock_times import ClockRange, ClockTime, DayPart, fit, fit_range
from app.tools.when.cursor import Cursor
from app.tools.when.dates import SlashError
from app.tools.when.model import When, WhenKind, day_start, impossible, unclear
from app.tools.when.moments import Reading, moment, moved_by
from app.tools.when.recurrence import Repeating, lasting_until, repeating
from app.tools.when.rules import at_clock, first_occurrence, say_rule, until_value
from app.tools.when.spans import (
    after,
    beside_part,
    bounded,
    inside_part,
    joined,
    part_of_day,
    rest,
    running,
    since,
    slot,
    until,
)
from app.tools.when.tokens import Token, tokenize
from app.tools.when.vocabulary import words_of
from app.tools.when.wording import describe, say_day, say_length, say_time

LONGEST_TEXT = 500
_MOST_TIMES = 4
"""So many times may stand beside each other to be asked about."""

_LEADS = frozenset(
    words_of(
        "on at for in from the around about is it its to anytime sometime my whole entire of any "
        "one day over during"
    )
)
_POLITE = (
    *("please", "thanks", "thank you", "pls", "if possible", "ok", "okay", "then", "or so"),
    *("too", "as well", "also", "instead"),
)
_MONTH_FIRST = frozenset({"en_us", "en_ph", "en_fm", "en_pw", "en_mh", "en_gu", "en_as"})


_KINDS = (
    *(moment, joined, bounded, repeating, since, until, after, beside_part, part_of_day),
    *(inside_part, running, rest, slot),
)


def expression(c: Cursor) -> Reading | None:
    """The longest expression that begins where the cursor stands."""
    begin = c.place
    best: Reading | Repeating | None = None
    best_place = begin
    for one in _KINDS:
        if one is bounded and not _may_be_bounded(c, begin, best_place):
            continue
        c.place = begin
        found = one(c)
        if found is not None and c.place > best_place:
            best, best_place = found, c.place
    c.place = best_place
    return _repeated(c, best) if isinstance(best, Repeating) else best


def _may_be_bounded(c: Cursor, begin: int, end: int) -> bool:
    """Whether a first and a last time may be named: cheap to see, and seldom so."""
    c.place = begin
    if c.peek().lemma in ("from", "between"):
        return True
    c.place = end
    return c.peek().lemma in ("to", "until", "-")


def _hours(said: Repeating) -> ClockTime | ClockRange | DayPart | None:
    clock, part = said.clock, said.part
    if clock is None or part is None:
        return clock or part
    fitted = fit(clock, part) if isinstance(clock, ClockTime) else fit_range(clock, part)
    if fitted is None:
        raise impossible("That names two different times of day.", "Say one of them.")
    return fitted


def _repeated(c: Cursor, said: Repeating) -> Reading:
    """The first occurrence of a rule and its RRULE."""
    hours = _hours(said)
    if isinstance(hours, ClockTime):
        first_second, last_second = hours.seconds, None
    elif isinstance(hours, ClockRange):
        first_second, last_second = hours.start.seconds, hours.end.seconds
    elif hours is not None:
        first_second, last_second = hours.start, hours.end
    else:
        first_second, last_second = 0, None
    day = said.begin or c.today
    over = c.moment(day, first_second) < c.now
    if hours is not None and day <= c.today and over:
        day = c.today + timedelta(days=1)
    rule = said.rule
    naive = first_occurrence(rule, at_clock(day, 0))
    start = c.moment(naive.date(), first_second)
    reading = Reading(WhenKind.RECURRING, start)
    if hours is None:
        reading = replace(reading, end=day_start(naive.date() + timedelta(days=1), c.zone))
    elif last_second is not None:
        end = c.moment(naive.date(), last_second)
        stated = isinstance(hours, ClockRange) and not hours.window
        length = timedelta(seconds=end.timestamp() - start.timestamp())
        reading = replace(reading, end=end, duration=length if stated else None)
    if said.each is not None:
        end = moved_by(c, start, said.each)
        length = timedelta(seconds=end.timestamp() - start.timestamp())
        timed = hours is not None and last_second is None
        reading = replace(reading, duration=length, end=end if timed else reading.end)
    last = lasting_until(naive.date(), said)
    ends = ""
    if last is not None and not rule.count:
        if last <= naive.date():
            raise impossible("That ends before it begins.", "Say a later end.")
        ends = until_value(last, c.zone, all_day=hours is None)
    words = say_rule(rule) + (f" at {say_time(start)}" if hours is not None else "")
    if reading.end is not None and hours is not None:
        words = words.replace(" at ", " ") + f"–{say_time(reading.end)}"  # noqa: RUF001
    if ends and last is not None:
        words += f" until {say_day(last - timedelta(days=1))}"
    return replace(reading, rrule=rule.value(ends), rule_said=words)


def _finish(c: Cursor, found: Reading, text: str) -> When:
    """The reading as a When, with the words for the user."""
    if found.end is not None and found.end.timestamp() <= found.start.timestamp():
        raise impossible("There is no such stretch of time in this time zone.")
    if found.kind is WhenKind.RECURRING:
        said = f"{found.rule_said}, first on {say_day(found.start.date())}"
    else:
        said = describe(found.kind, found.start, found.end)
        if found.duration is not None and found.kind is not WhenKind.INSTANT:
            whole = found.end is not None and (
                found.end.timestamp() - found.start.timestamp() == found.duration.total_seconds()
            )
            said += "" if whole else f", for {say_length(found.duration)}"
    notes = [c.notes[m] for m in (found.start, found.end) if m is not None and m in c.notes]
    note = notes[0] if notes else ""
    if note:
        said += f" ({note})"
    if found.choose:
        said = f"the first free slot, {said}"
    return When(
        kind=found.kind,
        start=found.start,
        end=found.end,
        duration=found.duration,
        rrule=found.rrule,
        text=text,
        said=said,
        choose=found.choose,
        note=note,
        dated=found.dated,
    )


def _read(
    text: str, tokens: list[Token], clock: Clock, *, future: bool, day_first: bool | None
) -> When:
    problem: KnownError | None = None
    for begin in range(len(tokens)):
        c = Cursor(tokens, clock, future=future, day_first=day_first)
        c.place = begin
        try:
            found = expression(c)
            if found is not None:
                while not c.at_end():
                    if not (c.accept(*".,;!?)\"'") or c.phrase(*_POLITE)):
                        break
                if c.at_end():
                    return _finish(c, found, text)
        except KnownError as error:
            problem = problem or error
        except (OverflowError, ValueError):
            problem = problem or impossible("That date is too far away.")
        if tokens[begin].lemma not in _LEADS and tokens[begin].text not in "\"'(":
            break
    raise problem or unclear(text)


_COUNTED_ON = {
    "week": ("next week", "the week after next"),
    "weekend": ("next weekend", "the weekend after next"),
    "day": ("tomorrow", "the day after tomorrow"),
}
"""What "the week after" may be where nobody knows after which."""

_FOLLOWING = re.compile(
    rf"(?:(?:in|on|for) )?(?:the )?"
    rf"(?:(?P<unit>{'|'.join(_COUNTED_ON)}) after|following (?P<other>{'|'.join(_COUNTED_ON)}))",
    re.IGNORECASE,
)
_OR = re.compile(r"\s+or\s+", re.IGNORECASE)


def _one_of(text: str, clock: Clock, *, future: bool) -> AmbiguousError | None:
    """The question which of several times is meant, None where the words name no more than one.

    "The week after" counts from a week that was spoken of; "3pm or 4pm" says both itself.
    """
    plain = " ".join(text.split()).strip(" .,;!?")
    following = _FOLLOWING.fullmatch(plain)
    if following is not None:
        said: tuple[str, ...] = _COUNTED_ON[(following["unit"] or following["other"]).lower()]
    else:
        said = tuple(_OR.split(plain))
    if not 1 < len(said) <= _MOST_TIMES or len(plain) > LONGEST_TEXT:
        return None
    try:
        found = [_read(each, tokenize(each), clock, future=future, day_first=None) for each in said]
    except KnownError:
        return None
    readings = " or ".join(each.said for each in found)
    return AmbiguousError(
        "when_ambiguous",
        f"“{plain}” may be {readings}.",
        "Say which one.",
        choices=tuple((each.text, each.said) for each in found),
    )


def parse_when(text: str, clock: Clock, *, locale: str = "en_GB", future: bool = True) -> When:
    """The time that the whole of `text` says, in the clock's zone.

    `future`: bare weekdays, dates and clock times are the coming ones; False takes the past ones.
    `locale` orders the choices for 3/4, which is always asked about. Conventions: "next X" is X
    of the next calendar week (Monday to Sunday), "this X" that of the current one or the coming
    one; a bare weekday is the next one, today included unless its clock time is past; a bare
    hour from 1 to 6 is afternoon, 7 to 11 morning, 12 noon; midnight ends the day it is said
    with; the end of a week is its Friday.

    Raises KnownError("when_unclear") if it is no time, KnownError("when_impossible") for dates
    and times that do not exist, AmbiguousError("when_ambiguous") with choices where it can be
    read in two ways, names several times to choose from, or counts from one not said here.
    """
    tokens = tokenize(text) if len(text) <= LONGEST_TEXT else []
    try:
        return _read(text, tokens, clock, future=future, day_first=None)
    except SlashError as slash:
        raise _ask(text, tokens, clock, future, locale, slash) from None
    except KnownError as error:
        question = _one_of(text, clock, future=future) if error.code == "when_unclear" else None
        raise question or error from None


def _ask(
    text: str, tokens: list[Token], clock: Clock, future: bool, locale: str, slash: SlashError
) -> KnownError:
    """The question which of day and month comes first, in the order the locale would have it."""
    month_first = locale.replace("-", "_").split(".")[0].lower() in _MONTH_FIRST
    choices: list[tuple[str, str]] = []
    for day_first in (not month_first, month_first):
        try:
            found = _read(text, tokens, clock, future=future, day_first=day_first)
            choices.append((_value(found, text, slash, day_first), found.said))
        except KnownError:
            continue
    if not choices:
        return impossible("There is no such date.")
    shown = text[slash.start : slash.end]
    readings = " or ".join(label for _, label in choices)
    return AmbiguousError(
        "when_ambiguous",
        f"“{shown}” can be read in two ways: {readings}.",
        "Say the month by its name.",
        choices=tuple(choices),
    )


def _value(found: When, text: str, slash: SlashError, day_first: bool) -> str:
    """What can be passed back: ISO 8601, or the words with the unclear date spelt out."""
    if found.kind is WhenKind.DAY and found.duration is None and not found.choose:
        return found.start.date().isoformat()
    if found.kind is WhenKind.INSTANT and found.end is None:
        return found.start.replace(tzinfo=None).isoformat(timespec="minutes")
    one, two, *year = text[slash.start : slash.end].replace("-", "/").split("/")
    day, month = (one, two) if day_first else (two, one)
    named = f"{int(day)} {date(2000, int(month), 1):%B} {' '.join(year)}".strip()
    return text[: slash.start] + named + text[slash.end :]
