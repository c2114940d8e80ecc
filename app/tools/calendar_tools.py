"""The calendar tools of this version, put together. What each does lies in a file of its own."""

from __future__ import annotations

from app.calendars.vdir import Vdir
from app.core.ports import Tool
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.calendar_cancel import cal_cancel
from app.tools.calendar_change import cal_change
from app.tools.calendar_conflicts import cal_conflicts
from app.tools.calendar_create import cal_create
from app.tools.calendar_find import cal_find
from app.tools.calendar_free import cal_free
from app.tools.calendar_move import cal_move
from app.tools.calendar_resolve import cal_resolve
from app.tools.calendar_respond import cal_respond
from app.tools.post import Post


def calendar_tools(
    calendar: Vdir, settings: Settings, journal: Journal, post: Post
) -> tuple[Tool, ...]:
    """The calendar tools over one profile; `post` is how guests are told."""
    return (
        cal_find(calendar, settings),
        cal_free(calendar, settings),
        cal_conflicts(calendar, settings),
        cal_resolve(calendar, settings, journal, post),
        cal_create(calendar, settings, post),
        cal_move(calendar, settings, journal, post),
        cal_change(calendar, settings, journal, post),
        cal_cancel(calendar, settings, journal, post),
        cal_respond(calendar, settings, journal, post),
    )
