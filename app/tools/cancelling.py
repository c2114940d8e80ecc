"""What speaks against taking events away unseen: they are over, or nobody said to cancel them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from app.core.ports import Occurrence

_SAID = re.compile(
    r"\b(?:cancel|call\w* .*\boff|delet|remov|drop|scrap|clear|free up|get rid|skip|kill|eras|wip"
    r"|scratch|strike|ax|bin\b|discard|dump|ditch|forget|abort|unbook|unschedul|declin|reject|throw"
    r"|withdraw|revoke|bail|cut|empty|take .*(?:off|out|away)|off\b|out\b|away\b|no longer|no more"
    r"|any ?more\b|\w*(?:not|n['’]?t) (?:need|want)|need(?:n['’]?t| not)"  # noqa: RUF001
    r"|not (?:go|com|tak|happen)\w*|stop|end\b|can(?:not|['’]?t)|won['’]?t)",  # noqa: RUF001
    re.IGNORECASE,
)
"""Words that may mean that something is cancelled."""


def against_cancelling(chosen: Sequence[Occurrence], words: str, now: datetime) -> list[str]:
    """The doubts about taking `chosen` away, given the message `words`; [] for none.

    A small model that misses which tool is meant may take this one: what nobody spoke of
    cancelling is asked about.
    """
    over = len(chosen) == 1 and chosen[0].end.timestamp() <= now.timestamp()
    doubts = ["it is already over"] if over else []
    if words and not _SAID.search(words):
        doubts.append("you did not say to cancel")
    return doubts
