"""The settings view; the page itself is made when it is first looked at."""

from __future__ import annotations

from app.ui.settings.late import LateSettings

__all__ = ["LateSettings"]
