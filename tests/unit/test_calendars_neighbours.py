"""Several events in one file, and guests: a cancellation touches only what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.calendars.changes import plan_cancel
from app.calendars.editing import Scope
from app.calendars.invitations import notices
from app.calendars.recurrence import CalendarObject, entries, parse
from app.core.errors import KnownError
from app.core.ports import Occurrence
from app.core.proposals import Change
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
WINDOW = (datetime(2026, 11, 1, tzinfo=BERLIN), datetime(2027, 2, 1, tzinfo=BERLIN))
GUEST = "ATTENDEE:mailto:client@example.org\r\n"
ORGANIZER = "ORGANIZER:mailto:me@example.org\r\n"


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[Profile]:
    with open_profile(tmp_path / "p") as opened:
        yield opened


def named(title: str, start: str, *more: str) -> str:
    """An event whose UID is its title."""
    lines = (f"SUMMARY:{title}", f"DTSTART;TZID=Europe/Berlin:{start}", "DURATION:PT1H", *more)
    return event(*lines).replace("UID:one", f"UID:{title}")


ALPHA = named("alpha", "20261119T100000", "RRULE:FREQ=WEEKLY", "SEQUENCE:3")
BETA = named("beta", "20261120T120000", "RRULE:FREQ=WEEKLY")
LUNCH = named("lunch", "20261121T130000")
DINNER = named("dinner", "20261121T190000")


def source_of(text: str) -> CalendarObject:
    source = parse(PATH, text)
    assert source is not None
    return source


def occurrences(text: str, title: str) -> list[Occurrence]:
    found = [each.occurrence for each in entries(source_of(text), *WINDOW)]
    return [each for each in found if each.title == title]


def cancelled(text: str, title: str, which: int, scope: Scope = "this") -> Change:
    chosen = [occurrences(text, title)[which]]
    return plan_cancel(source_of(text), chosen, scope, now=NOW, summary="Cancel it")


def test_cancelling_one_of_two_events_in_a_file_leaves_the_other_byte_by_byte() -> None:
    text = calendar_of(LUNCH, DINNER)
    assert cancelled(text, "dinner", 0).after == calendar_of(LUNCH)
    assert cancelled(text, "lunch", 0).after == calendar_of(DINNER)
    assert cancelled(calendar_of(LUNCH), "lunch", 0).after is None


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_cancelling_in_the_second_series_of_a_file_leaves_the_first(scope: Scope) -> None:
    text = calendar_of(ALPHA, BETA, LUNCH)
    after = cancelled(text, "beta", 1, scope).after
    assert after is not None and ALPHA in after and LUNCH in after
    assert occurrences(after, "alpha") == occurrences(text, "alpha")
    before, left = occurrences(text, "beta"), occurrences(after, "beta")
    assert left == {"this": [before[0], *before[2:]], "following": before[:1], "all": []}[scope]


def test_cancelling_events_of_two_series_at_once_is_one_change() -> None:
    text = calendar_of(ALPHA, BETA)
    chosen = [occurrences(text, "alpha")[0], occurrences(text, "beta")[1]]
    change = plan_cancel(source_of(text), chosen, "this", now=NOW, summary="Cancel both")
    assert change.after is not None
    assert occurrences(change.after, "alpha") == occurrences(text, "alpha")[1:]
    assert len(occurrences(change.after, "beta")) == len(occurrences(text, "beta")) - 1


def test_a_single_event_beside_a_series_does_not_repeat() -> None:
    text = calendar_of(ALPHA, LUNCH)
    assert [each.recurrence_id for each in occurrences(text, "lunch")] == [""]
    assert cancelled(text, "lunch", 0).after == calendar_of(ALPHA)


def test_a_task_in_the_same_file_is_kept() -> None:
    task = "BEGIN:VTODO\r\nUID:t\r\nSUMMARY:buy milk\r\nEND:VTODO\r\n"
    assert cancelled(calendar_of(LUNCH, task), "lunch", 0).after == calendar_of(task)


def test_events_that_cannot_be_told_apart_are_left_alone() -> None:
    text = calendar_of(LUNCH, DINNER).replace("UID:dinner", "UID:lunch")
    with pytest.raises(KnownError) as caught:
        cancelled(text, "dinner", 0)
    assert caught.value.code == "broken_calendar_file"


def test_cancelling_what_is_gone_from_its_file_says_so() -> None:
    gone = occurrences(calendar_of(DINNER), "dinner")
    with pytest.raises(KnownError) as caught:
        plan_cancel(source_of(calendar_of(LUNCH)), gone, "this", now=NOW, summary="Cancel it")
    assert caught.value.code == "stale"


def test_two_events_in_one_file_have_ids_of_their_own(profile: Profile) -> None:
    profile.put(calendar_of(LUNCH, DINNER, ALPHA))
    found = profile.occurrences(NOW, NOW + timedelta(days=4))
    assert [each.title for each in found] == ["alpha", "lunch", "dinner"]
    assert len({each.id for each in found}) == 3
    assert [profile.calendar.by_id(each.id, NOW) for each in found] == list(found)


def test_which_of_several_events_in_a_file_was_meant_is_not_guessed(profile: Profile) -> None:
    profile.put(calendar_of(LUNCH, DINNER))
    assert profile.calendar.next_of(PATH, NOW) is None


def test_taking_back_a_cancellation_beside_others_restores_the_bytes(profile: Profile) -> None:
    text = calendar_of(ALPHA, BETA, LUNCH).replace("\r\n", "\n")
    file = profile.put(text)
    change = cancelled(text, "beta", 0)
    profile.store.apply(change)
    assert file.read_bytes() != text.encode()
    profile.store.apply(change.inverse("c1"))
    assert file.read_bytes() == text.encode()


def test_a_series_goes_with_its_last_occurrence() -> None:
    series = named("run", "20261119T070000", "RRULE:FREQ=DAILY;COUNT=2")
    text = calendar_of(series, LUNCH)
    once = cancelled(text, "run", 0).after
    assert once is not None and len(occurrences(once, "run")) == 1
    assert cancelled(once, "run", 0).after == calendar_of(LUNCH)
    alone = cancelled(calendar_of(series), "run", 1).after
    assert alone is not None and cancelled(alone, "run", 0).after is None


@pytest.mark.parametrize(
    "left",
    [
        "RRULE:FREQ=YEARLY;UNTIL=20991119T060000Z",
        "RRULE:FREQ=YEARLY",
        "RDATE;TZID=Europe/Berlin:20261231T070000",
        "RDATE;TZID=Europe/Berlin:20200101T070000",
    ],
)
def test_a_series_with_anything_left_stays(left: str) -> None:
    text = calendar_of(named("run", "20261119T070000", left))
    assert cancelled(text, "run", 0).after is not None


def test_what_is_left_as_cancelled_only_is_nothing() -> None:
    gone = named("run", "20261120T070000", "RECURRENCE-ID:20261120T060000Z", "STATUS:CANCELLED")
    text = calendar_of(named("run", "20261119T070000", "RRULE:FREQ=DAILY;COUNT=2"), gone)
    assert cancelled(text, "run", 0).after is None


def told(text: str, change: Change) -> bool:
    """Whether a guest learns of the change."""
    return bool(notices(text, change.after, {"me@example.org"}, now=NOW))


@pytest.mark.parametrize(
    ("people", "invited"),
    [
        (("ORGANIZER:urn:uuid:1234", "ATTENDEE:mailto:me@example.org"), True),
        (("ORGANIZER:mailto:me@example.org", "ATTENDEE:/principals/anna"), True),
        (("ORGANIZER:mailto:me@example.org", "ATTENDEE;CN=Anna:invalid:nomail"), False),
        (("ORGANIZER:mailto:Me@example.org", "ATTENDEE:MAILTO:me@example.org"), False),
        (("ORGANIZER:/me", "ATTENDEE;EMAIL=anna@example.org:invalid:nomail"), True),
        (("ATTENDEE:mailto:anna@example.org",), False),
    ],
)
def test_any_address_beside_an_organizer_is_an_invitation(
    people: tuple[str, ...], invited: bool
) -> None:
    text = ics("SUMMARY:board", "DTSTART:20261120T120000Z", *people)
    (only,) = occurrences(text, "board")
    assert only.invited is invited


@pytest.mark.parametrize(
    ("which", "scope", "invited"),
    [
        (0, "this", False),
        (0, "following", True),
        (0, "all", True),
        (1, "this", True),
        (2, "this", False),
        (2, "following", False),
        (2, "all", True),
    ],
)
def test_guests_of_every_occurrence_that_goes_are_told(
    which: int, scope: Scope, invited: bool
) -> None:
    override = event(
        "SUMMARY:sync",
        "RECURRENCE-ID;TZID=Europe/Berlin:20261123T100000",
        "DTSTART;TZID=Europe/Berlin:20261123T120000",
        more=ORGANIZER + GUEST,
    )
    series = berlin("sync", "20261116T100000", "20261116T110000", "RRULE:FREQ=WEEKLY")
    text = series.replace("END:VCALENDAR", override + "END:VCALENDAR")
    assert told(text, cancelled(text, "sync", which, scope)) is invited


def test_guests_of_another_event_in_the_file_are_not_told() -> None:
    text = calendar_of(LUNCH, DINNER.replace("END:VEVENT", ORGANIZER + GUEST + "END:VEVENT"))
    assert not told(text, cancelled(text, "lunch", 0, "all"))
    assert told(text, cancelled(text, "dinner", 0, "all"))


@pytest.mark.parametrize("scope", ["this", "following", "all"])
def test_guests_of_a_series_are_told_of_an_occurrence_that_does_not_name_them(
    scope: Scope,
) -> None:
    series = event(
        "SUMMARY:sync",
        "DTSTART;TZID=Europe/Berlin:20261116T100000",
        "RRULE:FREQ=WEEKLY",
        more=ORGANIZER + GUEST,
    )
    moved = event("SUMMARY:moved", "RECURRENCE-ID:20261123T090000Z", "DTSTART:20261123T110000Z")
    text = calendar_of(series, moved)
    (chosen,) = occurrences(text, "moved")
    assert not chosen.invited
    assert told(text, cancelled(text, "moved", 0, scope))
