"""Under which heading a conversation stands."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from app.ui.conversations.date_groups import date_groups
from app.ui.views import ConversationSummary

TODAY = date(2026, 3, 20)


def conversation(day: datetime, number: int = 1, *, pinned: bool = False) -> ConversationSummary:
    return ConversationSummary(number, f"Conversation {number}", day, pinned)


def heading(day: datetime, zone: timezone | ZoneInfo = UTC) -> str:
    ((found, _),) = date_groups([conversation(day)], TODAY, zone)
    return found


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1, "Today"),  # the clock was set back
        (0, "Today"),
        (1, "Yesterday"),
        (2, "Previous 7 days"),
        (7, "Previous 7 days"),
        (8, "March"),
        (20, "February"),
        (79, "December 2025"),
        (370, "March 2025"),
    ],
)
def test_a_conversation_stands_under_its_age(days: int, expected: str) -> None:
    assert heading(datetime(2026, 3, 20, 12, tzinfo=UTC) - timedelta(days=days)) == expected


def test_days_are_those_of_the_zone() -> None:
    late = datetime(2026, 3, 19, 23, 30, tzinfo=UTC)
    assert heading(late) == "Yesterday"
    assert heading(late, ZoneInfo("Europe/Berlin")) == "Today"


def test_pinned_ones_come_first_whatever_their_age() -> None:
    noon = datetime(2026, 3, 20, 12, tzinfo=UTC)
    items = [
        conversation(noon, 1),
        conversation(noon - timedelta(days=1), 2),
        conversation(noon - timedelta(days=300), 3, pinned=True),
        conversation(noon - timedelta(days=300), 4),
    ]
    groups = date_groups(items, TODAY, UTC)
    assert [(name, [each.id for each in group]) for name, group in groups] == [
        ("Pinned", [3]),
        ("Today", [1]),
        ("Yesterday", [2]),
        ("May 2025", [4]),
    ]


def test_the_order_within_a_heading_is_kept() -> None:
    noon = datetime(2026, 3, 20, 12, tzinfo=UTC)
    items = [conversation(noon - timedelta(minutes=number), number) for number in range(5)]
    ((_, group),) = date_groups(items, TODAY, UTC)
    assert [each.id for each in group] == [0, 1, 2, 3, 4]


def test_without_conversations_there_are_no_headings() -> None:
    assert date_groups([], TODAY, UTC) == ()
