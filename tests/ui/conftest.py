"""What every test of the window gets."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def quick_collections() -> None:
    """What the imports made stays; it need not be looked at after each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def garbage_in_this_thread() -> Iterator[None]:
    """Dead windows are destroyed here and not in a lane of the next test (see `app.ui.garbage`)."""
    gc.disable()
    yield
    gc.enable()
    gc.collect()
