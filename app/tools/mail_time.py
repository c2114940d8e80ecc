"""The user's words for when a message came ("from Monday", "older than two weeks"): a stretch.

Mail lies in the past, so a bare day or month is the last one. No search here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock
from app.tools.when import When, WhenKind, find_when, of_one_day, parse_when
from app.tools.when.model import is_day_start
from app.tools.wording import clock_time, near_day, shown, stretch_asked

_OLDER = re.compile(r"\b(?:(?:that|which) (?:are|is) )?(?:older than|from before)\s+", re.I)
_NEWER = re.compile(r"\b(?:(?:that|which) (?:are|is) )?(?:newer|younger) than\s+", re.I)
_MONTH = re.compile(
    r"\b(?P<lead>from|of)\s+(?P<month>january|february|march|april|may|june|july|august|september"
    r"|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|(?:19|20)[0-9]{2})\b"
    r"(?![-/.]?[0-9])(?!\s+[0-9]{1,2}\b)",
    re.I,
)
_WEEKEND = re.compile(r"\b(?P<lead>from)\s+(?P<rest>the weekend)\b", re.I)
_LATELY = re.compile(r"\b(?:recently|lately|the other day|recent(?= (?:mail|e-?mail)))\b", re.I)
_AROUND = timedelta(minutes=30)
_LATELY_DAYS = 14
_LONGEST_AGE = 4
"""Words, as in "two and a half weeks" less what nobody says."""


@dataclass(frozen=True)
class Stretch:
    """When a message must have come; None leaves an end open. `said` is for the user, with "on",
    "from" or "before"."""

    since: datetime | None
    before: datetime | None
    said: str


def read_stretch(text: str, clock: Clock, *, locale: str) -> Stretch:
    """The stretch that the whole of `text` says, in the clock's zone.

    Raises KnownError("bad_argument") for a rule ("every Tuesday"), and what `parse_when` raises.
    """
    found = find_stretch(text, clock, locale=locale)
    if found is not None and not _beside(text, found[1]):
        return found[0]
    when = parse_when(of_one_day(text), clock, locale=locale, future=False)
    stretch = _stretch(when, clock)
    if stretch is None:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” names many days; I can look at one stretch of time.",
            "Name a day or a week, like “last week”.",
        )
    return stretch


def find_stretch(
    text: str, clock: Clock, *, locale: str, is_name: Callable[[str], bool] = lambda word: False
) -> tuple[Stretch, tuple[int, int]] | None:
    """The time among other words and its place in `text`, None if there is none.

    `is_name` tells whether a word is somebody's name: "from May" may be either. Raises
    AmbiguousError for a date that can be read in two ways; its choices are the whole text.
    """
    for pattern, newer in ((_OLDER, False), (_NEWER, True)):
        if (match := pattern.search(text)) and (aged := _aged(text, match.end(), clock, locale)):
            edge, said, end = aged
            stretch = (
                Stretch(edge, None, f"after {said}")
                if newer
                else Stretch(None, edge, f"before {said}")
            )
            return stretch, (match.start(), end)
    if match := _LATELY.search(text):
        now = clock.now
        since = (now - timedelta(days=_LATELY_DAYS)).replace(hour=0, minute=0, second=0)
        return Stretch(since, None, f"in the last {_LATELY_DAYS} days"), match.span()
    month = _MONTH.search(text)
    if month and not is_name(month["month"].casefold()):
        text = _respelt(text, month, "in")
    if weekend := _WEEKEND.search(text):
        text = _respelt(text, weekend, "over")
    try:
        found = find_when(text, clock, locale=locale, future=False)
    except AmbiguousError:
        raise
    except KnownError:
        return None  # "31 November" may be a subject; as a time it is none
    if found is None:
        return None
    read = _stretch(found[0], clock)
    return None if read is None else (read, found[1])


def _respelt(text: str, match: re.Match[str], lead: str) -> str:
    """`text` with the lead exchanged for one the grammar reads, places unmoved."""
    start, end = match.span("lead")
    return text[:start] + lead.ljust(end - start) + text[end:]


def _beside(text: str, place: tuple[int, int]) -> str:
    start, end = place
    return f"{text[:start]}{text[end:]}".strip(" .,;!?\"'")


def _aged(text: str, begin: int, clock: Clock, locale: str) -> tuple[datetime, str, int] | None:
    """The moment that "two weeks" (ago) or "monday" after "older than" names, as far as it goes."""
    words = list(re.finditer(r"\S+", text[begin:]))[:_LONGEST_AGE]
    for word in reversed(words):
        end = begin + word.end()
        said = text[begin:end].strip(" .,;!?")
        for form in (f"{said} ago", said):
            try:
                when = parse_when(form, clock, locale=locale, future=False)
            except AmbiguousError:
                raise
            except KnownError:
                continue
            if when.kind is not WhenKind.RECURRING:
                return when.start, _said(when.start, clock), end
    return None


def _stretch(when: When, clock: Clock) -> Stretch | None:
    """A time as the stretch of mail it means; None for a rule."""
    today = clock.today
    if when.kind is WhenKind.RECURRING:
        return None
    if when.kind is WhenKind.INSTANT:
        said = f"around {clock_time(when.start)} on {near_day(when.start.date(), today)}"
        return Stretch(when.start - _AROUND, when.start + _AROUND, said)
    end = when.end
    if when.start.year == 1970 and end is not None:  # "before november": the grammar's long ago
        return Stretch(None, end, f"before {near_day(end.date(), today)}")
    if end is not None and end.timestamp() == clock.now.timestamp():
        return Stretch(when.start, None, f"since {_said(when.start, clock)}")
    return Stretch(when.start, end, stretch_asked(when, today))


def _said(moment: datetime, clock: Clock) -> str:
    """Friday 13 November, or with its time where it is not the beginning of the day."""
    day = near_day(moment.date(), clock.today)
    return day if is_day_start(moment) else f"{day}, {clock_time(moment)}"
