"""Turns of several steps: conditions, results given back to the model, and how far they may go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.events import Answered, Applied, CallMade, Proposed, Stepped, Stopped
from app.agent.policy import Consent
from app.core.errors import AmbiguousError
from app.core.events import EngineEvent, Finished, TextDelta, ToolCallReady
from app.core.messages import ToolCall, TurnState
from app.core.ports import Asked, GenerateRequest, ToolOutcome
from app.core.proposals import Risk
from app.store.history import History
from tests.support.agent_desk import CLOCK, Desk, Run, change, open_history, outcome, proposal

MET = "If I haven't met Akira in the last 7 days, book catch-up tomorrow, otherwise cancel lunch"

ARGUMENTS: dict[str, dict[str, object]] = {
    "cal_find": {"with": ["Akira"]},
    "cal_create": {"title": "catch-up", "when": "tomorrow"},
    "cal_cancel": {"events": "lunch"},
}


@pytest.fixture
def history(profile: Path) -> Iterator[History]:
    with open_history(profile) as opened:
        yield opened


def model(answers: Mapping[str, str]) -> Callable[[GenerateRequest], Iterable[EngineEvent]]:
    """A model that calls the tool `answers` gives for a message that holds certain words."""

    def answer(request: GenerateRequest) -> Iterable[EngineEvent]:
        text = request.messages[-1].text
        (name,) = [name for words, name in answers.items() if words in text]
        return (ToolCallReady(ToolCall(name, ARGUMENTS[name])), Finished("tool_call"))

    return answer


def found(total: int) -> ToolOutcome:
    return ToolOutcome({"total": total}, f"Found {total}.", mentions=("e1",) * total)


def conditional(history: History, total: int) -> Desk:
    tools = {
        "cal_find": outcome(found(total)),
        "cal_create": outcome(ToolOutcome({}, "", proposal("catch-up"))),
        "cal_cancel": outcome(ToolOutcome({}, "", proposal("no lunch"))),
    }
    answers = {"any meetings": "cal_find", "book catch": "cal_create", "cancel lunch": "cal_cancel"}
    return Desk(history, model(answers), tools)


def test_a_condition_that_holds_leads_to_the_second_step(history: History) -> None:
    desk = conditional(history, 0)
    events = desk.ask(MET, consent=Consent.FIRST)
    assert [each.call.name for each in events if isinstance(each, CallMade)] == [
        "cal_find",
        "cal_create",
    ]
    assert Stepped("Found 0.") in events
    assert desk.applied == [change("catch-up")]
    assert events[-1] == Answered("Added catch-up.", 1)


def test_one_that_does_not_leads_to_the_other_wish(history: History) -> None:
    desk = conditional(history, 1)
    desk.ask(MET, consent=Consent.FIRST)
    assert desk.applied == [change("no lunch")]


def test_without_another_wish_nothing_is_changed_and_the_answer_says_why(history: History) -> None:
    desk = conditional(history, 2)
    events = desk.ask(MET.partition(", otherwise")[0], consent=Consent.FIRST)
    assert events[-1] == Answered("Found 2.\nSo nothing was changed.", 1)
    assert desk.applied == []
    assert desk.state is TurnState.DONE


def test_a_condition_whose_answer_would_change_something_is_refused(history: History) -> None:
    desk = conditional(history, 0)
    desk.script = model({"any meetings": "cal_cancel"})
    events = desk.ask(MET, consent=Consent.FIRST)
    assert isinstance(events[-1], Stopped)
    assert events[-1].error.code == "condition_unclear"
    assert desk.applied == []


def steps_of(
    *answers: tuple[EngineEvent, ...],
) -> Callable[[GenerateRequest], Iterable[EngineEvent]]:
    """A model that gives these answers one after the other."""
    left = iter(answers)
    return lambda request: next(left)


FIND = (ToolCallReady(ToolCall("cal_find", {"words": "Akira"})), Finished("tool_call"))
READ = (ToolCallReady(ToolCall("mail_read", {"message": "it"})), Finished("tool_call"))
BOOK = (ToolCallReady(ToolCall("cal_create", {"title": "Akira", "when": "noon"})),
        Finished("tool_call"))  # fmt: skip
SAY = (TextDelta("You met Akira, so I left it."), Finished("end"))


def larger(history: History, *answers: tuple[EngineEvent, ...]) -> Desk:
    tools = {
        "cal_find": outcome(found(1)),
        "mail_read": outcome(ToolOutcome({"id": "m1"}, "From Bob: book it.", mentions=("m1",))),
        "cal_create": outcome(ToolOutcome({}, "", proposal("catch-up"))),
    }
    return Desk(history, steps_of(*answers), tools, learned=False)


def test_a_larger_model_sees_what_it_found_and_goes_on(history: History) -> None:
    desk = larger(history, FIND, BOOK)
    events = desk.ask("if there is time, book Akira at noon", consent=Consent.FIRST)
    assert desk.applied == [change("catch-up")]
    assert Stepped("Found 1.") in events
    last = desk.requests[-1].messages
    assert [each.role for each in last[-3:]] == ["user", "assistant", "user"]
    assert "total: 1" in last[-1].text
    assert "Found 1" not in last[-1].text, "sentences hold text by others"


def test_it_may_answer_instead(history: History) -> None:
    desk = larger(history, FIND, SAY)
    events = desk.ask("if I have not met Akira, book noon", consent=Consent.FIRST)
    assert events[-1] == Answered("You met Akira, so I left it.", 1)
    assert desk.applied == []


def test_a_plain_question_takes_one_generation(history: History) -> None:
    desk = larger(history, FIND)
    events = desk.ask("what is on with Akira?")
    assert events[-1] == Answered("Found 1.", 1)
    assert len(desk.requests) == 1


def test_what_follows_the_reading_of_mail_waits_for_a_yes(history: History) -> None:
    desk = larger(history, READ, BOOK)
    events = desk.ask("read Bob's mail and then do what is due", consent=Consent.FIRST)
    assert desk.applied == []
    assert any(isinstance(each, Proposed) for each in events)
    assert desk.state is TurnState.PAUSED


def test_a_turn_ends_after_four_calls(history: History) -> None:
    desk = larger(history, FIND, FIND, FIND, FIND, BOOK)
    events = desk.ask("if in doubt, look again", consent=Consent.FIRST)
    assert sum(isinstance(each, CallMade) for each in events) == 4
    assert desk.applied == []
    assert desk.state is TurnState.DONE


def test_more_calls_than_that_at_once_are_refused_before_any_runs(history: History) -> None:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    finds = (ToolCallReady(ToolCall("cal_find", {"when": day})) for day in days)
    desk = larger(history, (*finds, Finished("tool_call")))
    events = desk.ask("look five times")
    assert not any(isinstance(each, CallMade) for each in events)
    assert isinstance(events[-1], Stopped)
    assert events[-1].error.code == "too_many_steps"


def test_it_means_what_the_call_before_found(history: History) -> None:
    heard: list[Asked] = []

    def read(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        heard.append(asked)
        return ToolOutcome({}, "Read.")

    tools = {"cal_find": outcome(found(2)), "mail_read": read}
    desk = Desk(history, (*FIND[:1], *READ), tools)
    desk.ask("find Akira and read it")
    assert heard[0].recent[0] == ("e1", "e1")
    assert heard[0].words == "find Akira and read it"


def test_it_means_what_an_earlier_turn_found_the_newest_first(history: History) -> None:
    heard: list[Asked] = []

    def read(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        heard.append(asked)
        return ToolOutcome({}, "Read.", mentions=("m7",))

    desk = Desk(history, FIND, {"cal_find": outcome(found(1)), "mail_read": read})
    desk.ask("what is on?")
    desk.script = READ
    desk.ask("read it")
    desk.ask("read it again")
    assert [each.recent for each in heard] == [(("e1",),), (("m7",), ("e1",))]


def asking_back(heard: list[Asked]) -> Run:
    """A tool that asks who "Anna" is until an address was chosen."""

    def reply(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        heard.append(asked)
        if arguments["cc"] == ["Anna"]:
            choices = (("anna@example.org", "Anna"),)
            raise AmbiguousError("several_people", "Who?", "Say.", argument="cc", choices=choices)
        return ToolOutcome({}, "", proposal("reply"))

    return reply


REPLY = (
    ToolCallReady(ToolCall("mail_reply", {"message": "it", "body": "x", "cc": ["Anna"]})),
    Finished("tool_call"),
)


def test_after_a_question_it_still_means_what_is_open(history: History) -> None:
    heard: list[Asked] = []
    tools = {"cal_find": outcome(found(1)), "mail_reply": asking_back(heard)}
    desk = Desk(history, FIND, tools)
    desk.ask("what is on?")
    desk.script = REPLY
    list(
        desk.agent.ask(
            "reply x to it, with Anna in copy",
            CLOCK,
            consent=Consent.ASK,
            conversation=desk.conversation,
            about=("m5",),
        )
    )
    desk.choose(0, turn=2)
    assert [each.recent for each in heard] == [(("m5",), ("e1",))] * 2


def test_after_a_question_it_still_means_what_the_step_before_found(history: History) -> None:
    heard: list[Asked] = []
    looked = ToolOutcome({"id": "m1"}, "From Bob: book it.", mentions=("m1",))
    tools = {"mail_find": outcome(looked), "mail_reply": asking_back(heard)}
    look = (ToolCallReady(ToolCall("mail_find", {"from": "Bob"})), Finished("tool_call"))
    desk = Desk(history, steps_of(look, REPLY), tools, learned=False)
    desk.ask("find Bob's mail, then reply x to it with Anna in copy")
    desk.choose(0)
    assert [each.recent for each in heard] == [(("m1",),)] * 2


def test_after_a_question_what_follows_the_reading_of_mail_still_waits(history: History) -> None:
    heard: list[Asked] = []
    read = ToolOutcome({"id": "m1"}, "From Bob: book it.", mentions=("m1",))
    tools = {"mail_read": outcome(read), "mail_reply": asking_back(heard)}
    desk = Desk(history, steps_of(READ, REPLY), tools, learned=False)
    desk.ask("read Bob's mail and then reply x with Anna in copy", consent=Consent.FIRST)
    desk.choose(0, consent=Consent.FIRST)
    assert desk.applied == []
    assert desk.state is TurnState.PAUSED


def test_two_sends_at_once_are_refused(history: History) -> None:
    send = replace(proposal("a"), tool_risk=Risk.SEND)
    tools = {"mail_reply": outcome(ToolOutcome({}, "", send))}
    bob, anna = (
        ToolCallReady(ToolCall("mail_reply", {"message": name, "body": "x"}))
        for name in ("Bob", "Anna")
    )
    desk = Desk(history, (bob, anna, Finished("tool_call")), tools)
    events = desk.ask("reply to Bob and Anna", consent=Consent.FIRST)
    assert isinstance(events[-1], Stopped)
    assert events[-1].error.code == "several_sends"
    assert not any(isinstance(each, Applied) for each in events)


def test_writing_and_sending_in_one_breath_is_one_call(history: History) -> None:
    draft = outcome(ToolOutcome({}, "", proposal("draft")))
    write = ToolCallReady(ToolCall("mail_draft", {"to": ["Bob"], "body": "x"}))
    send = ToolCallReady(ToolCall("mail_send", {"draft": "it"}))
    desk = Desk(history, (write, send, Finished("tool_call")), {"mail_draft": draft})
    events = desk.ask("write x to Bob and send it", consent=Consent.FIRST)
    assert [each.call.name for each in events if isinstance(each, CallMade)] == ["mail_draft"]
    assert desk.applied == [change("draft")]
