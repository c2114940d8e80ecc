"""What changes come to, told without what is different each time: for comparing runs."""

from __future__ import annotations

import re
from datetime import date

_START = re.compile(r"^DTSTART(?:;[^:\r\n]*)?:(\d{8})T(\d{4})", re.MULTILINE)
_ZONES = re.compile(r"BEGIN:VTIMEZONE.*END:VTIMEZONE", re.DOTALL)
_TITLE = re.compile(r"^SUMMARY:(.*?)\r?$", re.MULTILINE)


def effect(target: str, before: str | None, after: str | None, today: date) -> tuple[str, str]:
    """One change in two words.

    Of an event its title and its new start as days from `today` and time ("+1d 0900"), "gone", or
    its new title; of a message its file's name and where it went, or "answered"; of what is
    written the folder and to whom.
    """
    room = target.partition(":")[0]
    if room == "calendar":
        return _of_event(_ZONES.sub("", before or ""), _ZONES.sub("", after or ""), today)
    if room == "message":
        name = target.rpartition("/")[2].removesuffix(".eml")
        (place,) = re.findall(r'"folder":"(\w+)"', after or "")
        return name, "answered" if '"answered"' in (after or "") else place
    (to,) = re.findall(r"^To: .*<(.*)>", (after or "").partition("\r\n\r\n")[0], re.MULTILINE)
    return target.split("/")[-2], to


def _of_event(before: str, after: str, today: date) -> tuple[str, str]:
    if not after:
        return _TITLE.findall(before)[0], "gone"
    moved = set(_START.findall(after)) - set(_START.findall(before))
    if not moved:
        return _TITLE.findall(before)[0], _TITLE.findall(after)[0]
    ((day, hour),) = moved
    return _TITLE.findall(after)[-1], f"{(date.fromisoformat(day) - today).days:+}d {hour}"
