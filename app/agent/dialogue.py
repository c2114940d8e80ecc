"""The conversation so far, as a model may see it: the user's words, its own, and trusted facts.

Sentences that tools wrote stay out: they hold titles by others. Every message is given as it was
when it was new, so that a prompt begins as the one before it and only its end is read anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from app.agent.prompts import as_asked, go_on, time_context
from app.agent.records import calls_made, is_record, open_then, settled_as, time_then
from app.agent.steps import fact
from app.core.messages import Message, Text, ToolCall, ToolResult, Turn, TurnState
from app.core.ports import Clock
from app.core.proposals import Risk
from app.store.history import StoredTurn
from app.tools.schemas import DECLARED

_LEARNED_TURNS = 2
"""Earlier turns for a model that learned the tools: its examples had hardly more."""

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
"""A time that was found free, as `facts` tell it."""

_CHARACTERS_A_TOKEN = 5
"""More than text has on average: what does not fit, the engine leaves out, counting tokens."""


@dataclass(frozen=True)
class Dialogue:
    """`messages` for the model, the user's new one last; `spans`: the user's texts, newest last.

    Roles alternate, as many chat templates insist on. So the facts of a turn's calls stand before
    the user's words that follow them. `turns` has each message's turn. `cut`: there are earlier
    turns that cannot fit.
    """

    messages: tuple[Message, ...]
    spans: tuple[str, ...]
    turns: tuple[int, ...]
    cut: bool = False


_LOOK = {spec.name for spec in DECLARED if spec.risk is Risk.READ} - {"cal_resolve"}
"""Tools that propose nothing."""


def _refused(facts: Sequence[str]) -> bool:
    """Whether the last of a step's calls came to nothing (see `fact`)."""
    return bool(facts) and facts[-1].partition(":")[0].endswith(" failed")


@dataclass
class _Step:
    """What the model wrote, and what came of it; `over` once a tool has said so."""

    reply: Message
    facts: list[str] = field(default_factory=list)
    over: bool = False

    def settle(self, state: str) -> None:
        """Say of what was proposed that it is done, declined, or waits for the user.

        All that a step proposes is agreed to together; the last of its changes says so.
        """
        if _refused(self.facts):
            return
        for place in reversed(range(len(self.facts))):
            opened = self.facts[place].removesuffix("]")
            if opened[1:].partition(":")[0] not in _LOOK:
                joint = "; " if ": " in opened else ": "
                self.facts[place] = f"{opened}{joint}{state}]"
                return


@dataclass(frozen=True)
class _Exchange:
    """An earlier turn: when and with what the user asked, and the steps of the answer."""

    stored: StoredTurn
    time: str
    steps: tuple[_Step, ...]

    @property
    def facts(self) -> str:
        """What the next turn may know of it."""
        return "\n".join(self.steps[-1].facts)

    def messages(self, facts: str) -> list[Message]:
        """It as it was said; `facts` are those of the exchange before."""
        turn = self.stored.turn
        messages = [as_asked(turn.user, self.time, open_then(turn.replies), facts)]
        for step in self.steps[:-1]:
            messages += [step.reply, go_on("\n".join(step.facts))]
        return [*messages, self.steps[-1].reply]

    @property
    def size(self) -> int:
        """About how many characters it takes."""
        return sum(map(_size, self.messages(""))) + len(self.facts)


def room_for_dialogue(context: int) -> int:
    """How many characters of dialogue could fit into a context of so many tokens."""
    return context * _CHARACTERS_A_TOKEN


def dialogue_so_far(
    new: int,
    user: Message,
    clock: Clock,
    earlier: Iterable[StoredTurn],
    room: int,
    about: tuple[str, ...] = (),
) -> Dialogue:
    """The dialogue that ends in `user`, with the newest of the `earlier` turns that fit.

    `new` is the turn that begins, asked at `clock` with `about` open. `earlier` comes newest first
    and is read only as far as needed. Turns that FAILED are left out, and so is everything before
    the first turn that does not fit into `room` characters.
    """
    kept: list[_Exchange] = []
    facts = ""
    cut = False
    for stored in earlier:
        exchange = _exchange(stored, clock)
        if exchange is None:
            continue
        room -= exchange.size
        if room < 0:
            cut = True
            facts = exchange.facts  # the turn after it keeps the message it was asked with
            break
        kept.insert(0, exchange)
    messages: list[Message] = []
    turns: list[int] = []
    for exchange in kept:
        messages += exchange.messages(facts)
        turns += [exchange.stored.id] * (len(messages) - len(turns))
        facts = exchange.facts
    messages.append(as_asked(user, time_context(clock), about, facts))
    spans = (*(exchange.stored.turn.user.text for exchange in kept), user.text)
    return Dialogue(tuple(messages), spans, (*turns, new), cut)


def learned_dialogue(
    new: int,
    user: Message,
    earlier: Iterable[StoredTurn],
    clock: Clock,
    room: int,
    about: tuple[str, ...] = (),
) -> Dialogue:
    """The dialogue as a model that learned the tools knows it, ending in `user`.

    Only what was said, its calls and their facts, each in a message of its own, and what the user
    has open now; the newest turns that fit into `room` characters. Else as `dialogue_so_far`. What
    a tool refused stays in: "no, the other one" may follow it.
    """
    kept: list[_Exchange] = []
    for stored in earlier:
        exchange = _exchange(stored, clock, failed=True)
        if exchange is None:
            continue
        room -= exchange.size
        if room < 0 or len(kept) == _LEARNED_TURNS:
            break
        kept.insert(0, exchange)
    messages: list[Message] = []
    turns: list[int] = []
    for exchange in kept:
        messages.append(exchange.stored.turn.user)
        for step in exchange.steps:
            messages += [step.reply, *([result_told(step.facts)] if step.facts else [])]
        turns += [exchange.stored.id] * (len(messages) - len(turns))
    if about:
        opened = [f"[open: {', '.join(about)}]"]
        if messages and messages[-1].role == "tool":
            opened = [*kept[-1].steps[-1].facts, *opened]
            messages.pop()
            turns.pop()
        messages.append(result_told(opened))
        turns.append(new)
    said = [exchange.stored.turn.user.text for exchange in kept]
    free = times_told(fact for each in kept for step in each.steps for fact in step.facts)
    return Dialogue((*messages, user), (*free, *said, user.text), (*turns, new))


def times_told(facts: Iterable[str]) -> tuple[str, ...]:
    """The free times among facts: the user may mean one of them by "then", so it may be copied."""
    return tuple(time for fact in facts for time in TIME.findall(fact))


def result_told(facts: Sequence[str]) -> Message:
    """The message that tells a model that learned the tools what its calls came to."""
    return Message("tool", (ToolResult("", True, "\n".join(facts)),))


def spoken_of(earlier: Iterable[Turn]) -> tuple[tuple[str, ...], ...]:
    """What the results of earlier turns were about, newest first (see `Asked.recent`).

    `earlier` comes newest first. What turns that FAILED looked at is left out.
    """
    return tuple(
        part.mentions
        for turn in earlier
        if turn.state is not TurnState.FAILED
        for reply in reversed(turn.replies)
        for part in reversed(reply.parts)
        if isinstance(part, ToolResult) and part.mentions
    )


def before_last_step(turn: Turn) -> tuple[tuple[tuple[str, ...], ...], frozenset[str]]:
    """What a turn spoke of before its last step, newest first, and the tools it had called.

    That is what the user had open when it began, and what its earlier steps found; a step's calls
    may have run several times, as the user chose. A sentence stands between two steps.
    """
    spoken: list[tuple[str, ...]] = []
    called: set[str] = set()
    of_step: list[tuple[str, ...]] = []
    names: set[str] = set()
    for reply in turn.replies:
        results = [part for part in reply.parts if isinstance(part, ToolResult)]
        calls = [part.name for part in reply.parts if isinstance(part, ToolCall)]
        if reply.role == "assistant" and (not calls or not names):
            spoken, of_step = [*spoken, *of_step], []
            called, names = called | names, set()
        names.update(calls)
        of_step += [part.mentions for part in results if part.mentions]
    return tuple(reversed(spoken)), frozenset(called)


def _exchange(stored: StoredTurn, clock: Clock, *, failed: bool = False) -> _Exchange | None:
    """A turn as the model may see it; None if nothing answered it.

    One that FAILED is seen where a tool refused its call, and `failed` ones are asked for.
    """
    state = stored.turn.state
    steps = _steps(stored.turn)
    if not steps:
        return None
    refused = failed and state is TurnState.FAILED and _refused(steps[-1].facts)
    if state not in (TurnState.DONE, TurnState.PAUSED) and not refused:
        return None
    if stored.turn.state is TurnState.PAUSED:
        steps[-1].settle("waiting")
    # What was not noted is told in the zone of today: an older Phial, or a model that is not told.
    asked = replace(clock, now=stored.started_at.astimezone(clock.zone))
    time = time_then(stored.turn.replies) or time_context(asked)
    return _Exchange(stored, time, tuple(steps))


def _steps(turn: Turn) -> list[_Step]:
    """The steps of a turn's answer, each as the model wrote it.

    A sentence of a tool closes a step that called; what the model says after that is another. Calls
    that come before such a sentence are the same calls again, as the user chose; what those came
    to counts.
    """
    steps: list[_Step] = []
    made: tuple[ToolCall, ...] | None = None
    for reply in turn.replies:
        for part in reply.parts:
            if isinstance(part, ToolResult) and is_record(part):
                made = calls_made(part) or made
                if steps and (state := settled_as(part)):
                    steps[-1].settle(state)
            elif isinstance(part, ToolResult) and steps:
                steps[-1].facts.append(fact(part.name, part.content, ok=part.ok))
        if reply.role != "assistant":
            continue
        calls = tuple(part for part in reply.parts if isinstance(part, ToolCall))
        open_step = steps[-1] if steps and not steps[-1].over else None
        if open_step is None:
            words = [part for part in reply.parts if isinstance(part, Text)]
            steps.append(_Step(Message("assistant", (*words, *(made or calls))), over=not calls))
        elif calls:
            open_step.facts.clear()
        else:
            open_step.over = True
        made = None
    return steps


def _size(message: Message) -> int:
    calls = [dict(part.arguments) for part in message.parts if isinstance(part, ToolCall)]
    return len(message.text) + len(json.dumps(calls))
