"""The status line: what it says, how it shortens, and what it explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.ui.status import StatusLine
from app.ui.status.popup import Popup
from app.ui.status.status_line import Segment
from app.ui.views import Connections, EngineStage, EngineStatus

K = Qt.Key

READY = EngineStatus(
    EngineStage.READY,
    starter=True,
    name="starter",
    backend="cpu",
    threads=2,
    context=4096,
    used=212,
)
CHOSEN = replace(
    READY, file="/home/ada/models/phi-4-mini.gguf", starter=False, name="Phi-4-mini Q4_K_M"
)
FAILED = EngineStatus(
    EngineStage.FAILED,
    file="/home/ada/models/broken.gguf",
    starter=False,
    message="The file ends too early.",
    hint="Choose another file.",
    details="llama_model_load: error",
)


@pytest.fixture
def line(qtbot: QtBot) -> Iterator[StatusLine]:
    window = QWidget()
    column = QVBoxLayout(window)
    column.setContentsMargins(0, 0, 0, 0)
    column.addStretch(1)
    shown = StatusLine()
    column.addWidget(shown)
    window.resize(720, 480)
    qtbot.addWidget(window)
    shown.show_engine(READY)
    shown.show_connections(Connections())
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    yield shown


def shown(line: StatusLine) -> list[str]:
    segments = (line.model, line.backend, line.context, line.connections)
    return [each.accessibleName() for each in segments if each.isVisible()]


def open_popup(qtbot: QtBot, segment: QPushButton, key: Qt.Key = K.Key_Space) -> Popup:
    segment.setFocus()
    qtbot.keyClick(segment, key)
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, Popup)
    return popup


def words(popup: Popup) -> list[str]:
    labels = [label for label in popup.findChildren(QLabel) if not label.isHidden()]
    return [label.accessibleName() for label in labels]


def buttons(popup: Popup) -> list[str]:
    return [button.text() for button in popup.buttons]


def press(qtbot: QtBot, popup: Popup, name: str) -> None:
    (button,) = (each for each in popup.buttons if each.text() == name)
    button.setFocus()
    qtbot.keyClick(button, K.Key_Return)


def test_the_line_tells_model_place_context_and_connections(line: StatusLine) -> None:
    assert shown(line) == [
        "Starter model",
        "CPU, 2 threads",
        "212 of 4,096 tokens",
        "0 connections",
    ]
    line.show_engine(CHOSEN)
    line.show_connections(Connections(1, ("localhost:1",)))
    assert shown(line)[0] == "Phi-4-mini Q4_K_M"
    assert shown(line)[-1] == "1 connection"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (EngineStatus(EngineStage.OFF), "Model not started"),
        (EngineStatus(EngineStage.CHECKING), "Checking the model file"),
        (EngineStatus(EngineStage.STARTING), "Starting the model"),
        (EngineStatus(EngineStage.LOADING, percent=42), "Loading the model, 42 %"),
        (EngineStatus(EngineStage.RESTING), "Asleep; wakes with your next request"),
        (FAILED, "The model could not be started"),
    ],
)
def test_the_stages_of_the_model_stand_alone(
    line: StatusLine, status: EngineStatus, expected: str
) -> None:
    line.show_engine(status)
    assert shown(line) == [expected, "0 connections"]
    assert line.model.text() == expected


def test_a_model_without_a_name_has_its_files(line: StatusLine) -> None:
    line.show_engine(replace(CHOSEN, name=""))
    assert shown(line)[0] == "phi-4-mini.gguf"


DIED = replace(
    FAILED, message="The engine process crashed; your data is untouched.", hint="", died=True
)


def test_a_model_that_was_ready_and_died_has_stopped(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(DIED)
    assert shown(line) == ["The model stopped", "0 connections"]
    popup = open_popup(qtbot, line.model)
    assert popup.accessibleName() == "The model stopped"
    assert words(popup)[1:3] == [DIED.message, "Your next request starts it again."]
    assert popup.accessibleDescription().count("untouched") == 1
    with qtbot.waitSignal(line.retry_wanted):
        press(qtbot, popup, "Start it now")
    line.show_engine(replace(DIED, message="It fell silent."))
    popup = open_popup(qtbot, line.model)
    assert "Your data is untouched." in words(popup)
    qtbot.keyClick(popup, K.Key_Escape)


def test_the_open_popup_follows_the_model(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(CHOSEN)
    popup = open_popup(qtbot, line.model)
    popup.buttons[1].setFocus()
    line.show_engine(FAILED)
    assert FAILED.message in words(popup) and buttons(popup)[0] == "Try again"
    assert QApplication.focusWidget().text() == "Use the starter model"
    line.show_engine(EngineStatus(EngineStage.LOADING, percent=42))
    assert "Loading the model, 42 %." in words(popup)
    assert FAILED.message not in words(popup)
    assert buttons(popup) == ["Choose another file…"] and popup.buttons[0].hasFocus()
    qtbot.keyClick(popup.buttons[0], K.Key_Escape)
    assert QApplication.activePopupWidget() is None
    line.show_engine(READY)


def test_a_popup_whose_part_is_gone_closes(line: StatusLine, qtbot: QtBot) -> None:
    open_popup(qtbot, line.backend)
    line.show_engine(FAILED)
    assert QApplication.activePopupWidget() is None
    assert line.model.hasFocus()


def test_connections_are_counted_while_they_are_explained(line: StatusLine, qtbot: QtBot) -> None:
    popup = open_popup(qtbot, line.connections)
    line.show_connections(Connections(1, ("localhost:1",)))
    assert words(popup)[0] == "1 connection" and words(popup)[-1] == "localhost:1"
    qtbot.keyClick(popup, K.Key_Escape)


def test_a_part_is_described_in_plain_text(line: StatusLine) -> None:
    for segment in (line.model, line.backend, line.context, line.connections):
        spoken = QAccessible.queryAccessibleInterface(segment)
        described = spoken.text(QAccessible.Text.Description)
        assert described and "<" not in described


def test_a_failure_has_a_mark_and_recovery_takes_it_away(line: StatusLine) -> None:
    assert line.model.icon().isNull()
    line.show_engine(FAILED)
    assert not line.model.icon().isNull()
    line.show_engine(READY)
    assert line.model.icon().isNull()


def test_one_thread_is_not_threads(line: StatusLine) -> None:
    line.show_engine(replace(READY, threads=1))
    assert "CPU, 1 thread" in shown(line)
    line.show_engine(replace(READY, threads=0, backend="vulkan"))
    assert "Vulkan" in shown(line)


def is_whole(segment: Segment) -> bool:
    return segment.fontMetrics().horizontalAdvance(segment.text()) <= segment.width()


@pytest.mark.parametrize("points", [10.5, 21.0])
@pytest.mark.parametrize("width", [1180, 720])
def test_nothing_is_cut(line: StatusLine, qtbot: QtBot, points: float, width: int) -> None:
    font = line.font()
    font.setPointSizeF(points)
    segments = (line.model, line.backend, line.context, line.connections)
    for each in (line, *segments):
        each.setFont(font)
    line.show_engine(replace(CHOSEN, name="A-model-with-a-very-long-name-32B-instruct Q4_K_M"))
    line.show_connections(Connections(12))
    line.window().resize(width, 480)
    qtbot.wait(1)
    assert line.window().width() == width
    right = -1
    for each in segments:
        assert each.x() > right and is_whole(each)
        right = each.x() + each.width()
    assert right <= line.width()


def test_the_name_of_the_model_gives_way_first(line: StatusLine, qtbot: QtBot) -> None:
    name = "A-model-with-a-very-long-name-that-goes-on-and-on-and-on-32B-instruct Q4_K_M"
    line.show_engine(replace(CHOSEN, name=name))
    assert "…" in line.model.text()
    assert line.context.text() == "212 of 4,096 tokens"
    assert line.model.accessibleName() == name and name[:12] in line.model.toolTip()
    line.window().resize(1400, 480)
    qtbot.waitUntil(lambda: line.model.text() == name)


def test_where_that_is_not_enough_fewer_words_are_used(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(CHOSEN)
    line.window().setMinimumWidth(1)
    line.window().resize(360, 480)
    qtbot.waitUntil(lambda: line.context.text() == "5 % used")
    assert line.backend.text() == "CPU"
    assert line.context.accessibleName() == "212 of 4,096 tokens"


def test_tab_goes_along_the_line(line: StatusLine, qtbot: QtBot) -> None:
    line.model.setFocus()
    for expected in (line.backend, line.context, line.connections):
        qtbot.keyClick(QApplication.focusWidget(), K.Key_Tab)
        assert expected.hasFocus()


@pytest.mark.parametrize("key", [K.Key_Space, K.Key_Return])
def test_a_key_opens_and_escape_closes_and_gives_the_focus_back(
    line: StatusLine, qtbot: QtBot, key: Qt.Key
) -> None:
    for segment in (line.model, line.backend, line.context, line.connections):
        popup = open_popup(qtbot, segment, key)
        assert popup.isAncestorOf(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), K.Key_Escape)
        assert QApplication.activePopupWidget() is None
        assert segment.hasFocus()


def test_the_starter_model_can_be_replaced(line: StatusLine, qtbot: QtBot) -> None:
    popup = open_popup(qtbot, line.model)
    assert buttons(popup) == ["Choose another file…"]
    assert "comes with Phial" in popup.accessibleDescription()
    with qtbot.waitSignal(line.model_wanted):
        press(qtbot, popup, "Choose another file…")
    assert QApplication.activePopupWidget() is None


def test_a_chosen_model_can_be_given_up(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(CHOSEN)
    popup = open_popup(qtbot, line.model)
    assert buttons(popup) == ["Choose another file…", "Use the starter model"]
    assert CHOSEN.file in words(popup)
    with qtbot.waitSignal(line.starter_wanted):
        press(qtbot, popup, "Use the starter model")


def test_a_failure_is_explained_with_ways_out(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(FAILED)
    popup = open_popup(qtbot, line.model)
    assert {FAILED.message, FAILED.hint, FAILED.file} <= set(words(popup))
    assert buttons(popup) == [
        "Try again",
        "Choose another file…",
        "Use the starter model",
        "Copy details",
    ]
    press(qtbot, popup, "Copy details")
    assert QApplication.clipboard().text() == FAILED.details
    assert popup.isVisible()
    with qtbot.waitSignal(line.retry_wanted):
        press(qtbot, popup, "Try again")


MINI = replace(
    CHOSEN,
    memory_bytes=3_812_000_000,
    trained_context=131_072,
    kv_type="f16",
    tools_native=True,
)


def said_of(line: StatusLine, qtbot: QtBot, status: EngineStatus) -> str:
    """What the popup of the model says of it."""
    line.show_engine(status)
    popup = open_popup(qtbot, line.model)
    said = popup.accessibleDescription()
    qtbot.keyClick(QApplication.focusWidget(), K.Key_Escape)
    return said


def test_the_model_says_how_far_it_looks_and_what_it_takes(line: StatusLine, qtbot: QtBot) -> None:
    said = said_of(line, qtbot, MINI)
    assert "4,096 tokens at once" in said and "212 of them" in said
    assert "made for up to 131,072" in said
    assert "about 3.8 GB of memory" in said
    assert "trained to use tools" in said
    for not_so in ("LongRoPE", "compact", "f16", "thinks"):
        assert not_so not in said


def test_a_long_range_and_a_compact_context_are_told(line: StatusLine, qtbot: QtBot) -> None:
    said = said_of(line, qtbot, replace(MINI, context=131_072, long_rope=True, kv_type="q8_0"))
    assert "LongRoPE" in said and "compact form (q8_0)" in said
    assert "made for" not in said


def test_a_model_that_thinks_says_what_it_is_not_for(line: StatusLine, qtbot: QtBot) -> None:
    said = said_of(line, qtbot, replace(MINI, reasoning=True, tools_native=False))
    assert "This model does not work on mail and calendar; choose Phi-4-mini for that." in said
    assert "explains mail and calendar" not in said
    said = said_of(line, qtbot, replace(MINI, tools_native=False))
    assert "explains mail and calendar to it" in said


def test_a_model_that_is_asleep_can_be_woken(line: StatusLine, qtbot: QtBot) -> None:
    asleep = replace(MINI, stage=EngineStage.RESTING, used=0)
    assert "GB" not in said_of(line, qtbot, asleep)
    popup = open_popup(qtbot, line.model)
    assert words(popup)[0] == MINI.name
    assert words(popup)[1].startswith("Asleep; wakes with your next request.")
    with qtbot.waitSignal(line.wake_wanted):
        press(qtbot, popup, "Wake it now")


def test_a_popup_has_no_scroll_bar_where_there_is_room(line: StatusLine, qtbot: QtBot) -> None:
    line.window().resize(720, 760)
    for status in (MINI, replace(MINI, reasoning=True), replace(MINI, name="A" * 30)):
        line.show_engine(status)
        popup = open_popup(qtbot, line.model)
        qtbot.wait(1)
        area = popup.findChild(QScrollArea)
        assert not area.verticalScrollBar().isVisible()
        assert area.widget().height() <= area.viewport().height()
        qtbot.keyClick(QApplication.focusWidget(), K.Key_Escape)


def test_a_loading_model_says_how_far_it_is(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(EngineStatus(EngineStage.LOADING, percent=42))
    popup = open_popup(qtbot, line.model)
    assert "Loading the model, 42 %." in words(popup)
    qtbot.keyClick(popup, K.Key_Escape)


def test_back_end_and_context_are_explained(line: StatusLine, qtbot: QtBot) -> None:
    popup = open_popup(qtbot, line.backend)
    assert "processor (CPU)" in popup.accessibleDescription()
    qtbot.keyClick(popup, K.Key_Escape)
    line.show_engine(replace(READY, backend="cuda"))
    popup = open_popup(qtbot, line.backend)
    assert "graphics processor (CUDA)" in popup.accessibleDescription()
    qtbot.keyClick(popup, K.Key_Escape)
    popup = open_popup(qtbot, line.context)
    assert "212 of the 4,096 tokens" in popup.accessibleDescription()
    qtbot.keyClick(popup, K.Key_Escape)


def test_connections_are_listed(line: StatusLine, qtbot: QtBot) -> None:
    popup = open_popup(qtbot, line.connections)
    assert "Phial has not opened any connection since it started." in words(popup)
    qtbot.keyClick(popup, K.Key_Escape)
    line.show_connections(Connections(2, ("localhost:1", "example.org:443")))
    popup = open_popup(qtbot, line.connections)
    assert words(popup)[-2:] == ["localhost:1", "example.org:443"]
    qtbot.keyClick(popup, K.Key_Escape)


@pytest.mark.parametrize("width", [1180, 720, 320])
def test_a_popup_stays_inside_the_window(line: StatusLine, qtbot: QtBot, width: int) -> None:
    window = line.window()
    window.setMinimumWidth(1)
    window.resize(width, 480)
    many = tuple(f"host-{number}.example.org:443" for number in range(60))
    line.show_connections(Connections(60, many))
    qtbot.wait(1)
    inside = QRect(window.mapToGlobal(QPoint(0, 0)), window.size())
    for segment in (line.model, line.connections):
        popup = open_popup(qtbot, segment)
        assert inside.contains(QRect(popup.mapToGlobal(QPoint(0, 0)), popup.size()))
        qtbot.keyClick(popup, K.Key_Escape)


def test_names_of_files_are_never_markup(line: StatusLine, qtbot: QtBot) -> None:
    line.show_engine(replace(CHOSEN, name="<b>R&D</b>", file="/x/<img src='file:///y'>.gguf"))
    assert line.model.text() == "<b>R&&D</b>"
    assert "<b>" not in line.model.toolTip()
    popup = open_popup(qtbot, line.model)
    labels = popup.findChildren(QLabel)
    assert labels and all(each.textFormat() is Qt.TextFormat.PlainText for each in labels)
    qtbot.keyClick(popup, K.Key_Escape)
