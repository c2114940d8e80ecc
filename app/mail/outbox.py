"""From a draft to the message that goes out: its date, its sender, and when it may leave.

Works on the text of the draft, so that what somebody wrote with another program stays as it is.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime

from app.mail.addresses import read_addresses
from app.mail.compose import new_message_id
from app.mail.header_lines import address_line, date_line, id_line
from app.mail.model import Address

LATER = "Deferred-Delivery"
"""The header (RFC 2156) of a message that waits: whoever hands it over sends it from that moment
on, without this header."""

_END_OF_HEAD = re.compile(r"\r?\n\r?\n")
_FIELD = re.compile(r"^[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.MULTILINE)
_NAME = re.compile(r"([!-9;-~]+)[ \t]*:")
_MADE_ANEW = frozenset(("date", "x-unsent", LATER.casefold()))


def released(
    draft: str,
    *,
    sender: Address,
    now: datetime,
    not_before: datetime | None = None,
) -> str:
    """The text of a draft as it goes out: dated `now`, or for the moment it waits for.

    It is from whom the draft says, as one of another account may, else from `sender`. `now` and
    `not_before` are aware, in the user's zone. Raises KnownError("bad_address") for a sender that
    is none.
    """
    ends = _END_OF_HEAD.search(draft)
    head, rest = (draft[: ends.start()], draft[ends.start() :]) if ends else (draft, "\r\n\r\n")
    fields = [match[0] for match in _FIELD.finditer(head) if match[0].strip()]
    named = [(match[1].casefold(), field) for field in fields if (match := _NAME.match(field))]
    kept = [field for name, field in named if name not in _MADE_ANEW and name != "from"]
    authors = [field for name, field in named if name == "from" and _is_one_person(field)]
    lines = authors[:1] or [_without_end(address_line("From", (sender,)))]
    lines += kept
    lines.append(_without_end(date_line(not_before or now)))
    if not_before is not None:
        lines.append(f"{LATER}: {format_datetime(not_before)}")
    if all(name != "message-id" for name, _ in named):
        lines.append(_without_end(id_line("Message-ID", (new_message_id(sender),))))
    end = "\r\n" if "\r\n" in draft or "\n" not in draft else "\n"
    return end.join(re.sub(r"\r?\n", end, line) for line in lines) + rest


def _is_one_person(field: str) -> bool:
    authors = read_addresses(field.partition(":")[2])
    return len(authors) == 1 and bool(authors[0].mail)


def _without_end(line: str) -> str:
    return line.removesuffix("\r\n")
