"""Calendar folders as people and programs leave them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.calendars import vdir
from app.calendars.recurrence import CalendarObject, parse
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.paths import ProfilePaths
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
    first = profile.occurrences(*WEEK)
    assert [each.id for each in first] == [each.id for each in profile.occurrences(*WEEK)]
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
    late = profile.occurrences(NOW + timedelta(days=40), NOW + timedelta(days=50))
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
    monkeypatch.setattr(vdir, "lies_outside", lambda *_: False)
    assert quick == [profile.calendar.read(*window).occurrences for window in windows]


def test_a_far_file_is_not_parsed(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    profile.put(berlin("far", "20300101T120000", "20300101T130000"))
    monkeypatch.setattr(vdir, "parse", lambda path, text: pytest.fail(f"parsed {path}"))
    assert titles(profile) == []


def test_a_file_is_parsed_once_until_it_changes(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: list[str] = []

    def counted(path: str, text: str) -> CalendarObject | None:
        parsed.append(path)
        return parse(path, text)

    monkeypatch.setattr(vdir, "parse", counted)
    profile.put(LUNCH)
    first = profile.occurrences(*WEEK)[0]
    profile.calendar.read(NOW, NOW + timedelta(days=60))
    assert profile.calendar.by_id(first.id, NOW) == first
    profile.calendar.source(first.path)
    assert parsed == [first.path]
    profile.put(LUNCH.replace("lunch", "brunch"))
    assert titles(profile) == ["brunch"]
    assert parsed == [first.path] * 2


def test_what_is_known_of_files_goes_with_them(profile: Profile) -> None:
    file = profile.put(LUNCH)
    found = profile.occurrences(*WEEK)
    file.unlink()
    assert titles(profile) == []
    assert profile.calendar.by_id(found[0].id, NOW) is None
    profile.put(LUNCH)
    assert titles(profile) == ["lunch"]


def test_one_event_is_found_without_listing_the_folders(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile.put(LUNCH)
    first = profile.occurrences(*WEEK)[0]
    monkeypatch.setattr(vdir, "_listing", lambda *_: pytest.fail("listed"))
    assert profile.calendar.by_id(first.id, NOW) == first
    assert profile.calendar.next_of(first.path, NOW) is not None


@pytest.mark.parametrize(
    "path",
    [
        "calendars/../outside.ics",
        "calendars/personal/../../outside.ics",
        "calendars/personal/../personal/one.ics",
        "calendars/linked/outside.ics",
        "calendars/personal/link.ics",
        "calendars/personal/.one.ics",
        "calendars//one.ics",
        "personal/one.ics",
        "outside.ics",
        "calendars/personal/one.ics\0",
        "calendars",
        "",
    ],
)
def test_an_id_leads_only_to_files_a_look_would_find(profile: Profile, path: str) -> None:
    folder = profile.put(LUNCH).parent
    (folder / ".one.ics").write_text(LUNCH)
    (profile.root / "outside.ics").write_text(LUNCH)
    (folder / "link.ics").symlink_to(profile.root / "outside.ics")
    (folder.parent / "linked").symlink_to(profile.root)
    known = profile.occurrences(*WEEK)[0]
    (forged,) = profile.calendar.identified([replace(known, path=path)])
    assert profile.calendar.by_id(forged.id, NOW) is None
    assert profile.calendar.next_of(path, NOW) is None


def test_many_new_ids_are_written_at_once(profile: Profile) -> None:
    profile.put(berlin("s", "20261116T091500", "20261116T093000", "RRULE:FREQ=DAILY"))
    asked: list[list[str]] = []

    class Ids(DatabaseIdMap):
        def ids_for(self, kind: str, keys: Iterable[str]) -> list[str]:
            asked.append(list(keys))
            return super().ids_for(kind, asked[-1])

    paths = ProfilePaths(profile.root)
    with closing(open_database(paths)) as connection:
        calendar = Vdir(paths.calendars, Ids(connection))
        calendar.identified(calendar.read(*WEEK).occurrences)
    assert [len(keys) for keys in asked] == [7]


def test_a_linked_calendar_folder_is_refused_before_anything_is_planned(
    profile: Profile, tmp_path: Path
) -> None:
    folder = profile.root / "calendars"
    (folder / "linked").symlink_to(tmp_path)
    (folder / "file").write_text("x")
    for name in ("linked", "file"):
        with pytest.raises(KnownError) as caught:
            profile.calendar.require_folder(name)
        assert caught.value.code == "bad_target" and name in caught.value.message
    profile.calendar.require_folder("new")
    profile.put(LUNCH)
    profile.calendar.require_folder("personal")


def test_the_next_of_a_series_is_the_one_not_over(profile: Profile) -> None:
    profile.put(berlin("s", "20261116T091500", "20261116T093000", "RRULE:FREQ=DAILY"))
    path = "calendars/personal/one.ics"
    found = profile.calendar.next_of(path, datetime(2026, 11, 18, 12, tzinfo=BERLIN))
    assert found is not None and found.start.day == 19
    assert profile.calendar.next_of("calendars/../../etc/passwd", NOW) is None
