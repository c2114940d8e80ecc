"""What the user's words ask of a message: that it goes out, or that it waits as a draft.

English only, and words only: nothing here knows messages.
"""

from __future__ import annotations

import re

_SEND = (
    "send", "resend", "email", "e-mail", "mail", "message", "text", "tell", "ask", "remind",
    "inform", "notify", "thank", "reply", "respond", "answer", "forward", "fwd", "relay", "pass",
    "drop", "shoot", "ping",
)  # fmt: skip
_DRAFT = (
    "draft", "write", "compose", "prepare", "formulate", "word", "create", "make", "put", "save",
    "type",
)  # fmt: skip
_VERB = re.compile(
    r"(?<![\w'’-])(?P<send>write back|get back|let (?!me\b|us\b)[^!?\n]{1,80}? (?:know|that)"  # noqa: RUF001
    rf"|{'|'.join(_SEND)})(?![\w-])|(?<![\w'’-])(?P<draft>{'|'.join(_DRAFT)})(?![\w-])",  # noqa: RUF001
    re.IGNORECASE,
)
_BEFORE_NOUN = frozenset(
    (
        "a", "an", "the", "this", "that", "my", "his", "her", "their", "our", "your", "any",
        "some", "new", "last", "latest", "newest", "first", "second", "quick", "short", "small",
        "brief", "little", "nice", "polite", "by", "via", "of", "another", "unread",
    )
)  # fmt: skip
"""After one of these "mail", "answer" or "draft" is a thing and nothing to be done."""

_OTHER_REQUEST = re.compile(
    r"(?:[.;!?]\s+|,?\s+(?:and|then|and then|and also|also|plus)\s+|,\s+)"
    rf"(?=(?:(?:please|can you|could you)\s+)?(?:{'|'.join((*_SEND, *_DRAFT))})\s+"
    r"(?!(?:him|her|them|it|that|this|me|us|if|whether|when|what|where|how|for)\b))",
    re.IGNORECASE,
)
_IDLE = re.compile(r"\b(?:real quick|make sure to|let['’]s)(?!\w)", re.IGNORECASE)  # noqa: RUF001
"""Beginnings that hold a word which elsewhere means something."""

_KEEP = re.compile(
    r"\b(?:do not|don['’]?t|not|never|without) (?:yet )?send(?:ing)?\b|\bunsent\b"  # noqa: RUF001
    r"|\bas (?:a |my |an? \w+ )?drafts?\b|\b(?:in|to|into|among) (?:the |my )?drafts\b"
    r"|\b(?:save|keep|leave) (?:it|this|that|them)\b"
    r"|\b(?:show|let) (?:it to )?me\b.{0,20}\bfirst\b",
    re.IGNORECASE,
)
_GO = re.compile(
    r"\b(?:and|then|,) *(?:please )?send (?:it|that|this|them)\b"
    r"|\bsend (?:it|that|this|them) (?:off|out|now|right away|straight away|at once|immediately)\b",
    re.IGNORECASE,
)


def asks_to_send(words: str, *texts: str) -> bool:
    """Whether `words` ask that something goes out: "email Bob …", "draft … and send it".

    `texts` are the parts of `words` that are what is to be written (body and subject): what they
    say asks for nothing. "" asks for nothing either.
    """
    return _asked(words, texts) == "send"


def asks_for_draft(words: str, *texts: str) -> bool:
    """Whether `words` ask for a message that waits: "write to Bob …", "email Bob, as a draft".

    `texts` as in `asks_to_send`.
    """
    return _asked(words, texts) == "draft"


def request_before(words: str, text: str) -> str | None:
    """What stands in `words` before `text`, on one line; None where `text` is not in it.

    Case and spacing do not count.
    """
    line, wanted = " ".join(words.split()), " ".join(text.split())
    found = _place(line, wanted)
    return None if found is None else line[: found[0]]


def _asked(words: str, texts: tuple[str, ...]) -> str:
    """ "send", "draft", or "" for neither."""
    line = " ".join(words.split())
    first: int | None = None
    for text in texts:
        place = _place(line, " ".join(text.split()))
        if place is None:
            continue
        start, end = place
        first = start if first is None else min(first, start)
        # As long as before, so that the places found so far stay right.
        line = f"{line[:start]}{'…' * (end - start)}{line[end:]}"
    around = _own_request(line, len(line) if first is None else first)
    if _KEEP.search(around):
        return "draft"
    if _GO.search(around):
        return "send"
    around = _IDLE.sub("", around)
    for verb in _VERB.finditer(around):
        before = around[: verb.start()].casefold().split()
        if not before or not _announces_noun(before[-1]):
            return "send" if verb["send"] else "draft"
    return ""


def _own_request(line: str, place: int) -> str:
    """Of several requests in one line the one around `place`."""
    cuts = [0, *(match.end() for match in _OTHER_REQUEST.finditer(line)), len(line)]
    start = max(cut for cut in cuts[:-1] if cut <= place)
    after = [cut for cut in cuts if cut > max(place, start)]
    return line[start : min(after, default=len(line))]


def _announces_noun(word: str) -> bool:
    return word in _BEFORE_NOUN or word.endswith(("'s", "’s"))  # noqa: RUF001


def _place(line: str, text: str) -> tuple[int, int] | None:
    """Where the last `text` stands in `line`, without regard to case."""
    if not text:
        return None
    found = list(re.finditer(re.escape(text), line, re.IGNORECASE))
    return found[-1].span() if found else None
