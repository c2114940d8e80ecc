"""The settings as a page that saves each field when it is left."""

from __future__ import annotations

from app.ui.settings.page import SettingsPage

__all__ = ["SettingsPage"]
