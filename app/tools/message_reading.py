"""The ways to read a reference to messages, the likeliest first.

A name may be a word of a subject, and so may a time. `message_parts` reads the words one by one;
`message_references` looks for what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from app.core.ports import Clock
from app.mail.addresses import valid_address
from app.tools.event_words import ARTICLES, words_of
from app.tools.mail_time import find_stretch
from app.tools.message_parts import MailReader
from app.tools.message_words import (
    DRAFT,
    FILLING,
    GENERIC,
    MINE,
    NEWEST,
    OLDEST,
    SETS,
    TOPIC,
    UNREAD,
    VERBS,
    MailWanted,
    Names,
    Token,
    respelt,
    tokens_of,
    with_apostrophes,
)
from app.tools.people import TITLES

_TITLE = re.compile(
    r"\b(?:called|titled|entitled|named|with (?:the )?(?:subject|title)(?: line)?:?)\s+(?P<it>.+)$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[“\"](?P<it>[^”\"]+)[”\"]")
_LABELLED = re.compile(
    r"\b(?:labell?ed|tagged|(?:with|under) (?:the )?(?:label|tag)|(?:the )?(?:label|tag):?)"
    r"(?: as| with)?\s+(?P<it>.+?)(?=\s+(?:from|about|to|in the)\b|$)",
    re.IGNORECASE,
)
_MARKED = re.compile(r"\bmarked (?:as )?(?=important|flagged|starred|unread|read|junk)", re.I)
_LEAD = re.compile(r"\b(?:from|of|in|on|at)\s*$", re.IGNORECASE)
_NEVER_WORDS = SETS | NEWEST | OLDEST | GENERIC | FILLING | VERBS | TOPIC | MINE | UNREAD | DRAFT


def mail_readings(text: str, clock: Clock, *, locale: str, names: Names) -> list[MailWanted]:
    """The ways to read the words, the likeliest first.

    Raises KnownError("reference_unclear") for a set less some of it or of nobody, and
    AmbiguousError for a date that can be read in two ways.
    """
    literal, left = _taken(_QUOTED, text)
    if not literal:
        literal, left = _taken(_TITLE, text)
    left = with_apostrophes(respelt(left, names.is_name), names)
    label, left = _taken(_LABELLED, left)
    left = _MARKED.sub("", left)
    base = MailWanted(words=tuple(words_of(literal)), label=label.strip(" .'“”\""))
    found = find_stretch(left, clock, locale=locale, is_name=names.is_known)
    if found is None:
        attempts = _read(left, base, names)
    else:
        stretch, (start, end) = found
        the = "the" if left[start:end].casefold().startswith("the ") else ""
        cut = f"{_LEAD.sub('', left[:start])} {the} {left[end:]}"
        attempts = _read(cut, replace(base, stretch=stretch), names)
        if attempts[0].words and not attempts[0].many:
            # A time may be part of a subject ("the Friday report"), though never of a set's.
            time = [word for word in words_of(left[start:end]) if word not in ARTICLES]
            attempts += _read(cut, replace(base, words=(*base.words, *time)), names)
            if stretch.since is not None and stretch.since > clock.now:
                attempts += _read(cut, base, names)  # "about tomorrow's meeting"
    return list(dict.fromkeys(each for each in attempts if each.content or each.count))


def _taken(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    """What the pattern's group `it` holds, and the text without the match."""
    match = pattern.search(text)
    if match is None:
        return "", text
    return match["it"], f"{text[: match.start()]} {text[match.end() :]}"


def _read(text: str, base: MailWanted, names: Names) -> list[MailWanted]:
    """Readings of a text without its time, quotation and label."""
    reader = MailReader(tokens_of(text), base, names.is_known)
    wanted, loose = reader.read()
    if not loose:
        return [wanted, *_wordy(text, wanted, base)]
    as_words = replace(wanted, words=(*wanted.words, *_words(loose)), thing=not reader.nouns)
    as_words = replace(as_words, whose=not wanted.words)
    if wanted.senders or wanted.theirs:
        return [as_words, *_wordy(text, as_words, base)]
    known = [each for each in loose if names.is_known(each.low) or valid_address(each.text)]
    if loose[0] in known and len(_of_names(loose, known)) < len(loose):
        first = replace(wanted, senders=(loose[0].text,))
        first = replace(first, words=(*wanted.words, *_words(loose[1:])))
        return [first, as_words, *_wordy(text, as_words, base)]
    heard = [each for each in loose if each in known or names.is_name(each.low)]
    if not heard or len(_of_names(loose, heard)) < len(loose):
        return [as_words, *_wordy(text, as_words, base)]
    bare = not wanted.content and not wanted.many and not reader.nouns
    theirs = replace(wanted, senders=(" ".join(token.text for token in loose),), bare=bare)
    as_words = replace(as_words, bare=bare)
    if wanted.many:
        return [theirs]  # never more than was asked for: not everything that has the name in it
    certain = len(_of_names(loose, known)) == len(loose)
    return [theirs, as_words] if certain else [as_words, theirs]


def _of_names(loose: Sequence[Token], named: Sequence[Token]) -> list[Token]:
    """Those of the words that are parts of names, or titles beside some."""
    return [each for each in loose if each in named or (named and each.low in TITLES)]


def _words(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(word for token in tokens for word in words_of(token.text))


def _wordy(text: str, wanted: MailWanted, base: MailWanted) -> list[MailWanted]:
    """Everything said as words: "the mail about the trip to Rome" has no recipient."""
    if wanted.many or not (wanted.recipients or (wanted.senders and wanted.words)):
        return []
    kept = [token for token in tokens_of(text) if token.low not in _NEVER_WORDS | {","}]
    plain = replace(wanted, recipients=(), senders=(), sent=False)
    return [replace(plain, words=(*base.words, *_words(kept)))]
