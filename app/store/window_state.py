"""window.json: how the window was left, and what was typed and not sent. No Qt here.

Written often, so not synced: it outlasts the process, and perhaps not a power cut. Nobody edits
it, so what cannot be read is no error.
"""

from __future__ import annotations

import json
import stat
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from app.store.atomic import write_atomic
from app.store.columns import utc_text
from app.store.paths import ProfilePaths

_DRAFTS = 20
_DRAFT_LENGTH = 50_000  # characters
_GEOMETRY_LENGTH = 10_000
_VIEW_LENGTH = 40
_SPLITTER_PARTS = 16
_PIXELS = 100_000
_LARGEST_ID = 2**63 - 1

# A character takes six bytes at most ("\u0001").
_LARGEST_FILE = (_DRAFTS * _DRAFT_LENGTH + 100_000) * 6


@dataclass(frozen=True)
class Draft:
    """What stood in the composer of a conversation (0: a new one); `saved_at` is ISO, in UTC."""

    conversation: int
    text: str
    saved_at: str


@dataclass(frozen=True)
class WindowState:
    """How the window was left.

    `geometry` is opaque text the window understands, `view` the name of a view, `conversation`
    the open one (0: a new one), `splitter` widths in pixels. `drafts` has at most one for each
    conversation, newest first.
    """

    geometry: str = ""
    view: str = "ask"
    conversation: int = 0
    splitter: tuple[int, ...] = ()
    drafts: tuple[Draft, ...] = ()

    def draft(self, conversation: int) -> str:
        """What was typed in a conversation and not sent, "" if nothing was."""
        found = (each.text for each in self.drafts if each.conversation == conversation)
        return next(found, "")

    def with_draft(self, conversation: int, text: str, now: datetime) -> WindowState:
        """The same with `text` as the draft of a conversation at `now` (aware); "" removes it.

        The newest 20 are kept, of each the first 50,000 characters.
        """
        others = tuple(each for each in self.drafts if each.conversation != conversation)
        if not text:
            return replace(self, drafts=others)
        draft = Draft(conversation, text[:_DRAFT_LENGTH], utc_text(now))
        return replace(self, drafts=(draft, *others)[:_DRAFTS])


def load_window_state(paths: ProfilePaths) -> WindowState:
    """The state as it was saved; what is missing, damaged or not Phial's is as in `WindowState`."""
    try:
        found = paths.window.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
            return WindowState()
        table = json.loads(paths.window.read_bytes().decode("utf-8", "surrogatepass"))
    except (OSError, ValueError, RecursionError):
        return WindowState()
    if not isinstance(table, dict):
        return WindowState()
    usual = WindowState()
    return WindowState(
        geometry=_text(table.get("geometry"), _GEOMETRY_LENGTH) or usual.geometry,
        view=_text(table.get("view"), _VIEW_LENGTH) or usual.view,
        conversation=_number(table.get("conversation"), _LARGEST_ID) or usual.conversation,
        splitter=_splitter(table.get("splitter")),
        drafts=_drafts(table.get("drafts")),
    )


def save_window_state(paths: ProfilePaths, state: WindowState) -> None:
    """Write the state over the last one, which stays if this fails.

    Raises KnownError as `write_atomic`: "not_found" while there is no profile folder,
    "disk_full", "no_permission" and the others. What was typed is still in the window then.
    """
    text = json.dumps(asdict(state), ensure_ascii=False)
    data = text.encode("utf-8", "surrogatepass")
    write_atomic(paths.window, data, expected_version=None, durable=False)


def _text(value: object, length: int) -> str:
    return value if isinstance(value, str) and len(value) <= length else ""


def _number(value: object, largest: int) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest:
        return value
    return None


def _splitter(value: object) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > _SPLITTER_PARTS:
        return ()
    widths = [_number(each, _PIXELS) for each in value]
    return tuple(width for width in widths if width is not None) if None not in widths else ()


def _drafts(value: object) -> tuple[Draft, ...]:
    if not isinstance(value, list):
        return ()
    newest: dict[int, Draft] = {}
    for draft in sorted(filter(None, map(_draft, value)), key=lambda draft: draft.saved_at):
        newest[draft.conversation] = draft
    return tuple(sorted(newest.values(), key=lambda draft: draft.saved_at, reverse=True)[:_DRAFTS])


def _draft(value: object) -> Draft | None:
    """A draft as it was written; None for anything else."""
    match value:
        case {"conversation": conversation, "text": str(text), "saved_at": str(saved_at)}:
            number = _number(conversation, _LARGEST_ID)
            try:
                saved = utc_text(datetime.fromisoformat(saved_at))
            except (ValueError, OverflowError):
                return None
            return (
                Draft(number, text[:_DRAFT_LENGTH], saved) if text and number is not None else None
            )
    return None
