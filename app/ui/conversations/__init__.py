"""The list of conversations: finding, opening and keeping them."""

from __future__ import annotations

from app.ui.conversations.pane import ConversationPane

__all__ = ["ConversationPane"]
