"""A calendar file around events taken out of another one: its frame and its time zones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.calendars.lines import line_end, logical_lines, parse_property
from app.calendars.recurrence import parse
from app.calendars.timezones import timezone_component

_LAST_YEAR = 2037


def calendar_with(text: str, components: Sequence[str]) -> str:
    """A calendar with the frame and the time zones of `text`, and these events, each as text.

    A zone that their times name and `text` does not explain is explained.
    """
    head, last = _frame(text.removeprefix("\ufeff"))
    whole = "".join([*head, *components, last])
    source = parse("", whole)
    assert source is not None, "events were put into it"
    first = min(event["DTSTART"].dt.year for event in source.events)
    missing = sorted(source.calendar.get_missing_tzids())
    zones = [zone_text(name, first, line_end(text)) for name in missing]
    return "".join([*head, *zones, *components, last])


def _frame(text: str) -> tuple[list[str], str]:
    """What stands before the components of a calendar and is for all of them, and its last line.

    A METHOD is left out: it is about the message the file came in.
    """
    kept: list[str] = []
    inside: list[str] = []
    for index, line in enumerate(logical_lines(text)):
        found = parse_property(line, index)
        name, value = (found.name, found.value.strip().upper()) if found else ("", "")
        if name == "END" and len(inside) == 1:
            return kept, line
        if name == "BEGIN":
            inside.append(value)
        if (len(inside) == 1 and name != "METHOD") or "VTIMEZONE" in inside:
            kept.append(line)
        if name == "END" and inside:
            inside.pop()
    return kept, ""


def zone_text(name: str, year: int, end: str) -> str:
    """The VTIMEZONE of an IANA zone from that year on; "" for a name that is none."""
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return ""
    since = datetime(max(year, 2), 1, 2, tzinfo=zone)
    data: bytes = timezone_component(since, _LAST_YEAR).to_ical()
    return data.decode().replace("\r\n", end)
