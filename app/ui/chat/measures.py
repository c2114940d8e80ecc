"""Lengths on which several parts of the chat agree, in device-independent pixels."""

from __future__ import annotations

from app.ui.theme import SPACE

WIDEST = 760
"""The widest a line of text gets."""

MARGIN = SPACE[0]
"""What a message keeps free around its text, for the mark of focus; frames stand back as much."""
