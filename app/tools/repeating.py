"""How a new event repeats, where the words for that stand apart from its time. No calendar here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from app.core.errors import AmbiguousError, KnownError
from app.core.moments import after, between, existing
from app.core.ports import Clock
from app.tools.when import When, WhenKind, fit_until, last_day, parse_when, say_day
from app.tools.wording import shown

_ENDS = ("UNTIL=", "COUNT=")


def repeating(when: When, repeat: str, clock: Clock, locale: str) -> When:
    """`when` with the rule that the words `repeat` give it, from the first day the rule names.

    Raises KnownError("bad_argument") where they do not say how often, and AmbiguousError about
    "repeat".
    """
    when = _timed(when, repeat, clock, locale)
    rule = _rule(when, repeat, clock, locale)
    return replace(_aligned(when, rule, repeat), rrule=rule)


def check_end(when: When, clock: Clock) -> None:
    """Raise KnownError("bad_argument") if the rule ends before the first occurrence."""
    last = last_day(when.rrule, clock.zone) if when.rrule else None
    if last is not None and last < when.start.date():
        raise KnownError(
            "bad_argument",
            f"That would end on {say_day(last)}, before the first one on "
            f"{say_day(when.start.date())}. Nothing was added.",
            "Say a later end.",
        )


def _timed(when: When, repeat: str, clock: Clock, locale: str) -> When:
    """A bare day with the time of day that only the words `repeat` say: "every friday at 2pm"."""
    if when.kind is not WhenKind.DAY or when.duration is not None:
        return when
    try:
        said = parse_when(repeat, clock, locale=locale)
    except KnownError:
        return when  # what is wrong with it is told where the rule is read
    if said.kind is not WhenKind.RECURRING or said.all_day:
        return when
    start = existing(datetime.combine(when.start.date(), said.start.timetz()))
    end = after(start, between(said.start, said.end)) if said.end else None
    kind = WhenKind.SPAN if end else WhenKind.INSTANT
    return replace(when, kind=kind, start=start, end=end, duration=said.duration)


def _rule(when: When, words: str, clock: Clock, locale: str) -> str:
    if when.kind is WhenKind.RECURRING:
        # "Every tuesday", "for 6 weeks": the one says how often, the other how long.
        try:
            return _recurring(f"{when.text}, {words}", clock, locale).rrule
        except KnownError as error:
            if error.code != "bad_argument":
                raise
    # "For 3 days" and "until March" are counted from the event, not from today.
    day = when.start.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    rule = _recurring(words, Clock(day, clock.zone), locale).rrule
    if when.kind is WhenKind.RECURRING:
        ends = [part for part in rule.split(";") if part.startswith(_ENDS)]
        often = [part for part in when.rrule.split(";") if not part.startswith(_ENDS)]
        rule = ";".join([*often, *ends]) if ends else when.rrule
    return fit_until(rule, clock.zone, all_day=when.all_day)


def _recurring(words: str, clock: Clock, locale: str) -> When:
    """A rule of repetition in words."""
    try:
        read = parse_when(words, clock, locale=locale)
        if read.kind is WhenKind.RECURRING:
            return read
    except AmbiguousError as error:
        error.argument = error.argument or "repeat"
        raise
    except KnownError as error:
        if error.code != "when_unclear":
            raise
    raise KnownError(
        "bad_argument",
        f"“{shown(words)}” does not say how often. Nothing was added.",
        "Say it like “every week” or “every 2 weeks until March”.",
    )


def _aligned(when: When, rule: str, words: str) -> When:
    """The time moved to the first day the rule names: a series starts with an occurrence."""
    if "BY" not in rule:
        return when
    from dateutil.rrule import rrulestr

    free = ";".join(part for part in rule.split(";") if not part.startswith(_ENDS))
    begin = when.start.replace(tzinfo=None)
    first = rrulestr(free, dtstart=begin).after(begin, inc=True)
    if first is None:
        raise KnownError(
            "bad_argument",
            f"“{shown(words)}” never comes to pass. Nothing was added.",
            "Check the days and say it again.",
        )
    shift = (first - begin).days
    moved = when.start + timedelta(days=shift)
    end = when.end + timedelta(days=shift) if when.end else None
    return replace(when, start=moved, end=end)
