"""The transcript: the newest turns, kept in place while it grows, and what can be done in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent, QGuiApplication, QTextCharFormat
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.messages import TurnState
from app.core.proposals import Change, Option, Proposal, Question
from app.ui.chat.measures import MARGIN, WIDEST
from app.ui.chat.transcript import LIVE, Transcript
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


@pytest.fixture
def large_text(qapp: QApplication) -> Iterator[None]:
    before = qapp.font()
    large = qapp.font()
    large.setPointSizeF(21)
    qapp.setFont(large)
    yield
    qapp.setFont(before)


def test_examples_wrap_where_text_is_large_and_begin_at_their_top(
    large_text: None, in_window: InWindow, qtbot: QtBot
) -> None:
    transcript = Transcript()
    in_window(transcript, 420, 300)
    words = "Schedule lunch with Anna on Friday at noon, and tea with Ida after it"
    transcript.show_empty((words, "What is on?"))
    qtbot.waitUntil(lambda: bar_of(transcript).maximum() > 100)
    area = transcript.findChild(QScrollArea)
    assert area is not None
    assert area.widget().width() <= area.viewport().width()
    labels = [each for each in area.findChildren(QLabel) if each.isVisible()]
    assert words in {each.accessibleName() for each in labels}
    for label in labels:
        assert label.height() >= label.heightForWidth(label.width())
    long, short = (each for each in area.findChildren(QPushButton) if each.isVisible())
    assert long.height() > 1.8 * short.height()
    assert bar_of(transcript).value() <= 8
    assert not transcript.jump_button.isVisible()
    transcript.add_turn(TurnStarted(turn(1, state=TurnState.RUNNING)))
    qtbot.waitUntil(lambda: transcript.following and at_end(transcript))


def test_lines_are_never_wider_than_can_be_read(in_window: InWindow, qtbot: QtBot) -> None:
    transcript = Transcript()
    window = in_window(transcript, 1500, 400)
    opened(transcript, qtbot, ConversationView(1, "x", turns(1, 3)))
    qtbot.waitUntil(lambda: transcript.turns[0].width() - 2 * MARGIN in (WIDEST, WIDEST - 1))
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
    assert shown.done.undo.accessibleName().startswith("Do again: ")


TALL = Proposal("Move them", (Option("All", "free", (CHANGE,) * 4, "Moved."), PROPOSAL.options[0]))


@pytest.fixture
def low(in_window: InWindow, monkeypatch: pytest.MonkeyPatch) -> Transcript:
    """A transcript lower than a card, which takes keys at once but for what is tested here."""
    monkeypatch.setattr("app.ui.cards.waiting_card.PAUSE", 0.0)
    made = Transcript()
    in_window(made, 700, 260)
    return made


def arrive(transcript: Transcript, qtbot: QtBot, content: Proposal | Question) -> QWidget:
    """Have a card appear at the end of a turn."""
    opened(transcript, qtbot, ConversationView(1, "x", turns(1, 5)))
    running = turn(6, state=TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    qtbot.waitUntil(lambda: at_end(transcript))
    transcript.update_turn(replace(running, state=TurnState.PAUSED, waiting=content))
    card = transcript.turns[-1].card
    assert card is not None
    qtbot.waitUntil(lambda: card.isVisible() and card.height() > 100)
    return card


def edges(transcript: Transcript, part: QWidget) -> tuple[int, int]:
    """Top and bottom of a part from the top of what is in view."""
    top = part.mapTo(transcript, part.rect().topLeft()).y()
    return top, top + part.height()


@pytest.mark.parametrize("focused", [True, False])
def test_a_card_too_high_for_the_view_is_read_from_its_top(
    low: Transcript, qtbot: QtBot, focused: bool
) -> None:
    card = arrive(low, qtbot, TALL)
    if focused:
        low.focus_card()
    qtbot.waitUntil(lambda: 0 <= edges(low, card)[0] <= 8)
    assert edges(low, card)[1] > low.height()


def test_a_card_reached_by_tab_is_read_from_its_top(low: Transcript, qtbot: QtBot) -> None:
    paused = turn(6, state=TurnState.PAUSED, waiting=TALL)
    opened(low, qtbot, ConversationView(1, "x", (*turns(1, 5), paused)))
    shown = low.turns[-1]
    shown.bubble.words.setFocus(Qt.FocusReason.TabFocusReason)
    while QApplication.focusWidget() is not shown.card:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    card = shown.card
    assert card is not None
    qtbot.waitUntil(lambda: 0 <= edges(low, card)[0] <= 8)


def test_a_card_with_room_is_in_view_as_a_whole(transcript: Transcript, qtbot: QtBot) -> None:
    card = arrive(transcript, qtbot, PROPOSAL)
    transcript.focus_card()
    qtbot.waitUntil(lambda: at_end(transcript) and transcript.following)
    top, bottom = edges(transcript, card)
    assert top >= 0 and bottom <= transcript.height()


def test_a_card_further_up_is_in_view_as_a_whole(transcript: Transcript, qtbot: QtBot) -> None:
    paused = turn(3, state=TurnState.PAUSED, waiting=PROPOSAL)
    view = (*turns(1, 2), paused, *turns(4, 12))
    opened(transcript, qtbot, ConversationView(1, "x", view))
    card = transcript.turns[2].card
    assert card is not None and edges(transcript, card)[0] < 0
    transcript.focus_card()
    qtbot.waitUntil(lambda: edges(transcript, card)[0] >= 0)
    assert edges(transcript, card)[1] <= transcript.height()
    assert transcript.jump_button.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_2])
def test_no_key_is_a_yes_before_the_buttons_have_been_in_view(
    low: Transcript, qtbot: QtBot, key: Qt.Key
) -> None:
    card = arrive(low, qtbot, TALL)
    low.focus_card()
    qtbot.waitUntil(lambda: 0 <= edges(low, card)[0] <= 8)
    qtbot.wait(50)  # whatever is drawn is drawn
    chosen: list[tuple[int, int]] = []
    low.option_chosen.connect(lambda *args: chosen.append(args))
    qtbot.keyClick(card, key)
    assert chosen == []
    while not at_end(low):
        before = bar_of(low).value()
        qtbot.keyClick(card, Qt.Key.Key_PageDown)
        assert bar_of(low).value() > before
    qtbot.wait(50)
    qtbot.keyClick(card, Qt.Key.Key_PageUp)  # seen once is enough
    qtbot.keyClick(card, key)
    assert chosen == [(6, 1 if key == Qt.Key.Key_2 else 0)]


def test_arrows_choose_among_rows_and_then_scroll(low: Transcript, qtbot: QtBot) -> None:
    card = arrive(low, qtbot, TALL)
    low.focus_card()
    qtbot.waitUntil(lambda: 0 <= edges(low, card)[0] <= 8)
    qtbot.keyClick(card, Qt.Key.Key_Down)
    row = QApplication.focusWidget()
    assert row is not None and card.isAncestorOf(row)
    qtbot.waitUntil(lambda: edges(low, row)[1] <= low.height())
    before = bar_of(low).value()
    qtbot.keyClick(row, Qt.Key.Key_Down)
    assert QApplication.focusWidget() is row
    assert bar_of(low).value() > before


def test_the_reader_who_scrolls_away_from_a_card_is_left_alone(
    low: Transcript, qtbot: QtBot
) -> None:
    arrive(low, qtbot, TALL)
    low.focus_card()
    qtbot.wait(10)
    bar_of(low).setValue(5)
    low.update_turn(turn(5, answer="It is longer now. " * 100))
    qtbot.wait(10)
    assert bar_of(low).value() == 5


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


def names(buttons: Sequence[QWidget]) -> list[str]:
    return [each.accessibleName() for each in buttons]


def test_words_that_a_tool_did_not_take_are_edited_before_they_are_tried_again(
    transcript: Transcript, qtbot: QtBot
) -> None:
    words = turn(1, "Move blah", state=TurnState.FAILED, error="No such event.", step="Tried it")
    engine = turn(2, state=TurnState.FAILED, error="It crashed.", details="trace")
    opened(transcript, qtbot, ConversationView(1, "x", (words, engine)))
    first, second = transcript.turns[0].error, transcript.turns[1].error
    assert first is not None and second is not None
    assert names(first.buttons) == ["Edit", "Retry"]
    assert names(second.buttons) == ["Retry", "Edit", "Copy details"]
    with qtbot.waitSignal(transcript.edit_wanted) as edit:
        first.edit.click()
    assert edit.args == [1, "Move blah"]


def test_the_key_that_tries_again_is_told_of_the_newest_turn_only(
    transcript: Transcript, qtbot: QtBot
) -> None:
    failed = turn(2, state=TurnState.FAILED, error="It crashed.")
    opened(transcript, qtbot, ConversationView(1, "x", (turn(1, answer="a"), failed)))
    note = transcript.turns[1].error
    assert note is not None and note.retry.toolTip() == "Try again (Ctrl+R)"
    assert transcript.last_failed() == failed
    transcript.add_turn(TurnStarted(turn(3, state=TurnState.RUNNING)))
    assert note.retry.toolTip() == "Try again"
    assert transcript.last_failed() is None
    transcript.update_turn(turn(3, state=TurnState.FAILED, error="Again."))
    newest = transcript.turns[2].error
    assert newest is not None and newest.retry.toolTip() == "Try again (Ctrl+R)"
    transcript.show_empty(("What is on?",))
    assert transcript.last_failed() is None


def test_what_the_user_stopped_is_not_dressed_as_a_failure(
    transcript: Transcript, qtbot: QtBot
) -> None:
    running = turn(1, state=TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    stopped = replace(running, state=TurnState.FAILED, error="Stopped.", step="Tried", stopped=True)
    transcript.update_turn(stopped)
    note = transcript.turns[0].error
    assert note is not None
    assert note.mark.accessibleName() == "Stopped"
    assert note.sentence.property("role") == "secondary"
    assert names(note.buttons) == ["Retry", "Edit"]
    transcript.update_turn(replace(stopped, stopped=False))
    note = transcript.turns[0].error
    assert note is not None and note.mark.accessibleName() == "Failed"


def test_frames_and_text_stand_in_one_line(transcript: Transcript, qtbot: QtBot) -> None:
    looked = turn(1, answer="Nothing.", step="Looked in the calendar")
    failed = turn(3, state=TurnState.FAILED, error="It stopped.")
    paused = turn(4, state=TurnState.PAUSED, waiting=PROPOSAL)
    view = ConversationView(1, "x", (looked, turn(2, done=DONE), failed, paused))
    opened(transcript, qtbot, view)
    first, second, third, fourth = transcript.turns
    assert first.answer is not None and first.step is not None
    text = first.answer.mapTo(transcript, first.answer.rect().topLeft()).x() + MARGIN
    assert first.step.mapTo(transcript, first.step.contentsRect().topLeft()).x() == text
    for frame in (second.done, third.error, fourth.card):
        assert frame is not None
        assert frame.mapTo(transcript, frame.rect().topLeft()).x() == text
    right = second.done.geometry().right() if second.done is not None else 0
    assert second.bubble.geometry().right() == right


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
    note.buttons[-1].click()
    assert QGuiApplication.clipboard().text() == "trace"
    transcript.update_turn(replace(failed, details=""))
    note = transcript.turns[0].error
    assert note is not None and names(note.buttons) == ["Retry", "Edit"]


def test_a_finished_answer_is_announced_once_and_its_tokens_never(
    transcript: Transcript, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        "app.ui.chat.announcing.QAccessible.updateAccessibility",
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
        names.append(holder.accessibleName().split(":")[0])  # what is undone comes after it
        if holder is transcript.turns[2].card:
            break
        qtbot.keyClick(holder, Qt.Key.Key_Tab)
    wanted = ["Show earlier (4)", "You", "Undo", "Show what changed", "You", "Retry", "Edit"]
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
