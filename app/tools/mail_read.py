"""mail_read: one message as a person would see it, warnings first. It stays unread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.core.ports import Asked, Clock, Tool, ToolOutcome
from app.core.text import counted, printable
from app.mail.model import Address, Attachment, Body, Envelope, Link
from app.mail.store import Mailbox
from app.store.journal import Journal
from app.store.settings import Settings
from app.tools.mail_wording import CAREFUL, local_time, message_data, subject_of
from app.tools.message_references import resolve_message
from app.tools.people_words import full_label
from app.tools.post import Post
from app.tools.schemas import declared
from app.tools.wording import clock_time, near_day, shown, size_words

_LONGEST = 20_000
"""Characters of a text that are shown."""

_LINKS = 20
_LONGEST_LINK = 100


def mail_read(mailbox: Mailbox, post: Post, settings: Settings, journal: Journal) -> Tool:
    """The tool that shows a message. The journal tells what "it" is where nothing was shown."""

    def run(arguments: Mapping[str, object], asked: Asked) -> ToolOutcome:
        envelope, note = resolve_message(
            str(arguments["message"]), asked, post, settings, journal, reading=True
        )
        body = mailbox.body(envelope)
        return ToolOutcome(
            data={
                **message_data(envelope, asked.clock.zone),
                "cc": [full_label(each) for each in envelope.cc],
                "text": body.text,
                "quoted": body.quoted,
                "links": [
                    {"text": shown(each.text), "address": each.address, "host": each.host}
                    for each in body.links
                ],
                "attachments": [
                    {"name": shown(each.name), "type": each.media_type, "size": each.size}
                    for each in body.attachments
                ],
            },
            sentence=_shown(envelope, body, note, asked.clock),
            mentions=(envelope.id,),
        )

    return Tool(declared("mail_read"), run)


def _shown(envelope: Envelope, body: Body, note: str, clock: Clock) -> str:
    """The message for a person, from what to beware of to what comes with it."""
    lines = [f"{CAREFUL}{warning}" for warning in envelope.warnings]
    lines += [""] if lines else []
    lines += _heads(envelope, clock)
    lines += ["", *_text(body), *_below(body)]
    lines += ["", note] if note else []
    return "\n".join(lines).strip()


def _heads(envelope: Envelope, clock: Clock) -> list[str]:
    at = local_time(envelope, clock.zone)
    today = clock.today
    lines = [f"From: {full_label(envelope.sender)}"]
    lines += _people("Answers go to", envelope.reply_to)
    lines += _people("To", envelope.to) + _people("Cc", envelope.cc)
    lines.append(f"Date: {near_day(at.date(), today)}, {clock_time(at)}")
    lines.append(f"Subject: {subject_of(envelope)}")
    return lines


def _people(heading: str, people: Sequence[Address]) -> list[str]:
    return [f"{heading}: {', '.join(map(full_label, people))}"] if people else []


def _text(body: Body) -> list[str]:
    text = printable(body.text).strip()
    lines = [text[:_LONGEST] or "(no text)"]
    if len(text) > _LONGEST:
        lines.append(f"[{len(text) - _LONGEST} more characters left out]")
    quoted = [line for line in body.quoted.splitlines() if line.strip()]
    if quoted:
        lines.append(f"[{counted(len(quoted), 'quoted line')} left out]")
    return lines


def _below(body: Body) -> list[str]:
    """What comes with the text: files, where links lead, pictures that were not fetched."""
    lines = [f"Attachment: {_file(each)}" for each in body.attachments]
    lines += [_link(each) for each in body.links[:_LINKS]]
    if len(body.links) > _LINKS:
        lines.append(f"and {counted(len(body.links) - _LINKS, 'more link')}")
    if body.calendar:
        lines.append("There is an invitation in it.")
    if body.remote_images:
        one = body.remote_images == 1
        said = f"{counted(body.remote_images, 'picture')} from the web"
        lines.append(f"{said} {'was' if one else 'were'} not fetched.")
    return ["", *lines] if lines else []


def _file(attachment: Attachment) -> str:
    return f"{shown(attachment.name) or '(no name)'} ({size_words(attachment.size)})"


def _link(link: Link) -> str:
    """What a link says, and the host it truly leads to; the address itself is in the data."""
    said = shown(link.text)[:_LONGEST_LINK]
    return f"Link: {said} leads to {link.host}" if said else f"Link to {link.host}"
