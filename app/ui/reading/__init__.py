"""Beside the chat: one message or event, opened to be read."""

from app.ui.reading.pane import ReadingPane

__all__ = ["ReadingPane"]
