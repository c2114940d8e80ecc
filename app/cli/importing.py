"""The command `import`: mail, calendars and contacts from files, with progress and a report."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from app.cli.output import Output
from app.cli.status import DONE
from app.compose.importing import import_into
from app.core.errors import KnownError
from app.core.text import printable
from app.importing.report import ImportReport
from app.importing.wording import report_lines

_REDRAWN_S = 0.1
_WIDTH = 78


def import_command(options: argparse.Namespace, output: Output) -> int:
    """Import the files and folders named, and print what came of it.

    Raises KnownError: "nothing_imported", "stopped", or what ended the import; the report has
    been printed by then.
    """
    profile, now = options.profile, options.now
    with _interrupts() as stop, _progress_line() as progress:
        report = import_into(profile, options.paths, now=now, progress=progress, stop=stop)
    output.line("import", _values(report), "\n".join(report_lines(report)))
    if report.error is not None:
        raise report.error
    if report.stopped:
        raise KnownError(
            "stopped",
            "Stopped. What had come in stays.",
            "Repeat the command to bring in the rest.",
        )
    if not report.found_something:
        raise KnownError(
            "nothing_imported",
            "Nothing was imported.",
            "Name .eml, mbox, .ics or .vcf files, Maildirs, or folders of them.",
        )
    return DONE


def _values(report: ImportReport) -> dict[str, object]:
    return {
        "added": dict(report.added),
        "already_there": dict(report.already_there),
        "left_out": report.left_out_total,
        "reasons": [{"path": each.path, "reason": each.reason} for each in report.left_out],
        "settings": report.settings,
        "stopped": report.stopped,
    }


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """While it runs, the first Ctrl+C is a wish to stop, which the import asks for."""
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        signal.signal(signal.SIGINT, before)  # the next one ends the program

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _progress_line() -> Iterator[Callable[[int, int, str], None]]:
    """One line on a terminal's stderr that is drawn again and again, and gone in the end."""
    drawn = 0.0

    def draw(done: int, total: int, what: str) -> None:
        nonlocal drawn
        now = time.monotonic()
        if now - drawn < _REDRAWN_S:
            return
        drawn = now
        share = f"{100 * done // total:3d} %" if total else " ... "
        name = " ".join(printable(what).split())
        room = _WIDTH - len(share) - 2
        shown = name if len(name) <= room else f"…{name[1 - room :]}"
        _write(f"\r{share}  {shown:<{room}}")

    if not sys.stderr.isatty():
        yield lambda done, total, what: None
        return
    try:
        yield draw
    finally:
        _write(f"\r{'':{_WIDTH}}\r")


def _write(text: str) -> None:
    """Draw on the terminal; one that has gone must not end the import."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, UnicodeEncodeError):
        return
