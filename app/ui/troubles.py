"""Errors as the window shows them. No Qt here."""

from __future__ import annotations

import traceback

from app.core.errors import KnownError
from app.ui.views import Trouble

_BUG = "Phial ran into a mistake of its own and could not finish this. Your data is untouched."
_BUG_HINT = "Try again; if it stays, copy the details and report them."


def trouble_of(error: BaseException) -> Trouble:
    """An error for the window: a KnownError's own words, a bug's traceback as details."""
    if isinstance(error, KnownError):
        return Trouble(error.code, error.message, error.hint, error.details)
    return Trouble("bug", _BUG, _BUG_HINT, "".join(traceback.format_exception(error)))
