"""Folders of samples: what their sample.toml says, and their files made fit for a profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.core.errors import KnownError
from app.core.ports import Clock
from app.importing.placeholders import resolve
from app.importing.sources import SAMPLE_FILE
from app.store.atomic import file_version
from app.store.paths import ProfilePaths
from app.store.settings import load_settings, read_settings, save_settings


def placed(data: bytes, clock: Clock) -> bytes:
    """A sample file's content with its dates set for that clock, and the line ends of mail.

    Raises KnownError("bad_sample").
    """
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise KnownError(
            "bad_sample", "A sample file is not UTF-8 text.", "Save it as UTF-8."
        ) from None
    return resolve(text.replace("\r\n", "\n"), clock).replace("\n", "\r\n").encode()


def is_empty(paths: ProfilePaths) -> bool:
    """Whether a profile holds no settings, no mail, no calendars and no contacts yet."""
    folders = (paths.mail, paths.calendars, paths.contacts)
    return not paths.settings.exists() and all(
        next(folder.iterdir(), None) is None for folder in folders if folder.is_dir()
    )


def offer_settings(folder: Path, paths: ProfilePaths, clock: Clock) -> bool:
    """Take over a sample's settings where the profile has none; whether that was done.

    The zone is that of `clock`, in which the sample was placed. Raises KnownError:
    "settings_invalid" for the sample's file, or from the disk.
    """
    if file_version(paths.settings):
        return False
    offered = read_settings(folder / SAMPLE_FILE)
    present = load_settings(paths)
    save_settings(
        paths,
        replace(
            present,
            names=offered.names,
            addresses=offered.addresses,
            working_hours=offered.working_hours,
            working_days=offered.working_days,
            calendar=offered.calendar,
            zone=clock.zone.key or present.zone,
        ),
        expected_version="",
    )
    return True
