"""Rules of repetition in words, also those that other programs wrote."""

from __future__ import annotations

from datetime import date

import pytest

from app.tools.when import parse_when, say_repetition
from tests.support.calendar_profile import BERLIN, CLOCK

DAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TU,TH", "every Tuesday and Thursday"),
        ("FREQ=WEEKLY;WKST=SU;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
        ("FREQ=YEARLY;BYMONTH=11", "every year on 18 November"),
        ("FREQ=DAILY;COUNT=5", "every day, 5 times"),
    ],
)
def test_a_rule_is_said(rule: str, words: str) -> None:
    assert say_repetition(rule, DAY, BERLIN) == words


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=HOURLY", "FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=MONTHLY;BYDAY=-2TH",
        "FREQ=MONTHLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1", "FREQ=YEARLY;BYDAY=1MO",
        "FREQ=DAILY;INTERVAL=2;BYDAY=MO", "FREQ=DAILY;UNTIL=20261118T091500", "RSCALE=CHINESE",
    ],
)  # fmt: skip
def test_a_rule_beyond_words_is_only_called_one(rule: str) -> None:
    assert say_repetition(rule, DAY, BERLIN) == "repeats by a rule of its own"


@pytest.mark.parametrize(
    ("words", "dated"),
    [
        ("4pm", False), ("2-3pm", False), ("the afternoon", False), ("between 2 and 4", False),
        ("after 3", False), ("before noon", False), ("the first free slot after 3", False),
        ("friday", True), ("friday at 4", True), ("this afternoon", True), ("in 2 hours", True),
        ("tomorrow after 3", True), ("2026-11-20T14:00", True), ("next week", True),
    ],
)  # fmt: skip
def test_a_time_says_whether_it_names_its_day(words: str, dated: bool) -> None:
    assert parse_when(words, CLOCK).dated is dated
