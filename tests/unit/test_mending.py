"""What code corrects in a model's call, from the user's own words."""

from __future__ import annotations

import pytest

from app.agent.mending import mended
from app.core.clock import parse_now, zone_named
from app.core.messages import ToolCall

CLOCK = parse_now("2026-11-18T09:30[Europe/Berlin]", zone_named("Europe/Berlin"))


def create(text: str, **arguments: object) -> dict[str, object]:
    """The arguments of a cal_create call for `text`, mended."""
    return dict(mended(ToolCall("cal_create", arguments), text, CLOCK, "en_GB").arguments)


@pytest.mark.parametrize(
    ("title", "when", "wanted"),
    [
        ("lunch with Anna on Friday", "Friday at noon", "lunch with Anna"),
        ("lunch with Anna on", "Friday at noon", "lunch with Anna on"),
        ("lunch for Friday at noon", "Friday at noon", "lunch"),
        ("Friday drinks", "Friday at 6", "Friday drinks"),
        ("Friday", "Friday at 6", "Friday"),
        ("Black Friday", "next week", "Black Friday"),
    ],
)
def test_a_title_ends_where_the_time_begins(title: str, when: str, wanted: str) -> None:
    assert create(f"add {title} {when}", title=title, when=when)["title"] == wanted


@pytest.mark.parametrize(
    ("text", "arguments", "wanted"),
    [
        ("Lunch Thursday with Mark at 12:30", {"title": "Lunch"}, "Thursday at 12:30"),
        ("At 3pm dentist on Thursday", {"title": "dentist"}, "Thursday At 3pm"),
        ("Dentist Thursday", {"title": "Dentist"}, "Thursday"),
        (
            "Dentist Thursday, remind me at 9",
            {"title": "Dentist", "remind": "at 9"},
            "Thursday",
        ),
        ("Read 1984 at 9 on Thursday", {"title": "Read 1984"}, "Thursday at 9"),
        ("Holiday Thursday every year", {"title": "Holiday", "repeat": "every year"}, "Thursday"),
    ],
)
def test_a_time_of_day_said_elsewhere_joins_its_day(
    text: str, arguments: dict[str, object], wanted: str
) -> None:
    assert create(text, **arguments, when="Thursday")["when"] == wanted


def test_a_day_that_cannot_be_read_is_left_to_the_tool() -> None:
    assert create("x on 31 Nov at 9", title="x", when="31 Nov")["when"] == "31 Nov"


def test_other_calls_stay_as_they_are() -> None:
    call = ToolCall("cal_find", {"when": "Thursday"})
    assert mended(call, "what is on Thursday at 3", CLOCK, "en_GB") is call
