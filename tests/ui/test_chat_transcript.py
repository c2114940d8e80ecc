"""The transcript: the newest turns, kept in place while it grows, and what can be done in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication, QTextCharFormat
from PySide6.QtWidgets import QApplication, QPushButton, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.messages import TurnState
from app.core.proposals import Change, Option, Proposal, Question
from app.ui.chat.transcript import LIVE, WIDEST, Transcript
from app.ui.chat.turn_widget import TurnWidget
from app.ui.views import (
    ConversationView,
    DoneCard,
    DoneChange,
    EarlierTurns,
    Streamed,
    TurnStarted,
    TurnView,
)
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CHANGE = Change("calendar:x", "move event", "", None, None, "Move", was=("a",), becomes=("b",))
PROPOSAL = Proposal("Move it", (Option("Fri", "free", (CHANGE,), "Moved."),) * 2)
QUESTION = Question("Which?", "event", (("1", "One"), ("2", "Two")), (), 0)
DONE = DoneCard("Moved.", (DoneChange("c1", "Move", ("a",), ("b",)),), "c1")


def turn(identity: int, user: str = "", **more: Any) -> TurnView:
    more.setdefault("state", TurnState.DONE)
    return TurnView(identity, 1, NOW, user or f"Question {identity}", **more)


def turns(first: int, last: int) -> tuple[TurnView, ...]:
    return tuple(
        turn(n, answer=f"Answer {n}. " + "It goes on. " * 20, markdown=True)
        for n in range(first, last + 1)
    )


@pytest.fixture
def transcript(in_window: InWindow) -> Transcript:
    made = Transcript()
    in_window(made, 700, 500)
    return made


def opened(transcript: Transcript, qtbot: QtBot, view: ConversationView) -> None:
    transcript.show_conversation(view)
    wait_for(transcript, qtbot, min(LIVE, len(view.turns)))


def wait_for(transcript: Transcript, qtbot: QtBot, count: int) -> None:
    """Wait until so many turns are there and laid out."""
    qtbot.waitUntil(lambda: len(transcript.turns) == count)
    places: list[int] = []

    def is_still() -> bool:
        places.append(bar_of(transcript).maximum())
        return len(places) > 3 and len(set(places[-3:])) == 1

    qtbot.waitUntil(is_still)


def top_of(transcript: Transcript, identity: int) -> int:
    """Where a turn is seen, from the top of what is seen."""
    [found] = [each for each in transcript.turns if each.view.id == identity]
    return found.mapTo(transcript, found.rect().topLeft()).y()


def bar_of(transcript: Transcript) -> Any:
    return transcript.findChild(QScrollArea).verticalScrollBar()


def at_end(transcript: Transcript) -> bool:
    return bool(bar_of(transcript).value() == bar_of(transcript).maximum())


# --- a conversation


def test_a_long_conversation_shows_its_newest_turns_at_its_end(
    transcript: Transcript, qtbot: QtBot
) -> None:
    opened(transcript, qtbot, ConversationView(1, "Long", turns(1, 120), earlier=30))
    assert [each.view.id for each in transcript.turns] == list(range(71, 121))
    assert transcript.earlier_button.text() == f"Show earlier ({30 + 70})"
    assert transcript.following
    assert at_end(transcript)
    assert not transcript.jump_button.isVisible()


def test_earlier_turns_are_put_above_while_the_reader_stays_where_they_are(
    transcript: Transcript, qtbot: QtBot
) -> None:
    opened(transcript, qtbot, ConversationView(1, "Long", turns(21, 40), earlier=20))
    bar_of(transcript).setValue(30)
    place = top_of(transcript, 21)
    with qtbot.waitSignal(transcript.earlier_wanted) as wanted:
        qtbot.mouseClick(transcript.earlier_button, Qt.MouseButton.LeftButton)
    assert wanted.args == [21]
    assert not transcript.earlier_button.isEnabled()
    transcript.show_earlier(EarlierTurns(1, turns(11, 20), 10))
    wait_for(transcript, qtbot, 30)
    assert [each.view.id for each in transcript.turns] == list(range(11, 41))
    qtbot.waitUntil(lambda: top_of(transcript, 21) == place)
    assert transcript.earlier_button.text() == "Show earlier (10)"
    assert transcript.earlier_button.isEnabled()


def test_earlier_turns_of_another_conversation_are_left_out(
    transcript: Transcript, qtbot: QtBot
) -> None:
    opened(transcript, qtbot, ConversationView(1, "One", turns(21, 30), earlier=20))
    transcript.show_earlier(EarlierTurns(2, turns(1, 20), 0))
    qtbot.wait(10)
    assert len(transcript.turns) == 10


def test_old_turns_leave_at_the_top_as_new_ones_come(transcript: Transcript, qtbot: QtBot) -> None:
    opened(transcript, qtbot, ConversationView(1, "Full", turns(1, LIVE)))
    assert not transcript.earlier_button.isVisible()
    transcript.add_turn(TurnStarted(turn(51, state=TurnState.RUNNING)))
    assert [each.view.id for each in transcript.turns] == list(range(2, 52))
    assert transcript.earlier_button.text() == "Show earlier (1)"
    qtbot.waitUntil(lambda: at_end(transcript))


def test_a_turn_that_is_asked_again_leaves_the_transcript(
    transcript: Transcript, qtbot: QtBot
) -> None:
    opened(transcript, qtbot, ConversationView(1, "x", turns(1, 2)))
    transcript.add_turn(TurnStarted(turn(3, state=TurnState.RUNNING), replaces=2))
    assert [each.view.id for each in transcript.turns] == [1, 3]


def test_an_empty_conversation_teaches_what_to_ask(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.show_empty(("Lunch & tea", "What is on?"))
    qtbot.wait(1)
    buttons = [each for each in transcript.findChildren(QPushButton) if each.isVisible()]
    assert [each.accessibleName() for each in buttons] == ["Lunch & tea", "What is on?"]
    with qtbot.waitSignal(transcript.example_chosen) as chosen:
        buttons[0].click()
    assert chosen.args == ["Lunch & tea"]
    transcript.add_turn(TurnStarted(turn(1, state=TurnState.RUNNING)))
    assert not any(each.isVisible() for each in buttons)


def test_lines_are_never_wider_than_can_be_read(in_window: InWindow, qtbot: QtBot) -> None:
    transcript = Transcript()
    window = in_window(transcript, 1500, 400)
    opened(transcript, qtbot, ConversationView(1, "x", turns(1, 3)))
    qtbot.waitUntil(lambda: transcript.turns[0].width() in (WIDEST, WIDEST - 1))
    window.resize(420, 400)
    qtbot.waitUntil(lambda: transcript.turns[0].width() < 400)
    for each in transcript.turns:
        assert each.bubble.width() <= round(0.8 * each.width())


# --- following


def test_the_end_is_followed_only_while_the_reader_is_there(
    transcript: Transcript, qtbot: QtBot
) -> None:
    opened(transcript, qtbot, ConversationView(1, "x", turns(1, 20)))
    transcript.add_turn(TurnStarted(turn(21, state=TurnState.RUNNING)))
    transcript.append(Streamed(21, "More words. " * 200))
    qtbot.waitUntil(lambda: at_end(transcript) and top_of(transcript, 21) < 400)
    bar_of(transcript).setValue(500)
    assert transcript.jump_button.isVisible()
    place = top_of(transcript, 5)
    for _ in range(5):
        transcript.append(Streamed(21, "More words. " * 200))
        qtbot.wait(1)
    assert top_of(transcript, 5) == place
    qtbot.mouseClick(transcript.jump_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: at_end(transcript))
    assert not transcript.jump_button.isVisible()
    transcript.append(Streamed(21, "\n\nLast words."))
    qtbot.waitUntil(lambda: at_end(transcript))


def test_the_reader_stays_at_the_line_when_the_width_changes(
    transcript: Transcript, qtbot: QtBot
) -> None:
    opened(transcript, qtbot, ConversationView(1, "x", turns(1, 20)))
    bar_of(transcript).setValue(500)
    held = next(each for each in transcript.turns if top_of(transcript, each.view.id) > -50)
    place = top_of(transcript, held.view.id)
    before = bar_of(transcript).maximum()
    transcript.window().resize(420, 500)
    qtbot.waitUntil(lambda: bar_of(transcript).maximum() > before + 200)
    assert abs(top_of(transcript, held.view.id) - place) < 150


# --- a turn


def test_an_answer_that_was_streamed_is_not_drawn_again_at_its_end(
    transcript: Transcript, qtbot: QtBot
) -> None:
    running = turn(1, state=TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    transcript.append(Streamed(1, "First.\n\nSec"))
    transcript.append(Streamed(1, "ond."))
    answer = transcript.turns[0].answer
    assert answer is not None
    mark = QTextCharFormat()
    mark.setFontStrikeOut(True)
    answer.document().find("First").mergeCharFormat(mark)
    transcript.update_turn(
        replace(running, state=TurnState.DONE, answer="First.\n\nSecond.", markdown=True)
    )
    assert answer.document().find("First").charFormat().fontStrikeOut()
    assert answer.clean_text() == "First.\nSecond."


def test_a_tools_sentence_takes_the_place_of_what_the_model_said(
    transcript: Transcript, qtbot: QtBot
) -> None:
    running = turn(1, state=TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    transcript.append(Streamed(1, "I will **look**"))
    transcript.update_turn(replace(running, state=TurnState.DONE, answer="**Two** events."))
    assert transcript.turns[0].answer is not None
    assert transcript.turns[0].answer.clean_text() == "**Two** events."
    transcript.update_turn(replace(running, state=TurnState.DONE, done=DONE))
    assert transcript.turns[0].answer is None


def test_an_answer_under_way_goes_on_after_its_conversation_was_opened_again(
    transcript: Transcript, qtbot: QtBot
) -> None:
    running = turn(2, state=TurnState.RUNNING, answer="So far. ", markdown=True)
    opened(transcript, qtbot, ConversationView(1, "x", (turn(1, answer="a"), running)))
    transcript.append(Streamed(2, "And more."))
    answer = transcript.turns[1].answer
    assert answer is not None
    assert answer.given == "So far. And more."


def test_what_was_looked_up_is_said_above_the_answer(transcript: Transcript, qtbot: QtBot) -> None:
    running = turn(1, state=TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    transcript.append(Streamed(1, "Words"))
    done = replace(running, state=TurnState.DONE, answer="Nothing.", step="Looked in the calendar")
    transcript.update_turn(done)
    qtbot.wait(10)
    shown = transcript.turns[0]
    assert shown.step is not None and shown.answer is not None
    assert shown.bubble.y() < shown.step.y() < shown.answer.y()


def test_a_card_is_answered_by_key_and_gives_way_to_what_was_done(
    transcript: Transcript, qtbot: QtBot
) -> None:
    paused = turn(7, state=TurnState.PAUSED, waiting=PROPOSAL)
    opened(transcript, qtbot, ConversationView(1, "x", (turn(6, answer="a"), paused)))
    transcript.focus_card()
    card = transcript.turns[1].card
    assert card is not None and QApplication.focusWidget() is card
    chosen: list[tuple[int, int]] = []
    transcript.option_chosen.connect(lambda *args: chosen.append(args))
    card.take(1)
    assert chosen == [(7, 1)]
    with qtbot.waitSignal(transcript.card_left):
        transcript.update_turn(replace(paused, state=TurnState.DONE, waiting=None, done=DONE))
    shown = transcript.turns[1]
    assert shown.card is None and shown.done is not None
    with qtbot.waitSignal(transcript.undo_wanted) as undo:
        shown.done.undo.click()
    assert undo.args == ["c1"]
    transcript.update_turn(
        replace(paused, state=TurnState.DONE, waiting=None, done=replace(DONE, undone=True))
    )
    assert shown.done.undo.accessibleName() == "Do again"


def test_a_question_can_be_declined(transcript: Transcript, qtbot: QtBot) -> None:
    paused = turn(7, state=TurnState.PAUSED, waiting=QUESTION)
    opened(transcript, qtbot, ConversationView(1, "x", (paused,)))
    transcript.focus_card()
    with qtbot.waitSignal(transcript.declined) as declined:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert declined.args == [7]


def test_a_choice_that_came_to_nothing_leaves_a_card_that_can_be_answered(
    transcript: Transcript, qtbot: QtBot
) -> None:
    paused = turn(7, state=TurnState.PAUSED, waiting=PROPOSAL)
    opened(transcript, qtbot, ConversationView(1, "x", (paused,)))
    first = transcript.turns[0].card
    assert first is not None
    transcript.update_turn(paused)
    assert transcript.turns[0].card is first
    first.take(0)
    transcript.update_turn(paused)
    second = transcript.turns[0].card
    assert second is not None and second is not first
    with qtbot.waitSignal(transcript.option_chosen):
        second.take(0)


def test_a_failed_turn_says_why_and_can_be_asked_again(
    transcript: Transcript, qtbot: QtBot
) -> None:
    failed = turn(3, "Do it", state=TurnState.FAILED, error="It stopped.", details="trace")
    opened(transcript, qtbot, ConversationView(1, "x", (failed,)))
    note = transcript.turns[0].error
    assert note is not None and note.accessibleName() == "It stopped."
    with qtbot.waitSignal(transcript.retry_wanted) as retry:
        note.retry.click()
    assert retry.args == [3, "Do it"]
    note.copying.click()
    assert QGuiApplication.clipboard().text() == "trace"
    transcript.update_turn(replace(failed, details=""))
    assert "Copy details" not in [
        each.text() for each in transcript.turns[0].findChildren(QPushButton) if each.isVisible()
    ]


def test_a_finished_answer_is_announced_once_and_its_tokens_never(
    transcript: Transcript, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "app.ui.chat.transcript.QAccessible.updateAccessibility",
        lambda event: said.append(event.message()),
    )
    running = turn(1, state=TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    for _ in range(3):
        transcript.append(Streamed(1, "**So.** "))
    assert said == []
    done = replace(running, state=TurnState.DONE, answer="**So.** **So.** **So.** ", markdown=True)
    transcript.update_turn(done)
    transcript.update_turn(replace(done, done=DONE))
    assert said == ["So. So. So."]
    transcript.add_turn(TurnStarted(turn(2, state=TurnState.RUNNING)))
    transcript.update_turn(turn(2, state=TurnState.FAILED, error="It stopped."))
    assert said[1:] == ["It stopped."]


def test_announcing_goes_through_qt_without_complaint(transcript: Transcript, qtbot: QtBot) -> None:
    transcript.add_turn(TurnStarted(turn(1, state=TurnState.RUNNING)))
    with qtbot.waitSignal(transcript.turns[0].finished) as finished:
        transcript.update_turn(turn(1, answer="Done."))
    assert finished.args == ["Done."]


# --- keys and buttons


def hover(widget: QWidget) -> None:
    spot = QPointF(5, 5)
    widget.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    QApplication.sendEvent(widget, QEnterEvent(spot, spot, widget.mapToGlobal(spot)))


def side_buttons(shown: TurnWidget) -> dict[str, QToolButton]:
    found = shown.findChildren(QToolButton, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return {each.accessibleName(): each for each in found if each.isVisible()}


def test_copy_and_edit_stand_beside_a_turn_under_the_mouse(
    transcript: Transcript, qtbot: QtBot
) -> None:
    first = turn(1, "One", answer="**Bold**", markdown=True)
    opened(transcript, qtbot, ConversationView(1, "x", (first, replace(first, id=2))))
    qtbot.wait(10)
    assert side_buttons(transcript.turns[1]) == {}
    for shown in transcript.turns:
        hover(shown)
    assert set(side_buttons(transcript.turns[0])) == {"Copy message", "Copy answer"}
    buttons = side_buttons(transcript.turns[1])
    assert set(buttons) == {"Copy message", "Edit message", "Copy answer"}
    answer = transcript.turns[1].answer
    assert answer is not None
    for button in buttons.values():
        assert transcript.turns[1].rect().contains(button.geometry())
        assert not button.geometry().intersects(transcript.turns[1].bubble.geometry())
        assert not button.geometry().intersects(answer.geometry())
    buttons["Copy answer"].click()
    assert QGuiApplication.clipboard().text() == "Bold"
    buttons["Copy message"].click()
    assert QGuiApplication.clipboard().text() == "One"
    with qtbot.waitSignal(transcript.edit_wanted) as edit:
        buttons["Edit message"].click()
    assert edit.args == [2, "One"]
    transcript.turns[1].setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(transcript.turns[1], QEvent(QEvent.Type.Leave))
    assert side_buttons(transcript.turns[1]) == {}


def test_tab_goes_in_the_order_of_reading(transcript: Transcript, qtbot: QtBot) -> None:
    paused = turn(3, state=TurnState.PAUSED, waiting=PROPOSAL)
    failed = turn(2, state=TurnState.FAILED, error="It stopped.", details="x")
    opened(transcript, qtbot, ConversationView(1, "x", (turn(1, done=DONE), failed, paused), 4))
    qtbot.wait(10)
    transcript.earlier_button.setFocus()
    names = []
    for _ in range(40):
        holder = QApplication.focusWidget()
        assert holder is not None
        names.append(holder.accessibleName())
        if holder is transcript.turns[2].card:
            break
        qtbot.keyClick(holder, Qt.Key.Key_Tab)
    wanted = ["Show earlier (4)", "You", "Undo", "Show what changed", "You", "Retry"]
    wanted += ["Copy details", "You"]
    assert [name for name in names if name in wanted] == wanted
    assert QApplication.focusWidget() is transcript.turns[2].card


def test_copy_is_reached_from_the_answer_by_tab(transcript: Transcript, qtbot: QtBot) -> None:
    view = turn(1, answer="Words", markdown=True)
    opened(transcript, qtbot, ConversationView(1, "x", (view,)))
    answer = transcript.turns[0].answer
    assert answer is not None
    answer.setFocus(Qt.FocusReason.TabFocusReason)
    assert "Copy answer" in side_buttons(transcript.turns[0])
    qtbot.keyClick(answer, Qt.Key.Key_Tab)
    holder = QApplication.focusWidget()
    assert holder is not None and holder.accessibleName() == "Copy answer"
    assert "Copy answer" in side_buttons(transcript.turns[0])


def test_every_control_has_a_name(transcript: Transcript, qtbot: QtBot) -> None:
    paused = turn(3, state=TurnState.PAUSED, waiting=PROPOSAL)
    failed = turn(2, answer="a", state=TurnState.FAILED, error="It stopped.", details="x")
    opened(transcript, qtbot, ConversationView(1, "x", (turn(1, done=DONE), failed, paused), 4))
    for shown in transcript.turns:
        hover(shown)
    transcript.focus_find()
    nameless = [
        each
        for each in transcript.findChildren(QWidget)
        if each.isVisible()
        and each.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not each.accessibleName()
    ]
    assert nameless == []


def test_a_turn_changed_before_it_was_built_is_shown_as_it_stands(
    transcript: Transcript, qtbot: QtBot
) -> None:
    transcript.show_conversation(ConversationView(1, "x", turns(1, LIVE)))
    assert len(transcript.turns) < LIVE
    transcript.update_turn(turn(1, answer="Changed."))
    wait_for(transcript, qtbot, LIVE)
    assert transcript.turns[0].view.answer == "Changed."


def test_turns_not_built_yet_are_dropped_with_their_conversation(
    transcript: Transcript, qtbot: QtBot
) -> None:
    transcript.show_conversation(ConversationView(1, "x", turns(1, LIVE)))
    transcript.show_conversation(ConversationView(2, "y", turns(101, 102)))
    qtbot.wait(30)
    assert [each.view.id for each in transcript.turns] == [101, 102]
