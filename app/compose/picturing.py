"""A picture of the window over a profile, for the demo."""

from __future__ import annotations

from pathlib import Path

from app.compose.windowed import Choices, WindowParts
from app.core.errors import KnownError


def picture_of(choices: Choices, conversation: int, target: Path) -> None:
    """Save how the window shows a conversation. Raises KnownError("picture_failed")."""
    try:
        from app.ui.bridge import Bridge
        from app.ui.picture import take_picture
    except ImportError as error:  # a library of the system that Qt needs
        raise KnownError(
            "picture_failed",
            f"The picture could not be taken: {error}.",
            "Install what is named there; ./run does so on Debian and Ubuntu.",
        ) from error
    take_picture(lambda: Bridge(WindowParts(choices)), conversation, target)
