"""Free times as they are offered: how long, and why this one, in words. No calendar here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.calendars.free_time import RatedStart
from app.core.errors import KnownError
from app.tools.when import parse_duration
from app.tools.wording import shown

_LONGEST = timedelta(days=1)
_FIRST, _ALONE, _JOINT = "the first free time", "nothing else near it", ", "


@dataclass(frozen=True)
class FreeSlot:
    """A free time and why it is offered."""

    start: datetime
    end: datetime
    reason: str


def length_said(text: str) -> timedelta | None:
    """The length in words, None for no words. Raises KnownError for what is none."""
    if not text:
        return None
    length = parse_duration(text)
    if length > _LONGEST:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” is longer than a day; I look for free hours.",
            "Say a length like “45 minutes”.",
        )
    return length


def told_apart(slots: Sequence[FreeSlot]) -> tuple[list[str], str]:
    """What to say behind each of several slots, and what is true of all of them.

    What all have in common tells none of them apart, and the first one is seen to be the first.
    """
    reasons = [[each for each in slot.reason.split(_JOINT) if each != _FIRST] for slot in slots]
    shared = [each for each in reasons[0] if len(slots) > 1 and all(each in r for r in reasons)]
    own = [_JOINT.join(each for each in those if each not in shared) for those in reasons]
    told = [f" ({each})" if each else "" for each in own]
    return told, f"Each of them: {_JOINT.join(shared)}." if shared else ""


def why(rated: RatedStart, *, first: bool) -> str:
    """Why a time is offered, and what speaks against it."""
    words = [_FIRST] if first else []
    return _JOINT.join([*words, *_faults(rated)]) or _ALONE


def _faults(rated: RatedStart) -> list[str]:
    lunch = ["over lunch"] if rated.over_lunch else []
    return [*lunch, *(["next to another event"] if rated.close_by else [])]


def why_best(rated: RatedStart, all_of: Sequence[RatedStart], index: int) -> str:
    """Why it ranks where it does, from the same three facts for each."""
    good = [
        *([] if rated.over_lunch else ["leaves lunch free"]),
        *([] if rated.close_by else [_ALONE]),
    ]
    following = all_of[index + 1 : index + 2]
    earlier = bool(following) and following[0].faults == rated.faults
    words = [*good, *_faults(rated), *(["earlier than the next"] if earlier else [])]
    return _JOINT.join(words)
