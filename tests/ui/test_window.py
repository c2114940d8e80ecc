"""The window as a whole, by the keyboard alone: what people come for, from key to file."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from app.core.events import EngineEvent, Failed, TextDelta
from app.core.messages import TurnState
from app.core.ports import GenerateRequest
from app.core.proposals import Proposal, Question
from app.store.lock import ProfileLock
from app.store.paths import prepare, profile_paths
from tests.support.commands import ics_files
from tests.support.window_driver import Driver, open_window, opened_window, spoken_name, words_of
from tests.support.window_parts import by_words, calls, says, window_parts

CARD_MS = 600
"""A card takes no key in its first half second."""

LUNCH = calls("cal_create", title="lunch", when="friday at noon")
DENTIST = calls("cal_create", title="dentist", when="friday at 12:30")
SERIES = calls("cal_create", title="standup", when="every weekday at 9")
CANCEL = calls("cal_cancel", events="standup tomorrow")
OTHER = calls("cal_create", title="lunch", when="thursday at noon")
WHICH = calls("cal_cancel", events="lunch")

SCRIPT = by_words(
    hello=says("Good ", "morning."),
    lunch=LUNCH,
    dentist=DENTIST,
    standup=SERIES,
    cancel=CANCEL,
    thursday=OTHER,
    which=WHICH,
    undo=calls("undo"),
)


@pytest.fixture
def window(profile: Path, qtbot: QtBot) -> Iterator[Driver]:
    with open_window(window_parts(profile, SCRIPT), qtbot) as driver:
        yield driver


def test_a_request_becomes_a_file_a_line_and_an_entry_of_the_day(
    window: Driver, profile: Path
) -> None:
    turn = window.ask("lunch friday at noon")
    assert turn.state is TurnState.DONE
    (file,) = ics_files(profile)
    assert "SUMMARY:lunch" in file.read_text()
    window.until(lambda: "Added 'lunch' on Friday" in window.shown())
    assert window.window.chat.text() == ""
    window.ask("thursday at noon: lunch")
    window.until(lambda: "lunch" in spoken_rows(window.window.today))


def test_ctrl_z_in_an_empty_composer_takes_it_back_and_the_line_says_so(
    window: Driver, profile: Path
) -> None:
    window.ask("lunch friday at noon")
    window.control(Qt.Key.Key_Z)
    window.until(lambda: not ics_files(profile))
    window.until(lambda: "Do again" in window.shown())
    window.tab_to("Do again", back=True)
    window.press(Qt.Key.Key_Space)
    window.until(lambda: ics_files(profile))
    window.until(lambda: "Do again" not in window.shown())


def test_ctrl_z_in_a_written_composer_is_for_the_words(window: Driver, profile: Path) -> None:
    window.ask("lunch friday at noon")
    window.type("not this")
    window.control(Qt.Key.Key_Z)
    assert window.window.chat.text() != "not this"
    assert ics_files(profile)


def test_an_overlap_is_a_card_that_enter_applies_but_not_at_once(
    window: Driver, profile: Path
) -> None:
    window.ask("lunch friday at noon")
    turn = window.ask("dentist friday at 12:30")
    assert turn.state is TurnState.PAUSED and isinstance(turn.waiting, Proposal)
    window.press(Qt.Key.Key_Return)  # a key meant for something else
    assert len(ics_files(profile)) == 1
    window.qtbot.wait(CARD_MS)
    window.press(Qt.Key.Key_Return)
    window.until(lambda: len(ics_files(profile)) == 2)
    window.until(lambda: "Added 'dentist'" in window.shown())
    window.until(lambda: window.focused() == spoken_name(window.window.chat.composer.entry))


def test_no_leaves_everything_as_it_is(window: Driver, profile: Path) -> None:
    window.ask("lunch friday at noon")
    window.ask("dentist friday at 12:30")
    window.qtbot.wait(CARD_MS)
    window.press(Qt.Key.Key_Escape)
    window.until(lambda: "Nothing was changed." in window.shown())
    assert len(ics_files(profile)) == 1


def test_a_number_takes_an_option(window: Driver, profile: Path) -> None:
    window.ask("standup every weekday at 9")
    turn = window.ask("cancel standup tomorrow")
    assert isinstance(turn.waiting, Proposal) and len(turn.waiting.options) == 2
    window.qtbot.wait(CARD_MS)
    window.press(Qt.Key.Key_2)
    window.until(lambda: not ics_files(profile))
    window.until(lambda: "whole series" in window.shown())


def test_words_that_fit_several_events_become_choices(window: Driver, profile: Path) -> None:
    window.ask("lunch friday at noon")
    window.ask("thursday at noon: lunch")
    window.control(Qt.Key.Key_N)  # in the same conversation the one spoken of last would be meant
    turn = window.ask("which lunch to cancel")
    assert isinstance(turn.waiting, Question)
    assert len(turn.waiting.choices) == 2
    window.qtbot.wait(CARD_MS)
    window.press(Qt.Key.Key_1)
    window.until(lambda: len(ics_files(profile)) == 1)
    window.until(lambda: "Cancelled 'lunch'" in window.shown())


def test_a_card_waits_through_a_restart(profile: Path, qtbot: QtBot) -> None:
    with open_window(window_parts(profile, SCRIPT), qtbot) as window:
        window.ask("lunch friday at noon")
        window.ask("dentist friday at 12:30")
        window.ask("hello")
        window.type("half a thought")
    with open_window(window_parts(profile, SCRIPT), qtbot) as window:
        window.until(lambda: len(window.turns) == 3)
        assert window.window.chat.text() == "half a thought"
        window.until(lambda: "overlaps with lunch" in window.shown())
        window.tab_to("Add 'dentist'", back=True)
        window.qtbot.wait(CARD_MS)
        window.press(Qt.Key.Key_Return)
        window.until(lambda: len(ics_files(profile)) == 2)


def test_stop_ends_an_answer_and_keeps_what_was_said(profile: Path, qtbot: QtBot) -> None:
    going = threading.Event()

    def endless(request: GenerateRequest) -> Iterator[EngineEvent]:
        while not going.wait(0.005):
            yield TextDelta("word ")

    with open_window(window_parts(profile, endless), qtbot) as window:
        window.type("talk")
        window.press(Qt.Key.Key_Return)
        window.until(lambda: "word word" in window.shown())
        window.tab_to("Stop")
        window.press(Qt.Key.Key_Space)
        window.until(lambda: window.ended)
        going.set()
        (turn,) = window.ended
        assert turn.state is TurnState.FAILED
        assert "Stopped" in turn.error
        window.until(lambda: "word word" in window.shown())
        window.until(lambda: not window.bridge.busy)


def test_a_failed_answer_is_tried_again_with_the_same_words(profile: Path, qtbot: QtBot) -> None:
    tries: list[str] = []

    def second_time_lucky(request: GenerateRequest) -> Iterator[EngineEvent]:
        tries.append(request.messages[-1].text)
        if len(tries) == 1:
            yield Failed("worker_died", "The engine process crashed.", "Try again.", "line 1")
        else:
            yield TextDelta("There it is.")

    with open_window(window_parts(profile, second_time_lucky), qtbot) as window:
        turn = window.ask("hello")
        assert turn.state is TurnState.FAILED
        window.until(lambda: "The engine process crashed." in window.shown())
        window.tab_to("Retry", back=True)
        window.press(Qt.Key.Key_Space)
        window.until(lambda: len(window.ended) == 2)
        assert tries == ["hello", "hello"]
        window.until(lambda: "There it is." in window.shown())
        assert len(window.turns) == 1


def test_up_edits_the_last_message(window: Driver) -> None:
    window.ask("hello there")
    window.press(Qt.Key.Key_Up)
    assert window.window.chat.text() == "hello there"
    window.type(" again")
    turn = window.ask("")
    assert turn.user == "hello there again"
    assert len(window.turns) == 1


def test_search_finds_a_conversation_and_enter_opens_it(window: Driver) -> None:
    window.ask("hello about turnips")
    window.control(Qt.Key.Key_N)
    window.ask("hello about the weather")
    window.control(Qt.Key.Key_K)
    window.type("turn")
    window.until(lambda: rows(window) == 1)
    window.press(Qt.Key.Key_Down)
    window.press(Qt.Key.Key_Return)
    window.until(lambda: "turnips" in window.shown())
    window.control(Qt.Key.Key_K)
    window.press(Qt.Key.Key_Escape)
    window.until(lambda: rows(window) == 2)


def test_find_goes_through_the_conversation(window: Driver) -> None:
    for words in ("hello turnips", "hello beans", "hello turnips again"):
        window.ask(words)
    window.control(Qt.Key.Key_F)
    window.type("turnips")
    window.until(lambda: "2 of 2" in words_of(window.window.chat.transcript))
    window.press(Qt.Key.Key_Return)
    window.until(lambda: "1 of 2" in words_of(window.window.chat.transcript))
    window.press(Qt.Key.Key_Escape)
    assert window.focused() == spoken_name(window.window.chat.composer.entry)


def test_delete_takes_a_conversation_away_and_undo_brings_it_back(window: Driver) -> None:
    window.ask("hello about turnips")
    window.until(lambda: rows(window) == 1)
    window.tab_to("Conversations", back=True)
    window.press(Qt.Key.Key_Delete)
    window.until(lambda: rows(window) == 0)
    assert not window.turns
    window.until(lambda: window.window.chat.work_line.undo.isVisible())
    window.tab_to("Undo")
    window.press(Qt.Key.Key_Space)
    window.until(lambda: rows(window) == 1)


def test_rename_and_pin_by_keys(window: Driver) -> None:
    window.ask("hello")
    window.until(lambda: rows(window) == 1)
    window.tab_to("Conversations", back=True)
    window.press(Qt.Key.Key_F2)
    window.control(Qt.Key.Key_A)
    window.type("Turnips")
    window.press(Qt.Key.Key_Return)
    window.until(lambda: "Turnips" in spoken_rows(window.window.conversations))


def test_settings_are_kept_in_their_file(window: Driver, profile: Path) -> None:
    window.control(Qt.Key.Key_Comma)
    window.until(lambda: window.window.settings.page.isEnabled())
    window.tab_to("Your names")
    window.type("Ida Lund")
    window.press(Qt.Key.Key_Return)
    file = profile / "settings.toml"
    window.until(lambda: file.exists() and "Ida Lund" in file.read_text())
    window.control(Qt.Key.Key_1)
    assert window.focused() == spoken_name(window.window.chat.composer.entry)


CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
)


@pytest.mark.parametrize("view", ["ask", "settings"])
def test_every_control_of_every_view_has_a_name(window: Driver, view: str) -> None:
    window.ask("lunch friday at noon")
    window.ask("dentist friday at 12:30")
    window.ask("standup every weekday at 9")
    window.ask("cancel standup tomorrow")
    window.control(Qt.Key.Key_F)
    window.window.show_view(view)
    controls = [each for each in window.window.findChildren(QWidget) if isinstance(each, CONTROLS)]
    assert len(controls) > 20
    unnamed = [
        f"{type(each).__name__} in {type(each.parent()).__name__}"
        for each in controls
        if each.focusPolicy() is not Qt.FocusPolicy.NoFocus and not spoken_name(each).strip()
    ]
    assert not unnamed


def rows(window: Driver) -> int:
    """How many conversations are listed."""
    return spoken_rows(window.window.conversations).count("\n")


def spoken_rows(widget: QWidget) -> str:
    """What a screen reader says of each line of the lists in a widget that names a thing."""
    said = ""
    for view in widget.findChildren(QAbstractItemView):
        model = view.model()
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            if model.flags(index) & Qt.ItemFlag.ItemIsSelectable:
                said += f"{model.data(index, Qt.ItemDataRole.AccessibleTextRole)}\n"
    return said


def test_each_conversation_keeps_what_was_typed_in_it(window: Driver) -> None:
    first = window.ask("hello about turnips").conversation
    window.type("first thought")
    window.control(Qt.Key.Key_N)
    assert window.window.chat.text() == ""
    window.type("second thought")
    window.window.open_conversation(first)
    assert window.window.chat.text() == "first thought"
    window.control(Qt.Key.Key_N)
    assert window.window.chat.text() == "second thought"


def test_an_edit_leaves_the_draft_alone(window: Driver) -> None:
    window.ask("hello there")
    window.window.chat.set_text("a draft")
    window.window.chat.composer.begin_edit(window.ended[-1].id, "hello there")
    window.type(" again")
    assert window.window.talk.state.draft(window.window.talk.conversation) == "a draft"
    window.ask("")
    assert window.ended[-1].user == "hello there again"
    assert window.window.chat.text() == "a draft"


def test_ctrl_z_reaches_the_calendar_only_from_the_chat(window: Driver, profile: Path) -> None:
    window.ask("lunch friday at noon")
    window.control(Qt.Key.Key_Comma)
    window.control(Qt.Key.Key_Z)
    window.qtbot.wait(200)
    assert ics_files(profile)


def test_enter_presses_the_button_that_has_the_keyboard(window: Driver, profile: Path) -> None:
    window.ask("lunch friday at noon")
    window.until(lambda: "Undo" in window.shown())
    window.tab_to("Undo", back=True)
    window.press(Qt.Key.Key_Return)
    window.until(lambda: not ics_files(profile))


def test_a_card_does_not_take_the_keyboard_from_someone_who_writes(
    window: Driver, profile: Path
) -> None:
    window.ask("lunch friday at noon")
    count = len(window.ended)
    window.type("dentist friday at 12:30")
    window.press(Qt.Key.Key_Return)
    window.type("and then ")
    window.until(lambda: len(window.ended) > count)
    assert window.focused() == spoken_name(window.window.chat.composer.entry)
    assert window.window.chat.text() == "and then "


def test_words_sent_while_the_profile_cannot_be_opened_come_back(
    profile: Path, qtbot: QtBot
) -> None:
    paths = profile_paths(profile)
    prepare(paths)
    with ProfileLock(paths), opened_window(window_parts(profile, SCRIPT), qtbot) as window:
        window.until(lambda: window.window.profile_notice.isVisible())
        window.window.chat.focus_composer()
        window.type("lunch friday at noon")
        window.press(Qt.Key.Key_Return)
        window.until(lambda: window.window.chat.text() == "lunch friday at noon")
        assert not window.bridge.busy
        assert not ics_files(profile)


def test_a_narrow_window_shows_the_pane_that_was_asked_for_last(window: Driver) -> None:
    window.window.resize(720, 480)
    window.until(lambda: window.window.width() == 720)
    panes = window.window.conversations, window.window.today
    assert [pane.isVisible() for pane in panes] == [True, False]
    window.control(Qt.Key.Key_T)
    window.until(lambda: [pane.isVisible() for pane in panes] == [False, True])
    window.control(Qt.Key.Key_K)
    assert panes[0].isVisible()
    assert window.focused().startswith("Search")
