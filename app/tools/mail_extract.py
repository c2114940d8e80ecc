"""mail_extract: one kind of fact out of one message. Changes nothing, and opens no link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, Tool, ToolOutcome
from app.mail.model import Body, Envelope
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.facts_asked import kind_said, one_with_it, source_said
from app.tools.mail_facts import Facts, Letter, facts_in
from app.tools.mail_gist import is_addressed, quoted_message
from app.tools.mail_wording import CAREFUL, local_time, message_data, near_moment, title_and_people
from app.tools.message_references import resolve_message
from app.tools.post import Post
from app.tools.reader import Reader
from app.tools.schemas import declared
from app.tools.wording import shown

_TASKS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "event": (
        "Copy the title, the time and the place of the event this message is about.",
        ("title", "when", "where"),
    ),
    "code": ("Copy the code this message gives its reader.", ("code",)),
    "tasks": (
        "Copy what this message asks its reader to do, each task in its own words.",
        ("task_1", "task_2", "task_3", "task_4", "task_5"),
    ),
    "answer": ("Copy the words of this message that answer the question: ", ("answer",)),
}
"""What a reading model is asked to pick; dates, links and addresses are found by rules."""

_CERTAIN = frozenset(("event", "code", "link"))
"""What a message plainly has or has not."""

_ASKING = {
    "event": "event with a time",
    "date": "date",
    "code": "code",
    "link": "link",
    "address": "postal address, phone number or mail address",
    "task": "task",
    "answer": "answer to that",
}


def mail_extract(
    mailbox: Mailbox, post: Post, settings: Settings, journal: Journal, reader: Reader
) -> Tool:
    """The tool that takes facts out of a message. The journal tells what "it" is."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        reference = str(arguments["message"])
        what = kind_said(str(arguments["what"]), reference, asked.words)
        question = str(arguments.get("question", ""))
        if what == "answer" and not (question := question or asked.words):
            raise KnownError(
                "bad_argument",
                "You did not say what you want to know (“question”).",
                "Say that too.",
            )

        def facts_of(envelope: Envelope, picked: Mapping[str, str]) -> Facts:
            body = mailbox.body(envelope)
            letter = Letter(envelope, body, asked, mailbox, settings.locale, question, picked)
            return facts_in(what, letter)

        try:
            envelope, note = resolve_message(
                source_said(reference), asked, post, settings, journal, reading=True
            )
        except AmbiguousError as error:
            sure = what in _CERTAIN
            only = one_with_it(error, mailbox, lambda each: sure and bool(facts_of(each, {}).items))
            if only is None:
                raise
            envelope, note = only, ""
        zone = asked.clock.zone
        picked = _picked(what, question, envelope, mailbox.body(envelope), reader, zone)
        facts = facts_of(envelope, picked)
        today = asked.clock.today
        return ToolOutcome(
            data={
                **message_data(envelope, zone),
                "what": what,
                "items": list(facts.items),
                "method": "model" if picked else "extract",
            },
            sentence=_sentence(facts, envelope, post.own(), note, zone, today),
            mentions=(envelope.id,),
        )

    return Tool(declared("mail_extract"), run)


def _picked(
    what: str, question: str, envelope: Envelope, body: Body, reader: Reader, zone: ZoneInfo
) -> dict[str, str]:
    """What a reading model picked; only pieces that stand in the message's own text.

    A message that speaks to an assistant is not given to it.
    """
    if what not in _TASKS or not body.text or is_addressed(envelope, body) or not reader.can_read:
        return {}
    task, names = _TASKS[what]
    if what == "answer":
        task += question
    chosen = reader.extract(quoted_message(envelope, body, zone), task, names)
    text = f"{envelope.subject}\n{body.text}"
    found = {name: standing_in(text, piece) for name, piece in chosen.items() if name in names}
    return {name: piece for name, piece in found.items() if piece}


def standing_in(text: str, piece: str) -> str:
    """`piece` as it stands in `text`, spaces and case aside; "" where it does not."""
    plain, wanted = " ".join(text.split()), " ".join(piece.split())
    if len(wanted) < 2:
        return ""
    place = plain.lower().find(wanted.lower())
    return plain[place : place + len(wanted)] if place >= 0 else ""


def _sentence(
    facts: Facts,
    envelope: Envelope,
    own: frozenset[str],
    note: str,
    zone: ZoneInfo,
    today: date,
) -> str:
    """What was found, warnings first, and which message it is from."""
    source = title_and_people(envelope, own)
    lines = [f"{CAREFUL}{shown(each)}" for each in envelope.warnings]
    if facts.lines:
        moment = near_moment(local_time(envelope, zone), today, inside=True)
        lines += [f"In {source}, {moment}:", *(f"  {each}" for each in facts.lines)]
    else:
        lines.append(f"There is no {_ASKING[facts.noun]} in {source}.")
    return "\n".join([*lines, note] if note else lines)
