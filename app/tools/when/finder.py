"""Finding a time among other words, without taking titles for times.

The grammar finds candidates; here is what keeps "one on one", "sat nav", "May report" or
"room 4" from being one.
"""

from __future__ import annotations

from app.core.errors import AmbiguousError
from app.core.ports import Clock
from app.tools.when.cursor import Cursor
from app.tools.when.dates import SlashError
from app.tools.when.grammar import LONGEST_TEXT, expression, parse_when
from app.tools.when.model import When
from app.tools.when.tokens import Kind, Token, tokenize
from app.tools.when.vocabulary import (
    FOLLOWERS,
    HOLIDAYS,
    MONTHS,
    ORDINALS,
    PARTS,
    PLURAL_WEEKDAYS,
    SMALL_NUMBERS,
    TENS,
    WEEKDAYS,
    words_of,
)

_LEADS = frozenset(
    words_of("on at in from by until since before after between around about for during the")
)
# Leads that announce a month by itself: "in december", but not "for May".
_MONTH_LEADS = frozenset(words_of("in since until by before after during this next last"))
_SHORT_WORDS = frozenset({"sat", "sun", "wed", "mon", "mar"})
_ADVERBS = frozenset(words_of("daily weekly fortnightly monthly quarterly yearly"))
_HOLIDAY_WORDS = frozenset(word for words, _, _ in HOLIDAYS for word in words.split())
# Words before a weekday or a figure that make it part of a name.
_NAMED_DAYS = frozenset(
    words_of(
        "black good ash easter palm cyber fat shrove casual super maundy pancake "
        "bloody throwback whit taco freaky"
    )
)
_NUMBERED = frozenset(
    words_of(
        "room number no nr version v chapter page pages item floor gate flight bus "
        "line table seat ticket order invoice section part step level issue ref unit "
        "apartment apt phase top vol volume building platform track row bed ward "
        "suite hall booth stage group team route highway exit channel season episode "
        "form article figure fig day week sprint q"
    )
)
_STARTS = (
    _LEADS
    | _ADVERBS
    | _HOLIDAY_WORDS
    | frozenset(WEEKDAYS)
    | frozenset(PLURAL_WEEKDAYS)
    | frozenset(MONTHS)
    | frozenset(PARTS)
    | frozenset(SMALL_NUMBERS)
    | frozenset(TENS)
    | frozenset(ORDINALS)
    | frozenset(
        words_of(
            "first next last this past coming early late mid middle end start beginning "
            "rest remainder later earlier every once repeat repeating weekdays workdays "
            "all calendar weekends weekend week month year day half quarter three a an few any "
            "couple some my earliest free asap as within over today tomorrow yesterday tonight "
            "now right noon midnight lunch eod close cob same @ ~ exactly lasting"
        )
    )
)


def _fits_alone(
    token: Token, lead: Token | None, before: Token | None, *, settled: bool, closed: bool
) -> bool:
    """Whether one word or figure, with its lead, is a time and not part of a title.

    `settled`: no noun follows; `closed`: no word at all follows.
    """
    lemma = token.lemma
    led = lead.lemma if lead is not None else ""
    if lemma in MONTHS:
        return led in _MONTH_LEADS and settled
    if lemma in WEEKDAYS:
        if lemma not in _SHORT_WORDS:
            return before is None or before.lemma not in (*_NAMED_DAYS, *ORDINALS)
        return settled and led != "the" and (led != "" or closed or before is None)
    if lemma in PARTS:
        return led in ("in", "during", "at", "on", "over") or (lemma == "lunchtime" and settled)
    if lemma in _ADVERBS:
        return settled and before is not None
    if lemma in _HOLIDAY_WORDS:
        return led != "" and settled
    if lemma in ORDINALS:
        return led not in ("", "the")
    if token.kind is Kind.NUMBER or lemma in SMALL_NUMBERS:
        counted = before is not None and before.lemma in (*SMALL_NUMBERS, *TENS)
        return led != "" and not counted
    if lemma == "now":
        return settled and (before is None or before.lemma not in ("for", "by", "until", "since"))
    if lemma in ("noon", "midnight"):
        return settled or led != ""
    return lemma not in ("weekend", "immediately")


def _is_time(tokens: list[Token], begin: int, end: int, settled: bool) -> bool:
    """Whether the tokens from `begin` to `end`, which read as a time, are meant as one."""
    before = tokens[begin - 1] if begin else None
    following = tokens[end] if end < len(tokens) else None
    if following is not None and following.glued and following.kind is not Kind.SIGN:
        return False
    if before is not None and tokens[begin].glued and before.text not in "([{\"',;!?-":
        return False
    core = begin
    while core < end - 1 and tokens[core].lemma in _LEADS:
        core += 1
    words = tokens[core:end]
    lead = tokens[begin] if core > begin else None
    if len(words) == 1:
        closed = following is None or following.kind is Kind.SIGN
        return _fits_alone(words[0], lead, before, settled=settled, closed=closed)
    if words[0].kind is Kind.NUMBER and before is not None and before.lemma in _NUMBERED:
        return any(word.lemma in (":", "am", "pm") or word.lemma in MONTHS for word in words)
    if all(word.lemma in _HOLIDAY_WORDS for word in words):
        return lead is not None or settled
    if words[0].lemma == "half" and len(words) == 2:
        return lead is not None
    return True


def _candidate(tokens: list[Token], begin: int, clock: Clock, future: bool) -> int | None:
    """Where a time that begins at `begin` ends, None if there is none."""
    for day_first in (None, True):
        c = Cursor(tokens, clock, future=future, day_first=day_first, embedded=True)
        c.place = begin
        try:
            found = expression(c)
        except SlashError:
            continue
        except (OverflowError, ValueError):
            return None
        if found is None or not _is_time(tokens, begin, c.place, c.settled()):
            return None
        return c.place
    return None


def _owning(tokens: list[Token], begin: int, end: int) -> Token | None:
    """The plural weekday that is a possessive without its sign: of "fridays meeting".

    "Gym fridays", "fridays at 3" and "on fridays we" stay rules: no noun stands behind the day.
    """
    named = [token for token in tokens[begin:end] if token.lemma in PLURAL_WEEKDAYS]
    said = {token.lemma for token in tokens[max(begin - 1, 0) : end]}
    if len(named) != 1 or end >= len(tokens) or said & {"on", "every", "most"}:
        return None
    noun = tokens[tokens.index(named[0]) + 1]
    plain = noun.kind is Kind.WORD and noun.lemma not in FOLLOWERS and noun.lemma not in PARTS
    return named[0] if plain and tokens[end] is noun else None


def of_one_day(text: str) -> str:
    """ "Fridays" as "friday", where one stretch of time is asked for; other words as they are."""
    words = text.split()
    plural = words[-1].strip(".,!?").lower() if words else ""
    plain = plural in PLURAL_WEEKDAYS and set(map(str.lower, words[:-1])) <= {"the", "my"}
    return plural.removesuffix("s") if plain else text


def find_when(
    text: str, clock: Clock, *, locale: str = "en_GB", future: bool = True
) -> tuple[When, tuple[int, int]] | None:
    """The longest time in `text` and its place in characters, with its "on", "at" or "the".

    `future` as in `parse_when`.

    None if there is no time. The same as `parse_when` makes of that piece of the text, but that a
    noun behind a plural weekday makes it a possessive ("fridays meeting"). Raises
    what `parse_when` raises where the words clearly name a time that cannot be ("on 31 Nov") or
    that is ambiguous ("on 3/4"); a choice is then the whole text with the date spelt out.
    """
    tokens = tokenize(text)
    best: tuple[int, int] | None = None
    owner: Token | None = None
    place = 0
    while place < len(tokens):
        token = tokens[place]
        end = None
        if token.kind is Kind.NUMBER or token.lemma in _STARTS:
            end = _candidate(tokens, place, clock, future)
        if end is None:
            place += 1
            continue
        span = (token.start, tokens[end - 1].end)
        if best is None or span[1] - span[0] > best[1] - best[0]:
            best, owner = span, _owning(tokens, place, end)
        place = end
    if best is None or best[1] - best[0] > LONGEST_TEXT:
        return None
    start, end = best
    piece = text[start:end]
    if owner is not None:
        piece = text[start : owner.start] + owner.text[:-1] + text[owner.end : end]
    try:
        return parse_when(piece, clock, locale=locale, future=future), best
    except AmbiguousError as error:
        error.choices = tuple(
            (text[:start] + value + text[end:], label) for value, label in error.choices
        )
        raise
