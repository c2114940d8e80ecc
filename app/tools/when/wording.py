"""How times are told to the user: "Friday 20 November 2026, 12:00". No parsing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from app.tools.when.model import DAY_SECONDS, WhenKind, is_day_start
from app.tools.when.vocabulary import MONTH_NAMES, WEEKDAY_NAMES


def say_day(day: date) -> str:
    """ "Friday 20 November 2026"."""
    return f"{WEEKDAY_NAMES[day.weekday()]} {day.day} {MONTH_NAMES[day.month - 1]} {day.year}"


def say_time(moment: datetime) -> str:
    """ "09:05", with seconds only where they are not zero."""
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def say_moment(moment: datetime) -> str:
    """ "Friday 20 November 2026, 12:00"."""
    return f"{say_day(moment.date())}, {say_time(moment)}"


def say_length(length: timedelta) -> str:
    """ "1 hour 30 minutes"; the sign is left to the words around it."""
    seconds = int(abs(length).total_seconds())
    parts = []
    for size, word in ((DAY_SECONDS, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 minutes"


def _short(day: date, other: date) -> str:
    """A day without what it shares with `other`, which is named after it."""
    words = f"{WEEKDAY_NAMES[day.weekday()]} {day.day}"
    if (day.month, day.year) != (other.month, other.year):
        words += f" {MONTH_NAMES[day.month - 1]}"
    if day.year != other.year:
        words += f" {day.year}"
    return words


def describe(kind: WhenKind, start: datetime, end: datetime | None) -> str:
    """The time in words: one moment, one day, days from and to, or times from and to."""
    if end is None:
        return say_moment(start)
    if kind is not WhenKind.INSTANT and is_day_start(start) and is_day_start(end):
        last = end.date() - timedelta(days=1)
        if last <= start.date():
            return say_day(start.date())
        return f"{_short(start.date(), last)} to {say_day(last)}"
    closing, last = say_time(end), end.date()
    if closing == "00:00":
        closing, last = "24:00", last - timedelta(days=1)
    if last == start.date():
        return f"{say_moment(start)}–{closing}"  # noqa: RUF001  a range
    return f"{say_moment(start)} to {say_day(last)}, {closing}"
