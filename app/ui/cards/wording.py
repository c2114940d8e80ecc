"""The words of cards. Nothing that draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from app.core.proposals import Change, Option, Proposal, Provenance, Risk

_ROOMS = {"calendar": "your calendar", "mail": "your mail", "contacts": "your contacts"}


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


def provenance_words(each: Provenance) -> str:
    """Where an argument came from that the user did not say."""
    return f"{each.argument}: “{each.value}” is not from your words ({each.source})"


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
