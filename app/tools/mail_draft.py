"""mail_draft: the user's words for a new mail become a draft, or go out if they asked for that."""

from __future__ import annotations

from collections.abc import Mapping

from app.core.ports import Asked, Tool, ToolOutcome
from app.mail.compose import Recipients, new_message
from app.mail.files import MailFiles
from app.mail.model import Address
from app.tools.attachments import files_said
from app.tools.letter_text import subject_from, text_said
from app.tools.new_mail import (
    NewMail,
    doubts_about,
    proposed,
    recipients_said,
    sender_if_known,
)
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.send_words import asks_to_send
from app.tools.validation import listed_in
from app.tools.wording import shown, size_words


def mail_draft(files: MailFiles, post: Post) -> Tool:
    """The tool that writes new mails."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        said, topic = str(arguments["body"]), str(arguments.get("subject", ""))
        recipients = _recipients(arguments, asked, post)
        body = text_said(said, asked.words, listed_in(arguments, "to"))
        subject = subject_from(topic, body)
        attached = files_said(listed_in(arguments, "attach"), asked)
        content = new_message(
            sender=sender_if_known(post),
            to=recipients.to,
            cc=recipients.cc,
            bcc=recipients.bcc,
            subject=subject,
            body=body,
            date=asked.clock.now,
            files=attached,
        )
        everybody = (*recipients.to, *recipients.cc, *recipients.bcc)
        mail = NewMail(
            to=recipients.to,
            cc=recipients.cc,
            bcc=recipients.bcc,
            subject=subject,
            body=body,
            content=content,
            below=tuple(
                f"Attached: {shown(each.name)}, {size_words(len(each.content))}"
                for each in attached
            ),
            doubts=doubts_about(everybody, asked.words, post),
        )
        send = asks_to_send(asked.words, said, topic)
        risk = declared("mail_draft").risk
        return proposed(mail, post=post, files=files, send=send, tool_risk=risk)

    return Tool(declared("mail_draft"), run)


def _recipients(arguments: Mapping[str, object], asked: Asked, post: Post) -> Recipients:
    def people(name: str) -> tuple[Address, ...]:
        return recipients_said(listed_in(arguments, name), asked, post, name)

    return Recipients(people("to"), people("cc"), people("bcc")).once()
