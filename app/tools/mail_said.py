"""What was looked for in the mail, and what was found, in words."""

from __future__ import annotations

from app.core.text import counted
from app.tools.message_words import MailWanted
from app.tools.people import is_me
from app.tools.wording import listed, shown


def named(wanted: MailWanted) -> str:
    """What was looked for, behind "Nothing": " unread from Bob about 'invoice' in Archive"."""
    kinds = ["unread" if wanted.unread else "read"] if wanted.unread is not None else []
    kinds += ["flagged"] if wanted.flagged else []
    kinds += ["among newsletters"] if wanted.bulk else []
    return "".join(f" {part}" for part in (*kinds, *_particulars(wanted)))


def counted_mail(count: int, wanted: MailWanted) -> str:
    """What was found: "3 unread newsletters from Bob"."""
    kinds = ["unread" if wanted.unread else "read"] if wanted.unread is not None else []
    kinds += ["flagged"] if wanted.flagged else []
    noun = counted(count, " ".join([*kinds, "newsletter" if wanted.bulk else "message"]))
    return " ".join([noun, *_particulars(wanted)])


def _particulars(wanted: MailWanted) -> list[str]:
    parts = []
    for lead, names in (
        ("from", wanted.senders),
        ("to", wanted.recipients),
        ("with", wanted.company),
    ):
        if names:
            said = ["you" if is_me(name) else shown(name) for name in names]
            parts.append(f"{lead} {listed(said, 'or')}")
    if wanted.sent:
        parts.append("from you")
    if wanted.words:
        parts.append(f"about '{shown(' '.join(wanted.words))}'")
    if wanted.attachments:
        parts.append("with attachments")
    if wanted.label:
        parts.append(f"labelled '{shown(wanted.label)}'")
    if wanted.folder:
        parts.append(f"in {shown(wanted.folder)}")
    if wanted.stretch is not None:
        parts.append(wanted.stretch.said)
    return parts


def borrowed_name(count: int) -> str:
    """The sentence about messages of others under a known name, "" for none."""
    if not count:
        return ""
    verb = "uses" if count == 1 else "use"
    return f"{counted(count, 'other message')} {verb} this name from an address you do not know."
