"""Facts of one message, by kind: what was found, as data and as lines for the user.

Found by rules; where a reading model picked something, it stands word for word in the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.core.ports import Asked
from app.mail.assistant_talk import without_talk
from app.mail.extractive import amounts_in, best_answers, requests_in
from app.mail.facts import codes_in, mails_in, phones_in, postal_in
from app.mail.links import leads_elsewhere
from app.mail.model import Body, Envelope
from app.mail.sentences import LONGEST, sentences_of, shortened
from app.mail.store import Mailbox
from app.tools.mail_dates import Dated, date_in, dates_in, written_at
from app.tools.mail_event import events_in
from app.tools.wording import shown

_MOST = 12
_LONGEST_ADDRESS = 300
_HOW_MUCH = re.compile(r"\bhow much\b|\b(?:cost|price|total|amount|fee|pay)s?\b", re.IGNORECASE)
_OF_DUE = re.compile(r"\b(?:deadline|due|by when|until when|latest|expires?)\b", re.IGNORECASE)

Items = Sequence[Mapping[str, object]]


@dataclass(frozen=True)
class Letter:
    """A message that is looked through, and what is asked of it.

    `picked` are pieces of its text that a reading model chose, by name; each stands in it.
    """

    envelope: Envelope
    body: Body
    asked: Asked
    mailbox: Mailbox
    locale: str
    question: str = ""
    picked: Mapping[str, str] | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The user's zone."""
        return self.asked.clock.zone

    @property
    def text(self) -> str:
        """What is looked through: the message's own text, else what it quotes.

        What speaks to an assistant is left out.
        """
        text = self.body.text or self.body.quoted
        return without_talk(text) if self.body.addressed else text

    def pick(self, name: str) -> str:
        """What the model chose under a name, "" where it chose nothing."""
        return (self.picked or {}).get(name, "")


@dataclass(frozen=True)
class Facts:
    """What was found. `lines` are for the user; `noun` names it where there is none."""

    items: Items
    lines: Sequence[str]
    noun: str


def facts_in(what: str, letter: Letter) -> Facts:
    """The facts of the kind `what` (as in the tool's schema) in a message."""
    return _KINDS[what](letter)


def _events(letter: Letter) -> Facts:
    found = events_in(
        letter.envelope,
        letter.body.calendar,
        letter.text,
        letter.asked,
        letter.mailbox,
        locale=letter.locale,
        picked=letter.picked or {},
    )
    return Facts([each.data() for each in found], [each.line() for each in found], "event")


def _dates(letter: Letter) -> Facts:
    clock = written_at(letter.envelope, letter.zone)
    found = list(dates_in(letter.text, clock, locale=letter.locale))
    if not found and (named := date_in(letter.envelope.subject, clock, locale=letter.locale)):
        found = [named]
    asked = f"{letter.asked.words} {letter.question}"
    if _OF_DUE.search(asked) and any(each.is_due for each in found):
        found = [each for each in found if each.is_due]
    return Facts([_date_data(each) for each in found], [_date_line(each) for each in found], "date")


def _date_data(dated: Dated) -> dict[str, object]:
    when = dated.when
    if when is None:
        return {"text": shown(dated.text), "start": None, "readings": list(dated.readings)}
    return {
        "text": shown(dated.text),
        "start": when.start.isoformat(),
        "end": when.end.isoformat() if when.end is not None else None,
        "all_day": when.all_day,
        "said": dated.said,
    }


def _date_line(dated: Dated) -> str:
    if dated.when is None:
        return f"“{shown(dated.text)}” can be {dated.said}"
    return f"{dated.said}: “{shortened(shown(dated.sentence), LONGEST // 2)}”"


def _codes(letter: Letter) -> Facts:
    found = [(each.text, each.label) for each in codes_in(letter.text)]
    found = found or [(each.text, each.label) for each in codes_in(letter.envelope.subject)]
    if not found and (code := letter.pick("code")) and any(each.isdigit() for each in code):
        found = [(code, "code")]
    return Facts(
        [{"code": shown(code), "label": label} for code, label in found],
        [f"{label[0].upper()}{label[1:]}: {shown(code)}" for code, label in found],
        "code",
    )


def _links(letter: Letter) -> Facts:
    items, lines = [], []
    for link in letter.body.links[:_MOST]:
        said, address = shown(link.text), shown(link.address)[:_LONGEST_ADDRESS]
        deceives = leads_elsewhere(link)
        items.append(
            {"text": said, "address": link.address, "host": link.host, "deceives": deceives}
        )
        lead = f"“{shortened(said, 80)}” leads to {link.host}" if said else f"To {link.host}"
        lines.append(f"{lead} (not what it says)" if deceives else f"{lead}: {address}")
    if len(letter.body.links) > _MOST:
        lines.append(f"and {len(letter.body.links) - _MOST} more")
    return Facts(items, lines, "link")


def _addresses(letter: Letter) -> Facts:
    kinds = (
        ("postal", postal_in(letter.text)),
        ("phone", phones_in(letter.text)),
        ("mail", mails_in(letter.text)),
    )
    found = [(kind, each) for kind, texts in kinds for each in texts][:_MOST]
    return Facts(
        [{"kind": kind, "address": shown(each)} for kind, each in found],
        [shown(each) for _, each in found],
        "address",
    )


def _tasks(letter: Letter) -> Facts:
    chosen = [letter.pick(f"task_{number}") for number in range(1, 6)]
    found = list(requests_in(letter.text))
    for task in filter(None, chosen):
        if not any(task in each for each in found):
            found.append(_sentence_with(letter.text, task))
    clock = written_at(letter.envelope, letter.zone)
    items, lines = [], []
    for task in found[:_MOST]:
        said = shortened(shown(task), LONGEST // 2)
        due = date_in(task, clock, locale=letter.locale)
        when = due.when if due is not None else None
        items.append({"task": said, "when": when.start.isoformat() if when else None})
        lines.append(f"“{said}”" + (f" ({due.said})" if due and when else ""))
    return Facts(items, lines, "task")


def _answers(letter: Letter) -> Facts:
    found = best_answers(letter.text, letter.question)
    sentences, sure = list(found.sentences), found.sure
    if piece := letter.pick("answer"):
        sentences, sure = [_sentence_with(letter.text, piece)], True
    said = [shortened(shown(each), LONGEST) for each in sentences]
    items: list[dict[str, object]] = [{"sentence": each, "sure": sure} for each in said]
    if _HOW_MUCH.search(letter.question):
        for item, sentence in zip(items, sentences, strict=True):
            item["amounts"] = [shown(each) for each in amounts_in(sentence)]
    lead = "" if sure else "It does not plainly say; the nearest is "
    return Facts(
        items, [f"{lead if not at else ''}“{each}”" for at, each in enumerate(said)], "answer"
    )


def _sentence_with(text: str, piece: str) -> str:
    """The sentence that holds a piece of the text, else the piece."""
    return next((each for each in sentences_of(text) if piece in each), piece)


_KINDS: Mapping[str, Callable[[Letter], Facts]] = {
    "event": _events,
    "date": _dates,
    "code": _codes,
    "link": _links,
    "address": _addresses,
    "tasks": _tasks,
    "answer": _answers,
}
