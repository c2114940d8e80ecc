"""What a plan to rearrange events does, and why it ranks where it does, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.calendars.conflicts import Conflict
from app.calendars.occurrences import key_of
from app.calendars.rearranging import Move, Plan
from app.core.ports import Occurrence
from app.tools.movability import MoveRule
from app.tools.when import say_day
from app.tools.wording import clock_range, listed, short_day, title_of, when_of

_MOST = 3


def label(plan: Plan, today: date) -> str:
    """Every move with its old and new time."""
    return f"Move {'; '.join(_move(each, today) for each in plan.moves)}"


def done_words(plan: Plan) -> str:
    """The sentence after it was done."""
    moved = [
        f"'{title_of(each.event)}' to {say_day(each.start.date())}, "
        f"{clock_range(each.start, each.end)}"
        for each in plan.moves
    ]
    left = f" {_left(plan)}." if plan.left else ""
    return f"Moved {listed(moved)}.{left}"


def ranked_reasons(plans: Sequence[Plan], found: Sequence[Conflict], rule: MoveRule) -> list[str]:
    """For each plan whom it disturbs, why these events, and why it comes before the next."""
    reasons = []
    for place, plan in enumerate(plans):
        words = [_disturbs(plan, rule), *_why_these(plan, found, rule)]
        if plan.left:
            words.append(_left(plan))
        if place + 1 < len(plans):
            words.append(f"better than the next: {_ahead(plan, plans[place + 1], rule)}")
        reasons.append("; ".join(words))
    return reasons


def _move(move: Move, today: date) -> str:
    old = f"{short_day(move.event.start.date(), today)} {when_of(move.event)}"
    times = clock_range(move.start, move.end)
    new = times if not move.days else f"{short_day(move.start.date(), today)} {times}"
    return f"'{title_of(move.event)}' from {old} to {new}"


def _people(plan: Plan, rule: MoveRule) -> tuple[str, ...]:
    names = (name for move in plan.moves for name in rule.of(move.event).people)
    return tuple(dict.fromkeys(names))


def _disturbs(plan: Plan, rule: MoveRule) -> str:
    people = _people(plan, rule)
    return f"disturbs {listed(people, most=_MOST)}" if people else "disturbs nobody else"


def _why_these(plan: Plan, found: Sequence[Conflict], rule: MoveRule) -> list[str]:
    """What makes those that move easy to move, and keeps the others where they are."""
    moved = {key_of(each.event): each.event for each in plan.moves}
    words = [f"'{title_of(each)}' moves: {rule.of(each).reason}" for each in moved.values()]
    told: set[str] = set()
    for pair in found:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            if key_of(one) not in moved or key_of(other) in {*moved, *told}:
                continue
            told.add(key_of(other))
            if _is_harder(other, one, rule):
                words.append(f"'{title_of(other)}' stays: {rule.of(other).reason}")
    return list(dict.fromkeys(words))[: 2 * _MOST]


def _is_harder(one: Occurrence, other: Occurrence, rule: MoveRule) -> bool:
    cost = rule.cost(one)
    return cost is None or cost > (rule.cost(other) or 0)


def _left(plan: Plan) -> str:
    pairs = [
        f"'{title_of(each.first)}' and '{title_of(each.second)}'" for each in plan.left[:_MOST]
    ]
    return f"{listed(pairs)} still overlap"


def _ahead(plan: Plan, following: Plan, rule: MoveRule) -> str:
    """The first of the things that count in which it is better than the next."""
    if len(plan.moves) < len(following.moves):
        return "fewer events move"
    fewer = len(_people(following, rule)) - len(_people(plan, rule))
    if fewer > 0:
        return f"{fewer} {'person' if fewer == 1 else 'people'} fewer would be disturbed"
    events = [sum(rule.cost(move.event) or 0 for move in each.moves) for each in (plan, following)]
    if events[0] < events[1]:
        ours, theirs = _only_in(plan, following), _only_in(following, plan)
        verb = "is" if len(ours) == 1 else "are"
        return f"{listed(ours, most=_MOST)} {verb} easier to move than {listed(theirs, most=_MOST)}"
    days = [sum(move.days for move in each.moves) for each in (plan, following)]
    if days[0] < days[1]:
        return "it stays on the day" if not days[0] else "it is sooner"
    return "the new time is nearer to the old one"


def _only_in(plan: Plan, other: Plan) -> list[str]:
    """The titles of what one plan moves and the other does not."""
    keys = {key_of(each.event) for each in other.moves}
    return [f"'{title_of(each.event)}'" for each in plan.moves if key_of(each.event) not in keys]
