"""Importing from the window: chosen in the settings, told while it goes on, ended by Stop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app.ui.views import ImportView
from tests.support.calendar_profile import berlin
from tests.support.mail_profile import eml
from tests.support.window_driver import Driver, open_window
from tests.support.window_parts import says, window_parts


@pytest.fixture
def window(profile: Path, qtbot: QtBot) -> Iterator[Driver]:
    with open_window(window_parts(profile, says("Yes.")), qtbot) as driver:
        yield driver


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with an event of today, a message, and a file that is neither."""
    made = tmp_path / "old"
    made.mkdir()
    event = berlin("dentist", "20261118T150000", "20261118T154500")
    (made / "events.ics").write_text(event, newline="")
    (made / "letter.eml").write_text(eml("Invoice 214"), newline="")
    (made / "broken.ics").write_text("BEGIN:VCALENDAR")
    return made


def panel(window: Driver):  # type: ignore[no-untyped-def]
    window.control(Qt.Key.Key_Comma)
    return window.window.settings.page.importing


def test_a_chosen_folder_comes_in_and_is_reported(
    window: Driver, profile: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    settings = panel(window)
    settings.folder.setFocus()
    window.press(Qt.Key.Key_Return)
    window.until(lambda: "Imported 1 message and 1 event." in settings.report.text())
    assert "broken.ics" in settings.report.accessibleName()
    assert not settings.stop.isVisible()
    assert len(list((profile / "mail/local/Inbox").glob("*.eml"))) == 1
    window.until(lambda: any("dentist" in each.title for each in events(window)))


def events(window: Driver):  # type: ignore[no-untyped-def]
    model = window.window.today.list.model()
    rows = [model.row_at(model.index(row, 0)) for row in range(model.rowCount())]
    return [row.event for row in rows if row is not None and row.event is not None]


def test_stop_ends_it_and_what_came_in_stays(
    window: Driver, profile: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mbox = tmp_path / "many.mbox"
    with mbox.open("w") as file:
        for number in range(20_000):
            file.write(f"From x Mon Nov 16 09:00:00 2026\nSubject: {number}\n\nText.\n\n")
    seen: list[ImportView] = []
    window.bridge.import_changed.connect(seen.append)
    settings = panel(window)
    window.bridge.import_files((mbox,))
    window.until(lambda: any(view.running and view.percent for view in seen))
    assert settings.stop.isVisible()
    assert not settings.files.isEnabled()
    settings.stop.click()
    window.until(lambda: seen[-1].lines)
    assert "Stopped" in settings.report.text()
    came = len(list((profile / "mail/local").rglob("*.eml")))
    assert 0 < came < 20_000
