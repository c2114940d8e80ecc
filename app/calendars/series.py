"""How a series moves: where each of its times goes when one of them does, and its rule then.

Pure. Times here are what the clock on the wall of the series' own zone shows, naive.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import takewhile
from typing import Any

from app.calendars.guests import all_of
from app.core.errors import KnownError

_WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_CLOCK_PARTS = ("BYHOUR", "BYMINUTE", "BYSECOND")
_RARE_PARTS = ("BYSETPOS", "BYWEEKNO", "BYYEARDAY")
_ENDS = ("UNTIL", "COUNT")
_LOOKED_THROUGH = timedelta(days=4 * 366)
"""Beyond the last time that matters: far enough to meet a leap year."""

_MOST = 20_000
_DRIFT = timedelta(days=8)
"""How far "the third Thursday" may be off "the day after the third Wednesday"."""


class Frame:
    """The zone a series goes by, and its times of every kind as its clock shows them.

    A floating or all-day series goes by the zone it is looked at in.
    """

    def __init__(self, start: date | datetime, viewer: tzinfo) -> None:
        """`start` is the DTSTART as read, `viewer` the zone it is looked at in."""
        own = start.tzinfo if isinstance(start, datetime) else None
        self.zone: tzinfo = own or viewer

    def wall(self, moment: date | datetime) -> datetime:
        """What the clock shows then; midnight for a date."""
        if not isinstance(moment, datetime):
            return datetime.combine(moment, time())
        if moment.tzinfo is None:
            return moment
        return moment.astimezone(self.zone).replace(tzinfo=None, fold=0)

    def back(self, wall: datetime, like: date | datetime) -> date | datetime:
        """That time as a value of the kind and zone of `like`."""
        if not isinstance(like, datetime):
            return wall.date()
        if like.tzinfo is None:
            return wall
        return wall.replace(tzinfo=self.zone).astimezone(like.tzinfo)

    def instant(self, wall: datetime) -> datetime:
        """That time in UTC; one the clocks skip is taken by the offset before."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


class Shift:
    """Where the times of a series go when its occurrence at `old` goes to `new`.

    `rule` is its new RRULE value, "" where that stays. With `from_there` the series begins with
    that occurrence. Raises KnownError("series_cannot_move")
    where no rule says what would come of it.
    """

    def __init__(
        self, event: Any, frame: Frame, old: datetime, new: datetime, *, from_there: bool = False
    ) -> None:
        self._frame = frame
        self._delta = new - old
        self._days = (new.date() - old.date()).days
        self._places: dict[datetime, datetime] = {}
        self._timed = isinstance(event["DTSTART"].dt, datetime)
        self._begin = old if from_there else None
        first = frame.wall(event["DTSTART"].dt)
        self._start, self.rule = (old if from_there else first) + self._delta, ""
        rules = all_of(event.get("RRULE"))
        if len(rules) > 1 or "EXRULE" in event:
            raise cannot_move("it repeats by several rules at once")
        if not rules:
            return
        parts = _parts(rules[0])
        moved = moved_rule(parts, old, new)
        if from_there or not (self._days == 0 or _is_even(parts)):
            times = self._times(parts, first, self._horizon(parts, event, old))
            if from_there:
                times, moved = self._rest(times, old, parts, moved)
            self._place(times, moved, old, new)
        if "UNTIL" in parts:
            moved["UNTIL"] = self._moved_until(parts["UNTIL"])
        if moved != parts:
            self.rule = ";".join(f"{name}={text}" for name, text in moved.items())

    def to(self, wall: datetime) -> datetime:
        """Where a time of the series goes."""
        return self._places.get(wall, wall + self._delta)

    def value(self, moment: date | datetime) -> date | datetime:
        """The same for a value of any kind, which it keeps."""
        wall = self._frame.wall(moment)
        if isinstance(moment, datetime) or not self._timed:
            return self._frame.back(self.to(wall), moment)
        # A date among times stands for the time of that day.
        of_day = next((each for each in self._places if each.date() == moment), None)
        return self.to(of_day).date() if of_day else moment + timedelta(days=self._days)

    def first(self, like: date | datetime) -> date | datetime:
        """The new first time of the series, of the kind of `like`."""
        return self._frame.back(self._start, like)

    def beside(self, moment: date | datetime, due: date | datetime) -> date | datetime:
        """Where an occurrence goes that is due at one time and was moved to another by itself."""
        wall, rule = self._frame.wall(moment), self._frame.wall(due)
        return self._frame.back(wall + (self.to(rule) - rule), moment)

    def keeps(self, moment: date | datetime) -> bool:
        """Whether a time belongs to the series as it moves: none before its first one."""
        if self._begin is None:
            return True
        wall = self._frame.wall(moment)
        if isinstance(moment, datetime):
            return self._frame.instant(wall) >= self._frame.instant(self._begin)
        return wall.date() >= self._begin.date()

    def _horizon(self, parts: Mapping[str, str], event: Any, old: datetime) -> datetime:
        """Up to when the times of the rule matter."""
        ahead = max(old, _last_exception(event, self._frame)) + _LOOKED_THROUGH
        if "UNTIL" in parts and not _is_even(parts):
            return max(ahead, self._wall_of(parts["UNTIL"]))
        return ahead

    def _rest(
        self, times: list[datetime], old: datetime, parts: dict[str, str], moved: dict[str, str]
    ) -> tuple[list[datetime], dict[str, str]]:
        """The times from `old` on, and the rule without the share of COUNT that stays behind."""
        begin = next((each for each in times if self._same(each, old)), None)
        if begin is None:
            raise cannot_move("that occurrence was added beside its rule")
        place = times.index(begin)
        left = dict(parts)
        if "COUNT" in parts:
            left["COUNT"] = moved["COUNT"] = str(int(parts["COUNT"]) - place)
        times = times[place:]
        if self._times(left, begin, times[-1]) != times:
            raise cannot_move("its rule cannot begin there")
        self._start = begin + self._delta
        return times, moved

    def _place(
        self, times: list[datetime], moved: dict[str, str], old: datetime, new: datetime
    ) -> None:
        """Find where each of `times` goes, and where the first one does."""
        if times and self._same(times[0], self._start - self._delta):
            self._start = self._nearest(moved, new, self._start)
        endless = {name: text for name, text in moved.items() if name not in _ENDS}
        until = max([self._start, *times]) + _LOOKED_THROUGH
        found = self._times(endless, self._start, until)[: len(times)]
        off = [each + self._delta - place for each, place in zip(times, found, strict=False)]
        if len(found) < len(times) or any(abs(each) > _DRIFT for each in off):
            raise cannot_move("its rule would leave out other months than it does now")
        self._places = dict(zip(times, found, strict=True))
        if any(self._same(each, old) and off[index] for index, each in enumerate(times)):
            raise cannot_move("its rule cannot fall on that day")

    def _same(self, one: datetime, other: datetime) -> bool:
        """Whether both are one moment: a time the clocks skip is shown as a later one."""
        return self._frame.instant(one) == self._frame.instant(other)

    def _times(self, parts: Mapping[str, str], start: datetime, until: datetime) -> list[datetime]:
        """The times of a rule up to `until`."""
        from dateutil.rrule import rrulestr

        bound = {name: text for name, text in parts.items() if name != "UNTIL"}
        last = min(until, self._wall_of(parts["UNTIL"])) if "UNTIL" in parts else until
        if "COUNT" not in bound:
            bound["UNTIL"] = f"{last:%Y%m%dT%H%M%S}"
        try:
            rule = rrulestr(";".join(f"{key}={text}" for key, text in bound.items()), dtstart=start)
            found = list(takewhile(lambda each: each <= last, rule.xafter(start, _MOST, inc=True)))
        except Exception as error:  # rules come from strangers, and dateutil raises many kinds
            raise cannot_move("its rule is not one that can be followed") from error
        if len(found) == _MOST:
            raise cannot_move("it repeats too often")
        return found

    def _nearest(self, parts: Mapping[str, str], new: datetime, wanted: datetime) -> datetime:
        """The time next to `wanted` of a rule of these parts, by which one is at `new`."""
        often = {name: text for name, text in parts.items() if name not in (*_ENDS, "INTERVAL")}
        frequency = often.get("FREQ", "").upper()
        if _is_even(often) or frequency not in ("MONTHLY", "YEARLY"):
            return wanted
        if "BYDAY" not in often:
            often.setdefault("BYMONTHDAY", str(new.day))
        if frequency == "YEARLY":
            often.setdefault("BYMONTH", str(new.month))
        found = self._times(often, wanted - _DRIFT, wanted + _DRIFT)
        return min(found, key=lambda each: abs(each - wanted), default=wanted)

    def _wall_of(self, until: str) -> datetime:
        from icalendar.prop import vDDDTypes

        moment: date | datetime = vDDDTypes.from_ical(until)  # type: ignore[no-untyped-call]
        return self._frame.wall(moment)

    def _moved_until(self, until: str) -> str:
        end = self._wall_of(until)
        uneven = any(place != each + self._delta for each, place in self._places.items())
        if uneven:
            return self._written(max(self._places.values()), until)
        by = self._delta if "T" in until.upper() else timedelta(days=self._days)
        return self._written(end + by, until)

    def _written(self, wall: datetime, like: str) -> str:
        if "T" not in like.upper():
            return f"{wall:%Y%m%d}"
        if like.upper().endswith("Z"):
            return f"{self._frame.instant(wall):%Y%m%dT%H%M%SZ}"
        return f"{wall:%Y%m%dT%H%M%S}"


def moved_rule(parts: Mapping[str, str], old: datetime, new: datetime) -> dict[str, str]:
    """The parts of a rule whose occurrence at `old` goes to `new`; its COUNT and UNTIL stay.

    Raises KnownError("series_cannot_move") where a rule cannot say it.
    """
    moved = dict(parts)
    days = (new.date() - old.date()).days
    if new.time() != old.time() and any(name in parts for name in _CLOCK_PARTS):
        raise cannot_move("its rule names hours of its own")
    if not days:
        return moved
    if any(name in parts for name in _RARE_PARTS):
        raise cannot_move("its rule picks days in a way that has no next day")
    if "BYDAY" in parts:
        moved |= _moved_weekdays(parts, new, days)
    elif "BYMONTHDAY" in parts:
        moved["BYMONTHDAY"] = _moved_month_days(parts["BYMONTHDAY"], new, days)
    if "BYMONTH" in parts and new.month != old.month:
        if "," in parts["BYMONTH"]:
            raise cannot_move("its rule names several months")
        moved["BYMONTH"] = str(new.month)
    return moved


def _moved_weekdays(parts: Mapping[str, str], new: datetime, days: int) -> dict[str, str]:
    """BYDAY for that many days later, and WKST where weeks are counted from it."""
    frequency = parts.get("FREQ", "").upper()
    names = [each.strip().upper() for each in parts["BYDAY"].split(",")]
    if frequency in ("DAILY", "WEEKLY") and not _is_counted(parts["BYDAY"]):
        moved = {"BYDAY": ",".join(_later_day(each, days) for each in names)}
        if frequency == "WEEKLY" and parts.get("INTERVAL", "1") != "1":
            moved["WKST"] = _later_day(parts.get("WKST", "MO").upper(), days)
        return moved
    counted = len(names) == 1 and _is_counted(names[0])
    in_month = frequency == "MONTHLY" or (frequency == "YEARLY" and "BYMONTH" in parts)
    if not (counted and in_month) or "BYMONTHDAY" in parts:
        raise cannot_move("its rule names several days of the month")
    last = monthrange(new.year, new.month)[1]
    before, after = (new.day - 1) // 7 + 1, -((last - new.day) // 7 + 1)
    place = after if names[0].startswith("-") else before
    if abs(place) == 5:
        raise cannot_move(f"not every month has a fifth {new:%A}")
    return {"BYDAY": f"{place}{_WEEK[new.weekday()]}"}


def _moved_month_days(value: str, new: datetime, days: int) -> str:
    last = monthrange(new.year, new.month)[1]
    numbers = [int(each) for each in value.split(",")]
    if len(numbers) == 1:
        return str(new.day if numbers[0] > 0 else new.day - last - 1)
    moved = [each + days for each in numbers]
    if not all(0 < each < 29 for each in (*numbers, *moved)):
        raise cannot_move("its rule names several days of the month")
    return ",".join(map(str, moved))


def _later_day(name: str, days: int) -> str:
    return _WEEK[(_WEEK.index(name) + days) % 7]


def _is_even(parts: Mapping[str, str]) -> bool:
    """Whether all its times go the same way, whatever the day: weekdays do, months do not."""
    weekly = parts.get("FREQ", "").upper() in ("DAILY", "WEEKLY")
    return weekly and not any(name in parts for name in ("BYMONTH", "BYMONTHDAY"))


def _is_counted(names: str) -> bool:
    """Whether BYDAY says which ones: the third Wednesday ("3WE")."""
    return any(character.isdigit() for character in names)


def _parts(rule: Any) -> dict[str, str]:
    """The parts of a parsed RRULE in capitals, FREQ first."""
    text = rule.to_ical().decode()
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.upper(): value for name, _, value in pairs if name}


def _last_exception(event: Any, frame: Frame) -> datetime:
    """The latest time the rule leaves out or adds."""
    found = [frame.wall(event["DTSTART"].dt)]
    for name in ("EXDATE", "RDATE"):
        for dates in all_of(event.get(name)):
            starts = (each.dt[0] if isinstance(each.dt, tuple) else each.dt for each in dates.dts)
            found.extend(map(frame.wall, starts))
    return max(found)


def cannot_move(reason: str) -> KnownError:
    """Why a series cannot move or be split as a whole."""
    return KnownError(
        "series_cannot_move",
        f"The series cannot be changed as a whole: {reason}. Nothing was changed.",
        "Change single occurrences, or cancel the series and add it anew.",
    )
