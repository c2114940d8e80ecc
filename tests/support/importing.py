"""Importing into a profile of the test, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from app.core.ports import Clock
from app.importing.importer import Progress, import_files
from app.importing.report import ImportReport
from app.store.paths import ProfilePaths, prepare
from tests.support.calendar_profile import CLOCK

SAMPLE = Path(__file__).resolve().parents[2] / "assets" / "sample"


def bring_in(
    profile: Path,
    *chosen: Path,
    clock: Clock = CLOCK,
    progress: Progress = lambda done, total, what: None,
    stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Import into the profile at that place, which is made if need be."""
    paths = ProfilePaths(profile)
    prepare(paths)
    return import_files(
        chosen, paths, calendar="personal", clock=clock, progress=progress, stop=stop
    )


def files_below(place: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path there."""
    return {
        file.relative_to(place).as_posix(): file.read_bytes()
        for file in sorted(place.rglob("*"))
        if file.is_file()
    }


def mail_of(profile: Path) -> dict[str, bytes]:
    """The messages of the account: content by "FOLDER/NAME"."""
    home = profile / "mail" / "local"
    return {name: data for name, data in files_below(home).items() if name.endswith(".eml")}


def flags_of(profile: Path, folder: str = "Inbox") -> dict[str, list[str]]:
    """What flags.jsonl says of a folder's messages: flags by file name."""
    file = profile / "mail" / "local" / folder / "flags.jsonl"
    if not file.exists():
        return {}
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return {line["name"]: line["flags"] for line in lines}
