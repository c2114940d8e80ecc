"""The times a message speaks of, as it meant them on the day it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock
from app.mail.model import Envelope
from app.mail.sentences import sentences_of
from app.tools.when import When, WhenKind, find_when, say_day
from app.tools.when.model import is_day_start

_SENTENCES = 150
_IN_ONE = 4
_LONGEST = 400
_APART = 2
"""A clock time belongs to the day that was named so many sentences before."""

_EITHER = range(1, 8)
_HALF_KNOWN = re.compile(
    r"\d\s?(?:am|pm|a\.m|p\.m|h\b|uhr|o'clock)|\d[:.]\d\d|\bT\d\d|\b[ap]\.?m\b|morning|afternoon"
    r"|evening|night|noon|\b(?:in|for|within|after) (?:\d|an?\b|half|one|two|three|four|five|six)"
    r"|\b(?:hours?|minutes?)\b",
    re.IGNORECASE,
)
_LIMIT = re.compile(r"(?:by|until|till|within|no later than|before)\b", re.IGNORECASE)
_DUE = re.compile(
    r"\b(?:deadline|due|by|until|no later|latest|expires?|closes?|respond|rsvp)\b", re.IGNORECASE
)
_CLOCK_ONLY = re.compile(
    r"(?:at|from|between|until|till|by|to|and|o'clock|am|pm|a\.m\.|p\.m\.|noon|midnight|about|around"
    r"|half|quarter|past|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|[\d:.,\s–-])+",  # noqa: RUF001
    re.IGNORECASE,
)
_NO_DATES = frozenset({"now", "right now", "immediately", "asap"})


@dataclass(frozen=True)
class Dated:
    """A time in a sentence. `text` are the words; `when` is None where they mean several days.

    `readings` then tells which, for the user. `is_limit`: the words say by when, and `when` is the
    last moment or day.
    """

    text: str
    sentence: str
    when: When | None
    readings: tuple[str, ...] = ()
    is_limit: bool = False

    @property
    def said(self) -> str:
        """The time for the user; "at seven", which may be in the evening, with both hours."""
        when = self.when
        if when is None:
            return " or ".join(self.readings)
        if when.all_day or when.start.hour not in _EITHER or _HALF_KNOWN.search(self.text):
            return when.said
        return f"{when.said} or {when.start + timedelta(hours=12):%H:%M}"

    @property
    def is_due(self) -> bool:
        """Whether its sentence sets a limit."""
        return self.is_limit or bool(_DUE.search(self.sentence))


def written_at(envelope: Envelope, zone: ZoneInfo) -> Clock:
    """The clock a message's own words for times are understood by."""
    return Clock(envelope.date.astimezone(zone), zone)


def dates_in(text: str, clock: Clock, *, locale: str, most: int = 12) -> tuple[Dated, ...]:
    """The times in a text in their order, each once; `clock` is that of its writer."""
    found: list[Dated] = []
    last = 0
    for place, sentence in enumerate(sentences_of(text)[:_SENTENCES]):
        for each in _in_sentence(sentence[:_LONGEST], clock, locale):
            if each.text.casefold() in _NO_DATES:
                continue
            before = found[-1] if found and place - last <= _APART else None
            last = place
            if before is not None and before.when is not None and _is_clock_time(each):
                each = _on_day(each, before.when, clock, locale)
                # "Friday 20 November" and, on the next line, "12:00-13:00" are one time.
                if before.when.kind is WhenKind.DAY and not before.is_limit:
                    found[-1] = _joined(before, each)
                    continue
            found.append(each)
        if len(found) >= most:
            break
    once = {_moment(each): each for each in reversed(found)}
    return tuple(reversed(once.values()))[:most]


def _joined(day: Dated, timed: Dated) -> Dated:
    """A day and the clock time said after it."""
    together = day.sentence == timed.sentence
    sentence = day.sentence if together else f"{day.sentence} … {timed.sentence}"
    return replace(timed, text=f"{day.text}, {timed.text}", sentence=sentence)


def _is_clock_time(each: Dated) -> bool:
    """Whether it is a time of day without its day."""
    when = each.when
    return when is not None and not when.all_day and bool(_CLOCK_ONLY.fullmatch(each.text))


def _on_day(each: Dated, day: When, clock: Clock, locale: str) -> Dated:
    """A bare clock time on the day that was spoken of before it."""
    try:
        hit = find_when(f"{day.start:%Y-%m-%d} {each.text}", clock, locale=locale)
    except KnownError:
        return each
    return each if hit is None else replace(each, when=hit[0])


def _moment(each: Dated) -> object:
    when = each.when
    return (when.start, when.end, when.rrule) if when is not None else each.text


def date_in(text: str, clock: Clock, *, locale: str) -> Dated | None:
    """The longest time in a few words, None without one."""
    return next(iter(_in_sentence(text[:_LONGEST], clock, locale, most=1)), None)


def _in_sentence(sentence: str, clock: Clock, locale: str, most: int = _IN_ONE) -> list[Dated]:
    found: list[tuple[int, Dated]] = []
    rest = sentence
    for _ in range(most):
        try:
            hit = find_when(rest, clock, locale=locale)
        except AmbiguousError as error:
            readings = tuple(label for _, label in error.choices)
            found.append((0, Dated(sentence, sentence, None, readings)))
            break
        except KnownError:
            break  # a day that does not exist is no date
        if hit is None:
            break
        when, (start, end) = hit
        words = sentence[start:end].strip(" ,;.")
        found.append((start, _limited(Dated(words, sentence, when), clock)))
        # What was read does not count again, and does not join what stands around it.
        rest = f"{rest[:start]}{';' * (end - start)}{rest[end:]}"
    return [each for _, each in sorted(found, key=lambda pair: pair[0])]


def _limited(dated: Dated, clock: Clock) -> Dated:
    """ "By Friday", which is read as a stretch from now on, as its last day or moment."""
    when = dated.when
    if when is None or when.end is None or not _LIMIT.match(dated.text):
        return dated
    if when.start > clock.now or when.kind is not WhenKind.SPAN:
        return dated
    end = when.end
    if is_day_start(end):
        day = (end - timedelta(days=1)).replace(hour=0, minute=0)
        last = replace(
            when, kind=WhenKind.DAY, start=day, end=end, said=f"by {say_day(day.date())}"
        )
    else:
        said = f"by {say_day(end.date())}, {end:%H:%M}"
        last = replace(when, kind=WhenKind.INSTANT, start=end, end=None, said=said)
    return replace(dated, when=last, is_limit=True)
