"""A call that the model was not sure of: shown as its best reading, never made unasked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from app.agent.events import Answered, Applied, Proposed
from app.agent.policy import Consent
from app.core.errors import AmbiguousError
from app.core.events import EngineEvent, Finished, ToolCallReady
from app.core.messages import ToolCall, TurnState
from app.core.ports import Asked, ToolOutcome
from app.core.proposals import Proposal, Question, waiting_from_json
from app.store.history import History
from tests.support.agent_desk import Desk, Run, kinds, open_history, outcome, proposal

BAR = 0.6
MADE = outcome(ToolOutcome({}, "", proposal("lunch")))


@pytest.fixture
def history(profile: Path) -> Iterator[History]:
    with open_history(profile) as opened:
        yield opened


def desk(history: History, confidence: float, run: Run = MADE, *, bar: float = BAR) -> Desk:
    call = ToolCall("cal_cancel", {"events": "lunch"})
    script: tuple[EngineEvent, ...] = (
        ToolCallReady(call),
        Finished("tool_call", confidence=confidence),
    )
    return Desk(history, script, {"cal_cancel": run}, sure_from=bar)


@pytest.mark.parametrize("consent", [Consent.CLEAR, Consent.FIRST])
def test_what_the_model_was_sure_of_is_made(history: History, consent: Consent) -> None:
    open_desk = desk(history, BAR)
    assert Applied in kinds(open_desk.ask("cancel lunch", consent=consent))


@pytest.mark.parametrize("consent", list(Consent))
def test_what_it_was_not_sure_of_is_asked_whatever_was_agreed(
    history: History, consent: Consent
) -> None:
    open_desk = desk(history, BAR - 0.01)
    events = open_desk.ask("cancel lunch", consent=consent)
    shown = next(event.proposal for event in events if isinstance(event, Proposed))
    assert shown.unsure
    assert open_desk.applied == []
    assert open_desk.state is TurnState.PAUSED
    assert history.paused(1) == shown
    open_desk.choose(0)
    assert len(open_desk.applied) == 1


def test_a_model_without_a_bar_is_taken_at_its_word(history: History) -> None:
    open_desk = desk(history, 0.01, bar=0.0)
    open_desk.ask("cancel lunch", consent=Consent.FIRST)
    assert len(open_desk.applied) == 1


def test_the_answer_to_an_unsure_question_says_so(history: History) -> None:
    open_desk = desk(history, 0.1, outcome(ToolOutcome({"total": 0}, "Nothing then.")))
    (answer,) = [event for event in open_desk.ask("?") if isinstance(event, Answered)]
    assert answer.text.startswith("Nothing then.\nI was not sure that I understood you.")


def test_it_stays_unsure_while_it_asks_which_one_is_meant(history: History) -> None:
    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        if arguments["events"] == "lunch":
            raise AmbiguousError("x", "Two.", argument="events", choices=(("e1", "a"), ("e2", "b")))
        return ToolOutcome({}, "", proposal("cancelled"))

    open_desk = desk(history, 0.1, run)
    open_desk.ask("cancel lunch", consent=Consent.FIRST)
    question = history.paused(1)
    assert isinstance(question, Question)
    assert question.unsure
    assert waiting_from_json(question.to_json()) == question
    open_desk.choose(0, consent=Consent.FIRST)
    waiting = history.paused(1)
    assert isinstance(waiting, Proposal)
    assert waiting.unsure
    assert Proposal.from_json(waiting.to_json()) == waiting
    assert open_desk.applied == []
