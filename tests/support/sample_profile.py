"""The sample mailbox and calendar as a profile at some time, and requests made to it in words.

The real engine with the starter model answers; every profile is a copy of one import.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import icalendar

from app.agent.events import AgentEvent, Answered, Applied, CallMade, Proposed, Stopped
from app.agent.policy import Consent
from app.compose import Program, headless
from app.compose.importing import SAMPLE, import_into
from app.core.messages import ToolCall

ZONE = "Europe/Berlin"


def sample_at(place: Path, now: str) -> Path:
    """Import the sample into a new profile at `place`, dated relative to `now`."""
    report = import_into(place, (SAMPLE,), now=now)
    assert report.error is None and not report.left_out, report
    return place


@dataclass
class Asking:
    """What came of one request."""

    events: list[AgentEvent] = field(default_factory=list)

    @property
    def calls(self) -> list[ToolCall]:
        """The calls that were made."""
        return [each.call for each in self.events if isinstance(each, CallMade)]

    @property
    def said(self) -> str:
        """What the user was told in the end."""
        words = []
        for each in self.events:
            match each:
                case Answered(text):
                    words.append(text)
                case Stopped(error):
                    words.append(error.sentence())
        return "\n".join(words)

    @property
    def stopped(self) -> str:
        """The code of what went wrong, "" for nothing."""
        return "".join(each.error.code for each in self.events if isinstance(each, Stopped))

    @property
    def proposals(self) -> list[Proposed]:
        """What was proposed."""
        return [each for each in self.events if isinstance(each, Proposed)]

    @property
    def applied(self) -> list[str]:
        """The summaries of what was changed."""
        found = [each for each in self.events if isinstance(each, Applied)]
        return [change.summary for each in found for _, change in each.changes]


class Sample:
    """A profile with the sample in it."""

    def __init__(self, root: Path, program: Program) -> None:
        self.root = root
        self._program = program
        self._conversation = program.history.new_conversation("test")

    def ask(self, words: str, *, consent: Consent = Consent.FIRST) -> Asking:
        """Say something, in the conversation so far; the user agrees unless told otherwise."""
        events = self._program.agent.ask(
            words, self._program.clock, consent=consent, conversation=self._conversation
        )
        return Asking(list(events))

    @property
    def today(self) -> date:
        """The day it is."""
        return self._program.clock.now.date()

    def event(self, name: str) -> icalendar.Event:
        """The first VEVENT of the file that was imported as `name`.ics."""
        return self.parts(name)[0]

    def parts(self, name: str) -> list[icalendar.Event]:
        """All of them: an occurrence that was moved has one of its own."""
        return list(icalendar.Calendar.from_ical(self.calendar_file(name).read_bytes()).events)

    def calendar_file(self, name: str) -> Path:
        """The file of an event of the sample."""
        uid = f"{name}@"
        for file in sorted((self.root / "calendars").rglob("*.ics")):
            if f"UID:{uid}" in file.read_text():
                return file
        raise AssertionError(f"no event {uid}")

    def has_event(self, name: str) -> bool:
        """Whether an event of the sample is still there."""
        try:
            self.calendar_file(name)
        except AssertionError:
            return False
        return True

    def events_called(self, title: str) -> list[icalendar.Event]:
        """The events with that title."""
        return [
            event
            for file in sorted((self.root / "calendars").rglob("*.ics"))
            for event in icalendar.Calendar.from_ical(file.read_bytes()).events
            if str(event.get("SUMMARY")) == title
        ]

    def folder_of(self, name: str) -> str:
        """The folder in which the message lies that was imported as `name`.eml."""
        for file in sorted((self.root / "mail" / "local").rglob("*.eml")):
            if f"<{name}@sample.example>".encode() in _head(file):
                return file.parent.name
        raise AssertionError(f"no message {name}")

    def outbox(self) -> list[EmailMessage]:
        """The messages that wait to be sent."""
        files = sorted((self.root / "mail" / "local" / "Outbox").glob("*.eml"))
        return [_message(file) for file in files]

    def files(self) -> dict[str, bytes]:
        """Mail, calendars and contacts by path."""
        return {
            str(file.relative_to(self.root)): file.read_bytes()
            for room in ("mail", "calendars", "contacts")
            for file in sorted((self.root / room).rglob("*"))
            if file.is_file()
        }


def local(moment: object) -> datetime:
    """A time of an event in the sample's zone."""
    from zoneinfo import ZoneInfo

    assert isinstance(moment, datetime)
    return moment.astimezone(ZoneInfo(ZONE))


@contextmanager
def opened(imported: Path, copy: Path, now: str) -> Iterator[Sample]:
    """A copy of an imported sample, with everything that works on it."""
    shutil.copytree(imported, copy)
    with headless(copy, now=now, load_model=True) as program:
        yield Sample(copy, program)


def _head(file: Path) -> bytes:
    data = file.read_bytes().replace(b"\r\n", b"\n")
    message_id = [line for line in data.partition(b"\n\n")[0].split(b"\n") if line]
    return b"\n".join(line for line in message_id if line.lower().startswith(b"message-id:"))


def _message(file: Path) -> EmailMessage:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
