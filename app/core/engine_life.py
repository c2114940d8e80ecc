"""Where an engine stands between being asked to load and being gone. No generation here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.core.errors import KnownError
from app.core.ports import Capabilities


@dataclass(frozen=True)
class EngineStarting:
    """Its process has been started, also again after a death."""


@dataclass(frozen=True)
class EngineLoading:
    """The model file is being read; `percent` from 0 to 100."""

    percent: int


@dataclass(frozen=True)
class EngineReady:
    """It can generate."""

    capabilities: Capabilities


@dataclass(frozen=True)
class EngineLost:
    """It could not load, or it died."""

    error: KnownError


@dataclass(frozen=True)
class EngineResting:
    """It was put to rest to free its memory; the next request loads it again."""


EngineStage = EngineStarting | EngineLoading | EngineReady | EngineLost | EngineResting

StageListener = Callable[[EngineStage], None]
"""Told of each stage, in whatever thread learns of it; returns at once and never raises."""
