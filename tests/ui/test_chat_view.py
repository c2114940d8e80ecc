"""The chat as a whole: the line above the composer, and what its parts mean to each other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.messages import TurnState
from app.core.proposals import Question
from app.ui.chat.chat_view import ChatView
from app.ui.chat.work_line import Dots, WorkLine, is_motion_wanted
from app.ui.views import ConversationView, Notice, Streamed, TurnStarted, TurnView, Work
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def line(in_window: InWindow) -> WorkLine:
    made = WorkLine()
    in_window(made, 600, 60)
    return made


@pytest.fixture
def chat(in_window: InWindow) -> ChatView:
    made = ChatView()
    in_window(made, 700, 500)
    return made


def expire(line: WorkLine) -> None:
    """As if the time of the notice were over."""
    line._timer.stop()
    line._timer.timeout.emit()


# --- the work line


def test_it_says_what_is_going_on_without_a_jump(line: WorkLine) -> None:
    height = line.height()
    assert not line.work.isVisible()
    line.show_work(Work("Reading your request, 120 of 300 tokens"))
    assert line.work.isVisible() and line.dots.isVisible()
    assert line.work.accessibleName() == "Reading your request, 120 of 300 tokens"
    line.show_notice(Notice("Deleted.", restore=3))
    assert line.height() == height
    line.show_work(None)
    assert not line.work.isVisible() and not line.dots.isVisible()
    assert line.height() == height


def test_a_notice_can_be_taken_back_while_it_is_there(line: WorkLine, qtbot: QtBot) -> None:
    line.show_notice(Notice("Moved.", undo_change="c4"))
    assert line.undo.isVisible()
    with qtbot.waitSignal(line.undo_wanted) as undo:
        qtbot.mouseClick(line.undo, Qt.MouseButton.LeftButton)
    assert undo.args == ["c4"]
    assert not line.notice.isVisible()
    line.show_notice(Notice("Deleted.", restore=3))
    with qtbot.waitSignal(line.restore_wanted) as restore:
        qtbot.mouseClick(line.undo, Qt.MouseButton.LeftButton)
    assert restore.args == [3]


def test_a_notice_with_nothing_to_take_back_has_no_button(line: WorkLine) -> None:
    line.show_notice(Notice("The model could not be loaded."))
    assert line.notice.isVisible()
    assert not line.undo.isVisible()


def test_a_notice_goes_after_its_time(line: WorkLine) -> None:
    line.show_notice(Notice("Moved.", undo_change="c4"))
    expire(line)
    assert not line.notice.isVisible() and not line.undo.isVisible()


def test_a_notice_stays_while_the_keyboard_or_the_mouse_is_on_it(line: WorkLine) -> None:
    line.show_notice(Notice("Moved.", undo_change="c4"))
    line.undo.setFocus()
    expire(line)
    assert line.notice.isVisible()
    line.setFocus()
    line.undo.clearFocus()
    assert line._timer.isActive()
    line.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    expire(line)
    assert line.notice.isVisible()
    line.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(line, QEvent(QEvent.Type.Leave))
    assert line._timer.isActive()
    expire(line)
    assert not line.notice.isVisible()


def test_words_without_room_are_cut_short_and_whole_in_a_tooltip(
    line: WorkLine, qtbot: QtBot
) -> None:
    words = "Reading <b>31</b> messages " * 20
    line.show_work(Work(words))
    qtbot.waitUntil(lambda: line.work.text().endswith("\u2026"))
    assert line.work.accessibleName() == words.strip()
    assert "&lt;b&gt;" in line.work.toolTip()


class Still:
    """The style of a system that asks for less motion."""

    def styleHint(self, *_: object) -> int:
        return 0


def test_the_dots_move_only_while_something_goes_on(line: WorkLine) -> None:
    assert not line.dots.moving
    line.show_work(Work("Thinking"))
    assert line.dots.moving == is_motion_wanted(line.dots)
    line.grab()
    line.show_work(None)
    assert not line.dots.moving


def test_nothing_moves_if_the_system_asks_for_less_motion(
    line: WorkLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Dots, "style", lambda _: Still())
    line.show_work(Work("Thinking"))
    assert not line.dots.moving
    assert line.dots.isVisible()


# --- the parts together


def turn(identity: int, words: str, state: TurnState = TurnState.DONE) -> TurnView:
    return TurnView(
        identity, 1, NOW, words, state, answer="Answer." if state.value == "done" else ""
    )


def test_up_edits_the_last_message_and_enter_sends_it_again(chat: ChatView, qtbot: QtBot) -> None:
    chat.show_conversation(ConversationView(1, "x", (turn(1, "First"), turn(2, "Second"))))
    chat.focus_composer()
    qtbot.keyClick(chat.composer.entry, Qt.Key.Key_Up)
    assert chat.text() == "Second"
    with qtbot.waitSignal(chat.sent) as sent:
        qtbot.keyClick(chat.composer.entry, Qt.Key.Key_Return)
    assert sent.args == ["Second", 2]


def test_up_in_an_empty_conversation_does_nothing(chat: ChatView, qtbot: QtBot) -> None:
    chat.show_empty(("Ask this",))
    chat.focus_composer()
    qtbot.keyClick(chat.composer.entry, Qt.Key.Key_Up)
    assert (chat.text(), chat.composer.editing) == ("", 0)


def test_an_example_is_put_into_the_line(chat: ChatView, qtbot: QtBot) -> None:
    chat.show_empty(("Ask this",))
    chat.transcript.example_chosen.emit("Ask this")
    assert chat.text() == "Ask this"
    assert QApplication.focusWidget() is chat.composer.entry


def test_ctrl_z_in_the_empty_line_means_the_last_change(chat: ChatView, qtbot: QtBot) -> None:
    chat.focus_composer()
    with qtbot.waitSignal(chat.undo_wanted) as undo:
        qtbot.keyClick(chat.composer.entry, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert undo.args == [""]


def test_the_keyboard_is_in_the_line_again_after_a_card_and_after_finding(
    chat: ChatView, qtbot: QtBot
) -> None:
    question = Question("Which?", "event", (("1", "One"), ("2", "Two")), (), 0)
    paused = TurnView(1, 1, NOW, "Which", TurnState.PAUSED, waiting=question)
    chat.show_conversation(ConversationView(1, "x", (paused,)))
    qtbot.wait(1)
    chat.focus_card()
    with qtbot.waitSignal(chat.declined) as declined:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert declined.args == [1]
    chat.update_turn(turn(1, "Which"))
    assert QApplication.focusWidget() is chat.composer.entry
    chat.focus_find()
    assert QApplication.focusWidget() is chat.transcript.find_bar.field
    qtbot.keyClick(chat.transcript.find_bar.field, Qt.Key.Key_Escape)
    assert QApplication.focusWidget() is chat.composer.entry


def test_a_request_from_the_keyboard_to_its_answer(chat: ChatView, qtbot: QtBot) -> None:
    chat.show_empty(("Ask this",))
    chat.focus_composer()
    qtbot.keyClicks(chat.composer.entry, "Hello")
    with qtbot.waitSignal(chat.sent) as sent:
        qtbot.keyClick(chat.composer.entry, Qt.Key.Key_Return)
    chat.set_busy(True)
    running = turn(1, sent.args[0], TurnState.RUNNING)
    chat.add_turn(TurnStarted(running))
    chat.show_work(Work("Thinking"))
    chat.append(Streamed(1, "Ans"))
    chat.append(Streamed(1, "wer."))
    with qtbot.waitSignal(chat.stopped):
        qtbot.keyClick(chat.composer.entry, Qt.Key.Key_Tab)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Space)
    chat.set_busy(False)
    chat.show_work(None)
    chat.update_turn(turn(1, "Hello"))
    [shown] = chat.transcript.turns
    assert shown.answer is not None and shown.answer.clean_text() == "Answer."
