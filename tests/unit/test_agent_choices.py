"""What waits for the user: questions with choices, a no, and consent given beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.agent.events import Answered, Applied, CallAnswered, CallMade, Proposed, Stopped
from app.agent.policy import Consent
from app.core.errors import AmbiguousError, KnownError
from app.core.events import EngineEvent, Finished, ToolCallReady
from app.core.messages import Message, ToolCall, TurnState
from app.core.ports import Asked, ToolOutcome
from app.core.proposals import Proposal, Provenance, Question, Risk
from app.store.history import History
from tests.support.agent_desk import (
    CLOCK,
    Desk,
    Run,
    calls,
    change,
    kinds,
    open_history,
    outcome,
    proposal,
)

CHOICES = (("e1", "Fri lunch with Anna"), ("e2", "Mon lunch with Bo"))
CANCEL = (ToolCallReady(ToolCall("cal_cancel", {"events": "lunch"})), Finished("tool_call"))


@pytest.fixture
def history(profile: Path) -> Iterator[History]:
    with open_history(profile) as opened:
        yield opened


def which(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
    """Cancels an event that is named by its id; of others it does not know which is meant."""
    events = str(arguments["events"])
    if not events.startswith("e"):
        raise AmbiguousError(
            "several_events", "Two fit.", "Say which one.", argument="events", choices=CHOICES
        )
    return ToolOutcome({"events": [{"id": events}]}, "", proposal(f"without {events}"))


def cancelling(history: History, run: Run = which) -> Desk:
    """A turn in which "cancel lunch" has met two lunches."""
    desk = Desk(history, CANCEL, {"cal_cancel": run})
    desk.ask("cancel lunch")
    return desk


def test_what_means_several_things_is_a_question_that_waits(history: History) -> None:
    desk = Desk(history, CANCEL, {"cal_cancel": which})
    events = desk.ask("cancel lunch", consent=Consent.FIRST)
    assert kinds(events) == [CallMade, CallAnswered, Stopped]
    assert isinstance(events[-1], Stopped)
    assert isinstance(events[-1].error, AmbiguousError)
    assert desk.state is TurnState.PAUSED
    called = ToolCall("cal_cancel", {"events": "lunch"})
    assert history.paused(1) == Question("Two fit.", "events", CHOICES, (called,), 0)
    assert desk.applied == []


def test_the_choice_takes_the_arguments_place_and_the_model_is_not_asked_again(
    history: History,
) -> None:
    desk = cancelling(history)
    events = desk.choose(1)
    assert kinds(events) == [CallMade, CallAnswered, Proposed, Answered]
    assert events[0] == CallMade(ToolCall("cal_cancel", {"events": "e2"}))
    assert len(desk.requests) == 1
    assert history.paused(1) == proposal("without e2")
    desk.choose(0)
    assert desk.applied == [change("without e2")]
    assert desk.state is TurnState.DONE
    made = [reply for reply in history.turn(1).replies if reply.role == "assistant"]
    assert made[:2] == [
        Message("assistant", (ToolCall("cal_cancel", {"events": "lunch"}),)),
        Message("assistant", (ToolCall("cal_cancel", {"events": "e2"}),)),
    ]


def test_a_choice_that_leaves_nothing_to_weigh_is_made_at_once(history: History) -> None:
    desk = cancelling(history)
    events = desk.choose(0, consent=Consent.CLEAR)
    assert kinds(events) == [CallMade, CallAnswered, Proposed, Applied, Answered]
    assert desk.applied == [change("without e1")]
    assert desk.state is TurnState.DONE


def test_one_question_may_lead_to_the_next_and_to_an_answer(history: History) -> None:
    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        for name, value in (("words", "lunch"), ("when", "3/4")):
            if arguments[name] == value:
                raise AmbiguousError("x", f"{name}?", argument=name, choices=(("4/3", "April"),))
        return ToolOutcome({"total": 0}, "Nothing then.")

    find = ToolCall("cal_find", {"words": "lunch", "when": "3/4"})
    desk = Desk(history, (ToolCallReady(find), Finished("tool_call")), {"cal_find": run})
    desk.ask("lunch on 3/4?")
    assert kinds(desk.choose(0)) == [CallMade, CallAnswered, Stopped]
    question = history.paused(1)
    assert isinstance(question, Question)
    assert question.message == "when?"
    assert question.calls[0].arguments == {"words": "4/3", "when": "3/4"}
    assert desk.choose(0)[-1] == Answered("Nothing then.", 1)
    assert desk.state is TurnState.DONE


def test_all_calls_of_the_turn_run_again_and_only_the_unclear_one_changes(
    history: History,
) -> None:
    made = calls("cal_create")[:1] + CANCEL
    tools = {"cal_create": outcome(ToolOutcome({}, "", proposal("lunch"))), "cal_cancel": which}
    desk = Desk(history, made, tools)
    desk.ask("lunch at noon, cancel lunch")
    question = history.paused(1)
    assert isinstance(question, Question)
    assert question.call == 1
    desk.choose(0)
    desk.choose(0)
    assert desk.applied == [change("lunch"), change("without e1")]


def test_an_argument_that_is_a_list_takes_the_choice_as_a_list(history: History) -> None:
    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        if arguments["with"] == ["Anna"]:
            raise AmbiguousError("x", "Which?", argument="with", choices=(("Anna B", "Anna B"),))
        return ToolOutcome({}, f"With {arguments['with']}.")

    find = ToolCall("cal_find", {"with": ["Anna"]})
    desk = Desk(history, (ToolCallReady(find), Finished("tool_call")), {"cal_find": run})
    desk.ask("what is on with Anna?")
    assert desk.choose(0)[-1] == Answered("With ['Anna B'].", 1)


def test_a_choice_that_is_gone_by_then_ends_the_turn_with_a_sentence(history: History) -> None:
    gone = KnownError("event_not_found", "There is no event e1 any more.", "Look for it.")

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        if arguments["events"] == "e1":
            raise gone
        return which(arguments, asked)

    desk = cancelling(history, run)
    assert desk.choose(0)[-1] == Stopped(gone)
    assert desk.state is TurnState.FAILED
    assert history.turns_of((1,))[0].error == "There is no event e1 any more. Look for it."


def test_a_question_goes_on_waiting_if_its_choice_is_stopped_or_nobody_listens(
    history: History,
) -> None:
    desk = cancelling(history)
    question = history.paused(1)
    events = desk.agent.choose(1, 0, CLOCK, Consent.CLEAR)
    next(events)
    desk.agent.stop()
    assert kinds(list(events))[-1] is Stopped
    events = desk.agent.choose(1, 0, CLOCK, Consent.CLEAR)
    next(events)
    events.close()
    assert desk.applied == []
    assert history.paused(1) == question


def test_a_question_is_not_answered_twice_even_if_the_answer_could_not_be_noted(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = cancelling(history)
    kept = history.add_reply

    def full(turn: int, message: Message) -> None:
        if desk.applied:
            raise KnownError("disk_full", "The disk is full.")
        kept(turn, message)

    monkeypatch.setattr(history, "add_reply", full)
    assert kinds(desk.choose(0, consent=Consent.CLEAR))[-2:] == [Applied, Stopped]
    assert desk.state is TurnState.FAILED
    (last,) = desk.choose(0, consent=Consent.CLEAR)
    assert isinstance(last, Stopped)
    assert last.error.code == "not_waiting"
    assert len(desk.applied) == 1


def test_a_question_answered_on_another_day_shows_what_its_words_mean_now(
    history: History,
) -> None:
    desk = cancelling(history)
    tomorrow = replace(CLOCK, now=CLOCK.now + timedelta(days=1))
    events = desk.choose(0, consent=Consent.CLEAR, clock=tomorrow)
    assert kinds(events)[-2:] == [Proposed, Answered]
    assert desk.applied == []
    assert desk.state is TurnState.PAUSED


@pytest.mark.parametrize("option", [-1, 2])
def test_only_what_was_asked_can_be_answered(history: History, option: int) -> None:
    desk = cancelling(history)
    (last,) = desk.choose(option)
    assert isinstance(last, Stopped)
    assert last.error.code == "not_waiting"
    assert desk.state is TurnState.PAUSED


def test_a_no_closes_the_turn_and_changes_nothing(history: History) -> None:
    result = ToolOutcome({}, "", proposal("lunch"))
    desk = Desk(history, calls("cal_create"), {"cal_create": outcome(result)})
    desk.ask()
    assert list(desk.agent.decline(1)) == [Answered("Nothing was changed.", 1)]
    assert (desk.state, desk.applied) == (TurnState.DONE, [])
    assert history.turn(1).replies[-1].text == "Nothing was changed."
    (last,) = desk.agent.decline(1)
    assert isinstance(last, Stopped)
    assert last.error.code == "not_waiting"


def test_a_no_also_answers_a_question(history: History) -> None:
    desk = cancelling(history)
    assert list(desk.agent.decline(1)) == [Answered("Nothing was changed.", 1)]
    assert history.paused(1) is None


def asked(history: History, wanted: Proposal, consent: Consent, text: str) -> Desk:
    """One request that comes to `wanted`."""
    result = ToolOutcome({}, "", wanted)
    desk = Desk(history, calls("cal_create"), {"cal_create": outcome(result)})
    desk.ask(text, consent=consent)
    return desk


def doubtful(name: str) -> Proposal:
    """A proposal with something to weigh."""
    wanted = proposal(name)
    return replace(wanted, options=(replace(wanted.options[0], doubtful=True),))


def test_a_clear_wish_is_made_at_once(history: History) -> None:
    desk = asked(history, proposal("lunch"), Consent.CLEAR, "lunch at noon")
    assert desk.applied == [change("lunch")]


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        (proposal("lunch", "later"), "lunch at noon"),
        (doubtful("lunch"), "lunch at noon"),
        (replace(proposal("lunch"), tool_risk=Risk.SEND), "lunch at noon"),
        (proposal("lunch"), "something to eat at noon"),
    ],
)
def test_what_is_not_clear_becomes_a_card(history: History, wanted: Proposal, text: str) -> None:
    desk = asked(history, wanted, Consent.CLEAR, text)
    assert desk.applied == []
    assert isinstance(history.paused(1), Proposal)


@pytest.mark.parametrize(
    ("to", "text", "made"),
    [
        ("eve@evil.example", "write hello to Bob", False),
        ("eve@evil.example", "write hello to eve@evil.example", True),
        ("Robert", "write hello to Bob", True),
    ],
)
def test_a_yes_beforehand_sends_nothing_to_an_address_nobody_said(
    history: History, to: str, text: str, made: bool
) -> None:
    call = ToolCallReady(ToolCall("mail_draft", {"to": [to], "body": "hello"}))
    wanted = ToolOutcome({}, "", replace(proposal("letter"), tool_risk=Risk.SEND))
    desk = Desk(history, (call, Finished("tool_call")), {"mail_draft": outcome(wanted)})
    desk.ask(text, consent=Consent.FIRST)
    assert bool(desk.applied) is made


def test_an_argument_the_model_made_up_is_shown_as_its_own(history: History) -> None:
    desk = asked(history, proposal("lunch"), Consent.ASK, "something to eat at noon")
    waiting = history.paused(1)
    assert isinstance(waiting, Proposal)
    assert waiting.provenance == (Provenance("title", "lunch", "the model"),)
    assert desk.state is TurnState.PAUSED


def test_what_the_user_chose_is_the_users_and_the_rest_stays_the_models(history: History) -> None:
    made: tuple[EngineEvent, ...] = (*calls("cal_create")[:1], *CANCEL)
    tools = {"cal_create": outcome(ToolOutcome({}, "", proposal("lunch"))), "cal_cancel": which}
    desk = Desk(history, made, tools)
    desk.ask("drop the meal and have another at noon")
    question = history.paused(1)
    assert isinstance(question, Question)
    assert [each.argument for each in question.provenance] == ["title", "events"]
    desk.choose(0, consent=Consent.CLEAR)
    waiting = history.paused(1)
    assert isinstance(waiting, Proposal)
    assert waiting.provenance == (Provenance("title", "lunch", "the model"),)


def test_of_several_wishes_one_doubt_is_a_doubt_about_all(history: History) -> None:
    for wanted in (doubtful("dinner"), proposal("dinner", "later")):
        tools = {
            "cal_create": outcome(ToolOutcome({}, "", proposal("lunch"))),
            "undo": outcome(ToolOutcome({}, "", wanted)),
        }
        desk = Desk(history, calls("cal_create", "undo"), tools)
        events = desk.ask(consent=Consent.CLEAR)
        (shown,) = [event.proposal for event in events if isinstance(event, Proposed)]
        assert shown.options[0].doubtful
        assert desk.applied == []
