"""What would change, shown before it does. Serialisable, so a paused turn survives a restart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256


def version_of(content: str | bytes | None) -> str:
    """The version of a target's content: its SHA-256 (hex), "" where it does not exist."""
    if content is None:
        return ""
    return sha256(content.encode() if isinstance(content, str) else content).hexdigest()


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
    `undoes` is the journal id ("c12") of the change this one takes back, "" otherwise.
    """

    target: str
    kind: str
    expected_version: str
    before: str | None
    after: str | None
    summary: str
    risk: Risk = Risk.CHANGE
    undoes: str = ""

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
        )


@dataclass(frozen=True)
class Option:
    """One way to do it. `reason` says why it is offered; `done` is the sentence after applying."""

    label: str
    reason: str
    changes: tuple[Change, ...]
    done: str

    def to_json(self) -> dict[str, object]:
        """JSON values that `from_json` reads back."""
        return {
            "label": self.label,
            "reason": self.reason,
            "changes": [change.to_json() for change in self.changes],
            "done": self.done,
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
        )


@dataclass(frozen=True)
class Proposal:
    """A question to the user with at least one option; the first is the default."""

    title: str
    options: tuple[Option, ...]
    tool_risk: Risk = Risk.READ

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
        )
