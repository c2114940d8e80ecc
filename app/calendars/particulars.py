"""What an event is beside its time: title, place, notes and people, changed line by line."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Any

from app.calendars.changes import ASKED, calendar_address
from app.calendars.components import Component
from app.calendars.guests import NO_ADDRESS, guest_of, has_guests, organizer_of
from app.calendars.lines import parameter, parse_property, text_value, with_parameter

_TEXTS = {"title": "SUMMARY", "where": "LOCATION", "notes": "DESCRIPTION"}
_BESIDE = {
    "LOCATION": ("GEO", "X-APPLE-STRUCTURED-LOCATION", "STRUCTURED-LOCATION"),
    "DESCRIPTION": ("X-ALT-DESC", "STYLED-DESCRIPTION"),
}
"""What says the same in another form, and would say the old thing."""


@dataclass(frozen=True)
class Particulars:
    """What changes about an event; "" and () leave it.

    `notes` are added below those there are. `add` are guests in the user's words, `remove` are
    names or addresses as the event has them.
    """

    title: str = ""
    where: str = ""
    notes: str = ""
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changes."""
        return self != Particulars()


def change_particulars(
    component: Component, event: Any, wanted: Particulars, master: Any = None
) -> None:
    """Change `event`, written in `component`.

    Where it is one occurrence of the series `master`, a text that it has for itself stays.
    """
    for field, name in _TEXTS.items():
        text = getattr(wanted, field)
        own = master is not None and str(event.get(name, "")) != str(master.get(name, ""))
        if text and not own:
            _put_text(component, name, text)
    _remove_people(component, wanted.remove)
    for guest in wanted.add:
        _add_guest(component, guest, asked=has_guests(event))


def ask_guests_again(component: Component, event: Any) -> None:
    """Let the answers of the guests of a moved event be open again (RFC 5546, 3.2.2.1)."""
    organizer = organizer_of(event)
    if organizer is None or not has_guests(event):
        return
    for line in component.all("ATTENDEE"):
        guest = guest_of(line)
        ours = guest.mail and guest.mail == organizer.mail
        if not ours and line.value.strip().casefold() != NO_ADDRESS:
            parameters = with_parameter(line.parameters, "PARTSTAT", "NEEDS-ACTION")
            component.replace(line, with_parameter(parameters, "RSVP", "TRUE"), line.value)


def _put_text(component: Component, name: str, text: str) -> None:
    """Write a text; what stands beside the old one in another form goes."""
    old = component.first(name)
    value = text_value(_clean(text))
    if name == "DESCRIPTION" and old is not None and old.value.strip():
        value = f"{old.value}\\n{value}"
    parameters = with_parameter(old.parameters, "ALTREP", "") if old else ""
    component.set(name, value, parameters)
    component.drop(*_BESIDE.get(name, ()))


def _remove_people(component: Component, names: tuple[str, ...]) -> None:
    gone = {name.casefold() for name in names}
    for line in reversed(component.all("ATTENDEE")):
        guest = guest_of(line)
        if gone & {guest.name.casefold(), guest.mail} - {""}:
            component.remove(line)


def _add_guest(component: Component, guest: str, *, asked: bool) -> None:
    """Name one more guest; one with an address is asked to answer where others were."""
    from icalendar.parser import Contentline

    address = calendar_address(_clean(guest).replace("\n", " "))
    if asked and str(address) != NO_ADDRESS:
        address.params.update(ASKED)
    text = str(Contentline.from_parts("ATTENDEE", address.params, address))
    line = parse_property(text, 0)
    assert line is not None
    known = {
        (each.value.casefold(), parameter(each.parameters, "CN").casefold())
        for each in component.all("ATTENDEE")
    }
    if (line.value.casefold(), parameter(line.parameters, "CN").casefold()) not in known:
        component.add("ATTENDEE", line.parameters, line.value)


def _clean(text: str) -> str:
    """Line breaks as they are written in a calendar, and no other control characters."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in plain if unicodedata.category(c) != "Cc" or c in "\n\t")
