"""How far and which way an event is moved: "back by an hour", "a week later", "bring forward".

The words of the argument first, then the verb of the message. No calendar here.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.errors import AmbiguousError, KnownError
from app.core.moments import after, existing
from app.core.ports import Clock
from app.tools.when import WhenKind, parse_duration, parse_when
from app.tools.wording import shown

_DAY = timedelta(days=1)
_AFTER = r"\b(?:later|after|plus|out|post?poned|delayed|put off|pushed? back|put back)\b|\+"
_BEFORE = (
    r"\b(?:earlier|sooner|before|minus|up|(?:bring|brought|pull|pulled) forwards?)\b"
    r"|(?<!\d)[-\u2212](?=\s*\d)"
)
_EITHER_WAY = r"\b(?:back|backwards?|forwards?)\b"
_WAYS = re.compile(f"{_AFTER}|{_BEFORE}|{_EITHER_WAY}", re.IGNORECASE)
_LOOSE = re.compile(r"\b(?:by|push|bring|pull|move|it|please)\b", re.IGNORECASE)
_LATER = re.compile(
    r"\b(postpon\w*|delay\w*|defer\w*|adjourn\w*)\b"
    r"|\b(push|pushed|pushing|put|set|knock)\b.*\b(back|off|out)\b",
    re.IGNORECASE | re.DOTALL,
)
_EARLIER = re.compile(
    r"\b(advance|prepone)\b|\b(bring|brought|pull|pulled)\b.*\b(forwards?|up)\b"
    r"|\b(move|moved|push|shift|bump)\b.*\bup\b",
    re.IGNORECASE | re.DOTALL,
)
_MOVED_EITHER_WAY = re.compile(
    rf"\b(move|moved|shift|push|slide|bump)\b.*{_EITHER_WAY}", re.IGNORECASE | re.DOTALL
)


def moved_by(start: datetime, by: str, words: str) -> datetime:
    """The moment `start` (in a zone) moved by the words `by` of the message `words`.

    `words` are without the name of what is moved. Whole days, weeks and months keep the time of
    day, hours and minutes are real time. Without any direction it is later. Raises
    KnownError("when_unclear"), and AmbiguousError("when_ambiguous") for "back" and "forward" where
    nothing says which way that is.
    """
    far = " ".join(_LOOSE.sub(" ", _WAYS.sub(" ", by)).split())
    way = _way(by, words, far)
    try:
        length = parse_duration(far) * way
    except KnownError:
        return _on_day(start, _months_away(start, by, far, way))
    days = timedelta(days=int(length / _DAY))
    return after(existing(start + days), length - days)


def says_direction(text: str) -> bool:
    """Whether a text says that something goes earlier or later, and not to when."""
    return bool(_WAYS.search(text)) and any(character.isalnum() for character in text)


def _way(by: str, words: str, far: str) -> int:
    """1 for later, -1 for earlier."""
    beside = _beside(far, words)
    for text in (by, beside):
        later = bool(re.search(_AFTER, text, re.IGNORECASE))
        if later != bool(re.search(_BEFORE, text, re.IGNORECASE)):
            return 1 if later else -1
    later, earlier = bool(_LATER.search(words)), bool(_EARLIER.search(words))
    if later != earlier:
        return 1 if later else -1
    unsaid = re.search(_EITHER_WAY, by, re.IGNORECASE) or _MOVED_EITHER_WAY.search(words)
    if not unsaid and not later:
        return 1
    raise AmbiguousError(
        "when_ambiguous",
        f"“{shown(by)}” can mean earlier or later. Nothing was changed.",
        "Say “earlier” or “later”.",
        choices=((f"{far} earlier", f"{far} earlier"), (f"{far} later", f"{far} later")),
    )


def _beside(far: str, words: str) -> str:
    """The word behind the length in the message: "an hour EARLIER"."""
    found = re.search(rf"{re.escape(far)}\s+(\w+)", words, re.IGNORECASE) if far else None
    return found[1] if found else ""


def _months_away(start: datetime, by: str, far: str, way: int) -> datetime:
    """The day so many months or years away, which have no one length."""
    zone = start.tzinfo
    assert isinstance(zone, ZoneInfo)
    side = "after" if way > 0 else "before"
    try:
        day = parse_when(f"{far} {side} {start.date()}", Clock(start, zone))
    except KnownError as error:
        raise _no_length(by) from error
    if not far or day.kind is not WhenKind.DAY:
        raise _no_length(by)
    return day.start


def _no_length(by: str) -> KnownError:
    return KnownError(
        "when_unclear",
        f"I cannot read “{shown(by)}” as a length of time. Nothing was changed.",
        "Say it like “30 minutes later” or “by 2 days”.",
    )


def _on_day(start: datetime, day: datetime) -> datetime:
    """The same time on another day."""
    return existing(datetime.combine(day.date(), start.timetz()))
