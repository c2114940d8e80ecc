"""What the suites of the tools share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.calendar_profile import open_profile
from tests.support.tool_desk import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_profile(tmp_path / "p") as profile:
        yield Desk(profile)
