"""Web addresses spelt out in plain text, and whether a link's words name another place. Pure."""

from __future__ import annotations

import re

from app.mail.hosts import host_of, shown_host, site_of
from app.mail.model import Link

_MOST = 500
_LONGEST = 2_000
_SPELT = re.compile(r"(?:https?://|www\.)[^\s<>\"“”„`{}|\\^]{3,2000}", re.IGNORECASE)
_TRAILING = ".,;:!?'\u2019)]*_"
_NAMED = re.compile(
    r"^\W*(?:https?://)?(?P<host>(?:[\w-]+\.)+(?P<end>[^\W\d_]{2,24}))(?::\d+)?(?:[/?#]\S*)?\W*$",
    re.IGNORECASE,
)
# Endings of files, which are no place on the web when a link's words end in them.
_FILES = frozenset(
    str.split(
        "pdf doc docx xls xlsx ppt pptx odt ods txt csv jpg jpeg png gif mp3 mp4 mov html htm ics "
        "eml md py js json exe rtf xml tar gz rar log"
    )
)


def links_in(text: str) -> tuple[Link, ...]:
    """The web addresses in `text`, each once, without the punctuation after them."""
    found: dict[str, Link] = {}
    for match in _SPELT.finditer(text):
        address = _trimmed(match[0])
        host = host_of(address if ":" in address[:8] else f"http://{address}")
        if host:
            found.setdefault(address, Link("", address[:_LONGEST], host))
        if len(found) == _MOST:
            break
    return tuple(found.values())


def _trimmed(address: str) -> str:
    """Without closing punctuation; a bracket that was opened inside stays."""
    while address and address[-1] in _TRAILING:
        if address[-1] == ")" and "(" in address:
            break
        address = address[:-1]
    return address


def named_host(text: str) -> str:
    """The host that a link's words name ("www.bank.example/login"); "" where they name none."""
    match = _NAMED.match(text.strip())
    if match is None or match["end"].lower() in _FILES:
        return ""
    return shown_host(match["host"])


def leads_elsewhere(link: Link) -> bool:
    """Whether a link's words name a place that it does not lead to."""
    named = named_host(link.text)
    return bool(named and link.host) and site_of(named) != site_of(link.host)
