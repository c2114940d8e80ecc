"""The conversation so far, as a model may see it: the user's words, its own, and trusted facts.

Sentences that tools wrote stay out: they hold titles by others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.messages import Message, Text, ToolCall, ToolResult, Turn, TurnState

_SHARE = 3
_CHARACTERS_A_TOKEN = 3


@dataclass(frozen=True)
class Dialogue:
    """`messages` for the model, the user's new one last; `spans`: the user's texts, newest last.

    Roles alternate, as many chat templates insist on. So the facts of a turn's calls stand before
    the user's words that follow them.
    """

    messages: tuple[Message, ...]
    spans: tuple[str, ...]


@dataclass(frozen=True)
class _Exchange:
    """An earlier turn: the user's words, what the model did, and what is known of that."""

    user: Message
    reply: Message
    facts: str

    @property
    def size(self) -> int:
        """About how many characters it takes."""
        calls = [dict(part.arguments) for part in self.reply.parts if isinstance(part, ToolCall)]
        return sum(map(len, (self.user.text, self.reply.text, self.facts, json.dumps(calls))))


def room_for_dialogue(context: int) -> int:
    """How many characters earlier turns may take of a context of so many tokens."""
    return context // _SHARE * _CHARACTERS_A_TOKEN


def dialogue_so_far(user: Message, earlier: Iterable[Turn], room: int) -> Dialogue:
    """The dialogue that ends in `user`, with the newest of the `earlier` turns that fit.

    `earlier` comes newest first and is read only as far as needed. Turns that FAILED are left
    out, and so is everything before the first turn that does not fit into `room` characters.
    """
    kept: list[_Exchange] = []
    for turn in earlier:
        exchange = _exchange(turn) if turn.state in (TurnState.DONE, TurnState.PAUSED) else None
        if exchange is None:
            continue
        room -= exchange.size
        if room < 0:
            break
        kept.insert(0, exchange)
    messages: list[Message] = []
    facts = ""
    for exchange in kept:
        messages += [_after(facts, exchange.user), exchange.reply]
        facts = exchange.facts
    messages.append(_after(facts, user))
    return Dialogue(tuple(messages), (*(exchange.user.text for exchange in kept), user.text))


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


def _after(facts: str, user: Message) -> Message:
    return Message("user", (Text(f"{facts}\n\n"), *user.parts)) if facts else user


def _exchange(turn: Turn) -> _Exchange | None:
    """A turn as the model may see it; None if nothing answered it."""
    calls: tuple[ToolCall, ...] = ()
    results: list[ToolResult] = []
    for reply in turn.replies:
        made = tuple(part for part in reply.parts if isinstance(part, ToolCall))
        if made:  # the last ones: after a choice the calls are made again
            calls, results = made, []
        results += [part for part in reply.parts if isinstance(part, ToolResult)]
    if calls:
        return _Exchange(
            turn.user,
            Message("assistant", calls),
            "\n".join(f"[{_fact(result)}]" for result in results),
        )
    text = "".join(reply.text for reply in turn.replies if reply.role == "assistant")
    if not text:
        return None
    return _Exchange(turn.user, Message("assistant", (Text(text),)), "")


def _fact(result: ToolResult) -> str:
    if not result.ok:
        return f"{result.name} failed: {result.content}"
    return f"{result.name}: {result.content}" if result.content else result.name
