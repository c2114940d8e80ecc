"""Senders by a part of their host: "the bank" is whoever writes from sparbank.example.

Only for words that are long enough to be no accident, and never for parts of people's names.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.mail.model import Person

_SHORTEST = 4


def mails_of_hosts(words: Sequence[str], people: Iterable[Person]) -> tuple[str, ...]:
    """The addresses whose host holds each of `words` (in small letters), in their order."""
    if not words or any(len(word) < _SHORTEST for word in words):
        return ()
    return tuple(
        mail
        for person in people
        for mail in person.addresses
        if all(is_in_host(mail, word) for word in words)
    )


def is_in_host(mail: str, word: str) -> bool:
    """Whether a word is a part of an address's host, its last label aside."""
    host = mail.rpartition("@")[2].rpartition(".")[0]
    return len(word) >= _SHORTEST and word in host
