"""The calendar tools of this version, put together. What each does lies in a file of its own."""

from __future__ import annotations

from app.calendars.vdir import Vdir
from app.core.ports import Tool
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.calendar_cancel import cal_cancel
from app.tools.calendar_create import cal_create
from app.tools.calendar_find import cal_find


def calendar_tools(calendar: Vdir, settings: Settings, journal: Journal) -> tuple[Tool, ...]:
    """cal_find, cal_create and cal_cancel over one profile's calendars."""
    return (
        cal_find(calendar, settings),
        cal_create(calendar, settings),
        cal_cancel(calendar, settings, journal),
    )
