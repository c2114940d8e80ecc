"""The user's contacts: .vcf files in the profile's contacts folder. Reading only.

A file that cannot be read becomes a problem beside the others and stays as it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from app.core.errors import KnownError
from app.core.text import printable
from app.mail.addresses import valid_address
from app.mail.layout import is_plain
from app.store.atomic import explain_os_error

FOLDER = "contacts"
SUFFIX = ".vcf"

_LARGEST = 20_000_000
"""Bytes; cards carry photographs."""

_LONGEST_NAME = 200
_LONGEST_DETAIL = 500
_MOST_OF_A_KIND = 20
_NO_PREFERENCE = 1_000

_SEMICOLON, _COMMA = re.compile(r"(?<!\\);"), re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class UnreadableContactError(ValueError):
    """The text is no vCard; says why, without naming a file."""


@dataclass(frozen=True)
class Contact:
    """A card. `addresses`: the preferred one first; `details` by label ("work phone")."""

    names: tuple[str, ...]
    addresses: tuple[str, ...]
    details: Mapping[str, str]
    preferred: bool = False


class Contacts:
    """The cards in a folder, which need not exist. Each is read again when it has changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[str, tuple[Contact, ...] | KnownError]] = {}

    def look(self) -> tuple[tuple[Contact, ...], tuple[KnownError, ...], str]:
        """All cards in the order of their files, what could not be read, and a stamp.

        The stamp is the same as long as the cards are.
        """
        problems: list[KnownError] = []
        seen: dict[str, tuple[str, tuple[Contact, ...] | KnownError]] = {}
        for name, stamp in self._listing(problems):
            before = self._known.get(name)
            seen[name] = before if before and before[0] == stamp else (stamp, self._read(name))
        self._known = seen
        contacts: list[Contact] = []
        for _, read in seen.values():
            if isinstance(read, KnownError):
                problems.append(read)
            else:
                contacts.extend(read)
        stamp = "\n".join(f"{name} {stamp}" for name, (stamp, _) in seen.items())
        return tuple(contacts), tuple(problems), stamp

    def _listing(self, problems: list[KnownError]) -> list[tuple[str, str]]:
        """Names of the files, sorted, each with what changes when it does."""
        found = []
        try:
            with os.scandir(self._folder) as entries:
                for entry in entries:
                    name = entry.name
                    if not is_plain(name) or not name.lower().endswith(SUFFIX):
                        continue
                    if entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        found.append(
                            (name, f"{status.st_ino} {status.st_size} {status.st_mtime_ns}")
                        )
        except FileNotFoundError:
            return []
        except OSError as error:
            problems.append(explain_os_error(error, self._folder, "list your contacts"))
        return sorted(found)

    def _read(self, name: str) -> tuple[Contact, ...] | KnownError:
        file = self._folder / name
        try:
            with file.open("rb") as opened:
                data = opened.read(_LARGEST + 1)
            if len(data) > _LARGEST:
                raise UnreadableContactError(f"it is larger than {_LARGEST // 1_000_000} MB")
            return read_cards(data)
        except OSError as error:
            reason = error.strerror or str(error)
        except UnreadableContactError as error:
            reason = str(error)
        return KnownError(
            "broken_contact_file",
            f"{FOLDER}/{printable(name)} is not a readable contact: {reason}. It was left as it "
            "is, and what is in it is missing from this answer.",
            "Repair the file, or move it out of the contacts folder.",
        )


def read_cards(data: bytes) -> tuple[Contact, ...]:
    """The cards of a .vcf file (vCard 2.1, 3.0, 4.0), at least one.

    A line that cannot be read is passed over. Raises UnreadableContactError.
    """
    cards = tuple(map(_contact, _cards(_decoded(data))))
    if not cards:
        raise UnreadableContactError("it holds no vCard")
    if not any(card.names or card.addresses for card in cards):
        raise UnreadableContactError("it names nobody")
    return cards


@dataclass(frozen=True)
class _Line:
    """A property: its value as it was written, the words of TYPE, and how much it is preferred."""

    value: str
    kinds: frozenset[str]
    preference: int

    @property
    def text(self) -> str:
        """The value on one line, harmless to show."""
        return _shown(_unescaped(self.value))

    def parts(self) -> list[str]:
        """The values between semicolons, each as `text`."""
        return [_shown(_unescaped(part)) for part in _SEMICOLON.split(self.value)]


_Card = dict[str, list[_Line]]


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableContactError("it is not text")


def _cards(text: str) -> Iterator[_Card]:
    """The lines of each card by their small names; of what lies inside another, nothing."""
    depth = 0
    card: _Card = {}
    for name, line in _content_lines(text):
        opens, closes = name == "begin", name == "end"
        is_card = line.value.strip().upper() == "VCARD"
        depth += opens - closes
        if opens and depth == 1 and is_card:
            card = {}
        elif closes and depth == 0 and is_card:
            yield card
        elif depth == 1 and len(card.setdefault(name, [])) < _MOST_OF_A_KIND:
            card[name].append(line)
        if depth < 0:
            raise UnreadableContactError("a card in it ends before it begins")
    if depth > 0:
        raise UnreadableContactError("a card in it has no end")


def _content_lines(text: str) -> Iterator[tuple[str, _Line]]:
    """The lines that can be read, with their small names; binary values are left out."""
    # Here, because few requests need it. Its cards would lose what follows a comma; its lines not.
    from vobject.base import VObjectError, getLogicalLines, textLineToContentLine

    for written, number in getLogicalLines(StringIO(text), allowQP=True):
        try:
            line = textLineToContentLine(written, number)
        except (VObjectError, ValueError, LookupError, TypeError, AttributeError):
            continue
        words = [*line.params.get("TYPE", ()), *line.singletonparams]
        kinds = frozenset(part.strip().lower() for word in words for part in str(word).split(","))
        encodings = {str(each).lower() for each in line.params.get("ENCODING", ())}
        if isinstance(line.value, str) and not (encodings | kinds) & {"b", "base64"}:
            rank = "".join(map(str, line.params.get("PREF", ())))
            yield line.name.lower(), _Line(line.value, kinds, _preference(kinds, rank))


def _preference(kinds: frozenset[str], rank: str) -> int:
    """How far down the list of preferred values a line is; the lowest first."""
    if "pref" in kinds:
        return 0
    return int(rank) if re.fullmatch("[0-9]{1,3}", rank) else _NO_PREFERENCE


def _contact(card: _Card) -> Contact:
    mails = _by_preference(card, "email")
    addresses = dict.fromkeys(valid_address(line.text) for line in mails)
    return Contact(
        names=tuple(dict.fromkeys(name[:_LONGEST_NAME] for name in _names(card) if name)),
        addresses=tuple(each for each in addresses if each),
        details=_details(card),
        preferred=bool(mails) and mails[0].preference < _NO_PREFERENCE,
    )


def _names(card: _Card) -> Iterator[str]:
    """The full name, given and family name as one says them, nicknames."""
    yield from (line.text for line in card.get("fn", ()))
    for line in card.get("n", ()):
        family, given = (*line.parts(), "")[:2]
        yield f"{given} {family}".strip()
    for line in card.get("nickname", ()):
        yield from (_shown(_unescaped(each)) for each in _COMMA.split(line.value))


def _details(card: _Card) -> dict[str, str]:
    """Telephones, organisation and the like, by label."""
    found: dict[str, list[str]] = {}
    for line in _by_preference(card, "tel"):
        kind = next((word for word in ("cell", "work", "home") if word in line.kinds), "")
        label = "mobile" if kind == "cell" else f"{kind} phone".strip()
        found.setdefault(label, []).append(line.text.removeprefix("tel:"))
    for line in card.get("org", ()):
        found.setdefault("organisation", []).append(", ".join(filter(None, line.parts())))
    for line in _by_preference(card, "adr"):
        kind = next((word for word in ("work", "home") if word in line.kinds), "")
        found.setdefault(f"{kind} address".strip(), []).append(_postal(line.parts()))
    for name, label in (("title", "title"), ("bday", "birthday"), ("note", "note")):
        found.setdefault(label, []).extend(line.text for line in card.get(name, ()))
    joined = {label: ", ".join(dict.fromkeys(filter(None, all_))) for label, all_ in found.items()}
    return {label: text[:_LONGEST_DETAIL] for label, text in joined.items() if text}


def _by_preference(card: _Card, name: str) -> list[_Line]:
    return sorted(card.get(name, ()), key=lambda line: line.preference)


def _postal(parts: list[str]) -> str:
    box, extended, street, city, region, code, country = (*parts, *[""] * 7)[:7]
    town = f"{code} {city}".strip()
    return ", ".join(filter(None, (box, extended, street, town, region, country)))


def _unescaped(value: str) -> str:
    return _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value)


def _shown(text: str) -> str:
    return " ".join(printable(text).split())
