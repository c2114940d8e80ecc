"""A calendar text while it is edited line by line: what was not meant stays byte by byte.

What every kind of edit shares; what is edited lies in `changes`, `moves` and `edits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from app.calendars.components import Component
from app.calendars.lines import Block, Property, event_blocks, line_end, logical_lines
from app.calendars.occurrences import instant, recurrence_id_of, recurrence_time
from app.calendars.recurrence import CalendarObject, happens, parse, uid_of
from app.core.errors import KnownError
from app.core.ports import Occurrence

Scope = Literal["this", "following", "all"]
"""How far a change of a series reaches."""


@dataclass(frozen=True)
class Part:
    """A VEVENT twice: as the lines it is written in, and as read."""

    block: Block
    event: Any

    @property
    def recurrence_id(self) -> str:
        """Which occurrence it replaces, "" where it is the event itself."""
        replaced = self.event.get("RECURRENCE-ID")
        return "" if replaced is None else recurrence_id_of(replaced.dt)

    @property
    def reaches_on(self) -> bool:
        """Whether it also replaces the occurrences after its own."""
        replaced = self.event.get("RECURRENCE-ID")
        return replaced is not None and bool(replaced.params.get("RANGE"))


class Edit:
    """A calendar text while it is changed; a line keeps its number whatever happens to others."""

    def __init__(self, source: CalendarObject) -> None:
        self.source = source
        self.end = line_end(source.text)
        self._lines = logical_lines(source.text)
        pairs = zip(event_blocks(self._lines), source.events, strict=True)
        self.parts = [Part(block, event) for block, event in pairs]

    def of(self, uid: str) -> tuple[Part | None, list[Part]]:
        """The event of that UID (None if only overrides are there) and its overrides.

        Raises KnownError("broken_calendar_file") where several events share the UID.
        """
        parts = [part for part in self.parts if uid_of(part.event) == uid]
        masters = [part for part in parts if not part.recurrence_id]
        if len(masters) > 1:
            raise KnownError(
                "broken_calendar_file",
                f"{self.source.path} holds several events without UIDs of their own, so changing "
                "one could change another. It was left as it is.",
                "Change it with the program that wrote it.",
            )
        return next(iter(masters), None), [part for part in parts if part.recurrence_id]

    def component(self, part: Part) -> Component:
        """The lines of a part, to be changed apart and given back to `put`."""
        return Component(self._lines[part.block.first : part.block.last + 1], self.end)

    def put(self, part: Part, component: Component) -> None:
        """Let a part be written like that."""
        self.drop([part])
        self._lines[part.block.first] = component.text

    def append(self, part: Part, component: Component) -> None:
        """Put a new component behind a part."""
        self._lines[part.block.last] += component.text

    def drop(self, parts: Iterable[Part]) -> None:
        """Take components out."""
        for part in parts:
            for index in range(part.block.first, part.block.last + 1):
                self._lines[index] = ""

    def holds(self, part: Part) -> bool:
        """Whether a part has not been taken out."""
        return bool(self._lines[part.block.first])

    def text(self) -> str | None:
        """The text as it is now; None if nothing but the frame is left."""
        events = any(map(self.holds, self.parts))
        others = any(map(self.source.calendar.walk, ("VTODO", "VJOURNAL", "VFREEBUSY")))
        return "".join(self._lines) if events or others else None


def first_of(chosen: Sequence[Occurrence]) -> date | datetime:
    """The recurrence time of the earliest of occurrences of one series."""
    return recurrence_time(min(chosen, key=lambda each: each.start.timestamp()).recurrence_id)


def without_the_empty(source: CalendarObject, text: str | None, uids: Sequence[str]) -> str | None:
    """The text without events of `uids` that have no occurrence left; they would never show."""
    result = parse(source.path, text) if text is not None else None
    if result is None:
        return text
    edit = Edit(result)
    for uid in uids:
        master, overrides = edit.of(uid)
        left = overrides if master is None else [master, *overrides]
        if left and not happens(result, uid):
            edit.drop(left)
    return edit.text()


def end_before(component: Component, master: Any, cut: date | datetime) -> None:
    """End the series `master`, written in `component`, before the occurrence at `cut`.

    That is not its first.
    """
    until = f"UNTIL={until_before(cut, master['DTSTART'].dt)}"
    for rule in component.all("RRULE"):
        parts = [
            part
            for part in rule.value.strip().split(";")
            if part.partition("=")[0].upper() not in ("UNTIL", "COUNT", "")
        ]
        component.replace(rule, rule.parameters, ";".join([*parts, until]))
    limit = instant(cut, UTC)
    for extra in reversed(component.all("RDATE")):
        if kept := _earlier_dates(extra, master, limit):
            component.replace(extra, extra.parameters, ",".join(kept))
        else:
            component.remove(extra)


def _earlier_dates(extra: Property, master: Any, limit: datetime) -> list[str]:
    """The dates of an RDATE line that lie before `limit`."""
    from icalendar.prop import vDDDTypes

    zone = getattr(master["DTSTART"].dt, "tzinfo", None)
    kept = []
    for value in extra.value.strip().split(","):
        moment: date | datetime = vDDDTypes.from_ical(value.split("/")[0])  # type: ignore[no-untyped-call]
        if isinstance(moment, datetime) and moment.tzinfo is None and "TZID=" in extra.parameters:
            moment = moment.replace(tzinfo=zone)
        if instant(moment, UTC) < limit:
            kept.append(value)
    return kept


def until_before(cut: date | datetime, start: date | datetime) -> str:
    """The UNTIL that ends a series just before `cut`, of the kind its start asks for."""
    if not isinstance(start, datetime):
        return f"{cut - timedelta(days=1):%Y%m%d}"
    last = cut - timedelta(seconds=1)
    if start.tzinfo is None:
        return f"{last:%Y%m%dT%H%M%S}"
    return f"{instant(last, UTC):%Y%m%dT%H%M%SZ}"


def written(moment: date | datetime, master: Any) -> str:
    """A recurrence time written the way the series' start is (its zone comes with a TZID)."""
    return written_like(moment, master["DTSTART"].dt)


def written_like(moment: date | datetime, like: date | datetime) -> str:
    """A time of a series written the way `like` is, whose TZID stands beside it."""
    if not isinstance(like, datetime):
        return f"{moment:%Y%m%d}"
    if isinstance(moment, datetime) and moment.tzinfo is not None and like.tzinfo is not None:
        local = moment.astimezone(like.tzinfo)
        zulu = "Z" if local.tzinfo is UTC or str(local.tzinfo) == "UTC" else ""
        return f"{local:%Y%m%dT%H%M%S}{zulu}"
    return f"{moment:%Y%m%dT%H%M%S}"
