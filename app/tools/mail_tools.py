"""The mail tools of this version, put together. What each does lies in a file of its own."""

from __future__ import annotations

from app.core.ports import Tool
from app.mail.files import MailFiles
from app.mail.states import MessageStates
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.contact_find import contact_find
from app.tools.mail_draft import mail_draft
from app.tools.mail_extract import mail_extract
from app.tools.mail_find import mail_find
from app.tools.mail_forward import mail_forward
from app.tools.mail_read import mail_read
from app.tools.mail_reply import mail_reply
from app.tools.mail_send import mail_send
from app.tools.mail_summarise import mail_summarise
from app.tools.mail_update import mail_update
from app.tools.post import Post
from app.tools.reader import Reader


def mail_tools(
    mailbox: Mailbox,
    states: MessageStates,
    files: MailFiles,
    post: Post,
    settings: Settings,
    journal: Journal,
    reader: Reader,
) -> tuple[Tool, ...]:
    """The mail tools over one profile; `journal` tells what "it" is: what was changed last."""
    return (
        mail_find(mailbox, post, settings),
        mail_read(mailbox, post, settings, journal),
        mail_summarise(mailbox, post, settings, journal, reader),
        mail_extract(mailbox, post, settings, journal, reader),
        mail_draft(files, post),
        mail_reply(files, states, post, settings, journal),
        mail_forward(files, post, settings, journal),
        mail_send(files, states, post, settings),
        mail_update(mailbox, states, post, settings, journal),
        contact_find(mailbox, post, settings),
    )
