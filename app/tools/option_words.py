"""The options of a proposal in words: what there is to weigh, and how they are offered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.core.proposals import Option


def weighed(option: Option, reasons: Iterable[str], *, doubtful: bool = True) -> Option:
    """The option with more to know before a yes; a `doubtful` one is never done without asking."""
    words = "; ".join(each for each in (option.reason, *reasons) if each)
    return replace(option, reason=words, doubtful=option.doubtful or doubtful)


def with_reason(option: Option) -> str:
    """Fri 20 Nov 15:00\u201316:00 (also free)."""
    return f"{option.label} ({option.reason})" if option.reason else option.label
