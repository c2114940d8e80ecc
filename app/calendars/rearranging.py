"""Moving events out of each other's way: which ones, and where to. Pure; nothing is changed here.

Greedy: the event that is cheapest to move for each conflict it takes away goes to the nearest free
time. Other plans leave one of the moved events where it is, or take the next free time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.calendars.conflicts import Conflict, takes_time
from app.calendars.free_time import Stretch, all_free_starts
from app.calendars.occurrences import key_of
from app.calendars.recurrence import Entry
from app.core.moments import after, between
from app.core.ports import Occurrence

DAYS_AHEAD = 7
"""How many days after its own an event may go to."""

_DAY_COST = 10
_MINUTES_A_POINT = 30
_APART = timedelta(hours=1)


@dataclass(frozen=True)
class Move:
    """An event and when it would be instead."""

    event: Occurrence
    start: datetime
    end: datetime

    @property
    def days(self) -> int:
        """How many days later."""
        return (self.start.date() - self.event.start.date()).days

    @property
    def minutes(self) -> int:
        """How far the time of day shifts, in minutes, earlier or later."""
        old, new = self.event.start, self.start
        return abs((new.hour - old.hour) * 60 + new.minute - old.minute)


@dataclass(frozen=True)
class Plan:
    """Moves that take conflicts away, and those that are `left`. A smaller `cost` is better."""

    moves: tuple[Move, ...]
    left: tuple[Conflict, ...]
    cost: int


@dataclass(frozen=True)
class Rules:
    """What an event may be moved by, and where to.

    `cost` is how unwelcome it is to move an event, None if it cannot be. Nothing is moved to
    before `now`; `hours` and `days` (Monday is 0) are the working ones.
    """

    cost: Callable[[Occurrence], int | None]
    now: datetime
    hours: tuple[time, time]
    days: Sequence[int]


def plans(
    found: Sequence[Conflict], entries: Iterable[Entry], rules: Rules, *, most: int = 3
) -> list[Plan]:
    """Up to `most` plans, the best first, none that leaves more conflicts than another.

    `entries` are what is in the calendar from the first conflict to `DAYS_AHEAD` days after the
    last one. Plans that move other events come before the same moves to other times. Empty where
    nothing can be moved.
    """
    busy = [entry.occurrence for entry in entries if takes_time(entry)]
    best = _Run(found, busy, rules).plan()
    if not best.moves:
        return []
    others = [_Run(found, busy, rules, stays={key_of(m.event)}).plan() for m in best.moves]
    kept = {_moved(each): each for each in (*others, best) if each.moves}
    chosen = [each for each in kept.values() if len(each.left) <= len(best.left)]
    later = best
    avoided: set[tuple[str, datetime]] = set()
    while len(chosen) < most:
        first = later.moves[0]
        avoided.add((key_of(first.event), first.start))
        stays = {key_of(each.second) for each in found} | {key_of(each.first) for each in found}
        later = _Run(found, busy, rules, stays=stays - _moved(best), avoid=avoided).plan()
        if _moved(later) != _moved(best):
            break
        chosen.append(later)
    return sorted(chosen, key=lambda each: (len(each.left), each.cost))[:most]


def nearest_free(
    event: Occurrence,
    busy: Sequence[Stretch],
    rules: Rules,
    avoid: Collection[datetime] = (),
) -> datetime | None:
    """The free start nearest to the event's own: its day first, then the days after it.

    Inside working hours, or its own hours where it lies outside them. On another day the same time
    of day is the nearest. Times much like those of `avoid` do not count. None if `DAYS_AHEAD` days
    have none.
    """
    length = between(event.start, event.end)
    hours = _hours(event, rules.hours)
    zone = event.start.tzinfo
    wanted = event.start.time()
    for ahead in range(DAYS_AHEAD + 1):
        day = event.start.date() + timedelta(days=ahead)
        if ahead and day.weekday() not in {*rules.days, event.start.weekday()}:
            continue
        midnight = datetime.combine(day, time(), tzinfo=zone)
        window = (midnight, datetime.combine(day + timedelta(days=1), time(), tzinfo=zone))
        starts = [
            start
            for start in all_free_starts(
                window, length, busy, now=rules.now, hours=hours, days=range(7)
            )
            if not any(_alike(start, other, length) for other in avoid)
        ]
        if starts:
            # Of two that are equally near the later one: nobody has to hurry.
            return min(starts, key=lambda each: (_apart(each.time(), wanted), -each.timestamp()))
    return None


def _alike(one: datetime, other: datetime, length: timedelta) -> bool:
    """Whether two times for an event are no real choice: less than its length or an hour apart."""
    return abs(one.timestamp() - other.timestamp()) < max(length, _APART).total_seconds()


def _apart(one: time, other: time) -> int:
    return abs((one.hour - other.hour) * 60 + one.minute - other.minute)


def _hours(event: Occurrence, hours: tuple[time, time]) -> tuple[time, time]:
    """Working hours, stretched to the event's own."""
    opens, closes = min(hours[0], event.start.time()), hours[1]
    if event.end.date() == event.start.date():
        closes = max(closes, event.end.time())
    return opens, closes


def _moved(plan: Plan) -> frozenset[str]:
    return frozenset(key_of(each.event) for each in plan.moves)


class _Run:
    """One greedy run. `stays` are keys of events that keep their time, `avoid` times not taken."""

    def __init__(
        self,
        found: Sequence[Conflict],
        busy: Sequence[Occurrence],
        rules: Rules,
        *,
        stays: Collection[str] = (),
        avoid: Collection[tuple[str, datetime]] = (),
    ) -> None:
        self._open = list(found)
        self._times = {key_of(each): (each.start, each.end) for each in busy}
        self._rules = rules
        self._fixed = set(stays)
        self._avoid = avoid

    def plan(self) -> Plan:
        """Move events until no conflict is left that a move can take away."""
        moves: list[Move] = []
        while (event := self._cheapest()) is not None:
            key = key_of(event)
            self._fixed.add(key)
            busy = [times for other, times in self._times.items() if other != key]
            avoid = {start for other, start in self._avoid if other == key}
            start = nearest_free(event, busy, self._rules, avoid)
            if start is None:
                continue
            length = between(event.start, event.end)
            end = after(start, length)
            moves.append(Move(event, start, end))
            self._times[key] = (start, end)
            self._open = [each for each in self._open if key not in _keys(each)]
        moves.sort(key=lambda each: each.event.start.timestamp())
        return Plan(tuple(moves), tuple(self._open), sum(map(self._cost, moves)))

    def _cheapest(self) -> Occurrence | None:
        """The event with the least cost for each conflict that its move would take away."""
        best: tuple[float, float, Occurrence] | None = None
        for event in (each for pair in self._open for each in (pair.first, pair.second)):
            key = key_of(event)
            cost = None if key in self._fixed else self._rules.cost(event)
            if cost is None:
                continue
            share = cost / sum(key in _keys(pair) for pair in self._open)
            rank = (share, -event.start.timestamp(), event)
            if best is None or rank[:2] < best[:2]:
                best = rank
        return best[2] if best else None

    def _cost(self, move: Move) -> int:
        cost = self._rules.cost(move.event) or 0
        return cost + move.days * _DAY_COST + move.minutes // _MINUTES_A_POINT


def _keys(conflict: Conflict) -> tuple[str, str]:
    return key_of(conflict.first), key_of(conflict.second)
