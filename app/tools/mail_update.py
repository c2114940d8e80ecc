"""mail_update: messages are filed, marked or labelled, as one operation that can be undone."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

from app.core.errors import KnownError
from app.core.ports import Asked, Clock, Tool, ToolOutcome
from app.core.proposals import Change, Option, Proposal
from app.core.text import counted
from app.mail.model import ARCHIVE, INBOX, TRASH, Envelope
from app.mail.states import MessageStates
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.mail_wording import (
    CAREFUL,
    local_time,
    message_data,
    message_line,
    people_of,
    subject_of,
    title_and_people,
)
from app.tools.message_references import ResolvedMessages, resolve_messages
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.wording import clock_time, listed, short_day, shown

_NAMED = 8
"""How many messages a sentence names before it counts the rest."""

_UNASKED = 20
"""So many at most are changed without weighing it first."""

_LONGEST_LABEL = 40


class _Marks(TypedDict, total=False):
    folder: str
    unread: bool
    flagged: bool
    add_labels: tuple[str, ...]
    remove_labels: tuple[str, ...]


@dataclass(frozen=True)
class _Action:
    """What is done: `verb` "Archive", `done` "Archived", `state` what a message then is.

    `ending` stands behind the messages: "as read". `lacking` is what a message has then no more:
    "no flag".
    """

    verb: str
    done: str
    state: str
    marks: _Marks
    ending: str = ""
    lacking: str = ""

    def said(self, what: str, *, done: bool = False) -> str:
        """ "Mark 'Invoice' as read", "Marked 3 messages as read"."""
        return f"{self.done if done else self.verb} {what}{self.ending}"


_ACTIONS = {
    "archive": _Action("Archive", "Archived", "in the archive", _Marks(folder=ARCHIVE)),
    "trash": _Action("Move", "Moved", "in the trash", _Marks(folder=TRASH), " to the trash"),
    "inbox": _Action("Move", "Moved", "in the inbox", _Marks(folder=INBOX), " to the inbox"),
    "read": _Action("Mark", "Marked", "marked as read", _Marks(unread=False), " as read"),
    "unread": _Action("Mark", "Marked", "marked as unread", _Marks(unread=True), " as unread"),
    "flag": _Action("Flag", "Flagged", "flagged", _Marks(flagged=True)),
    "unflag": _Action(
        "Take the flag off",
        "Took the flag off",
        "without a flag",
        _Marks(flagged=False),
        lacking="no flag",
    ),
}


def mail_update(
    mailbox: Mailbox, states: MessageStates, post: Post, settings: Settings, journal: Journal
) -> Tool:
    """The tool that files and marks. The journal tells what "it" is where nothing was shown."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        action = _action(str(arguments["action"]), str(arguments.get("value", "")))
        reference = arguments["messages"]
        assert isinstance(reference, (str, list))
        own = post.own()
        resolved = resolve_messages(
            reference, mailbox, asked, locale=settings.locale, own=own, journal=journal
        )
        return _Update(action, resolved, states, own, asked.clock).outcome()

    return Tool(declared("mail_update"), run)


def _action(name: str, value: str) -> _Action:
    if name in _ACTIONS:
        return _ACTIONS[name]
    label = _label(value)
    if name == "label":
        said = f"labelled '{label}'"
        return _Action("Label", "Labelled", said, _Marks(add_labels=(label,)), f" as '{label}'")
    verb, done = f"Take the label '{label}' off", f"Took the label '{label}' off"
    marks, lacking = _Marks(remove_labels=(label,)), f"no label '{label}'"
    return _Action(verb, done, f"without the label '{label}'", marks, lacking=lacking)


def _label(value: str) -> str:
    """A label as it is kept. Raises KnownError("bad_argument")."""
    label = " ".join(value.strip(" .\"“”'‘’").split())  # noqa: RUF001
    if not label:
        raise KnownError(
            "bad_argument",
            "No label was said. Nothing was changed.",
            "Say it like “label it travel”.",
        )
    # Direction marks and control characters would make it look like another.
    printed = all(unicodedata.category(each)[0] != "C" for each in label)
    if len(label) > _LONGEST_LABEL or "," in label or not printed:
        raise KnownError(
            "bad_argument",
            f"“{shown(label)}” cannot be a label: it has a comma or signs that cannot be seen, "
            f"or more than {_LONGEST_LABEL} characters. Nothing was changed.",
            "Choose a short word.",
        )
    return label


@dataclass(frozen=True)
class _Update:
    """One action on the messages that are meant."""

    action: _Action
    resolved: ResolvedMessages
    states: MessageStates
    own: frozenset[str]
    clock: Clock

    def outcome(self) -> ToolOutcome:
        """The proposal, or the sentence that there is nothing to do."""
        planned = [(each, self._change(each)) for each in self.resolved.envelopes]
        changed = [(each, change) for each, change in planned if change is not None]
        data: dict[str, object] = {
            "messages": [message_data(each, self.clock.zone) for each, _ in changed],
            "unchanged": len(planned) - len(changed),
        }
        mentions = tuple(each.id for each, _ in planned)
        if not changed:
            return ToolOutcome(data, self._already(), mentions=mentions)
        messages = [each for each, _ in changed]
        option = Option(
            self._names(messages),
            self._reason(len(planned) - len(changed)),
            tuple(change for _, change in changed),
            self._done(messages),
            doubtful=self._doubtful(messages),
        )
        title = self.action.said(self._what(messages))
        return ToolOutcome(
            data,
            f"{title}?",
            Proposal(title, (option,), declared("mail_update").risk),
            mentions=mentions,
        )

    def _change(self, envelope: Envelope) -> Change | None:
        zone = self.clock.zone
        at = local_time(envelope, zone)
        today = self.clock.today
        people = people_of(envelope, self.own)
        head = (subject_of(envelope), f"{people}, {short_day(at.date(), today)} {clock_time(at)}")
        careful = tuple(f"{CAREFUL}{each}" for each in envelope.warnings[:1])
        return self.states.plan_update(
            envelope,
            summary=self.action.said(title_and_people(envelope, self.own)),
            was=(*head, _state(envelope), *careful),
            becomes=(*head, self.action.state, *careful),
            **self.action.marks,
        )

    def _what(self, messages: Sequence[Envelope]) -> str:
        if len(messages) == 1:
            return title_and_people(messages[0], self.own)
        return counted(len(messages), "message")

    def _names(self, messages: Sequence[Envelope]) -> str:
        """The messages of a card, line after line."""
        today = self.clock.today
        lines = [message_line(each, self.own, self.clock.zone, today) for each in messages[:_NAMED]]
        more = len(messages) - _NAMED
        return "; ".join([*lines, f"and {more} more"] if more > 0 else lines)

    def _reason(self, unchanged: int) -> str:
        """What is to be known beside: names that were borrowed, messages that stay."""
        stay = f"{counted(unchanged, 'message')} already {self.action.state}" if unchanged else ""
        return "; ".join(filter(None, (self.resolved.note.rstrip("."), stay)))

    def _done(self, messages: Sequence[Envelope]) -> str:
        if len(messages) == 1:
            return f"{self.action.said(self._what(messages), done=True)}."
        titles = [f"'{subject_of(each)}'" for each in messages]
        done = self.action.said(counted(len(messages), "message"), done=True)
        return f"{done}: {listed(titles, most=_NAMED)}."

    def _doubtful(self, messages: Sequence[Envelope]) -> bool:
        trash = self.action.marks.get("folder") == TRASH
        return len(messages) > _UNASKED or (trash and len(messages) > 1)

    def _already(self) -> str:
        envelopes = self.resolved.envelopes
        what = self._what(envelopes)
        one = len(envelopes) == 1
        note = f" {self.resolved.note}" if self.resolved.note else ""
        said = f"{'is' if one else 'are'} already {self.action.state}"
        if self.action.lacking:
            said = f"{'has' if one else 'have'} {self.action.lacking}"
        return f"{what[0].upper()}{what[1:]} {said}.{note}"


def _state(envelope: Envelope) -> str:
    """Where a message lies and how it is marked: "in Inbox, unread, labelled 'travel'"."""
    marks = [f"in {shown(envelope.folder)}"]
    marks += ["unread"] if envelope.unread else []
    marks += ["flagged"] if envelope.flagged else []
    if envelope.labels:
        labels = [f"'{shown(each)}'" for each in envelope.labels]
        marks.append(f"labelled {listed(labels)}")
    return ", ".join(marks)
