"""From people in the user's words ("Anna", "Bob's", an address) to addresses, and who is known.

Only contacts, people the user has written to, and addresses that were said become recipients. A
name that a message brought is never enough: it has to be chosen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Protocol

from app.core.errors import AmbiguousError, KnownError
from app.mail.addresses import read_addresses, valid_address
from app.mail.model import Address, Person
from app.mail.people import CONTACT, RECEIVED, WRITTEN
from app.tools.event_words import words_of
from app.tools.people_words import full_label
from app.tools.wording import listed, shown

HOW_KNOWN = {
    CONTACT: "in your contacts",
    WRITTEN: "you have written there",
    RECEIVED: "has only written to you; not in your contacts",
}
"""How the user knows a person, by source."""

_ME = frozenset(("me", "myself", "i", "us"))
_THEM = frozenset(("him", "her", "them", "they", "he", "she"))
TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "dr", "prof", "professor", "herr", "frau", "sir", "my", "the")
)
"""Words before a name that are no part of it."""

_NOT_FOLDED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_TWO = re.compile(r"\s+(?:and|&)\s+|\s*,\s*", re.IGNORECASE)
_CHOICES = 12
_NEAR = 3
"""Letters that must be right before another name is offered."""


class People(Protocol):
    """What is known of people: the part of a mailbox that this needs."""

    def people(self) -> tuple[Person, ...]:
        """Everybody, by rank."""
        ...

    def own_addresses(self) -> frozenset[str]:
        """Addresses the user has sent mail from, in small letters."""
        ...


def resolve_people(
    names: Sequence[str],
    mailbox: People,
    *,
    argument: str,
    own: Sequence[Address] = (),
    spoken_of: Sequence[Address] = (),
) -> tuple[Address, ...]:
    """The addresses of `names`, each once, in their order.

    `own` is what "me" means, `spoken_of` what "him" and "them" mean; the first needs not be known
    otherwise. Raises KnownError("person_not_found"), and AmbiguousError("several_people") about
    `argument` with addresses as values: where several are called so, or somebody has only ever
    written to the user (a single choice, whose label says so).
    """
    lookup = _Lookup(mailbox, argument, own, spoken_of)
    said = [part for name in names for part in lookup.parts(name)]
    found: dict[str, Address] = {}
    for index, name in enumerate(said):
        try:
            for address in lookup.addresses(name):
                found.setdefault(address.mail, address)
        except AmbiguousError as error:
            # What is chosen takes the place of the whole argument: the others stay said.
            others = [each for place, each in enumerate(said) if place != index]
            error.choices = tuple(
                (", ".join([*others, value]), label) for value, label in error.choices
            )
            raise
    return tuple(found.values())


def person_addresses(name: str, mailbox: People) -> tuple[str, ...]:
    """The addresses of everybody known who is called `name`, for a search.

    Known are contacts and people the user has written to: whoever else uses the name is not
    meant. () if nobody known is called so. An address is itself.
    """
    address = valid_address(name)
    if address:
        return (address,)
    known = called(name, trusted(mailbox.people()))
    return tuple(dict.fromkeys(each for person in known for each in person.addresses))


def names_in(text: str, people: Iterable[Person]) -> tuple[str, ...]:
    """The names in "Anna and Bob" or "Anna, Bob"; the whole where somebody is called so."""
    parts = [part for part in _TWO.split(text.strip()) if part]
    if len(parts) < 2 or _literal(text) is not None or called(text, people):
        return (text,)
    return tuple(parts)


def without_ending(name: str, people: Sequence[Person]) -> str:
    """A name to look for without a possessive ending that lacks its sign: "kofis" is Kofi.

    Only where nobody is called as it stands, and somebody known is without it.
    """
    plain = name.strip()
    shorter = plain[:-1]
    if not plain.endswith("s") or called(plain, people) or not called(shorter, trusted(people)):
        return name
    return shorter


def is_me(name: str) -> bool:
    """Whether the user speaks of themselves."""
    return name.strip(" .,!?").casefold() in _ME


def is_pronoun(name: str) -> bool:
    """Whether it means somebody spoken of before ("him")."""
    return name.strip(" .,!?").casefold() in _THEM


def trusted(people: Iterable[Person]) -> list[Person]:
    """Contacts and people the user has written to."""
    return [each for each in people if each.source != RECEIVED]


def called(name: str, people: Iterable[Person]) -> list[Person]:
    """Those of `people` who are called `name`, in their order.

    A contact's whole name or nickname goes before a part of one ("Anna" is Anna Berg). A name that
    is only known from mail is its owner's choice, and one who chose "Anna" does not go before
    Anna Berg. Case, accents and titles do not count, and "Mueller" is Müller.
    """
    said = _said(name)
    if not said:
        return []
    everybody = list(people)
    whole = [each for each in everybody if any(_same(said, have) for have in _names(each))]
    if any(each.source == CONTACT for each in whole):
        return whole
    parts = [each for each in everybody if any(_part(said, have) for have in _names(each))]
    known = [each for each in parts if each in whole or each.source != RECEIVED]
    return known if whole else parts


def _names(person: Person) -> list[list[set[str]]]:
    """The names of a person, each as words; the address where there is no name."""
    names = [_words(name) for name in person.names]
    if any(names):
        return names
    return [_words(re.sub(r"[._+-]", " ", each.partition("@")[0])) for each in person.addresses]


def _said(name: str) -> list[set[str]]:
    """The words of a name as the user says it, without titles."""
    words = _words(name)
    return [word for word in words if not word & TITLES] or words


def _words(text: str) -> list[set[str]]:
    """Each word in the ways it is written: plain, and with two letters for an umlaut."""
    plain = words_of(text)
    spelt = words_of(unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS))
    if len(plain) != len(spelt):
        spelt = plain
    pairs = zip(plain, spelt, strict=True)
    return [{word.translate(_NOT_FOLDED) for word in pair} for pair in pairs]


def _same(said: Sequence[set[str]], have: Sequence[set[str]]) -> bool:
    return len(said) == len(have) and _part(said, have)


def _part(said: Sequence[set[str]], have: Sequence[set[str]]) -> bool:
    """Whether each word said is a word of the name."""
    return bool(have) and all(any(one & other for other in have) for one in said)


class _Lookup:
    """One argument's names, looked up among the same people."""

    def __init__(
        self,
        mailbox: People,
        argument: str,
        own: Sequence[Address],
        spoken_of: Sequence[Address],
    ) -> None:
        self._mine = mailbox.own_addresses() | {each.mail for each in own}
        self._own = own
        everybody = [each for each in mailbox.people() if not set(each.addresses) & self._mine]
        self._trusted = [each for each in trusted(everybody) if each.addresses]
        self._received = [each for each in everybody if each.source == RECEIVED]
        self._argument = argument
        self._spoken_of = spoken_of

    def parts(self, name: str) -> tuple[str, ...]:
        """The names in what is said as one."""
        return names_in(name, [*self._trusted, *self._received])

    def addresses(self, name: str) -> tuple[Address, ...]:
        """Whom one name means; more than one for "them"."""
        if is_me(name):
            return (self._myself(),)
        if is_pronoun(name):
            return self._them(name)
        return (self._one(name),)

    def _myself(self) -> Address:
        if self._own:
            return self._own[0]
        if len(self._mine) == 1:
            return Address("", next(iter(self._mine)))
        raise KnownError(
            "no_own_address",
            "Phial does not know which address is yours. Nothing was changed.",
            'Put it into the settings, as addresses = ["you@example.org"], then repeat this.',
        )

    def _them(self, name: str) -> tuple[Address, ...]:
        if not self._spoken_of:
            raise KnownError(
                "person_not_found",
                f"I do not know who “{shown(name)}” is. Nothing was changed.",
                "Say the name or the address.",
            )
        known = {mail for person in self._trusted for mail in person.addresses}
        strangers = [each for each in self._spoken_of if each.mail not in known]
        if strangers:
            raise self._flagged(name, [_person_of(each) for each in strangers])
        return tuple(map(self._with_name, self._spoken_of))

    def _one(self, name: str) -> Address:
        literal = _literal(name)
        if literal is not None:
            return self._with_name(literal)
        known = called(name, self._trusted)
        if len(known) == 1:
            return address_of(known[0])
        if known:
            raise self._several(f"Several people are called “{shown(name)}”.", known)
        received = called(name, self._received)
        if received:
            raise self._flagged(name, received)
        raise self._unknown(name)

    def _with_name(self, address: Address) -> Address:
        """A literal address with the name the user knows it by."""
        for person in self._trusted:
            if address.mail in person.addresses and not address.name:
                return Address(person.label, address.mail)
        return address

    def _several(self, message: str, people: Sequence[Person]) -> AmbiguousError:
        return AmbiguousError(
            "several_people",
            f"{message} Nothing was changed.",
            "Say which one, or give the address.",
            argument=self._argument,
            choices=tuple((person.addresses[0], _label(person)) for person in people[:_CHOICES]),
        )

    def _flagged(self, name: str, people: Sequence[Person]) -> AmbiguousError:
        them = listed([full_label(address_of(each)) for each in people[:3]], "or")
        return self._several(
            f"“{shown(name)}” could be {them}, but you have never written there, and "
            "anybody can use that name.",
            people,
        )

    def _unknown(self, name: str) -> KnownError:
        near = starting_like(name, self._trusted)
        if near:
            there = listed([shown(each.label) for each in near[:3]])
            return self._several(
                f"I know nobody called “{shown(name)}”, but there is {there}.", near
            )
        return KnownError(
            "person_not_found",
            f"I know nobody called “{shown(name)}”: no contact, and nobody you have written to. "
            "Nothing was changed.",
            "Give the address, or add a contact.",
        )


def address_of(person: Person) -> Address:
    """The usual address of a person, with the first name known."""
    mail = person.addresses[0]
    return Address(next(iter(person.names), ""), mail)


def _literal(text: str) -> Address | None:
    """An address as it stands, also "Bob <bob@example.org>"; None if it is none."""
    plain = valid_address(text.strip(" .,;<>"))
    if plain:
        return Address("", plain)
    if "@" not in text or any(unicodedata.category(each)[0] == "C" for each in text):
        return None
    found = read_addresses(text)
    return found[0] if len(found) == 1 and found[0].mail else None


def _person_of(address: Address) -> Person:
    return Person((address.name,) if address.name else (), (address.mail,), RECEIVED)


def starting_like(name: str, people: Iterable[Person]) -> list[Person]:
    """People whose name begins like the one said: "Ann", "Anna B"."""
    said = [next(iter(word)) for word in _said(name)]
    if not said or len(said[0]) < _NEAR:
        return []
    return [
        person
        for person in people
        if any(
            have and all(any(w.startswith(s) for word in have for w in word) for s in said)
            for have in _names(person)
        )
    ]


def _label(person: Person) -> str:
    """What a choice shows of somebody: who they are, and how they are known."""
    return f"{full_label(address_of(person))}: {HOW_KNOWN[person.source]}"
