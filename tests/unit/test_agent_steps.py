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
from app.core.messages import Message, ToolCall, ToolResult, TurnState
from app.core.ports import Asked, GenerateRequest, ToolOutcome
from app.core.proposals import UNSURE_FOUND, Proposal, Provenance, Risk
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


def learned(history: History, *answers: tuple[EngineEvent, ...]) -> Desk:
    slots = [{"start": "2026-11-19T09:00:00+01:00"}, {"start": "2026-11-19T11:00:00+01:00"}]
    tools = {
        "cal_free": outcome(ToolOutcome({"free": True, "slots": slots}, "Two.")),
        "cal_create": outcome(ToolOutcome({}, "", proposal("dentist"), mentions=("e9",))),
    }
    return Desk(history, steps_of(*answers), tools)


LOOK = (ToolCallReady(ToolCall("cal_free", {"when": "tomorrow"})), Finished("tool_call"))
TAKE = (
    ToolCallReady(ToolCall("cal_create", {"title": "dentist", "when": "2026-11-19T09:00"})),
    Finished("tool_call"),
)
SPAN = "find an hour tomorrow and book the dentist"


def test_a_model_that_learned_the_tools_goes_on_to_a_second_wish(history: History) -> None:
    desk = learned(history, LOOK, TAKE)
    events = desk.ask(SPAN, consent=Consent.CLEAR)
    assert desk.applied == [], "a time that the user did not say is shown first"
    (shown,) = [event.proposal for event in events if isinstance(event, Proposed)]
    taken = Provenance("when", "2026-11-19T09:00", "Phial, among the free times")
    assert shown.provenance == (taken,)
    first, second = desk.requests
    heard = "[cal_free: free; 2026-11-19T09:00, 2026-11-19T11:00]"
    assert second.messages[:1] == first.messages
    assert second.messages[-1] == Message("tool", (ToolResult("", True, heard),))
    assert second.spans == ("2026-11-19T09:00", "2026-11-19T11:00", SPAN)


def test_it_is_not_asked_again_where_there_is_no_second_wish(history: History) -> None:
    desk = learned(history, LOOK)
    desk.ask("am I free tomorrow and is there time for the dentist?")
    assert len(desk.requests) == 1


def test_only_free_times_are_waited_for(history: History) -> None:
    desk = Desk(history, steps_of(FIND, BOOK), {"cal_find": outcome(found(1))})
    desk.ask("show the budget and plan meetings tomorrow", consent=Consent.FIRST)
    assert len(desk.requests) == 1


def test_it_does_not_look_twice_for_the_same_and_says_what_is_left(history: History) -> None:
    desk = learned(history, LOOK, LOOK, TAKE)
    events = desk.ask(SPAN)
    assert len(desk.requests) == 2
    assert isinstance(events[-1], Answered)
    assert "a message of its own" in events[-1].text
    assert desk.state is TurnState.DONE


def test_what_was_found_free_may_be_taken_in_the_next_message(history: History) -> None:
    desk = learned(history, LOOK, TAKE)
    desk.ask("am I free tomorrow?")
    events = desk.ask("book the first one for the dentist", consent=Consent.CLEAR)
    assert any(isinstance(event, Proposed) for event in events)
    assert desk.applied == []


def test_where_nothing_is_free_no_time_is_told(history: History) -> None:
    slots = [{"start": "2026-11-19T09:00:00+01:00"}]
    busy = ToolOutcome({"free": False, "slots": slots}, "No.", mentions=("e4",))
    desk = Desk(history, steps_of(LOOK, SAY), {"cal_free": outcome(busy)})
    desk.ask(SPAN)
    assert desk.requests[-1].messages[-1].parts == (ToolResult("", True, "[cal_free: busy]"),)
    assert desk.requests[-1].spans == (SPAN,)


@pytest.mark.parametrize(("first", "second"), [(0.1, 1.0), (1.0, 0.1)])
def test_a_step_that_was_not_sure_makes_the_whole_turn_unsure(
    history: History, first: float, second: float
) -> None:
    steps = ((LOOK[0], Finished("tool_call", confidence=first)),
             (TAKE[0], Finished("tool_call", confidence=second)))  # fmt: skip
    free = outcome(ToolOutcome({"free": True, "slots": []}, "Free."))
    make = outcome(ToolOutcome({}, "", proposal("dentist")))
    desk = Desk(history, steps_of(*steps), {"cal_free": free, "cal_create": make}, sure_from=0.5)
    desk.ask(SPAN, consent=Consent.FIRST)
    waiting = history.paused(1)
    assert isinstance(waiting, Proposal)
    assert waiting.unsure


def test_a_condition_that_was_not_sure_makes_the_whole_turn_unsure(history: History) -> None:
    steps = ((FIND[0], Finished("tool_call", confidence=0.1)), BOOK)
    tools = {"cal_find": outcome(found(0)),
             "cal_create": outcome(ToolOutcome({}, "", proposal("x")))}  # fmt: skip
    desk = Desk(history, steps_of(*steps), tools, sure_from=0.5)
    desk.ask("If I haven't met Akira this week, book Akira at noon", consent=Consent.FIRST)
    assert desk.applied == []
    desk.script = steps_of(steps[0])
    desk.ask("If I haven't met Akira this week, tell me")
    assert UNSURE_FOUND in history.turn(2).replies[-1].text


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
