"""What is written when events are added and cancelled: whole texts, and nothing else touched."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from app.calendars.changes import NewEvent, plan_cancel, plan_create
from app.calendars.editing import Scope
from app.calendars.lines import folded, logical_lines
from app.calendars.recurrence import entries, parse
from app.core.errors import KnownError
from app.core.ports import Occurrence
from app.core.proposals import Change, version_of
from tests.support.calendar_profile import (
    BERLIN,
    NOW,
    Profile,
    berlin,
    calendar_of,
    event,
    ics,
    open_profile,
)

PATH = "calendars/personal/one.ics"
NOON = datetime(2026, 11, 20, 12, tzinfo=BERLIN)
WINDOW = (datetime(2026, 10, 1, tzinfo=BERLIN), datetime(2027, 2, 1, tzinfo=BERLIN))


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    with open_profile(tmp_path / "p") as opened:
        yield opened


def created(new: NewEvent) -> Change:
    return plan_create(new, now=NOW, summary="Add it", new_uid=lambda: "one")


def listed(text: str) -> list[Occurrence]:
    source = parse(PATH, text)
    assert source is not None
    return [entry.occurrence for entry in entries(source, *WINDOW)]


def cancelled(text: str, which: list[int], scope: Scope) -> Change:
    source = parse(PATH, text)
    assert source is not None
    chosen = [listed(text)[index] for index in which]
    return plan_cancel(source, chosen, scope, now=NOW, summary="Cancel it")


def days(text: str | None) -> list[int]:
    assert text is not None
    return [each.start.day for each in listed(text)]


def test_a_new_event_is_a_calendar_other_programs_read() -> None:
    change = created(
        NewEvent(
            "lunch; with, Anna — at Café",
            NOON,
            NOON + timedelta(hours=1),
            attendees=("Anna", "bo@example.org"),
            where="Café Luna",
            notes="bring\nmoney",
            remind=timedelta(minutes=15),
        )
    )
    assert (change.target, change.kind) == (f"calendar:{PATH}", "create event")
    assert (change.before, change.expected_version) == (None, "")
    assert change.after is not None
    lines = change.after.split("\r\n")
    assert "\n" not in change.after.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert "DTSTART;TZID=Europe/Berlin:20261120T120000" in lines
    assert "DTSTAMP:20261118T083000Z" in lines and "CREATED:20261118T083000Z" in lines
    assert "SEQUENCE:0" in lines and "UID:one" in lines
    assert "ATTENDEE;CN=Anna:invalid:nomail" in lines
    assert "ORGANIZER" not in change.after
    assert "TRIGGER:-PT15M" in lines
    whole = Calendar.from_ical(change.after)
    assert not whole.get_missing_tzids()
    (only,) = whole.walk("VEVENT")
    assert only["SUMMARY"] == "lunch; with, Anna — at Café"
    assert only["DESCRIPTION"] == "bring\nmoney"
    (read,) = listed(change.after)
    assert (read.start, read.end) == (NOON, NOON + timedelta(hours=1))
    assert (read.attendees, read.invited) == (("Anna", "bo@example.org"), False)


def test_a_new_all_day_event_has_dates() -> None:
    change = created(NewEvent("holiday", date(2026, 11, 20), date(2026, 11, 22)))
    assert change.after is not None
    assert "DTSTART;VALUE=DATE:20261120\r\nDTEND;VALUE=DATE:20261122" in change.after
    assert "VTIMEZONE" not in change.after


def test_a_new_series_repeats() -> None:
    new = NewEvent("yoga", NOON, NOON + timedelta(hours=1), rrule="FREQ=WEEKLY;BYDAY=FR")
    change = created(new)
    assert change.after is not None
    assert "RRULE:FREQ=WEEKLY;BYDAY=FR" in change.after
    assert days(change.after)[:3] == [20, 27, 4]


def test_a_time_without_a_named_zone_is_written_in_utc() -> None:
    utc = NOON.astimezone(ZoneInfo("UTC"))
    change = created(NewEvent("x", utc, utc + timedelta(hours=1)))
    assert change.after is not None and "DTSTART:20261120T110000Z" in change.after


def test_text_from_outside_cannot_add_lines() -> None:
    evil = "x\r\nATTENDEE:mailto:a@example.org\nEND:VEVENT"
    change = created(NewEvent(evil, NOON, NOON, attendees=('A"\r\nX:y',), where=evil, notes=evil))
    assert change.after is not None
    names = [line.split(":")[0].split(";")[0] for line in logical_lines(change.after)]
    assert names.count("ATTENDEE") == 1 and names.count("END") == names.count("BEGIN")
    assert "X" not in names


@pytest.mark.parametrize(
    ("guest", "line"),
    [
        ("bo@example.org", "ATTENDEE;CN=bo@example.org:mailto:bo@example.org"),
        ("Bo <bo@example.org>", "ATTENDEE;CN=Bo:mailto:bo@example.org"),
        ('"Bo, B." <bo@example.org>', 'ATTENDEE;CN="Bo, B.":mailto:bo@example.org'),
        (" @ ", "ATTENDEE;CN=@:invalid:nomail"),
        ("Anna @ work", 'ATTENDEE;CN="Anna @ work":invalid:nomail'),
        ("a@b.org?bcc=c@d.org", "ATTENDEE;CN=a@b.org?bcc=c@d.org:invalid:nomail"),
        ("a@b.org, c@d.org", 'ATTENDEE;CN="a@b.org, c@d.org":invalid:nomail'),
        ("Bo <bo@example>", 'ATTENDEE;CN="Bo <bo@example>":invalid:nomail'),
    ],
)
def test_only_a_mail_address_becomes_a_calendar_address(guest: str, line: str) -> None:
    change = created(NewEvent("x", NOON, NOON, attendees=(guest,)))
    assert change.after is not None
    assert f"{line}\r\n" in change.after.replace("\r\n ", "")


def test_each_new_event_has_a_uid_of_its_own() -> None:
    new = NewEvent("x", NOON, NOON)
    first, second = (plan_create(new, now=NOW, summary="") for _ in range(2))
    assert first.target != second.target
    assert re.fullmatch(r"calendar:calendars/personal/[0-9a-f-]{36}\.ics", first.target)


def test_cancelling_a_single_event_removes_its_file() -> None:
    text = berlin("lunch", "20261120T120000", "20261120T130000")
    change = cancelled(text, [0], "this")
    assert (change.before, change.after) == (text, None)
    assert change.expected_version == version_of(text)


SERIES = berlin(
    "standup",
    "20261116T091500",
    "20261116T093000",
    "RRULE:FREQ=DAILY;COUNT=5",
    'X-UNKNOWN;A="b:c":kept exactly as it is, also when this line is longer tha\r\n n 75 octets',
    "SEQUENCE:4",
)


def test_cancelling_one_occurrence_adds_one_exception_and_keeps_every_other_line() -> None:
    change = cancelled(SERIES, [2], "this")
    assert change.after is not None
    before, after = logical_lines(SERIES), logical_lines(change.after)
    assert [line for line in before if line not in after] == ["SEQUENCE:4\r\n"]
    assert sorted(line for line in after if line not in before) == [
        "EXDATE;TZID=Europe/Berlin:20261118T091500\r\n",
        "LAST-MODIFIED:20261118T083000Z\r\n",
        "SEQUENCE:5\r\n",
    ]
    assert days(change.after) == [16, 17, 19, 20]


def test_cancelling_two_occurrences_of_a_series_is_one_change() -> None:
    assert days(cancelled(SERIES, [0, 4], "this").after) == [17, 18, 19]


@pytest.mark.parametrize(
    ("start", "exception"),
    [
        ("DTSTART:20261116T081500Z", "EXDATE:20261117T081500Z"),
        ("DTSTART:20261116T091500", "EXDATE:20261117T091500"),
        ("DTSTART;VALUE=DATE:20261116", "EXDATE;VALUE=DATE:20261117"),
    ],
)
def test_an_exception_is_written_the_way_the_start_is(start: str, exception: str) -> None:
    change = cancelled(ics(start, "RRULE:FREQ=DAILY;COUNT=3"), [1], "this")
    assert change.after is not None and f"{exception}\r\n" in change.after
    assert days(change.after) == [16, 18]


def test_cancelling_a_moved_occurrence_takes_its_override_too() -> None:
    override = event(
        "SUMMARY:standup, late",
        "RECURRENCE-ID:20261117T081500Z",
        "DTSTART;TZID=Europe/Berlin:20261117T150000",
        "DTEND;TZID=Europe/Berlin:20261117T151500",
    )
    text = SERIES.replace("END:VCALENDAR", override + "END:VCALENDAR")
    change = cancelled(text, [1], "this")
    assert change.after is not None and "late" not in change.after
    assert days(change.after) == [16, 18, 19, 20]


@pytest.mark.parametrize(
    "start", ["DTSTART;TZID=Europe/Berlin:20261116T091500", "DTSTART:20261116T091500Z",
              "DTSTART:20261116T091500", "DTSTART;VALUE=DATE:20261116"],
)  # fmt: skip
@pytest.mark.parametrize(
    "rule", ["FREQ=DAILY", "FREQ=DAILY;COUNT=9", "FREQ=DAILY;UNTIL=20261130T000000Z"]
)
def test_cancelling_the_following_ones_ends_the_series_before(start: str, rule: str) -> None:
    text = ics(start, f"RRULE:{rule}")
    change = cancelled(text, [3], "following")
    assert change.after is not None and "COUNT" not in change.after
    assert days(change.after) == [16, 17, 18]


def test_cancelling_the_following_ones_drops_later_extra_dates_and_overrides() -> None:
    text = calendar_of(
        event(
            "DTSTART;TZID=Europe/Berlin:20261116T091500",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "RDATE;TZID=Europe/Berlin:20261118T091500,20261201T091500",
        ),
        event("RECURRENCE-ID:20261130T081500Z", "DTSTART:20261129T081500Z"),
    )
    assert days(text) == [16, 18, 23, 29, 1, 7]
    assert days(cancelled(text, [2], "following").after) == [16, 18]


def test_cancelling_from_the_first_on_or_the_whole_series_removes_the_file() -> None:
    assert cancelled(SERIES, [0], "following").after is None
    assert cancelled(SERIES, [2], "all").after is None


def test_a_file_of_one_lone_override_goes_with_it() -> None:
    text = ics("RECURRENCE-ID:20261117T081500Z", "DTSTART:20261117T101500Z")
    assert cancelled(text, [0], "this").after is None


def test_plain_line_ends_stay_plain() -> None:
    change = cancelled(SERIES.replace("\r\n", "\n"), [1], "this")
    assert change.after is not None and "\r" not in change.after


def test_folding_keeps_every_character_and_never_splits_one() -> None:
    line = "SUMMARY:" + "käse€😀" * 40
    text = folded(line, "\r\n")
    assert all(len(piece.encode()) <= 75 for piece in text.split("\r\n"))
    assert text.replace("\r\n ", "").removesuffix("\r\n") == line


def test_a_change_is_applied_and_its_inverse_restores_the_bytes(profile: Profile) -> None:
    file = profile.put(SERIES)
    change = cancelled(SERIES, [1], "this")
    profile.store.apply(change)
    assert profile.store.version(change.target) == version_of(change.after)
    profile.store.apply(change.inverse("c1"))
    assert file.read_bytes() == SERIES.encode()
    removal = cancelled(SERIES, [1], "all")
    profile.store.apply(removal)
    assert not file.exists()
    profile.store.apply(removal.inverse("c2"))
    assert file.read_bytes() == SERIES.encode()


def test_a_file_changed_meanwhile_is_left_as_it_is(profile: Profile) -> None:
    file = profile.put(SERIES)
    change = cancelled(SERIES, [1], "this")
    other = SERIES.replace("standup", "other")
    file.write_bytes(other.encode())
    with pytest.raises(KnownError) as caught:
        profile.store.apply(change)
    assert caught.value.code == "stale"
    assert file.read_bytes() == other.encode()
    with pytest.raises(KnownError):
        profile.store.apply(created(NewEvent("x", NOON, NOON)))
    assert file.read_bytes() == other.encode()


def test_a_file_keeps_the_rights_its_owner_gave_it(profile: Profile) -> None:
    file = profile.put(SERIES)
    file.chmod(0o644)
    change = cancelled(SERIES, [1], "this")
    profile.store.apply(change)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    profile.store.apply(change.inverse("c1"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


@pytest.mark.parametrize(
    "target",
    [
        "calendar:calendars/personal/../../settings.ics",
        "calendar:calendars/../x.ics",
        "calendar:/etc/x.ics",
        "calendar:calendars/personal/x.txt",
        "calendar:calendars/personal/.x.ics",
        "calendar:calendars/x.ics",
        "calendar:calendars/a/b/x.ics",
        "calendar:calendars/a\\b/x.ics",
        "calendar:calendars/personal/C:x.ics",
        "calendar:calendars/personal/x\n.ics",
        "mail:calendars/personal/x.ics",
        "calendar:calendars/linked/x.ics",
        "calendar:calendars/personal/linked.ics",
    ],
)
def test_a_change_stays_inside_the_calendars(profile: Profile, target: str, tmp_path: Path) -> None:
    folder = profile.root / "calendars"
    (folder / "personal").mkdir()
    (folder / "linked").symlink_to(tmp_path)
    (folder / "personal" / "linked.ics").symlink_to(tmp_path / "outside.ics")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(KnownError) as caught:
        profile.store.apply(Change(target, "create event", "", None, SERIES, "x"))
    assert caught.value.code == "bad_target"
    assert sorted(tmp_path.rglob("*")) == before
