"""Facts that stand in a message's text: codes, phone numbers, mail and postal addresses. Pure.

Everything found is a piece of the text as it stands. A mail address found so is shown, and never
written to by that alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mail.addresses import valid_address

_LONGEST = 50_000
_MOST = 20
_NEAR = 80
"""So many characters from its name a code may stand."""

_LABEL = re.compile(
    r"\b(?P<label>(?:one[- ]time|verification|security|confirmation|access|login|log-in|sign-in"
    r"|booking|reservation|activation|authentication|auth|discount|promo|voucher|gift|door|entry"
    r"|pick-?up|collection|tracking|reference|order|ticket|customer|invite)?[ -]?"
    r"(?:codes?|passcodes?|pins?|otp|password|number|reference|ref|id|pnr))\b",
    re.IGNORECASE,
)
_STRONG = re.compile(r"code|passcode|\bpin|otp|password|pnr|reference|\bref\b", re.IGNORECASE)
_DIGITS = re.compile(
    r"(?<![\w.,/:+#-])(?:\d{3,4}[ -]?\d{3,4}|\d{2,4}-\d{3,5})(?![\w/:]|[.,]\d)"
    r"|(?<![\w.,/:+-])\d{4,8}(?![\w/:%€$£]|[.,]\d)"
)
_MIXED = re.compile(
    r"(?<![\w@/.#-])(?=[A-Z0-9-]*[A-Z])(?=[A-Z0-9-]*\d)[A-Z0-9]{2,10}(?:-[A-Z0-9]{2,10}){0,3}"
    r"(?![\w@/])"
)
_GROUPS = re.compile(
    r"(?<![\w.,/:+#-])(?:[A-Z]{2} ?)?(?=(?:\d[ -]?){6})\d{2,6}(?:[ -]\d{2,6}){1,6}(?![\w/:]|[.,]\d)"
)
_LETTERS = re.compile(r"(?<![\w@/.-])[A-Z]{6}(?![\w@/])")
_SENTENCE_ENDS = re.compile(r"[.!?]\s+[A-Z]|\n\s*\n")
_MONEY_BEFORE = re.compile(r"(?:[€$£]|\b(?:eur|usd|gbp|chf))\s?$", re.IGNORECASE)
_MONEY_AFTER = re.compile(r"\s?(?:[€$£]|(?:eur|usd|gbp|chf|euros?|dollars?)\b)", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_MAIL = re.compile(r"[^\s<>()\[\]\"',;:]{1,64}@[^\s<>()\[\]\"',;:]{3,200}")
_PHONE = re.compile(r"(?<![\w.+-])(?:\+|00)?\(?\d{1,4}\)?(?:[ ./-]?\(?\d{1,5}\)?){2,7}(?![\w-])")
_AREA = re.compile(r"0\d{1,4}[ /]\d{3}")
_PHONE_NEAR = re.compile(
    r"\b(?:tel|phone|mobile|cell|call|fax|telefon|mobil|handy|whatsapp)", re.IGNORECASE
)
_STREET = re.compile(
    r"\b\d{1,5}[a-z]?,? (?:[A-Z][\w'.-]{1,30} ){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|drive"
    r"|dr|way|square|sq|place|pl|court|ct|boulevard|blvd|terrace|close|row|walk|quay|mews|gardens)\b"
    r"|\b[A-ZÄÖÜ][\wäöüß.-]{0,40}(?:stra(?:ß|ss)e|str\.|platz|weg|allee|gasse|damm|ufer)\s"
    r"\d{1,4}\s?[a-z]?\b"
    r"|\b[A-ZÄÖÜ][\wäöüß.-]{0,40} (?:Stra(?:ß|ss)e|Str\.|Platz|Weg|Allee|Gasse|Damm|Ufer)\s"
    r"\d{1,4}\s?[a-z]?\b"
    r"|\b\d{1,4}(?: bis)?,? (?:rue|avenue|place|boulevard|quai) [\w' -]{3,40}",
    re.IGNORECASE,
)
_STREET_CASE = re.compile(r"\b(?:[A-ZÄÖÜ]|rue|avenue|place|boulevard|quai)")
_TOWN = re.compile(
    r"^\s*,?\s*(?:\d{4,5} [A-ZÄÖÜ][\w äöüß.-]{2,40}"
    r"|[A-Z][\w .'-]{2,30},? (?:[A-Z]{2} \d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
    r"|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z][a-zäöüß]{2,30})"
)


@dataclass(frozen=True)
class Code:
    """A code and what the text calls it; `place` is where it stands."""

    text: str
    label: str
    place: int


def codes_in(text: str) -> tuple[Code, ...]:
    """Codes near a word for one, the best first: what is called a code or PIN, then numbers."""
    text = text[:_LONGEST]
    found: dict[str, tuple[int, Code]] = {}
    for label in _LABEL.finditer(text):
        for penalty, code in _near(text, label):
            known = found.get(code.text)
            if known is None or penalty < known[0]:
                found[code.text] = (penalty, code)
    if not found:
        return _alone(text)
    ranked = sorted(found.values(), key=lambda each: (each[0], each[1].place))
    # Figures that only happen to stand near are not offered beside one that is named.
    return tuple(code for penalty, code in ranked if penalty <= ranked[0][0] + _NEAR)[:5]


def _near(text: str, label: re.Match[str]) -> list[tuple[int, Code]]:
    """The code that a word for one means, and how doubtful it is; several of a plural."""
    name = " ".join(label["label"].split()).lower()
    found = []
    start, end = max(0, label.start() - _NEAR), min(len(text), label.end() + _NEAR)
    for match in _candidates(text, start, end):
        before = match.end() <= label.start()
        if match.start() < label.end() and not before:
            continue
        between = (match.end(), label.start()) if before else (label.end(), match.start())
        doubt = between[1] - between[0] + (30 if before else 0)
        doubt += _NEAR if _SENTENCE_ENDS.search(text[between[0] : between[1]]) else 0
        doubt += 0 if _STRONG.search(name) else 200
        found.append((doubt, Code(match[0], name, match.start())))
    return (
        found
        if name.endswith("s")
        else sorted(found, key=lambda each: (each[0], -len(each[1].text)))[:1]
    )


def _candidates(text: str, start: int, end: int) -> list[re.Match[str]]:
    patterns = (_GROUPS, _DIGITS, _MIXED, _LETTERS)
    found = [match for pattern in patterns for match in pattern.finditer(text, start, end)]
    return [match for match in found if not _is_other(text, match)]


def _is_other(text: str, match: re.Match[str]) -> bool:
    """Whether a figure is a year in a date, a sum, or part of a phone number."""
    around = text[max(0, match.start() - 12) : match.end() + 6]
    if _YEAR.fullmatch(match[0]):
        before = text[max(0, match.start() - 12) : match.start()]
        return bool(re.search(r"[A-Za-z]{3,}\.? ?\d{0,2}(?:st|nd|rd|th)?,? ?$", before)) and not (
            re.search(r"(?:code|pin|is|:)\s*$", before, re.IGNORECASE)
        )
    if _MONEY_BEFORE.search(text[max(0, match.start() - 6) : match.start()]) or _MONEY_AFTER.match(
        text[match.end() : match.end() + 8]
    ):
        return True
    return any(
        phone.start() < match.end() and match.start() < phone.end()
        for phone in _PHONE.finditer(around)
        if phone[0].strip().startswith(("+", "00"))
    )


def _alone(text: str) -> tuple[Code, ...]:
    """A figure that has a line to itself, as codes are often shown."""
    found = [
        Code(match[1], "code", match.start(1))
        for match in re.finditer(r"^[ \t]*(\d{4,8}|\d{3}[ -]\d{3})[ \t]*$", text, re.MULTILINE)
    ]
    return tuple(found[:5])


def mails_in(text: str) -> tuple[str, ...]:
    """Mail addresses spelt out in the text, each once."""
    found = (valid_address(match[0].strip(".!?*_")) for match in _MAIL.finditer(text[:_LONGEST]))
    return tuple(dict.fromkeys(each for each in found if "." in each))[:_MOST]


def phones_in(text: str) -> tuple[str, ...]:
    """Phone numbers: international ones, those with an area code that begins with 0, and others
    where a word for a phone stands before."""
    found: list[str] = []
    for match in _PHONE.finditer(text[:_LONGEST]):
        number = match[0].strip(" ./-")
        digits = sum(each.isdigit() for each in number)
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        led = bool(_PHONE_NEAR.search(line[-40:]))
        dialled = number.startswith(("+", "00")) or _AREA.match(number) is not None
        if 7 <= digits <= 15 and (dialled or led):
            found.append(number)
    return tuple(dict.fromkeys(found))[:_MOST]


def postal_in(text: str) -> tuple[str, ...]:
    """Streets with their numbers, and the town where it follows, each on one line."""
    text = text[:_LONGEST]
    found: list[str] = []
    for match in _STREET.finditer(text):
        if not _STREET_CASE.search(match[0]):
            continue
        rest = text[match.end() : match.end() + 80]
        line, _, after = rest.partition("\n")
        town = _TOWN.match(line) if line.strip(" ,") else _TOWN.match(after.split("\n")[0])
        whole = match[0] + (f", {town[0].strip(' ,')}" if town else "")
        found.append(" ".join(whole.split()).rstrip(".,"))
    return tuple(dict.fromkeys(found))[:_MOST]
