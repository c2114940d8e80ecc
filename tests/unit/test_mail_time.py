"""When mail came, in the user's words: days and months that are over, and ends left open."""

from __future__ import annotations

import pytest

from app.core.errors import AmbiguousError, KnownError
from app.tools.mail_time import find_stretch, read_stretch
from tests.support.calendar_profile import CLOCK


@pytest.mark.parametrize(
    ("said", "since", "before"),
    [
        ("today", "2026-11-18T00:00", "2026-11-19T00:00"),
        ("yesterday", "2026-11-17T00:00", "2026-11-18T00:00"),
        ("friday", "2026-11-13T00:00", "2026-11-14T00:00"),
        ("from monday", "2026-11-16T00:00", "2026-11-17T00:00"),
        ("last week", "2026-11-09T00:00", "2026-11-16T00:00"),
        ("this week", "2026-11-16T00:00", "2026-11-23T00:00"),
        ("in the last 3 days", "2026-11-15T00:00", None),
        ("since friday", "2026-11-13T00:00", None),
        ("in the last 2 hours", "2026-11-18T07:30", None),
        ("in october", "2026-10-01T00:00", "2026-11-01T00:00"),
        ("from october", "2026-10-01T00:00", "2026-11-01T00:00"),
        ("december", "2025-12-01T00:00", "2026-01-01T00:00"),
        ("from 2024", "2024-01-01T00:00", "2025-01-01T00:00"),
        ("3 november", "2026-11-03T00:00", "2026-11-04T00:00"),
        ("20 november", "2025-11-20T00:00", "2025-11-21T00:00"),
        ("before 1 november", None, "2026-11-01T00:00"),
        ("older than two weeks", None, "2026-11-04T00:00"),
        ("older than a year", None, "2025-11-18T00:00"),
        ("older than monday", None, "2026-11-16T00:00"),
        ("newer than 3 days", "2026-11-15T00:00", None),
        ("from the weekend", "2026-11-14T00:00", "2026-11-16T00:00"),
        ("between 3 nov and 10 nov", "2026-11-03T00:00", "2026-11-11T00:00"),
        ("an hour ago", "2026-11-18T08:00", "2026-11-18T09:00"),
        ("recently", "2026-11-04T00:00", None),
        ("yesterdays", "2026-11-17T00:00", "2026-11-18T00:00"),
        ("fridays", "2026-11-13T00:00", "2026-11-14T00:00"),
    ],
)
def test_mail_lies_in_the_past(said: str, since: str | None, before: str | None) -> None:
    stretch = read_stretch(said, CLOCK, locale="en_GB")
    ends = (stretch.since, stretch.before)
    assert [each and each.replace(tzinfo=None).isoformat("T", "minutes") for each in ends] == [
        since, before,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("last week", "from Monday 9 November to Sunday 15 November"),
        ("older than two weeks", "before Wednesday 4 November"),
        ("since friday", "since Friday 13 November"),
        ("in the last 2 hours", "since Wednesday 18 November, 07:30"),
        ("yesterday", "on Tuesday 17 November"),
        ("an hour ago", "around 08:30 on Wednesday 18 November"),
    ],
)
def test_the_dates_that_were_taken_are_said(said: str, words: str) -> None:
    assert read_stretch(said, CLOCK, locale="en_GB").said == words


def test_a_month_that_is_a_name_is_no_time() -> None:
    text = "the mail from May"
    found = find_stretch(text, CLOCK, locale="en_GB")
    assert found is not None and text[slice(*found[1])] == "from May"
    assert find_stretch(text, CLOCK, locale="en_GB", is_name="may".__eq__) is None


@pytest.mark.parametrize("text", ["invoice 214", "the last 5 mails", "the second one", "room 4"])
def test_other_words_are_no_time(text: str) -> None:
    assert find_stretch(text, CLOCK, locale="en_GB") is None


def test_what_is_no_stretch_is_refused() -> None:
    for text, code in (("every monday", "bad_argument"), ("soonish", "when_unclear")):
        with pytest.raises(KnownError) as caught:
            read_stretch(text, CLOCK, locale="en_GB")
        assert caught.value.code == code
    with pytest.raises(AmbiguousError):
        read_stretch("3/4", CLOCK, locale="en_GB")
