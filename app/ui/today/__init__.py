"""What today and tomorrow hold."""

from __future__ import annotations

from app.ui.today.pane import TodayPane

__all__ = ["TodayPane"]
