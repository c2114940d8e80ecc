"""An import into a profile, joined: the profile's lock, its settings and clock, and the rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

from app.compose import clock_for
from app.core.errors import KnownError
from app.importing.importer import Progress, import_files
from app.importing.report import MESSAGES, ImportReport
from app.mail.flags import tidy
from app.mail.store import Mailbox
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths, prepare, profile_paths
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
        report = import_files(
            chosen,
            paths,
            calendar=settings.calendar,
            clock=clock_for(settings, now),
            progress=progress,
            stop=stop,
        )
        index_mail(paths, report, progress, stop)
        return report


def index_mail(
    paths: ProfilePaths, report: ImportReport, progress: Progress, stop: Callable[[], bool]
) -> None:
    """Take what came in into the index of mail now, while somebody sees the progress.

    The next look at the mail would do it without telling. What goes wrong here is told then.
    """
    if not report.added.get(MESSAGES) or report.error is not None:
        return
    with suppress(KnownError), ExitStack() as stack:
        connection = stack.enter_context(closing(open_database(paths)))
        mailbox = stack.enter_context(closing(Mailbox(paths, DatabaseIdMap(connection))))
        mailbox.refresh(lambda done, total: progress(done, total, "the new mail"), stop)
