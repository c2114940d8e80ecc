"""Looks for the messages that a reading of a reference wants: in the mailbox, or among some."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.mail.model import INBOX, JUNK, TRASH, Envelope, FoundMail
from app.mail.store import Mailbox
from app.tools.mail_query import MailFinder
from app.tools.message_fitting import in_heads, is_answer
from app.tools.message_words import MailWanted

MOST_MESSAGES = 1_000
"""How many messages a set may have."""

_AHEAD = timedelta(hours=26)
"""How far a sender's clock, or zone, may be ahead."""

_COMPARED = 200
"""How many are looked at where one is meant."""


class MessageSearch:
    """Looks through one mailbox as it is at `now`."""

    def __init__(self, mailbox: Mailbox, finder: MailFinder, now: datetime) -> None:
        self._mailbox = mailbox
        self._finder = finder
        self._now = now

    def found(self, wanted: MailWanted) -> FoundMail:
        """What fits, in the order wanted: what came, else what was written, else thrown away."""
        if wanted.thread:
            return self._conversation(wanted)
        # A date ahead is a sender's invention, to be the newest for ever: what has come is meant.
        found = self._found_until(self._now + _AHEAD, wanted)
        return found if found.total else self._found_until(None, wanted)

    def _found_until(self, until: datetime | None, wanted: MailWanted) -> FoundMail:
        limit = wanted.count + wanted.skip or (MOST_MESSAGES if wanted.many else _COMPARED)
        for received, folders in self._tiers(wanted):
            found = self._finder.find(
                wanted, limit, received=received, folders=folders, until=until
            )
            if wanted.reply:
                answers = tuple(each for each in found.items if is_answer(each))
                found = FoundMail(answers, len(answers)) if answers else found
            if wanted.skip:
                rest = found.items[wanted.skip :]
                found = FoundMail(rest, len(rest))
            if found.total:
                return found
        return FoundMail((), 0)

    def _tiers(self, wanted: MailWanted) -> list[tuple[bool, tuple[str, ...]]]:
        """Where to look, one after the other: (only what came, folders)."""
        if wanted.folder or wanted.sent:
            return [(False, ())]
        if wanted.recipients:
            return [(False, ()), (False, (TRASH, JUNK))]
        # "The last five mails" are those one sees; a sender or a subject may be anywhere.
        loose = not (wanted.senders or wanted.words or wanted.label or wanted.stretch)
        first = [(True, (INBOX,))] if loose and wanted.count else []
        if wanted.many:
            return [*first, (True, ())]
        return [*first, (True, ()), (False, ()), (False, (TRASH, JUNK))]

    def _conversation(self, wanted: MailWanted) -> FoundMail:
        """The newest conversation that fits, newest first; a lone message is hardly one."""
        found = self._finder.find(replace(wanted, thread=False), _COMPARED)
        newest: dict[str, Envelope] = {}
        for each in in_heads(found, wanted).items:
            newest.setdefault(each.thread, each)
        threads = (self._mailbox.thread(each) for each in newest.values())
        thread = next((each for each in threads if len(each) > 1), found.items[:1])
        return FoundMail(tuple(reversed(thread)), len(thread))

    def among(
        self, attempts: Iterable[MailWanted], envelopes: Sequence[Envelope]
    ) -> Sequence[Envelope]:
        """Those of `envelopes` that any of the readings means.

        "Except the Sunday Cyclist" may be its mail or one of last Sunday: both stay.
        """
        found: dict[str, Envelope] = {}
        for wanted in attempts:
            if not wanted.content:
                by_date = sorted(envelopes, key=lambda each: each.date, reverse=wanted.newest)
                return by_date[wanted.skip : wanted.skip + wanted.count]
            everything = self._finder.find(replace(wanted, count=0), MOST_MESSAGES)
            ids = {each.id for each in everything.items}
            meant = tuple(each for each in envelopes if each.id in ids)
            kept = in_heads(FoundMail(meant, len(meant)), wanted)
            found |= {each.id: each for each in kept.items}
        return tuple(found.values())
