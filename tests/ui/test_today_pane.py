"""Today and tomorrow: what is over, what is running, what overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.theme import section_font
from app.ui.today import TodayPane
from app.ui.today.delegate import wrapped
from app.ui.today.model import ROW, Standing
from app.ui.views import DayEvent, DayView, TodayView

K = Qt.Key
DAY = datetime(2026, 11, 20, tzinfo=UTC)


def at(clock: str) -> datetime:
    hours, minutes = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(minutes))


def event(title: str, start: str, end: str, *, where: str = "", overlaps: bool = False) -> DayEvent:
    return DayEvent(title, title, f"{start}–{end}", at(start), at(end), where, overlaps)


BIRTHDAY = DayEvent("b", "Birthday", "all day", DAY, DAY + timedelta(days=1), all_day=True)
EVENTS = (
    BIRTHDAY,
    event("Stand-up", "09:30", "10:00", where="Room 4", overlaps=True),
    event("Anna", "15:00", "16:00", where="Café"),
    event("Dentist", "15:30", "16:15", overlaps=True),
)
VIEW = TodayView(
    at("09:45"),
    (
        DayView(DAY.date(), "Today, Friday 20 November", EVENTS),
        DayView(DAY.date() + timedelta(days=1), "Tomorrow, Saturday 21 November", ()),
    ),
)


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[TodayPane]:
    window = QWidget()
    column = QVBoxLayout(window)
    column.addWidget(QLineEdit())
    shown = TodayPane()
    column.addWidget(shown)
    window.resize(260, 600)
    qtbot.addWidget(window)
    shown.show_today(VIEW)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield shown


def texts(pane: TodayPane) -> list[str]:
    model = pane.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def aloud(pane: TodayPane, title: str) -> str:
    index = pane.list.model().index(texts(pane).index(title), 0)
    return str(index.data(Qt.ItemDataRole.AccessibleTextRole))


def standing(pane: TodayPane, title: str) -> Standing:
    found: Standing = pane.list.model().index(texts(pane).index(title), 0).data(ROW).standing
    return found


def height(pane: TodayPane, title: str) -> int:
    return pane.list.visualRect(pane.list.model().index(texts(pane).index(title), 0)).height()


def test_days_stand_under_their_headings(pane: TodayPane) -> None:
    assert texts(pane) == [
        "Today, Friday 20 November",
        "Birthday",
        "Stand-up",
        "Anna",
        "Dentist",
        "Tomorrow, Saturday 21 November",
        "Nothing planned.",
    ]


def test_an_event_is_read_aloud_with_all_that_is_seen(pane: TodayPane) -> None:
    assert aloud(pane, "Stand-up") == "09:30 to 10:00, Stand-up, Room 4, overlaps, now"
    assert aloud(pane, "Anna") == "15:00 to 16:00, Anna, Café"
    assert aloud(pane, "Dentist") == "15:30 to 16:15, Dentist, overlaps"
    assert aloud(pane, "Birthday") == "all day, Birthday"


def test_the_clock_moves_the_mark(pane: TodayPane) -> None:
    assert standing(pane, "Stand-up") is Standing.NOW
    pane.tick(at("10:00"))
    assert standing(pane, "Stand-up") is Standing.OVER
    assert standing(pane, "Anna") is Standing.COMING
    pane.tick(at("15:00"))
    assert standing(pane, "Anna") is Standing.NOW
    assert aloud(pane, "Stand-up") == "09:30 to 10:00, Stand-up, Room 4, overlaps, over"


def test_an_all_day_event_is_over_only_with_its_day(pane: TodayPane) -> None:
    for moment in (at("00:00"), at("23:59")):
        pane.tick(moment)
        assert standing(pane, "Birthday") is Standing.COMING
    pane.tick(DAY + timedelta(days=1))
    assert standing(pane, "Birthday") is Standing.OVER


def test_the_mark_is_drawn(pane: TodayPane, qtbot: QtBot) -> None:
    tall = height(pane, "Anna")
    before = pane.list.grab().toImage()
    pane.tick(at("15:10"))
    qtbot.waitUntil(lambda: height(pane, "Anna") > tall)
    assert pane.list.grab().toImage() != before


def test_a_tick_before_anything_is_read_is_nothing(qtbot: QtBot) -> None:
    empty = TodayPane()
    qtbot.addWidget(empty)
    empty.tick(at("10:00"))
    assert texts(empty) == []


def test_tab_reaches_the_events_and_arrows_skip_the_headings(pane: TodayPane, qtbot: QtBot) -> None:
    pane.tick(at("10:30"))
    field = pane.window().findChild(QLineEdit)
    field.setFocus()
    qtbot.keyClick(field, K.Key_Tab)
    assert pane.list.hasFocus()
    assert pane.list.currentIndex().data() == "Birthday"
    reached = []
    for _ in range(4):
        qtbot.keyClick(pane.list, K.Key_Down)
        reached.append(pane.list.currentIndex().data())
    assert reached == ["Stand-up", "Anna", "Dentist", "Dentist"]
    qtbot.keyClick(pane.list, K.Key_Tab)
    assert QApplication.focusWidget() is field


def test_the_focus_begins_at_what_is_not_over(pane: TodayPane) -> None:
    pane.show_today(TodayView(at("10:30"), (DayView(DAY.date(), "Today", EVENTS[1:]),)))
    pane.list.setFocus()
    assert pane.list.currentIndex().data() == "Anna"


NOTHING = TodayView(
    at("08:00"),
    (DayView(DAY.date(), "Today", ()), DayView(DAY.date(), "Tomorrow", ())),
    next="Next: Mon 23 Nov 12:00 lunch with Anna",
)


def test_two_empty_days_name_what_comes_next(pane: TodayPane) -> None:
    pane.show_today(NOTHING)
    assert texts(pane)[-1] == "Next: Mon 23 Nov 12:00 lunch with Anna"
    assert height(pane, texts(pane)[-1]) > height(pane, "Nothing planned.")
    pane.show_today(replace(NOTHING, days=VIEW.days))
    assert "Next: Mon 23 Nov 12:00 lunch with Anna" not in texts(pane)


def test_tab_passes_by_days_without_events(pane: TodayPane, qtbot: QtBot) -> None:
    pane.show_today(NOTHING)
    field = pane.window().findChild(QLineEdit)
    field.setFocus()
    qtbot.keyClick(field, K.Key_Tab)
    assert field.hasFocus()
    pane.show_today(VIEW)
    qtbot.keyClick(field, K.Key_Tab)
    assert pane.list.hasFocus()


def test_the_row_that_has_the_focus_is_drawn_before_an_arrow_is_pressed(
    pane: TodayPane, qtbot: QtBot
) -> None:
    pane.tick(at("08:00"))
    field = pane.window().findChild(QLineEdit)
    field.setFocus()
    before = pane.list.grab().toImage()
    qtbot.keyClick(field, K.Key_Tab)
    assert pane.list.grab().toImage() != before
    later = replace(VIEW, days=(DayView(DAY.date(), "Today", (event("Tea", "17:00", "18:00"),)),))
    pane.show_today(later)
    assert pane.list.currentIndex().data() == "Tea"


def test_reading_again_keeps_the_focus(pane: TodayPane) -> None:
    pane.list.setFocus()
    pane.list.setCurrentIndex(pane.list.model().index(texts(pane).index("Anna"), 0))
    pane.show_today(TodayView(at("10:00"), (DayView(DAY.date(), "Today", EVENTS[2:]),)))
    assert pane.list.currentIndex().data() == "Anna"


def test_what_could_not_be_read_is_a_note(pane: TodayPane) -> None:
    assert not pane.problem.isVisible()
    pane.show_today(TodayView(VIEW.now, VIEW.days, "One file could not be read."))
    assert pane.problem.isVisible() and pane.problem.text() == "One file could not be read."
    pane.show_today(VIEW)
    assert not pane.problem.isVisible()


def test_the_full_title_is_in_the_tooltip_and_never_markup(pane: TodayPane) -> None:
    nasty = event("<img src='file:///x'> " + "long " * 40, "09:00", "10:00", where="Room <4>")
    pane.show_today(TodayView(at("08:00"), (DayView(DAY.date(), "Today", (nasty,)),)))
    tooltip = pane.list.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tooltip and "&lt;img" in tooltip
    assert tooltip.count("long") == 40 and "Room &lt;4&gt;" in tooltip


def test_a_long_title_takes_two_lines_at_most(pane: TodayPane) -> None:
    events = tuple(event(title, "17:00", "17:30") for title in ("Tea", "words " * 8, "words " * 80))
    pane.show_today(TodayView(at("08:00"), (DayView(DAY.date(), "Today", events),)))
    heights = [height(pane, each.title) for each in events]
    assert heights[1] == heights[2]
    font = pane.list.font()
    assert wrapped("Tea", font, 150, 2) == ["Tea"]
    lines = wrapped("words " * 80, font, 150, 2)
    assert len(lines) == 2 and lines[1].endswith("…")
    assert all(QFontMetrics(font).horizontalAdvance(line) <= 150 for line in lines)
    assert wrapped("", font, 150, 2) == ["(no title)"]


def test_a_word_without_end_is_broken(qtbot: QtBot) -> None:
    lines = wrapped("x" * 500, section_font(), 150, 2)
    assert len(lines) == 2 and lines[1].endswith("…")


def test_a_narrow_pane_puts_the_times_above(pane: TodayPane, qtbot: QtBot) -> None:
    one = (event("Tea", "17:00", "17:30", where="Kitchen"),)
    pane.show_today(TodayView(at("08:00"), (DayView(DAY.date(), "Today", one),)))
    wide = height(pane, "Tea")
    letters = QFontMetrics(pane.list.font()).horizontalAdvance
    pane.list.setFixedWidth(letters("17:00–17:30") + 24)
    qtbot.waitUntil(lambda: height(pane, "Tea") > wide)
    above = height(pane, "Tea")
    pane.list.setFixedWidth(letters("17:00–1"))
    qtbot.waitUntil(lambda: height(pane, "Tea") > above)
