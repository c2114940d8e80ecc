"""What messages say in a line or two: by the reader where it can, else in their own sentences.

A message that speaks to an assistant is never given to the reader, and what the reader says is
only taken if every address and figure in it stands in the message.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from app.core.errors import KnownError
from app.core.text import counted
from app.mail.assistant_talk import speaks_to_assistant, without_talk
from app.mail.extractive import best_sentences, significant
from app.mail.model import Body, Envelope
from app.mail.sentences import LONGEST, shortened
from app.mail.store import Mailbox
from app.mail.warnings import ADDRESSED
from app.tools.mail_wording import local_time, subject_of
from app.tools.people_words import full_label
from app.tools.reader import Quoted, Reader
from app.tools.wording import shown

_FEW = 3
"""Of so many messages there is room for more of each."""

_TELLING = re.compile(r"\S+@\S+|https?://\S+|www\.\S+|\d[\d.,:/ -]{2,}\d")


@dataclass(frozen=True)
class Gist:
    """What one message says. `points` are its own sentences or, `by_model`, the reader's words.

    `note` says why there is nothing; `problem` is set where the message could not be read.
    """

    envelope: Envelope
    points: tuple[str, ...]
    by_model: bool = False
    note: str = ""
    problem: KnownError | None = None


def gists_of(
    envelopes: Sequence[Envelope],
    mailbox: Mailbox,
    reader: Reader,
    *,
    focus: str = "",
    zone: ZoneInfo,
) -> tuple[Gist, ...]:
    """What each of the messages says, above all about `focus`. Raises KnownError("stopped")."""
    found: list[Gist] = []
    readable: dict[int, Body] = {}
    for place, envelope in enumerate(envelopes):
        try:
            body = mailbox.body(envelope)
        except KnownError as error:
            found.append(Gist(envelope, (), note="(it could not be read)", problem=error))
            continue
        found.append(_own_words(envelope, body, focus, few=len(envelopes) <= _FEW))
        if found[-1].points and not is_addressed(envelope, body):
            readable[place] = body
    if readable and reader.can_read:
        for place, words in _read(found, readable, reader, focus, zone).items():
            found[place] = replace(found[place], points=(words,), by_model=True)
    return tuple(found)


def is_addressed(envelope: Envelope, body: Body) -> bool:
    """Whether a message speaks to an assistant, in its text, its subject or its names."""
    return body.addressed or ADDRESSED in envelope.warnings


def quoted_message(envelope: Envelope, body: Body, zone: ZoneInfo) -> Quoted:
    """A message for the reader. Its time is in `zone`."""
    head = (
        f"From: {full_label(envelope.sender)}\n"
        f"Date: {local_time(envelope, zone):%A %Y-%m-%d %H:%M}\n"
        f"Subject: {subject_of(envelope)}"
    )
    return Quoted(head, body.text)


def _own_words(envelope: Envelope, body: Body, focus: str, *, few: bool) -> Gist:
    text = without_talk(body.text) if body.addressed else body.text
    sentences = best_sentences(text, subject=envelope.subject, focus=focus, most=3 if few else 2)
    points = tuple(shortened(shown(each), LONGEST if few else LONGEST // 2) for each in sentences)
    return Gist(envelope, points, note="" if points else _nothing(body))


def _nothing(body: Body) -> str:
    """Why there is nothing to say of a message."""
    if body.calendar:
        return "(an invitation)"
    if body.attachments:
        return f"(only {counted(len(body.attachments), 'attachment')})"
    if body.remote_images:
        return "(only pictures from the web, which were not fetched)"
    return "(nothing to quote)" if body.text else "(no text)"


def _read(
    found: Sequence[Gist],
    readable: dict[int, Body],
    reader: Reader,
    focus: str,
    zone: ZoneInfo,
) -> dict[int, str]:
    """What the reader says of the messages, by their places; only what can be trusted."""
    places = list(readable)
    messages = [quoted_message(found[each].envelope, readable[each], zone) for each in places]
    said = reader.summarise(messages, focus) or {}
    kept = {}
    for number, place in enumerate(places):
        words = shown(said.get(number, ""))
        quoted = messages[number]
        if words and is_faithful(words, f"{quoted.head}\n{quoted.text}"):
            kept[place] = shortened(words, LONGEST)
    return kept


def is_faithful(words: str, source: str) -> bool:
    """Whether the reader's words bring no address and no figure of their own, and no orders."""
    if speaks_to_assistant(words):
        return False
    plain = "".join(source.casefold().split())
    telling = (match[0].strip(".,;:!?()“”\"'") for match in _TELLING.finditer(words))
    if any("".join(each.casefold().split()) not in plain for each in telling):
        return False
    have, said = significant(source), significant(words)
    return bool(said & have)
