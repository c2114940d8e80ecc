"""RFC 5545 rules as values: their text, their first occurrence, their end, their words.

No grammar: `recurrence` reads the user's words into these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.tools.when.model import impossible, wall
from app.tools.when.vocabulary import MONTH_NAMES, RULE_DAYS, WEEKDAY_NAMES

WORKDAYS = tuple((0, day) for day in range(5))

_UNITS = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}
_SAID_PARTS = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "COUNT", "UNTIL", "WKST"}


@dataclass(frozen=True)
class Rule:
    """An RFC 5545 rule in parts. `by_day` are (ordinal, weekday), ordinal 0 for every one."""

    freq: str
    interval: int = 1
    by_day: tuple[tuple[int, int], ...] = ()
    month_day: int = 0
    month: int = 0
    count: int = 0

    def value(self, until: str = "") -> str:
        """The RRULE value, with UNTIL as given."""
        parts = [f"FREQ={self.freq}"]
        if self.interval > 1:
            parts.append(f"INTERVAL={self.interval}")
        if self.month:
            parts.append(f"BYMONTH={self.month}")
        if self.month_day:
            parts.append(f"BYMONTHDAY={self.month_day}")
        if self.by_day:
            names = [f"{n or ''}{RULE_DAYS[day]}" for n, day in self.by_day]
            parts.append(f"BYDAY={','.join(names)}")
        if self.count:
            parts.append(f"COUNT={self.count}")
        if until:
            parts.append(f"UNTIL={until}")
        return ";".join(parts)


def first_occurrence(found: Rule, begin: datetime) -> datetime:
    """The first occurrence on or after `begin`, both naive local times.

    Raises KnownError("when_impossible") if the rule never comes to pass.
    """
    from dateutil.rrule import rrulestr

    single = replace(found, interval=1, count=0).value()
    occurrence = rrulestr(single, dtstart=begin).after(begin, inc=True)
    if occurrence is None:
        raise impossible("That never comes to pass.")
    assert isinstance(occurrence, datetime)
    return occurrence


def until_value(last: date, zone: ZoneInfo, *, all_day: bool) -> str:
    """UNTIL so that the rule goes on before the day `last` and no longer.

    A date for all-day rules, else the last second before, in UTC.
    """
    if all_day:
        return f"{last - timedelta(days=1):%Y%m%d}"
    end = wall(last, 0, zone).astimezone(ZoneInfo("UTC")) - timedelta(seconds=1)
    return f"{end:%Y%m%dT%H%M%SZ}"


def fit_until(rrule: str, zone: ZoneInfo, *, all_day: bool) -> str:
    """The rule with its UNTIL in the form its DTSTART needs: a date if all-day, else UTC.

    For a rule that was said apart from its time ("every monday until 20 Dec" for an event at 9).
    """
    last = last_day(rrule, zone)
    if last is None:
        return rrule
    until = until_value(last + timedelta(days=1), zone, all_day=all_day)
    return ";".join(
        f"UNTIL={until}" if part.startswith("UNTIL=") else part for part in rrule.split(";")
    )


def say_repetition(rrule: str, start: date, zone: ZoneInfo) -> str:
    """An RRULE value in words, with its end and with what it leaves out.

    "every 2 weeks on Friday until 18 December 2026". `start` is the day of the first occurrence,
    which settles what a rule without days falls on. Rules of other programs that say more than
    this grammar can are only called so.
    """
    try:
        found, last = _rule_in(rrule, start), last_day(rrule, zone)
    except ValueError:
        return "repeats by a rule of its own"
    until = f" until {last.day} {MONTH_NAMES[last.month - 1]} {last.year}" if last else ""
    skipped = _skipped(found, start)
    return say_rule(found) + until + (f" ({skipped})" if skipped else "")


def _rule_in(rrule: str, start: date) -> Rule:
    """The rule in an RRULE value; raises ValueError where it says more than a `Rule` can."""
    parts = dict(part.split("=", 1) for part in rrule.upper().split(";"))
    freq, month = parts.get("FREQ", ""), int(parts.get("BYMONTH", 0))
    days = [part for part in parts.get("BYDAY", "").split(",") if part]
    by_day = tuple((int(day[:-2] or 0), RULE_DAYS.index(day[-2:])) for day in days)
    counted = any(count for count, _ in by_day)
    if by_day and freq == "DAILY" and parts.get("INTERVAL", "1") == "1":
        freq = "WEEKLY"  # the same days
    monthly = freq in ("MONTHLY", "YEARLY")
    said = (
        set(parts) <= _SAID_PARTS
        and freq in _UNITS
        and all(-1 <= count <= 5 for count, _ in by_day)
        and not (by_day and (monthly != counted or freq in ("DAILY", "YEARLY")))
        and not ("BYMONTHDAY" in parts and (by_day or not monthly))
        and not (month and freq != "YEARLY")
    )
    if not said:
        raise ValueError("a rule of another program")
    if month and "BYMONTHDAY" not in parts:
        parts["BYMONTHDAY"] = str(start.day)
    return Rule(
        freq=freq,
        interval=int(parts.get("INTERVAL", 1)),
        by_day=by_day,
        month_day=int(parts.get("BYMONTHDAY", 0)),
        month=month,
        count=int(parts.get("COUNT", 0)),
    )


def last_day(rrule: str, zone: ZoneInfo) -> date | None:
    """The last day an RRULE value of this grammar may fall on, None where it has no UNTIL."""
    value = dict(part.split("=", 1) for part in rrule.split(";")).get("UNTIL", "")
    if len(value) == 8:
        return datetime.strptime(value, "%Y%m%d").date()
    if not value:
        return None
    utc = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=ZoneInfo("UTC"))
    return utc.astimezone(zone).date()


def occurrences(rrule: str, begin: datetime, before: datetime, zone: ZoneInfo) -> list[datetime]:
    """The occurrences of an RRULE value from `begin` (the first) to `before`; naive local times."""
    from dateutil.rrule import rrulestr

    last = last_day(rrule, zone)
    free = ";".join(part for part in rrule.split(";") if not part.startswith("UNTIL="))
    found: list[datetime] = rrulestr(free, dtstart=begin).between(begin, before, inc=True)
    return [each for each in found if last is None or each.date() <= last]


def _skipped(found: Rule, start: date) -> str:
    """Which months or years have no such day (RFC 5545 leaves them out, it moves nothing)."""
    if any(count == 5 for count, _ in found.by_day):
        return "only in months that have a fifth one"
    day = found.month_day or (0 if found.by_day else start.day)
    if found.freq == "MONTHLY" and day > 28:
        return f"months without a {day}{_ending(day)} are left out"
    if found.freq == "YEARLY" and day == 29 and (found.month or start.month) == 2:
        return "only in leap years"
    return ""


def say_rule(found: Rule) -> str:
    """The rule in words: "every 2 weeks on Friday"."""
    unit = _UNITS[found.freq]
    every = f"every {unit}" if found.interval == 1 else f"every {found.interval} {unit}s"
    on = ""
    if found.by_day == WORKDAYS:
        on = "weekday"
    elif found.by_day:
        words = [
            (f"{_say_nth(n)} " if n else "") + WEEKDAY_NAMES[weekday] for n, weekday in found.by_day
        ]
        on = " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
    if on and found.freq == "WEEKLY":
        words_on = f"every {on}" if found.interval == 1 else f"{every} on {on}"
    elif on:
        words_on = f"{every} on the {on}"
    elif found.month:
        words_on = f"{every} on {found.month_day} {MONTH_NAMES[found.month - 1]}"
    elif found.month_day:
        day = "last day" if found.month_day < 0 else f"{found.month_day}{_ending(found.month_day)}"
        words_on = f"{every} on the {day}"
    else:
        words_on = every
    return words_on + (f", {found.count} times" if found.count else "")


def _ending(day: int) -> str:
    return "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _say_nth(count: int) -> str:
    return "last" if count < 0 else ("first", "second", "third", "fourth", "fifth")[count - 1]


def at_clock(day: date, seconds: int) -> datetime:
    """A naive local time."""
    return datetime.combine(day, time()) + timedelta(seconds=seconds)
