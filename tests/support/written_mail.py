"""What the tools that write mail have left in a profile."""

from __future__ import annotations

from app.mail.mime import Headers, read_headers
from tests.support.tool_desk import Desk


def written(desk: Desk, folder: str) -> list[bytes]:
    """The messages in Drafts or Outbox, by file name."""
    place = desk.profile.root / "mail" / "local" / folder
    return [file.read_bytes() for file in sorted(place.glob("*.eml"))]


def recipients(headers: Headers) -> list[str]:
    """Everybody a message goes to."""
    return [each.mail for each in (*headers.to, *headers.cc, *headers.bcc)]


def planned(text: str | None) -> Headers:
    """The headers of a message that a change would write."""
    return read_headers((text or "").encode())
