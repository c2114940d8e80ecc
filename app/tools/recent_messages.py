"""What "it", "them" and "her mail" mean in the mail: the messages spoken of or changed last."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.core.ports import Asked
from app.mail.model import Address, Envelope
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.tools.mail_wording import is_own

PERSON = "@"
"""What the id of a person who was spoken of begins with; behind it stands the address."""


def messages_spoken_of(asked: Asked, mailbox: Mailbox) -> list[tuple[Envelope, ...]]:
    """What each answer was about, newest first, in the order shown; what is gone is left out."""
    groups = [
        mailbox.envelopes([each for each in ids if each.startswith("m")]) for ids in asked.recent
    ]
    return [group for group in groups if group]


class RecentMessages:
    """The messages spoken of before, those of the newest answer first."""

    def __init__(self, mailbox: Mailbox, asked: Asked, journal: Journal) -> None:
        self._mailbox = mailbox
        self._asked = asked
        self._journal = journal

    def groups(self) -> list[tuple[Envelope, ...]]:
        """What each answer was about."""
        return messages_spoken_of(self._asked, self._mailbox)

    def newest(self) -> tuple[Envelope, ...]:
        """The messages of the newest answer about any, else those changed last."""
        return next(iter(self.groups()), None) or self._changed()

    def listed(self) -> tuple[Envelope, ...]:
        """The newest answer about several: what "the second one" counts."""
        return next((group for group in self.groups() if len(group) > 1), ())

    def among(self, items: Sequence[Envelope], *, always: bool) -> tuple[Envelope, ...]:
        """Those of `items` the newest answer that was about any of them showed.

        Only the newest answer of all counts, unless `always`.
        """
        for group in self.groups()[: None if always else 1]:
            ids = {each.id for each in group}
            if meant := tuple(each for each in items if each.id in ids):
                return meant
        return ()

    def beside(self, step: int) -> Envelope | None:
        """What stands before or behind the message spoken of last in the list it was shown in."""
        groups = self.groups()
        if not groups or len(groups[0]) != 1:
            return None
        for group in groups[1:]:
            ids = [each.id for each in group]
            if groups[0][0].id in ids and len(group) > 1:
                place = ids.index(groups[0][0].id) + step
                return group[place] if 0 <= place < len(group) else None
        return None

    def _changed(self) -> tuple[Envelope, ...]:
        """The messages of the last operation in force: what was moved, marked or written."""
        ids = []
        for entry in self._journal.last_applied():
            room, _, path = entry.change.target.partition(":")
            parts = path.split("/")
            if room == "message" and len(parts) == 2:
                ids.append(self._mailbox.id_of(*parts))
            elif room == "mail" and len(parts) == 4:
                ids.append(self._mailbox.id_of(parts[1], parts[3]))
        return self._mailbox.envelopes(list(dict.fromkeys(ids)))


def people_written_of(asked: Asked, mailbox: Mailbox, own: Collection[str]) -> tuple[Address, ...]:
    """Who was looked up last, or whom the messages spoken of last are from.

    Of the user's own messages it is whom they went to. What "him" and "them" mean; nobody becomes
    a recipient by this alone: see `people`.
    """
    for ids in asked.recent:
        found: dict[str, Address] = {}
        mails = [short.removeprefix(PERSON) for short in ids if short.startswith(PERSON)]
        found |= {mail: Address("", mail) for mail in mails}
        for each in mailbox.envelopes([each for each in ids if each.startswith("m")]):
            for person in (*each.to, *each.cc) if is_own(each, own) else (each.sender,):
                if person.mail and person.mail not in own:
                    found.setdefault(person.mail, person)
        if found:
            return tuple(found.values())
    return ()
