"""A message that was written, as a question to the user: send it, or keep it as a draft.

What a card says of it is here; who it goes to and what it says is decided by the tools.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import KnownError
from app.core.ports import Asked, Clock, ToolOutcome
from app.core.proposals import Change, Option, Proposal, Risk
from app.core.text import printable
from app.mail.files import MailFiles, new_message_name
from app.mail.model import DRAFTS, Address, Envelope
from app.tools.mail_wording import CAREFUL, local_time, subject_of
from app.tools.people import resolve_people, trusted
from app.tools.people_words import full_label, people_in_short, person_label
from app.tools.post import Post
from app.tools.recent_messages import people_written_of
from app.tools.wording import clock_time, listed, short_day, shown

LEAVES_LATER = "It goes out once a mail account is set up."
LEAVE_LATER = "They go out once a mail account is set up."
"""What is true of everything in the Outbox while Phial has no accounts."""

_NAMED = 3
_LONGEST_TEXT = 2_000
"""So many characters of a text a card shows."""

_LINE = 200


@dataclass(frozen=True)
class NewMail:
    """A message and what is said of it. `content` is the whole message as it lies in its file.

    `body` is the user's own text; `below` are lines for what comes with it (quoted mail, files).
    `doubts` are what the user should weigh first. `noun` is what it is called: "Mail", "Reply".
    """

    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    body: str
    content: str
    below: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    noun: str = "Mail"

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everybody it goes to."""
        return (*self.to, *self.cc, *self.bcc)

    @property
    def label(self) -> str:
        """to Kofi Mensah <kofi@example.org>: 'The report is ready'."""
        people = listed([full_label(each) for each in self.recipients], most=_NAMED)
        return f"to {people}: '{shown(self.subject) or '(no subject)'}'"

    def card_lines(self) -> tuple[str, ...]:
        """It line by line: every recipient in full, subject, text, what comes with it."""
        headings = (("To", self.to), ("Cc", self.cc), ("Bcc", self.bcc))
        lines = [
            f"{heading}: {', '.join(map(full_label, people))}"
            for heading, people in headings
            if people
        ]
        lines.append(f"Subject: {shown(self.subject) or '(none)'}")
        text = printable(self.body)
        lines += [piece for line in text[:_LONGEST_TEXT].splitlines() for piece in _pieces(line)]
        if len(text) > _LONGEST_TEXT:
            lines.append(f"… and {len(text) - _LONGEST_TEXT:,} more characters")
        return (*lines, *self.below)

    def data(self, short_id: str) -> dict[str, object]:
        """What scripts are told of it."""
        return {
            "id": short_id,
            "to": [each.mail for each in self.to],
            "cc": [each.mail for each in self.cc],
            "bcc": [each.mail for each in self.bcc],
            "subject": self.subject,
            "doubts": list(self.doubts),
        }


def sender_if_known(post: Post) -> Address | None:
    """Who a draft is from; one may be written before the user's own address is known."""
    return post.sender() if _unsendable(post) is None else None


def proposed(
    mail: NewMail,
    *,
    post: Post,
    files: MailFiles,
    send: bool,
    tool_risk: Risk,
    also: Sequence[Change] = (),
    note: str = "",
) -> ToolOutcome:
    """The outcome that offers a message: to send it or keep it, or only to keep it.

    `also` are changes that belong to sending it, `note` is to be said beside the question. While
    the user's own address is not known, it can only be kept, and the closing sentence says so.
    Raises KnownError("no_recipient").
    """
    if not mail.recipients:
        raise no_recipient()
    name = new_message_name()
    lines = mail.card_lines()
    reason, doubtful = "; ".join(mail.doubts), bool(mail.doubts)
    draft = files.plan_new(
        DRAFTS,
        mail.content,
        summary=f"Draft {mail.label}",
        becomes=lines,
        kind="draft mail",
        risk=Risk.DRAFT,
        new_name=lambda: name,
    )
    people = people_in_short(mail.to or mail.recipients)
    obstacle = _unsendable(post)
    further = f"It cannot be sent yet. {obstacle.hint}" if obstacle else "Say “send it” to send it."
    kept = f"Draft to {people} saved. {further}"
    options = [Option("Keep as a draft", reason, (draft,), kept, doubtful)]
    title = f"Draft {mail.label}"
    if send and obstacle is None:
        title = f"Send {mail.label}"
        outgoing = post.outgoing(
            mail.content, summary=title, becomes=lines, kind="send mail", new_name=lambda: name
        )
        done = f"{mail.noun} to {people} is in the Outbox. {LEAVES_LATER}"
        options.insert(0, Option("Send", reason, (outgoing, *also), done, doubtful))
    short_id = post.id_of(draft)
    return ToolOutcome(
        data=mail.data(short_id),
        sentence=f"{title}? {note}".strip(),
        proposal=Proposal(title, tuple(options), tool_risk),
        mentions=(short_id,),
    )


def no_recipient() -> KnownError:
    """The error of a message that would go to nobody."""
    return KnownError(
        "no_recipient",
        "There is nobody this could go to. Nothing was changed.",
        "Say who it is for, by name or address.",
    )


def doubts_about(recipients: Sequence[Address], words: str, post: Post) -> tuple[str, ...]:
    """Whom the user does not know: no contact, never written to, and not in their `words`."""
    known = {mail for person in trusted(post.mailbox.people()) for mail in person.addresses}
    known |= post.own()
    strangers = dict.fromkeys(each.mail for each in recipients if each.mail not in known)
    new = [mail for mail in strangers if not _is_said(mail, words)]
    return (f"you have not written to {listed(new, most=_NAMED)} before",) if new else ()


def warned_of(message: Envelope) -> str:
    """The gravest thing that may be wrong with a message, as a sentence."""
    return f"{CAREFUL}{message.warnings[0]}"


def original_line(lead: str, message: Envelope, clock: Clock) -> str:
    """Quoted below: the mail of Mon 16 Nov 17:05 from Anna, 'Lunch'."""
    today = clock.today
    at = local_time(message, clock.zone)
    moment = f"{short_day(at.date(), today)} {clock_time(at)}"
    people = person_label(message.sender)
    return f"{lead}: the mail of {moment} from {people}, '{subject_of(message)}'"


def recipients_said(
    names: Sequence[str], asked: Asked, post: Post, argument: str
) -> tuple[Address, ...]:
    """The addresses of the people in the user's words; `argument` holds those words.

    "Me" is nobody while the user's own address is not known. Raises as `resolve_people`.
    """
    sender = sender_if_known(post)
    return resolve_people(
        names,
        post.mailbox,
        argument=argument,
        own=() if sender is None else (sender,),
        spoken_of=people_written_of(asked, post.mailbox, post.own()),
    )


def _is_said(mail: str, words: str) -> bool:
    """Whether an address stands in `words` by itself, not as a part of another one."""
    pattern = rf"(?<![\w.+@-]){re.escape(mail)}(?![\w@-]|\.\w)"
    return re.search(pattern, words, re.IGNORECASE) is not None


def _pieces(line: str) -> list[str]:
    """A line of text in pieces that fit a card; none for an empty line."""
    return [line[start : start + _LINE] for start in range(0, len(line), _LINE)]


def _unsendable(post: Post) -> KnownError | None:
    """Why nothing can be sent, None if it can."""
    try:
        post.sender()
    except KnownError as error:
        return error
    return None
