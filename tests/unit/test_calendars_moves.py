"""What is written when events are moved and edited: the right occurrences, and nothing else."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from app.calendars.editing import Scope
from app.calendars.edits import Told, plan_change, plan_move, reaches
from app.calendars.lines import logical_lines
from app.calendars.particulars import Particulars
from app.calendars.recurrence import CalendarObject, entries, parse
from app.core.errors import KnownError
from app.core.ports import Occurrence
from app.core.proposals import Change, version_of
from tests.support.calendar_profile import BERLIN, NOW, berlin, calendar_of, event, ics

PATH = "calendars/personal/one.ics"
WINDOW = (datetime(2026, 10, 1, tzinfo=BERLIN), datetime(2027, 6, 1, tzinfo=BERLIN))
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OTHER = event(
    "SUMMARY:other", "DTSTART:20261124T100000Z", "X-KEPT;A=b:exactly  so", "RRULE:FREQ=WEEKLY"
).replace("UID:one", "UID:other")


def source_of(text: str) -> CalendarObject:
    source = parse(PATH, text)
    assert source is not None
    return source


def listed(*texts: str | None) -> list[Occurrence]:
    """The occurrences of the texts together, but of those of the other event."""
    found = [
        each.occurrence
        for text in texts
        if text is not None
        for each in entries(source_of(text), *WINDOW)
        if each.occurrence.uid != "other"
    ]
    return sorted(found, key=lambda each: each.start.timestamp())


def shown(*texts: str | None) -> list[str]:
    return [f"{each.start:%d %H:%M}" for each in listed(*texts)]


def later(moment: datetime, by: timedelta) -> datetime:
    """As much later as the clock on the wall shows; a time it skips is the one after."""
    return (moment + by).replace(fold=0).astimezone(ZoneInfo("UTC")).astimezone(BERLIN)


def moved(text: str, which: int, scope: Scope, by: timedelta) -> tuple[Change, ...]:
    """An occurrence moved by what the clock on the wall shows; its length stays."""
    each = listed(text)[which]
    length = each.end.timestamp() - each.start.timestamp()
    start = later(each.start, by)
    end = datetime.fromtimestamp(start.timestamp() + length, BERLIN)
    if each.all_day:
        return plan(text, each, scope, start.date(), start.date() + (each.end - each.start))
    return plan(text, each, scope, start, end)


def plan(
    text: str, each: Occurrence, scope: Scope, start: date | datetime, end: date | datetime
) -> tuple[Change, ...]:
    return plan_move(
        source_of(text), each, scope, start, end, Told("Move it"), now=NOW, new_uid=lambda: "two"
    )


def changed(text: str, which: int, scope: Scope, wanted: Particulars) -> tuple[Change, ...]:
    return plan_change(
        source_of(text), listed(text)[which], scope, wanted, Told("Change it"), now=NOW,
        new_uid=lambda: "two",
    )  # fmt: skip


def after(changes: tuple[Change, ...]) -> str:
    (change,) = changes
    assert change.after is not None
    return change.after


def differing(before: str, now: str) -> tuple[list[str], list[str]]:
    """The lines that went, and those that came."""
    old, new = logical_lines(before), logical_lines(now)
    return [each for each in old if each not in new], [each for each in new if each not in old]


LUNCH = berlin(
    "lunch", "20261120T120000", "20261120T130000", "SEQUENCE:3",
    'X-UNKNOWN;A="b:c":kept exactly as it is, also when this line is longer tha\r\n n 75 octets',
)  # fmt: skip
STANDUP = berlin("standup", "20261116T091500", "20261116T093000", "RRULE:FREQ=DAILY;COUNT=5")


def test_moving_an_event_changes_its_times_and_nothing_else() -> None:
    (change,) = moved(LUNCH, 0, "this", HOUR)
    assert (change.target, change.kind) == (f"calendar:{PATH}", "move event")
    assert (change.before, change.expected_version) == (LUNCH, version_of(LUNCH))
    assert change.after is not None
    assert differing(LUNCH, change.after) == (
        [
            "DTSTART;TZID=Europe/Berlin:20261120T120000\r\n",
            "DTEND;TZID=Europe/Berlin:20261120T130000\r\n",
            "SEQUENCE:3\r\n",
        ],
        [
            "LAST-MODIFIED:20261118T083000Z\r\n",
            "DTSTART;TZID=Europe/Berlin:20261120T130000\r\n",
            "DTEND;TZID=Europe/Berlin:20261120T140000\r\n",
            "SEQUENCE:4\r\n",
        ],
    )


@pytest.mark.parametrize(
    ("start", "end", "written"),
    [
        ("DTSTART:20261120T110000Z", "DTEND:20261120T120000Z",
         ["DTSTART:20261120T120000Z", "DTEND:20261120T130000Z"]),
        ("DTSTART:20261120T120000", "DURATION:PT1H", ["DTSTART:20261120T130000", "DURATION:PT1H"]),
        ("DTSTART;TZID=America/New_York:20261120T060000", "DTEND:20261120T120000Z",
         ["DTSTART;TZID=America/New_York:20261120T070000", "DTEND:20261120T130000Z"]),
        ("DTSTART:20261120T110000Z", "X-NO:end", ["DTSTART:20261120T120000Z"]),
    ],
)  # fmt: skip
def test_times_stay_written_the_way_they_were(start: str, end: str, written: list[str]) -> None:
    text = after(moved(ics(start, end), 0, "this", HOUR))
    assert all(f"{each}\r\n" in text for each in written)
    assert ("DTEND" in text) == ("DTEND" in end)


def test_an_event_of_whole_days_moves_by_days() -> None:
    text = ics("DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261122")
    now = after(moved(text, 0, "this", 3 * DAY))
    assert "DTSTART;VALUE=DATE:20261123\r\n" in now and "DTEND;VALUE=DATE:20261125\r\n" in now
    bare = ics("DTSTART;VALUE=DATE:20261120")
    assert "DTEND" not in after(moved(bare, 0, "this", DAY))


def test_another_length_is_written_where_the_file_has_its_length() -> None:
    for text, line in (
        (LUNCH, "DTEND;TZID=Europe/Berlin:20261120T140000"),
        (ics("DTSTART:20261120T110000Z", "DURATION:PT1H"), "DURATION:PT2H"),
        (ics("DTSTART:20261120T110000Z"), "DURATION:PT2H"),
    ):
        each = listed(text)[0]
        now = after(plan(text, each, "this", each.start, each.start + 2 * HOUR))
        assert f"{line}\r\n" in now
        assert listed(now)[0].end == each.start + 2 * HOUR


def test_the_second_time_of_a_repeated_hour_is_written_in_utc() -> None:
    text = berlin("night", "20261024T023000", "20261024T033000")
    start = datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN)
    now = after(plan(text, listed(text)[0], "this", start, start.replace(hour=3)))
    assert "DTSTART:20261025T013000Z\r\n" in now
    assert listed(now)[0].start.timestamp() == start.timestamp()


def test_moving_one_occurrence_makes_it_an_exception_and_leaves_the_series() -> None:
    text = STANDUP.replace(
        "END:VEVENT", "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT"
    )
    now = after(moved(text, 2, "this", HOUR))
    assert text.removesuffix("END:VCALENDAR\r\n") == now[: len(text) - len("END:VCALENDAR\r\n")]
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20261118T091500\r\n" in now
    assert now.count("RRULE") == 1 and now.count("BEGIN:VALARM") == 2
    assert "DTSTAMP:20261118T083000Z\r\n" in now
    assert shown(now) == ["16 09:15", "17 09:15", "18 10:15", "19 09:15", "20 09:15"]
    assert [each.recurrence_id for each in listed(now)] == [
        each.recurrence_id for each in listed(text)
    ]


def test_an_exception_that_is_there_is_edited() -> None:
    once = after(moved(STANDUP, 2, "this", HOUR))
    twice = after(moved(once, 2, "this", HOUR))
    assert twice.count("RECURRENCE-ID") == 1
    assert shown(twice)[2] == "18 11:15"


def test_an_occurrence_may_go_past_its_neighbour() -> None:
    now = after(moved(STANDUP, 1, "this", 2 * DAY + HOUR))
    assert shown(now) == ["16 09:15", "18 09:15", "19 09:15", "19 10:15", "20 09:15"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("DTSTART:20261116T081500Z", "RECURRENCE-ID:20261117T081500Z"),
        ("DTSTART:20261116T091500", "RECURRENCE-ID:20261117T091500"),
        ("DTSTART;VALUE=DATE:20261116", "RECURRENCE-ID;VALUE=DATE:20261117"),
        ("DTSTART;TZID=America/New_York:20261116T031500",
         "RECURRENCE-ID;TZID=America/New_York:20261117T031500"),
    ],
)  # fmt: skip
def test_an_exception_names_its_time_the_way_the_series_does(start: str, expected: str) -> None:
    text = ics(start, "RRULE:FREQ=DAILY;COUNT=3")
    now = after(moved(text, 1, "this", DAY))
    assert f"{expected}\r\n" in now
    assert len(listed(now)) == 3


def test_the_whole_series_goes_with_everything_that_belongs_to_it() -> None:
    text = calendar_of(
        event(
            "DTSTART;TZID=Europe/Berlin:20261116T091500",
            "DTEND;TZID=Europe/Berlin:20261116T093000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20261202T081500Z",
            "EXDATE;TZID=Europe/Berlin:20261118T091500",
            "EXDATE;VALUE=DATE:20261123",
            "RDATE:20261120T081500Z",
        ),
        event("RECURRENCE-ID:20261125T081500Z", "DTSTART:20261125T120000Z"),
        OTHER,
    )
    assert shown(text) == ["16 09:15", "20 09:15", "25 13:00", "30 09:15", "02 09:15"]
    now = after(moved(text, 0, "all", DAY + HOUR))
    assert shown(now) == ["17 10:15", "21 10:15", "26 14:00", "01 10:15", "03 10:15"]
    for line in (
        "BYDAY=TU,TH", "UNTIL=20261203T091500Z", "EXDATE;TZID=Europe/Berlin:20261119T101500",
        "EXDATE;VALUE=DATE:20261124", "RDATE:20261121T091500Z", "RECURRENCE-ID:20261126T091500Z",
    ):  # fmt: skip
        assert line in now
    assert OTHER in now


@pytest.mark.parametrize(
    ("rule", "by", "becomes"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", DAY, "BYDAY=TU,MO;WKST=TU"),
        ("FREQ=MONTHLY;BYDAY=3MO", DAY, "BYDAY=3TU"),
        ("FREQ=MONTHLY;BYDAY=-3MO", DAY, "BYDAY=-2TU"),
        ("FREQ=MONTHLY;BYMONTHDAY=16", 2 * DAY, "BYMONTHDAY=18"),
        ("FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=16", 20 * DAY, "BYMONTH=12"),
        ("FREQ=DAILY;BYDAY=MO,TU", DAY, "BYDAY=TU,WE"),
    ],
)
def test_a_rule_follows_to_another_day(rule: str, by: timedelta, becomes: str) -> None:
    text = berlin("x", "20261116T091500", "20261116T093000", f"RRULE:{rule}")
    now = after(moved(text, 0, "all", by))
    (line,) = (each for each in now.splitlines() if each.startswith("RRULE:"))
    assert set(becomes.split(";")) <= set(line.removeprefix("RRULE:").split(";"))
    assert listed(now)[0].start == later(listed(text)[0].start, by)


@pytest.mark.parametrize(
    ("rule", "by"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", DAY),
        ("FREQ=MONTHLY;BYMONTHDAY=1,16,28", DAY),
        ("FREQ=MONTHLY;BYDAY=3MO,1MO", DAY),
        ("FREQ=DAILY;BYHOUR=9,15;BYMINUTE=15", HOUR),
        ("FREQ=MONTHLY;BYDAY=3MO", 14 * DAY),
    ],
)
def test_what_no_rule_can_say_is_refused(rule: str, by: timedelta) -> None:
    text = berlin("x", "20261116T091500", "20261116T093000", f"RRULE:{rule}")
    with pytest.raises(KnownError) as caught:
        moved(text, 0, "all", by)
    assert caught.value.code == "series_cannot_move"
    assert caught.value.message.endswith("Nothing was changed.")


def test_moving_this_and_the_following_ones_splits_the_series() -> None:
    text = calendar_of(
        event(
            "SUMMARY:yoga",
            "DTSTART;TZID=Europe/Berlin:20261116T091500",
            "RRULE:FREQ=WEEKLY;COUNT=6",
            "EXDATE;TZID=Europe/Berlin:20261123T091500,20261207T091500",
            "RDATE;TZID=Europe/Berlin:20261118T091500,20261202T091500",
        ),
        event("RECURRENCE-ID:20261214T081500Z", "DTSTART:20261214T120000Z"),
        OTHER,
    )
    assert shown(text) == ["16 09:15", "18 09:15", "30 09:15", "02 09:15", "14 13:00", "21 09:15"]
    old, new = moved(text, 2, "following", HOUR)
    assert new.target == "calendar:calendars/personal/two.ics"
    assert (new.before, new.expected_version) == (None, "")
    assert shown(old.after) == ["16 09:15", "18 09:15"]
    assert shown(new.after) == ["30 10:15", "02 10:15", "14 14:00", "21 10:15"]
    assert old.after is not None and OTHER in old.after
    assert new.after is not None and "other" not in new.after
    assert "COUNT=4" in new.after and "UID:one" not in new.after
    assert not Calendar.from_ical(new.after).get_missing_tzids()
    assert "SEQUENCE:0\r\n" in new.after and "CREATED:20261118T083000Z\r\n" in new.after


def test_following_from_the_first_on_is_the_whole_series() -> None:
    assert moved(STANDUP, 0, "following", HOUR) == moved(STANDUP, 0, "all", HOUR)


def test_an_old_series_with_nothing_left_goes() -> None:
    text = STANDUP.replace("COUNT=5", "COUNT=5\r\nEXDATE;TZID=Europe/Berlin:20261116T091500")
    old, new = moved(text, 0, "following", HOUR)
    assert old.after is None
    assert shown(new.after) == ["17 10:15", "18 10:15", "19 10:15", "20 10:15"]


def test_times_on_the_wall_hold_over_a_clock_change() -> None:
    text = berlin("x", "20270320T091500", "20270320T101500", "RRULE:FREQ=WEEKLY;COUNT=3")
    assert shown(after(moved(text, 0, "all", HOUR))) == ["20 10:15", "27 10:15", "03 10:15"]
    early = berlin("x", "20270327T023000", "20270327T030000", "RRULE:FREQ=DAILY;COUNT=3")
    gap = after(moved(early, 1, "this", DAY))
    assert shown(gap) == ["27 02:30", "29 02:30", "29 03:30"]


def test_a_series_that_another_program_changed_from_some_day_on_moves_one_by_one() -> None:
    text = calendar_of(
        event("DTSTART:20261116T081500Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5"),
        event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20261118T081500Z",
            "DTSTART:20261118T121500Z", "DURATION:PT2H", "SUMMARY:long",
        ),
    )  # fmt: skip
    assert shown(text) == ["16 09:15", "17 09:15", "18 13:15", "19 13:15", "20 13:15"]
    now = after(moved(text, 3, "this", HOUR))
    assert shown(now) == ["16 09:15", "17 09:15", "18 13:15", "19 14:15", "20 13:15"]
    assert listed(now)[3].title == "long"
    scopes: tuple[Scope, ...] = ("all", "following", "this")
    for scope in scopes:
        with pytest.raises(KnownError):
            moved(text, 2, scope, HOUR)


def test_what_replaces_later_occurrences_may_be_in_another_zone() -> None:
    text = calendar_of(
        event("DTSTART;TZID=Europe/Berlin:20261116T091500", "RRULE:FREQ=DAILY;COUNT=5"),
        event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261118T091500",
            "DTSTART:20261118T120000Z",
        ),
    )
    assert [each.recurrence_id[:13] for each in listed(text)] == [
        f"202611{day}T0815" for day in (16, 17, 18, 19, 20)
    ]
    now = after(moved(text, 3, "this", HOUR))
    assert shown(now) == ["16 09:15", "17 09:15", "18 13:00", "19 14:00", "20 13:00"]


def test_only_an_occurrence_in_its_place_stands_for_its_series() -> None:
    text = after(moved(STANDUP, 2, "this", HOUR))
    source = source_of(text)
    assert reaches(source, listed(text)[1]) == ("this", "following", "all")
    assert reaches(source, listed(text)[2]) == ("this",)
    assert reaches(source_of(LUNCH), listed(LUNCH)[0]) == ("this",)


INVITED = (
    "ORGANIZER:mailto:ada@example.org",
    "ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:ada@example.org",
    "ATTENDEE;CN=Bo;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:bo@example.org",
    "ATTENDEE;CN=Cy:invalid:nomail",
)


def test_guests_of_a_moved_event_are_asked_again() -> None:
    text = berlin("review", "20261120T120000", "20261120T130000", *INVITED)
    now = after(moved(text, 0, "this", HOUR))
    assert INVITED[1] in now and INVITED[3] in now
    assert (
        "ATTENDEE;CN=Bo;ROLE=CHAIR;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bo@example.org"
        in now.replace("\r\n ", "")
    )
    renamed = after(changed(text, 0, "this", Particulars(title="audit")))
    assert INVITED[2] in renamed.replace("\r\n ", "")


def test_particulars_are_written_where_they_stand() -> None:
    text = berlin(
        "lunch", "20261120T120000", "20261120T130000",
        'DESCRIPTION;ALTREP="cid:x":bring money', "X-ALT-DESC;FMTTYPE=text/html:<b>bring money</b>",
        "LOCATION:here", "X-APPLE-STRUCTURED-LOCATION;VALUE=URI:geo:1,2",
        "ATTENDEE;CN=Anna:invalid:nomail", "ATTENDEE:mailto:bo@example.org",
    )  # fmt: skip
    wanted = Particulars(
        title="brunch; with, all\\", where="Café\nLuna", notes="and\r\nshoes",
        add=("Cy <cy@example.org>", "Anna", 'Eve"\r\nX:y'), remove=("bo@example.org",),
    )  # fmt: skip
    now = after(changed(text, 0, "this", wanted))
    (only,) = Calendar.from_ical(now).walk("VEVENT")
    assert only["SUMMARY"] == "brunch; with, all\\"
    assert only["DESCRIPTION"] == "bring money\nand\nshoes"
    assert only["LOCATION"] == "Café\nLuna"
    assert listed(now)[0].attendees == ("Anna", "Cy", 'Eve" X:y')
    assert "ALT" not in now and "APPLE" not in now and "\r\nX:y" not in now
    assert listed(now)[0].start == listed(text)[0].start


def test_a_new_title_for_a_series_leaves_an_occurrence_its_own() -> None:
    override = event("SUMMARY:retro", "RECURRENCE-ID:20261117T081500Z", "DTSTART:20261117T081500Z")
    text = STANDUP.replace("END:VCALENDAR", f"{override}{OTHER}END:VCALENDAR")
    now = after(changed(text, 0, "all", Particulars(title="daily", where="room 4")))
    assert [each.title for each in listed(now)] == ["daily", "retro", "daily", "daily", "daily"]
    assert {each.where for each in listed(now)} == {"room 4"}
    assert OTHER in now
    old, new = changed(text, 2, "following", Particulars(title="daily"))
    assert [each.title for each in listed(old.after)] == ["standup", "retro"]
    assert [each.title for each in listed(new.after)] == ["daily"] * 3
    one = after(changed(text, 2, "this", Particulars(title="daily")))
    assert [each.title for each in listed(one)].count("daily") == 1
    assert [each.start for each in listed(one)] == [each.start for each in listed(text)]


def test_a_series_that_cannot_move_can_still_be_renamed() -> None:
    text = STANDUP.replace("COUNT=5", "COUNT=5\r\nRRULE:FREQ=WEEKLY;COUNT=2")
    with pytest.raises(KnownError):
        moved(text, 0, "all", HOUR)
    now = after(changed(text, 0, "all", Particulars(title="daily")))
    assert {each.title for each in listed(now)} == {"daily"}
    assert shown(now) == shown(text)


def test_plain_line_ends_stay_plain() -> None:
    text = STANDUP.replace("\r\n", "\n")
    changes = moved(text, 2, "following", HOUR)
    assert all(change.after is not None and "\r" not in change.after for change in changes)


_STARTS = (
    "DTSTART;TZID=Europe/Berlin:{:%Y%m%dT%H%M%S}",
    "DTSTART;TZID=America/New_York:{:%Y%m%dT%H%M%S}",
    "DTSTART:{:%Y%m%dT%H%M%SZ}",
    "DTSTART:{:%Y%m%dT%H%M%S}",
)
_RULES = (
    "FREQ=DAILY;COUNT=12", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY", "FREQ=WEEKLY;COUNT=5",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;UNTIL=20270401T000000Z", "FREQ=DAILY;BYDAY=SA,SU;COUNT=9",
)  # fmt: skip


@st.composite
def series(draw: st.DrawFn) -> str:
    """A file with a series of any kind, exceptions, and another event."""
    first = datetime(2026, 11, 2) + timedelta(
        days=draw(st.integers(0, 140)), minutes=15 * draw(st.integers(0, 95))
    )
    start = draw(st.sampled_from(_STARTS)).format(first)
    end = draw(st.sampled_from(("DURATION:PT45M", "DTEND", "X-NO:end")))
    if end == "DTEND":
        name = start.rpartition(":")[0].replace("DTSTART", "DTEND")
        end = f"{name}:{first + 2 * HOUR:%Y%m%dT%H%M%S}{'Z' * start.endswith('Z')}"
    rule = draw(st.sampled_from(_RULES))
    text = calendar_of(event("SUMMARY:x", start, end, f"RRULE:{rule}", "SEQUENCE:1"), OTHER)
    for _ in range(draw(st.integers(0, 2))):
        found = listed(text)
        assume(len(found) > 4)
        text = after(moved(text, draw(st.integers(0, 3)), "this", draw(steps)))
    return text


steps = st.integers(-40, 40).map(lambda quarters: timedelta(minutes=15 * quarters))
days = st.integers(-9, 9).map(lambda count: timedelta(days=count))


def times(*texts: str | None) -> list[tuple[float, float]]:
    return [(each.start.timestamp(), each.end.timestamp()) for each in listed(*texts)]


def steady(each: Occurrence, by: timedelta) -> bool:
    """Whether neither the time it is at nor the one it goes to is near a clock change."""
    near = (each.start + hop + way for hop in (-DAY, 0 * DAY, DAY) for way in (0 * DAY, by))
    return len({moment.utcoffset() for moment in near}) == 1


@settings(max_examples=40, deadline=None)
@given(series(), st.integers(0, 4), steps, days)
def test_one_occurrence_moved_there_and_back_is_where_it_was(
    text: str, which: int, step: timedelta, far: timedelta
) -> None:
    before = listed(text)
    assume(len(before) > which)
    each, by = before[which], far + step
    assume(steady(each, by))
    there = after(moved(text, which, "this", by))
    found = listed(there)
    assert len(found) == len(before)
    (gone,) = [one for one in found if one.recurrence_id == each.recurrence_id]
    assert gone.start == each.start + by
    kept = [one for one in found if one is not gone]
    assert kept == [one for one in before if one is not each]
    assert OTHER in there
    back = after(moved(there, found.index(gone), "this", -by))
    assert times(back) == times(text)


@settings(max_examples=40, deadline=None)
@given(series(), st.integers(0, 4), steps, days)
def test_a_series_moved_there_and_back_is_where_it_was(
    text: str, which: int, step: timedelta, far: timedelta
) -> None:
    before, by = listed(text), far + step
    assume(len(before) > which)
    assume("all" in reaches(source_of(text), before[which]) and steady(before[which], by))
    there = after(moved(text, which, "all", by))
    assert OTHER in there
    found = [one for one in listed(there) if one.start == before[which].start + by]
    assert found
    back = after(moved(there, listed(there).index(found[0]), "all", -by))
    first = before[which].start.timestamp() - 30 * 86_400
    last = first + 90 * 86_400
    assert [one for one in times(back) if first < one[0] < last] == [
        one for one in times(text) if first < one[0] < last
    ]


@settings(max_examples=40, deadline=None)
@given(series(), st.integers(1, 4), steps)
def test_a_split_keeps_what_is_before_and_moves_what_follows(
    text: str, which: int, step: timedelta
) -> None:
    before = listed(text)
    assume(len(before) > which)
    each = before[which]
    assume("all" in reaches(source_of(text), each) and steady(each, step))
    changes = moved(text, which, "following", step)
    old = times(changes[0].after) if len(changes) == 2 else []
    due = each.recurrence_id
    assert (
        old
        == [
            (one.start.timestamp(), one.end.timestamp())
            for one in before
            if one.recurrence_id < due
        ]
        or len(changes) == 1
    )
    new = listed(changes[-1].after)
    assert each.start + step in [one.start for one in new]
    expected = sum(one.recurrence_id >= due for one in before)
    ends = "COUNT" in text
    assert not ends or len(changes) == 1 or len(new) == expected
    if changes[0].after is not None:
        assert OTHER in changes[0].after
