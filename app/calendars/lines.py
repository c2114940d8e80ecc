"""iCalendar text as logical lines, so that an edit touches one property and nothing else.

A parse-and-write round trip reorders properties and may drop what the parser does not know; here
belongs only what finds, adds and removes lines in text somebody else wrote (RFC 5545, 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_PHYSICAL = re.compile(r"[^\n]*\n|[^\n]+\Z")
_VALUE = r'(?:"[^"]*"|[^";:,]*)'
_PARAMETER = rf";[A-Za-z0-9-]+={_VALUE}(?:,{_VALUE})*"
_PROPERTY = re.compile(rf"([A-Za-z0-9-]+)((?:{_PARAMETER})*):(.*)\Z", re.DOTALL)
_PARTS = re.compile(rf";([A-Za-z0-9-]+)=({_VALUE}(?:,{_VALUE})*)")
_CARET = re.compile(r"\^(['n^])")
_MEANT = {"'": '"', "n": " ", "^": "^"}
_FOLD = re.compile(r"\r?\n[ \t]")
_OCTETS = 75


@dataclass(frozen=True)
class Property:
    """One content line: `name` in capitals, `parameters` with their leading ";" or ""."""

    index: int
    name: str
    parameters: str
    value: str


@dataclass(frozen=True)
class Block:
    """A component's lines, BEGIN at `first` and END at `last`, both included."""

    first: int
    last: int
    properties: tuple[Property, ...]

    def all(self, name: str) -> tuple[Property, ...]:
        """The component's own properties of that name, not those of components inside it."""
        return tuple(item for item in self.properties if item.name == name)


def logical_lines(text: str) -> list[str]:
    """The text cut into content lines with their folds and line ends; joined they are `text`."""
    lines: list[list[str]] = []
    for physical in _PHYSICAL.findall(text):
        if lines and physical[0] in " \t":
            lines[-1].append(physical)
        else:
            lines.append([physical])
    return ["".join(pieces) for pieces in lines]


def line_end(text: str) -> str:
    """The line end the text uses: CRLF, or LF in files that other programs wrote so."""
    return "\r\n" if "\r\n" in text else "\n"


def folded(line: str, end: str) -> str:
    """A content line of any length as physical lines of at most 75 octets, `end` after each."""
    pieces: list[str] = []
    current, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _OCTETS:
            pieces.append(current)
            current, size = " ", 1
        current += character
        size += width
    pieces.append(current)
    return end.join(pieces) + end


def parse_property(line: str, index: int) -> Property | None:
    """The property a logical line holds; None where the line is not one."""
    match = _PROPERTY.match(_FOLD.sub("", line).rstrip("\r\n"))
    if match is None:
        return None
    return Property(index, match.group(1).upper(), match.group(2), match.group(3))


def parameter(parameters: str, name: str) -> str:
    """The value of a property's parameter, without quotes (RFC 6868); "" where it has none."""
    for match in _PARTS.finditer(parameters):
        if match[1].upper() == name:
            return _CARET.sub(lambda mark: _MEANT[mark[1]], match[2].strip('"'))
    return ""


def with_parameter(parameters: str, name: str, value: str) -> str:
    """The parameters with `name` set to a plain value, or without it for ""."""
    kept = [match[0] for match in _PARTS.finditer(parameters) if match[1].upper() != name]
    return "".join([*kept, f";{name}={value}"] if value else kept)


def text_value(text: str) -> str:
    """A text as the value of a property (RFC 5545, 3.3.11)."""
    for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(mark, written)
    return text


def event_blocks(lines: Sequence[str]) -> list[Block]:
    """The VEVENT components in the order of the file."""
    return list(blocks(lines, "VEVENT"))


def blocks(lines: Sequence[str], wanted: str) -> Iterator[Block]:
    """The components of one kind ("VTIMEZONE"), as they end."""
    open_components: list[str] = []
    first, own = 0, list[Property]()
    for index, line in enumerate(lines):
        found = parse_property(line, index)
        if found is None:
            continue
        component = found.value.strip().upper()
        if found.name == "BEGIN":
            open_components.append(component)
            if component == wanted:
                first, own = index, []
        elif found.name == "END" and open_components:
            if open_components.pop() == wanted:
                yield Block(first, index, tuple(own))
        elif open_components and open_components[-1] == wanted:
            own.append(found)
