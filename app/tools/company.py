"""Who is beside the user, by name. Their addresses are the business of `people`."""

from __future__ import annotations

from collections.abc import Sequence

from app.calendars.vdir import Vdir
from app.core.ports import Asked
from app.store.settings import Settings
from app.tools.recent_events import named_people
from app.tools.wording import shown

_USER = frozenset(("me", "myself", "i", "us", "ourselves"))


def company_said(
    names: Sequence[str], asked: Asked, calendar: Vdir, settings: Settings
) -> tuple[str, ...]:
    """The people in the user's words, without the user. Raises as `named_people`."""
    return other_people(named_people(names, asked, calendar), settings)


def other_people(names: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """The names as shown, each once, without the user."""
    own = {name.casefold() for name in (*settings.names, *settings.addresses)} | _USER
    cleaned = (shown(name) for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name and name.casefold() not in own))
