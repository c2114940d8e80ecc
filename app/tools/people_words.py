"""How tools name people: by name, by address, or by both. Others chose the names they bear."""

from __future__ import annotations

from collections.abc import Sequence

from app.calendars.guests import Guest
from app.mail.model import Address
from app.tools.wording import listed, shown

_NAMED = 3


def person_label(address: Address) -> str:
    """A person's name, the address where there is none or where the name could pass for one."""
    name = shown(address.name)
    return name if name and "@" not in name else shown(address.mail) or name or "(nobody)"


def full_label(address: Address) -> str:
    """Kofi Mensah <kofi@example.org>; the address alone where the name could pass for one."""
    name, mail = shown(address.name), shown(address.mail)
    if not mail:
        return name or "(nobody)"
    return f"{name} <{mail}>" if name and not {"@", "<"} & set(name) else mail


def people_in_short(addresses: Sequence[Address]) -> str:
    """Several of them in a sentence: "Kofi Mensah and anna@example.org"."""
    return listed([person_label(each) for each in addresses], most=_NAMED)


def organizer_words(organizer: Guest) -> str:
    """Who arranged an event, as its file says: the name with the address, which is the truth."""
    if not organizer.label:
        return "somebody else"
    return full_label(Address(organizer.name, organizer.mail))
