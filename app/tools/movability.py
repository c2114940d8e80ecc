"""How hard it is to move an event, counted and in words. One rule for every event, open to read.

An event cannot be moved once it has begun, if somebody else arranged it, if it runs over midnight,
or if the user wants to keep it. Else it costs more the more people are in it (invited ones count
most), if it belongs to a series, the longer it is, and if its title says that it is hard to move.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.calendars.guests import Guest
from app.calendars.itip import parts_of
from app.calendars.occurrences import key_of
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.moments import between
from app.core.ports import Occurrence
from app.store.settings import Settings
from app.tools.company import other_people
from app.tools.event_words import words_of
from app.tools.wording import clock_time, listed, shown

FIRM = frozenset(
    (
        "dentist", "doctor", "gp", "surgery", "hospital", "clinic", "flight", "train", "interview",
        "exam", "court", "hearing", "notary", "wedding", "funeral", "graduation", "concert",
        "deadline", "viewing", "inspection", "appointment", "vet", "visa", "embassy", "launch",
    )
)  # fmt: skip
"""Words of titles whose times are set by somebody outside."""

LOOSE = frozenset(
    (
        "focus", "lunch", "gym", "coffee", "catch-up", "catchup", "break", "walk", "run", "reading",
        "admin", "emails", "yoga", "errands", "shopping", "planning", "prep", "writing", "chat",
    )
)  # fmt: skip
"""Words of titles whose times are the user's own."""

_BASE = 20
_INVITED, _NAMED, _EACH = 40, 15, 10
_SERIES = 5
_WORD = 60
_ASKED = -15
_MOST_NAMED = 3


@dataclass(frozen=True)
class Movability:
    """What a move would cost, None where there is none; `reason` says what makes it so.

    `people` are those it would disturb.
    """

    cost: int | None
    reason: str
    people: tuple[str, ...] = ()


class MoveRule:
    """The rule for one request.

    `keep` and `movable` are the keys of the events of which the user said so; `own` are the user's
    addresses.
    """

    def __init__(
        self,
        calendar: Vdir,
        settings: Settings,
        now: datetime,
        own: Collection[str],
        *,
        keep: Collection[str] = (),
        movable: Collection[str] = (),
    ) -> None:
        self._calendar = calendar
        self._settings = settings
        self._now = now
        self._own = own
        self._keep = keep
        self._movable = movable
        self._known: dict[str, Movability] = {}

    def of(self, event: Occurrence) -> Movability:
        """How hard the event is to move."""
        key = key_of(event)
        if key not in self._known:
            self._known[key] = self._judged(event, key)
        return self._known[key]

    def cost(self, event: Occurrence) -> int | None:
        """What its move costs, None where it cannot be moved."""
        return self.of(event).cost

    def _judged(self, event: Occurrence, key: str) -> Movability:
        if key in self._keep:
            return Movability(None, "you want to keep it")
        if event.start.timestamp() <= self._now.timestamp():
            return Movability(None, f"it began at {clock_time(event.start)}")
        if (event.end - timedelta(microseconds=1)).date() != event.start.date():
            return Movability(None, "it runs over midnight")
        obstacle = self._arranged_by_others(event) if event.invited else ""
        if obstacle:
            return Movability(None, obstacle)
        people = self._people(event)
        if key in self._movable:
            return Movability(1, "you said that it can move", people)
        return self._counted(event, people)

    def _counted(self, event: Occurrence, people: tuple[str, ...]) -> Movability:
        cost = _BASE
        reasons = []
        if people:
            cost += (_INVITED if event.invited else _NAMED) + _EACH * len(people)
            verb = "was" if len(people) == 1 else "were"
            names = listed(people, most=_MOST_NAMED)
            reasons.append(f"{names} {verb} invited" if event.invited else f"{names} in it")
        words = set(words_of(event.title))
        if words & FIRM:
            cost += _WORD
            reasons.append(f"the time of “{min(words & FIRM)}” is hard to change")
        elif words & LOOSE:
            cost += _ASKED
            reasons.append(f"the time of “{min(words & LOOSE)}” is yours to choose")
        if event.recurrence_id:
            cost += _SERIES
            reasons.append("only this one of its series would move")
        length = between(event.start, event.end)
        cost += int(length / timedelta(minutes=30))
        return Movability(max(cost, 2), ", ".join(reasons) or "nobody else is in it", people)

    def _people(self, event: Occurrence) -> tuple[str, ...]:
        others = [name for name in event.attendees if name.casefold() not in self._own]
        return other_people(others, self._settings)

    def _arranged_by_others(self, event: Occurrence) -> str:
        """Why its guests keep it from being moved, "" where they do not."""
        try:
            parts = parts_of(self._calendar.source(event.path)).get(event.uid, {})
        except KnownError:
            return "its file cannot be read"
        part = parts.get(event.recurrence_id) or parts.get("")
        organizer = part.organizer if part is not None else None
        if organizer is None or organizer.mail in self._own:
            return ""
        return f"{_label(organizer)} arranged it"


def _label(organizer: Guest) -> str:
    return shown(organizer.label) or "somebody else"
