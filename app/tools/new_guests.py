"""Who is invited to a new event: names in the user's words become guests with addresses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.calendars.guests import is_mail
from app.calendars.vdir import Vdir
from app.core.errors import KnownError
from app.core.ports import Asked
from app.mail.model import Address
from app.store.settings import Settings
from app.tools.new_mail import recipients_said
from app.tools.people import called, trusted
from app.tools.post import Post
from app.tools.recent_events import named_people
from app.tools.wording import shown

_NOT_IN_NAMES = re.compile(r'["<>@]')


@dataclass(frozen=True)
class Invited:
    """The guests of a new event and who invites them, each as "Anna Berg <anna@example.org>"."""

    organizer: str
    guests: tuple[str, ...]
    addresses: frozenset[str]


def familiar(names: Sequence[str], post: Post) -> tuple[str, ...]:
    """Names as an event has them where nobody is invited: with the address of the only one known.

    Known are contacts and people the user has written to; any other name stays as it was said.
    """
    people = trusted(post.mailbox.people())
    found = []
    for name in names:
        meant = called(name, people)
        (only,) = meant if len(meant) == 1 else (None,)
        mail = only.addresses[0] if only is not None and only.addresses else ""
        known = only is not None and is_mail(mail)
        found.append(_as_guest(Address(only.label, mail)) if known and only else name)
    return tuple(found)


def invited_people(
    names: Sequence[str],
    asked: Asked,
    calendar: Vdir,
    settings: Settings,
    post: Post,
    argument: str = "with",
) -> Invited:
    """Whom the user's words invite, without the user; `argument` holds those words.

    Raises KnownError: "nobody_to_invite", "no_own_address", "bad_address", and as
    `resolve_people` about the argument.
    """
    sender = post.sender()
    own = {each.casefold() for each in settings.names} | post.own()
    others = [each for each in names if each.strip().casefold() not in own]
    named = _without_pronouns(others, asked, calendar)
    found = recipients_said(named, asked, post, argument)
    guests = [each for each in found if each.mail not in own]
    if not guests:
        raise KnownError(
            "nobody_to_invite",
            "Nobody was named whom the invitation could go to. Nothing was changed.",
            "Say who is invited, by name or address.",
        )
    return Invited(
        _as_guest(sender), tuple(map(_as_guest, guests)), frozenset(each.mail for each in guests)
    )


def _without_pronouns(names: Sequence[str], asked: Asked, calendar: Vdir) -> Sequence[str]:
    try:
        return named_people(names, asked, calendar)
    except KnownError:
        return names  # no event tells who "her" is; a message may


def _as_guest(address: Address) -> str:
    if not is_mail(address.mail):
        raise KnownError(
            "bad_address",
            f"{shown(address.mail)} has a form that calendars cannot hold. Nothing was changed.",
            "Use another address, or send a mail instead.",
        )
    name = _NOT_IN_NAMES.sub("", shown(address.name)).strip()
    return f"{name} <{address.mail}>" if name else address.mail
