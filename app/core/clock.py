"""Which instant and zone a request is understood in, and reading them from text."""

from __future__ import annotations

import re
import struct
from datetime import datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.errors import KnownError
from app.core.ports import Clock

_YEARS = (1900, 2200)
_NOW = re.compile(r"(?P<iso>[^\[\]]+?)(?:\[(?P<zone>[^\[\]]+)\])?")


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone `name`. Raises KnownError("unknown_zone")."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise KnownError(
            "unknown_zone",
            f"There is no time zone called {name!r}.",
            "Use a name such as Europe/Berlin or America/New_York.",
        ) from None


def system_clock(zone: ZoneInfo) -> Clock:
    """Now, in `zone`."""
    return Clock(datetime.now(zone), zone)


def parse_now(text: str, profile_zone: ZoneInfo) -> Clock:
    """The clock that "2026-11-18T09:30[Europe/Berlin]" fixes.

    Without a bracketed zone the profile's is taken; a bare offset that differs from it at that
    instant becomes the zone itself. Raises KnownError("bad_now") or KnownError("unknown_zone").
    """
    match = _NOW.fullmatch(text.strip())
    try:
        instant = datetime.fromisoformat(match["iso"] if match else "")
        if not _YEARS[0] <= instant.year <= _YEARS[1]:
            raise ValueError("beyond what zones and calendars can express")
    except ValueError:
        raise KnownError(
            "bad_now",
            f"{text!r} is not a date and time from {_YEARS[0]} to {_YEARS[1]}.",
            'Write it as "2026-11-18T09:30[Europe/Berlin]".',
        ) from None
    assert match is not None
    zone = zone_named(match["zone"]) if match["zone"] else profile_zone
    if instant.tzinfo is None:
        return Clock(instant.replace(tzinfo=zone), zone)
    offset = instant.utcoffset()
    local = instant.astimezone(zone)
    if local.utcoffset() == offset or match["zone"]:
        return Clock(local, zone)
    fixed = fixed_zone(offset or timedelta(0))
    return Clock(instant.astimezone(fixed), fixed)


def fixed_zone(offset: timedelta) -> ZoneInfo:
    """A zone of one constant offset from UTC; it has no key, as no IANA name fits every offset."""
    seconds = int(offset.total_seconds())
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    name = f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}"
    # A TZif version 1 file (RFC 8536) with no transitions, one local time type, one name.
    header = b"TZif" + b"\0" * 16 + struct.pack(">6l", 0, 0, 0, 0, 1, len(name) + 1)
    body = struct.pack(">lbB", seconds, 0, 0) + name.encode() + b"\0"
    return ZoneInfo.from_file(BytesIO(header + body))
