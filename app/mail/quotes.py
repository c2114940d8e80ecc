"""Telling what a sender wrote from the older messages below or between it. Text only, no HTML."""

from __future__ import annotations

import re

_LONGEST_LEAD = 3
"""So many lines may announce a quote ("On Monday, somebody with a long name wrote:")."""

_LONGEST_LINE = 400
"""A line longer than this announces nothing."""

_LEADS = re.compile(
    r"^\s*(?:"
    r"On\b.{4,300}\bwrote"
    r"|Am\b.{4,300}\bschrieb\b.{0,120}"
    r"|Le\b.{4,300}\ba écrit"
    r"|El\b.{4,300}\bescribió"
    r"|Il\b.{4,300}\bha scritto"
    r"|Op\b.{4,300}\bschreef\b.{0,120}"
    r"|.{0,200}<[^<>\s]+@[^<>\s]+>\s*(?:wrote|schrieb|a écrit|escribió)"
    r")\s*:\s*$"
)
_DIVIDER = re.compile(
    r"^\s*-{2,}\s*(?:Original Message|Original Appointment|Ursprüngliche Nachricht"
    r"|Message d'origine|Mensaje original)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^\s*(?:-{2,}\s*(?:Forwarded message|Forwarded by|Weitergeleitete Nachricht"
    r"|Message transféré|Mensaje reenviado)\b.*|Begin forwarded message:)\s*$",
    re.IGNORECASE,
)
_RULER = re.compile(r"^\s*_{5,}\s*$")
_HEADER = re.compile(
    r"^\s*\**(?P<name>From|Sent|Date|To|Cc|Subject|Von|Gesendet|Datum|An|Betreff|De|Envoyé|À|Objet)"
    r"\**\s*:\**\s*\S",
    re.IGNORECASE,
)
_FIRST_HEADERS = frozenset({"from", "von", "de"})


def split_quotes(text: str, *, forwarded: bool = False) -> tuple[str, str]:
    """What the sender wrote, and the older messages in it.

    `forwarded`: the message passes another one on, so what stands below is what it is about and
    stays. Where nothing else is left, all of it is what the sender wrote.
    """
    lines = text.splitlines()
    own: list[str] = []
    quoted: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if _FORWARDED.match(line):
            own += lines[place:]
            break
        if _begins_rest(lines, place):
            rest = own if forwarded else quoted
            rest += lines[place:]
            break
        if length := _lead_length(lines, place):
            quoted += lines[place : place + length]
            place += length
            if not _is_quote(_next_line(lines, place)):
                quoted += lines[place:]
                break
            continue
        (quoted if _is_quote(line) else own).append(line)
        place += 1
    written = _tidy(own)
    if not written:
        return _tidy(lines), ""
    return written, _tidy(quoted)


def _begins_rest(lines: list[str], place: int) -> bool:
    """Whether everything from here on is an older message, as Outlook puts it below."""
    line = lines[place]
    if _DIVIDER.match(line):
        return True
    start = place + 1 if _RULER.match(line) else place
    names = [
        match["name"].lower() for text in lines[start : start + 6] if (match := _HEADER.match(text))
    ]
    return len(names) >= 3 and names[0] in _FIRST_HEADERS and bool(_HEADER.match(_at(lines, start)))


def _lead_length(lines: list[str], place: int) -> int:
    """How many lines announce a quote here; 0 where none do.

    Without an address or a figure (its date), and no quoted line after it, it may be the sender's
    own sentence.
    """
    if not lines[place].strip() or _is_quote(lines[place]):
        return 0
    if any(len(line) > _LONGEST_LINE for line in lines[place : place + _LONGEST_LEAD]):
        return 0
    for length in range(1, _LONGEST_LEAD + 1):
        lead = " ".join(line.strip() for line in lines[place : place + length])
        if _LEADS.match(lead):
            dated = any(character.isdigit() for character in lead) or "@" in lead
            quote = _is_quote(_next_line(lines, place + length))
            return length if dated or quote else 0
        if not _at(lines, place + length).strip():
            break
    return 0


def _next_line(lines: list[str], place: int) -> str:
    """The next line that says something."""
    return next((line for line in lines[place : place + 3] if line.strip()), "")


def _at(lines: list[str], place: int) -> str:
    return lines[place] if place < len(lines) else ""


def _is_quote(line: str) -> bool:
    return line.lstrip().startswith(">")


def _tidy(lines: list[str]) -> str:
    """The lines without trailing blanks, and never more than one empty line together."""
    text = "\n".join(line.rstrip() for line in lines).strip("\n")
    return re.sub(r"\n{3,}", "\n\n", text)
