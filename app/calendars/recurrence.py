"""When the events of one .ics file happen: a calendar text in, occurrences out. No files here.

recurring-ical-events expands the rules; this file settles what it and real calendars leave open:
floating times, lengths across a clock change, cancelled occurrences, all-day ends. The parser
takes 0.2 s to import, so it is imported when the first file needs it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.calendars.guests import all_of, has_guests, organizer_name, people
from app.calendars.lines import event_blocks, logical_lines
from app.calendars.occurrences import instant, recurrence_id_of
from app.core.ports import Occurrence

if TYPE_CHECKING:
    from icalendar import Calendar

_MARK = "X-PHIAL-SOURCE"
_MARGIN = timedelta(days=2)
"""Floating times and local midnights lie at most 14 hours off; two days cover both and a DST."""

_ENDLESS = "an event ends after the last day there is"
_DURATION = re.compile(
    r"(-?)\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z", re.ASCII
)
_NEEDED = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")


class UnreadableCalendarError(ValueError):
    """The text is no calendar Phial can read; the message says why, without naming a file."""


@dataclass(frozen=True)
class Entry:
    """An occurrence, and whether it takes up time (TRANSP is not TRANSPARENT)."""

    occurrence: Occurrence
    busy: bool


@dataclass(frozen=True)
class CalendarObject:
    """One parsed file: `path` relative to the profile, `text` as it lies on the disk."""

    path: str
    text: str
    calendar: Calendar

    @cached_property
    def events(self) -> list[Any]:
        """The VEVENT components in the order of the file."""
        return list(self.calendar.walk("VEVENT"))

    @cached_property
    def recurring(self) -> frozenset[str]:
        """The UIDs of the events that repeat; a file may hold several events of either kind."""
        return frozenset(uid_of(event) for event in self.events if is_recurring(event))

    @cached_property
    def _recurrences(self) -> Any:
        return _query(self, self.recurring)

    @cached_property
    def _lengths(self) -> list[_Length]:
        pairs = zip(self.events, _raw_durations(self), strict=True)
        return [_Length(event, raw) for event, raw in pairs]


def preload() -> None:
    """Import the calendar parser ahead of its first use, from a thread that has time."""
    import recurring_ical_events  # noqa: F401


def parse(path: str, text: str) -> CalendarObject | None:
    """The calendar object in `text`; None if it holds only to-dos, journals or free/busy.

    Raises UnreadableCalendarError where the text is not a calendar or an event has no usable time.
    """
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(text.removeprefix("\ufeff"))
        if calendar.name != "VCALENDAR":
            raise UnreadableCalendarError("it does not hold a VCALENDAR")
        events = list(calendar.walk("VEVENT"))
        if not events:
            if calendar.walk("VTODO") or calendar.walk("VJOURNAL") or calendar.walk("VFREEBUSY"):
                return None
            raise UnreadableCalendarError("it holds no event")
        for event in events:
            _check_times(event)
    except UnreadableCalendarError:
        raise
    except Exception as error:  # the parser raises many kinds on a stranger's text
        raise UnreadableCalendarError("its text is not a valid calendar") from error
    if len(event_blocks(logical_lines(text.removeprefix("\ufeff")))) != len(events):
        raise UnreadableCalendarError("its text is not a valid calendar")
    return CalendarObject(path, text, calendar)


def _check_times(event: Any) -> None:
    broken = {str(name).upper() for name, _ in event.errors if name}
    for name in _NEEDED:
        if name in broken:
            raise UnreadableCalendarError(f"an event's {name} cannot be read")
    if "DTSTART" not in event or isinstance(event["DTSTART"], list):
        raise UnreadableCalendarError("an event has no start")
    if not isinstance(event["DTSTART"].dt, date):
        raise UnreadableCalendarError("an event's start is not a date or time")
    try:
        for length in all_of(event.get("DURATION")):
            event["DTSTART"].dt + length.dt + _MARGIN
    except OverflowError:
        raise UnreadableCalendarError(_ENDLESS) from None
    for rule in all_of(event.get("RRULE")):
        frequency = [str(value).upper() for value in all_of(rule.get("FREQ"))]
        if not frequency:
            raise UnreadableCalendarError("an event's RRULE cannot be read")
        if frequency[0] in ("SECONDLY", "MINUTELY"):
            raise UnreadableCalendarError("an event repeats every minute or second")


def uid_of(event: Any) -> str:
    """The UID of a component, "" where it has none: which event of its file it belongs to."""
    return str(event.get("UID", ""))


def is_recurring(event: Any) -> bool:
    """Whether the component repeats or replaces an occurrence of one that does."""
    return any(name in event for name in ("RRULE", "RDATE", "RECURRENCE-ID"))


def entries(source: CalendarObject, start: datetime, end: datetime) -> list[Entry]:
    """What overlaps [start, end), by start, in the zone of `start`. Ids are empty.

    Raises UnreadableCalendarError where a rule cannot be expanded, or a time is beyond all
    calendars.
    """
    try:
        return _entries(source, start, end)
    except OverflowError:
        raise UnreadableCalendarError(_ENDLESS) from None


def _entries(source: CalendarObject, start: datetime, end: datetime) -> list[Entry]:
    zone = start.tzinfo
    assert zone is not None, "start must be aware"
    found: list[Entry] = []
    if source.recurring:
        for component in _expanded(source, start, end):
            length = source._lengths[int(component[_MARK])]
            found.append(_entry(source.path, component, length, zone, recurring=True))
    for event, length in zip(source.events, source._lengths, strict=True):
        if length.uid not in source.recurring and not _is_cancelled(event):
            found.append(_entry(source.path, event, length, zone, recurring=False))
    found = [
        entry
        for entry in found
        if _within(entry.occurrence.start, entry.occurrence.end, start, end)
    ]
    return sorted(found, key=lambda entry: entry.occurrence.start.timestamp())


def _within(start: datetime, end: datetime, first: datetime, last: datetime) -> bool:
    a, b = start.timestamp(), end.timestamp()
    c, d = first.timestamp(), last.timestamp()
    return a < d and (b > c or a == b == c)


def happens(source: CalendarObject, uid: str) -> bool:
    """Whether the event of that UID has any occurrence left, at whatever time; True in doubt."""
    events = [event for event in source.events if uid_of(event) == uid]
    masters = [event for event in events if "RECURRENCE-ID" not in event]
    overrides = [event for event in events if "RECURRENCE-ID" in event]
    if any(not _is_cancelled(event) for event in overrides):
        return True
    if uid not in source.recurring or all(_is_cancelled(event) for event in masters):
        return any(not _is_cancelled(event) for event in masters)
    rules = [rule for event in masters for rule in all_of(event.get("RRULE"))]
    if any("COUNT" not in rule and "UNTIL" not in rule for rule in rules):
        return True  # only a rule with an end can run out of occurrences
    first = min(instant(event["DTSTART"].dt, UTC) for event in events)
    extra = [
        instant(value.dt[0] if isinstance(value.dt, tuple) else value.dt, UTC)
        for event in masters
        for dates in all_of(event.get("RDATE"))
        for value in dates.dts
    ]
    try:
        coming = _query(source, (uid,)).after(min([first, *extra]) - _MARGIN)
        return any(not _is_cancelled(component) for component in coming)
    except Exception:  # rules come from strangers, and dateutil raises many kinds
        return True  # what cannot be followed to its end may have something left


def _is_cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _query(source: CalendarObject, uids: Collection[str]) -> Any:
    """What expands the events of these UIDs; each carries the number of its component."""
    import recurring_ical_events

    calendar = source.calendar.copy(recursive=True)
    kept = []
    for index, event in enumerate(calendar.walk("VEVENT")):
        if uid_of(event) in uids:
            kept.append(event)
        event.add(_MARK, str(index))
        if "UID" not in event:
            event.add("UID", source.path)
    calendar.subcomponents = [part for part in calendar.subcomponents if part.name == "VTIMEZONE"]
    calendar.subcomponents += kept
    return recurring_ical_events.of(calendar)


def _expanded(source: CalendarObject, start: datetime, end: datetime) -> list[Any]:
    try:
        found = source._recurrences.between(start - _MARGIN, end + _MARGIN)
    except Exception as error:  # rules come from strangers, and dateutil raises many kinds
        raise UnreadableCalendarError("an event's rule of repetition cannot be read") from error
    return [item for item in found if not _is_cancelled(item)]


def _raw_durations(source: CalendarObject) -> list[str]:
    """DURATION as written, one for each event: the parser cannot tell P1D from PT24H."""
    blocks = event_blocks(logical_lines(source.text.removeprefix("\ufeff")))
    return [next((item.value.strip() for item in block.all("DURATION")), "") for block in blocks]


class _Length:
    """How long each occurrence of one VEVENT lasts (RFC 5545, 3.8.5.3).

    DTEND fixes an exact length for every occurrence; DURATION counts days by the calendar and
    hours by the clock.
    """

    def __init__(self, event: Any, raw_duration: str) -> None:
        self.uid = uid_of(event)
        self.start: date | datetime = event["DTSTART"].dt
        self.end: date | datetime | None = event["DTEND"].dt if "DTEND" in event else None
        self.duration = _DURATION.match(raw_duration.upper()) if self.end is None else None
        self.periods = any(
            str(item.params.get("VALUE", "")).upper() == "PERIOD"
            for item in all_of(event.get("RDATE"))
        )
        self.future = str(
            event["RECURRENCE-ID"].params.get("RANGE", "") if "RECURRENCE-ID" in event else ""
        ).upper()
        self.replaces = event["RECURRENCE-ID"].dt if "RECURRENCE-ID" in event else None

    def days(self) -> int:
        """The length of an all-day event, at least one day."""
        start = self.start
        if self.end is not None:
            end = self.end.date() if isinstance(self.end, datetime) else self.end
            return max(1, (end - start).days)
        days, exact = self._nominal()
        return max(1, days + -(-exact // timedelta(days=1)))

    def _nominal(self) -> tuple[int, timedelta]:
        if self.duration is None or self.duration.group(1):
            return 0, timedelta()
        weeks, days, hours, minutes, seconds = (int(n or 0) for n in self.duration.groups()[1:])
        return weeks * 7 + days, timedelta(hours=hours, minutes=minutes, seconds=seconds)

    def end_of(self, start: date | datetime, zone: tzinfo) -> datetime:
        """The end of the occurrence that starts at `start`, in UTC."""
        begin = instant(start, zone).astimezone(UTC)
        if self.end is not None:
            exact = instant(self.end, zone).astimezone(UTC) - instant(self.start, zone)
            if exact <= timedelta():
                # A start inside the spring gap moves past its end; the length on the wall holds.
                exact = _wall(self.end) - _wall(self.start)
            return begin + max(exact, timedelta())
        days, exact = self._nominal()
        if days:
            wall = instant(start, zone)
            own = start.tzinfo if isinstance(start, datetime) and start.tzinfo else zone
            begin = (wall.astimezone(own) + timedelta(days=days)).astimezone(UTC)
        return begin + exact


def _wall(value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return datetime.combine(value, time())


def _entry(path: str, event: Any, length: _Length, zone: tzinfo, *, recurring: bool) -> Entry:
    start: date | datetime = event["DTSTART"].dt
    all_day = not isinstance(start, datetime)
    if all_day:
        begin = instant(start, zone)
        end = instant(start + timedelta(days=length.days()), zone)
    else:
        begin = instant(start, zone)
        if length.periods and "DTEND" in event:
            end = max(begin, instant(event["DTEND"].dt, zone), key=datetime.timestamp)
        else:
            end = length.end_of(start, zone).astimezone(zone)
    occurrence = Occurrence(
        id="",
        uid=length.uid,
        recurrence_id=_recurrence_id(event, length) if recurring else "",
        path=path,
        title=str(event.get("SUMMARY", "")).strip(),
        start=begin,
        end=end,
        all_day=all_day,
        where=str(event.get("LOCATION", "")).strip(),
        attendees=people(event),
        invited=has_guests(event),
        organizer=organizer_name(event),
    )
    return Entry(occurrence, busy=str(event.get("TRANSP", "")).upper() != "TRANSPARENT")


def _recurrence_id(event: Any, length: _Length) -> str:
    value: date | datetime = event["RECURRENCE-ID"].dt
    start: date | datetime = event["DTSTART"].dt
    if length.future == "THISANDFUTURE" and start != length.start:
        # Later occurrences of such an override carry its id; theirs is the rule's own time.
        zone = value.tzinfo if isinstance(value, datetime) else None
        moved = _wall_in(zone, length.start) - _wall(length.replaces or length.start)
        due = _wall_in(zone, start) - moved
        value = due.replace(tzinfo=zone) if isinstance(value, datetime) else due.date()
    return recurrence_id_of(value)


def _wall_in(zone: tzinfo | None, value: date | datetime) -> datetime:
    """What the clock of a zone shows then; a floating time and a date stay what they are."""
    if isinstance(value, datetime) and value.tzinfo is not None and zone is not None:
        value = value.astimezone(zone)
    return _wall(value)
