"""The parts of a message Phial writes: texts, files, messages, and how they are put together.

Lines end in CRLF; nothing is longer than mail may carry.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from quopri import encodestring

from app.core.errors import KnownError
from app.mail.header_lines import parameter

LONGEST_BODY = 1_000_000
_LONGEST_LINE = 900
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_BLIND = re.compile(
    rb"^(?:resent-)?bcc[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE
)


@dataclass(frozen=True)
class OutgoingFile:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


def text_part(text: str) -> str:
    """A part of plain text."""
    return encoded_text(text, 'text/plain; charset="utf-8"')


def encoded_text(text: str, content_type: str) -> str:
    """A part of text: as it stands where every line is short enough for mail, else encoded."""
    if len(text) > LONGEST_BODY:
        raise KnownError(
            "body_too_long",
            f"The text is longer than {LONGEST_BODY:,} characters. Nothing was changed.",
            "Make it shorter, or attach it as a file.",
        )
    lines = _clean(text).rstrip("\n").split("\n")
    body = "\r\n".join(lines) + "\r\n"
    if max(len(line.encode()) for line in lines) > _LONGEST_LINE:
        encoding = "quoted-printable"
        body = encodestring(body.encode(), quotetabs=False).decode("ascii")
        body = re.sub(r"\r?\n", "\r\n", body)
    else:
        encoding = "7bit" if body.isascii() else "8bit"
    return f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}"


def _clean(text: str) -> str:
    """Text with "\\n" as its line break, without control characters and halves of characters."""
    text = re.sub(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    return "".join(
        character
        for character in text
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs")
    )


def file_part(file: OutgoingFile) -> str:
    """A file as an attachment."""
    media_type = file.media_type.lower()
    if not _MEDIA_TYPE.fullmatch(media_type) or media_type.startswith(("multipart/", "message/")):
        media_type = "application/octet-stream"
    return _base64_part(file.name, media_type, file.content)


def _base64_part(name: str, media_type: str, content: bytes) -> str:
    text = b64encode(content).decode("ascii")
    lines = "\r\n".join(text[place : place + 76] for place in range(0, len(text), 76))
    return (
        f"Content-Type: {media_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; {parameter(name)}\r\n\r\n{lines}\r\n"
    )


def message_part(raw: bytes) -> str:
    """A message as it came, but for who got it in secret.

    One that mail cannot carry as it stands (its own bytes, endless lines) goes as a file: the
    standard forbids to encode a message.
    """
    head, blank, rest = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    raw = _BLIND.sub(b"", head + b"\n") + blank[1:] + rest
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return _base64_part("message.eml", "application/octet-stream", raw)
    longest = max(map(len, raw.split(b"\n")), default=0)
    if longest > 990 or re.search(r"[\x00\r\x0b\x0c\x85\u2028\u2029]", text):
        return _base64_part("message.eml", "application/octet-stream", raw)
    encoding = "7bit" if text.isascii() else "8bit"
    return (
        "Content-Type: message/rfc822\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n"
        'Content-Disposition: attachment; filename="message.eml"\r\n\r\n'
        + text.replace("\n", "\r\n")
    )


def mixed(parts: Sequence[str], message_id: str) -> str:
    """The parts one after another; one alone stands by itself."""
    return parts[0] if len(parts) == 1 else multipart("mixed", parts, message_id)


def multipart(kind: str, parts: Sequence[str], message_id: str) -> str:
    """The parts of a multipart, behind a boundary that none of them holds.

    The boundary follows from the message's id.
    """
    boundary, count = "", 0
    while not boundary or any(boundary in part for part in parts):
        boundary = "=_" + sha256(f"{message_id} {count}".encode()).hexdigest()[:32]
        count += 1
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n{body}--{boundary}--\r\n'
