"""Which heading a conversation stands under. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta, tzinfo

from app.ui.views import ConversationSummary

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

Group = tuple[str, tuple[ConversationSummary, ...]]


def date_groups(
    items: Iterable[ConversationSummary], today: date, zone: tzinfo | None = None
) -> tuple[Group, ...]:
    """Headings with what stands under them, pinned ones first; the order within is kept.

    `items` come newest first. Days are those of `zone`, None for the system's. A month of another
    year than `today` has its year.
    """
    groups: dict[str, list[ConversationSummary]] = {"Pinned": []}
    for item in items:
        day = item.updated_at.astimezone(zone).date()
        heading = "Pinned" if item.pinned else _heading(day, today)
        groups.setdefault(heading, []).append(item)
    return tuple((heading, tuple(group)) for heading, group in groups.items() if group)


def _heading(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day >= today - timedelta(days=7):
        return "Previous 7 days"
    month = _MONTHS[day.month - 1]
    return month if day.year == today.year else f"{month} {day.year}"
