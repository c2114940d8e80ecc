"""The requests written by hand, and how what a model makes of them is judged."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from app.core.messages import ToolCall
from tests.support.starter_cases import (
    FILES,
    Bench,
    Case,
    Outcome,
    cases,
    judge,
)
from tests.support.starter_noise import noise_for, noisy_call

ALL = [case for name in FILES for case in cases(name)]
ANSWERS = {"outside", "missing", "social"}


def call(name: str, **arguments: object) -> ToolCall:
    return ToolCall(name, {key.rstrip("_"): value for key, value in arguments.items()})


def test_there_are_three_hundred_and_each_says_what_is_right() -> None:
    assert len(ALL) >= 300
    assert len({case.id for case in ALL}) == len(ALL)
    for case in ALL:
        assert bool(case.right) != bool(case.answer), case.id
        assert case.answer in ANSWERS | {""}
        assert all(calls or answer for _, calls, answer in case.before), case.id


RIGHT = [
    (("cal_create", {"title": "Lunch", "when": "friday noon"}),
     ("cal_create", {"title": "the lunch", "when": "noon on friday"}), True),
    (("cal_create", {"title": "lunch", "when": "friday noon"}),
     ("cal_create", {"title": "lunch", "when": "friday at 1"}), False),
    (("cal_create", {"title": "lunch", "when": "friday noon"}),
     ("cal_create", {"title": "dinner", "when": "friday noon"}), False),
    (("cal_cancel", {"events": "the dentist"}), ("cal_cancel", {"events": "dentist"}), True),
    (("cal_cancel", {"events": "the dentist"}), ("cal_cancel", {"events": "the optician"}), False),
    (("mail_find", {"from": "Bob"}), ("mail_find", {"from": "bob"}), True),
    (("mail_find", {"from": "Bob"}), ("mail_find", {"from": "Yuki"}), False),
    (("mail_draft", {"to": ["Bob"], "body": "I'm late"}),
     ("mail_draft", {"to": ["Bob"], "body": "I'm late."}), True),
    (("mail_draft", {"to": ["Bob"], "body": "I'm late"}),
     ("mail_draft", {"to": ["Anna"], "body": "I'm late"}), False),
    (("cal_move", {"event": "nothing like it", "to": "friday"}),
     ("cal_move", {"event": "something else", "to": "friday"}), False),
]  # fmt: skip


def test_what_the_user_would_see_is_compared(tmp_path: Path) -> None:
    with closing(Bench(tmp_path)) as bench:
        for right, mine, same in RIGHT:
            case = Case("x", "create", "hello", ((ToolCall(*right),), (ToolCall(*mine),)))
            _, (first, second) = bench.run(case)
            assert (first.effect == second.effect) is same, (right, mine)
            assert judge(case, second, [first]).effect is same
            assert judge(case, second, [first]).tool


def test_a_wrong_change_counts_only_where_nobody_was_asked() -> None:
    case = Case("x", "create", "anything", ((call("undo"),),))
    wrong = Outcome((call("cal_create"),), ("a",), proposes=True, at_once=True)
    right = [Outcome((call("undo"),), ("b",), proposes=True)]
    verdict = judge(case, wrong, right)
    assert (verdict.tool, verdict.effect) == (False, False)
    assert verdict.wrong_action
    assert verdict.wrong_at_once
    wrong.asks = True
    assert not judge(case, wrong, right).wrong_action


@pytest.mark.parametrize(
    ("wanted", "category", "said", "fits"),
    [
        ("outside", "outside", "I am Phial's starter model and only know mail and …", True),
        ("outside", "outside", "When should that be?", True),
        ("missing", "missing", "When should that be?", True),
        ("missing", "missing", "I am Phial's starter model and only know mail and …", False),
        ("social", "social", "You're welcome!", True),
    ],
)
def test_answers_are_judged_by_their_kind(
    wanted: str, category: str, said: str, fits: bool
) -> None:
    case = Case("x", category, "anything", answer=wanted)
    assert judge(case, Outcome(answer=said), []).effect is fits
    assert not judge(case, Outcome((call("undo"),)), []).effect


def test_noise_falls_on_what_is_right_as_well() -> None:
    for case in ALL:
        noisy = case.noisy()
        assert noisy == case.noisy()
        for calls, changed in zip(case.right, noisy.right, strict=True):
            assert [each.name for each in calls] == [each.name for each in changed]
    noise = noise_for("n2", "Schedule lunch with Anna, Friday.")
    words = noise("Schedule lunch with Anna, Friday.")
    assert words != "Schedule lunch with Anna, Friday."
    assert (
        noisy_call(call("cal_create", title="lunch with Anna"), noise).arguments["title"] in words
    )
    kept = noisy_call(call("mail_update", action="unread"), noise_for("n2", "unread"))
    assert kept.arguments == {"action": "unread"}
