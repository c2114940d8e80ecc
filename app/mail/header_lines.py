"""Lines of the headers of a message Phial writes: encoded, folded, and safe from line breaks.

Written by ourselves, as the standard library's folding differs between Python's versions and lost
the quotes of names in some. Lines end in CRLF.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from app.core.errors import KnownError
from app.core.text import printable
from app.mail.addresses import valid_address, write_address
from app.mail.model import Address

LONGEST_SUBJECT = 500
_LONGEST_WORD = 70
_ID = re.compile(r"[!-;=?-~]{1,200}")
_MOST_REFERENCES = 20
_FOLD = "\r\n "


def text_line(name: str, text: str) -> str:
    """A header of free text, on as many lines as it takes; control characters become spaces."""
    value = one_line(text)
    words = value.split(" ")
    plain = value.isascii() and "=?" not in value and max(map(len, words)) <= _LONGEST_WORD
    header = Header(value, "us-ascii" if plain else "utf-8", maxlinelen=75, header_name=name)
    return f"{name}: {header.encode(linesep=chr(13) + chr(10))}\r\n"


def address_line(name: str, addresses: Sequence[Address]) -> str:
    """A header of addresses, one on a line; "" for none. Raises KnownError("bad_address")."""
    if not addresses:
        return ""
    return f"{name}: " + f",{_FOLD}".join(_address(each) for each in addresses) + "\r\n"


def date_line(date: datetime) -> str:
    """The Date header of an aware moment, in its own zone."""
    return f"Date: {format_datetime(date)}\r\n"


def id_line(name: str, ids: Sequence[str]) -> str:
    """A header of message ids; those that could not be written are left out, "" if none is left.

    Of many the first and the last ones stay, as the standard asks.
    """
    sound = [each for each in dict.fromkeys(ids) if _ID.fullmatch(each)]
    if len(sound) > _MOST_REFERENCES:
        sound = [sound[0], *sound[-_MOST_REFERENCES + 1 :]]
    return f"{name}: " + _FOLD.join(f"<{each}>" for each in sound) + "\r\n" if sound else ""


def one_line(text: str) -> str:
    """Text for a header: what steers is left out, white space is one space, cut to a length."""
    line = " ".join(printable(text).split())
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "…"


def parameter(text: str) -> str:
    """A file name as a quoted parameter of a header, encoded where it must be."""
    value = one_line(text).replace("\\", "_").replace('"', "'") or "attachment"
    if value.isascii() and "=?" not in value:
        return f'filename="{value[:200]}"'
    octets = "".join(
        chr(byte) if (chr(byte).isalnum() and byte < 128) or byte in b"-._" else f"%{byte:02X}"
        for byte in value[:80].encode()
    )
    return f"filename*=utf-8''{octets}"


def _address(address: Address) -> str:
    mail = valid_address(address.mail)
    if not mail:
        raise KnownError(
            "bad_address",
            f"“{one_line(address.mail or address.name)[:80]}” is not a mail address. "
            "Nothing was changed.",
            "Say the address in full, like anna@example.org.",
        )
    written = write_address(Address("", mail))
    name = one_line(address.name)
    if not name or name == mail:
        return written
    if name.isascii() and "=?" not in name and len(name) <= _LONGEST_WORD:
        return write_address(Address(name, mail))
    encoded = Header(name, "utf-8", maxlinelen=70).encode(linesep="\r\n")
    return f"{encoded}{_FOLD if len(encoded) > 40 else ' '}<{written}>"
