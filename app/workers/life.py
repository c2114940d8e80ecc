"""What a worker tells of its child's lives, and the error of one that ended. No process here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.core.errors import KnownError


class WorkerFailed(KnownError):
    """A child process could not do its work; it is started again by the next request.

    `code`: worker_died, worker_silent, worker_garbage, worker_not_ready, worker_closed,
    request_refused, gave_up, or what the child gave as the reason why it is not ready. `details`
    are the last lines of its stderr, for "Copy details".
    """


@dataclass(frozen=True)
class Early:
    """A line the child sent before it was ready."""

    line: Mapping[str, object]


@dataclass(frozen=True)
class Ready:
    """The child's ready line."""

    line: Mapping[str, object]


@dataclass(frozen=True)
class Over:
    """A life of the child is over; `failure` says why ("worker_closed" where that was asked)."""

    failure: WorkerFailed


@dataclass(frozen=True)
class Rested:
    """A life of the child was ended to free its memory; the next request begins another."""


Lived = Early | Ready | Over | Rested

LifeListener = Callable[[Lived], None]
"""Told of a child's life as it goes, in the thread that reads from the child; an `Over` or a
`Rested` is the last of each life.

Whoever waits for what happened goes on only afterwards, so it must return soon, must not raise,
and must not call the worker. These two may come from a thread that ended the child instead.
"""
