"""A user who asks for this and that at random, and agrees to any of what is proposed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.core.errors import AmbiguousError, KnownError
from app.core.proposals import Proposal
from app.mail.flags import tidy
from app.store.changes import apply_changes, recover_changes
from tests.support.random_requests import Requests
from tests.support.tool_desk import Desk

_WRONG = ("half_done", "bad_target", "no_owner", "unknown_tool")
"""Errors that no request here may come to: the change itself was made wrongly."""

_RESTARTS = 0.1
"""How often Phial is started anew after a request."""


@dataclass
class Hand:
    """Asks and agrees. `made` counts what changed something by tool and way, `refused` the errors.

    `log` holds every step, for the report of a failure.
    """

    desk: Desk
    seed: int
    made: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    changed: int = 0
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._requests = Requests(self.desk, self._chance)

    def run(self) -> None:
        """Ten to 20 requests, one after the other; now and then Phial is started anew."""
        for _ in range(self._chance.randint(10, 20)):
            self.step()
            if self._chance.random() < _RESTARTS:
                self.restart()

    def restart(self) -> None:
        """What is done at each start."""
        self.log.append("(a new start)")
        assert recover_changes(self.desk.profile.journal, self.desk.owners) == []
        tidy(self.desk.profile.root / "mail")

    def step(self) -> None:
        """One request, with whatever comes of it."""
        name, arguments = self._requests.next()
        self.desk.words = self._requests.words
        self.steps += 1
        try:
            self._agree(name, arguments)
        except AmbiguousError as error:
            self._refuse(error)
            if error.choices and error.argument in arguments:
                self._choose(name, arguments, error)
        except KnownError as error:
            self._refuse(error)

    def undo_everything(self) -> int:
        """Undo what is in force, the newest first; how many operations that were."""
        count = 0
        while entries := self.desk.profile.journal.last_applied():
            count += 1
            self.log.append(f"undo {entries[0].id}: {entries[0].change.summary}")
            try:
                self.desk.do("undo", change=entries[0].id)
            except KnownError as error:
                raise AssertionError(f"{error.message}\n{self.report()}") from error
        return count

    def report(self) -> str:
        """Everything that was asked, line by line."""
        return "\n".join([f"seed {self.seed}", *self.log])

    def _choose(self, name: str, arguments: Mapping[str, object], error: AmbiguousError) -> None:
        """Answer the question which one is meant."""
        value, _ = self._chance.choice(error.choices)
        is_list = error.argument in ("to", "cc", "bcc", "with", "add", "remove")
        try:
            self._agree(name, {**arguments, error.argument: [value] if is_list else value})
        except KnownError as again:
            self._refuse(again)

    def _agree(self, name: str, arguments: Mapping[str, object]) -> None:
        said = json.dumps(arguments, ensure_ascii=False)
        self.log.append(f"{name} {said} {self.desk.words!r}")
        outcome = self.desk.run(name, **arguments)
        if outcome.mentions:
            self.desk.recent = (outcome.mentions, *self.desk.recent[:5])
        if outcome.proposal is None:
            self.log.append(f"   {outcome.sentence}")
            self.refused["nothing proposed"] += 1
            return
        proposal = Proposal.from_json(json.loads(json.dumps(outcome.proposal.to_json())))
        option = self._chance.choice(proposal.options)
        journal, owners = self.desk.profile.journal, self.desk.owners
        ids = apply_changes(journal, owners, None, proposal.title, option.changes)
        targets = [change.target for change in option.changes]
        self.log.append(f"   {option.label} {list(zip(ids, targets, strict=True))}")
        if ids:
            self.changed += 1
            self.made[name] += 1
            way = arguments.get("action") or arguments.get("scope") or option.label.split()[0]
            self.made[f"{name} {way}"] += 1

    def _refuse(self, error: KnownError) -> None:
        self.log.append(f"   {error.code}: {error.sentence()}")
        self.refused[error.code] += 1
        assert error.code not in _WRONG, self.report()
