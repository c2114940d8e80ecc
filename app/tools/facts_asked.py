"""What is asked of which message, as the user's words have it where a call has them half right.

"The event from Priya's invitation" is an event of that message, and of several messages the one
that has what was asked for is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from app.core.errors import AmbiguousError
from app.mail.model import Envelope
from app.mail.store import Mailbox

_KINDS = {
    "event": r"events?|appointments?",
    "date": r"dates?|deadlines?",
    "code": r"codes?|pin",
    "link": r"links?|urls?|website",
    "address": r"address(?:es)?|phone|telephone",
    "tasks": r"tasks?|to-?dos?|action items?",
}
_KIND = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{name}>{words})' for name, words in _KINDS.items())})\b", re.IGNORECASE
)
_OF = re.compile(rf"^(?:the |my |any |all )*(?:{_KIND.pattern})\s+(?:from|in|of)\s+(?=\S)", re.I)


def source_said(reference: str) -> str:
    """The words for the message, without those for what is wanted of it."""
    return _OF.sub("", reference.strip())


def kind_said(what: str, reference: str, words: str) -> str:
    """The kind of fact that is asked for: `what`, unless the message `words` name only another.

    Words of the `reference` do not count: "the mail about the code" may be asked for a date.
    """
    if what == "answer":
        return what
    named = {match.lastgroup for match in _KIND.finditer(words.replace(source_said(reference), ""))}
    (only,) = named if len(named) == 1 else (what,)
    return only or what


def one_with_it(
    error: AmbiguousError, mailbox: Mailbox, has: Callable[[Envelope], bool]
) -> Envelope | None:
    """Of the messages that fit, the only one that has what is asked for; None for none or several.

    One that something is wrong with is never taken without asking.
    """
    fitting = mailbox.envelopes([value for value, _ in error.choices])
    found = [each for each in fitting if not each.warnings and has(each)]
    return found[0] if len(found) == 1 else None
