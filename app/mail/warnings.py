"""What may be wrong with a message, in sentences for the user. Pure: no mail is opened here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

from app.core.text import printable
from app.mail.addresses import valid_address
from app.mail.assistant_talk import speaks_to_assistant
from app.mail.hosts import is_disguised, site_of
from app.mail.links import leads_elsewhere
from app.mail.mime import Letter
from app.mail.model import Address, Body, Link

Known = Callable[[str], frozenset[str]]
"""The addresses the user knows under a name, or under an address itself; none of a stranger.

Only contacts and people the user has written to count.
"""

ADDRESSED = (
    "This message contains text addressed to an assistant, not to you. Phial does not follow it."
)
HIDDEN = "This message contains text that is hidden from readers; Phial leaves it out."

_MOST_LINKS = 3
_LONGEST = 80
_IN_NAME = re.compile(r"[^\s<>()\"',;:]+@[^\s<>()\"',;:]+")
_BARE_NUMBER = re.compile(r"[0-9.]+|\[?[0-9a-f:.]*:[0-9a-f:.]*\]?|0x[0-9a-f]+")
_PROGRAM = re.compile(
    r"\.(?:exe|scr|com|bat|cmd|pif|js|jse|vbs|vbe|wsf|hta|lnk|msi|ps1|jar|iso|img|app|apk|reg"
    r"|cpl|chm|docm|xlsm|pptm)$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\b(?:verify|confirm|update|validate|unlock|restore|reactivate|secure)\b[^.!?\n]{0,30}"
    r"\b(?:account|identity|password|payment|billing|mailbox|card|details|information)\b"
    r"|\b(?:enter|reset|renew|provide|submit)\b[^.!?\n]{0,20}"
    r"\b(?:password|pin|card number|credentials|passcode)\b"
    r"|\byour (?:account|mailbox|card|access|password|parcel|package)\b[^.!?\n]{0,30}"
    r"\b(?:suspended|limited|locked|blocked|disabled|on hold|expires?|expired|deactivated)\b"
    r"|\bunusual (?:sign-?in|activity|log-?in)\b",
    re.IGNORECASE,
)


def warnings_for(headers: Letter, body: Body, known: Known) -> tuple[str, ...]:
    """The warnings about a message, the gravest first; none for most."""
    found: list[str] = []
    if _is_addressed(headers, body):
        found.append(ADDRESSED)
    found += _about_sender(headers.sender, known)
    found += _about_answers(headers, known)
    found += _about_phishing(headers, body, known)
    found += _about_links(body.links)
    # Newsletters hide the line that mailboxes show beside the subject.
    if body.hidden and (body.addressed or not headers.bulk):
        found.append(HIDDEN)
    found += (
        f"The attachment “{_shown(name)}” is a program; it could harm your computer."
        for name in headers.attachments
        if _PROGRAM.search(name)
    )
    return tuple(dict.fromkeys(found))


def _is_addressed(headers: Letter, body: Body) -> bool:
    people = (headers.sender, *headers.reply_to, *headers.to, *headers.cc)
    names = (headers.subject, *headers.attachments, *(each.name for each in people))
    return body.addressed or any(map(speaks_to_assistant, names))


def _about_sender(sender: Address, known: Known) -> Iterable[str]:
    """A name that claims to be somebody else."""
    if not sender.mail:
        yield "The sender's address cannot be read."
        return
    host = sender.mail.rpartition("@")[2]
    if is_disguised(host):
        yield f"The sender's address is in letters that look like others: {_shown(sender.mail)}."
    claimed = [valid_address(each.strip(".")) for each in _IN_NAME.findall(sender.name)]
    if any(each and each != sender.mail for each in claimed):
        yield (
            f"The sender's name shows another address, “{_shown(sender.name)}”; "
            f"the message comes from {_shown(sender.mail)}."
        )
    elif sender.name and not known(sender.mail):
        own = known(sender.name) - {sender.mail}
        if own:
            yield (
                f"You know “{_shown(sender.name)}” as {_shown(min(own))}; "
                f"this message comes from another address, {_shown(sender.mail)}."
            )


def _about_answers(headers: Letter, known: Known) -> Iterable[str]:
    """Answers that would go to another place than the message came from."""
    if headers.bulk:
        return
    home = site_of(headers.sender.mail.rpartition("@")[2])
    for address in headers.reply_to:
        elsewhere = address.mail and site_of(address.mail.rpartition("@")[2]) != home
        if elsewhere and not known(address.mail):
            yield (
                f"An answer would go to {_shown(address.mail)}, "
                f"not to the sender's address {_shown(headers.sender.mail)}."
            )
            return


def _about_links(links: tuple[Link, ...]) -> Iterable[str]:
    """Links that lead elsewhere than they say, or to a place in disguise."""
    told = 0
    for link in links:
        if told == _MOST_LINKS:
            return
        if leads_elsewhere(link):
            yield f"The link “{_shown(link.text)}” leads to {_shown(link.host)}."
        elif is_disguised(link.host):
            yield f"A link leads to {_shown(link.host)}, a name in letters that look like others."
        elif _BARE_NUMBER.fullmatch(link.host):
            yield f"A link leads to {_shown(link.host)}, a number instead of a name."
        else:
            continue
        told += 1


def _about_phishing(headers: Letter, body: Body, known: Known) -> Iterable[str]:
    """A stranger who asks for what opens an account, with a link to somewhere else."""
    asked = _ASKS.search(f"{headers.subject}\n{body.text}"[:50_000])
    if asked is None or known(headers.sender.mail):
        return
    said = f"This may be phishing: it says “{_shown(asked[0])}”"
    if any(map(leads_elsewhere, body.links)):
        yield f"{said}, and a link in it does not lead where it says."
        return
    home = site_of(headers.sender.mail.rpartition("@")[2])
    foreign = [link.host for link in body.links if link.host and site_of(link.host) != home]
    if foreign:
        yield f"{said} and links to {_shown(foreign[0])}, which is not where it comes from."


def _shown(text: str) -> str:
    """Text by others within a sentence: on one line, short."""
    line = " ".join(printable(unicodedata.normalize("NFC", text)).split())
    line = line.replace("“", "'").replace("”", "'")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
