"""A place in a row of tokens, with what every rule needs: now, zone, order of day and month.

Here are the steps rules are made of (accept a word, try a rule, read a number); the rules
themselves live beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from app.core.ports import Clock
from app.tools.when.model import wall
from app.tools.when.tokens import END, Kind, Token
from app.tools.when.vocabulary import (
    FOLLOWERS,
    ORDINAL_ENDINGS,
    ORDINALS,
    SMALL_NUMBERS,
    TENS,
)

P = ParamSpec("P")
T = TypeVar("T")


class Cursor:
    """Reads tokens from left to right.

    `future`: a bare weekday, date or clock time means the coming one, else the past one.
    `day_first`: how 3/4 is to be read; None where nobody has said. `embedded`: the tokens are
    part of other words, so what only might be a time is not one.
    """

    def __init__(
        self,
        tokens: Sequence[Token],
        clock: Clock,
        *,
        future: bool = True,
        day_first: bool | None = None,
        embedded: bool = False,
    ) -> None:
        """Stand before the first token; `now` is taken in the clock's zone."""
        self.tokens = tokens
        self.place = 0
        self.zone: ZoneInfo = clock.zone
        self.now: datetime = clock.now
        self.today: date = self.now.date()
        self.future = future
        self.day_first = day_first
        self.embedded = embedded
        self.notes: dict[datetime, str] = {}

    def peek(self, ahead: int = 0) -> Token:
        """The token `ahead` of here; END behind the last."""
        place = self.place + ahead
        return self.tokens[place] if 0 <= place < len(self.tokens) else END

    def before(self) -> Token:
        """The token just read, or the one before the expression; END if there is none."""
        return self.tokens[self.place - 1] if self.place else END

    def at_end(self) -> bool:
        """Whether all tokens are read."""
        return self.place >= len(self.tokens)

    def accept(self, *lemmas: str) -> str | None:
        """Step over the next token if it is one of these."""
        lemma = self.peek().lemma
        if lemma and lemma in lemmas:
            self.place += 1
            return lemma
        return None

    def phrase(self, *phrases: str) -> str | None:
        """Step over the first of these phrases (words with single spaces) that is next."""
        for phrase in phrases:
            words = phrase.split(" ")
            if all(self.peek(i).lemma == word for i, word in enumerate(words)):
                self.place += len(words)
                return phrase
        return None

    def lookup(self, table: dict[str, T]) -> T | None:
        """Step over the next token if it is a word of `table`; its value."""
        token = self.peek()
        if token.kind is Kind.WORD and token.lemma in table:
            self.place += 1
            return table[token.lemma]
        return None

    def skip(self, *lemmas: str) -> None:
        """Step over any of these, as many as there are."""
        while self.accept(*lemmas):
            pass

    def figures(self, low: int, high: int, *, glued: bool = False) -> int | None:
        """Step over a number written in `low` to `high` figures."""
        token = self.peek()
        if token.kind is not Kind.NUMBER or not low <= len(token.text) <= high:
            return None
        if glued and not token.glued:
            return None
        self.place += 1
        return int(token.text)

    def sign(self, *signs: str) -> str | None:
        """Step over one of these signs, if it is glued to what stands before it."""
        return self.accept(*signs) if self.peek().glued else None

    def settled(self) -> bool:
        """Whether what was just read can stand by itself here: no noun follows that it counts."""
        token = self.peek()
        if token.kind is Kind.END:
            return True
        if token.kind is Kind.WORD:
            return not token.glued and token.lemma in FOLLOWERS
        if token.kind is Kind.NUMBER or token.text in "/%:&$€£*°+_=\\#":
            return False
        after = self.peek(1)
        if token.lemma == "-" and after.kind is Kind.NUMBER:
            return True
        return not (token.lemma in (".", "-", ",", "'") and token.glued and after.glued)

    def moment(self, day: date, seconds: int) -> datetime:
        """The local time, moved out of a gap in the clock; a move is noted for the user."""
        found = wall(day, seconds, self.zone)
        asked = seconds % 86_400
        if (found.hour * 60 + found.minute) * 60 + found.second != asked:
            self.notes[found] = (
                f"the clocks go forward that day and skip {asked // 3600:02}:"
                f"{asked % 3600 // 60:02}"
            )
        return found


def rule(
    function: Callable[Concatenate[Cursor, P], T | None],
) -> Callable[Concatenate[Cursor, P], T | None]:
    """A rule that steps back to where it began when it returns None."""

    def attempt(c: Cursor, /, *args: P.args, **kwargs: P.kwargs) -> T | None:
        place = c.place
        found = function(c, *args, **kwargs)
        if found is None:
            c.place = place
        return found

    return attempt


@rule
def number_word(c: Cursor) -> int | None:
    """A number in words: "seven", "twenty five", "forty-five"."""
    small = c.lookup(SMALL_NUMBERS)
    if small is not None:
        return small
    tens = c.lookup(TENS)
    if tens is None:
        return None
    hyphen = 1 if c.peek().lemma == "-" else 0
    ones = SMALL_NUMBERS.get(c.peek(hyphen).lemma, 0)
    if 1 <= ones <= 9:
        c.place += hyphen + 1
        return tens + ones
    return tens


@rule
def integer(c: Cursor) -> int | None:
    """A whole number in figures (at most six) or words."""
    found = c.figures(1, 6)
    return number_word(c) if found is None else found


@rule
def ordinal(c: Cursor) -> int | None:
    """An ordinal: "3rd", "third", "twenty-first"."""
    figures = c.figures(1, 2)
    if figures is not None:
        return figures if c.peek().glued and c.accept(*ORDINAL_ENDINGS) else None
    tens = c.lookup(TENS)
    if tens is not None:
        c.accept("-")
        ones = c.lookup(ORDINALS)
        return tens + ones if ones is not None and ones < 10 else None
    return c.lookup(ORDINALS)
