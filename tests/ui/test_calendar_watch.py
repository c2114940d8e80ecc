"""Another program's change to the calendars is noticed, also in a calendar that is new."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.ui.calendar_watch import CalendarWatch

LIMIT_MS = 10_000


def test_a_file_in_an_old_and_in_a_new_calendar_is_noticed_once(
    qtbot: QtBot, tmp_path: Path
) -> None:
    calendars = tmp_path / "calendars"
    (calendars / "personal").mkdir(parents=True)
    watch = CalendarWatch()
    watch.begin(calendars)
    times: list[int] = []
    watch.changed.connect(lambda: times.append(1))
    with qtbot.waitSignal(watch.changed, timeout=LIMIT_MS):
        for number in range(20):
            (calendars / "personal" / f"{number}.ics").write_text("x")
    assert len(times) == 1
    with qtbot.waitSignal(watch.changed, timeout=LIMIT_MS):
        (calendars / "work").mkdir()
    with qtbot.waitSignal(watch.changed, timeout=LIMIT_MS):
        (calendars / "work" / "a.ics").write_text("x")


def test_a_folder_that_is_not_there_is_no_error(qtbot: QtBot, tmp_path: Path) -> None:
    CalendarWatch().begin(tmp_path / "nowhere")
