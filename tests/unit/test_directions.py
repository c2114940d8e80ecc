"""How far and which way an event is moved, in the user's words."""

from __future__ import annotations

from datetime import datetime

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.tools.directions import moved_by, says_direction
from tests.support.calendar_profile import BERLIN

NOON = datetime(2026, 11, 20, 12, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("by", "words", "expected"),
    [
        ("30 minutes", "", "20 12:30"),
        ("by 2 days", "", "22 12:00"),
        ("-2 hours", "", "20 10:00"),
        ("a week earlier", "", "13 12:00"),
        ("by a month", "postpone  by a month", "20 12:00"),
        ("two months earlier", "", "20 12:00"),
        ("up by an hour", "move up by an hour", "20 11:00"),
        ("an hour", "set  back an hour", "20 13:00"),
        ("an hour", "bring  forward an hour", "20 11:00"),
        ("by an hour", "I'll be back later, delay  by an hour", "20 13:00"),
        ("an hour", "have  an hour sooner", "20 11:00"),
        ("a day and an hour", "", "21 13:00"),
    ],
)
def test_words_for_a_distance(by: str, words: str, expected: str) -> None:
    assert f"{moved_by(NOON, by, words):%d %H:%M}" == expected


def test_months_are_months() -> None:
    assert moved_by(NOON, "by a month", "").month == 12
    assert moved_by(NOON, "two months earlier", "").month == 9


@pytest.mark.parametrize("by", ["", "by a banana", "later", "forty", "0 minutes"])
def test_what_is_no_distance_is_refused(by: str) -> None:
    with pytest.raises(KnownError) as caught:
        moved_by(NOON, by, "")
    assert caught.value.code == "when_unclear"


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("back an hour", "move  back an hour"),
        ("forward by an hour", ""),
        ("an hour", "shift forward"),
    ],
)
def test_back_and_forward_alone_are_asked_about(by: str, words: str) -> None:
    with pytest.raises(AmbiguousError) as caught:
        moved_by(NOON, by, words)
    earlier, later = (moved_by(NOON, value, words) for value, _ in caught.value.choices)
    assert (earlier.hour, later.hour) == (11, 13)


def test_days_keep_the_time_of_day_over_a_clock_change() -> None:
    before = datetime(2027, 3, 27, 14, tzinfo=BERLIN)
    assert moved_by(before, "a day", "").hour == 14
    assert moved_by(before, "24 hours", "").hour == 14
    skipped = moved_by(before.replace(hour=2, minute=30), "a day", "")
    assert f"{skipped:%d %H:%M}" == "28 03:30"
    night = datetime(2027, 3, 28, 1, 30, tzinfo=BERLIN)
    assert moved_by(night, "an hour", "").hour == 3


def test_a_direction_is_not_a_time() -> None:
    assert says_direction("an hour later") and says_direction("2 days earlier")
    assert not says_direction("friday") and not says_direction("4pm")
