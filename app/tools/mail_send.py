"""mail_send: a draft goes to the Outbox, at once or for later, behind a card that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core.errors import KnownError
from app.core.ports import Asked, Clock, Tool, ToolOutcome
from app.core.proposals import Change, Option, Proposal, Risk
from app.core.text import counted
from app.mail.files import MailFiles
from app.mail.mime import Headers, read_body, read_headers
from app.mail.model import OWN, Envelope
from app.mail.outbox import released
from app.mail.states import MessageStates
from app.store.settings import Settings
from app.tools.draft_references import resolve_draft
from app.tools.mail_reply import mark_answered
from app.tools.mail_wording import subject_of
from app.tools.new_mail import (
    LEAVES_LATER,
    NewMail,
    doubts_about,
    no_recipient,
)
from app.tools.people_words import full_label, people_in_short
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.when import WhenKind, parse_when
from app.tools.wording import clock_time, listed, near_day, shown

_FILES_NAMED = 5
_MOMENT = timedelta(minutes=1)


@dataclass(frozen=True)
class _Leaving:
    """When a message goes out: `at` is aware, None for now. `doubt` is "" or what to weigh."""

    at: datetime | None = None
    doubt: str = ""


def mail_send(files: MailFiles, states: MessageStates, post: Post, settings: Settings) -> Tool:
    """The tool that sends drafts."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        clock = asked.clock
        draft = resolve_draft(str(arguments["draft"]), post.mailbox, asked)
        leaving = _leaving(str(arguments.get("when", "")), clock, settings)
        text = _text_of(draft, post)
        now = clock.now
        content = released(text, sender=post.sender(), now=now, not_before=leaving.at)
        headers = read_headers(content.encode())
        _require_recipients(headers)
        mail = _shown_mail(headers, content, leaving, asked, post)
        title = f"Send {mail.label}"
        outgoing = post.outgoing(
            content, summary=title, becomes=mail.card_lines(), kind="send mail"
        )
        removal = files.plan_removal(
            draft.path,
            text,
            summary="Take it out of Drafts",
            was=(),
            kind="send mail",
            risk=Risk.DRAFT,
        )
        changes = (outgoing, removal, *_answer(draft, headers, states, post))
        option = _option(mail, changes, leaving, clock)
        short_id = post.id_of(outgoing)
        at = leaving.at.isoformat() if leaving.at else ""
        return ToolOutcome(
            data={**mail.data(short_id), "draft": draft.id, "not_before": at},
            sentence=f"{title}?",
            proposal=Proposal(title, (option,), declared("mail_send").risk),
            mentions=(short_id,),
        )

    return Tool(declared("mail_send"), run)


def _text_of(draft: Envelope, post: Post) -> str:
    try:
        return post.mailbox.raw(draft).decode()
    except UnicodeDecodeError:
        raise KnownError(
            "draft_unreadable",
            f"The draft '{subject_of(draft)}' was written by another program in a way Phial "
            "cannot pass on unchanged. Nothing was sent.",
            "Send it with that program, or write it anew here.",
        ) from None


def _require_recipients(headers: Headers) -> None:
    everybody = (*headers.to, *headers.cc, *headers.bcc)
    if not everybody:
        raise no_recipient()
    broken = next((each for each in everybody if not each.mail), None)
    if broken is not None:
        raise KnownError(
            "bad_address",
            f"“{shown(broken.name)}” is not a mail address. Nothing was sent.",
            "Write the draft anew with the whole address.",
        )


def _shown_mail(
    headers: Headers, content: str, leaving: _Leaving, asked: Asked, post: Post
) -> NewMail:
    """What the card says: read from what leaves, not from what is remembered of the draft."""
    body = read_body(content.encode())
    below = []
    author = headers.sender
    if author.mail != post.sender().mail:
        below.append(f"From: {full_label(author)}")
    if quoted := body.quoted.strip():
        below.append(f"{counted(len(quoted.splitlines()), 'quoted line')} below")
    if body.attachments:
        names = [shown(each.name) for each in body.attachments]
        below.append(f"Attached: {listed(names, most=_FILES_NAMED)}")
    if leaving.at is not None:
        below.append(f"Goes out {_moment(leaving.at, asked.clock)}")
    doubts = [leaving.doubt] if leaving.doubt else []
    recipients = (*headers.to, *headers.cc, *headers.bcc)
    return NewMail(
        to=headers.to,
        cc=headers.cc,
        bcc=headers.bcc,
        subject=headers.subject,
        body=body.text,
        content=content,
        below=tuple(below),
        doubts=(*doubts, *doubts_about(recipients, asked.words, post)),
    )


def _option(mail: NewMail, changes: tuple[Change, ...], leaving: _Leaving, clock: Clock) -> Option:
    label, when = "Send", LEAVES_LATER
    if leaving.at is not None:
        moment = _moment(leaving.at, clock)
        label = f"Send {moment}"
        when = f"It goes out {moment}, once a mail account is set up."
    people = people_in_short(mail.to or mail.recipients)
    done = f"Mail to {people} is in the Outbox. {when}"
    return Option(label, "; ".join(mail.doubts), changes, done, bool(mail.doubts))


def _answer(
    draft: Envelope, headers: Headers, states: MessageStates, post: Post
) -> tuple[Change, ...]:
    """Where the draft is a reply: the mark on what it answers."""
    answered = headers.in_reply_to
    if not answered:
        return ()
    for message in post.mailbox.thread(draft):
        if message.message_id == answered and message.folder not in OWN:
            return mark_answered(message, states, post.own())
    return ()


def _leaving(text: str, clock: Clock, settings: Settings) -> _Leaving:
    """When it goes out. A day means the beginning of the user's working hours."""
    if not text:
        return _Leaving()
    now = clock.now
    when = parse_when(text, clock, locale=settings.locale)
    if when.kind is WhenKind.RECURRING:
        raise KnownError(
            "bad_argument",
            f"“{shown(text)}” is more than one time, and a mail goes out once. Nothing was sent.",
            "Say one time, like “tomorrow at 8”.",
        )
    at = when.start
    if when.kind is WhenKind.DAY and at.date() != now.date():
        opens = settings.working_hours[0]
        at = at.replace(hour=opens.hour, minute=opens.minute)
    if at.timestamp() > now.timestamp():
        return _Leaving(at)
    # "Today" and "this morning" last; "now" is a moment that has just begun.
    until = (when.end or at + _MOMENT).timestamp()
    over = until <= now.timestamp()
    return _Leaving(doubt=f"“{shown(text)}” is over, so it goes out at once" if over else "")


def _moment(at: datetime, clock: Clock) -> str:
    """on Thursday 19 November at 08:00."""
    today = clock.today
    return f"on {near_day(at.date(), today)} at {clock_time(at)}"
