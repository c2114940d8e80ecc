"""The parts of a raw message: its headers, what it is made of, and their bytes. Never raises.

Parts are slices of one message, cut at its boundaries, so that a message of 50 MB costs little more
than its text. Broken ones give what can be had: a missing end is the end of what there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import decode_params, unquote
from functools import cached_property

from app.mail.charsets import base64_bytes, decode_words, header_text, quoted_printable_bytes

_DEEPEST = 20
_MOST_PARTS = 500
_LONGEST_HEADERS = 1_000_000
_LONGEST_HEADER = 200_000
_LONGEST_PARAMETERS = 10_000
_BLANK_LINE = re.compile(rb"\r?\n[ \t]*\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_LINE_END = re.compile(rb"\r?\n")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*(.*)", re.DOTALL)
_PARAMETER = re.compile(r';((?:[^;"]|"(?:[^"\\]|\\.)*+"?)*+)', re.DOTALL)
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,80}")


@dataclass(frozen=True)
class Part:
    """A message or a part of one. `body` is as it was sent, `children` are empty for a leaf.

    `fields` are the raw headers, names in small letters, in their order, unfolded.
    """

    fields: tuple[tuple[str, str], ...]
    body: bytes
    children: tuple[Part, ...] = ()
    media_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """The first header of that name (in small letters), raw; "" without one."""
        return next((value for key, value in self.fields if key == name), "")

    def text_header(self, name: str) -> str:
        """The first header of that name with its encoded words read."""
        return decode_words(self.header(name))

    @cached_property
    def encoding(self) -> str:
        """How the body is encoded for transport: "base64", "quoted-printable" or something else."""
        return self.header("content-transfer-encoding").strip().lower().split(";")[0].strip()

    @cached_property
    def disposition(self) -> str:
        """ "attachment", "inline" or ""."""
        return self.header("content-disposition").partition(";")[0].strip().lower()

    @cached_property
    def file_name(self) -> str:
        """The name the sender gave the part as a file, as it stands; "" without one."""
        for name, parameter in (("content-disposition", "filename"), ("content-type", "name")):
            if value := _parameters(self.header(name)).get(parameter, ""):
                return decode_words(value)
        return ""

    def leaves(self) -> Iterator[Part]:
        """The parts without parts, in their order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    @property
    def size(self) -> int:
        """Bytes of the content, decoded; for Base64 reckoned from its length."""
        if self.encoding == "base64":
            breaks = self.body.count(b"\n") + self.body.count(b"\r")
            return (len(self.body) - breaks) * 3 // 4 - self.body[-4:].count(b"=")
        return len(self.body)

    def content(self, most: int) -> bytes:
        """The content, of which at most about `most` bytes are decoded."""
        if self.encoding == "base64":
            return base64_bytes(self.body[: most * 4 // 3])
        if self.encoding == "quoted-printable":
            return quoted_printable_bytes(self.body[: most * 3])[:most]
        return self.body[:most]


def parse_message(data: bytes) -> Part:
    """The message in `data`, whatever it holds."""
    if b"\n" not in data[:10_000] and b"\r" in data[:10_000]:
        data = data.replace(b"\r", b"\n")
    if data.startswith(b"From "):  # an mbox line somebody left in
        data = data.partition(b"\n")[2]
    return _Reader().part(data.lstrip(b"\r\n"), "text/plain", 0)


class _Reader:
    """Counts the parts of one message."""

    def __init__(self) -> None:
        self._count = 0

    def part(self, data: bytes, default_type: str, depth: int) -> Part:
        """The part that `data` is."""
        self._count += 1
        head, body = _divided(data)
        fields = _fields(head)
        stated = next((value for key, value in fields if key == "content-type"), "")
        parameters = _parameters(stated)
        media_type = stated.partition(";")[0].strip().lower()
        if not _MEDIA_TYPE.fullmatch(media_type):
            media_type = default_type
        children: tuple[Part, ...] = ()
        if media_type.startswith("multipart/") and depth < _DEEPEST:
            children = self._children(body, media_type, parameters.get("boundary", ""), depth)
        if media_type.startswith("multipart/") and not children:
            media_type = "text/plain"  # its text can still be read
        return Part(fields, body, children, media_type, parameters)

    def _children(
        self, body: bytes, media_type: str, boundary: str, depth: int
    ) -> tuple[Part, ...]:
        default = "message/rfc822" if media_type == "multipart/digest" else "text/plain"
        found: list[Part] = []
        for piece in _pieces(body, boundary):
            if self._count >= _MOST_PARTS:
                break
            found.append(self.part(piece, default, depth + 1))
        return tuple(found)


def _divided(data: bytes) -> tuple[bytes, bytes]:
    """Headers and body. Without headers everything is body."""
    if data.startswith((b"\n", b"\r\n")):
        return b"", data.lstrip(b"\r").removeprefix(b"\n")
    first_line = data.split(b"\n", 1)[0]
    if not _FIELD.match(first_line):
        return b"", data
    blank = _BLANK_LINE.search(data)
    if blank is None:
        return data[:_LONGEST_HEADERS], b""
    return data[: min(blank.start(), _LONGEST_HEADERS)], data[blank.end() :]


def _fields(head: bytes) -> tuple[tuple[str, str], ...]:
    """The headers of a block; a line that is none is passed over."""
    found: list[tuple[str, str]] = []
    for line in _LINE_END.split(_FOLD.sub(b"", head)):
        if match := _FIELD.fullmatch(line[:_LONGEST_HEADER]):
            found.append((match[1].decode("ascii").lower(), header_text(match[2]).strip()))
    return tuple(found)


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """What lies between the boundaries, up to the closing one or the end."""
    if not boundary:
        return
    # Only whole lines: a boundary that begins with this one is another's.
    mark = re.compile(rb"^--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*\r?$", re.MULTILINE)
    start = -1
    for match in mark.finditer(body):
        if start >= 0:
            yield _without_last_break(body[start : match.start()])
        if match[1]:
            return
        start = match.end() + 1
    if 0 <= start <= len(body):
        yield body[start:]


def _without_last_break(piece: bytes) -> bytes:
    """The line break before a boundary belongs to the boundary."""
    return piece.removesuffix(b"\n").removesuffix(b"\r")


def _parameters(header: str) -> dict[str, str]:
    """The parameters of a structured header, continued and encoded ones put together."""
    # Cut by ourselves: the standard library's way takes a hostile header's square in time.
    pieces = (match[1] for match in _PARAMETER.finditer(header[:_LONGEST_PARAMETERS]))
    pairs = [(name.strip(), value.strip()) for name, _, value in (p.partition("=") for p in pieces)]
    found: dict[str, str] = {}
    with suppress(ValueError, LookupError, TypeError):
        for name, value in decode_params([("", ""), *pairs])[1:]:
            plain = unquote(value) if isinstance(value, str) else (*value[:2], unquote(value[2]))
            found.setdefault(name.lower(), _collapsed(plain))
    return found


def _collapsed(value: str | tuple[str | None, str | None, str]) -> str:
    """A parameter's value, decoded where RFC 2231 encoded it."""
    if isinstance(value, str):
        return value
    charset, _, text = value
    with suppress(LookupError, UnicodeError, ValueError):
        return text.encode("latin-1").decode(charset or "utf-8", "replace")
    return text
