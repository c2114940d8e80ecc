"""The tools over a real profile (files, database, journal), and a hand that says yes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.ports import Asked, ChangeOwner, Clock, ToolOutcome
from app.core.proposals import Proposal
from app.mail.files import MailFiles
from app.mail.states import MessageStates
from app.mail.store import Mailbox
from app.store.changes import apply_changes
from app.store.paths import ProfilePaths
from app.store.settings import Settings
from app.tools.calendar_tools import calendar_tools
from app.tools.mail_tools import mail_tools
from app.tools.post import Post
from app.tools.reader import Reader
from app.tools.registry import Registry
from app.tools.undo_tool import undo_tool
from tests.support.calendar_profile import CLOCK, Profile, open_profile
from tests.support.mail_profile import MailProfile
from tests.support.reading_model import ReadingModel

OWN = "ada@example.org"
SETTINGS = Settings(names=("Ada Example",), addresses=(OWN,), zone="Europe/Berlin", locale="en_GB")
_KEPT = ("calendars", "mail", "contacts")
"""The folders of a profile that hold the user's things."""


class Desk:
    """All tools over one profile, and a hand that says yes.

    `mail` puts messages and contacts there.
    `words` is the message the calls belong to and `recent` what was spoken of before it, newest
    first, as in `Asked`; both are empty, as for a script's call, until a test sets them. `reader`
    has the model that reads; by default one made for tools only, which cannot.
    """

    def __init__(
        self, profile: Profile, settings: Settings = SETTINGS, reader: Reader | None = None
    ) -> None:
        self.profile = profile
        self.words = ""
        self.recent: tuple[tuple[str, ...], ...] = ()
        paths = ProfilePaths(profile.root)
        mailbox = Mailbox(paths, profile.ids)
        states, files = MessageStates(paths), MailFiles(paths)
        journal = profile.journal
        reads = reader or ReadingModel(reads=False).reader()
        self.mail = MailProfile(profile.root, mailbox, states, files, journal)
        self.mailbox = mailbox
        self.post = Post(mailbox, files, settings)
        self.owners: dict[str, ChangeOwner] = {
            "calendar": profile.store,
            "mail": files,
            "message": states,
        }
        self.registry = Registry(
            (
                *calendar_tools(profile.calendar, settings, journal, self.post),
                *mail_tools(mailbox, states, files, self.post, settings, journal, reads),
                undo_tool(journal, self.owners),
            )
        )

    def close(self) -> None:
        """Close the index of the mail."""
        self.mailbox.close()

    def files(self) -> dict[str, bytes]:
        """Every file of the user's, by path relative to the profile."""
        return {
            file.relative_to(self.profile.root).as_posix(): file.read_bytes()
            for folder in _KEPT
            for file in sorted((self.profile.root / folder).rglob("*"))
            if file.is_file()
        }

    def run(self, name: str, clock: Clock = CLOCK, /, **arguments: object) -> ToolOutcome:
        """Run a tool; whatever it answers, no file has changed."""
        before = self.files()
        try:
            return self.registry.run(name, arguments, Asked(clock, self.words, self.recent))
        finally:
            assert self.files() == before

    def show(self, name: str, /, **arguments: object) -> ToolOutcome:
        """Run a tool as one turn of a talk: "it" and "them" are what it spoke of from now on."""
        outcome = self.run(name, **arguments)
        if outcome.mentions:
            self.recent = (outcome.mentions, *self.recent)
        return outcome

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
        ids = apply_changes(self.profile.journal, self.owners, None, proposal.title, taken.changes)
        return taken.done, ids

    def agenda(self, when: str) -> list[str]:
        """What the calendar holds then: "20 12:00 lunch"."""
        found = self.run("cal_find", when=when).data["occurrences"]
        assert isinstance(found, list)
        return [
            f"{datetime.fromisoformat(each['start']):%d %H:%M} {each['title']}" for each in found
        ]


@contextmanager
def open_desk(
    root: Path, settings: Settings = SETTINGS, reader: Reader | None = None
) -> Iterator[Desk]:
    """The tools over a fresh profile at `root`; everything is closed at the end."""
    with open_profile(root) as profile:
        desk = Desk(profile, settings, reader)
        try:
            yield desk
        finally:
            desk.close()
