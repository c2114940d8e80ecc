"""How tools tell of messages: whom they are from, when they came, what is to be said beside them.

Text from messages is made harmless to show here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.mail.model import OWN, Envelope
from app.tools.people_words import full_label, people_in_short, person_label
from app.tools.wording import clock_time, short_day, shown

CAREFUL = "Careful: "
"""What a warning begins with wherever it is shown."""


def subject_of(envelope: Envelope) -> str:
    """The subject as shown."""
    return shown(envelope.subject) or "(no subject)"


def is_own(envelope: Envelope, own: Collection[str]) -> bool:
    """Whether the user wrote it."""
    return envelope.folder in OWN or envelope.sender.mail in own


def people_of(envelope: Envelope, own: Collection[str]) -> str:
    """Whom it is from; of the user's own whom it goes to ("to Kofi").

    Beside a name that a warning is about stands the address.
    """
    if is_own(envelope, own):
        receivers = (*envelope.to, *envelope.cc, *envelope.bcc)
        return f"to {people_in_short(receivers) or 'nobody yet'}"
    return (full_label if envelope.warnings else person_label)(envelope.sender)


def local_time(envelope: Envelope, zone: ZoneInfo) -> datetime:
    """When it was sent, in the user's zone."""
    return envelope.date.astimezone(zone)


def near_moment(moment: datetime, today: date, *, inside: bool = False) -> str:
    """Today 09:12, Yesterday 17:05, Mon 16 Nov 08:00, with the year where it is not this one.

    `inside` a sentence it is "today" and "yesterday".
    """
    near = {0: "Today", 1: "Yesterday"}.get((today - moment.date()).days, "")
    day = (near.lower() if inside else near) or short_day(moment.date(), today)
    return f"{day} {clock_time(moment)}"


def message_line(
    envelope: Envelope, own: Collection[str], zone: ZoneInfo, today: date, *, near: bool = False
) -> str:
    """Wed 18 Nov 09:12 Bob: Invoice 214; with `near`, "Today 09:12 Bob: …"."""
    at = local_time(envelope, zone)
    when = near_moment(at, today) if near else f"{short_day(at.date(), today)} {clock_time(at)}"
    return f"{when} {people_of(envelope, own)}: {subject_of(envelope)}"


def title_and_people(envelope: Envelope, own: Collection[str]) -> str:
    """'Invoice 214' from Bob, 'Re: plans' to Kofi."""
    people = people_of(envelope, own)
    return f"'{subject_of(envelope)}' {people if is_own(envelope, own) else f'from {people}'}"


def message_data(envelope: Envelope, zone: ZoneInfo) -> dict[str, object]:
    """A message without its text, for scripts; its date in `zone`, its people as shown."""
    return {
        "id": envelope.id,
        "from": person_label(envelope.sender),
        "address": envelope.sender.mail,
        "to": [person_label(each) for each in envelope.to],
        "subject": shown(envelope.subject),
        "date": local_time(envelope, zone).isoformat(),
        "folder": shown(envelope.folder),
        "unread": envelope.unread,
        "flagged": envelope.flagged,
        "labels": [shown(each) for each in envelope.labels],
        "attachments": [shown(each) for each in envelope.attachments],
        "warnings": list(envelope.warnings),
    }
