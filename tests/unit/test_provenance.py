"""Which words of a call are the user's, and which the model put there by itself."""

from __future__ import annotations

import pytest

from app.agent.provenance import Told, told_in, unsaid, without_argument
from app.core.messages import Message, ToolCall, ToolResult
from app.core.ports import GenerateRequest
from app.core.proposals import Provenance
from app.tools.schemas import DECLARED


def foreign(text: str, name: str = "cal_create", **arguments: object) -> list[tuple[str, str]]:
    """The arguments that do not come from `text`."""
    found = unsaid(
        [ToolCall(name, arguments)],
        DECLARED,
        Told((text,), frozenset({"e12", "m3", "c3", "e3", "m17"})),
    )
    assert all(each.source == "the model" for each in found)
    return [(each.argument, each.value) for each in found]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Schedule lunch with Anna on Friday at noon", " lunch with Anna"),
        ("LUNCH   with\nAnna, please", "lunch with anna"),
        ("add “tax – part 2” tomorrow", "tax - part 2"),
        ("Anna's party on friday", "Anna"),
        ("Straße sperren am Freitag", "STRASSE"),
        ("dinner at 7:30", "7:30"),
        ("明天下午三点开会", "开会"),
        ("ข้าวกลางวันพรุ่งนี้", "พรุ่งนี้"),
        ("add 🎉 on friday", "🎉"),
    ],
)
def test_the_users_words_are_known_whatever_their_case_and_marks(text: str, value: str) -> None:
    assert foreign(text, title=value) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Schedule lunch with Anna", "Meeting"),
        ("a party on friday", "art"),
        ("lunch on friday with anna", "lunch anna"),
        ("lunch on friday", "2026-11-20"),
        ("lunch on friday", "🎉"),
        ("明天下午三点开会", "会开"),
    ],
)
def test_other_words_are_the_models(text: str, value: str) -> None:
    assert foreign(text, title=value) == [("title", value)]


def test_lists_are_looked_at_name_by_name_and_what_is_no_text_is_nobodys() -> None:
    people: dict[str, object] = {"with": ["Anna", "Bob"], "invite": True, "where": ""}
    assert foreign("lunch with Anna", title="lunch", **people) == [("with", "Bob")]
    assert foreign("stop it", "cal_cancel", events=["e12"], scope="following") == []
    assert foreign("stop it", "cal_cancel", events=["e12", "lunch"]) == [("events", "lunch")]
    assert foreign("undo that", "undo", change="c3") == []
    assert foreign("what is on", "cal_find", limit=5) == []
    assert foreign("hello", title="e12") == [("title", "e12")]


def test_words_said_earlier_in_the_conversation_are_the_users() -> None:
    call = ToolCall("cal_create", {"title": "lunch with Anna", "when": "friday"})
    assert unsaid([call], DECLARED, Told(("lunch with Anna?", "yes, on Friday"))) == ()


def test_only_ids_that_were_told_are_nobodys_words() -> None:
    cancel = ToolCall("cal_cancel", {"events": "e77"})
    request = GenerateRequest(
        "r",
        (Message("tool", (ToolResult("", True, "[cal_find: total: 1; e7]"),)),
         Message.of("user", "cancel it")),
        spans=("2026-11-19T09:00", "cancel it"),
    )  # fmt: skip
    told = told_in(request)
    assert told == Told(("cancel it",), frozenset({"e7"}), ("2026-11-19T09:00",))
    assert unsaid([cancel], DECLARED, told) == (Provenance("events", "e77", "the model"),)
    assert unsaid([ToolCall("cal_cancel", {"events": "e7"})], DECLARED, told) == ()


def test_a_value_is_shown_harmless_and_only_once() -> None:
    call = ToolCall("cal_create", {"title": "a\nb\u202ec"})
    assert unsaid([call, call], DECLARED, Told(("x",))) == (
        Provenance("title", "a bc", "the model"),
    )


def test_an_argument_the_user_chose_is_no_longer_the_models() -> None:
    call = ToolCall("cal_cancel", {"events": "lunch"})
    other = Provenance("title", "lunch", "the model")
    found = (*unsaid([call], DECLARED, Told(("x",))), other)
    assert without_argument(found, call, "events") == (other,)
