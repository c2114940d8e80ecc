"""Mail addresses: read from headers, checked, and written. The only place that judges one.

Headers are taken apart before their encoded words are read, so that no name can bring a comma, a
bracket or an address of its own.
"""

from __future__ import annotations

import re
import unicodedata

from app.core.text import printable
from app.mail.charsets import decode_words
from app.mail.hosts import ascii_host, shown_host
from app.mail.model import Address

MOST_ADDRESSES = 2_000
"""So many of one header are read."""

_LONGEST_NAME = 200
_LONGEST_MAIL = 254
_LONGEST_HEADER = 200_000
_ATOM = r"[^\s()<>\[\]:;@\\,.\"\x00-\x20\x7f]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*\.?")
_TOKEN = re.compile(
    r"""(?P<space>\s+)|"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<sign>[<>,;:@()])|(?P<atom>[^\s"<>,;:@()]+)""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def valid_address(text: str) -> str:
    """`text` as an address to compare and to write to: small letters, "" if it is none.

    A host in several scripts, or in letters that look like others, is in its ASCII form.
    """
    text = text.strip()
    local, at, host = text.rpartition("@")
    if not at or len(text) > _LONGEST_MAIL or not _LOCAL.fullmatch(local):
        return ""
    if any(unicodedata.category(character)[0] in "CZ" for character in local):
        return ""
    shown = shown_host(host)
    return f"{unicodedata.normalize('NFC', local).lower()}@{shown}" if shown else ""


def read_addresses(header: str) -> tuple[Address, ...]:
    """The addresses of a header in their order; `header` is raw, encoded words and all.

    An address that cannot be read has its text as the name and "" as `mail`. Never raises.
    """
    found: list[Address] = []
    for text in _split(header[:_LONGEST_HEADER]):
        if (address := _address(text)) is not None:
            found.append(address)
        if len(found) == MOST_ADDRESSES:
            break
    return tuple(found)


def write_address(address: Address) -> str:
    """An address as a header holds it, its name quoted, its host in ASCII.

    The name is not encoded: whoever writes the header does that.
    """
    local, _, host = address.mail.rpartition("@")
    mail = f"{local}@{ascii_host(host)}"
    name = clean_name(address.name)
    if not name or name == address.mail:
        return mail
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{mail}>'


def clean_name(text: str) -> str:
    """A display name on one line, harmless to show."""
    name = " ".join(printable(decode_words(text)).split())
    return name[:_LONGEST_NAME].strip()


Token = tuple[str, str]
"""What kind it is ("space", "quoted", "sign", "atom") and its text."""


def _tokens(header: str) -> list[Token]:
    """The header's pieces, comments left out; what fits nothing is passed over."""
    found: list[Token] = []
    depth = 0
    for match in _TOKEN.finditer(header):
        kind, text = str(match.lastgroup), match[str(match.lastgroup)]
        if kind == "sign" and text in "()":
            depth = depth + 1 if text == "(" else max(0, depth - 1)
            found.append(("space", " "))
        elif depth == 0:
            found.append((kind, _ESCAPED.sub(r"\1", text) if kind == "quoted" else text))
    return found


def _split(header: str) -> list[list[Token]]:
    """The pieces of each address: commas divide outside angle brackets; groups lose their name."""
    parts: list[list[Token]] = [[]]
    inside = False
    for token in _tokens(header):
        match token:
            case ("sign", "<"):
                inside = True
            case ("sign", ">"):
                inside = False
            case ("sign", ",") | ("sign", ";"):
                inside = False
                parts.append([])
                continue
            case ("sign", ":") if not inside:
                parts[-1] = []
                continue
        parts[-1].append(token)
    return parts


def _address(tokens: list[Token]) -> Address | None:
    """One address; None for nothing at all."""
    opened = [index for index, token in enumerate(tokens) if token == ("sign", "<")]
    if not opened:
        return _bare(tokens)
    first, last = opened[0], opened[-1]
    name = clean_name(_text(tokens[:first]))
    rest = tokens[last + 1 :]
    ends = [index for index, token in enumerate(rest) if token == ("sign", ">")]
    inner = rest[: ends[0]] if ends else rest
    spec = _specification(inner)
    # Two addresses in one, or words after it: which one is meant is anybody's guess.
    sound = len(opened) == 1 and not _text(rest[ends[0] + 1 :]).strip() if ends else False
    mail = valid_address(spec) if sound or not ends else ""
    if not mail and not name and not spec:
        return None
    return Address(name or ("" if mail else clean_name(spec)), mail)


def _bare(tokens: list[Token]) -> Address | None:
    text = _text(tokens).strip()
    if not text:
        return None
    mail = valid_address(_specification(tokens))
    return Address("", mail) if mail else Address(clean_name(text), "")


def _specification(tokens: list[Token]) -> str:
    """The text of an address itself: a route before a colon ("@a:b@c") is left out."""
    signs = [index for index, token in enumerate(tokens) if token == ("sign", ":")]
    tokens = tokens[signs[-1] + 1 :] if signs else tokens
    return "".join(_quoted(kind, text) for kind, text in tokens).strip()


def _quoted(kind: str, text: str) -> str:
    # A quoted local part that needs its quotes is not one Phial writes to.
    return f'"{text}"' if kind == "quoted" and not _LOCAL.fullmatch(text) else text


def _text(tokens: list[Token]) -> str:
    return "".join(text for _, text in tokens)
