"""Which of the messages that were found a reference rather means, and how a list of them is parted.

No mailbox here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.mail.model import Envelope, FoundMail
from app.tools.event_words import words_of
from app.tools.mail_hosts import is_in_host
from app.tools.message_words import (
    DRAFT,
    NEWSLETTERS,
    NOUN,
    NOUNS,
    REPLY,
    MailWanted,
    Token,
    kin_of,
    tokens_of,
    words_in,
)

MESSAGE_ID = re.compile(r"m[1-9][0-9]{0,17}")
MAIL_NOUNS = (NOUN | NOUNS | REPLY | DRAFT | NEWSLETTERS) - {"one", "ones"}
"""Words for any message."""

_BEGINNINGS = words_in("the my all every that this those his her mail mails email emails message")


def in_heads(found: FoundMail, wanted: MailWanted) -> FoundMail:
    """Those that have the words in subject or sender, if any has: it is what one remembers."""
    named = tuple(each for each in found.items if _has_in_heads(each, wanted))
    return FoundMail(named, len(named)) if wanted.words and named else found


def of_senders(found: FoundMail, wanted: MailWanted) -> FoundMail:
    """ "The library mail" is rather what the library wrote than what has it in its subject.

    Anybody may choose a name, so the sender's host has to have the words too.
    """
    if not wanted.whose or not wanted.words:
        return found
    theirs = tuple(each for each in found.items if _is_from(each, wanted.words))
    return FoundMail(theirs, len(theirs)) if theirs else found


def _is_from(envelope: Envelope, words: Sequence[str]) -> bool:
    name = words_of(envelope.sender.name)
    return all(word in name and is_in_host(envelope.sender.mail, word) for word in words)


def in_files(found: FoundMail, wanted: MailWanted) -> FoundMail:
    """ "Bob's invoice" is what an invoice was attached to, and no answer to it."""
    if not wanted.thing or not wanted.words or wanted.count:
        return found
    with_it = tuple(each for each in found.items if _has_in_files(each, wanted.words))
    return FoundMail(with_it, len(with_it)) if with_it else found


def _has_in_files(envelope: Envelope, words: Sequence[str]) -> bool:
    have = re.split(r"[\W_]+", " ".join(words_of(" ".join(envelope.attachments))))
    return all(any(each.startswith(word) for each in have) for word in words)


def _has_in_heads(envelope: Envelope, wanted: MailWanted) -> bool:
    have = words_of(f"{envelope.subject} {envelope.sender.name}")
    mail = envelope.sender.mail
    have += re.split(r"[@.]", mail)
    forms = [kin_of(word) if wanted.kin else (word,) for word in wanted.words]
    return all(
        any(each.startswith(word) for each in have for word in words)
        or any(is_in_host(mail, word) for word in words)
        for words in forms
    )


def says_mail(part: str) -> bool:
    """Whether a part of a list is a reference by itself."""
    return bool(MESSAGE_ID.fullmatch(part)) or any(word in MAIL_NOUNS for word in words_of(part))


def begins_anew(part: str) -> bool:
    """Whether it is no end of a subject: "the mail about bread and letters"."""
    tokens = tokens_of(part)
    first = tokens[0].low if tokens else ""
    return bool(MESSAGE_ID.fullmatch(part)) or first in _BEGINNINGS or any(map(_is_owner, tokens))


def _is_owner(token: Token) -> bool:
    return token.owner


def is_answer(envelope: Envelope) -> bool:
    """Whether it answers another one."""
    return bool(envelope.in_reply_to) or envelope.subject.casefold().startswith("re:")
