"""What would change, shown before it does. Serialisable, so a paused turn survives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from app.core.messages import ToolCall, part_from_json, part_to_json


def version_of(content: str | bytes | None) -> str:
    """The version of a target's content: its SHA-256 (hex), "" where it does not exist."""
    if content is None:
        return ""
    return sha256(content.encode() if isinstance(content, str) else content).hexdigest()


UNSURE = "I am not sure that I understood you. Look before you agree."
"""What is said with a proposal that is unsure."""

UNSURE_ASKED = "I am not sure that I understood you. If it is none of these, say no."
"""What is said with a question that is."""

UNSURE_FOUND = "I was not sure that I understood you. If this is not it, say it in other words."
"""What is said after an answer that is."""

_UNDO = "undo "


class Risk(IntEnum):
    """How far an action reaches: READ only shows, a CHANGE can be undone, a SEND leaves."""

    READ = 0
    DRAFT = 1
    CHANGE = 2
    SEND = 3


@dataclass(frozen=True)
class Change:
    """One change to one object of the profile.

    `target` is "ROOM:PATH", PATH relative to the profile ("calendar:calendars/personal/x.ics").
    `expected_version` is the SHA-256 (hex) of the target's bytes when the change was planned, ""
    if it must not exist yet. `before` and `after` are the target's whole content, None where it
    does not exist. `summary` is one line for the user ("Add 'lunch', Fri 20 Nov 12:00-13:00").
    `undoes` is the journal id ("c12") of the change this one takes back, "" otherwise. `was` and
    `becomes` are `before` and `after` for the user, line by line ("lunch with Anna", "Fri 20 Nov
    12:00-13:00"), empty where the target does not exist; text by others in them is made harmless.
    """

    target: str
    kind: str
    expected_version: str
    before: str | None
    after: str | None
    summary: str
    risk: Risk = Risk.CHANGE
    undoes: str = ""
    was: tuple[str, ...] = ()
    becomes: tuple[str, ...] = ()

    @property
    def is_undo(self) -> bool:
        """Whether its summary tells what it takes back."""
        return self.kind.startswith(_UNDO)

    def inverse(self, undoes: str) -> Change:
        """The change that takes this one back, once it was applied as journal entry `undoes`.

        The summary stays the original's; `kind` says whether it is undone ("undo create event") or,
        as the inverse of an undo, done again ("create event").
        """
        return Change(
            target=self.target,
            kind=self.kind.removeprefix(_UNDO) if self.is_undo else f"{_UNDO}{self.kind}",
            expected_version=version_of(self.after),
            before=self.after,
            after=self.before,
            summary=self.summary,
            risk=self.risk,
            undoes=undoes,
            was=self.becomes,
            becomes=self.was,
        )

    def to_json(self) -> dict[str, object]:
        """JSON values that `from_json` reads back."""
        return {
            "target": self.target,
            "kind": self.kind,
            "expected_version": self.expected_version,
            "before": self.before,
            "after": self.after,
            "summary": self.summary,
            "risk": self.risk.name,
            "undoes": self.undoes,
            "was": list(self.was),
            "becomes": list(self.becomes),
        }

    @staticmethod
    def from_json(data: Mapping[str, object]) -> Change:
        """The inverse of `to_json`. Raises KeyError or TypeError on foreign data."""
        before, after = data["before"], data["after"]
        return Change(
            target=str(data["target"]),
            kind=str(data["kind"]),
            expected_version=str(data["expected_version"]),
            before=None if before is None else str(before),
            after=None if after is None else str(after),
            summary=str(data["summary"]),
            risk=Risk[str(data["risk"])],
            undoes=str(data["undoes"]),
            was=_lines(data.get("was")),
            becomes=_lines(data.get("becomes")),
        )


def _lines(data: object) -> tuple[str, ...]:
    """Lines of a change; none in one written before changes had them."""
    if data is None:
        return ()
    if not isinstance(data, list):
        raise TypeError("lines must be a list")
    return tuple(map(str, data))


@dataclass(frozen=True)
class Option:
    """One way to do it. `reason` says why it is offered; `done` is the sentence after applying.

    `doubtful`: there is something to weigh first (it overlaps, lies in the past, takes several
    things away), so it is never done without asking.
    """

    label: str
    reason: str
    changes: tuple[Change, ...]
    done: str
    doubtful: bool = False

    def to_json(self) -> dict[str, object]:
        """JSON values that `from_json` reads back."""
        return {
            "label": self.label,
            "reason": self.reason,
            "changes": [change.to_json() for change in self.changes],
            "done": self.done,
            "doubtful": self.doubtful,
        }

    @staticmethod
    def from_json(data: Mapping[str, object]) -> Option:
        """The inverse of `to_json`."""
        changes = data["changes"]
        if not isinstance(changes, list):
            raise TypeError("changes must be a list")
        return Option(
            label=str(data["label"]),
            reason=str(data["reason"]),
            changes=tuple(Change.from_json(change) for change in changes),
            done=str(data["done"]),
            doubtful=data.get("doubtful") is True,
        )


@dataclass(frozen=True)
class Provenance:
    """Where an argument came from that the user did not say ("title", "Meeting", "the model")."""

    argument: str
    value: str
    source: str


@dataclass(frozen=True)
class Proposal:
    """A question to the user with at least one option; the first is the default.

    `provenance` lists the arguments that are not the user's own words; such a proposal is never
    agreed to on the user's behalf. Nor is one that is `unsure`: the model's best reading of words
    it may have misunderstood.
    """

    title: str
    options: tuple[Option, ...]
    tool_risk: Risk = Risk.READ
    provenance: tuple[Provenance, ...] = ()
    unsure: bool = False

    @property
    def risk(self) -> Risk:
        """The greatest risk among the changes, never less than the tool's."""
        risks = [change.risk for option in self.options for change in option.changes]
        return max([self.tool_risk, *risks])

    def to_json(self) -> dict[str, object]:
        """JSON values that `from_json` reads back."""
        return {
            "title": self.title,
            "tool_risk": self.tool_risk.name,
            "options": [option.to_json() for option in self.options],
            "provenance": _provenance_to_json(self.provenance),
            "unsure": self.unsure,
        }

    @staticmethod
    def from_json(data: Mapping[str, object]) -> Proposal:
        """The inverse of `to_json`."""
        options = data["options"]
        if not isinstance(options, list):
            raise TypeError("options must be a list")
        return Proposal(
            title=str(data["title"]),
            options=tuple(Option.from_json(option) for option in options),
            tool_risk=Risk[str(data["tool_risk"])],
            provenance=_provenance(data.get("provenance", [])),
            unsure=data.get("unsure") is True,
        )


def _provenance_to_json(provenance: tuple[Provenance, ...]) -> list[list[str]]:
    return [[each.argument, each.value, each.source] for each in provenance]


def _provenance(data: object) -> tuple[Provenance, ...]:
    if not isinstance(data, list):
        raise TypeError("provenance must be a list")
    return tuple(Provenance(*map(str, each)) for each in data)


@dataclass(frozen=True)
class Question:
    """An argument that means several things: the user picks, and the calls run again.

    `calls` are the turn's calls as they stand; the choice replaces `argument` of the one at
    `call`. `choices` are (value, label) as in `AmbiguousError`; `message` is what is asked.
    `provenance` is that of the calls, and `unsure` as in `Proposal`, for what they come to.
    """

    message: str
    argument: str
    choices: tuple[tuple[str, str], ...]
    calls: tuple[ToolCall, ...]
    call: int
    provenance: tuple[Provenance, ...] = ()
    unsure: bool = False

    def to_json(self) -> dict[str, object]:
        """JSON values that `waiting_from_json` reads back."""
        return {
            "question": self.message,
            "argument": self.argument,
            "choices": [list(choice) for choice in self.choices],
            "calls": [part_to_json(call) for call in self.calls],
            "call": self.call,
            "provenance": _provenance_to_json(self.provenance),
            "unsure": self.unsure,
        }


Waiting = Proposal | Question
"""What a PAUSED turn waits with."""


def waiting_from_json(data: Mapping[str, object]) -> Waiting:
    """The inverse of `to_json` of either kind. Raises KeyError, TypeError or ValueError."""
    if "question" not in data:
        return Proposal.from_json(data)
    choices, calls = data["choices"], data["calls"]
    if not isinstance(choices, list) or not isinstance(calls, list):
        raise TypeError("choices and calls must be lists")
    parts = [part_from_json(call) for call in calls]
    return Question(
        message=str(data["question"]),
        argument=str(data["argument"]),
        choices=tuple((str(value), str(label)) for value, label in choices),
        calls=tuple(part for part in parts if isinstance(part, ToolCall)),
        call=int(str(data["call"])),
        provenance=_provenance(data.get("provenance", [])),
        unsure=data.get("unsure") is True,
    )
