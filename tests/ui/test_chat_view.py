"""The chat as a whole: the line above the composer, and what its parts mean to each other."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.messages import TurnState
from app.core.proposals import Question
from app.ui.chat.chat_view import ChatView
from app.ui.chat.work_line import NOTICE_LINES, Dots, WorkLine, is_motion_wanted
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


def test_a_refusal_stays_until_it_is_closed(line: WorkLine, qtbot: QtBot) -> None:
    line.show_notice(Notice("Deleted.", restore=3))
    assert not line.close_button.isVisible()
    line.show_notice(Notice("It could not be undone.", lasting=True))
    assert not line._timer.isActive()
    QApplication.sendEvent(line, QEvent(QEvent.Type.Leave))
    assert not line._timer.isActive()
    assert line.notice.isVisible()
    assert line.close_button.accessibleName() == "Close"
    qtbot.mouseClick(line.close_button, Qt.MouseButton.LeftButton)
    assert not line.notice.isVisible() and not line.close_button.isVisible()


def test_esc_on_a_notice_closes_it_and_gives_the_keyboard_back(
    chat: ChatView, qtbot: QtBot
) -> None:
    chat.show_notice(Notice("It could not be undone.", lasting=True))
    line = chat.work_line
    line.close_button.setFocus()
    qtbot.keyClick(line.close_button, Qt.Key.Key_Escape)
    assert not line.notice.isVisible()
    assert QApplication.focusWidget() is chat.composer.entry


def test_a_long_notice_has_more_lines_while_it_is_there(line: WorkLine, qtbot: QtBot) -> None:
    height = line.height()
    words = "The file was changed by another program since, so this was not undone. " * 2
    line.window().resize(500, 200)
    line.show_notice(Notice(words, lasting=True))
    qtbot.waitUntil(lambda: line.height() > height)
    shown = line.notice.text().splitlines()
    assert 2 <= len(shown) <= NOTICE_LINES
    assert " ".join(shown) == words.strip() and line.notice.toolTip() == ""
    assert line.height() >= line.notice.sizeHint().height()
    line.window().resize(250, 200)
    qtbot.waitUntil(lambda: line.notice.text().endswith("\u2026"))
    assert len(line.notice.text().splitlines()) == NOTICE_LINES
    assert line.notice.accessibleName() == words.strip()
    assert "not undone" in line.notice.toolTip()
    line.clear_notice()
    assert line.height() == height


def test_the_button_of_a_notice_says_what_it_does(line: WorkLine) -> None:
    line.show_notice(Notice("Moved.", undo_change="c4"))
    assert (line.undo.text(), line.undo.toolTip()) == ("Undo", "Undo (Ctrl+Z)")
    assert line.undo.accessibleName() == "Undo: Moved."
    line.show_notice(Notice("Undone: moved.", undo_change="c5", again=True))
    assert (line.undo.text(), line.undo.toolTip()) == ("Do again", "Do again (Ctrl+Shift+Z)")
    assert line.undo.accessibleName() == "Do again: Undone: moved."
    line.show_notice(Notice("Deleted.", restore=3))
    assert (line.undo.text(), line.undo.toolTip()) == ("Undo", "Undo (Ctrl+Z)")


def test_the_notice_can_be_taken_by_a_key_of_the_window(chat: ChatView, qtbot: QtBot) -> None:
    assert chat.notice is None and not chat.take_notice()
    refusal = Notice("It could not be undone.", lasting=True)
    chat.show_notice(refusal)
    assert not chat.take_notice()
    assert chat.notice == refusal
    chat.show_notice(Notice("Deleted.", restore=3))
    with qtbot.waitSignal(chat.restore_wanted) as restore:
        assert chat.take_notice()
    assert restore.args == [3]
    assert chat.notice is None and not chat.take_notice()


def test_a_notice_is_announced_once_and_politely(
    line: WorkLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, QAccessible.AnnouncementPoliteness]] = []
    monkeypatch.setattr(
        "app.ui.chat.announcing.QAccessible.updateAccessibility",
        lambda event: said.append((event.message(), event.politeness())),
    )
    line.show_notice(Notice("Moved.", undo_change="c4"))
    line.show_work(Work("Thinking"))
    expire(line)
    assert said == [("Moved.", QAccessible.AnnouncementPoliteness.Polite)]


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


def test_edit_of_a_failed_turn_puts_its_words_into_the_line(chat: ChatView, qtbot: QtBot) -> None:
    failed = TurnView(1, 1, NOW, "Move blah", TurnState.FAILED, error="No such.", step="Tried")
    chat.show_conversation(ConversationView(1, "x", (failed,)))
    note = chat.transcript.turns[0].error
    assert note is not None
    qtbot.mouseClick(note.edit, Qt.MouseButton.LeftButton)
    assert (chat.text(), chat.composer.editing) == ("Move blah", 1)
    assert QApplication.focusWidget() is chat.composer.entry


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
