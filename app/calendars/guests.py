"""Who else an event concerns: attendees as files name them, and as new events name them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.calendars.lines import Property, parameter

NO_ADDRESS = "invalid:nomail"
"""The calendar address of a guest known by name only; Apple's calendars write the same."""

_MAILTO = "mailto:"
_ATOM = r"[A-Za-z0-9!$'*+_~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
# Only what an address may hold in a URI as it is (RFC 6068).
_MAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")
_NAMED = re.compile(r"\"?(?P<name>[^\"<>@]*?)\"?\s*<(?P<mail>[^<>]*)>")


@dataclass(frozen=True)
class Guest:
    """Somebody an event names: `mail` in small letters, "" where no mail reaches them.

    `name` is what the file calls them, which is for its writer to choose. `status` is their answer
    in capitals ("ACCEPTED", "NEEDS-ACTION"), "" where the file does not say.
    """

    name: str
    mail: str
    status: str = ""

    @property
    def label(self) -> str:
        """The name, else the address."""
        return self.name or self.mail


def people(event: Any) -> tuple[str, ...]:
    """The attendees as shown: by name, else by mail address."""
    names: list[str] = []
    for attendee in all_of(event.get("ATTENDEE")):
        address = _address(attendee)
        mail = address.removeprefix(_MAILTO) if address.startswith(_MAILTO) else ""
        name = str(getattr(attendee, "params", {}).get("CN", "")).strip() or mail
        if name and name not in names:
            names.append(name)
    return tuple(names)


def has_guests(event: Any) -> bool:
    """Whether others were invited: an organizer, and someone else who can be reached.

    Any kind of address counts (a server's path, a urn): the server behind it may write to them.
    """
    organizers = {_address(value) for value in all_of(event.get("ORGANIZER"))}
    guests = {_address(value) for value in all_of(event.get("ATTENDEE"))}
    return bool(organizers) and bool(guests - organizers - {"", NO_ADDRESS})


def organizer_of(event: Any) -> Guest | None:
    """Who invited to the event, None where nobody did."""
    return next((_guest(value) for value in all_of(event.get("ORGANIZER"))), None)


def organizer_name(event: Any) -> str:
    """Who invited to the event, by name or else address; "" where nobody did."""
    organizer = organizer_of(event)
    return organizer.label if organizer else ""


def guest_of(line: Property) -> Guest:
    """Whom an ORGANIZER or ATTENDEE line names."""
    return _named(line.value, lambda name: parameter(line.parameters, name))


def is_mail(text: str) -> bool:
    """Whether a text is exactly one mail address."""
    return bool(_MAIL.fullmatch(text))


def _guest(value: Any) -> Guest:
    parameters = getattr(value, "params", {})
    return _named(str(value), lambda name: str(parameters.get(name, "")))


def _named(value: str, parameter_called: Callable[[str], str]) -> Guest:
    address = value.strip().casefold()
    written = address.removeprefix(_MAILTO) if address.startswith(_MAILTO) else ""
    beside = parameter_called("EMAIL").strip().casefold()
    mail = next((each for each in (written, beside) if is_mail(each)), "")
    return Guest(parameter_called("CN").strip(), mail, parameter_called("PARTSTAT").strip().upper())


def name_and_address(guest: str) -> tuple[str, str]:
    """A guest in the user's words ("Anna", "Anna <anna@example.org>") as name and address.

    What is not exactly a mail address stays a plain name, with `NO_ADDRESS`.
    """
    text = guest.strip()
    named = _NAMED.fullmatch(text)
    name, mail = (named["name"].strip(), named["mail"].strip()) if named else ("", text)
    if not _MAIL.fullmatch(mail):
        return text, NO_ADDRESS
    return name or mail, f"{_MAILTO}{mail}"


def all_of(value: Any) -> list[Any]:
    """A property's values: the parser gives none, one, or a list of several."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _address(value: Any) -> str:
    """A calendar address to compare; one that says nothing may have a mail address beside it."""
    address = str(value).strip().casefold()
    if address in ("", NO_ADDRESS):
        mail = str(getattr(value, "params", {}).get("EMAIL", "")).strip().casefold()
        return f"{_MAILTO}{mail}" if mail else address
    return address
