"""The settings page: each field is saved when it is left, and says why if it cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QWheelEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.store.settings import Settings
from app.ui.settings.page import SettingsPage
from app.ui.theme.palette import LIGHT
from app.ui.theme.style import style_sheet
from app.ui.views import EngineStage, EngineStatus, SettingsRefused, SettingsView, Trouble

K = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier

SAVED = Settings(names=("Ada Example", "Ada"), addresses=("ada@example.org",), zone="Europe/Berlin")
VIEW = SettingsView(
    SAVED, "v1", "/home/ada/.config/phial/settings.toml", ("Asia/Tokyo", "Europe/Berlin", "UTC")
)


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[SettingsPage]:
    shown = SettingsPage()
    qtbot.addWidget(shown)
    shown.resize(720, 480)
    shown.show_settings(VIEW)
    with qtbot.waitExposed(shown):
        shown.show()
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    yield shown


def heard(page: SettingsPage) -> list[object]:
    """What the page asks for from now on."""
    said: list[object] = []
    page.changed.connect(said.append)
    page.model_chosen.connect(lambda path: said.append(("model", path)))
    page.starter_wanted.connect(lambda: said.append("starter"))
    return said


def save_at_once(page: SettingsPage) -> None:
    """Answer each change as the disk would."""
    page.changed.connect(lambda settings: page.show_settings(replace(VIEW, settings=settings)))


def write(qtbot: QtBot, edit: QLineEdit, text: str, end: Qt.Key = K.Key_Tab) -> None:
    """Replace what stands in a field, by keyboard, and leave it."""
    edit.setFocus()
    edit.selectAll()
    qtbot.keyClick(edit, K.Key_Delete)
    qtbot.keyClicks(edit, text)
    qtbot.keyClick(edit, end)


def test_the_page_shows_what_is_saved(page: SettingsPage) -> None:
    assert page.names.edit.text() == "Ada Example, Ada"
    assert page.addresses.edit.text() == "ada@example.org"
    assert page.zone.edit.text() == "Europe/Berlin"
    assert page.hours.value() == (time(9), time(17, 30))
    assert page.days.value() == (0, 1, 2, 3, 4)
    assert page.scheme.value() == "system"
    assert page.model.edit.text() == ""
    assert page.file.edit.text() == VIEW.file and page.file.edit.isReadOnly()


def test_before_there_are_settings_nothing_can_be_changed(qtbot: QtBot) -> None:
    page = SettingsPage()
    qtbot.addWidget(page)
    assert not page.isEnabled()
    page.show_refused(SettingsRefused("No.", ""))
    page.show_settings(VIEW)
    assert page.isEnabled()


def test_making_the_page_opens_no_other_window(page: SettingsPage, qtbot: QtBot) -> None:
    other = SettingsPage()
    qtbot.addWidget(other)
    windows = [each for each in QApplication.topLevelWidgets() if each.isVisible()]
    assert windows == [page]
    qtbot.wait(1)
    assert page.isActiveWindow()


def test_showing_settings_changes_nothing(page: SettingsPage) -> None:
    said = heard(page)
    page.show_settings(replace(VIEW, settings=Settings(zone="UTC", scheme="dark", model="/m.gguf")))
    assert said == []


@pytest.mark.parametrize("end", [K.Key_Tab, K.Key_Return])
def test_a_field_is_saved_when_it_is_left(page: SettingsPage, qtbot: QtBot, end: Qt.Key) -> None:
    said = heard(page)
    write(qtbot, page.names.edit, "Ada, Countess", end)
    assert said == [replace(SAVED, names=("Ada", "Countess"))]


def test_a_field_that_is_left_as_it_was_saves_nothing(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    for field in (page.names.edit, page.addresses.edit, page.zone.edit):
        field.setFocus()
        qtbot.keyClick(field, K.Key_Tab)
    write(qtbot, page.names.edit, "Ada Example ,Ada")
    assert said == []


def test_a_change_waits_until_the_one_before_is_saved(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    write(qtbot, page.names.edit, "Ada")
    write(qtbot, page.addresses.edit, "a@b.c")
    write(qtbot, page.addresses.edit, "d@e.f")
    first = replace(SAVED, names=("Ada",))
    assert said == [first]
    page.show_settings(replace(VIEW, settings=first, version="v2"))
    assert said == [first, replace(first, addresses=("d@e.f",))]
    assert page.addresses.edit.text() == "d@e.f"
    page.show_settings(replace(VIEW, settings=replace(first, addresses=("d@e.f",)), version="v3"))
    assert len(said) == 2


def test_after_a_refusal_what_waited_is_saved_over_the_file_as_it_is(
    page: SettingsPage, qtbot: QtBot
) -> None:
    said = heard(page)
    write(qtbot, page.names.edit, "Grace")
    write(qtbot, page.addresses.edit, "a@b.c")
    page.show_refused(SettingsRefused("The file was changed meanwhile.", ""))
    assert len(said) == 1 and page.names.problem.isVisible()
    by_hand = replace(SAVED, names=("Ida",))
    page.show_settings(replace(VIEW, settings=by_hand, version="v2"))
    assert said[1:] == [replace(by_hand, addresses=("a@b.c",))]
    assert page.names.edit.text() == "Ida" and page.names.problem.isVisible()


def test_settings_that_cannot_be_read_leave_what_is_typed(page: SettingsPage, qtbot: QtBot) -> None:
    page.names.edit.setFocus()
    qtbot.keyClick(page.names.edit, K.Key_End)
    qtbot.keyClicks(page.names.edit, ", Count")
    page.show_refused(SettingsRefused("settings.toml cannot be read.", ""))
    assert page.names.edit.text() == "Ada Example, Ada, Count"
    assert page.names.problem.text() == "settings.toml cannot be read."


@pytest.mark.parametrize("wrong", ["Grace, ", "Ada Example"])
def test_escape_puts_back_what_was_saved(page: SettingsPage, qtbot: QtBot, wrong: str) -> None:
    said = heard(page)
    page.names.edit.setFocus()
    page.names.edit.selectAll()
    qtbot.keyClicks(page.names.edit, wrong)
    qtbot.keyClick(page.names.edit, K.Key_Escape)
    assert page.names.edit.text() == "Ada Example, Ada"
    qtbot.keyClick(page.hours.start, K.Key_Up)
    qtbot.keyClick(page.hours.start, K.Key_Escape)
    assert page.hours.value() == SAVED.working_hours
    write(qtbot, page.model.edit, "/x/model.bin")
    qtbot.keyClick(page.model.edit, K.Key_Escape)
    assert page.model.edit.text() == "" and not page.model.problem.isVisible()
    assert said == []


def test_a_wrong_address_stays_with_a_sentence(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    write(qtbot, page.addresses.edit, "ada")
    assert said == []
    assert page.addresses.edit.text() == "ada"
    assert page.addresses.problem.isVisible()
    assert "“ada” is not a mail address" in page.addresses.problem.text()
    page.show_settings(VIEW)
    assert page.addresses.edit.text() == "ada"
    write(qtbot, page.addresses.edit, "ada@b.c")
    assert not page.addresses.problem.isVisible()
    assert said == [replace(SAVED, addresses=("ada@b.c",))]


def test_what_is_being_typed_survives_a_save_elsewhere(page: SettingsPage, qtbot: QtBot) -> None:
    page.names.edit.setFocus()
    qtbot.keyClick(page.names.edit, K.Key_End)
    qtbot.keyClicks(page.names.edit, ", Count")
    page.show_settings(replace(VIEW, settings=replace(SAVED, scheme="dark")))
    assert page.names.edit.text() == "Ada Example, Ada, Count"
    assert page.scheme.value() == "dark"


def test_a_refused_value_goes_back_with_the_sentence(page: SettingsPage, qtbot: QtBot) -> None:
    write(qtbot, page.names.edit, "Grace")
    said = heard(page)
    page.show_refused(SettingsRefused("The file was changed meanwhile.", "Try once more."))
    assert page.names.edit.text() == "Ada Example, Ada"
    assert page.names.problem.isVisible()
    assert page.names.problem.text() == "The file was changed meanwhile. Try once more."
    assert not page.addresses.problem.isVisible()
    write(qtbot, page.addresses.edit, "a@b.c")
    assert said == [replace(SAVED, addresses=("a@b.c",))]


def test_a_zone_is_chosen_by_its_city(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    page.zone.edit.setFocus()
    page.zone.edit.selectAll()
    qtbot.keyClicks(page.zone.edit, "tokyo")
    qtbot.keyClick(page.zone.edit.offered, K.Key_Escape)
    qtbot.keyClick(page.zone.edit, K.Key_Tab)
    assert said == [replace(SAVED, zone="Asia/Tokyo")]
    assert page.zone.edit.text() == "Asia/Tokyo"


def test_a_part_of_a_zone_offers_it(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    page.zone.edit.setFocus()
    page.zone.edit.selectAll()
    qtbot.keyClicks(page.zone.edit, "toky")
    popup = page.zone.edit.offered
    qtbot.waitUntil(popup.isVisible)
    assert popup.model().rowCount() == 1
    qtbot.keyClick(popup, K.Key_Down)
    qtbot.keyClick(popup, K.Key_Return)
    qtbot.waitUntil(lambda: said == [replace(SAVED, zone="Asia/Tokyo")])


def test_down_offers_all_zones_from_the_one_in_force(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    page.zone.edit.setFocus()
    qtbot.keyClick(page.zone.edit, K.Key_Down)
    offered = page.zone.edit.offered
    assert offered.isVisible() and offered.model().rowCount() == 3
    assert offered.currentIndex().data() == "Europe/Berlin"
    qtbot.keyClick(offered, K.Key_Down)
    qtbot.keyClick(offered, K.Key_Return)
    qtbot.waitUntil(lambda: said == [replace(SAVED, zone="UTC")])


def test_the_zone_is_called_time_zone_and_its_value_is_the_zone(page: SettingsPage) -> None:
    spoken = QAccessible.queryAccessibleInterface(page.zone.edit)
    assert spoken.text(QAccessible.Text.Name) == "Time zone"
    assert spoken.text(QAccessible.Text.Value) == "Europe/Berlin"


def test_an_unknown_zone_stays_with_a_sentence_until_escape(
    page: SettingsPage, qtbot: QtBot
) -> None:
    said = heard(page)
    write(qtbot, page.zone.edit, "Berln")
    assert said == [] and page.zone.edit.text() == "Berln"
    sentence = page.zone.problem.text()
    assert "no time zone “Berln”" in sentence
    assert sentence.endswith("Europe/Berlin stays in use. Press Esc to put it back.")
    assert sentence in page.zone.edit.accessibleDescription()
    qtbot.keyClick(page.zone.edit, K.Key_Tab)
    assert page.zone.problem.isVisible()
    qtbot.keyClick(page.zone.edit, K.Key_Escape)
    assert page.zone.edit.text() == "Europe/Berlin" and not page.zone.problem.isVisible()
    assert said == []


def test_a_zone_that_is_not_in_the_list_is_shown(page: SettingsPage) -> None:
    page.show_settings(replace(VIEW, settings=replace(SAVED, zone="Mars/Olympus")))
    assert page.zone.edit.text() == "Mars/Olympus"


def test_working_hours_are_typed(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    page.hours.start.setFocus()
    qtbot.keyClick(page.hours.start, K.Key_Up)
    qtbot.keyClick(page.hours.start, K.Key_Return)
    assert said == [replace(SAVED, working_hours=(time(10), time(17, 30)))]


def test_working_hours_start_before_they_end(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    page.hours.end.setFocus()
    for _ in range(9):
        qtbot.keyClick(page.hours.end, K.Key_Down)
    qtbot.keyClick(page.hours.end, K.Key_Return)
    assert said == []
    assert page.hours.problem.text() == "Working hours must start before they end."
    assert page.hours.end.time().hour() == 8
    page.hours.start.setFocus()
    for _ in range(2):
        qtbot.keyClick(page.hours.start, K.Key_Down)
    qtbot.keyClick(page.hours.start, K.Key_Return)
    assert said == [replace(SAVED, working_hours=(time(7), time(8, 30)))]
    assert not page.hours.problem.isVisible()


def test_a_day_is_saved_at_once(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    save_at_once(page)
    page.days.boxes[5].setFocus()
    qtbot.keyClick(page.days.boxes[5], K.Key_Space)
    qtbot.keyClick(page.days.boxes[0], K.Key_Space)
    assert said == [
        replace(SAVED, working_days=(0, 1, 2, 3, 4, 5)),
        replace(SAVED, working_days=(1, 2, 3, 4, 5)),
    ]


def test_colours_are_chosen_with_the_arrows(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    save_at_once(page)
    system = page.scheme.buttons["system"]
    system.setFocus()
    qtbot.keyClick(system, K.Key_Right)
    assert said == [replace(SAVED, scheme="light")]
    qtbot.keyClick(page.scheme.buttons["light"], K.Key_Right)
    assert said[-1] == replace(SAVED, scheme="dark")


def test_the_context_is_taken_where_the_arrows_come_to_rest(
    page: SettingsPage, qtbot: QtBot
) -> None:
    said = heard(page)
    save_at_once(page)
    page.context.buttons[0].setFocus()
    for key, size in ((K.Key_Right, 2048), (K.Key_Right, 4096), (K.Key_Down, 32768)):
        qtbot.keyClick(QApplication.focusWidget(), key)
        assert page.context.value() == size and said == []
    qtbot.waitUntil(lambda: bool(said))
    assert said == [replace(SAVED, context=32768)]


def test_a_context_is_taken_also_where_the_page_is_left_at_once(
    page: SettingsPage, qtbot: QtBot
) -> None:
    said = heard(page)
    save_at_once(page)
    qtbot.keyClick(page.context.buttons[8192], K.Key_Space)
    page.window().hide()
    assert said == [replace(SAVED, context=8192)]


def test_keys_and_values_and_rest_are_chosen(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    save_at_once(page)
    qtbot.keyClick(page.rest.buttons[0], K.Key_Space)
    assert said == [replace(SAVED, rest_minutes=0)]
    qtbot.keyClick(page.kv.buttons["q8_0"], K.Key_Space)
    qtbot.waitUntil(lambda: len(said) == 2)
    assert said[1] == replace(SAVED, rest_minutes=0, kv="q8_0")


def test_a_value_written_by_hand_can_be_seen_and_left(page: SettingsPage, qtbot: QtBot) -> None:
    by_hand = replace(SAVED, context=6000, rest_minutes=30)
    page.show_settings(replace(VIEW, settings=by_hand))
    assert (page.context.value(), page.rest.value()) == (6000, 30)
    assert page.context.buttons[6000].accessibleName() == "Context: 6,000"
    assert page.rest.buttons[30].text() == "30 minutes"

    def read() -> list[int]:
        """The minutes in the order they stand in."""
        places = page.rest.buttons.items()
        return [each for each, at in sorted(places, key=lambda item: (item[1].y(), item[1].x()))]

    qtbot.waitUntil(lambda: read() == [0, 5, 15, 30, 60])
    page.show_settings(replace(VIEW, settings=replace(by_hand, rest_minutes=1)))
    assert page.rest.buttons[1].text() == "1 minute"
    page.show_settings(replace(VIEW, settings=by_hand))
    said = heard(page)
    qtbot.keyClick(page.rest.buttons[60], K.Key_Space)
    assert said == [replace(by_hand, rest_minutes=60)]


def test_what_a_context_costs_stands_below_it(page: SettingsPage) -> None:
    assert "long-range" in page.context.helper.text()
    page.show_engine(
        EngineStatus(EngineStage.READY, name="Phi", context=8192, memory_bytes=3_812_000_000)
    )
    described = page.context.buttons[0].accessibleDescription()
    assert "8,192 tokens; the model takes about 3.8 GB" in described
    page.show_engine(EngineStatus(EngineStage.RESTING, context=8192, memory_bytes=3_812_000_000))
    assert "GB" not in page.context.helper.text()


def test_a_model_is_asked_for_and_not_saved_by_the_page(
    page: SettingsPage, qtbot: QtBot, tmp_path: Path
) -> None:
    said = heard(page)
    file = str(tmp_path / "model.gguf")
    write(qtbot, page.model.edit, file)
    page.model.finish()
    assert said == [("model", file)]
    write(qtbot, page.names.edit, "Ada")
    assert said[-1] == replace(SAVED, names=("Ada",))


def test_a_model_that_is_none_stays_with_a_sentence(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    write(qtbot, page.model.edit, "/x/model.bin")
    assert said == [] and page.model.edit.text() == "/x/model.bin"
    assert "ends in .gguf" in page.model.problem.text()


BROKEN = Trouble("gguf_broken", "The file ends too early.", "Choose another.")


def test_a_refused_file_stays_typed_with_the_sentence_under_it(
    page: SettingsPage, qtbot: QtBot
) -> None:
    said = heard(page)
    page.resize(720, 300)
    write(qtbot, page.model.edit, "/x/model.gguf")
    page.names.edit.setFocus()
    page.show_trouble(BROKEN)
    problem = page.model.problem
    assert page.model.edit.text() == "/x/model.gguf"
    assert problem.text() == "The file ends too early. Choose another."
    qtbot.waitUntil(lambda: not problem.visibleRegion().isEmpty())
    assert problem.mapTo(page, QPoint(0, problem.height())).y() <= page.height()
    below = page.model.edit.mapTo(page, QPoint(0, page.model.edit.height())).y()
    assert 0 <= problem.mapTo(page, QPoint(0, 0)).y() - below < page.model.edit.height()
    page.model.edit.setFocus()
    qtbot.keyClick(page.model.edit, K.Key_Tab)
    assert problem.isVisible() and said == [("model", "/x/model.gguf")]
    qtbot.keyClick(page.model.edit, K.Key_Backspace)
    assert not problem.isVisible()


def test_enter_tries_a_refused_file_again(page: SettingsPage, qtbot: QtBot) -> None:
    said = heard(page)
    write(qtbot, page.model.edit, "/x/model.gguf")
    page.show_trouble(BROKEN)
    qtbot.keyClick(page.model.edit, K.Key_Return)
    assert said == [("model", "/x/model.gguf")] * 2 and not page.model.problem.isVisible()


def test_a_refused_file_that_is_in_use_after_all_is_not_complained_of(
    page: SettingsPage, qtbot: QtBot
) -> None:
    write(qtbot, page.model.edit, "/x/model.gguf")
    page.show_trouble(BROKEN)
    page.show_settings(replace(VIEW, settings=replace(SAVED, model="/x/model.gguf")))
    assert not page.model.problem.isVisible()


def test_a_refused_starter_model_leaves_the_file_that_is_in_use(
    page: SettingsPage, qtbot: QtBot
) -> None:
    page.show_settings(replace(VIEW, settings=replace(SAVED, model="/x/model.gguf")))
    qtbot.keyClick(page.model.starter, K.Key_Space)
    page.show_trouble(Trouble("busy", "Wait until the answer is there."))
    assert page.model.edit.text() == "/x/model.gguf" and page.model.problem.isVisible()


def test_trouble_elsewhere_is_not_the_models(page: SettingsPage) -> None:
    page.show_trouble(Trouble("disk_full", "The disk is full."))
    assert not page.model.problem.isVisible()


def test_a_model_is_chosen_in_a_dialog(
    page: SettingsPage, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = heard(page)
    answers = iter([("", ""), ("/x/model.gguf", "")])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: next(answers))
    page.model.browse.setFocus()
    qtbot.keyClick(page.model.browse, K.Key_Return)
    assert said == []
    qtbot.keyClick(page.model.browse, K.Key_Return)
    assert said == [("model", "/x/model.gguf")]
    assert page.model.edit.text() == "/x/model.gguf"


def test_the_starter_model_is_one_button_or_an_empty_field(
    page: SettingsPage, qtbot: QtBot
) -> None:
    page.show_settings(replace(VIEW, settings=replace(SAVED, model="/x/model.gguf")))
    said = heard(page)
    page.model.starter.setFocus()
    qtbot.keyClick(page.model.starter, K.Key_Space)
    assert said == ["starter"] and page.model.edit.text() == ""
    page.show_settings(replace(VIEW, settings=replace(SAVED, model="/x/model.gguf")))
    assert page.model.edit.text() == "/x/model.gguf"
    write(qtbot, page.model.edit, "")
    assert said == ["starter", "starter"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (EngineStatus(EngineStage.CHECKING), "Checking the model file"),
        (EngineStatus(EngineStage.LOADING, percent=7), "Loading the model, 7 %"),
        (
            EngineStatus(EngineStage.READY, backend="cpu", threads=2),
            "In use: Starter model (CPU, 2 threads)",
        ),
        (
            EngineStatus(EngineStage.FAILED, message="It ends too early.", hint="Choose another."),
            "It ends too early. Choose another.",
        ),
    ],
)
def test_the_state_of_the_model_stands_beside_it(
    page: SettingsPage, status: EngineStatus, expected: str
) -> None:
    page.show_engine(status)
    assert page.model.state.text() == expected


@pytest.mark.parametrize(("points", "side"), [(10.5, 14), (21.0, 28)])
def test_marks_grow_with_the_letters(page: SettingsPage, points: float, side: int) -> None:
    page.setStyleSheet(style_sheet(LIGHT, points))
    elements = QStyle.SubElement
    buttons = (
        (page.days.boxes[0], elements.SE_CheckBoxIndicator),
        (page.scheme.buttons["system"], elements.SE_RadioButtonIndicator),
        (page.scheme.buttons["dark"], elements.SE_RadioButtonIndicator),
    )
    for button, element in buttons:
        option = QStyleOptionButton()
        button.initStyleOption(option)
        assert button.style().subElementRect(element, option, button).width() == side + 2


def test_tab_follows_the_reading_order(page: SettingsPage, qtbot: QtBot) -> None:
    page.setFocus()
    expected: list[QWidget] = [
        page.names.edit,
        page.addresses.edit,
        page.zone.edit,
        *[page.hours.start] * 2,  # hours, then minutes
        *[page.hours.end] * 2,
        *page.days.boxes,
        page.scheme.buttons["system"],
        page.importing.files,
        page.importing.folder,
        page.model.edit,
        page.model.browse,
        page.model.starter,
        page.context.buttons[0],
        page.kv.buttons["auto"],
        page.rest.buttons[15],
        page.file.edit,
    ]
    for widget in expected:
        focused = QApplication.focusWidget()
        assert focused is widget or focused.isAncestorOf(widget)
        qtbot.keyClick(focused, K.Key_Tab)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (K.Key_N, "Your names"),
        (K.Key_A, "Your mail addresses"),
        (K.Key_Z, "Time zone"),
        (K.Key_H, "Working hours, start"),
        (K.Key_T, "Working hours, end"),
        (K.Key_W, "Monday"),
        (K.Key_C, "As the system"),
        (K.Key_M, "Model file"),
        (K.Key_X, "Context: Automatic"),
        (K.Key_K, "Keys and values: Automatic"),
        (K.Key_R, "Rest after: Never"),
        (K.Key_F, "Settings file"),
    ],
)
def test_alt_and_a_letter_reach_a_field(
    page: SettingsPage, qtbot: QtBot, key: Qt.Key, name: str
) -> None:
    page.model.starter.setFocus()
    qtbot.keyClick(page.model.starter, key, ALT)
    assert QApplication.focusWidget().accessibleName() == name


def test_letters_for_alt_are_used_once(page: SettingsPage) -> None:
    texts = [label.text() for label in page.findChildren(QLabel) if label.buddy()]
    texts += [button.text() for button in page.scheme.buttons.values()]
    texts += [page.model.browse.text(), page.model.starter.text()]
    letters = [text[text.index("&") + 1].lower() for text in texts]
    assert len(set(letters)) == len(letters) == 17


def test_what_has_the_focus_is_scrolled_to(page: SettingsPage, qtbot: QtBot) -> None:
    page.model.browse.setFocus()
    qtbot.keyClick(page.model.browse, K.Key_Tab)
    button = page.model.starter
    place = button.mapTo(page, QPoint(0, 0))
    assert 0 <= place.y() <= page.height() - button.height()


def test_the_wheel_scrolls_and_changes_nothing(page: SettingsPage) -> None:
    said = heard(page)
    page.names.edit.setFocus()
    before = page.hours.start.time()
    for control in (page.hours.start, page.zone.edit):
        place = QPointF(control.rect().center())
        wheel = QWheelEvent(
            place,
            QPointF(control.mapToGlobal(control.rect().center())),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(control, wheel)
    assert page.hours.start.time() == before and page.zone.edit.text() == "Europe/Berlin"
    assert said == []


@pytest.mark.parametrize("width", [720, 360])
def test_no_control_is_wider_than_the_page(page: SettingsPage, qtbot: QtBot, width: int) -> None:
    page.resize(width, 480)
    qtbot.wait(20)
    assert page.width() == width
    for widget in (page.names.edit, page.zone.edit, *page.days.boxes, page.model.starter):
        right = widget.mapTo(page, QPoint(widget.width(), 0)).x()
        assert right <= width
    narrow = page.names.label.mapTo(page, QPoint(0, 0)).y()
    below = page.names.edit.mapTo(page, QPoint(0, 0)).y()
    assert (below >= narrow + page.names.label.height()) is (width == 360)
