"""What a raw message says: its headers and its text, made harmless to show. Never raises.

How bytes are cut into parts, addresses read, HTML turned into text and quotes split off lies in
modules of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from itertools import islice

from app.core.text import printable
from app.mail.addresses import MOST_ADDRESSES, read_addresses
from app.mail.assistant_talk import speaks_to_assistant
from app.mail.charsets import decoded
from app.mail.html_text import Page, read_html
from app.mail.links import links_in
from app.mail.model import Address, Attachment, Body, Envelope, Link
from app.mail.parts import Part, parse_message
from app.mail.quotes import split_quotes

NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)
"""The date of a message that has none."""

_NOBODY = Address("", "")
_LONGEST_SUBJECT = 1_000
_LONGEST_ID = 500
_LONGEST_TEXT = 500_000
_LONGEST_PART = 4_000_000
_LONGEST_CALENDAR = 1_000_000
_LONGEST_NAME = 120
_MOST_REFERENCES = 200
_STUB = 200
"""A plain text shorter than this beside a much longer page only says where the page is."""

_WRONG_CLOCK = timedelta(hours=26)
"""How far a sender's clock, or zone, may be wrong."""

_MESSAGE_ID = re.compile(r"<([^<>\s]{1,500})>")
_YEARS = range(1970, 2200)
_FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv)\s*:", re.IGNORECASE)
# Not after a black flag: those of the British nations are written so.
_TAGS = re.compile(r"(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007e]{4,}")
_DRIVE = re.compile(r"^.*[/\\]", re.DOTALL)
_FOLD = re.compile(r"\r?\n[ \t]")


@dataclass(frozen=True)
class Headers:
    """What a message says of itself; the fields mean what they do in `Envelope`."""

    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    date: datetime
    sender: Address
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    bulk: bool
    attachments: tuple[str, ...]


Letter = Headers | Envelope
"""A message without its text, just read or from the index."""


def read_headers(data: bytes) -> Headers:
    """The headers of a raw message. A date that cannot be read is the one of its last delivery."""
    message = parse_message(data)
    senders = _people(message, "from") or _people(message, "sender")
    replied = _ids(message.header("in-reply-to"))
    return Headers(
        message_id=next(iter(_ids(message.header("message-id"))), ""),
        in_reply_to=replied[0] if replied else "",
        references=_ids(message.header("references"))[-_MOST_REFERENCES:],
        date=_date(message),
        sender=next((each for each in senders if each.mail), next(iter(senders), _NOBODY)),
        # An answer to several authors goes to all of them, so they are told as that.
        reply_to=_people(message, "reply-to") or (senders if len(senders) > 1 else ()),
        to=_people(message, "to"),
        cc=_people(message, "cc"),
        bcc=_people(message, "bcc"),
        subject=_line(message.text_header("subject"))[:_LONGEST_SUBJECT],
        bulk=_is_bulk(message),
        attachments=tuple(each.name for each in _attachments(message)),
    )


def read_body(data: bytes) -> Body:
    """The text of a raw message, what is attached to it, and where it leads."""
    message = parse_message(data)
    texts = _Texts()
    shown = _shown(message, texts)
    text = printable("\n\n".join(filter(None, shown)).expandtabs(4))[:_LONGEST_TEXT]
    forwarded = bool(_FORWARD.match(message.text_header("subject")))
    written, quoted = split_quotes(text, forwarded=forwarded)
    pages = texts.pages
    smuggled = " ".join(_smuggled(each) for each in texts.sources)
    unseen = " ".join([*(page.unseen for page in pages), smuggled])
    calendar = _calendar(message)
    everything = {text, unseen, *(each for page in pages for each in (page.text, page.unshown))}
    everything.add(_FOLD.sub("", calendar).replace("\\n", "\n"))
    return Body(
        text=written,
        quoted=quoted,
        links=_links(pages, text),
        attachments=_attachments(message),
        hidden=bool(unseen.strip()),
        remote_images=sum(page.remote_images for page in pages),
        calendar=calendar,
        addressed=any(map(speaks_to_assistant, everything)),
    )


def searchable(body: Body) -> str:
    """What can be found of a message's text: what a person sees of it, older messages last."""
    return f"{body.text}\n{body.quoted}".strip()


class _Texts:
    """What was met on the way through a message: its pages, and every text as it was sent.

    `room` is how many more bytes of text are read: a message may have hundreds of long parts.
    """

    def __init__(self) -> None:
        self.pages: list[Page] = []
        self.sources: list[str] = []
        self.room = _LONGEST_PART


def _shown(part: Part, texts: _Texts) -> list[str]:
    """The texts of a part a person would be shown, in their order."""
    if part.media_type == "multipart/alternative":
        return _best(part, texts)
    if part.children:
        return [text for child in part.children for text in _shown(child, texts)]
    if not _is_text(part) or texts.room <= 0:
        return []
    content = part.content(texts.room)
    texts.room -= len(content)
    source = decoded(content, part.parameters.get("charset", "")[:40])
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    texts.sources.append(source)
    if not _is_html(part, source):
        return [source[:_LONGEST_TEXT]]
    page = read_html(source)
    texts.pages.append(page)
    return [page.text]


def _best(part: Part, texts: _Texts) -> list[str]:
    """One of several forms of the same text: the plain one, unless it only stands in for a page."""
    plain: list[str] = []
    page: list[str] = []
    for child in part.children:
        shown = _shown(child, texts)
        if any(leaf.media_type == "text/html" for leaf in child.leaves()):
            page = shown or page
        else:
            plain = plain or [text for text in shown if text.strip()]
    length, page_length = sum(map(len, plain)), sum(map(len, page))
    if not plain or (length < _STUB and page_length > 2 * length):
        return page or plain
    return plain


def _is_text(part: Part) -> bool:
    """Whether a leaf is text of the message itself, not a file."""
    if part.media_type not in ("text/plain", "text/html", "text/enriched", "text/markdown"):
        return False
    return part.disposition != "attachment" and not part.file_name


def _is_html(part: Part, source: str) -> bool:
    if part.media_type == "text/html":
        return True
    return source.lstrip()[:15].lower().startswith(("<!doctype html", "<html"))


def _is_bulk(message: Part) -> bool:
    if any(message.header(name) for name in ("list-id", "list-unsubscribe", "list-post")):
        return True
    return message.header("precedence").strip().lower() in ("bulk", "list", "junk")


def _people(message: Part, name: str) -> tuple[Address, ...]:
    headers = [value for key, value in message.fields if key == name]
    found = (address for header in headers for address in read_addresses(header))
    return tuple(islice(found, MOST_ADDRESSES))


def _ids(header: str) -> tuple[str, ...]:
    """The message ids of a header, without brackets; a single word without any counts too."""
    found = _MESSAGE_ID.findall(header)
    if not found and header.strip() and len(header.split()) == 1:
        found = [header.strip("<> \t")[:_LONGEST_ID]]
    return tuple(dict.fromkeys(printable(each) for each in found if each))


def _date(message: Part) -> datetime:
    """When it was written, else when it came, in UTC.

    A sender may write any date, so as to be the newest mail for ever. The last server it came
    through wrote its own above it: nothing was written after it came.
    """
    trails = (value.rpartition(";")[2] for key, value in message.fields if key == "received")
    came = next((moment for text in trails if (moment := _moment(text)) is not None), None)
    for text in (message.header("date"), message.header("resent-date")):
        if (written := _moment(text)) is not None:
            return came if came is not None and written > came + _WRONG_CLOCK else written
    return came or NO_DATE


def _moment(text: str) -> datetime | None:
    try:
        parsed = parsedate_tz(text[:200].strip())
        if parsed is None:
            moment = datetime.fromisoformat(text[:40].strip())
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        else:
            zone = timezone(timedelta(seconds=parsed[9] or 0))
            moment = datetime(*parsed[:6], tzinfo=zone)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return moment if moment.year in _YEARS else None


def _line(text: str) -> str:
    """Text on one line, harmless to show."""
    return " ".join(printable(text).split())


def _attachments(message: Part) -> tuple[Attachment, ...]:
    """The parts that are files. Pictures shown within the text are none."""
    found: list[Attachment] = []
    for number, part in enumerate(message.leaves()):
        if _is_text(part) or (part.media_type == "text/calendar" and not part.file_name):
            continue
        shown_within = part.header("content-id") and part.disposition != "attachment"
        if shown_within and part.media_type.startswith("image/"):
            continue
        if number == 0 and part is message and not part.body.strip():
            continue
        found.append(Attachment(_file_name(part), part.media_type, max(0, part.size)))
    return tuple(found)


def _file_name(part: Part) -> str:
    """A part's name as a file: its last component, harmless to show."""
    name = _line(_DRIVE.sub("", part.file_name)).strip(". ")
    if not name and part.media_type == "message/rfc822":
        subject = parse_message(part.content(_LONGEST_PART)).text_header("subject")
        name = f"{_line(_DRIVE.sub('', subject))[:80].strip('. ') or 'message'}.eml"
    if len(name) > _LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        short = dot and len(ending) <= 10
        name = f"{stem[: _LONGEST_NAME - 12]}…{dot}{ending}" if short else name[:_LONGEST_NAME]
    return name or "attachment"


def _calendar(message: Part) -> str:
    """The text of the first invitation in a message."""
    for part in message.leaves():
        if part.media_type in ("text/calendar", "application/ics"):
            source = part.content(_LONGEST_CALENDAR)
            return decoded(source, part.parameters.get("charset", "")[:40])
    return ""


def _links(pages: Iterable[Page], text: str) -> tuple[Link, ...]:
    """Where a message leads: the links of its pages, then addresses spelt out in its text."""
    found = [link for page in pages for link in page.links]
    known = {each for link in found for each in (link.address, link.text)}
    return (*dict.fromkeys(found), *(link for link in links_in(text) if link.address not in known))


def _smuggled(text: str) -> str:
    """What is written in tag characters, which no screen shows and every model reads."""
    return " ".join(
        "".join(chr(ord(character) - 0xE0000) for character in match)
        for match in _TAGS.findall(text)
    )
