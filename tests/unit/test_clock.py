"""What `--now` means, in which zone."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core.clock import fixed_zone, parse_now, zone_named
from app.core.errors import KnownError

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "instant", "zone"),
    [
        ("2026-11-18T09:30[Europe/Berlin]", "2026-11-18T09:30:00+01:00", "Europe/Berlin"),
        ("2026-11-18T09:30[Asia/Kolkata]", "2026-11-18T09:30:00+05:30", "Asia/Kolkata"),
        ("2026-07-01T09:30", "2026-07-01T09:30:00+02:00", "Europe/Berlin"),
        ("2026-11-18T09:30+01:00", "2026-11-18T09:30:00+01:00", "Europe/Berlin"),
        ("2026-11-18T09:30+05:30", "2026-11-18T09:30:00+05:30", None),
        ("2026-11-18T09:30Z", "2026-11-18T09:30:00+00:00", None),
        ("2026-11-18T09:30-03:00", "2026-11-18T09:30:00-03:00", None),
        ("2026-11-18T12:00Z[Europe/Berlin]", "2026-11-18T13:00:00+01:00", "Europe/Berlin"),
        ("2026-11-18", "2026-11-18T00:00:00+01:00", "Europe/Berlin"),
    ],
)
def test_now_is_read_in_its_zone(text: str, instant: str, zone: str | None) -> None:
    clock = parse_now(text, BERLIN)
    assert clock.now.isoformat() == instant
    assert clock.zone.key == zone
    assert clock.now.tzinfo is clock.zone


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-11-18T09:30[", "[Europe/Berlin]"])
def test_nonsense_gets_a_sentence(text: str) -> None:
    with pytest.raises(KnownError) as raised:
        parse_now(text, BERLIN)
    assert raised.value.code == "bad_now"


@pytest.mark.parametrize("name", ["Mars/Olympus", "../etc/passwd", "", "/etc/localtime", "a" * 300])
def test_an_unknown_zone_gets_a_sentence(name: str) -> None:
    with pytest.raises(KnownError) as raised:
        zone_named(name)
    assert raised.value.code == "unknown_zone"


def test_a_fixed_zone_has_its_offset_all_year_and_says_so() -> None:
    zone = fixed_zone(timedelta(hours=5, minutes=45))
    clock = parse_now("2026-07-01T00:00+05:45", BERLIN)
    assert clock.now.utcoffset() == timedelta(hours=5, minutes=45)
    assert clock.now.tzname() == "UTC+05:45"
    assert zone.key is None
