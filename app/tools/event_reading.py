"""Words for events taken apart: names, times, "first", "all", and lists of several references.

No calendar here; `event_references` looks for what these say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock, Occurrence
from app.tools.event_words import ARTICLES, EVERY, GENERIC, names_every, words_of
from app.tools.pointing import LAST, NUMBERS, ORDINALS
from app.tools.when import When, WhenKind, find_when, parse_when

Pick = Callable[[Sequence[Occurrence], datetime], Sequence[Occurrence]]

_MANY_WORDS = frozenset(
    ("everything", "anything", "all", "both", "every", "each", "whole", "entire", "rest")
)
_MANY_NOUNS = frozenset(
    (
        "meetings", "events", "appointments", "things", "entries", "sessions", "calls",
        "invitations", "invites", "interviews", "lunches", "dinners", "coffees", "ones",
    )
)  # fmt: skip
_SERIES = "series"
_ENDS = frozenset((*LAST, "previous", "latest"))
_STARTS = frozenset((*ORDINALS, "earliest"))
_PLACES = frozenset(("next", *_ENDS, *_STARTS))
_OWNERS = ("my ", "the ", "our ", "a ", "an ", "that ", "this ")
_REST = re.compile(r"\b(rest|remainder)\b", re.IGNORECASE)
_OWN_TIME = re.compile(
    r"(?:my|the)\s+(?:whole\s+|entire\s+)?(?P<part>morning|afternoon|evening|night|day|week)\Z",
    re.IGNORECASE,
)
_ONE = re.compile(r"(?<=\bthe )one\b|(?<=\bth[ai][ts] )one\b", re.IGNORECASE)
_EXCEPT = re.compile(
    r"\s*,?\s+(?:except(?:\s+for)?|but\s+not|apart\s+from|other\s+than|save\s+for|but)\s+",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:(?:that|which) (?:says|reads|said)|saying|called|named|titled|entitled):?\s+"
    r"[\"“']?(?P<it>\S.*)$",
    re.IGNORECASE,
)
_SAME_DAY = re.compile(
    r"\s*\b(?:on |at )?(?:that|the same) day\b(?=\s*(?:[.,;!?]|$|and\b|but\b|with\b))",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"mon|tue|wed|thu|fri|sat|sun|day|morrow|tmrw|tonight|week|month|year|jan|feb|mar|apr|may|jun"
    r"|jul|aug|sep|oct|nov|dec|\bin\b(?! the )|\bago\b|\d(st|nd|rd|th)\b|\d{4}-\d",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d[/.]\d")
_CLOCK = re.compile(r"\D*\d{1,2}[.:]\d\d\D*")
_BETWEEN = re.compile(r"\s*,\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """A reference taken apart: `words` the event must have, `when` it must be, which of them.

    `many`: it speaks of a set. `series`: it speaks of a whole series.
    """

    words: tuple[str, ...]
    when: When | None
    time_text: str
    many: bool
    pick: Pick | None
    last: bool = False
    series: bool = False

    @property
    def anytime(self) -> bool:
        """Whether it says no day: it names no time, or a clock time only."""
        return self.when is None or (self.when.kind is WhenKind.INSTANT and not self.says_day)

    @property
    def says_day(self) -> bool:
        """Whether the words for the time name a day, and not only a time of day."""
        text = self.time_text
        dated = _DATE.search(text) and not _CLOCK.fullmatch(text)  # "3.30" is a clock time
        return bool(_DAY.search(text) or dated)

    @property
    def timeless(self) -> bool:
        """Whether a series is meant as one thing, not as the occurrences it has at some time."""
        return self.pick is None and self.when is None


@dataclass(frozen=True)
class Items:
    """A text that may name several things one after the other.

    `clear`: one of them alone says a set or is nothing but a "meeting" with its time, so the
    whole cannot be the name of a single event.
    """

    texts: tuple[str, ...]
    clear: bool


def readings(text: str, clock: Clock, locale: str) -> list[Wanted]:
    """The ways to read the words, the likeliest first: a title may hold a time or "first".

    Raises AmbiguousError for a date that can be read in two ways.
    """
    said = _SAYS.search(text)
    titled = _titled(text[: said.start()], said["it"], clock, locale) if said else []
    return titled + _plain_readings(text, clock, locale)


def _titled(text: str, title: str, clock: Clock, locale: str) -> list[Wanted]:
    """ "That weird thing on sunday that says …": what it says is all of its name."""
    words = words_of(title)
    kept = tuple(word for word in words if word not in ARTICLES) or tuple(words)
    found = _time_in(text, clock, locale)
    when, time_text, rest = None, "", text
    if found is not None and found[0].kind is not WhenKind.RECURRING:
        when, (start, end) = found
        time_text, rest = text[start:end], f"{text[:start]} {text[end:]}"
    before = words_of(rest)
    pick, counted, last = _ordinal(before)
    many = _says_set(before) or (pick is not None and counted)
    return [Wanted(kept, when, time_text, many, pick, last)] if kept else []


def _plain_readings(text: str, clock: Clock, locale: str) -> list[Wanted]:
    found = _time_in(text, clock, locale)
    if found is None:
        return _with_words(text, None, "")
    when, (start, end) = found
    rest = f"{text[:start]} {text[end:]}"
    if when.kind is WhenKind.RECURRING:
        # "The weekly standup": how often it is tells nothing that its name does not.
        return _with_words(text, None, "") + _with_words(rest, None, "")
    timed = _with_words(rest, when, text[start:end])
    # "The Friday retrospective" is a name; "everything on Friday" never means other days.
    named = [each for each in _with_words(text, None, "") if not each.many]
    return timed + named


def _time_in(text: str, clock: Clock, locale: str) -> tuple[When, tuple[int, int]] | None:
    own = _OWN_TIME.match(text.strip())
    if own is not None:
        part = own["part"].casefold()
        this = "today" if part == "day" else f"this {part}"
        return parse_when(this, clock, locale=locale), own.span("part")
    try:
        # As a number, "one" would keep "the one at 3" from being at three.
        return find_when(_ONE.sub("job", text), clock, locale=locale)
    except AmbiguousError:
        raise
    except KnownError:
        return None  # "31 November" may be a title; as a time it is none


def _with_words(text: str, when: When | None, time_text: str) -> list[Wanted]:
    words = words_of(text)
    pick, counted, last = _ordinal(words)
    many = _says_set(words) or (pick is not None and counted)
    if when is not None and when.kind is not WhenKind.INSTANT:
        # "My Friday afternoon", "the rest of the day".
        many = many or words == ["my"] or bool(_REST.search(time_text))
    # "All my meetings with Akira", like the last one, may be called anything; just one may be
    # called "Meeting with Akira".
    loose = many or pick is not None
    kept = [
        word
        for index, word in enumerate(words)
        if not (loose and word in EVERY and words[index + 1 : index + 2] == ["with"])
    ]
    content = [word for word in kept if word not in ARTICLES and word not in _MANY_WORDS]
    dropped = {*_PLACES, *(NUMBERS if counted else ())}
    rest = [word for word in content if word not in dropped]
    # Of one event "call" is a loose word; "all calls" are calls.
    specific = [word for word in rest if word not in (EVERY if many else GENERIC)]
    asked = Wanted(tuple(rest), when, time_text, many, pick, last)
    variants: list[Wanted] = []
    if pick is not None and len(content) > len(rest):
        variants.append(Wanted(tuple(content), when, time_text, many, None))
    if not (names_every(rest) and (when or pick)):
        variants.append(asked)
    if len(specific) < len(rest):
        variants.append(replace(asked, words=tuple(specific)))
    if _SERIES in rest:
        named = tuple(word for word in specific if word != _SERIES)
        variants.append(replace(asked, words=named, series=True))
    # "The", "my" and "everything" alone find nothing: they would mean every event there is.
    return [each for each in variants if each.words or each.when or each.pick]


def _says_set(words: Sequence[str]) -> bool:
    return any(word in _MANY_WORDS or word in _MANY_NOUNS for word in words)


def _ordinal(words: Sequence[str]) -> tuple[Pick | None, bool, bool]:
    """What "first", "next two" and the like choose; whether a number was used; whether "last"."""
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        number = NUMBERS.get(following, 0)
        if word == "next":
            return _coming(number or 1), bool(number), False
        if word in _ENDS:
            return _from(-(number or 1), None), bool(number), True
        if word in _STARTS:
            place = ORDINALS.get(word, 0)
            if following in LAST or list(words[index + 1 : index + 3]) == ["to", "last"]:
                return _from(-(place + 1), -place or None), False, True
            count = number if place == 0 else 0
            return _from(place, place + (count or 1)), bool(count), False
    return None, False, False


def _from(first: int, end: int | None) -> Pick:
    def pick(found: Sequence[Occurrence], now: datetime) -> Sequence[Occurrence]:
        return found[first:end]

    return pick


def _coming(count: int) -> Pick:
    def pick(found: Sequence[Occurrence], now: datetime) -> Sequence[Occurrence]:
        return [item for item in found if item.start.timestamp() >= now.timestamp()][:count]

    return pick


@dataclass(frozen=True)
class _Item:
    """One part of a list: its text, the time in it, and the words beside that time."""

    text: str
    when: When | None
    time_text: str
    rest: str

    @property
    def only_time(self) -> bool:
        """ "Tuesday", but not "my 3pm", which is a reference by itself."""
        owned = self.text.casefold().startswith(_OWNERS)
        return self.when is not None and not owned and not self.words

    @property
    def words(self) -> list[str]:
        return [word for word in words_of(self.rest) if word not in ARTICLES]

    @property
    def nameless(self) -> bool:
        """Whether nothing in it names one event: "everything on monday", "my first meeting"."""
        words = self.words
        loose = all(word in EVERY or word in _PLACES for word in words)
        return _says_set(words_of(self.rest)) or (bool(words) and loose)


def on_day_spoken_of(text: str, days: Collection[date]) -> str:
    """The text with "that day" as the day the talk was about, or without it where there is none.

    What is a set ("everything that day") is never widened to every day. `days` are those of the
    events spoken of.
    """
    found = _SAME_DAY.search(text)
    if found is None:
        return text
    before, behind = text[: found.start()], text[found.end() :]
    if len(days) == 1:
        return f"{before} on {next(iter(days)).isoformat()}{behind}"
    rest = f"{before}{behind}"
    kept = [word for word in words_of(rest) if word not in ARTICLES]
    return rest if kept and not _says_set(words_of(rest)) else text


def exception(text: str) -> tuple[str, str] | None:
    """A set and what it leaves out: "everything on friday", "the dentist"; None if nothing is."""
    found = _EXCEPT.search(text)
    if found is None:
        return None
    whole, unwanted = text[: found.start()], text[found.end() :]
    return (whole, unwanted) if _says_set(words_of(whole)) and words_of(unwanted) else None


def items(text: str, clock: Clock, locale: str) -> Items | None:
    """The parts between commas and "and", None where there is one only.

    What one part says for others is added to them: "all lunches and dinners on friday",
    "everything on monday and tuesday". A time is never cut ("between 2 and 4").
    """
    found = _time_in(text, clock, locale)
    start, end = found[1] if found else (0, 0)
    cuts = [each for each in _BETWEEN.finditer(text) if not start < each.start() < end]
    bounds = [0, *(place for cut in cuts for place in cut.span()), len(text)]
    texts = [text[a:b].strip() for a, b in zip(bounds[::2], bounds[1::2], strict=True)]
    parts = [_item(each, clock, locale) for each in texts if words_of(each)]
    if len(parts) < 2 or (parts[0].only_time and "," in cuts[0].group()):
        return None
    clear = any(part.nameless for part in parts)
    return Items(tuple(_completed(parts)), clear)


def _item(text: str, clock: Clock, locale: str) -> _Item:
    found = _time_in(text, clock, locale)
    if found is None:
        return _Item(text, None, "", text)
    when, (start, end) = found
    return _Item(text, when, text[start:end], f"{text[:start]} {text[end:]}")


def _completed(parts: Sequence[_Item]) -> list[str]:
    """Each part with what it shares with the others."""
    first, last = parts[0], parts[-1]
    shared = ""
    timed = [part for part in parts if part.when is not None]
    if timed == [last] and last.words and last.when and last.when.kind is not WhenKind.INSTANT:
        shared = last.time_text
    whole = "all " if first.text.casefold().startswith("all ") and first.when is None else ""
    completed: list[str] = []
    before = ""
    for part in parts:
        text = part.text
        if part.only_time and before:
            text = f"{before} {text}"
        else:
            before = " ".join(part.rest.split())
            if shared and part is not last:
                text = f"{text} {shared}"
            if whole and part is not first and not text.casefold().startswith(_OWNERS):
                text = f"{whole}{text}"
        completed.append(text)
    return completed
