"""The tools over a real profile (files, database, journal), and a hand that says yes."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from app.core.errors import KnownError
from app.core.ports import Asked, Clock, ToolOutcome
from app.core.proposals import Proposal
from app.store.changes import apply_changes
from app.store.settings import Settings
from app.tools.calendar_tools import calendar_tools
from app.tools.registry import Registry
from app.tools.undo_tool import undo_tool
from tests.support.calendar_profile import (
    CLOCK,
    Profile,
)

SETTINGS = Settings(names=("Ada Example",), zone="Europe/Berlin", locale="en_GB")


class Desk:
    """The tools over one profile, and a hand that says yes."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        owners = {"calendar": profile.store}
        self.registry = Registry(
            (
                *calendar_tools(profile.calendar, SETTINGS, profile.journal),
                undo_tool(profile.journal, owners),
            )
        )

    def run(self, name: str, clock: Clock = CLOCK, /, **arguments: object) -> ToolOutcome:
        """Run a tool; whatever it answers, no file has changed."""
        before = self.profile.files()
        try:
            return self.registry.run(name, arguments, Asked(clock))
        finally:
            assert self.profile.files() == before

    def proposal(self, name: str, /, **arguments: object) -> Proposal:
        """The proposal of a tool, as it comes back from a paused turn."""
        outcome = self.run(name, **arguments)
        assert outcome.proposal is not None
        return Proposal.from_json(json.loads(json.dumps(outcome.proposal.to_json())))

    def refused(self, name: str, /, **arguments: object) -> KnownError:
        """The error of a call that must not succeed."""
        with pytest.raises(KnownError) as caught:
            self.run(name, **arguments)
        assert caught.value.message.endswith((".", "?"))
        return caught.value

    def do(self, name: str, option: int = 0, /, **arguments: object) -> tuple[str, tuple[str, ...]]:
        """Take an option; its closing sentence and the journal's ids."""
        proposal = self.proposal(name, **arguments)
        taken = proposal.options[option]
        owners = {"calendar": self.profile.store}
        ids = apply_changes(self.profile.journal, owners, None, proposal.title, taken.changes)
        return taken.done, ids

    def agenda(self, when: str) -> list[str]:
        """What the calendar holds then: "20 12:00 lunch"."""
        found = self.run("cal_find", when=when).data["occurrences"]
        assert isinstance(found, list)
        return [
            f"{datetime.fromisoformat(each['start']):%d %H:%M} {each['title']}" for each in found
        ]
