"""The list of conversations, driven by keyboard and by mouse."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from app.ui.conversations import ConversationPane
from app.ui.conversations.model import ROW
from app.ui.conversations.pane import DEBOUNCE
from app.ui.views import ConversationList, ConversationSummary

K = Qt.Key
TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)

WEEKLY = ConversationSummary(1, "Weekly plan & retro", NOON - timedelta(days=9), pinned=True)
ANNA = ConversationSummary(2, "Move Anna", NOON, waiting=True)
LUNCH = ConversationSummary(3, "Lunch", NOON - timedelta(hours=1))
DENTIST = ConversationSummary(4, "Dentist", NOON - timedelta(days=1))
ALL = (ANNA, LUNCH, DENTIST, WEEKLY)


@pytest.fixture
def pane(qtbot: QtBot) -> ConversationPane:
    shown = ConversationPane()
    qtbot.addWidget(shown)
    shown.resize(260, 600)
    shown.show_list(ConversationList(ALL), TODAY, UTC)
    with qtbot.waitExposed(shown):
        shown.show()
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    return shown


def rows(pane: ConversationPane) -> list[str]:
    model = pane.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def focus(pane: ConversationPane, title: str) -> None:
    """Move the list's focus to a conversation."""
    pane.list.setFocus()
    pane.list.setCurrentIndex(pane.list.model().index(rows(pane).index(title), 0))


def focused(pane: ConversationPane) -> str:
    return str(pane.list.currentIndex().data())


def selected(pane: ConversationPane) -> list[str]:
    return [index.data() for index in pane.list.selectionModel().selectedIndexes()]


def heard(pane: ConversationPane) -> list[tuple[object, ...]]:
    """What the pane says from now on, in order."""
    said: list[tuple[object, ...]] = []
    pane.opened.connect(lambda number: said.append(("opened", number)))
    pane.new_wanted.connect(lambda: said.append(("new",)))
    pane.search_wanted.connect(lambda words: said.append(("search", words)))
    pane.renamed.connect(lambda number, title: said.append(("renamed", number, title)))
    pane.pinned.connect(lambda number, whether: said.append(("pinned", number, whether)))
    pane.deleted.connect(lambda number: said.append(("deleted", number)))
    return said


def test_conversations_stand_under_headings(pane: ConversationPane) -> None:
    assert rows(pane) == [
        "Pinned",
        "Weekly plan & retro",
        "Today",
        "Move Anna",
        "Lunch",
        "Yesterday",
        "Dentist",
    ]


def test_arrows_skip_the_headings_and_enter_opens(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    focus(pane, "Weekly plan & retro")
    qtbot.keyClick(pane.list, K.Key_Down)
    assert focused(pane) == "Move Anna"
    assert said == []
    qtbot.keyClick(pane.list, K.Key_Return)
    qtbot.keyClick(pane.list, K.Key_Enter)
    assert said == [("opened", 2), ("opened", 2)]


def test_a_click_opens(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    place = pane.list.visualRect(pane.list.model().index(4, 0)).center()
    qtbot.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert said == [("opened", 3)]


def test_a_heading_cannot_be_opened(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    place = pane.list.visualRect(pane.list.model().index(2, 0)).center()
    qtbot.mouseClick(pane.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert said == []


def test_the_open_conversation_stays_selected_while_arrows_move(
    pane: ConversationPane, qtbot: QtBot
) -> None:
    pane.set_current(3)
    assert selected(pane) == ["Lunch"] and focused(pane) == "Lunch"
    pane.list.setFocus()
    qtbot.keyClick(pane.list, K.Key_Down)
    assert focused(pane) == "Dentist"
    assert selected(pane) == ["Lunch"]
    pane.set_current(0)
    assert selected(pane) == []


def test_tab_reaches_the_open_conversation(pane: ConversationPane, qtbot: QtBot) -> None:
    pane.set_current(4)
    pane.new.setFocus()
    qtbot.keyClick(pane.new, K.Key_Tab)
    assert pane.search.hasFocus()
    qtbot.keyClick(pane.search, K.Key_Tab)
    assert pane.list.hasFocus() and focused(pane) == "Dentist"


def test_new_is_pressed_by_enter_and_shows_its_key(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    pane.new.setFocus()
    qtbot.keyClick(pane.new, K.Key_Return)
    assert said == [("new",)]
    assert "Ctrl+N" in pane.new.text() and pane.new.accessibleName() == "New conversation"


def test_a_title_is_changed_in_its_place(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    focus(pane, "Lunch")
    qtbot.keyClick(pane.list, K.Key_F2)
    editor = pane.list.findChild(QLineEdit)
    assert editor is not None and editor.hasFocus() and editor.text() == "Lunch"
    qtbot.keyClicks(editor, "Lunch with  Bob ")
    with qtbot.waitSignal(pane.renamed):
        qtbot.keyClick(editor, K.Key_Return)
    assert said == [("renamed", 3, "Lunch with Bob")]


@pytest.mark.parametrize(("typed", "end"), [("", K.Key_Return), ("Tea", K.Key_Escape)])
def test_a_title_stays_if_it_is_emptied_or_left(
    pane: ConversationPane, qtbot: QtBot, typed: str, end: Qt.Key
) -> None:
    said = heard(pane)
    focus(pane, "Lunch")
    qtbot.keyClick(pane.list, K.Key_F2)
    editor = pane.list.findChild(QLineEdit)
    assert editor is not None
    editor.clear()
    qtbot.keyClicks(editor, typed)
    qtbot.keyClick(editor, end)
    qtbot.waitUntil(pane.list.hasFocus)
    assert said == []


def test_a_new_list_waits_until_a_title_is_written(pane: ConversationPane, qtbot: QtBot) -> None:
    focus(pane, "Lunch")
    qtbot.keyClick(pane.list, K.Key_F2)
    editor = pane.list.findChild(QLineEdit)
    assert editor is not None
    pane.show_list(ConversationList((DENTIST,)), TODAY, UTC)
    assert editor.isVisible() and "Lunch" in rows(pane)
    qtbot.keyClick(editor, K.Key_Escape)
    qtbot.waitUntil(lambda: rows(pane) == ["Yesterday", "Dentist"])


def test_delete_asks_nothing(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    focus(pane, "Lunch")
    qtbot.keyClick(pane.list, K.Key_Delete)
    assert said == [("deleted", 3)]


def test_after_a_deletion_the_focus_is_on_the_next_one(pane: ConversationPane) -> None:
    focus(pane, "Lunch")
    pane.show_list(ConversationList((ANNA, DENTIST, WEEKLY)), TODAY, UTC)
    assert focused(pane) == "Dentist"
    focus(pane, "Dentist")
    pane.show_list(ConversationList((ANNA, WEEKLY)), TODAY, UTC)
    assert focused(pane) == "Move Anna"


def test_a_new_list_keeps_focus_and_selection(pane: ConversationPane) -> None:
    pane.set_current(2)
    focus(pane, "Dentist")
    pane.show_list(ConversationList((DENTIST, *ALL[:2])), TODAY, UTC)
    assert focused(pane) == "Dentist"
    assert selected(pane) == ["Move Anna"]


def test_pin_has_a_key_and_turns(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    focus(pane, "Lunch")
    qtbot.keyClick(pane.list, K.Key_P, held)
    focus(pane, "Weekly plan & retro")
    qtbot.keyClick(pane.list, K.Key_P, held)
    assert said == [("pinned", 3, True), ("pinned", 1, False)]


def test_the_menu_shows_what_can_be_done_with_its_keys(pane: ConversationPane) -> None:
    said = heard(pane)
    focus(pane, "Weekly plan & retro")
    menu = pane.list.menu_for(WEEKLY)
    shown = [(action.text(), action.shortcut().toString()) for action in menu.actions()]
    assert shown == [
        ("Open", "Return"),
        ("Rename", "F2"),
        ("Unpin", "Ctrl+Shift+P"),
        ("", ""),
        ("Delete", "Del"),
    ]
    for action in menu.actions()[2:]:
        action.trigger()
    assert said == [("pinned", 1, False), ("deleted", 1)]
    assert pane.list.menu_for(LUNCH).actions()[2].text() == "Pin"


def open_menu(pane: ConversationPane, reason: QContextMenuEvent.Reason, at: QPoint) -> QMenu | None:
    QApplication.sendEvent(pane.list.viewport(), QContextMenuEvent(reason, at, at))
    menu = QApplication.activePopupWidget()
    assert menu is None or isinstance(menu, QMenu)
    return menu


def test_the_menu_key_opens_the_menu_of_the_current_row(
    pane: ConversationPane, qtbot: QtBot
) -> None:
    said = heard(pane)
    focus(pane, "Dentist")
    menu = open_menu(pane, QContextMenuEvent.Reason.Keyboard, QPoint())
    assert menu is not None
    for key in (K.Key_Down, K.Key_Down, K.Key_Down, K.Key_Return):
        qtbot.keyClick(menu, key)
    assert said == [("pinned", 4, True)]


def test_the_pointer_opens_the_menu_of_its_row_and_none_on_a_heading(
    pane: ConversationPane, qtbot: QtBot
) -> None:
    model, by_mouse = pane.list.model(), QContextMenuEvent.Reason.Mouse
    assert open_menu(pane, by_mouse, pane.list.visualRect(model.index(2, 0)).center()) is None
    menu = open_menu(pane, by_mouse, pane.list.visualRect(model.index(4, 0)).center())
    assert menu is not None and focused(pane) == "Lunch"
    qtbot.keyClick(menu, K.Key_Escape)


def test_words_are_searched_for_once_typing_rests(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    pane.focus_search()
    assert pane.search.hasFocus()
    with qtbot.waitSignal(pane.search_wanted):
        qtbot.keyClicks(pane.search, "anna ")
    assert said == [("search", "anna")]


def test_escape_clears_the_search_at_once(pane: ConversationPane, qtbot: QtBot) -> None:
    pane.search.setText("anna")
    said = heard(pane)
    qtbot.keyClick(pane.search, K.Key_Escape)
    assert pane.search.text() == "" and said == [("search", "")]
    qtbot.keyClick(pane.search, K.Key_Escape)
    assert said == [("search", "")]


def test_clearing_the_search_asks_once_for_all(pane: ConversationPane, qtbot: QtBot) -> None:
    said = heard(pane)
    pane.clear_search()
    assert said == []
    qtbot.keyClicks(pane.search, "anna")
    pane.clear_search()
    qtbot.wait(DEBOUNCE + 50)
    assert pane.search.text() == "" and said == [("search", "")]


def test_a_list_that_is_cut_says_how_to_narrow_it(pane: ConversationPane) -> None:
    pane.show_list(ConversationList(ALL, "a", cut=True), TODAY, UTC)
    assert pane.more.isVisible()
    assert pane.more.text() == "More matches: add a word to narrow it"
    pane.show_list(ConversationList(ALL, "an"), TODAY, UTC)
    assert not pane.more.isVisible()


def test_focus_search_selects_what_stands_there(pane: ConversationPane, qtbot: QtBot) -> None:
    pane.search.setText("anna")
    pane.focus_search()
    qtbot.keyClicks(pane.search, "bob")
    assert pane.search.text() == "bob"


@pytest.mark.parametrize("key", [K.Key_Down, K.Key_Return])
def test_down_goes_from_the_search_to_the_list_and_up_back(
    pane: ConversationPane, qtbot: QtBot, key: Qt.Key
) -> None:
    pane.focus_search()
    qtbot.keyClick(pane.search, key)
    assert pane.list.hasFocus() and focused(pane) == "Weekly plan & retro"
    qtbot.keyClick(pane.list, K.Key_Down)
    qtbot.keyClick(pane.list, K.Key_Up)
    assert pane.list.hasFocus() and focused(pane) == "Weekly plan & retro"
    qtbot.keyClick(pane.list, K.Key_Up)
    assert pane.search.hasFocus()


def test_what_was_found_shows_the_words_and_no_headings(pane: ConversationPane) -> None:
    found = ConversationList((ANNA, DENTIST), "anna", {2: "… then Anna said …"})
    pane.show_list(found, TODAY, UTC)
    assert rows(pane) == ["Move Anna", "Dentist"]
    model = pane.list.model()
    assert model.index(0, 0).data(ROW).snippet == "… then Anna said …"
    heights = [pane.list.visualRect(model.index(row, 0)).height() for row in (0, 1)]
    assert heights[0] > heights[1]


def test_an_empty_list_says_so(pane: ConversationPane) -> None:
    pane.show_list(ConversationList(()), TODAY, UTC)
    assert pane.empty.isVisible() and pane.empty.text() == "No conversations yet"
    pane.show_list(ConversationList((), "anna"), TODAY, UTC)
    assert pane.empty.text() == "Nothing found for “anna”"
    pane.show_list(ConversationList(ALL), TODAY, UTC)
    assert not pane.empty.isVisible() and pane.list.isVisible()


def test_a_waiting_card_is_told_in_words_too(pane: ConversationPane) -> None:
    model, role = pane.list.model(), Qt.ItemDataRole
    told = [model.index(row, 0).data(role.AccessibleTextRole) for row in range(model.rowCount())]
    assert told[:5] == [
        "Pinned",
        "Weekly plan & retro, pinned",
        "Today",
        "Move Anna, waiting",
        "Lunch",
    ]
    assert "waits for your answer" in model.index(3, 0).data(role.ToolTipRole)
    assert "waits" not in model.index(4, 0).data(role.ToolTipRole)


def test_titles_are_never_markup(pane: ConversationPane) -> None:
    nasty = ConversationSummary(9, "<img src='file:///x'>", NOON)
    pane.show_list(ConversationList((nasty,)), TODAY, UTC)
    tooltip = pane.list.model().index(1, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tooltip and "&lt;img" in tooltip


def test_the_open_conversation_is_drawn_differently(pane: ConversationPane) -> None:
    before = pane.list.grab().toImage()
    pane.set_current(2)
    pane.list.clearFocus()
    assert pane.list.grab().toImage() != before


def test_a_thousand_conversations_are_rows_without_widgets(
    pane: ConversationPane, qtbot: QtBot
) -> None:
    many = tuple(
        ConversationSummary(number + 1, f"Conversation {number}", NOON - timedelta(hours=number))
        for number in range(1000)
    )
    widgets = len(pane.findChildren(QLineEdit))
    pane.show_list(ConversationList(many), TODAY, UTC)
    pane.set_current(1000)
    assert selected(pane) == ["Conversation 999"]
    visible = pane.list.viewport().rect()
    assert visible.intersects(pane.list.visualRect(pane.list.currentIndex()))
    assert len(pane.findChildren(QLineEdit)) == widgets
