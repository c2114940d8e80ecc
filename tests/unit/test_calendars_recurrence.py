"""When events happen: zones, clock changes, rules and the odd ways real files say things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.calendars.lines import logical_lines
from app.calendars.occurrences import overlaps, recurrence_id_of, recurrence_time
from app.calendars.recurrence import Entry, UnreadableCalendarError, entries, parse
from tests.support.calendar_profile import BERLIN, berlin, calendar_of, event, ics

YEAR = (datetime(2026, 1, 1, tzinfo=BERLIN), datetime(2027, 1, 1, tzinfo=BERLIN))


def found(text: str, start: datetime = YEAR[0], end: datetime = YEAR[1]) -> list[tuple[str, str]]:
    """(start, end) of the occurrences, in UTC."""
    return [
        (
            f"{each.occurrence.start.astimezone(UTC):%m-%dT%H:%M}",
            f"{each.occurrence.end.astimezone(UTC):%m-%dT%H:%M}",
        )
        for each in listed(text, start, end)
    ]


def listed(text: str, start: datetime = YEAR[0], end: datetime = YEAR[1]) -> list[Entry]:
    source = parse("calendars/personal/one.ics", text)
    assert source is not None
    return entries(source, start, end)


def test_a_plain_event_comes_back_in_the_zone_asked_for() -> None:
    entry = listed(berlin("lunch", "20261120T120000", "20261120T130000"))[0]
    assert entry.occurrence.start == datetime(2026, 11, 20, 12, tzinfo=BERLIN)
    assert entry.occurrence.start.tzinfo is BERLIN
    assert (entry.occurrence.title, entry.occurrence.recurrence_id) == ("lunch", "")
    tokyo = ZoneInfo("Asia/Tokyo")
    there = listed(
        berlin("lunch", "20261120T120000", "20261120T130000"),
        datetime(2026, 11, 1, tzinfo=tokyo),
        datetime(2026, 12, 1, tzinfo=tokyo),
    )[0]
    assert there.occurrence.start.hour == 20


def test_the_window_is_half_open() -> None:
    text = berlin("lunch", "20261120T120000", "20261120T130000")
    noon, one = datetime(2026, 11, 20, 12, tzinfo=BERLIN), datetime(2026, 11, 20, 13, tzinfo=BERLIN)
    assert not listed(text, noon - timedelta(hours=1), noon)
    assert not listed(text, one, one + timedelta(hours=1))
    assert listed(text, one - timedelta(minutes=1), one)


def test_a_floating_time_is_taken_in_the_zone_asked_for() -> None:
    text = ics("DTSTART:20261120T120000", "DTEND:20261120T130000")
    assert found(text) == [("11-20T11:00", "11-20T12:00")]


def test_an_all_day_event_lasts_from_local_midnight_to_midnight_and_its_end_is_exclusive() -> None:
    text = ics("DTSTART;VALUE=DATE:20261120", "DTEND;VALUE=DATE:20261122")
    entry = listed(text)[0].occurrence
    assert entry.all_day
    assert (entry.start.isoformat(), entry.end.isoformat()) == (
        "2026-11-20T00:00:00+01:00",
        "2026-11-22T00:00:00+01:00",
    )


@pytest.mark.parametrize(
    "end",
    ["", "DTEND;VALUE=DATE:20261120", "DURATION:P1D", "DURATION:PT5H", "DTEND:20261120T100000"],
)
def test_an_all_day_event_lasts_at_least_a_day_however_its_end_is_written(end: str) -> None:
    text = ics("DTSTART;VALUE=DATE:20261120", *([end] if end else []))
    assert found(text) == [("11-19T23:00", "11-20T23:00")]


def test_an_all_day_event_on_a_short_and_a_long_day_is_one_local_day() -> None:
    spring = ics("DTSTART;VALUE=DATE:20260329")
    autumn = ics("DTSTART;VALUE=DATE:20261025")
    assert found(spring) == [("03-28T23:00", "03-29T22:00")]
    assert found(autumn) == [("10-24T22:00", "10-25T23:00")]


def test_a_duration_in_hours_is_exact_and_one_in_days_keeps_the_wall_time() -> None:
    start = "DTSTART;TZID=Europe/Berlin:20260328T120000"
    assert found(ics(start, "DURATION:PT24H")) == [("03-28T11:00", "03-29T11:00")]
    assert found(ics(start, "DURATION:P1D")) == [("03-28T11:00", "03-29T10:00")]
    rule = "RRULE:FREQ=DAILY;COUNT=1"
    assert found(ics(start, "DURATION:PT24H", rule)) == [("03-28T11:00", "03-29T11:00")]


def test_an_hour_that_comes_twice_still_lasts_an_hour() -> None:
    text = ics("DTSTART;TZID=Europe/Berlin:20261025T023000", "DURATION:PT1H")
    assert found(text) == [("10-25T00:30", "10-25T01:30")]


def test_an_event_inside_the_spring_gap_keeps_its_length() -> None:
    text = berlin("gap", "20260329T023000", "20260329T030000")
    assert found(text) == [("03-29T01:30", "03-29T02:00")]


def test_a_weekly_series_keeps_its_wall_time_over_the_clock_change() -> None:
    text = berlin("standup", "20261019T090000", "20261019T091500", "RRULE:FREQ=WEEKLY;COUNT=2")
    assert found(text) == [("10-19T07:00", "10-19T07:15"), ("10-26T08:00", "10-26T08:15")]


def test_exceptions_overrides_and_extra_dates_count() -> None:
    text = calendar_of(
        event(
            "DTSTART;TZID=Europe/Berlin:20261102T090000",
            "DURATION:PT30M",
            "RRULE:FREQ=DAILY;COUNT=4",
            "EXDATE;VALUE=DATE:20261103",
            "RDATE;TZID=Europe/Berlin:20261110T090000",
        ),
        event(
            "RECURRENCE-ID:20261104T080000Z",
            "DTSTART;TZID=Europe/Berlin:20261104T150000",
            "DURATION:PT1H",
        ),
        event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20261105T090000",
            "DTSTART;TZID=Europe/Berlin:20261105T090000",
            "STATUS:CANCELLED",
        ),
    )
    assert found(text) == [
        ("11-02T08:00", "11-02T08:30"),
        ("11-04T14:00", "11-04T15:00"),
        ("11-10T08:00", "11-10T08:30"),
    ]
    assert [each.occurrence.recurrence_id for each in listed(text)] == [
        "20261102T080000Z",
        "20261104T080000Z",
        "20261110T080000Z",
    ]


def test_an_override_of_this_and_future_gives_each_later_occurrence_its_own_id() -> None:
    text = calendar_of(
        event(
            "DTSTART;TZID=Europe/Berlin:20261102T090000",
            "DURATION:PT30M",
            "RRULE:FREQ=DAILY;COUNT=3",
        ),
        event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20261103T090000",
            "DTSTART;TZID=Europe/Berlin:20261103T100000",
            "DURATION:PT30M",
        ),
    )
    assert found(text)[1:] == [("11-03T09:00", "11-03T09:30"), ("11-04T09:00", "11-04T09:30")]
    ids = [each.occurrence.recurrence_id for each in listed(text)]
    assert ids == ["20261102T080000Z", "20261103T080000Z", "20261104T080000Z"]


def test_an_override_without_its_series_is_an_occurrence() -> None:
    text = ics(
        "RECURRENCE-ID:20261104T080000Z", "DTSTART:20261104T100000Z", "DTEND:20261104T110000Z"
    )
    assert found(text) == [("11-04T10:00", "11-04T11:00")]


def test_a_rule_may_end_with_an_until_of_the_wrong_type() -> None:
    text = berlin("x", "20261102T090000", "20261102T100000", "RRULE:FREQ=DAILY;UNTIL=20261104")
    assert found(text)[0] == ("11-02T08:00", "11-02T09:00")
    assert len(found(text)) in (2, 3)  # readers differ on whether the last day counts


def test_an_unbounded_rule_is_cut_by_the_window() -> None:
    text = ics("DTSTART;VALUE=DATE:20000101", "RRULE:FREQ=YEARLY")
    assert len(found(text)) == 1


def test_cancelled_events_are_gone_and_transparent_ones_take_no_time() -> None:
    assert not listed(ics("DTSTART:20261120T120000Z", "STATUS:CANCELLED"))
    free = listed(ics("DTSTART:20261120T120000Z", "DTEND:20261120T130000Z", "TRANSP:TRANSPARENT"))
    assert [each.busy for each in free] == [False]


def test_guests_with_an_organizer_are_invited_and_a_bare_name_is_not() -> None:
    start = "DTSTART:20261120T120000Z"
    guest = "ATTENDEE;CN=Anna:mailto:anna@example.org"
    invited = listed(ics(start, "ORGANIZER:mailto:bo@example.org", guest))[0].occurrence
    assert (invited.attendees, invited.invited) == (("Anna",), True)
    named = listed(ics(start, "ATTENDEE;CN=Anna:invalid:nomail"))[0].occurrence
    assert (named.attendees, named.invited) == (("Anna",), False)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20261120\r\n",
        ics("SUMMARY:no start"),
        ics("DTSTART:20261"),
        ics("DTSTART:20261120T120000Z", "RRULE:FOO"),
        ics("DTSTART:20261120T120000Z", "RRULE:FREQ=SECONDLY"),
        ics("DTSTART:20261120T120000Z", "DTEND:soon"),
        event("DTSTART:20261120T120000Z"),
    ],
)
def test_what_is_no_calendar_says_so(text: str) -> None:
    with pytest.raises(UnreadableCalendarError):
        listed(text)


def test_todos_and_journals_are_no_business_of_the_calendar() -> None:
    assert parse("x", calendar_of("BEGIN:VTODO\r\nUID:t\r\nEND:VTODO\r\n")) is None


def test_overlap_is_a_matter_of_instants() -> None:
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    second = first.replace(fold=1)
    quarter = timedelta(minutes=15)
    assert not overlaps(first, first + quarter, second, second + quarter)
    assert overlaps(first, first, first, first)
    assert not overlaps(first, first + quarter, first + quarter, first + 2 * quarter)


def test_recurrence_ids_are_read_back_as_they_were_written() -> None:
    for text in ("20261120", "20261120T120000", "20261120T110000Z"):
        assert recurrence_id_of(recurrence_time(text)) == text


@pytest.mark.parametrize(
    "end", ["DURATION:P999999999D", "DURATION:P99999999W", "DTEND:99991231T235959Z"]
)
def test_an_event_that_ends_after_the_last_day_is_unreadable_and_not_a_crash(end: str) -> None:
    text = ics("SUMMARY:long", "DTSTART:20261120T120000Z", end)
    try:
        listed(text)
    except UnreadableCalendarError as error:
        assert "last day" in str(error)


def test_a_line_of_a_hundred_thousand_folds_is_read_at_once() -> None:
    text = ics("SUMMARY:x", "DTSTART:20261120T120000Z", "DESCRIPTION:" + "\r\n a" * 100_000)
    assert "".join(logical_lines(text)) == text
