"""The exit statuses of every command."""

from __future__ import annotations

DONE = 0
KNOWN_ERROR = 1
USAGE = 2
WAITING = 3
