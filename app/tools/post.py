"""What every tool that writes to people shares: who the user is, and the way into the Outbox.

No wording of messages and no choice of recipients here.
"""

from __future__ import annotations

from collections.abc import Callable

from app.core.errors import KnownError
from app.core.proposals import Change, Risk
from app.core.text import printable
from app.mail.files import MailFiles, new_message_name, path_of_change
from app.mail.model import OUTBOX, Address
from app.mail.store import Mailbox
from app.store.settings import Settings


class Post:
    """The user's own addresses, and messages on their way out of one profile."""

    def __init__(self, mailbox: Mailbox, files: MailFiles, settings: Settings) -> None:
        self.mailbox = mailbox
        self._files = files
        self._settings = settings

    def own(self) -> frozenset[str]:
        """The user's addresses in small letters: the settings' and those mail was sent from."""
        said = frozenset(each.casefold() for each in self._settings.addresses)
        return said | self.mailbox.own_addresses()

    def sender(self) -> Address:
        """Who a message is from: the first name and the first address of the settings.

        Where they name no address, the only one mail was ever sent from. Raises
        KnownError("no_own_address") if there is none, or more than one.
        """
        used = self.mailbox.own_addresses()
        addresses = self._settings.addresses or (tuple(used) if len(used) == 1 else ())
        if not addresses:
            raise KnownError(
                "no_own_address",
                "Phial does not know your own mail address, so nobody would see who this is from. "
                "Nothing was changed.",
                'Put it into the settings, as addresses = ["you@example.org"], then repeat this.',
            )
        name = next(iter(self._settings.names), "")
        return Address(" ".join(printable(name).split()), addresses[0].casefold())

    def outgoing(
        self,
        text: str,
        *,
        summary: str,
        becomes: tuple[str, ...],
        kind: str,
        new_name: Callable[[], str] = new_message_name,
    ) -> Change:
        """The change that puts the message `text` into the Outbox, a SEND.

        `summary` and `becomes` are for the user, `kind` for the journal ("send mail").
        """
        return self._files.plan_new(
            OUTBOX,
            text,
            summary=summary,
            becomes=becomes,
            kind=kind,
            risk=Risk.SEND,
            new_name=new_name,
        )

    def id_of(self, change: Change) -> str:
        """The id ("m12") of the message that a change of a Drafts or Outbox file is about."""
        _, account, _, name = path_of_change(change).split("/")
        return self.mailbox.id_of(account, name)
