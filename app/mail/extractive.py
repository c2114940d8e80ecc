"""Choosing the sentences of a message that matter, without a model. Pure: the senders' own words.

What gives orders to an assistant is never chosen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from app.mail.assistant_talk import speaks_to_assistant
from app.mail.sentences import sentences_of

_WORD = re.compile(r"[^\W_]+")
_EMPTY = frozenset(
    str.split(
        "a an and are as at be been but by can could did do does for from had has have he her him "
        "his how i if in into is it its me my not of on or our out she should so than that the "
        "their them then there they this to up us was we were what when where which who why will "
        "with would you your re fwd fw about according say says said tell much many"
    )
)
_FACT = re.compile(
    r"[€$£]|\b\d{1,2}[:.]\d{2}\b|\b\d+(?:[.,]\d+)?\s?(?:%|eur|usd|gbp|euros?|dollars?|pm|am|h)\b"
    r"|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:today|tomorrow|tonight|deadline|due)\b"
    r"|\b\d{1,2}(?:st|nd|rd|th)?\s+(?:january|february|march|april|may|june|july|august|september"
    r"|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november"
    r"|december)\s+\d{1,2}\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\?|\b(?:please|could you|can you|would you|will you|let me know|let us know|need you to"
    r"|don't forget|remember to|make sure|asap|you (?:must|need to|have to|should))\b",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?:[€$£]\s?|\b(?:eur|usd|gbp|chf)\s?)\d[\d.,' ]{0,20}\d?|\b\d[\d.,]{0,20}\s?(?:€|£|\$"
    r"|eur\b|usd\b|gbp\b|chf\b|euros?\b|dollars?\b|pounds?\b|francs?\b)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:at|in|on) (?:the )?(?!(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Jan|Feb|Mar|Apr|May"
    r"|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[A-Z]\w+|\b(?:room|street|road|avenue|floor|hall|building|station|café"
    r"|cafe|restaurant|office|square|platz|straße|strasse)\b|\b\w{1,40}(?:stra(?:ß|ss)e|platz|weg)\b",
)
_PERSON = re.compile(r"\b[A-Z][a-z]{1,30} [A-Z][a-z]|\b(?:I|we|he|she|they)\b")
_REASON = re.compile(r"\b(?:because|since|as|due to|so that|in order|therefore)\b", re.IGNORECASE)
_HOW_MUCH = re.compile(r"\bhow much\b|\b(?:cost|price|total|amount|fee)s?\b", re.IGNORECASE)
_TOTAL = re.compile(
    r"\b(?:total|sum|amount (?:due|paid|payable)|to pay|in all|altogether)\b", re.IGNORECASE
)
_EACH = re.compile(r"\b(?:each|apiece|per|a piece)\b", re.IGNORECASE)
_FITTING: tuple[tuple[re.Pattern[str], re.Pattern[str]], ...] = (
    (_HOW_MUCH, _AMOUNT),
    (re.compile(r"\bhow many\b", re.IGNORECASE), re.compile(r"\b\d+\b")),
    (re.compile(r"\bwhen\b|\bwhat (?:time|day|date)\b|\bdeadline\b", re.IGNORECASE), _FACT),
    (re.compile(r"\bwhere\b|\bwhich (?:room|place|address)\b", re.IGNORECASE), _PLACE),
    (re.compile(r"\bwho\b|\bwhose\b", re.IGNORECASE), _PERSON),
    (re.compile(r"\bwhy\b", re.IGNORECASE), _REASON),
)
"""What a question of a kind is answered with."""
_TO_DO = re.compile(
    r"^(?:to-?do|action(?: item)?s?|task)s?\s*:|\b(?:could|can|would|will) you\b|\bplease\b"
    r"|\b(?:i|we)(?:'d| would)? (?:need|want|like|ask) you to\b|\blet (?:me|us) know\b"
    r"|\b(?:don't forget|do not forget|remember|make sure|be sure|try) to\b"
    r"|\bmake sure (?:that )?you\b|\byou (?:must|need to|have to|should|are asked to)\b"
    r"|\b(?:somebody|someone|one of us|we) (?:has|have|needs?|must) to\b"
    r"|\b(?:is|are) (?:still )?(?:due|needed) by\b|\bwaiting for your\b"
    r"|\bi need (?:the|your|a|an)\b|\bsend (?:me|us) (?:the|your|a|an)\b"
    r"|^(?:send|call|pay|book|review|sign|reply|confirm|check|prepare|bring|order|update|submit"
    r"|return|fill|finish|write|buy|collect|register|upload|complete|approve)\b(?!\s*:)",
    re.IGNORECASE,
)
_NO_REQUEST = re.compile(
    r"\bplease (?:find|see) (?:attached|below|enclosed)\b|\bplease (?:do not|don't) hesitate\b"
    r"|\bplease ignore\b|\bcan you believe\b|^please note\b",
    re.IGNORECASE,
)


def best_sentences(
    text: str, *, subject: str = "", focus: str = "", most: int = 2
) -> tuple[str, ...]:
    """The sentences that say what a message is about, in their order, at most `most`.

    Early ones, those with words of the subject or of `focus`, times, amounts and requests.
    """
    topic, wanted = significant(subject), significant(focus)

    def weight(place: int, sentence: str) -> float:
        have = significant(sentence)
        score = 1.6 / (1 + 0.4 * place)
        score += 0.5 * min(3, _shared(topic, have)) + 3.0 * _shared(wanted, have)
        score += 1.0 * bool(_FACT.search(sentence) or _AMOUNT.search(sentence))
        score += 1.2 * bool(_ASKS.search(sentence))
        score -= 1.0 * (len(have) < 3) + 0.6 * (len(sentence) > 250)
        return score

    return _chosen(text, weight, most)


_OF_KIND = frozenset(str.split("cost price amount total fee deadline time day date place"))
"""Words that say no more than what kind of answer is wanted."""


@dataclass(frozen=True)
class Answers:
    """Sentences that may answer a question; `sure`: they speak of what was asked about."""

    sentences: tuple[str, ...]
    sure: bool


def best_answers(text: str, question: str, *, most: int = 2) -> Answers:
    """The sentences that best answer a question, in their order; none where none fits."""
    wanted = significant(question)
    if plain := _plain_sum(text, question, wanted - _OF_KIND):
        return Answers((plain,), sure=True)
    kinds = [pattern for asked, pattern in _FITTING if asked.search(question)]

    def weight(place: int, sentence: str) -> float:
        shared = _shared(wanted, significant(sentence))
        fitting = any(pattern.search(sentence) for pattern in kinds)
        if not shared and not fitting:
            return 0.0
        return 2.0 * shared + 2.5 * fitting - 0.01 * place

    best = _chosen(text, weight, most, positive=True)
    # A sentence with nothing in common but a figure is only said if none has more.
    named = tuple(each for each in best if _shared(wanted, significant(each)))
    return Answers(named or best[:1], sure=bool(named) or not wanted - _OF_KIND)


def _plain_sum(text: str, question: str, wanted: frozenset[str]) -> str:
    """What "how much" is plainly answered with: a total, or a price for each; "" for neither.

    An amount beside a word of the question goes before it.
    """
    if not _HOW_MUCH.search(question):
        return ""
    sums = [
        each
        for each in sentences_of(text)
        if _AMOUNT.search(each) and not speaks_to_assistant(each)
    ]
    if any(_shared(wanted, significant(each)) for each in sums):
        return ""
    for pattern in (_TOTAL, _EACH):
        if fitting := [each for each in sums if pattern.search(each)]:
            return fitting[-1]
    return ""


def amounts_in(text: str) -> tuple[str, ...]:
    """Sums of money as they stand, each once."""
    return tuple(dict.fromkeys(match[0].strip(" .,'") for match in _AMOUNT.finditer(text)))


def requests_in(text: str, *, most: int = 20) -> tuple[str, ...]:
    """The sentences that ask the reader for something, in their order."""
    return tuple(each for each in sentences_of(text) if _is_request(each))[:most]


def significant(text: str) -> frozenset[str]:
    """The words of a text that mean something, without case, accents and plural."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    words = (word for word in _WORD.findall(plain) if word not in _EMPTY and len(word) > 1)
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def _is_request(sentence: str) -> bool:
    if speaks_to_assistant(sentence) or _NO_REQUEST.search(sentence):
        return False
    return bool(_TO_DO.search(sentence))


def _shared(wanted: frozenset[str], have: frozenset[str]) -> int:
    """How many of the wanted words are there, in whatever form they end."""
    return sum(
        any(word == each or (len(word) > 4 and each.startswith(word[:-1])) for each in have)
        for word in wanted
    )


def _chosen(
    text: str, weight: Callable[[int, str], float], most: int, *, positive: bool = False
) -> tuple[str, ...]:
    weighed = [
        (weight(place, sentence), -place, sentence)
        for place, sentence in enumerate(sentences_of(text))
        if not speaks_to_assistant(sentence)
    ]
    best = sorted(weighed, reverse=True)[:most]
    kept = [each for each in best if each[0] > 0 or not positive]
    return tuple(sentence for _, _, sentence in sorted(kept, key=lambda each: -each[1]))
