"""Protocols between rooms: what one room needs of another, filled in by compose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from app.core.errors import KnownError
from app.core.events import EngineEvent
from app.core.messages import Message
from app.core.proposals import Change, Proposal, Risk


@dataclass(frozen=True)
class Clock:
    """The instant and zone a request is understood in. `now` is aware and in `zone`."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        """The day it is then and there."""
        return self.now.date()


@dataclass(frozen=True)
class ToolSpec:
    """A tool as the model and the constraint see it.

    `parameters` is a JSON Schema object; properties in the order the model must emit them. A
    string property with `"x-span": true` repeats words of the dialogue; with `"x-id": true` too it
    may be an id from the dialogue instead.
    """

    name: str
    purpose: str
    risk: Risk
    parameters: Mapping[str, object]


@dataclass(frozen=True)
class GenerateRequest:
    """One generation. `id` is unique within a client.

    `messages`: system messages, if any, stand first. Where they do not fit into the context, whole
    exchanges leave, oldest first, the last message never.
    `spans` are the texts span arguments may repeat, newest last. Temperature 0 is greedy.
    `conversation` names what the request belongs to, across restarts: what the model has read of
    it is kept for the next request of the same name; "" for a request that stands alone.
    `must_call`: the answer is a call of one of the tools, from its first token on.
    `max_thinking` tokens of reasoning are allowed before the answer is asked for; they do not
    count as `max_tokens`.
    """

    id: str
    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    spans: tuple[str, ...] = ()
    max_tokens: int = 512
    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 50
    seed: int = 0
    conversation: str = ""
    must_call: bool = False
    max_thinking: int = 2048


@dataclass(frozen=True)
class Prefix:
    """What many requests begin with: the system messages and the tools.

    An engine evaluates it ahead and keeps the result on disk.
    """

    messages: tuple[Message, ...] = ()
    tools: tuple[ToolSpec, ...] = ()


@dataclass(frozen=True)
class Capabilities:
    """What the loaded model is and can do. `context` is its usable length in tokens.

    `tools_learned`: it knows Phial's tools without being told of them; `tools_native`: it was
    trained on tools in its prompt; else our own words tell it. `reasoning`: it thinks before it
    answers. `trained_context` is the longest it was made for; `long_rope`: beyond its original
    length, with LongRoPE's long factors. `kv_type` is how keys and values are kept ("f16",
    "q8_0"). `memory_bytes` is what it takes, estimated. `devices` are the GPUs there are, each
    with its free memory, as a person reads it. `sure_from` is the confidence from which its calls
    were found to be right often enough; 0 where it is not measured.
    """

    model_name: str
    architecture: str
    context: int
    tools_learned: bool
    backend: str
    threads: int
    timings: Mapping[str, float] = field(default_factory=dict)
    tools_native: bool = False
    reasoning: bool = False
    vision: bool = False
    trained_context: int = 0
    long_rope: bool = False
    kv_type: str = "f16"
    memory_bytes: int = 0
    devices: tuple[str, ...] = ()
    sure_from: float = 0.0


class Engine(Protocol):
    """A text generator. One generation at a time; `cancel` may come from another thread."""

    def generate(self, request: GenerateRequest) -> Iterator[EngineEvent]:
        """Events of one generation; the last is Finished or Failed, also when the engine dies."""
        ...

    def cancel(self, request_id: str) -> None:
        """Ask the generation to stop; it ends in Finished("cancelled"). Unknown ids are ignored."""
        ...

    def answer_now(self, request_id: str) -> None:
        """Ask a generation that is thinking to stop that and answer. Unknown ids are ignored."""
        ...

    def capabilities(self) -> Capabilities:
        """What is loaded; starts the engine if need be. Raises KnownError if it cannot load."""
        ...

    def warm(self, prefix: Prefix) -> None:
        """Evaluate ahead what requests begin with, as long as none is asked. Returns at once."""
        ...

    def forget(self, conversation: str) -> None:
        """Drop what is kept of a conversation, also on disk. Returns at once."""
        ...

    def close(self) -> None:
        """End the engine and whatever process it owns; safe to call twice."""
        ...


@dataclass(frozen=True)
class Asked:
    """What a tool call belongs to: the clock, the user's message, and what was spoken of last.

    `words` is the message, "" for a script's call. `recent` are the things earlier results spoke
    of, newest first, each as its ids in the order they were shown ("e12", "m3"): what "it", "that",
    "them" and "the second one" mean.
    """

    clock: Clock
    words: str = ""
    recent: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class ToolOutcome:
    """What a tool did or would do.

    `data` are JSON values for scripts, `sentence` is for the user. `proposal` is set when the
    tool wants to change something; nothing has changed yet. `problem` is set when the answer
    may be incomplete (a calendar file that could not be read). `mentions` are the ids of the
    events and messages it is about, in the order shown; also of those a proposal would make, and
    of people "@" with their address.
    """

    data: Mapping[str, object]
    sentence: str
    proposal: Proposal | None = None
    problem: KnownError | None = None
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tool:
    """A tool that can run: its spec and the function behind it.

    `run` takes validated arguments and what they were asked with; it raises KnownError (or
    AmbiguousError) with a sentence, and never changes anything itself.
    """

    spec: ToolSpec
    run: Callable[[Mapping[str, object], Asked], ToolOutcome]


class ChangeOwner(Protocol):
    """The room that owns a kind of target ("calendar") and can apply a change to it."""

    def version(self, target: str) -> str:
        """The target's version as it is now (see `version_of`); "" where it does not exist."""
        ...

    def apply(self, change: Change) -> None:
        """Make the target what `after` says, if it still has `expected_version`.

        Raises KnownError("stale") without touching anything if it has another version.
        """
        ...


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of an event. `start` and `end` are aware, `end` exclusive.

    `id` is stable within the profile ("e" and a number); `key` names the file and the
    occurrence, "" recurrence for a single event. `organizer` is who invited to it, by name or else
    address, "" where nobody did.
    """

    id: str
    uid: str
    recurrence_id: str
    path: str
    title: str
    start: datetime
    end: datetime
    all_day: bool
    where: str = ""
    attendees: tuple[str, ...] = ()
    invited: bool = False
    organizer: str = ""


class IdMap(Protocol):
    """Short ids ("e12", "m17") that stay the same for the same thing for the profile's life."""

    def id_for(self, kind: str, key: str) -> str:
        """The id of `key` among things of `kind` (one letter); made on first use."""
        ...

    def ids_for(self, kind: str, keys: Iterable[str]) -> list[str]:
        """The ids of many keys, in their order; new ones are made together."""
        ...

    def key_for(self, short_id: str) -> str | None:
        """The key behind an id, None if it was never given."""
        ...
