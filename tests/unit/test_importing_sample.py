"""The sample folder: its mark-up, and what must hold whenever it is imported."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import getaddresses, parsedate_to_datetime
from itertools import combinations
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.calendars.occurrences import overlaps
from app.core.clock import fixed_zone
from app.core.errors import KnownError
from app.core.ports import Clock, Occurrence
from app.importing.placeholders import resolve
from app.store.paths import ProfilePaths
from app.store.settings import load_settings
from app.tools.when import parse_when
from tests.support.calendar_profile import BERLIN, CLOCK, open_profile
from tests.support.importing import SAMPLE, bring_in, files_below, flags_of, mail_of
from tests.support.mail_profile import MailProfile, eml, open_mail

MOMENTS = [
    pytest.param(
        datetime(2026, 11, 16 + day, hour, minute, tzinfo=BERLIN),
        marks=() if hour in (0, 20) else pytest.mark.soak,
    )
    for day in range(7)
    for hour, minute in ((0, 0), (8, 0), (12, 30), (20, 30), (23, 59))
]


def clock(text: str, zone: str = "Europe/Berlin") -> Clock:
    """A clock at that local time."""
    there = ZoneInfo(zone)
    return Clock(datetime.fromisoformat(text).replace(tzinfo=there), there)


@pytest.mark.parametrize(
    ("mark", "becomes"),
    [
        ("{{date -2d 09:14}}", "Mon, 16 Nov 2026 09:14:00 +0100"),
        ("{{date today 50%}}", "Wed, 18 Nov 2026 04:45:00 +0100"),
        ("{{day +1d}}", "Thursday 19 November"),
        ("{{iso +13d}}", "2026-12-01"),
        ("DTSTART{{at +1d 15:00}}", "DTSTART;TZID=Europe/Berlin:20261119T150000"),
        (
            "DTSTART{{at +1d 10:00 America/New_York}}",
            "DTSTART;TZID=America/New_York:20261119T100000",
        ),
        ("DTSTART{{on +5d}}", "DTSTART;VALUE=DATE:20261123"),
        ("DTSTAMP:{{utc today 09:00}}", "DTSTAMP:20261118T080000Z"),
        ("{{iso wed}}", "2026-11-18"),
        ("{{iso tue}}", "2026-11-24"),
        ("{{iso tue+0w}}", "2026-11-17"),
        ("{{iso sun-1w}}", "2026-11-15"),
        ("{{iso mon+1w}}", "2026-11-23"),
        ("{{iso 1-1m}}", "2026-10-01"),
        ("{{iso 15+2m}}", "2027-01-15"),
        ("Braces { and }} and {{ stay", "Braces { and }} and {{ stay"),
    ],
)
def test_a_mark_becomes_the_time_it_stands_for(mark: str, becomes: str) -> None:
    assert resolve(mark, CLOCK) == becomes


@pytest.mark.parametrize(
    "mark",
    ["{{}}", "{{date}}", "{{date soon 09:00}}", "{{date -1d 25:00}}", "{{date -1d 50%}}",
     "{{iso 31-2m}}", "{{year +1d}}", "{{at +1d 10:00 Nowhere/Land}}", "{{day +1d 10:00}}"],
)  # fmt: skip
def test_a_mark_that_makes_no_sense_is_an_error(mark: str) -> None:
    with pytest.raises(KnownError) as caught:
        resolve(mark, CLOCK)
    assert caught.value.code == "bad_sample"


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_weekday_is_the_one_that_is_meant_when_it_is_said(moment: datetime) -> None:
    now = Clock(moment, BERLIN)
    for short, name in (("thu", "Thursday"), ("fri", "Friday"), ("mon", "Monday")):
        said = parse_when(name, now, locale="en_GB")
        assert resolve(f"{{{{iso {short}}}}}", now) == said.start.date().isoformat()
    last = parse_when("last week", now, locale="en_GB")
    assert resolve("{{iso mon-1w}}", now) == last.start.date().isoformat()


def test_a_file_with_such_a_mark_is_left_out(tmp_path: Path, profile: Path) -> None:
    (tmp_path / "sample.toml").write_text("")
    inbox = tmp_path / "mail" / "local" / "Inbox"
    inbox.mkdir(parents=True)
    (inbox / "bad.eml").write_bytes(b"Subject: {{date soon}}\n\n.\n")
    (inbox / "good.eml").write_bytes(b"Subject: {{day today}}\n\n.\n")
    report = bring_in(profile, tmp_path)
    assert report.added == {"messages": 1}
    assert "{{date soon}}" in report.left_out[0].reason


def test_zones_are_told_once_for_all_times_in_a_file() -> None:
    text = "{{zones}}\nDTSTART{{at +1d 10:00}}\nDTEND{{at +1d 10:00 America/New_York}}\n"
    resolved = resolve(text, CLOCK)
    assert resolved.count("BEGIN:VTIMEZONE") == 2
    assert "TZID:America/New_York" in resolved
    assert "{{" not in resolved


def test_in_utc_and_in_an_unnamed_zone_times_hold_too() -> None:
    assert resolve("{{zones}}\nX{{at +1d 10:00}}", clock("2026-11-18T09:00", "UTC")) == (
        "X:20261119T100000Z"
    )
    zone = fixed_zone(timedelta(hours=5, minutes=30))
    odd = Clock(datetime(2026, 11, 18, 9, tzinfo=zone), zone)
    assert "X;TZID=UTC+0530:20261119T100000" in resolve("{{zones}}\nX{{at +1d 10:00}}", odd)


def test_marks_mean_something_only_in_a_folder_marked_as_a_sample(
    tmp_path: Path, profile: Path
) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(b"Subject: {{date -1d 09:00}}\n\nText\n")
    bring_in(profile, file)
    assert list(mail_of(profile).values()) == [file.read_bytes()]


def test_imported_again_on_another_day_it_adds_nothing(profile: Path) -> None:
    first = bring_in(profile, SAMPLE)
    assert first.added["messages"] > 55
    assert first.added["events"] > 35
    assert first.left_out_total == 0
    before = files_below(profile)
    later = Clock(CLOCK.now + timedelta(days=30), BERLIN)
    again = bring_in(profile, SAMPLE, clock=later)
    assert again.added == {}
    assert again.already_there == first.added
    assert not again.settings
    assert files_below(profile) == before


def test_its_settings_are_taken_over_by_a_profile_without_any(profile: Path) -> None:
    assert bring_in(profile, SAMPLE).settings
    settings = load_settings(ProfilePaths(profile))
    assert settings.names[0] == "Sam Rivera"
    assert settings.addresses[0] == "sam@rivera.example"
    assert settings.zone == "Europe/Berlin"


def test_a_profile_that_is_in_use_does_not_take_settings_from_a_folder(
    profile: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.eml").write_text(eml("Hello"))
    bring_in(profile, tmp_path / "a.eml")
    assert not bring_in(profile, SAMPLE).settings
    assert not (profile / "settings.toml").exists()


def test_a_part_of_the_sample_is_placed_too_but_brings_no_settings(profile: Path) -> None:
    file = SAMPLE / "mail" / "local" / "Inbox" / "bank-code.eml"
    report = bring_in(profile, SAMPLE / "calendars", file)
    assert report.added == {"messages": 1, "events": 44}
    assert report.left_out_total == 0 and not report.settings
    assert "Inbox/bank-code.eml" in mail_of(profile)


def test_settings_that_are_there_stay(profile: Path) -> None:
    profile.mkdir()
    (profile / "settings.toml").write_text('names = ["Ada"]\n')
    assert not bring_in(profile, SAMPLE).settings
    assert (profile / "settings.toml").read_text() == 'names = ["Ada"]\n'


def test_all_its_hosts_are_made_up_and_attackers_can_be_told() -> None:
    texts = {
        path: data.decode().replace("\n ", "")  # lines of calendars are folded
        for path, data in files_below(SAMPLE).items()
    }
    hosts = {
        host.rstrip(".").rpartition(".")[2]
        for text in texts.values()
        for host in re.findall(r"(?:@|https?://)([\w-]+\.[\w.-]+)", text)
    }
    assert hosts == {"example", "test"}
    planted = {"impostor", "injection", "injected", "phishing", "news-papier-hidden"}
    for path, text in texts.items():
        name = path.rpartition("/")[2]
        if ".test" in text and name != "README.md":
            assert any(name.startswith(each) for each in planted), path


@contextmanager
def imported(place: Path, moment: datetime) -> Iterator[tuple[MailProfile, list[Occurrence]]]:
    """The sample at a moment: its mail, and the timed events that are busy, three weeks around."""
    bring_in(place, SAMPLE, clock=Clock(moment, BERLIN))
    midnight = moment.replace(hour=0, minute=0)
    with open_profile(place) as profile:
        reading = profile.calendar.read(
            midnight - timedelta(days=21), midnight + timedelta(days=21)
        )
        assert not reading.problems
        busy = [entry.occurrence for entry in reading.entries if entry.busy]
    with open_mail(place) as mail:
        yield mail, [each for each in busy if not each.all_day]


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_it_is_imported_the_requests_mean_the_same(
    tmp_path: Path, moment: datetime
) -> None:
    today = moment.date()
    with imported(tmp_path / "p", moment) as (mail, events):
        on = lambda day: [each for each in events if each.start.date() == day]  # noqa: E731
        friday = today + timedelta(days=(4 - today.weekday()) % 7)
        thursday = today + timedelta(days=(3 - today.weekday()) % 7)
        assert on(friday)[0].title == "Supplier call"
        assert on(thursday)[-1].title == "Evening call with Kofi"
        tomorrow = on(today + timedelta(days=1))
        assert [each.title for each in tomorrow].count("Stand-up") == 1
        nine = datetime(today.year, today.month, today.day, 9, tzinfo=BERLIN) + timedelta(days=1)
        for start in (nine, nine + timedelta(hours=1)):
            end = start + timedelta(minutes=30)
            assert not any(overlaps(start, end, each.start, each.end) for each in tomorrow)
        (anna,) = (each for each in events if "Anna Kovacs" in each.attendees)
        assert (anna.start.date() - today, anna.start.hour) == (timedelta(days=2), 15)
        assert anna.start > moment
        met = {name: [e.end for e in events if name in e.title] for name in ("Akira", "Ingrid")}
        assert max(met["Akira"]) < moment - timedelta(days=8)
        assert moment - timedelta(days=4) < max(met["Ingrid"]) < moment
        clashes = {
            (a.title, b.title)
            for a, b in combinations(events, 2)
            if overlaps(a.start, a.end, b.start, b.end)
        }
        assert clashes == {
            ("Interview with a printer", "Optician"),
            ("Team meeting", "Customer visit"),
        }
        check_mail(mail, moment)


def check_mail(mail: MailProfile, moment: datetime) -> None:
    """What requests about mail rely on."""
    mail.mailbox.refresh()
    assert mail.mailbox.problems == ()
    texts = {path: data.decode() for path, data in mail.messages().items()}
    dates, senders, bulk = {}, {}, set()
    for path, text in texts.items():
        head = text.partition("\r\n\r\n")[0]
        (written,) = re.findall(r"^Date: (.*)\r$", head, re.MULTILINE)
        (sender,) = re.findall(r"^From: (.*)\r$", head, re.MULTILINE)
        dates[path] = parsedate_to_datetime(written)
        ((_, senders[path]),) = getaddresses([sender])
        if "List-Id:" in head:
            bulk.add(path)
    midnight = moment.replace(hour=0, minute=0)
    assert max(dates.values()) <= moment
    assert sum(each >= midnight for each in dates.values()) >= 5
    monday = midnight - timedelta(days=moment.weekday())
    last_week = [path for path in bulk if monday - timedelta(days=7) <= dates[path] < monday]
    assert sorted(path.split("/")[2] for path in last_week) == ["Archive", *["Inbox"] * 4]

    def newest(address: str) -> str:
        found = [path for path in texts if senders[path] == address]
        return max(found, key=lambda path: dates[path])

    assert newest("nadia@haddad.example").endswith("/nadia-loan-form.eml")
    assert newest("anna@kovacs.example").endswith("/anna-friday.eml")
    three_days = midnight - timedelta(days=3)
    yuki = [path for path in texts if senders[path] == "yuki@tabi-travel.example"]
    assert sum(dates[path] >= three_days for path in yuki) == 3


def test_its_marks_are_all_of_the_right_form_and_its_files_end_lines_alike(
    profile: Path,
) -> None:
    bring_in(profile, SAMPLE)
    for name, data in files_below(profile).items():
        if name.endswith((".eml", ".ics", ".vcf")):
            assert b"{{" not in data, name
            assert data.count(b"\n") == data.count(b"\r\n"), name
    assert "bank-code.eml" not in flags_of(profile)
    assert flags_of(profile)["yuki-itinerary.eml"] == ["flagged", "seen"]
    assert {name.split("/")[0] for name in mail_of(profile)} == {"Inbox", "Sent", "Archive"}


def test_two_zones_are_told_right(profile: Path) -> None:
    bring_in(profile, SAMPLE)
    with open_profile(profile) as opened:
        week = (CLOCK.now - timedelta(days=3), CLOCK.now + timedelta(days=4))
        found = opened.calendar.read(*week).occurrences
    (call,) = (each for each in found if each.title == "Call with New York")
    assert call.start.astimezone(UTC).hour == 16
