"""Conditions in a request: what is asked first, and when what hangs on it is done."""

from __future__ import annotations

import pytest

from app.agent.conditions import condition_in, only_shows
from app.core.errors import KnownError

MET = "if I haven't met Akira in the last 7 days, book 30 minutes called catch-up tomorrow"


@pytest.mark.parametrize(
    ("text", "question", "true_at", "false_at", "then"),
    [
        (MET, "any meetings with Akira in the last 7 days?", 0, 1,
         "book 30 minutes called catch-up tomorrow"),
        ("If I’ve not seen Bo this week then call it off", "any meetings with Bo this week?", 0, 2,
         "call it off"),
        ("unless I have met Akira this week, book lunch with Akira on Friday",
         "any meetings with Akira this week?", 0, 1, "book lunch with Akira on Friday"),
        ("If Bob hasn't written about the invoice today, remind me to call Bob at 5",
         "any mail from Bob about the invoice today?", 0, 1, "remind me to call Bob at 5"),
        ("if I have heard from Nadia this week, archive all newsletters",
         "any mail from Nadia this week?", 1, 0, "archive all newsletters"),
        ("if I'm free on Friday at 3, book a massage then", "am I free on Friday at 3?", 1, 0,
         "book a massage on Friday at 3"),
        ("If I am not free tomorrow at 9, cancel yoga", "am I free tomorrow at 9?", 0, 1,
         "cancel yoga"),
        ("if I'm busy tomorrow at 9, cancel yoga", "am I free tomorrow at 9?", 0, 1, "cancel yoga"),
        ("if I have more than 3 meetings tomorrow, cancel the first one",
         "do I have meetings tomorrow?", 4, 3, "cancel the first one"),
        ("if I have at most two meetings on Friday, book gym on Friday at 5",
         "do I have meetings on Friday?", 2, 3, "book gym on Friday at 5"),
        ("if I have no meetings tomorrow morning, book gym tomorrow at 8",
         "do I have meetings tomorrow morning?", 0, 1, "book gym tomorrow at 8"),
        ("if I don't have any meetings on Friday, book a day off on Friday",
         "do I have meetings on Friday?", 0, 1, "book a day off on Friday"),
        ("if there is unread mail from Yuki, flag it", "any unread mail from Yuki?", 1, 0,
         "flag it"),
        ("if nothing is on Friday afternoon, book a massage on Friday at 3",
         "what do I have on Friday afternoon?", 0, 1,
         "book a massage on Friday at 3"),
        ("check if I'm free on Friday at 5pm and if so book gym", "am I free on Friday at 5pm?",
         1, 0, "book gym on Friday at 5pm"),
        ("if I'm free tomorrow at 9, book yoga on Friday", "am I free tomorrow at 9?", 1, 0,
         "book yoga on Friday"),
        ("see whether I have meetings tomorrow, and if so cancel them",
         "do I have meetings tomorrow?", 2, 0, "cancel them"),
        ("did Bob write today? If so, archive it", "did Bob write today?", 1, 0, "archive it"),
        ("Am I free at 5? if not move gym to 7", "Am I free at 5?", 0, 1, "move gym to 7"),
        ("Book gym tomorrow at 8 unless I have a meeting tomorrow morning",
         "do I have meeting tomorrow morning?", 0, 1, "Book gym tomorrow at 8"),
    ],
)  # fmt: skip
def test_the_condition_is_asked_first(
    text: str, question: str, true_at: int, false_at: int, then: str
) -> None:
    condition = condition_in(text)
    assert condition is not None
    assert condition.question == question
    assert condition.then == then
    assert condition.holds([{"total": true_at}])
    assert not condition.holds([{"total": false_at}])


def test_what_is_done_otherwise_is_kept_apart() -> None:
    condition = condition_in(
        "If I'm free on Friday at 3, book a massage on Friday at 3, otherwise book it on Monday"
    )
    assert condition is not None
    assert condition.then == "book a massage on Friday at 3"
    assert condition.otherwise == "book it on Monday"
    assert condition.holds([{"free": True, "slots": []}])
    assert not condition.holds([{"free": False, "slots": []}])


@pytest.mark.parametrize(
    "text",
    [
        "book lunch with Anna on Friday",
        "if you can, book lunch with Anna on Friday",
        "If it's not too much trouble, cancel yoga",
        "book lunch on Friday if possible",
        "reply to Anna that Friday works if I can bring the dog",
        "tell Bob I will come if I am free",
        "ask Bob whether he can come",
        "check if I have meetings tomorrow",
        "what if I am late?",
        "tell Bob: can you come? If not, I will go alone",
        "write to Anna: is it you? If so, call me",
    ],
)
def test_other_messages_have_none(text: str) -> None:
    assert condition_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "if it rains tomorrow, cancel the picnic",
        "If Anna says yes, book lunch with her on Friday",
        "unless the budget is approved, cancel the review",
    ],
)
def test_one_that_cannot_be_looked_up_is_refused(text: str) -> None:
    with pytest.raises(KnownError) as caught:
        condition_in(text)
    assert caught.value.code == "condition_unclear"
    assert "Nothing was changed" in caught.value.message


@pytest.mark.parametrize(
    "wanted", ["show me", "let me know.", "tell me which", "then show them to me"]
)
def test_what_is_only_to_be_told_needs_nothing_more(wanted: str) -> None:
    assert only_shows(wanted)
    assert not only_shows("show me and archive it")
    assert not only_shows("tell Bob")


def test_an_answer_without_a_number_does_not_count_as_yes_or_no() -> None:
    condition = condition_in(MET)
    assert condition is not None
    with pytest.raises(KnownError):
        condition.holds([{"id": "m1"}])
    with pytest.raises(KnownError):
        condition.holds([])
