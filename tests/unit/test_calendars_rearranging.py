"""Plans that move events out of each other's way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.calendars.conflicts import Conflict, conflicts
from app.calendars.rearranging import Plan, Rules, nearest_free, plans
from app.calendars.recurrence import Entry
from app.core.ports import Occurrence
from tests.support.calendar_profile import BERLIN

NOW = datetime(2026, 11, 16, 8, tzinfo=BERLIN)
HOURS = (time(9), time(17))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def entry(name: str, start: datetime, end: datetime) -> Entry:
    event = Occurrence("", name, "", f"calendars/p/{name}.ics", name, start, end, all_day=False)
    return Entry(event, busy=True)


def rules(cost: Callable[[Occurrence], int | None] = lambda event: 20) -> Rules:
    return Rules(cost, NOW, HOURS, range(5))


def say(plan: Plan) -> list[str]:
    return [f"{move.event.title} {move.start:%d %H:%M}" for move in plan.moves]


def found(entries: list[Entry]) -> list[Conflict]:
    return conflicts(entries)


def test_one_long_event_moves_rather_than_the_two_in_it() -> None:
    entries = [
        entry("long", at(18, 9), at(18, 11)),
        entry("one", at(18, 9), at(18, 9, 30)),
        entry("two", at(18, 10), at(18, 10, 30)),
    ]
    best = plans(found(entries), entries, rules())[0]
    assert say(best) == ["long 18 10:30"] and best.left == ()


def test_what_cannot_be_moved_stays() -> None:
    entries = [entry("a", at(18, 9), at(18, 10)), entry("b", at(18, 9), at(18, 10))]
    only_b = rules(lambda event: 20 if event.title == "b" else None)
    assert all(plan.moves[0].event.title == "b" for plan in plans(found(entries), entries, only_b))
    assert plans(found(entries), entries, rules(lambda event: None)) == []


def test_other_events_come_before_other_times() -> None:
    entries = [entry("a", at(18, 9), at(18, 10)), entry("b", at(18, 9, 30), at(18, 10, 30))]
    cost = {"a": 21, "b": 20}
    said = [say(plan) for plan in plans(found(entries), entries, rules(lambda e: cost[e.title]))]
    assert said[0] == ["b 18 10:00"] and ["a 18 10:30"] in said
    assert len(said) == 3 and len({tuple(each) for each in said}) == 3


def test_another_time_is_a_real_choice() -> None:
    entries = [entry("a", at(18, 9), at(18, 10)), entry("b", at(18, 9, 30), at(18, 9, 45))]
    only_b = rules(lambda event: 20 if event.title == "b" else None)
    said = [say(plan) for plan in plans(found(entries), entries, only_b)]
    assert said == [["b 18 10:00"], ["b 18 11:00"], ["b 18 12:00"]]


@pytest.mark.parametrize(
    ("start", "end", "busy", "expected"),
    [
        (at(18, 14), at(18, 15), [(at(18, 14), at(18, 15))], "18 15:00"),
        (at(18, 14), at(18, 15), [(at(18, 14), at(18, 16, 10))], "18 13:00"),
        (at(18, 14), at(18, 15), [(at(18, 8), at(18, 18))], "19 14:00"),
        (at(20, 14), at(20, 15), [(at(20, 8), at(20, 18))], "23 14:00"),
        (at(21, 14), at(21, 15), [(at(21, 8), at(21, 18))], "23 14:00"),
        (at(18, 20), at(18, 21), [(at(18, 20), at(18, 21))], "18 19:00"),
        (at(18, 7), at(18, 8), [(at(18, 7), at(18, 8))], "18 08:00"),
    ],
)
def test_the_nearest_free_time(
    start: datetime, end: datetime, busy: list[tuple[datetime, datetime]], expected: str
) -> None:
    moved = nearest_free(entry("x", start, end).occurrence, busy, rules())
    assert moved is not None and f"{moved:%d %H:%M}" == expected


def test_nothing_goes_to_the_past_or_beyond_a_week() -> None:
    event = entry("x", at(16, 9), at(16, 10)).occurrence
    late = Rules(lambda each: 20, at(16, 12, 5), HOURS, range(5))
    moved = nearest_free(event, [], late)
    assert moved == at(16, 12, 15)
    assert nearest_free(event, [(at(16, 0), at(24, 0))], rules()) is None


def test_a_time_across_a_changed_clock_keeps_its_length() -> None:
    sunday = datetime(2026, 10, 24, 9, tzinfo=BERLIN)
    entries = [
        entry("a", sunday, sunday + timedelta(hours=1)),
        entry("b", sunday, sunday + timedelta(hours=1)),
    ]
    early = Rules(lambda event: 20, sunday - timedelta(days=2), (time(0), time(23)), range(7))
    for plan in plans(conflicts(entries), entries, early):
        (move,) = plan.moves
        assert move.end.timestamp() - move.start.timestamp() == 3600


STEPS = st.integers(0, 5 * 24 * 4).map(lambda steps: at(16, 8) + timedelta(minutes=15 * steps))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(STEPS, st.integers(1, 12), st.one_of(st.none(), st.integers(1, 90))), max_size=8
    )
)
def test_every_plan_moves_only_what_may_move_and_makes_no_new_conflict(
    drawn: list[tuple[datetime, int, int | None]],
) -> None:
    entries = [
        entry(f"e{index}", start, start + timedelta(minutes=15 * length))
        for index, (start, length, _) in enumerate(drawn)
    ]
    costs = {f"e{index}": cost for index, (_, _, cost) in enumerate(drawn)}
    clashes = conflicts(entries)
    chosen = plans(clashes, entries, rules(lambda event: costs[event.title]))
    assert len(chosen) <= 3
    assert [(len(each.left), each.cost) for each in chosen] == sorted(
        (len(each.left), each.cost) for each in chosen
    )
    for plan in chosen:
        moved = {move.event.title: move for move in plan.moves}
        assert all(costs[name] is not None for name in moved)
        after = [
            entry(
                each.occurrence.title,
                moved[each.occurrence.title].start,
                moved[each.occurrence.title].end,
            )
            if each.occurrence.title in moved
            else each
            for each in entries
        ]
        names = {(each.first.title, each.second.title) for each in conflicts(after)}
        assert names == {(each.first.title, each.second.title) for each in plan.left}
