"""The line at the bottom: the model, where it runs, and the connections."""

from __future__ import annotations

from app.ui.status.status_line import StatusLine

__all__ = ["StatusLine"]
