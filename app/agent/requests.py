"""What the model is asked, and what its calls are run with: made of the history. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from app.agent.dialogue import (
    dialogue_so_far,
    learned_dialogue,
    result_told,
    room_for_dialogue,
    spoken_of,
    times_told,
)
from app.agent.generation import Planned, StoppableEngine
from app.agent.prompts import PLANNER, THINKER, go_on
from app.agent.steps import Step
from app.core.messages import Message
from app.core.ports import Asked, Capabilities, Clock, GenerateRequest, Prefix
from app.store.history import History, StoredTurn
from app.tools.registry import Registry

_TURNS_AT_ONCE = 16

_LEARNED_ROOM = 1000
"""Characters of earlier turns for a model that learned the tools from short dialogues."""

_MOST_THINKING = 4096
_LONGEST_REASONED_ANSWER = 2048
"""Tokens of a thought and of the answer after it; in a small context they take a share of it."""


class Requests:
    """Puts requests together for one agent."""

    def __init__(self, engine: StoppableEngine, registry: Registry, history: History) -> None:
        self._engine = engine
        self._registry = registry
        self._history = history

    def prefix(self) -> Prefix:
        """What every first request begins with, empty for a model that learned the tools."""
        capabilities = self._engine.capabilities()
        if capabilities.tools_learned:
            return Prefix()
        if capabilities.reasoning:
            return Prefix((Message.of("system", THINKER),))
        return Prefix((Message.of("system", PLANNER),), self._registry.specs)

    def first(
        self,
        turn: int,
        conversation: int,
        text: str,
        clock: Clock,
        about: tuple[str, ...] = (),
    ) -> Planned:
        """What the engine is asked when a turn begins; `about` is what the user has open.

        A model that learned the tools may name any of them, and is given the last turns; any other
        is given the rules and the dialogue so far.
        """
        capabilities = self._engine.capabilities()
        user = Message.of("user", text)
        earlier = self._earlier(conversation, turn)
        if capabilities.tools_learned:
            dialogue = learned_dialogue(turn, user, earlier, clock, _LEARNED_ROOM, about)
            request = GenerateRequest(
                id=uuid.uuid4().hex,
                messages=dialogue.messages,
                tools=self._registry.declared,
                spans=dialogue.spans,
            )
            return Planned(request, dialogue.turns)
        prefix = self.prefix()
        room = room_for_dialogue(capabilities.context)
        dialogue = dialogue_so_far(turn, user, clock, earlier, room, about)
        request = GenerateRequest(
            id=uuid.uuid4().hex,
            messages=(*prefix.messages, *dialogue.messages),
            tools=prefix.tools,
            spans=dialogue.spans,
            conversation=str(conversation),
        )
        if capabilities.reasoning:
            request = _with_thinking(request, capabilities)
        turns = (*(0 for _ in prefix.messages), *dialogue.turns)
        return Planned(request, turns, cut=dialogue.cut)

    def next(self, planned: Planned, turn: int, step: Step) -> Planned:
        """What it is asked after a step of `turn` (its facts are ids and counts)."""
        request = planned.request
        learned = self._engine.capabilities().tools_learned
        told = result_told([step.facts]) if learned else go_on(step.facts)
        messages = (*request.messages, step.reply, told)
        spans = (*times_told([step.facts]), *request.spans)
        return replace(
            planned,
            request=replace(request, id=uuid.uuid4().hex, messages=messages, spans=spans),
            turns=(*planned.turns, turn, turn),
        )

    def asked(
        self,
        turn: int,
        conversation: int,
        words: str,
        clock: Clock,
        about: tuple[str, ...] = (),
    ) -> Asked:
        """What the calls of a turn are run with."""
        earlier = islice(self._earlier(conversation, turn), _TURNS_AT_ONCE)
        turns = (stored.turn for stored in earlier)
        return Asked(clock, words, (*filter(None, (about,)), *spoken_of(turns)))

    def _earlier(self, conversation: int, turn: int) -> Iterator[StoredTurn]:
        """The turns of a conversation before `turn`, newest first, read as they are asked for."""
        ids, left = self._history.newest_turn_ids(conversation, _TURNS_AT_ONCE, turn)
        while ids:
            yield from reversed(self._history.turns_of(ids))
            if not left:
                return
            ids, left = self._history.newest_turn_ids(conversation, _TURNS_AT_ONCE, ids[0])


def _with_thinking(request: GenerateRequest, capabilities: Capabilities) -> GenerateRequest:
    """The request with room for a thought. Its dialect says how such a model is sampled."""
    return replace(
        request,
        max_tokens=min(_LONGEST_REASONED_ANSWER, capabilities.context // 4),
        max_thinking=min(_MOST_THINKING, capabilities.context // 2),
        seed=int(request.id[:8], 16),
    )
