"""An import into a profile, joined: the profile's lock, its settings and clock, and the rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from app.compose import clock_for
from app.importing.importer import Progress, import_files
from app.importing.report import ImportReport
from app.mail.flags import tidy
from app.store.lock import ProfileLock
from app.store.paths import prepare, profile_paths
from app.store.settings import load_settings

SAMPLE = Path(__file__).resolve().parents[2] / "assets" / "sample"


def import_into(
    profile: Path | None,
    chosen: Sequence[Path],
    *,
    now: str = "",
    progress: Progress = lambda done, total, what: None,
    stop: Callable[[], bool] = lambda: False,
) -> ImportReport:
    """Import files and folders into a profile; see `import_files`.

    Raises KnownError if the profile is in use, damaged or cannot be written.
    """
    paths = profile_paths(profile)
    prepare(paths)
    with ProfileLock(paths):
        tidy(paths.mail)
        settings = load_settings(paths)
        return import_files(
            chosen,
            paths,
            calendar=settings.calendar,
            clock=clock_for(settings, now),
            progress=progress,
            stop=stop,
        )
