"""A request with a condition ("if I haven't met Akira this week, book …"), taken apart in code.

For models that answer one message with one call: the condition becomes a question of its own, whose
result decides what is asked next. Pure; what it does not know is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.core.errors import KnownError

_NUMBERS = {
    word: number for number, word in enumerate(["no", "one", "two", "three", "four", "five", "six"])
}
_NUMBERS |= {"a": 1, "an": 1, "any": 1, "some": 1, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
_NUMBER = rf"\d{{1,3}}|{'|'.join(_NUMBERS)}"
_COUNT = (
    r"(?:(?P<than>more than|over|fewer than|less than|at least|at most|exactly)\s+)?"
    rf"(?P<number>{_NUMBER})\s+"
)
_NOT = r"(?P<not>n[’']t|\s+not|\s+never)?"  # noqa: RUF001 (people type both)
_HAVE = rf"(?:i|we)(?:[’']ve|\s+have)?{_NOT}"  # noqa: RUF001
_MET = r"(?:met|seen|spoken\s+(?:to|with)|talked\s+(?:to|with)|had\s+\w+\s+(?:\w+\s+)?with)"
_WROTE = (
    r"(?:written|wrote|emailed|e-mailed|mailed|replied|answered|responded|got\s+back"
    r"|sent\s+(?:me\s+)?(?:anything|something|a\s+\w+|mail|an?\s+e-?mail))"
)
_MAIL = r"(?:e-?mails?|mails?|messages?|newsletters?|letters?)"
_POLITE = re.compile(
    r"(?:you\s+(?:can|could|may|please|have\s+(?:time|a\s+(?:moment|minute)))|possible|need\s+be"
    r"|you\s+(?:don[’']t|wouldn[’']t)\s+mind|you\s+would"  # noqa: RUF001
    r"|(?:that|it)(?:[’']s|\s+is)\s+(?:ok(?:ay)?|all\s+right|possible|not\s+too\s+\w+.*))",  # noqa: RUF001
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"\s*(?P<word>if|unless|in\s+case|provided(?:\s+that)?|as\s+long\s+as|should)\s+"
    r"(?P<condition>.+?)\s*(?:,\s*(?:then\s+)?|\s+then\s+)(?P<then>.+)",
    re.IGNORECASE | re.DOTALL,
)
_TRAILING = re.compile(
    r"(?P<then>\S+\s+\S.*?)\s*,?\s+(?:but\s+)?(?:only\s+)?(?P<word>if|unless)\s+"
    r"(?P<condition>(?:i|we|there|nothing|nobody|my\s+calendar)\b.+)",
    re.IGNORECASE | re.DOTALL,
)
_CHECKED = re.compile(
    r"\s*(?:please\s+)?(?:check|see|look|find\s+out)\s+(?P<word>if|whether)\s+(?P<condition>.+?)"
    r"\s*[,.;]?\s+(?:and\s+)?if\s+(?:so|yes|i\s+am|i\s+do|it\s+is|there\s+is)\s*,?\s+(?P<then>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""Check if I'm free on Friday at 5 and if so book gym."""

_ASKED_FIRST = re.compile(
    r"(?P<question>(?:am|is|are|do|does|did|have|has|any)\b[^?]+\?)\s*(?:and\s+)?if\s+(?:(?P<yes>so|yes)|not|no)\s*,?\s+(?P<then>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""Am I free on Friday at 5? If so, book gym."""

_FREE_AT = re.compile(r"am I free (?P<rest>.+)\?")
_THEN = re.compile(r"\s+(?:then|at that time)\s*[.!]?$", re.IGNORECASE)
_ADDS = re.compile(r"\s*(?:please\s+)?(?:book|schedule|add|plan|put)\b", re.IGNORECASE)
_TIME = re.compile(
    r"\d|\b(?:today|tomorrow|tonight|noon|midnight|morning|afternoon|evening|night|week|month|day"
    r"|slot|time|(?:mon|tue|wed|thu|fri|sat|sun)\w*)\b",
    re.IGNORECASE,
)
"""Words of a time: what is booked without one is booked when one was found to be free."""

_SHOWN = re.compile(
    r"(?:then\s+)?(?:please\s+)?(?:show|tell|list|let)\s+(?:it\s+|them\s+|that\s+)?(?:to\s+)?(?:me|us)"
    r"(?:\s+(?:know|it|them|that|which|what|when|who)\b.*)?[.!]?",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(
    r"[,;.]?\s+(?:otherwise|or\s+else|else|if\s+not)\b,?\s+(?P<other>.+)", re.IGNORECASE | re.DOTALL
)
_WRITES = re.compile(
    r"\b(?:reply|answer|tell|write|draft|e-?mail|mail|message|send|let|ask|forward|know|see|check"
    r"|say(?:ing)?|title[d]?|call(?:ed)?|note)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Condition:
    """`question` is asked first; `then` if its answer `holds`, else `otherwise` ("": nothing)."""

    question: str
    then: str
    otherwise: str
    _holds: Callable[[int], bool]

    def holds(self, results: Sequence[Mapping[str, object]]) -> bool:
        """Whether what the tools found makes it true: how many there are, or whether one is free.

        `results` are the data of the question's calls. Raises KnownError("condition_unclear") if
        they do not tell.
        """
        counts = [count for data in results if (count := _count(data)) is not None]
        if len(counts) != len(results) or not counts:
            raise condition_unclear(self.question)
        return self._holds(sum(counts))


def only_shows(wanted: str) -> bool:
    """Whether what hangs on a condition is no more than to be told: "show me", "let me know"."""
    return _SHOWN.fullmatch(wanted.strip()) is not None


def condition_in(text: str) -> Condition | None:
    """The condition a message makes, None if it makes none.

    Raises KnownError("condition_unclear") for one that cannot be looked up: what hangs on it must
    not be done without it.
    """
    if asked_first := _ASKED_FIRST.fullmatch(text.strip()):
        yes = asked_first["yes"] is not None
        then, question = asked_first["then"].strip(), asked_first["question"].strip()
        return Condition(question, then, "", _some if yes else _none)
    match = _CHECKED.fullmatch(text.strip()) or _LEADING.fullmatch(text.strip())
    if match is None:
        match = _TRAILING.fullmatch(text.strip())
        if match is None or _WRITES.search(match["then"]):
            return None  # "tell Bob that Friday works if I …" is what Bob is told
    condition = match["condition"].strip(" .,;")
    if _POLITE.fullmatch(condition):
        return None
    then, otherwise = match["then"], ""
    if other := _OTHERWISE.search(then):
        then, otherwise = then[: other.start()], other["other"]
    elif other := _OTHERWISE.search(condition):
        condition, otherwise = condition[: other.start()], other["other"]
    unless = match["word"].casefold() == "unless"
    asked = _question(" ".join(condition.split()))
    if asked is None:
        raise condition_unclear(condition)
    question, holds = asked
    if free := _FREE_AT.fullmatch(question):
        then = _THEN.sub(f" {free['rest']}", then)
        if _ADDS.match(then) and not _TIME.search(then):
            then = f"{then.rstrip(' .!')} {free['rest']}"
    return Condition(
        question,
        then.strip(),
        otherwise.strip(),
        (lambda count: not holds(count)) if unless else holds,
    )


_Asked = tuple[str, Callable[[int], bool]]


def _question(condition: str) -> _Asked | None:
    """The question to ask, and what number in answer makes the condition true."""
    for read in (_met, _heard, _free, _have):
        asked = read(condition)
        if asked is not None:
            return asked
    return None


def _met(condition: str) -> _Asked | None:
    match = re.fullmatch(rf"{_HAVE}\s+{_MET}\s+(?P<rest>.+)", condition, re.IGNORECASE)
    if match is None:
        return None
    return f"any meetings with {match['rest']}?", _some if not match["not"] else _none


def _heard(condition: str) -> _Asked | None:
    heard = re.fullmatch(
        rf"{_HAVE}\s+(?:heard|(?:got|gotten|had|received)\s+(?:any\s+|an?\s+)?{_MAIL})\s+"
        r"(?P<rest>(?:from|about)\s+.+)",
        condition,
        re.IGNORECASE,
    )
    if heard is not None:
        return f"any mail {heard['rest']}?", _some if not heard["not"] else _none
    wrote = re.fullmatch(
        rf"(?P<who>(?!i\b|we\b|there\b)[^,]+?)(?:\s+(?:has|have|did)|[’']s)?{_NOT}\s+"  # noqa: RUF001
        rf"{_WROTE}(?:\s+(?:to\s+)?me)?(?P<rest>(?:\s+.*)?)",
        condition,
        re.IGNORECASE,
    )
    if wrote is None:
        return None
    question = f"any mail from {wrote['who']}{wrote['rest']}?"
    return question, _some if not wrote["not"] else _none


def _free(condition: str) -> _Asked | None:
    match = re.fullmatch(
        rf"i(?:[’']m|\s+am){_NOT}\s+(?P<state>free|available|busy|booked)\s+(?P<rest>.+)",  # noqa: RUF001
        condition,
        re.IGNORECASE,
    )
    if match is None:
        return None
    free = match["state"].casefold() in ("free", "available")
    return f"am I free {match['rest']}?", _some if free != bool(match["not"]) else _none


def _have(condition: str) -> _Asked | None:
    """Counts: "I have more than 3 meetings on Friday", "there is no mail from Bob today"."""
    begin = (
        r"(?:(?:i|we)(?:[’']ve\s+got|\s+have(?:\s+got)?|\s+(?P<dont>don[’']t|do\s+not)\s+have)"  # noqa: RUF001
        r"|there(?:\s+(?:is|are)|[’']s)(?P<isnt>n[’']t|\s+not)?)\s+"  # noqa: RUF001
    )
    nothing = re.fullmatch(
        rf"(?:{begin})?(?P<what>nothing|anything|something)(?P<is>\s+is)?\s+(?P<rest>.+)",
        condition,
        re.IGNORECASE,
    )
    if nothing is not None:
        negated = bool(nothing["dont"] or nothing["isnt"])
        none = (nothing["what"].casefold() == "nothing") != negated
        return f"what do I have {nothing['rest']}?", _none if none else _some
    match = re.fullmatch(rf"{begin}(?:{_COUNT})?(?P<rest>.+)", condition, re.IGNORECASE)
    if match is None:
        return None
    rest = match["rest"]
    mail = re.match(rf"(?:(?:new|unread)\s+)?{_MAIL}\b", rest, re.IGNORECASE)
    question = f"any {rest}?" if mail else f"do I have {rest}?"
    holds = _compared(match["than"], match["number"])
    if match["dont"] or match["isnt"]:
        positive = holds
        return question, lambda count: not positive(count)
    return question, holds


def _compared(than: str | None, number: str | None) -> Callable[[int], bool]:
    if number is None:
        return _some
    word = number.casefold()
    limit = _NUMBERS[word] if word in _NUMBERS else int(word)
    match (than or "").casefold():
        case "more than" | "over":
            return lambda count: count > limit
        case "fewer than" | "less than":
            return lambda count: count < limit
        case "at most":
            return lambda count: count <= limit
        case "exactly":
            return lambda count: count == limit
        case _:
            return _none if limit == 0 else lambda count: count >= limit


def _some(count: int) -> bool:
    return count > 0


def _none(count: int) -> bool:
    return count == 0


def _count(data: Mapping[str, object]) -> int | None:
    """How many a result speaks of; for free time, whether there is any.

    Mail that only mentions whom it was asked from is none of theirs.
    """
    if data.get("mentioning") is True:
        return 0
    for name in ("free", "total"):
        value = data.get(name)
        if isinstance(value, int):
            return int(value)
    lists = [value for value in data.values() if isinstance(value, list | tuple)]
    return len(lists[0]) if len(lists) == 1 else None


def condition_unclear(condition: str) -> KnownError:
    """The error for a condition that nothing here can look up."""
    shown = " ".join(condition.split())[:120]
    return KnownError(
        "condition_unclear",
        f"I cannot find out whether “{shown}” is so. Nothing was changed.",
        "Ask for that first, then for what is to be done.",
    )
