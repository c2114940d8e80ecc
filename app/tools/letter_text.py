"""From the user's words to the text and the subject of a message. English only, and pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from app.core.errors import KnownError
from app.tools.event_words import words_of
from app.tools.send_words import request_before
from app.tools.wording import shown

_SUBJECT = 60
"""A subject taken from the text is about so long, in characters."""

_QUOTES = (("“", "”"), ("„", "“"), ('"', '"'), ("«", "»"), ("»", "«"), ("'", "'"), ("‘", "’"))  # noqa: RUF001
_LEAD = re.compile(
    r"(?:and )?(?:saying|say|says|telling \w+)(?: that)?\s*:?\s+(?=\S)", re.IGNORECASE
)
_THAT = re.compile(
    r"that (?=(?:i|we|you|he|she|it|they|there|the|a|an|my|our|your|his|her|their|this|these"
    r"|those|all|no|everyone|everything|nobody)\b|(?:i|we|you|he|she|it|they|there)['’])"  # noqa: RUF001
    r"|that (?=(?:mon|tues|wednes|thurs|fri|satur|sun)day|tomorrow|today|next|on )",
    re.IGNORECASE,
)
_THAT_NAME = re.compile(r"[Tt]hat (?=[A-Z])")
_THEN_SEND = re.compile(
    r"[,.]?\s+(?:and|then|and then)\s+send (?:it|that)(?: now)?$", re.IGNORECASE
)
_INDIRECT = re.compile(
    r"(?P<if>if|whether)\s|(?:when|what|where|who|why|how|which)\s", re.IGNORECASE
)
_ASKED = re.compile(r"\bask(?:ing|s)?\b(?P<rest>.*)", re.IGNORECASE)
_ASKED_IF = re.compile(r"\b(?:if|whether)\s*$", re.IGNORECASE)
_TOLD_TO = re.compile(r"\b(?:tell|ask|remind|telling|asking|reminding)\b.+\bto\s*$", re.IGNORECASE)
_TELLING = re.compile(r"\b(?:tell|ask|remind|telling|asking|reminding)\b", re.IGNORECASE)
_OF_THE_READER = {
    "they": "you", "they're": "you're", "they've": "you've", "he is": "you are",
    "she is": "you are", "he's": "you are", "she's": "you are", "he has": "you have",
    "she has": "you have", "he was": "you were", "she was": "you were", "he can": "you can",
    "she can": "you can", "he could": "you could", "she could": "you could",
    "he will": "you will", "she will": "you will", "he would": "you would",
    "she would": "you would",
}  # fmt: skip
"""How "ask Bob if he can come" goes on when Bob reads it."""

_NO_TEXT = frozenset(("to", "a", "an", "the", "mail", "email", "e-mail", "message", "him", "her"))
"""Words that, with a name, say only that something is written to somebody."""

_READER = re.compile(
    rf"(?:{'|'.join(sorted(_OF_THE_READER, key=len, reverse=True))})(?!\w)", re.IGNORECASE
)
_DIRECT = re.compile(
    r"(?:what|when|where|who|why|how|which)(?:['’]s| (?:is|are|was|were|do|does|did|can|could|will"  # noqa: RUF001
    r"|would|should|has|have|time|day|date|much|many|long|about))\b"
    r"|(?:can|could|will|would|do|did|are|have|shall|may|should) (?:you|we|i|they)\b"
    r"|(?:is|are|does|was|were) (?:the|it|there|that|this|your|my|our)\b",
    re.IGNORECASE,
)


_SIGNED = re.compile(
    r"[.!?,]\s+(?:(?i:all the best|best|(?:best|kind|warm) (?:regards|wishes)|regards|cheers|yours"
    r"|sincerely|take care)(?:,?\s+\w+)?|[Ll]ove(?:,?\s+[A-Z]\w+)?)$"
    r"|[.!?]\s+(?!(?i:yes|no|ok|okay|thanks|please|sorry|today|tomorrow|tonight|now|\w+day)$)"
    r"[A-Z]\w+(?: [A-Z]\w+)?$"
)
"""How a mail ends that is signed: behind it stands no full stop."""


def body_from(text: str, words: str) -> str:
    """The message the user's words make: "that the report is ready" → "The report is ready."

    `words` is the whole request, which tells what is asked or told to whom. Words in quotation
    marks, and a text of several lines, stay as they are.
    """
    text = _plain_lines(text).strip()
    before = request_before(words, text)
    bare = _unquoted(text)
    if bare != text or (before is not None and before.rstrip()[-1:] in {"“", '"', "„", "«"}):
        return bare
    text = _THEN_SEND.sub("", _LEAD.sub("", bare, count=1)) if "\n" not in bare else bare
    text = _turned_to_reader(text, before if before is not None else words)
    for lead in (_THAT, _THAT_NAME):
        if match := lead.match(text):
            text = text[match.end() :]
            break
    return _finished(text)


def text_said(text: str, words: str, whom: Sequence[str]) -> str:
    """The message as `body_from` makes it, which must say more than whom it is for.

    "Reply to Bob" names nothing to write, and a model may then repeat the name. Raises
    KnownError("bad_argument").
    """
    body = body_from(text, words)
    names = {word for name in whom for word in words_of(name)}
    said = set(words_of(body))
    if not body.strip() or (said and said <= names | _NO_TEXT):
        raise KnownError(
            "bad_argument",
            "You did not say what the mail should say. Nothing was changed.",
            "Say that too, like “tell Bob that Friday works”.",
        )
    return body


def subject_from(subject: str, body: str) -> str:
    """The subject said, else the first words of the text, cut where a sentence or a word ends."""
    said = _capitalised(_unquoted(shown(subject)))
    if said:
        return said
    line = shown(next(iter(body.splitlines()), ""))
    sentence = re.split(r"(?<=\w)[.!?](?:\s|$)", line, maxsplit=1)[0].strip(" ,;:")
    if len(sentence) <= _SUBJECT:
        return sentence
    cut = sentence[:_SUBJECT].rpartition(" ")[0] or sentence[:_SUBJECT]
    return f"{cut.rstrip(' ,;:')}…"


def _plain_lines(text: str) -> str:
    """Line breaks as they are, other control characters gone."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(
        "".join(c for c in line if unicodedata.category(c) != "Cc" or c == "\t") for line in lines
    )


def _unquoted(text: str) -> str:
    """`text` without quotation marks around all of it."""
    for first, last in _QUOTES:
        inner = text[1:-1]
        around = len(text) > 2 and text.startswith(first) and text.endswith(last)
        if around and first not in inner and last not in inner:
            return inner.strip()
    return text


def _turned_to_reader(text: str, before: str) -> str:
    """What was said about the reader, said to the reader: a question, or a request."""
    telling = _TELLING.search(before)
    if telling and (_TOLD_TO.search(before) or re.match(r"to [a-z]", text)):
        return f"Please {text.removeprefix('to ')}"
    asked = _ASKED.search(before)
    if asked is None:
        return text
    indirect = _INDIRECT.match(text)
    if indirect is None and not _ASKED_IF.search(before):
        return text
    joint, rest = "if ", text
    if indirect is not None:
        joint, rest = text[: indirect.end()].lower(), text[indirect.end() :]
    elif before.casefold().rstrip().endswith("whether"):
        joint = "whether "
    rest = rest.rstrip("?.! ")
    match = _READER.match(rest)
    if match:
        rest = f"{_OF_THE_READER[match[0].casefold()]}{rest[match.end() :]}"
    return f"Could you tell me {joint}{rest}?"


def _finished(text: str) -> str:
    """With a capital letter, and the mark that ends a sentence, where they are missing."""
    text = _capitalised(text)
    last = text.rsplit(maxsplit=1)[-1] if text else ""
    if "\n" in text or not text or not text[-1].isalnum() or "://" in last or "www." in last:
        return text
    if _SIGNED.search(text):
        return text
    return f"{text}{'?' if _DIRECT.match(text) else '.'}"


def _capitalised(text: str) -> str:
    first = next(iter(text.split()), "")
    if not first.islower() or "@" in first or "://" in first or first.startswith("www."):
        return text  # "iPhone", an address, a link
    return f"{text[0].upper()}{text[1:]}"
