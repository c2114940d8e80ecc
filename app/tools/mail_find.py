"""mail_find: which messages there are, as a readable list and as data. Changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from app.core.ports import Asked, Tool, ToolOutcome
from app.core.text import counted
from app.mail.model import Envelope
from app.mail.store import Mailbox
from app.store.settings import Settings
from app.tools.mail_query import Looked, MailFinder, look_for, query_from
from app.tools.mail_said import counted_mail, named
from app.tools.mail_wording import CAREFUL, message_data, message_line
from app.tools.post import Post
from app.tools.schemas import declared


def mail_find(mailbox: Mailbox, post: Post, settings: Settings) -> Tool:
    """The tool that lists messages."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        search = query_from(arguments, asked, mailbox, settings)
        own = post.own()
        looked = look_for(search, MailFinder(mailbox, own))
        zone = asked.clock.zone
        today = asked.clock.today
        items = looked.found.items
        return ToolOutcome(
            data={
                "items": [message_data(each, zone) for each in items],
                "total": looked.found.total,
                # Nobody of the sender's name has written: it is other people's mail.
                **({"mentioning": True} if looked.lead else {}),
            },
            sentence=_sentence(looked, own, zone, today),
            problem=next(iter(mailbox.problems), None),
            mentions=tuple(each.id for each in items),
        )

    return Tool(declared("mail_find"), run)


def _sentence(looked: Looked, own: frozenset[str], zone: ZoneInfo, today: date) -> str:
    items, total = looked.found.items, looked.found.total
    if not items:
        what = named(looked.wanted)
        where = "" if what else " in your mail"
        return f"Nothing{what}{where}. {looked.note}".strip()
    lines = [looked.lead] if looked.lead else []
    lines.append(f"{counted_mail(total, looked.wanted)}:")
    for each in items:
        lines.append(f"  {message_line(each, own, zone, today, near=True)}{_marks(each)}")
        lines += [f"    {CAREFUL}{warning}" for warning in each.warnings[:1]]
    if total > len(items):
        lines.append(f"and {total - len(items)} more.")
    lines += [looked.note] if looked.note else []
    return "\n".join(lines)


def _marks(envelope: Envelope) -> str:
    """What is to be seen at once: " (unread, flagged, 2 attachments)"."""
    marks = ["unread"] if envelope.unread else []
    marks += ["flagged"] if envelope.flagged else []
    if envelope.attachments:
        marks.append(counted(len(envelope.attachments), "attachment"))
    return f" ({', '.join(marks)})" if marks else ""
