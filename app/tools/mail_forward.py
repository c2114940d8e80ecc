"""mail_forward: a message passed on, whole, on one card that sends it if the user asked that."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.errors import KnownError
from app.core.ports import Asked, Tool, ToolOutcome
from app.mail.compose import Recipients, forward_of, forward_subject
from app.mail.files import MailFiles
from app.mail.model import Envelope
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.attachments import MOST_BYTES
from app.tools.letter_text import body_from
from app.tools.mail_wording import title_and_people
from app.tools.message_references import resolve_message
from app.tools.new_mail import (
    NewMail,
    doubts_about,
    original_line,
    proposed,
    recipients_said,
    sender_if_known,
    warned_of,
)
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.send_words import asks_to_send
from app.tools.validation import listed_in
from app.tools.wording import listed, shown, size_words

_FILES_NAMED = 5


def mail_forward(files: MailFiles, post: Post, settings: Settings, journal: Journal) -> Tool:
    """The tool that passes messages on. The journal tells what "it" is: what was changed last."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        original, note = resolve_message(str(arguments["message"]), asked, post, settings, journal)
        to = recipients_said(listed_in(arguments, "to"), asked, post, "to")
        said = str(arguments.get("body", ""))
        mail = _forward(original, Recipients(to), said, asked, post)
        return proposed(
            mail,
            post=post,
            files=files,
            send=asks_to_send(asked.words, said),
            tool_risk=declared("mail_forward").risk,
            note=note,
        )

    return Tool(declared("mail_forward"), run)


def _forward(
    original: Envelope, recipients: Recipients, said: str, asked: Asked, post: Post
) -> NewMail:
    body = body_from(said, asked.words)
    raw = post.mailbox.raw(original)
    if len(raw) > MOST_BYTES:
        raise KnownError(
            "attachment_too_large",
            f"{title_and_people(original, post.own())} is larger than {size_words(MOST_BYTES)}, "
            "more than most mail servers take. Nothing was changed.",
            "Send what matters of it, or a link to it.",
        )
    content = forward_of(
        original,
        post.mailbox.body(original),
        raw,
        sender=sender_if_known(post),
        recipients=recipients,
        text=body,
        date=asked.clock.now,
    )
    attached = [shown(each) for each in original.attachments]
    below = [original_line("With it", original, asked.clock)]
    below += [f"Attached: {listed(attached, most=_FILES_NAMED)}"] if attached else []
    doubts = list(doubts_about(recipients.to, asked.words, post))
    if original.warnings:
        doubts.append(warned_of(original))
    return NewMail(
        to=recipients.once().to,
        cc=(),
        bcc=(),
        subject=forward_subject(original.subject),
        body=body,
        content=content,
        below=tuple(below),
        doubts=tuple(doubts),
    )
