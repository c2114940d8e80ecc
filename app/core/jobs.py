"""Where work may run. A lane is one queue with a fixed number of workers."""

from __future__ import annotations

from enum import Enum


class Lane(Enum):
    """ENGINE: the model, one at a time. STORE: files and databases, one. IO: network, four."""

    ENGINE = 1
    STORE = 2
    IO = 4
