"""What holds for every text: known errors only, order, zone, spans that read the same again."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import KnownError
from app.core.ports import Clock
from app.tools.when import (
    When,
    WhenKind,
    find_when,
    parse_duration,
    parse_when,
)

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Apia",
    "America/Santiago",
    "Australia/Lord_Howe",
    "UTC",
)
WORD_LIST = (
    "tomorrow today yesterday tonight monday tuesday wednesday thursday friday saturday sunday "
    "mon wed sat sun jan february march may december 1 2 3 5 9 10 12 15 20 30 31 45 2026 2027 "
    "15:30 3pm 10am 25:00 3/4 12/12 25.12. 2026-12-01 2026-12-01T14:00 next last this every "
    "other first second third the a an of in on at for from to until since by before after "
    "between and - , . week weeks weekend month year day days hour hours minutes half quarter "
    "past noon midnight morning afternoon evening end start early late ago now daily weekly "
    "monthly yearly weekday mondays times starting rest free slot couple few and a half with "
    "Anna meeting room lunch one two three ten thirty twenty"
)
WORDS = WORD_LIST.split()

clocks = st.builds(
    lambda moment, zone: Clock(moment.replace(tzinfo=ZoneInfo(zone)), ZoneInfo(zone)),
    st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)),
    st.sampled_from(ZONES),
)
phrases = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(" ".join)
texts = st.one_of(phrases, phrases, st.text(max_size=60))

counts = pytest.mark.parametrize("count", [150, pytest.param(7500, marks=pytest.mark.soak)])


def check(found: When, clock: Clock) -> None:
    assert found.start.tzinfo is clock.zone
    assert found.said
    if found.end is not None:
        assert found.end.tzinfo is clock.zone
        assert found.start.timestamp() < found.end.timestamp()
    if found.kind in (WhenKind.DAY, WhenKind.SPAN):
        assert found.end is not None
    if found.duration is not None:
        assert found.duration > timedelta()
    assert bool(found.rrule) == (found.kind is WhenKind.RECURRING)
    if found.rrule:
        begin = found.start
        if found.all_day:
            begin = begin.replace(tzinfo=None)
        rule = rrulestr(found.rrule, dtstart=begin)
        assert next(iter(rule)) is not None


@counts
def test_any_text_is_a_sound_time_or_a_known_error(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(texts, clocks, st.booleans(), st.sampled_from(["en_GB", "en_US", "", "x"]))
    def holds(text: str, clock: Clock, future: bool, locale: str) -> None:
        try:
            found = parse_when(text, clock, locale=locale, future=future)
        except KnownError as error:
            assert error.code in ("when_unclear", "when_impossible", "when_ambiguous")
            assert error.message
            return
        check(found, clock)
        assert found.text == text

    holds()


@counts
def test_a_time_found_in_a_text_reads_the_same_by_itself(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(texts, clocks)
    def holds(text: str, clock: Clock) -> None:
        try:
            found = find_when(text, clock)
        except KnownError:
            return
        if found is not None:
            when, (begin, end) = found
            assert 0 <= begin < end <= len(text)
            check(when, clock)
            # "Fridays meeting" is Friday's: only there the text read is not the piece itself.
            assert when.text == text[begin:end] or f"{when.text}s" in text[begin:end]
            assert parse_when(when.text, clock) == when

    holds()


@counts
def test_any_text_is_a_length_or_a_known_error(count: int) -> None:
    @settings(max_examples=count, deadline=None)
    @given(texts)
    def holds(text: str) -> None:
        try:
            found = parse_duration(text)
        except KnownError:
            return
        assert found

    holds()
