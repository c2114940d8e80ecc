"""What the agent reports while it works on a turn; every turn ends in Answered or Stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import KnownError
from app.core.messages import ToolCall
from app.core.ports import ToolOutcome
from app.core.proposals import Change, Proposal


@dataclass(frozen=True)
class Started:
    """The user's words are on disk, as the turn with this id."""

    turn_id: int


@dataclass(frozen=True)
class Working:
    """What the engine is at: its stages ("loading", "prefill", "decode"), or "thinking".

    `done` of `total` (0: unknown) in the unit the stage implies, as in `Progress`.
    """

    stage: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class CallMade:
    """The model (or a script) asked for a tool."""

    call: ToolCall


@dataclass(frozen=True)
class CallAnswered:
    """A tool ran: its outcome, or the error it gave."""

    name: str
    outcome: ToolOutcome | None
    error: KnownError | None = None


@dataclass(frozen=True)
class Stepped:
    """One step of several is done; the sentence says what it came to."""

    text: str


@dataclass(frozen=True)
class Proposed:
    """Changes that wait for a yes, or are about to be made because it was given."""

    proposal: Proposal


@dataclass(frozen=True)
class Applied:
    """Changes that were made, each with its journal id, in order."""

    changes: tuple[tuple[str, Change], ...]


@dataclass(frozen=True)
class Said:
    """A piece of the model's own answer, as it comes."""

    text: str


@dataclass(frozen=True)
class Thinking:
    """A piece of what a reasoning model thinks before it answers, as it comes."""

    text: str


@dataclass(frozen=True)
class RemembersFrom:
    """The conversation no longer fits: the model does not see the turns before this one."""

    turn_id: int


@dataclass(frozen=True)
class Generated:
    """The model has spoken; `timings` are the engine's, in milliseconds by stage.

    `prompt_tokens` and `completion_tokens` are what the context now holds.
    """

    timings: Mapping[str, float]
    prompt_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class Answered:
    """The turn's closing sentence.

    `waiting`: nothing was changed, the user has to choose or agree first.
    """

    text: str
    turn_id: int | None = None
    waiting: bool = False


@dataclass(frozen=True)
class Stopped:
    """The turn could not be finished, or its answer may be incomplete."""

    error: KnownError
    details: str = ""


AgentEvent = (
    Started
    | Working
    | CallMade
    | CallAnswered
    | Stepped
    | Proposed
    | Applied
    | Said
    | Thinking
    | RemembersFrom
    | Generated
    | Answered
    | Stopped
)
