"""Who the user knows: contacts, people written to, and those mail came from. Pure.

A name that came with a message never becomes a name of somebody the user knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.mail.contacts import Contact
from app.mail.model import Person
from app.mail.rows import folded

CONTACT, WRITTEN, RECEIVED = "contact", "written", "received"
"""How a person is known: by a card, by the user's mail to them, or only by mail that came."""

_HALF_LIFE = 90 * 86_400
"""Seconds after which a message counts half for how much one writes to somebody."""


@dataclass(frozen=True)
class Party:
    """Somebody a message went to or came from, and when (seconds since 1970)."""

    mail: str
    name: str
    date: int


@dataclass(frozen=True)
class People:
    """Everybody, by rank, and `own`: the addresses the user writes from.

    `known` are the addresses of contacts and people written to, by their folded names and by
    themselves.
    """

    everybody: tuple[Person, ...] = ()
    own: frozenset[str] = frozenset()
    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def addresses_known(self, name_or_address: str) -> frozenset[str]:
        """The addresses the user knows under a name, or an address itself; none of a stranger."""
        return self.known.get(folded(name_or_address), frozenset())


def people_of(
    contacts: Sequence[Contact],
    written: Sequence[Party],
    received: Sequence[Party],
    own: frozenset[str],
) -> People:
    """Everybody once: contacts first claim their addresses, then those written to, then the rest.

    `written` has an entry for each message and receiver. Those who are ranked alike come with
    whom one knows best first, then by name.
    """
    ranks = _ranks(written)
    cards = [
        _of_contact(contact, ranks) for contact in contacts if contact.names or contact.addresses
    ]
    taken = {mail for person in cards for mail in person.addresses} | own
    reserved = {folded(name) for person in cards for name in person.names}
    writers = [
        _of_address(mail, [name for name in names if folded(name) not in reserved], WRITTEN, ranks)
        for mail, names in _names_of(written).items()
        if mail not in taken
    ]
    taken |= {mail for person in writers for mail in person.addresses}
    strangers = [
        _of_address(mail, names, RECEIVED, {})
        for mail, names in _names_of(received).items()
        if mail not in taken
    ]
    order = {CONTACT: 0, WRITTEN: 1, RECEIVED: 2}
    everybody = sorted(
        [*cards, *writers, *strangers],
        key=lambda person: (-person.rank, order[person.source], folded(person.label)),
    )
    return People(tuple(everybody), own, _known([*cards, *writers], own))


def _ranks(written: Sequence[Party]) -> dict[str, float]:
    """How often and how recently each address was written to, 1 for once just now.

    Just now is when the newest of these messages was written, so that ranks do not change by
    waiting.
    """
    newest = max((party.date for party in written), default=0)
    ranks: defaultdict[str, float] = defaultdict(float)
    for party in written:
        ranks[party.mail] += 0.5 ** ((newest - party.date) / _HALF_LIFE)
    return ranks


def _of_contact(contact: Contact, ranks: Mapping[str, float]) -> Person:
    addresses = contact.addresses
    if not contact.preferred:
        addresses = tuple(sorted(addresses, key=lambda mail: -ranks.get(mail, 0.0)))
    rank = sum(ranks.get(mail, 0.0) for mail in addresses)
    return Person(contact.names, addresses, CONTACT, rank, contact.details)


def _of_address(mail: str, names: Iterable[str], source: str, ranks: Mapping[str, float]) -> Person:
    # A name with an address in it is there to be taken for that address.
    honest = tuple(name for name in names if "@" not in name or folded(name) == mail)
    return Person(honest, (mail,), source, ranks.get(mail, 0.0))


def _names_of(parties: Iterable[Party]) -> dict[str, list[str]]:
    """The names by address, the one used last first, each once whatever its case."""
    found: dict[str, dict[str, str]] = {}
    for party in sorted(parties, key=lambda each: -each.date):
        if party.mail:
            names = found.setdefault(party.mail, {})
            if party.name:
                names.setdefault(folded(party.name), party.name)
    return {mail: list(names.values()) for mail, names in found.items()}


def _known(people: Iterable[Person], own: frozenset[str]) -> dict[str, frozenset[str]]:
    known: defaultdict[str, set[str]] = defaultdict(set)
    for person in people:
        for name in person.names:
            known[folded(name)].update(person.addresses)
        for mail in person.addresses:
            known[folded(mail)].add(mail)
    for mail in own:
        known[folded(mail)].add(mail)
    return {name: frozenset(mails) for name, mails in known.items()}
