"""mail_reply: the user's answer to a message, on one card that sends it if they asked to reply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.core.errors import AmbiguousError, KnownError
from app.core.ports import Asked, Tool, ToolOutcome
from app.core.proposals import Change
from app.mail.compose import Recipients, recipients_of_reply, reply_subject, reply_to
from app.mail.files import MailFiles
from app.mail.model import DRAFTS, OUTBOX, OWN, Address, Envelope
from app.mail.states import MessageStates
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.letter_text import text_said
from app.tools.mail_wording import is_own, title_and_people
from app.tools.message_references import resolve_message
from app.tools.new_mail import (
    NewMail,
    doubts_about,
    no_recipient,
    original_line,
    proposed,
    recipients_said,
    sender_if_known,
    warned_of,
)
from app.tools.people_words import full_label
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.send_words import asks_for_draft
from app.tools.validation import listed_in
from app.tools.wording import listed

_ANYWAY = re.compile(r"[\s,]+anyway[.!]?$", re.IGNORECASE)
_ANSWERED_BY_NOBODY = re.compile(r"(?:do[._-]?not|no)[._-]?reply|mailer-daemon|postmaster", re.I)
_NAMED = 3


def mail_reply(
    files: MailFiles, states: MessageStates, post: Post, settings: Settings, journal: Journal
) -> Tool:
    """The tool that answers messages. The journal tells what "it" is: what was changed last."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        reference, anyway = _reference(str(arguments["message"]))
        answered, note = resolve_message(reference, asked, post, settings, journal)
        recipients = _recipients(answered, arguments, asked, post)
        if not anyway:
            _require_choice(answered, recipients, post)
        body = text_said(str(arguments["body"]), asked.words, (reference,))
        mail = _reply(answered, recipients, body, asked, post)
        return proposed(
            mail,
            post=post,
            files=files,
            send=asked.words != "" and not asks_for_draft(asked.words, str(arguments["body"])),
            tool_risk=declared("mail_reply").risk,
            also=mark_answered(answered, states, post.own()),
            note=note,
        )

    return Tool(declared("mail_reply"), run)


def mark_answered(
    answered: Envelope, states: MessageStates, own: frozenset[str]
) -> tuple[Change, ...]:
    """The change that marks a message as answered; none where it is so already."""
    change = states.plan_update(
        answered,
        summary=f"Mark {title_and_people(answered, own)} as answered",
        was=(),
        becomes=(),
        answered=True,
    )
    return () if change is None else (change,)


def _reference(text: str) -> tuple[str, bool]:
    """The words for the message, and whether it is to be answered whatever is wrong with it."""
    bare = _ANYWAY.sub("", text)
    return bare, bare != text


def _recipients(
    answered: Envelope, arguments: Mapping[str, object], asked: Asked, post: Post
) -> Recipients:
    """Whom the answer goes to, and who was said to get a copy."""
    if answered.folder in (DRAFTS, OUTBOX):
        raise KnownError(
            "not_received",
            f"{title_and_people(answered, post.own()).capitalize()} was not sent yet, so there is "
            "nothing to answer. Nothing was changed.",
            "Name a message that came, or send this one first.",
        )
    everyone = arguments.get("all") is True
    recipients = recipients_of_reply(answered, post.own(), everyone=everyone)
    if not recipients.to:
        raise no_recipient()
    copies = recipients_said(listed_in(arguments, "cc"), asked, post, "cc")
    return Recipients(recipients.to, (*recipients.cc, *copies)).once()


def _require_choice(answered: Envelope, recipients: Recipients, post: Post) -> None:
    """An answer goes to somebody unknown only if the user picks them, where that is not plain.

    It is plain for the sender of a message without warnings. Where an answer goes instead, also to
    one that claims to be the user's own, anybody can write into a message.
    """
    strangers = doubts_about((*recipients.to, *recipients.cc), "", post)
    people = listed([full_label(each) for each in recipients.to], most=_NAMED)
    if answered.warnings and strangers:
        why = warned_of(answered)
    elif (
        answered.folder not in OWN
        and _elsewhere(answered.sender, recipients.to)
        and doubts_about(recipients.to, "", post)
    ):
        why = f"The answer would go to {people}, not to the sender {full_label(answered.sender)}."
    else:
        return
    raise AmbiguousError(
        "careful",
        f"{why} {strangers[0][:1].upper()}{strangers[0][1:]}. Nothing was changed.",
        "Answer only if you know who that is.",
        argument="message",
        choices=((f"{answered.id} anyway", f"Answer {people} anyway"),),
    )


def _reply(
    answered: Envelope, recipients: Recipients, body: str, asked: Asked, post: Post
) -> NewMail:
    content = reply_to(
        answered,
        post.mailbox.body(answered),
        sender=sender_if_known(post),
        text=body,
        recipients=recipients,
        date=asked.clock.now,
    )
    return NewMail(
        to=recipients.to,
        cc=recipients.cc,
        bcc=(),
        subject=reply_subject(answered.subject),
        body=body,
        content=content,
        below=(original_line("Quoted below", answered, asked.clock),),
        doubts=_doubts(answered, recipients, asked, post),
        noun="Reply",
    )


def _doubts(
    answered: Envelope, recipients: Recipients, asked: Asked, post: Post
) -> tuple[str, ...]:
    """What the user should weigh: where it goes, to whom, and what is wrong with the message."""
    found = []
    if not is_own(answered, post.own()) and _elsewhere(answered.sender, recipients.to):
        found.append(
            f"the answer goes to {listed([each.mail for each in recipients.to], most=_NAMED)}, "
            f"not to the sender {answered.sender.mail}"
        )
    if any(_ANSWERED_BY_NOBODY.match(each.mail) for each in recipients.to):
        found.append("the address says that nobody reads answers to it")
    found += doubts_about((*recipients.to, *recipients.cc), asked.words, post)
    if answered.warnings:
        found.append(warned_of(answered))
    return tuple(found)


def _elsewhere(sender: Address, to: Sequence[Address]) -> bool:
    return bool(sender.mail) and sender.mail not in {each.mail for each in to}
