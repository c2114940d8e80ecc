"""The sentences of a message that say something: no greeting, signature or small print. Pure."""

from __future__ import annotations

import re

LONGEST = 300
"""A sentence is shown up to this length, in characters."""

_LONGEST_TEXT = 100_000
_LONGEST_CLOSING = 50
_LONGEST_SHORT_FORM = 16
"""Characters at the end of a piece in which an abbreviation is looked for."""

_WIDTHS = range(60, 101)
"""Programs break lines at such a width."""

_BULLET = re.compile(r"^\s*(?:[-*•·–+]|\d{1,2}[.)]|\[[ xX]?\])\s+")  # noqa: RUF001
_END = re.compile(r"(?<=[.!?…])[\"”’)\]]*\s+(?=[\"“‘(\[]?[^\W_a-z])")  # noqa: RUF001
_NO_END = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|st|no|nr|vs|etc|approx|dept|e\.g|i\.e|z\.b|u\.a|bzw|ca|vol|fig"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z])\.)$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|greetings|hallo|liebe[rs]?"
    r"|sehr geehrte[rs]?|guten (?:morgen|tag|abend)|bonjour|hola)\b[^.?]{0,50}[,!:.]?$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:with )?(?:best|kind|warm|many|all the)? ?(?:regards|wishes|thanks)|best|cheers|thanks"
    r"|thank you|thx|sincerely|yours(?: \w+)?|love|see you(?: \w+)?|bye|talk soon|take care|xx?x?"
    r"|(?:viele|liebe|beste|herzliche) grüße|mit freundlichen grüßen|lg|mfg)\b[^?]{0,30}[,!.]?$",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"^(?:i )?(?:(?:do )?hope (?:you|this|all|everything|that you)\b|trust (?:you|this)\b"
    r"|(?:many )?(?:thanks|thank you)(?: (?:so|very) much)? for (?:your|the) "
    r"(?:e?-?mail|message|reply|note|patience|time)\b|how are you\b)[^,;]{0,60}[.!?]?$",
    re.IGNORECASE,
)
_SMALL_PRINT = re.compile(
    r"^(?:to )?(?:leave|unsubscribe|opt out|abmelden)\b.{0,20}https?:|\bunsubscribe\b"
    r"|view (?:this (?:e?-?mail )?)?(?:in|on) (?:your |a )?(?:web )?browser"
    r"|\bprivacy policy\b|\ball rights reserved\b|©|you(?:'re| are) receiving this"
    r"|\bmanage (?:your )?preferences\b|sent from my \w+|this e?-?mail was sent to"
    r"|\bconfidential(?:ity)? (?:notice|and intended)|do not reply to this",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-ZÄÖÜ][\w'’.-]*(?: [A-ZÄÖÜ][\w'’.-]*){0,2}(?<![.!?])")  # noqa: RUF001
_SIGNATURE = re.compile(r"^--\s*$")
_SAYS = re.compile(r"\w\w")


def sentences_of(text: str) -> tuple[str, ...]:
    """The sentences of a message's text in their order, each on one line, without a name below."""
    found: list[str] = []
    for unit in _units(text[:_LONGEST_TEXT]):
        if _is_closing(unit):
            if found:
                break
            continue
        if _GREETING.match(unit) or _SMALL_PRINT.search(unit):
            continue
        found += [each for each in _split(unit) if _SAYS.search(each) and not _POLITE.match(each)]
    if len(found) > 1 and _NAME.fullmatch(found[-1]):
        found.pop()
    return tuple(dict.fromkeys(found))


def shortened(sentence: str, longest: int = LONGEST) -> str:
    """A sentence cut at a word, "…" where it goes on."""
    if len(sentence) <= longest:
        return sentence
    cut = sentence[: longest - 1].rpartition(" ")[0] or sentence[: longest - 1]
    return f"{cut.rstrip(' ,;:')}…"


def _units(text: str) -> list[str]:
    """Paragraphs and items of lists, broken lines put together again; up to the signature."""
    lines = [line.rstrip() for line in text.splitlines()]
    width = max((len(line) for line in lines if len(line) < _WIDTHS.stop), default=0)
    units: list[str] = []
    last = ""
    for line in lines:
        if _SIGNATURE.match(line):
            break
        words = " ".join(line.split())
        if words and _goes_on(last, line, width):
            units[-1] += f" {words}"
        elif words:
            units.append(_BULLET.sub("", words))
        last = line
    return units


def _goes_on(last: str, line: str, width: int) -> bool:
    """Whether a program broke the line before here: this one's first word did not fit any more."""
    if not last.strip() or width not in _WIDTHS or len(last) > width:
        return False
    if _BULLET.match(line) or line.startswith("  ") or last.startswith("  "):
        return False  # lists and tables
    return len(last) + 1 + len(line.split()[0]) > width


def _is_closing(unit: str) -> bool:
    return len(unit) <= _LONGEST_CLOSING and bool(_CLOSING.match(unit))


def _split(unit: str) -> list[str]:
    sentences: list[str] = []
    for piece in _END.split(unit):
        if sentences and _NO_END.search(sentences[-1][-_LONGEST_SHORT_FORM:]):
            sentences[-1] += f" {piece}"
        else:
            sentences.append(piece)
    return [each.strip() for each in sentences if each.strip()]
