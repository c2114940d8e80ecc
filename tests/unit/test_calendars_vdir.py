"""Calendar folders as people and programs leave them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.calendars import vdir
from tests.support.calendar_profile import (
    BERLIN,
    NOW,
    Profile,
    berlin,
    calendar_of,
    ics,
    open_profile,
)

WEEK = (NOW, NOW + timedelta(days=7))
LUNCH = berlin("lunch", "20261120T120000", "20261120T130000")


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    with open_profile(tmp_path / "p") as opened:
        yield opened


def titles(profile: Profile) -> list[str]:
    return [each.title for each in profile.calendar.read(*WEEK).occurrences]


def test_a_profile_without_calendars_has_no_events_and_no_problem(profile: Profile) -> None:
    (profile.root / "calendars").rmdir()
    reading = profile.calendar.read(*WEEK)
    assert (reading.occurrences, reading.problem) == ((), None)


def test_events_of_all_calendars_come_by_start(profile: Profile) -> None:
    profile.put(LUNCH, "b.ics")
    profile.put(berlin("early", "20261119T080000", "20261119T090000"), "a.ics", "work")
    assert titles(profile) == ["early", "lunch"]


def test_ids_stay_the_same_and_lead_back(profile: Profile) -> None:
    profile.put(LUNCH)
    profile.put(
        berlin("standup", "20261116T091500", "20261116T093000", "RRULE:FREQ=DAILY"), "s.ics"
    )
    first = profile.calendar.occurrences(*WEEK)
    assert [each.id for each in first] == [each.id for each in profile.calendar.occurrences(*WEEK)]
    assert len({each.id for each in first}) == len(first) > 5
    for each in first:
        assert profile.calendar.by_id(each.id, NOW) == each
    (profile.root / first[0].path).unlink()
    assert profile.calendar.by_id(first[0].id, NOW) is None
    assert profile.calendar.by_id("e999", NOW) is None


def test_an_id_finds_an_occurrence_that_was_moved_far_away(profile: Profile) -> None:
    text = berlin("standup", "20261116T091500", "20261116T093000", "RRULE:FREQ=DAILY;COUNT=3")
    moved = (
        "BEGIN:VEVENT\r\nUID:one\r\nSUMMARY:standup\r\nRECURRENCE-ID:20261117T081500Z\r\n"
        "DTSTART:20261230T081500Z\r\nDTEND:20261230T083000Z\r\nEND:VEVENT\r\n"
    )
    profile.put(text.replace("END:VCALENDAR", moved + "END:VCALENDAR"))
    late = profile.calendar.occurrences(NOW + timedelta(days=40), NOW + timedelta(days=50))
    assert [each.recurrence_id for each in late] == ["20261117T081500Z"]
    assert profile.calendar.by_id(late[0].id, NOW) == late[0]


def test_other_files_hidden_ones_and_todos_are_passed_over(profile: Profile) -> None:
    profile.put(LUNCH)
    profile.put("not a calendar", "notes.txt")
    profile.put("half-written", ".phial-0123.tmp")
    profile.put("half-written", ".hidden.ics")
    profile.put(calendar_of("BEGIN:VTODO\r\nUID:t\r\nSUMMARY:buy milk\r\nEND:VTODO\r\n"), "t.ics")
    reading = profile.calendar.read(*WEEK)
    assert ([each.title for each in reading.occurrences], reading.problem) == (["lunch"], None)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"garbage",
        b"\x00\x01\x02\xff",
        "BEGIN:VCALENDAR\r\nSUMMARY:caf\xe9\r\nEND:VCALENDAR".encode("latin-1"),
        LUNCH[: len(LUNCH) // 2].encode(),
        ics("DTSTART:20261").encode(),
        ics("SUMMARY:no time").encode(),
    ],
)
def test_a_broken_file_is_a_problem_beside_the_answer_and_is_not_touched(
    profile: Profile, broken: bytes
) -> None:
    profile.put(LUNCH)
    file = profile.put(broken, "broken.ics")
    reading = profile.calendar.read(*WEEK)
    assert [each.title for each in reading.occurrences] == ["lunch"]
    assert reading.problem is not None
    assert reading.problem.code == "broken_calendar_file"
    assert "calendars/personal/broken.ics" in reading.problem.message
    assert file.read_bytes() == broken


def test_links_are_not_followed_out_of_the_profile(profile: Profile, tmp_path: Path) -> None:
    outside = tmp_path / "outside.ics"
    outside.write_text(LUNCH)
    folder = profile.put(LUNCH).parent
    (folder / "link.ics").symlink_to(outside)
    (profile.root / "calendars" / "linked").symlink_to(tmp_path)
    assert titles(profile) == ["lunch"]


def test_an_event_with_a_byte_order_mark_and_plain_line_ends_is_read(profile: Profile) -> None:
    profile.put("\ufeff" + LUNCH.replace("\r\n", "\n"))
    assert titles(profile) == ["lunch"]


@pytest.mark.parametrize("days", [0, 1, 3, 30, 400])
def test_skipping_far_files_changes_no_answer(
    profile: Profile, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = NOW + timedelta(days=days)
    profile.put_all(
        {
            "near.ics": LUNCH,
            "zulu.ics": ics("SUMMARY:z", f"DTSTART:{day:%Y%m%d}T230000Z"),
            "day.ics": ics("SUMMARY:d", f"DTSTART;VALUE=DATE:{day:%Y%m%d}"),
            "long.ics": ics("SUMMARY:l", "DTSTART:20260101T000000Z", "DTEND:20271231T000000Z"),
            "span.ics": ics("SUMMARY:s", "DTSTART:20260101T000000Z", "DURATION:P2000D"),
            "rule.ics": ics("SUMMARY:r", "DTSTART:20260101T000000Z", "RRULE:FREQ=WEEKLY"),
            "folded.ics": ics("SUMMARY:f", "DTSTART\r\n ;TZID=Europe/Berlin:20261121T1\r\n 20000"),
        }
    )
    windows = [(NOW + timedelta(days=n), NOW + timedelta(days=n + 1)) for n in (-2, 0, 2, 29, 399)]
    quick = [profile.calendar.read(*window).occurrences for window in windows]
    monkeypatch.setattr(vdir, "_lies_outside", lambda *_: False)
    assert quick == [profile.calendar.read(*window).occurrences for window in windows]


def test_a_far_file_is_not_parsed(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    profile.put(berlin("far", "20300101T120000", "20300101T130000"))
    monkeypatch.setattr(vdir, "parse", lambda path, text: pytest.fail(f"parsed {path}"))
    assert titles(profile) == []


def test_the_next_of_a_series_is_the_one_not_over(profile: Profile) -> None:
    profile.put(berlin("s", "20261116T091500", "20261116T093000", "RRULE:FREQ=DAILY"))
    path = "calendars/personal/one.ics"
    found = profile.calendar.next_of(path, datetime(2026, 11, 18, 12, tzinfo=BERLIN))
    assert found is not None and found.start.day == 19
    assert profile.calendar.next_of("calendars/../../etc/passwd", NOW) is None
