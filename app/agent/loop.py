"""One turn: record the words, let the model propose, run tools, then pause, apply or answer.

Nothing here changes data: a change is made by `apply`, and only when the user has agreed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event

from app.agent.events import (
    AgentEvent,
    Answered,
    Applied,
    CallAnswered,
    CallMade,
    Generated,
    Proposed,
    Said,
    Stopped,
)
from app.agent.mending import mended
from app.agent.merging import merged
from app.agent.prompts import PLANNER, time_context
from app.core.errors import AmbiguousError, KnownError
from app.core.events import Failed, Finished, TextDelta, ToolCallReady
from app.core.messages import Message, Part, Text, ToolCall, ToolResult, TurnState
from app.core.ports import Capabilities, Clock, Engine, GenerateRequest, ToolOutcome
from app.core.proposals import Change, Proposal
from app.store.history import History
from app.tools.registry import Registry

Apply = Callable[[int | None, str, Sequence[Change]], Sequence[str]]
"""Makes changes, all or none: (turn id, title, changes) to their journal ids."""


@dataclass
class _Generation:
    """What one generation came to."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    end: Finished | Failed | None = None


class Agent:
    """Runs turns. One at a time; `stop` may come from another thread."""

    def __init__(
        self, engine: Engine, registry: Registry, history: History, apply: Apply, locale: str
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._history = history
        self._apply = apply
        self._locale = locale
        self._stop = Event()
        self._generating = ""

    def ask(
        self, text: str, clock: Clock, *, agreed: bool, conversation: int
    ) -> Generator[AgentEvent, None, None]:
        """Answer one message of `conversation`.

        `agreed` is the user's yes, given beforehand, to the first option of whatever is proposed;
        it never settles an ambiguity. Without it a turn with a proposal is left PAUSED. The last
        event is Answered or Stopped, and the turn's state on disk says the same. Closing the
        generator early stops the turn.
        """
        user = Message.of("user", text)
        turn = self._history.start_turn(conversation, user, clock.now)
        self._stop.clear()
        try:
            yield from self._turn(turn, user, clock, agreed)
        except AmbiguousError as error:
            # The question is the answer to this turn; the user's choice begins the next one.
            self._done(turn, error.sentence())
            yield Stopped(error)
        except KnownError as error:
            self._close(turn, error.sentence())
            yield Stopped(error)
        except BaseException:
            # Ctrl+C, a closed window, a bug: the words stay on disk and the turn is not left open.
            # What the journal holds stays made, so this does not say that nothing was changed.
            self._close(turn, "Stopped before it was finished.")
            raise

    def choose(self, turn: int, option: int) -> Generator[AgentEvent, None, None]:
        """Take up a PAUSED turn with the user's choice: `option` counts its proposal's from 0.

        Events end as in `ask`. What was shown is what is made: if a target has changed since, the
        turn goes on waiting and the last event is Stopped with code "stale".
        """
        self._stop.clear()
        try:
            proposal = self._history.paused(turn)
            if proposal is None or not 0 <= option < len(proposal.options):
                raise KnownError(
                    "not_waiting",
                    "There is no such choice waiting. Nothing was changed.",
                    "Repeat the request to see what can be done now.",
                )
            yield from self._agree(turn, proposal, option)
        except KnownError as error:
            yield Stopped(error)

    def stop(self) -> None:
        """Stop the turn under way before its next step; what was made stays made."""
        self._stop.set()
        if self._generating:
            self._engine.cancel(self._generating)

    def _close(self, turn: int, error: str) -> None:
        """Mark a turn that was left open as FAILED; one that has its answer stays as it is."""
        # Where even that cannot be written, the next start finds the open turn and closes it.
        with suppress(KnownError):
            if self._history.turn(turn).state is TurnState.RUNNING:
                self._history.finish(turn, TurnState.FAILED, error)

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise _stopped()

    def _turn(self, turn: int, user: Message, clock: Clock, agreed: bool) -> Iterator[AgentEvent]:
        generation = _Generation()
        yield from self._generate(user, clock, generation)
        match generation.end:
            case Failed(code, message, hint, details):
                self._history.finish(turn, TurnState.FAILED, f"{message} {hint}".strip())
                yield Stopped(KnownError(code, message, hint), details)
                return
            case Finished("cancelled"):
                raise _stopped()
            case Finished(timings=timings):
                yield Generated(timings)
            case None:
                raise KnownError("no_end", "The engine broke off its answer.", "Try again.")
        text = generation.text.strip()
        if not text and not generation.calls:
            raise KnownError(
                "no_answer", "The model gave no answer.", "Say it again in other words."
            )
        parts: list[Part] = [Text(generation.text)] if text else []
        calls = mended(generation.calls, user.text, clock, self._locale)
        self._history.add_reply(turn, Message("assistant", (*parts, *calls)))
        if calls:
            yield from self._act(turn, calls, clock, agreed)
            return
        self._history.finish(turn, TurnState.DONE)
        yield Answered(text, turn)
        if generation.end.reason == "length":
            yield Stopped(
                KnownError(
                    "cut_off",
                    f"The answer was cut off after {generation.end.completion_tokens} tokens.",
                    "Ask for something shorter.",
                )
            )

    def _generate(
        self, user: Message, clock: Clock, generation: _Generation
    ) -> Iterator[AgentEvent]:
        request = self._request(user, clock, self._engine.capabilities())
        self._generating = request.id
        try:
            self._check_stop()
            for event in self._engine.generate(request):
                match event:
                    case TextDelta(text):
                        generation.text += text
                        yield Said(text)
                    case ToolCallReady(call):
                        generation.calls.append(call)
                    case Finished() | Failed():
                        generation.end = event
        except BaseException:
            # Whoever listened has left; the model must not go on for nobody.
            self._engine.cancel(request.id)
            raise
        finally:
            self._generating = ""

    def _request(self, user: Message, clock: Clock, capabilities: Capabilities) -> GenerateRequest:
        """What the engine is asked. A model that learned the tools may name any of them."""
        learned = capabilities.tools_learned
        return GenerateRequest(
            id=uuid.uuid4().hex,
            messages=(user,) if learned else (Message.of("system", PLANNER), user),
            tools=self._registry.declared if learned else self._registry.specs,
            context=time_context(clock),
            spans=(user.text,),
        )

    def _act(
        self, turn: int, calls: Sequence[ToolCall], clock: Clock, agreed: bool
    ) -> Iterator[AgentEvent]:
        """Run the calls in order, then settle what they propose together."""
        outcomes: list[ToolOutcome] = []
        for call in calls:
            self._check_stop()
            yield CallMade(call)
            try:
                outcome = self._registry.run(call.name, call.arguments, clock)
            except KnownError as error:
                self._history.add_reply(turn, _result_message(call.name, False, error.code))
                yield CallAnswered(call.name, None, error)
                raise
            self._history.add_reply(turn, _result_message(call.name, True, _facts(outcome.data)))
            yield CallAnswered(call.name, outcome)
            outcomes.append(outcome)
        yield from self._settle(turn, outcomes, agreed)

    def run_tool(
        self, name: str, arguments: Mapping[str, object], clock: Clock, *, agreed: bool
    ) -> Generator[AgentEvent, None, None]:
        """Run one tool without a model or a turn; events as in `ask`."""
        try:
            yield CallMade(ToolCall(name, arguments))
            try:
                outcome = self._registry.run(name, arguments, clock)
            except KnownError as error:
                yield CallAnswered(name, None, error)
                raise
            yield CallAnswered(name, outcome)
            yield from self._settle(None, [outcome], agreed)
        except KnownError as error:
            yield Stopped(error)

    def _settle(
        self, turn: int | None, outcomes: Sequence[ToolOutcome], agreed: bool
    ) -> Iterator[AgentEvent]:
        proposal = merged([outcome.proposal for outcome in outcomes if outcome.proposal])
        if proposal is None:
            yield self._done(turn, "\n".join(outcome.sentence for outcome in outcomes))
        elif agreed:
            yield Proposed(proposal)
            yield from self._agree(turn, proposal, 0)
        else:
            if turn is not None:
                self._history.pause(turn, proposal)
            yield Proposed(proposal)
            yield Answered("Nothing was changed yet.", turn, waiting=True)
        for outcome in outcomes:
            if outcome.problem is not None:
                yield Stopped(outcome.problem)

    def _agree(self, turn: int | None, proposal: Proposal, option: int) -> Iterator[AgentEvent]:
        chosen = proposal.options[option]
        self._check_stop()
        ids = self._apply(turn, proposal.title, chosen.changes)
        applied = Applied(tuple(zip(ids, chosen.changes, strict=True)))
        try:
            answer = self._done(turn, chosen.done)  # on disk before anyone is told
        except KnownError as error:
            yield applied
            raise KnownError(
                error.code, f"{chosen.done} It could not be noted: {error.message}", error.hint
            ) from error
        yield applied
        yield answer

    def _done(self, turn: int | None, sentence: str) -> Answered:
        if turn is not None:
            self._history.add_reply(turn, Message.of("assistant", sentence))
            self._history.finish(turn, TurnState.DONE)
        return Answered(sentence, turn)


def _stopped() -> KnownError:
    return KnownError("stopped", "Stopped. Nothing was changed.")


def _result_message(name: str, ok: bool, content: str) -> Message:
    return Message("tool", (ToolResult(name, ok, content),))


def _facts(data: Mapping[str, object]) -> str:
    """What the model may know of a result: counts and ids, no text that others wrote."""
    facts: list[str] = []
    for key, value in data.items():
        if isinstance(value, bool | int):
            facts.append(f"{key}: {value}")
        elif isinstance(value, list | tuple):
            ids = [item["id"] for item in value if isinstance(item, Mapping) and "id" in item]
            facts.append(f"{key}: {', '.join(map(str, ids)) or len(value)}")
    return "; ".join(facts)
