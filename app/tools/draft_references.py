"""From the user's words for a draft ("it", "the draft to Kofi", "my mail about the roof") to it.

Only what lies in Drafts is looked through.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked
from app.mail.model import DRAFTS, OUTBOX, SENT, Address, Envelope, MailQuery
from app.mail.store import Mailbox
from app.tools.event_words import words_of
from app.tools.mail_wording import message_line, subject_of
from app.tools.people import person_addresses
from app.tools.pointing import Pointing, pointing_in
from app.tools.recent_messages import messages_spoken_of
from app.tools.wording import shown

_ID = re.compile(r"m[1-9][0-9]{0,17}\Z")
_NOUNS = frozenset(
    (
        "draft", "drafts", "mail", "mails", "email", "emails", "e-mail", "e-mails", "message",
        "messages", "reply", "answer", "letter", "note", "forward", "response",
    )
)  # fmt: skip
_IDLE = frozenset(
    (
        "the", "a", "an", "my", "that", "this", "these", "those", "our", "your", "it", "one",
        "about", "with", "for", "of", "on", "saying", "called", "titled", "subject", "i", "we",
        "you", "just", "now", "saved", "wrote", "written", "made", "prepared", "drafted",
        "please", "unsent",
    )
)  # fmt: skip
_LATEST = frozenset(("last", "latest", "newest", "recent"))
_TO = re.compile(r"\b(?:to|for)\s+(?P<people>.+?)(?=\s+(?:about|with|on|that|saying)\b|$)", re.I)
_POSSESSIVE = re.compile(r"^(?P<people>.+?)['’]s?\s+(?:draft|mail|e-?mail|message|reply)\b", re.I)  # noqa: RUF001
_MOST = 200
_CHOICES = 12


def resolve_draft(reference: str, mailbox: Mailbox, asked: Asked) -> Envelope:
    """The draft that is meant.

    Raises KnownError("draft_not_found") saying what was looked for, KnownError("already_sent") for
    what lies in the Outbox or Sent, AmbiguousError("several_drafts") about "draft".
    """
    text = reference.strip().strip("\"“”'")
    if _ID.match(text):
        return _by_id(text, mailbox)
    drafts = mailbox.search(MailQuery(folders=(DRAFTS,)), limit=_MOST).items
    pointing = pointing_in(text, _NOUNS)
    if pointing is not None and not (pointing.places and pointing.loose):
        return _pointed(text, pointing, drafts, mailbox, asked)
    if not drafts:
        raise _not_found(text, "There are no drafts")
    found = _fitting(text, drafts, mailbox)
    if not found:
        raise _not_found(text, "No draft fits")
    if len(found) > 1:
        raise _several(text, found, asked)
    return found[0]


def _by_id(short_id: str, mailbox: Mailbox) -> Envelope:
    found = mailbox.get(short_id)
    if found is None:
        raise _not_found(short_id, "There is no such message any more")
    if found.folder != DRAFTS:
        raise _no_draft(found)
    return found


def _pointed(
    text: str,
    pointing: Pointing,
    drafts: Sequence[Envelope],
    mailbox: Mailbox,
    asked: Asked,
) -> Envelope:
    """What "it" is: the draft spoken of last, else the only one there is."""
    sent: Envelope | None = None
    for spoken in messages_spoken_of(asked, mailbox):
        found = pointing.among([each for each in spoken if each.folder == DRAFTS])
        if len(found) == 1:
            return found[0]
        if found:
            raise _several(text, found, asked)
        sent = sent or next((each for each in spoken if each.folder in (OUTBOX, SENT)), None)
    if len(drafts) == 1:
        return drafts[0]
    if drafts:
        raise _several(text, drafts, asked)
    if sent is not None:
        raise _no_draft(sent)
    raise _not_found(text, "There are no drafts")


def _fitting(text: str, drafts: Sequence[Envelope], mailbox: Mailbox) -> list[Envelope]:
    """The drafts that recipients and words fit; the newest one for "the last draft"."""
    people, rest = "", text
    for pattern in (_TO, _POSSESSIVE):
        if match := pattern.search(text):
            people = match["people"]
            rest = f"{text[: match.start()]} {text[match.end() :]}"
            break
    words = [word for word in words_of(rest) if word not in _IDLE and word not in _NOUNS]
    latest = any(word in _LATEST for word in words)
    words = [word for word in words if word not in _LATEST]
    found = [each for each in drafts if _goes_to(each, people, mailbox) and _says(each, words)]
    return found[:1] if latest else found


def _goes_to(draft: Envelope, people: str, mailbox: Mailbox) -> bool:
    """Whether each of `people` ("Kofi and Anna") is among its recipients."""
    recipients = (*draft.to, *draft.cc, *draft.bcc)
    names = [each for each in re.split(r"\s*,\s*|\s+and\s+", people.strip()) if each]
    return all(_is_among(name, recipients, mailbox) for name in names)


def _is_among(name: str, recipients: Sequence[Address], mailbox: Mailbox) -> bool:
    known = person_addresses(name, mailbox)
    if known:
        return any(each.mail in known for each in recipients)
    wanted = [word for word in words_of(name) if word not in _IDLE]
    return any(
        all(any(have.startswith(word) for have in words_of(f"{each.name} {each.mail}"))
            for word in wanted)
        for each in recipients
    )  # fmt: skip


def _says(draft: Envelope, words: Sequence[str]) -> bool:
    """Whether each word begins a word of its subject, its recipients or its files."""
    people = " ".join(f"{each.name} {each.mail}" for each in (*draft.to, *draft.cc, *draft.bcc))
    have = words_of(" ".join((draft.subject, people, *draft.attachments)))
    return all(any(known.startswith(word) for known in have) for word in words)


def _several(text: str, found: Sequence[Envelope], asked: Asked) -> AmbiguousError:
    zone, today = asked.clock.zone, asked.clock.today
    more = f" These are the newest {_CHOICES}." if len(found) > _CHOICES else ""
    return AmbiguousError(
        "several_drafts",
        f"“{shown(text)}” fits {len(found)} drafts.{more} Nothing was sent.",
        "Say which one.",
        argument="draft",
        choices=tuple((each.id, message_line(each, (), zone, today)) for each in found[:_CHOICES]),
    )


def _not_found(text: str, what: str) -> KnownError:
    return KnownError(
        "draft_not_found",
        f"{what}. I looked for “{shown(text)}” in Drafts. Nothing was sent.",
        "Say who it is to, or write it first.",
    )


def _no_draft(message: Envelope) -> KnownError:
    subject = subject_of(message)
    if message.folder in (OUTBOX, SENT):
        where = "waits in the Outbox already" if message.folder == OUTBOX else "was sent already"
        return KnownError(
            "already_sent",
            f"“{subject}” {where}. Nothing was changed.",
            "To send it again, forward it.",
        )
    return KnownError(
        "draft_not_found",
        f"“{subject}” is no draft: it lies in {shown(message.folder)}. Nothing was sent.",
        "To pass it on, forward it.",
    )
