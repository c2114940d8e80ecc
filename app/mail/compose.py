"""Messages the user sends, as text: new ones, answers, what is passed on, invitations.

The text is the whole file, lines ending in CRLF, UTF-8 without bytes that are not text. The same
arguments give the same text. A Bcc header stays in it: the file is the user's, and whoever hands it
over leaves that header out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from app.mail.addresses import valid_address
from app.mail.assistant_talk import without_talk
from app.mail.header_lines import address_line, date_line, id_line, one_line, text_line
from app.mail.hosts import ascii_host
from app.mail.mime import Letter
from app.mail.model import Address, Body
from app.mail.outgoing_parts import (
    LONGEST_BODY,
    OutgoingFile,
    encoded_text,
    file_part,
    message_part,
    mixed,
    multipart,
    text_part,
)

_LONGEST_QUOTE = 100_000
_ANSWERED = re.compile(r"^\s*(?:re|aw|sv|antw|antwort)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
_PASSED_ON = re.compile(r"^\s*(?:fwd?|wg|tr)\s*:\s*", re.IGNORECASE)
_METHODS = frozenset({"REQUEST", "REPLY", "CANCEL", "COUNTER", "DECLINECOUNTER", "PUBLISH", "ADD"})


@dataclass(frozen=True)
class Recipients:
    """Who gets a message."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()

    def once(self) -> Recipients:
        """The same with each address named once, where it is first."""
        seen: set[str] = set()

        def fresh(addresses: tuple[Address, ...]) -> tuple[Address, ...]:
            kept = []
            for address in addresses:
                mail = valid_address(address.mail) or address.mail
                if mail not in seen:
                    seen.add(mail)
                    kept.append(address)
            return tuple(kept)

        return Recipients(fresh(self.to), fresh(self.cc), fresh(self.bcc))


def new_message_id(sender: Address | None) -> str:
    """A fresh id, without angle brackets; it tells nothing of the machine."""
    host = ascii_host(valid_address(sender.mail).rpartition("@")[2]) if sender else ""
    return f"{uuid4().hex}@{host or 'phial.invalid'}"


def new_message(
    *,
    sender: Address | None,
    to: Sequence[Address],
    subject: str,
    body: str,
    date: datetime,
    cc: Sequence[Address] = (),
    bcc: Sequence[Address] = (),
    files: Sequence[OutgoingFile] = (),
    message_id: str = "",
    in_reply_to: str = "",
    references: Sequence[str] = (),
) -> str:
    """A message of plain text with `files`. `date` is aware, in the user's zone.

    Without a sender it is a draft that cannot leave yet; without a `message_id` it gets a fresh
    one. Raises KnownError("bad_address", "body_too_long").
    """
    own_id = message_id or new_message_id(sender)
    recipients = Recipients(tuple(to), tuple(cc), tuple(bcc)).once()
    head = _head(sender, recipients, subject, date, own_id, in_reply_to, references)
    return head + mixed([text_part(body), *map(file_part, files)], own_id)


def recipients_of_reply(
    letter: Letter, own: Collection[str], *, everyone: bool = False
) -> Recipients:
    """Whom an answer goes to: where the sender wants it, with `everyone` all others as well.

    `own` are the user's addresses, small letters. The answer to an own message goes to whom that
    one went. Addresses that cannot be read are left out.
    """
    mine = letter.sender.mail in own
    first = letter.to if mine else (letter.reply_to or (letter.sender,))
    to = tuple(address for address in first if address.mail and (mine or address.mail not in own))
    to = to or tuple(address for address in first if address.mail)
    if not everyone:
        return Recipients(to).once()
    others = letter.cc if mine else (*letter.to, *letter.cc)
    cc = tuple(address for address in others if address.mail and address.mail not in own)
    return Recipients(to, cc).once()


def reply_to(
    letter: Letter,
    body: Body,
    *,
    sender: Address | None,
    text: str,
    recipients: Recipients,
    date: datetime,
    message_id: str = "",
) -> str:
    """The answer `text` to a message, which is quoted below it.

    The answered message's time is told in the zone of `date`.
    """
    quote = "\n".join(f"> {line}".rstrip() for line in _quotable(body).splitlines())
    lead = f"On {_moment(letter.date, date)}, {_named(letter.sender)} wrote:"
    return new_message(
        sender=sender,
        to=recipients.to,
        cc=recipients.cc,
        bcc=recipients.bcc,
        subject=reply_subject(letter.subject),
        body=f"{text.rstrip()}\n\n{lead}\n{quote}\n",
        date=date,
        message_id=message_id,
        in_reply_to=letter.message_id,
        references=(*letter.references, letter.message_id),
    )


def forward_of(
    letter: Letter,
    body: Body,
    raw: bytes,
    *,
    sender: Address | None,
    recipients: Recipients,
    text: str = "",
    date: datetime,
    message_id: str = "",
) -> str:
    """A message passed on: `text`, then what it says; whole as a file where it has attachments."""
    lines = [
        "---------- Forwarded message ----------",
        f"From: {_named(letter.sender)}",
        f"Date: {_moment(letter.date, date)}",
        f"Subject: {one_line(letter.subject)}",
        f"To: {', '.join(map(_named, letter.to[:20]))}",
        *([f"Cc: {', '.join(map(_named, letter.cc[:20]))}"] if letter.cc else []),
    ]
    whole = "\n".join(lines) + "\n\n" + _whole(body)
    own_id = message_id or new_message_id(sender)
    recipients = recipients.once()
    head = _head(sender, recipients, forward_subject(letter.subject), date, own_id, "", ())
    parts = [text_part(f"{text.rstrip()}\n\n{whole}".lstrip("\n"))]
    if body.attachments or body.calendar:
        parts.append(message_part(raw))
    return head + mixed(parts, own_id)


def calendar_message(
    *,
    sender: Address,
    to: Sequence[Address],
    subject: str,
    body: str,
    calendar: str,
    method: str,
    date: datetime,
    message_id: str = "",
) -> str:
    """An iTIP message (RFC 6047): the `calendar` object, and `body` for who cannot read it.

    `method` is the object's METHOD. Raises KnownError("bad_address").
    """
    if method not in _METHODS:
        raise ValueError(f"no iTIP method: {method!r}")
    own_id = message_id or new_message_id(sender)
    head = _head(sender, Recipients(tuple(to)).once(), subject, date, own_id, "", ())
    object_part = encoded_text(calendar, f'text/calendar; charset="utf-8"; method={method}')
    return head + multipart("alternative", [text_part(body), object_part], own_id)


def reply_subject(subject: str) -> str:
    """ "Re: …", once."""
    bare = _bare(subject, _ANSWERED)
    return f"Re: {bare}".strip()


def forward_subject(subject: str) -> str:
    """ "Fwd: …", once."""
    bare = _bare(subject, _PASSED_ON)
    return f"Fwd: {bare}".strip()


def _bare(subject: str, prefix: re.Pattern[str]) -> str:
    text = one_line(subject)
    while match := prefix.match(text):
        text = text[match.end() :]
    return text


def _head(
    sender: Address | None,
    recipients: Recipients,
    subject: str,
    date: datetime,
    message_id: str,
    in_reply_to: str,
    references: Sequence[str],
) -> str:
    return "".join(
        [
            address_line("From", (sender,)) if sender else "",
            address_line("To", recipients.to),
            address_line("Cc", recipients.cc),
            address_line("Bcc", recipients.bcc),
            text_line("Subject", subject),
            date_line(date),
            id_line("Message-ID", (message_id,)),
            id_line("In-Reply-To", (in_reply_to,)),
            id_line("References", references),
            "MIME-Version: 1.0\r\n",
        ]
    )


def _moment(moment: datetime, like: datetime) -> str:
    """Wed 18 Nov 2026 at 09:12, in the zone of `like`; the same in every language of the system."""
    local = moment.astimezone(like.tzinfo)
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[local.weekday()]
    months = str.split("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec")
    return f"{day} {local.day} {months[local.month - 1]} {local.year} at {local:%H:%M}"


def _named(address: Address) -> str:
    name = one_line(address.name)
    if name and address.mail and name != address.mail:
        return f"{name} <{address.mail}>"
    return address.mail or name


def _quotable(body: Body) -> str:
    """What an answer quotes; orders to an assistant are not carried on."""
    text = without_talk(body.text) if body.addressed else body.text
    return text[:_LONGEST_QUOTE]


def _whole(body: Body) -> str:
    return f"{body.text}\n\n{body.quoted}".strip()[: LONGEST_BODY // 2]
