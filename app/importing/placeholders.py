"""The small mark-up of sample files: times relative to now, such as {{date -2d 09:14}}.

assets/sample/README.md tells it to whoever writes samples.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import NoReturn

from app.calendars.timezones import timezone_component, zone_name
from app.core.clock import zone_named
from app.core.errors import KnownError
from app.core.ports import Clock

_MARK = re.compile(r"\{\{([^{}\n]*)\}\}")
_ZONES = "{{zones}}"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = re.compile(
    r"(?P<days>[+-]\d{1,3})d|today"
    rf"|(?P<weekday>{'|'.join(_WEEKDAYS)})(?:(?P<weeks>[+-]\d{{1,2}})w)?"
    r"|(?P<date>\d{1,2})(?P<months>[+-]\d{1,2})m"
)
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_SHARE = re.compile(r"(\d{1,2})%")
_LAST_YEAR = 2037


def resolve(text: str, clock: Clock) -> str:
    """`text` with its marks replaced for that clock. Raises KnownError("bad_sample")."""
    return _Resolver(clock).text(text)


class _Resolver:
    """Replaces marks in one text, and remembers the zones its times are in."""

    def __init__(self, clock: Clock) -> None:
        self._zone = clock.zone
        self._now = clock.now
        self._zoned: dict[str, datetime] = {}
        self._forms: dict[str, Callable[[list[str]], str]] = {
            "date": lambda words: format_datetime(self._moment(words)),
            "day": lambda words: _said(self._day(words)),
            "iso": lambda words: self._day(words).isoformat(),
            "on": lambda words: f";VALUE=DATE:{self._day(words):%Y%m%d}",
            "at": lambda words: self._property(self._moment(words)),
            "utc": lambda words: f"{self._moment(words).astimezone(UTC):%Y%m%dT%H%M%SZ}",
        }

    def text(self, text: str) -> str:
        resolved = _MARK.sub(self._mark, text)
        if _ZONES not in resolved:
            return resolved
        zones = (timezone_component(each, _LAST_YEAR).to_ical() for each in self._zoned.values())
        return resolved.replace(f"{_ZONES}\n", b"".join(zones).decode().replace("\r\n", "\n"))

    def _mark(self, match: re.Match[str]) -> str:
        if match[0] == _ZONES:
            return _ZONES  # written last, once all times are known
        kind, *words = match[1].split() or [""]
        try:
            return self._forms[kind](words)
        except (KeyError, ValueError, OverflowError, KnownError):
            raise _bad(match[0]) from None

    def _property(self, moment: datetime) -> str:
        """Parameters and value of an iCalendar date-time."""
        name = zone_name(moment)
        if not name:
            return f":{moment:%Y%m%dT%H%M%S}Z"
        # The earliest: the rules of a zone are told from its year on.
        self._zoned[name] = min(moment, self._zoned.get(name, moment))
        return f";TZID={name}:{moment:%Y%m%dT%H%M%S}"

    def _moment(self, words: list[str]) -> datetime:
        day, clock, *zone = words
        share = _SHARE.fullmatch(clock)
        if share is not None:
            return self._share_of_today(int(share[1])) if day == "today" else self._bad(words)
        if not _CLOCK.fullmatch(clock):
            return self._bad(words)
        hour, minute = map(int, clock.split(":"))
        there = zone_named(zone[0]) if zone else self._zone
        return datetime.combine(self._day([day]), time(hour, minute), tzinfo=there)

    def _share_of_today(self, percent: int) -> datetime:
        """A minute of today that is never ahead of now."""
        midnight = self._now.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        past = self._now.astimezone(UTC) - midnight.astimezone(UTC)
        found = (midnight.astimezone(UTC) + past * percent / 100).astimezone(self._zone)
        return found.replace(second=0, microsecond=0)

    def _day(self, words: list[str]) -> date:
        match = _DAY.fullmatch(" ".join(words))
        if match is None:
            return self._bad(words)
        today = self._now.date()
        if match["weekday"]:
            weekday = _WEEKDAYS.index(match["weekday"])
            if match["weeks"] is None:
                return today + timedelta(days=(weekday - today.weekday()) % 7)
            monday = today - timedelta(days=today.weekday())
            return monday + timedelta(days=weekday, weeks=int(match["weeks"]))
        if match["date"]:
            months = today.year * 12 + today.month - 1 + int(match["months"])
            return date(months // 12, months % 12 + 1, int(match["date"]))
        return today + timedelta(days=int(match["days"] or 0))

    @staticmethod
    def _bad(words: list[str]) -> NoReturn:
        raise ValueError(" ".join(words))


def _said(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _bad(mark: str) -> KnownError:
    return KnownError(
        "bad_sample",
        f"{mark!r} is not a time a sample file may hold.",
        "Write it as assets/sample/README.md says, such as {{date -2d 09:14}}.",
    )
