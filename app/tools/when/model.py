"""What a time expression becomes, and the errors it can end in.

Only values and their errors belong here: no grammar, no words of the language.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from app.core.errors import KnownError

DAY_SECONDS = 86_400


class WhenKind(Enum):
    """INSTANT: a point. DAY: one whole local day. SPAN: other [start, end). RECURRING: a rule."""

    INSTANT = "instant"
    DAY = "day"
    SPAN = "span"
    RECURRING = "recurring"


@dataclass(frozen=True)
class When:
    """A time expression, resolved.

    `start` and `end` are aware and in the clock's zone; `end` is exclusive, and None for an
    INSTANT (or a timed RECURRING) without a stated end or duration. `duration` is real time and
    only set when it was said ("for 45 minutes", "2-3pm"; not "between 2 and 4", which is a
    window). `rrule` is an RFC 5545 RRULE value without "RRULE:", "" unless RECURRING; its UNTIL
    is a UTC date-time for a timed rule and a date for an all-day one, as the RFC asks (see
    `fit_until`). `start` of a RECURRING is its first occurrence on or after now; an all-day rule
    that falls on today starts today. `text` is what it was read from, `said` tells the user which
    date it took, `choose` is "first" when the words ask for a free slot. `note` says where the
    clock skips the time that was asked for, "" elsewhere. `dated`: the words say which day it is
    ("friday at 3"), not only a time of day ("3pm", "the afternoon").

    Two datetimes of the same zone compare by wall time in Python: compare `timestamp()` where an
    hour may be repeated.
    """

    kind: WhenKind
    start: datetime
    end: datetime | None
    duration: timedelta | None
    rrule: str
    text: str
    said: str
    choose: str = ""
    note: str = ""
    dated: bool = True

    @property
    def all_day(self) -> bool:
        """Whether it is made of whole local days (also a rule without a clock time)."""
        if self.end is None or self.kind is WhenKind.INSTANT:
            return False
        return is_day_start(self.start) and is_day_start(self.end)


def wall(day: date, seconds: int, zone: ZoneInfo) -> datetime:
    """The local wall time `seconds` after midnight of `day`; 86,400 and more run into later days.

    A wall time that the clocks skip is moved forward by the length of the gap; of one that comes
    twice the first is meant.
    """
    moment = datetime.combine(day, time(), tzinfo=zone) + timedelta(seconds=seconds)
    return later(moment, timedelta())


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day."""
    return wall(day, 0, zone)


def is_day_start(moment: datetime) -> bool:
    """Whether `moment` (in a ZoneInfo zone) is the first of its local day."""
    zone = moment.tzinfo
    return isinstance(zone, ZoneInfo) and moment == day_start(moment.date(), zone)


def later(moment: datetime, by: timedelta) -> datetime:
    """`moment` moved by real elapsed time, in its own zone."""
    utc = moment.astimezone(ZoneInfo("UTC"))
    return (utc + by).astimezone(moment.tzinfo)


def unclear(text: str) -> KnownError:
    """The words are not a time Phial understands."""
    shown = " ".join(text.split())[:80]
    message = f"I cannot read “{shown}” as a time." if shown else "No time was given."
    return KnownError("when_unclear", message, "Say it like “tomorrow at 15:00” or “friday 2-3pm”.")


def impossible(message: str, hint: str = "Check the date and say it again.") -> KnownError:
    """The words are clear, but no such time exists."""
    return KnownError("when_impossible", message, hint)
