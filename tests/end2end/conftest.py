"""What several tests of the whole program need."""

from __future__ import annotations

import pytest


@pytest.fixture
def short_place(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A place for the window's socket, whose path may have about a hundred bytes.

    A killed window leaves it behind; the next start takes it over.
    """
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("s")))
