"""One turn: record the words, let the model propose, run tools, then pause, apply or answer.

Nothing here changes data: a change is made by `apply`, and only when the user has agreed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from app.agent.conditions import condition_in, condition_unclear, only_shows
from app.agent.dialogue import before_last_step
from app.agent.events import (
    AgentEvent,
    Answered,
    Applied,
    CallAnswered,
    CallMade,
    Proposed,
    Started,
    Stepped,
    Stopped,
)
from app.agent.generation import Planned, Spoken, StoppableEngine
from app.agent.mending import mended
from app.agent.merging import merged
from app.agent.policy import Consent, is_agreed
from app.agent.prompts import time_context
from app.agent.provenance import told_in, unsaid
from app.agent.questions import question_for, with_choice
from app.agent.records import (
    called_message,
    result_message,
    settled_message,
    shown_message,
    timed_message,
)
from app.agent.requests import Requests
from app.agent.steps import (
    MOST_CALLS,
    READERS,
    Step,
    facts,
    may_need_more,
    too_many_calls,
    waits_for_a_time,
)
from app.core.errors import STOPPED, AmbiguousError, KnownError
from app.core.messages import Message, Text, ToolCall, TurnState
from app.core.ports import Asked, Capabilities, Clock, Engine, Prefix, ToolOutcome
from app.core.proposals import UNSURE_FOUND, Change, Proposal, Provenance, Question
from app.store.history import History
from app.tools.registry import Registry

Apply = Callable[[int | None, str, Sequence[Change]], Sequence[str]]
"""Makes changes, all or none: (turn id, title, changes) to their journal ids."""

_UNFINISHED = "Stopped before it was finished."
_REST_UNCLEAR = "I did not understand what to do with that. Say the rest in a message of its own."


class Agent:
    """Runs turns. One at a time; `stop` may come from another thread."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        history: History,
        apply: Apply,
        locale: str,
        stop_tools: Callable[[], None] = lambda: None,
    ) -> None:
        """`stop_tools` breaks off what a tool is at; from any thread."""
        self._engine = StoppableEngine(engine)
        self._requests = Requests(self._engine, registry, history)
        self._registry = registry
        self._history = history
        self._apply = apply
        self._locale = locale
        self._stop_tools = stop_tools

    def ask(
        self,
        text: str,
        clock: Clock,
        *,
        consent: Consent,
        conversation: int,
        replaces: int = 0,
        about: tuple[str, ...] = (),
    ) -> Generator[AgentEvent, None, None]:
        """Answer one message of `conversation`; `replaces` is the turn it stands for, or 0.

        `about` are the ids of what the user has before them ("m12"): what "it" means.

        `consent` is the user's yes, given beforehand; it never settles an ambiguity. Without it a
        turn with a proposal is left PAUSED, and so is one with a reference or time that means
        several things. The first event is Started, the last Answered or Stopped, and the turn's
        state on disk says the same. Closing the generator early stops the turn. Raises KnownError
        before Started if the words cannot be written down, KeyError for unknown ids.
        """
        self._engine.forget_stop()
        user = Message.of("user", text)
        turn = self._history.start_turn(conversation, user, clock.now, replaces=replaces)
        try:
            if about:
                self._history.add_reply(turn, shown_message(about))
            yield Started(turn)
            yield from self._turn(turn, conversation, user, clock, consent, about)
        except KnownError as error:
            yield self._ended(turn, error)
        except BaseException:
            # Ctrl+C, a closed window, a bug: the words stay on disk and the turn is not left open.
            # What the journal holds stays made, so this does not say that nothing was changed.
            self._close(turn, _UNFINISHED)
            raise

    def choose(
        self, turn: int, option: int, clock: Clock, consent: Consent
    ) -> Generator[AgentEvent, None, None]:
        """Take up a PAUSED turn with the user's choice, counted from 0.

        The option of a Proposal is made as it was shown: if a target has changed since, the turn
        goes on waiting and the last event is Stopped with code "stale". The choice of a Question
        becomes the argument that was unclear, and the turn's calls run again, without the model,
        under `clock` and `consent`; events and states are then those of `ask`, but that a turn
        stopped on the way goes on waiting.
        """
        self._engine.forget_stop()
        try:
            match self._history.paused(turn):
                case Proposal() as proposal if 0 <= option < len(proposal.options):
                    yield from self._agree(turn, proposal, option)
                case Question() as question if 0 <= option < len(question.choices):
                    yield from self._run_again(turn, question, option, clock, consent)
                case _:
                    raise _not_waiting()
        except KnownError as error:
            yield Stopped(error, error.details)

    def decline(self, turn: int) -> Generator[AgentEvent, None, None]:
        """Say no to what a PAUSED turn waits with: it is DONE. Events end as in `choose`."""
        try:
            if self._history.paused(turn) is None:
                raise _not_waiting()
            self._history.add_reply(turn, settled_message(done=False))
            yield self._done(turn, "Nothing was changed.")
        except KnownError as error:
            yield Stopped(error, error.details)

    def stop(self) -> None:
        """Stop the turn under way before its next step; what was made stays made."""
        self._engine.stop()
        self._stop_tools()

    def answer_now(self) -> None:
        """Let a model that is thinking stop that and answer; from any thread."""
        self._engine.answer_now()

    def prefix(self) -> Prefix:
        """What requests begin with, whatever is asked. Raises KnownError if no model loads."""
        return self._requests.prefix()

    def warm(self) -> None:
        """Let the engine read that beginning ahead. Returns at once; raises as `prefix`."""
        prefix = self.prefix()
        if prefix.messages:
            self._engine.warm(prefix)

    def _ended(self, turn: int, error: KnownError, *, also: TurnState | None = None) -> Stopped:
        """The event for what went wrong with a turn that is RUNNING (or `also`), after noting it.

        Something unclear that offers no choices is answered by saying so: the user says it in
        other words.
        """
        if isinstance(error, AmbiguousError):
            with suppress(KnownError):
                self._done(turn, error.sentence())
        else:
            sentence = STOPPED if error.code == "stopped" else error.sentence()
            self._close(turn, sentence, also=also)
        return Stopped(error, error.details)

    def _close(self, turn: int, error: str, *, also: TurnState | None = None) -> None:
        """Mark a turn that was left open as FAILED; one that has its answer stays as it is."""
        # Where even that cannot be written, the next start finds the open turn and closes it.
        with suppress(KnownError):
            if self._history.turn(turn).state in (TurnState.RUNNING, also):
                self._history.finish(turn, TurnState.FAILED, error)

    def _turn(
        self,
        turn: int,
        conversation: int,
        user: Message,
        clock: Clock,
        consent: Consent,
        about: tuple[str, ...],
    ) -> Iterator[AgentEvent]:
        capabilities = self._engine.capabilities()
        learned = capabilities.tools_learned
        condition = condition_in(user.text) if learned else None
        asked = self._requests.asked(turn, conversation, user.text, clock, about)
        if condition is None:
            planned = self._requests.first(turn, conversation, user.text, clock, about)
            if not learned:
                self._history.add_reply(turn, timed_message(time_context(clock)))
            yield from self._steps(turn, planned, asked, consent, more=_more(capabilities))
            return
        planned = self._requests.first(turn, conversation, condition.question, clock, about)
        step = yield from self._step(turn, planned, replace(asked, words=condition.question))
        if step is None:
            return
        if not step.only_looked:
            raise condition_unclear(condition.question)
        wanted = condition.then if condition.holds(step.data) else condition.otherwise
        if not wanted or only_shows(wanted):
            also = "" if wanted else "\nSo nothing was changed."
            doubt = f"\n{UNSURE_FOUND}" if step.unsure else ""
            yield self._done(turn, f"{step.sentence}{also}{doubt}")
            return
        yield self._stepped(turn, step)
        planned = self._requests.first(turn, conversation, wanted, clock, about)
        asked = replace(asked, words=wanted, recent=step.recent)
        made = len(step.calls)
        yield from self._steps(turn, planned, asked, consent, made=made, unsure=step.unsure)

    def _steps(
        self,
        turn: int,
        planned: Planned,
        asked: Asked,
        consent: Consent,
        *,
        made: int = 0,
        unsure: bool = False,
        more: Callable[[Step, str], bool] = lambda _step, _words: False,
    ) -> Iterator[AgentEvent]:
        """One step after the other, until one proposes something or answers.

        `made` calls were made before, and may have been misread where they were `unsure`. `more`
        says of a step and the user's words whether what was looked up is given back to the model.
        """
        before: Step | None = None
        while True:
            step = yield from self._step(turn, planned, asked, made)
            if step is None:
                return
            made += len(step.calls)
            unsure = unsure or step.unsure
            if before is not None and step.calls == before.calls and _is_small(self._engine):
                yield self._done(turn, _REST_UNCLEAR)  # it would only say the same again
                return
            if not step.only_looked or made >= MOST_CALLS or not more(step, asked.words):
                yield from self._settle(turn, step.outcomes, consent, step.foreign, unsure=unsure)
                return
            yield self._stepped(turn, step)
            before = step
            if any(call.name in READERS for call in step.calls):
                consent = Consent.ASK  # what others wrote must not lead to a change unseen
            planned = self._requests.next(planned, turn, step)
            asked = replace(asked, recent=step.recent)

    def _step(
        self, turn: int, planned: Planned, asked: Asked, made: int = 0
    ) -> Generator[AgentEvent, None, Step | None]:
        """One generation and its calls; None if the turn has ended, or waits, with it."""
        spoken = Spoken()
        try:
            end = yield from self._engine.generate(planned, spoken)
            unsure = end.confidence < self._engine.capabilities().sure_from
            text = spoken.text.strip()
            if not text and not spoken.calls:
                raise KnownError(
                    "no_answer", "The model gave no answer.", "Say it again in other words."
                )
        except BaseException:
            if spoken.parts:  # the user has seen it come
                with suppress(KnownError):
                    self._history.add_reply(turn, Message("assistant", spoken.parts))
            raise
        calls = mended(spoken.calls, asked.words, asked.clock, self._locale)
        if calls != spoken.calls:
            self._history.add_reply(turn, called_message(spoken.calls))
        self._history.add_reply(turn, Message("assistant", (*spoken.parts, *calls)))
        if calls:
            if made + len(calls) > MOST_CALLS:
                raise too_many_calls()
            foreign = unsaid(spoken.calls, self._registry.declared, told_in(planned.request))
            words = [part for part in spoken.parts if isinstance(part, Text)]
            reply = Message("assistant", (*words, *spoken.calls))
            return (yield from self._act(turn, calls, foreign, asked, reply, unsure))
        self._history.finish(turn, TurnState.DONE)
        yield Answered(text, turn)
        if end.reason == "length":
            yield Stopped(
                KnownError(
                    "cut_off",
                    f"The answer was cut off after {end.completion_tokens} tokens.",
                    "Ask for something shorter.",
                )
            )
        return None

    def _act(
        self,
        turn: int,
        calls: Sequence[ToolCall],
        foreign: tuple[Provenance, ...],
        asked: Asked,
        reply: Message,
        unsure: bool,
    ) -> Generator[AgentEvent, None, Step | None]:
        """Run the calls in order; None if one of them made the turn wait with a question.

        `foreign` is the provenance of the arguments that are not the user's words; `reply` is what
        the calls were read from; `unsure` as in `Step`.
        """
        outcomes: list[ToolOutcome] = []
        for index, call in enumerate(calls):
            self._engine.check_stop()
            yield CallMade(call)
            try:
                outcome = self._registry.run(call.name, call.arguments, asked)
            except KnownError as error:
                self._history.add_reply(turn, result_message(call.name, False, error.code))
                yield CallAnswered(call.name, None, error)
                question = question_for(error, calls, index, foreign, unsure=unsure)
                if question is None:
                    raise
                self._history.pause(turn, question)
                yield Stopped(error)
                return None
            known = result_message(call.name, True, facts(outcome), outcome.mentions)
            self._history.add_reply(turn, known)
            yield CallAnswered(call.name, outcome)
            outcomes.append(outcome)
            if outcome.mentions:  # "find Bob's mail and forward it"
                asked = replace(asked, recent=(outcome.mentions, *asked.recent))
        return Step(reply, tuple(calls), tuple(outcomes), foreign, asked.recent, unsure)

    def _stepped(self, turn: int, step: Step) -> Stepped:
        self._history.add_reply(turn, Message.of("assistant", step.sentence))
        return Stepped(step.sentence)

    def _run_again(
        self, turn: int, question: Question, option: int, clock: Clock, consent: Consent
    ) -> Iterator[AgentEvent]:
        """Run a turn's calls with the choice that was missing.

        The turn waits on until they come to something, so that nothing is lost with the process.
        """
        calls, foreign = with_choice(question, option, self._registry.declared)
        (stored,) = self._history.turns_of((turn,))
        if stored.started_at.astimezone(clock.zone).date() != clock.today:
            consent = Consent.ASK  # "tomorrow" was said on another day: show what it means now
        reply = Message("assistant", calls)
        self._history.add_reply(turn, reply)
        asked = self._requests.asked(turn, stored.conversation, stored.turn.user.text, clock)
        # "It" means what it meant before the question: what was open, what earlier steps found.
        spoken, called = before_last_step(stored.turn)
        asked = replace(asked, recent=(*spoken, *asked.recent))
        if called & READERS:
            consent = Consent.ASK  # as in the step that ended with the question
        try:
            unsure = question.unsure
            step = yield from self._act(turn, calls, foreign, asked, reply, unsure)
            if step is not None:
                yield from self._settle(turn, step.outcomes, consent, foreign, unsure=unsure)
        except KnownError as error:
            waits_on = None if error.code == "stopped" else TurnState.PAUSED
            yield self._ended(turn, error, also=waits_on)
        except BaseException:
            self._close(turn, _UNFINISHED)
            raise

    def run_tool(
        self, name: str, arguments: Mapping[str, object], clock: Clock, *, consent: Consent
    ) -> Generator[AgentEvent, None, None]:
        """Run one tool without a model or a turn; events as in `ask`, but for Started."""
        try:
            yield CallMade(ToolCall(name, arguments))
            try:
                outcome = self._registry.run(name, arguments, Asked(clock))
            except KnownError as error:
                yield CallAnswered(name, None, error)
                raise
            yield CallAnswered(name, outcome)
            yield from self._settle(None, [outcome], consent)
        except KnownError as error:
            yield Stopped(error, error.details)

    def _settle(
        self,
        turn: int | None,
        outcomes: Sequence[ToolOutcome],
        consent: Consent,
        foreign: tuple[Provenance, ...] = (),
        *,
        unsure: bool = False,
    ) -> Iterator[AgentEvent]:
        proposal = merged([outcome.proposal for outcome in outcomes if outcome.proposal])
        if proposal is None:
            sentences = [outcome.sentence for outcome in outcomes]
            yield self._done(turn, "\n".join([*sentences, UNSURE_FOUND] if unsure else sentences))
        else:
            provenance = (*proposal.provenance, *foreign)
            proposal = replace(proposal, provenance=provenance, unsure=unsure)
            if is_agreed(proposal, consent):
                self._engine.check_stop()
                if turn is not None and self._history.paused(turn) is not None:
                    # The question is answered. Left waiting, it could be answered twice.
                    self._history.finish(turn, TurnState.RUNNING)
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
        self._engine.check_stop()
        ids = self._apply(turn, proposal.title, chosen.changes)
        applied = Applied(tuple(zip(ids, chosen.changes, strict=True)))
        try:
            if turn is not None:
                self._history.add_reply(turn, settled_message(done=True))
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


def _more(capabilities: Capabilities) -> Callable[[Step, str], bool]:
    """When a model of such capabilities is told what it looked up, to go on from there."""
    if capabilities.tools_learned:
        return waits_for_a_time
    return lambda _, words: not capabilities.reasoning and may_need_more(words)


def _is_small(engine: StoppableEngine) -> bool:
    return engine.capabilities().tools_learned


def _not_waiting() -> KnownError:
    return KnownError(
        "not_waiting",
        "There is no such choice waiting. Nothing was changed.",
        "Repeat the request to see what can be done now.",
    )
