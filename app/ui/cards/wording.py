"""The words of cards. Nothing that draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.core.proposals import Change, Option, Proposal, Provenance, Risk

_FIRST = 6
NOUNS = {
    "add": "person to add",
    "attach": "attachment",
    "bcc": "hidden recipient",
    "body": "text",
    "by": "shift",
    "cc": "recipient of a copy",
    "change": "change",
    "comment": "comment",
    "draft": "draft",
    "duration": "length",
    "event": "event",
    "events": "event",
    "focus": "focus",
    "folder": "folder",
    "from": "sender",
    "keep": "event to keep",
    "label": "label",
    "message": "mail",
    "messages": "mail",
    "movable": "event to move",
    "name": "name",
    "notes": "note",
    "question": "question",
    "remind": "reminder",
    "remove": "person to remove",
    "repeat": "repetition",
    "subject": "subject",
    "title": "title",
    "to": "target",
    "value": "value",
    "when": "time",
    "where": "place",
    "with": "person",
    "words": "search",
}
"""What each argument of the tools is called on a card."""

_ROOMS = {"calendar": "your calendar", "mail": "your mail", "message": "your mail"}


class Compared(Protocol):
    """A change as it is shown: a `Change` still to be made, or one that was."""

    @property
    def summary(self) -> str:
        """One line that tells it all."""

    @property
    def was(self) -> tuple[str, ...]:
        """Lines before, empty where there was nothing."""

    @property
    def becomes(self) -> tuple[str, ...]:
        """Lines after, empty where nothing remains."""


def risk_words(proposal: Proposal) -> str:
    """How far it reaches, in words: "Changes your calendar", "Sends mail"."""
    changes = [change for option in proposal.options for change in option.changes]
    if proposal.risk is Risk.SEND:
        sent = {_room(each) for each in changes if each.risk is Risk.SEND}
        return "Sends mail" if sent == {"mail"} else "Leaves this machine"
    if proposal.risk is Risk.READ:
        return "Changes nothing"
    verb = "Drafts in" if proposal.risk is Risk.DRAFT else "Changes"
    rooms = dict.fromkeys(_ROOMS.get(_room(each), "your files") for each in changes)
    return f"{verb} {' and '.join(rooms) or 'your files'}"


def _room(change: Change) -> str:
    return change.target.partition(":")[0]


def provenance_words(provenance: Sequence[Provenance]) -> str:
    """What the user did not say, and who chose it: "The time “ten” was chosen by the model; …"."""
    by_source: dict[str, list[str]] = {}
    for each in provenance:
        noun = NOUNS.get(each.argument, each.argument.replace("_", " "))
        by_source.setdefault(each.source, []).append(f"the {noun} “{each.value}”")
    return " ".join(_chosen(things, source) for source, things in by_source.items())


def _chosen(things: Sequence[str], source: str) -> str:
    several = len(things) > 1
    named = f"{', '.join(things[:-1])} and {things[-1]}" if several else things[0]
    verb, them = ("were", "them") if several else ("was", "it")
    return f"{named[0].upper()}{named[1:]} {verb} chosen by {source}; you did not say {them}."


def first_words(sentence: str) -> str:
    """The beginning of a sentence, to tell its button from others."""
    words = sentence.rstrip(".").split()
    return " ".join(words[:_FIRST]) + ("…" if len(words) > _FIRST else "")


def change_words(change: Compared) -> str:
    """One change as a sentence to be read aloud."""
    was, becomes = ", ".join(change.was), ", ".join(change.becomes)
    if was and becomes:
        return f"Before: {was}. After: {becomes}."
    if becomes:
        return f"New: {becomes}."
    return f"Removed: {was}." if was else change.summary


def changes_words(changes: Sequence[Compared]) -> str:
    """Several changes, to be read aloud."""
    return " ".join(map(change_words, changes))


def option_words(number: int, option: Option) -> str:
    """An option to be read aloud; `number` from 1."""
    reason = f", {option.reason}" if option.reason else ""
    warning = ", to be weighed first" if option.doubtful else ""
    return f"{number}: {option.label}{reason}{warning}"


def card_name(title: str, risk: str, options: int, kind: str) -> str:
    """A card to be read aloud: its title, its risk, and how many ways there are."""
    count = f"{options} {kind}" if options == 1 else f"{options} {kind}s"
    return ", ".join(filter(None, (title, risk, count)))
