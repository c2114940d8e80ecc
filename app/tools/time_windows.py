"""The stretch of time a question about the calendar is about, from the user's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Clock
from app.tools.when import When, WhenKind, of_one_day, parse_when
from app.tools.wording import shown, stretch_asked


@dataclass(frozen=True)
class TimeWindow:
    """From `start` to `end` (aware, in the clock's zone, exclusive) as `asked` says it.

    `asked` reads on in a sentence: "on Thursday 19 November", "in the coming 7 days". `when` is
    what was read, None where nothing was said.
    """

    start: datetime
    end: datetime
    asked: str
    when: When | None = None

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Start and end."""
        return self.start, self.end

    def is_over(self, now: datetime) -> bool:
        """Whether all of it lies before `now`."""
        return self.end.timestamp() <= now.timestamp()


def window_said(text: str, clock: Clock, locale: str) -> TimeWindow:
    """The stretch the words name; a moment is a minute long.

    Raises what `parse_when` raises, and KnownError("bad_argument") for words that name many days.
    """
    try:
        when = parse_when(of_one_day(text), clock, locale=locale)
    except AmbiguousError as error:
        error.argument = error.argument or "when"
        raise
    if when.kind is WhenKind.RECURRING:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” names many days; I can look at one stretch of time.",
            "Name a day or a week, like “next week”.",
        )
    asked = stretch_asked(when, clock.today)
    if when.kind is WhenKind.INSTANT and when.end is None:
        return TimeWindow(when.start, when.start + timedelta(minutes=1), asked, when)
    return TimeWindow(when.start, when.end or _next_day(when.start), asked, when)


def coming_days(clock: Clock, days: int) -> TimeWindow:
    """From now to the end of the day so many days ahead."""
    now = clock.now
    end = datetime.combine(now.date() + timedelta(days=days + 1), time(), tzinfo=clock.zone)
    return TimeWindow(now, end, f"in the coming {days} days")


def _next_day(moment: datetime) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=1), time(), tzinfo=moment.tzinfo)
