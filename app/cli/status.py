"""The exit statuses of every command."""

from __future__ import annotations

DONE = 0
KNOWN_ERROR = 1
WAITING = 3
