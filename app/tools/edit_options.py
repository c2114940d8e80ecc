"""What moving, changing and cancelling events have in common: how far it reaches, what comes of it,
and what is to be weighed first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.calendars.details import details_of
from app.calendars.editing import Scope
from app.calendars.recurrence import entries, parse
from app.calendars.vdir import Vdir
from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, Occurrence
from app.core.proposals import Change, Option
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.clashes import SERIES_AHEAD, Clashes, clashes_of
from app.tools.event_references import Resolved, resolve_events
from app.tools.recent_events import recent_events
from app.tools.when import say_repetition
from app.tools.wording import one_line, shown, title_of

SCOPES: tuple[Scope, ...] = ("this", "following", "all")
REACH: dict[Scope, str] = {
    "this": "only this occurrence",
    "following": "this and the following ones",
    "all": "the whole series",
}
"""How far an edit reaches, on a card."""

_ALSO = {"following": " and the following ones", "all": ", the whole series"}
_ALSO_DONE = {"following": " and the ones that follow", "all": " and its whole series"}

_MARGIN = timedelta(days=1)
_CHOICES = 12


def one_event(
    reference: str, calendar: Vdir, asked: Asked, settings: Settings, journal: Journal
) -> Resolved:
    """The one event that the argument "event" means, and whether it stands for its series.

    Raises what `resolve_events` raises; words for several events ask which one.
    """
    resolved = resolve_events(
        reference,
        calendar,
        asked.clock,
        locale=settings.locale,
        recent=recent_events(asked, journal, calendar),
        argument="event",
    )
    found = resolved.occurrences
    if len(found) == 1:
        return resolved
    today = asked.clock.today
    raise AmbiguousError(
        "several_events",
        f"“{shown(reference)}” means {len(found)} events, and only one can be changed at a time. "
        "Nothing was changed.",
        "Say which one.",
        argument="event",
        choices=tuple((each.id, one_line(each, today)) for each in found[:_CHOICES]),
    )


def scope_said(arguments: Mapping[str, object]) -> Scope | None:
    """The argument "scope", None where it was not said."""
    return next((each for each in SCOPES if each == arguments.get("scope")), None)


def also_meant(event: Occurrence, scope: Scope, *, done: bool = False) -> str:
    """What else an edit reaches, behind the event: ", the whole series"; "" for only itself."""
    return (_ALSO_DONE if done else _ALSO).get(scope, "") if event.recurrence_id else ""


def in_brief(event: Occurrence) -> dict[str, object]:
    """An event that is edited, for scripts."""
    return {
        "id": event.id,
        "title": title_of(event),
        "start": event.start.isoformat(),
        "end": event.end.isoformat(),
    }


def scopes_to_offer(
    resolved: Resolved, said: Scope | None, possible: Sequence[Scope]
) -> Sequence[Scope]:
    """How far an edit of the one event may reach, the likeliest first; never none.

    `said` is the scope in the user's words, `possible` what the event allows.
    """
    (event,) = resolved.occurrences
    if not event.recurrence_id:
        return ("this",)
    if said is not None:
        return (said,)
    if event.id in resolved.whole and "all" in possible:
        return ("all", "following")  # "the standup series": one of them cannot be meant
    return possible


@dataclass(frozen=True)
class Edited:
    """What an edit makes of an event: its occurrences, the one that was spoken of first."""

    scope: Scope
    occurrences: tuple[Occurrence, ...]


def edited(event: Occurrence, scope: Scope, changes: tuple[Change, ...], start: datetime) -> Edited:
    """What comes of `changes`, which let `event` begin at `start`; of a series for three months."""
    change = changes[-1]
    path = change.target.partition(":")[2]
    source = parse(path, change.after or "")
    assert source is not None, "an edited event is still there"
    found = [
        each.occurrence
        for each in entries(source, start - _MARGIN, start + SERIES_AHEAD)
        if len(changes) > 1 or each.occurrence.uid == event.uid
    ]
    alone = scope == "this" or not event.recurrence_id
    if alone:
        found = [each for each in found if each.recurrence_id == event.recurrence_id]
    at_start = [each for each in found if each.start.timestamp() == start.timestamp()]
    later = [each for each in found if each.start.timestamp() > start.timestamp()]
    return Edited(scope, (*at_start, *([] if alone else later)))


def made_by(change: Change, start: datetime, end: datetime) -> Occurrence | None:
    """The first occurrence from `start` to `end` of what lies in a file then, None for none."""
    source = parse(change.target.partition(":")[2], change.after or "") if change.after else None
    found = entries(source, start, end) if source else []
    return found[0].occurrence if found else None


def itself(event: Occurrence, scope: Scope) -> Callable[[Occurrence], bool]:
    """What an edit of that scope takes along, and so is never in its own way."""

    def belongs(other: Occurrence) -> bool:
        if (other.path, other.uid) != (event.path, event.uid):
            return False
        if scope == "this" and event.recurrence_id:
            return other.recurrence_id == event.recurrence_id
        return scope != "following" or other.start.timestamp() >= event.start.timestamp()

    return belongs


def clashes_after(calendar: Vdir, event: Occurrence, made: Edited, now: datetime) -> Clashes:
    """What the event would overlap with."""
    stretches = [(each.start, each.end) for each in made.occurrences]
    if not stretches:
        return Clashes("", doubtful=False)
    return clashes_of(
        calendar,
        stretches,
        now.date(),
        all_day=event.all_day,
        but=itself(event, made.scope),
    )


def repetition_after(changes: Sequence[Change], made: Edited) -> str:
    """How the series repeats then, in words; "" where it goes by no rule."""
    change = changes[-1]
    source = parse(change.target.partition(":")[2], change.after or "")
    if source is None or not made.occurrences:
        return ""
    first = made.occurrences[0]
    rule = details_of(source, first).rrule
    zone = first.start.tzinfo
    assert isinstance(zone, ZoneInfo)
    return say_repetition(rule, first.start.date(), zone) if rule else ""


def possible_ways(plan: Callable[[Scope], Option], scopes: Sequence[Scope]) -> dict[Scope, Option]:
    """The option of each scope that a rule can say; "following" only where it is not "all".

    Raises the KnownError of the first scope if none can.
    """
    found: dict[Scope, Option] = {}
    refused: KnownError | None = None
    for scope in scopes:
        try:
            found[scope] = plan(scope)
        except KnownError as error:
            if error.code != "series_cannot_move":
                raise
            refused = refused or error
    if refused is not None and not found:
        raise refused
    if _same(found.get("following"), found.get("all")):
        del found["following"]  # nothing comes before this occurrence
    return found


def _same(one: Option | None, other: Option | None) -> bool:
    """Whether both leave the same behind."""
    if one is None or other is None:
        return False
    return [each.after for each in one.changes] == [each.after for each in other.changes]
