"""What the model is asked, and what its calls are run with: made of the history. Reads only."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import islice

from app.agent.dialogue import dialogue_so_far, room_for_dialogue, spoken_of
from app.agent.generation import StoppableEngine
from app.agent.prompts import GO_ON, PLANNER, time_context
from app.core.messages import Message, Text, ToolCall, Turn
from app.core.ports import Asked, Clock, GenerateRequest
from app.store.history import History
from app.tools.registry import Registry

_TURNS_AT_ONCE = 16


class Requests:
    """Puts requests together for one agent."""

    def __init__(self, engine: StoppableEngine, registry: Registry, history: History) -> None:
        self._engine = engine
        self._registry = registry
        self._history = history

    def first(
        self,
        turn: int,
        conversation: int,
        text: str,
        clock: Clock,
        about: tuple[str, ...] = (),
    ) -> GenerateRequest:
        """What the engine is asked when a turn begins; `about` is what the user has open.

        A model that learned the tools may name any of them, and learned to answer a single
        message; any other is given the rules and the dialogue so far.
        """
        capabilities = self._engine.capabilities()
        learned = capabilities.tools_learned
        earlier = () if learned else self._earlier(conversation, turn)
        user = Message.of("user", text)
        dialogue = dialogue_so_far(user, earlier, room_for_dialogue(capabilities.context))
        rules = () if learned else (Message.of("system", PLANNER),)
        return GenerateRequest(
            id=uuid.uuid4().hex,
            messages=(*rules, *_with_open(dialogue.messages, () if learned else about)),
            tools=self._registry.declared if learned else self._registry.specs,
            context=time_context(clock),
            spans=dialogue.spans,
        )

    def next(
        self, request: GenerateRequest, calls: Sequence[ToolCall], facts: str
    ) -> GenerateRequest:
        """What it is asked after its calls came to `facts` (ids and counts)."""
        return GenerateRequest(
            id=uuid.uuid4().hex,
            messages=(
                *request.messages,
                Message("assistant", tuple(calls)),
                Message.of("user", f"{facts}\n\n{GO_ON}"),
            ),
            tools=request.tools,
            context=request.context,
            spans=request.spans,
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
        return Asked(clock, words, (*filter(None, (about,)), *spoken_of(earlier)))

    def _earlier(self, conversation: int, turn: int) -> Iterator[Turn]:
        """The turns of a conversation before `turn`, newest first, read as they are asked for."""
        ids, left = self._history.newest_turn_ids(conversation, _TURNS_AT_ONCE, turn)
        while ids:
            for stored in reversed(self._history.turns_of(ids)):
                yield stored.turn
            if not left:
                return
            ids, left = self._history.newest_turn_ids(conversation, _TURNS_AT_ONCE, ids[0])


def _with_open(messages: tuple[Message, ...], about: tuple[str, ...]) -> tuple[Message, ...]:
    """The dialogue, its last message with what the user has open."""
    if not about:
        return messages
    *before, last = messages
    note = Text(f"[The user has {', '.join(about)} open]\n\n")
    return (*before, Message(last.role, (note, *last.parts)))
