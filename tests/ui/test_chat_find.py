"""Finding words in a conversation: marked where they stand, fetched where they are not shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from app.core.messages import TurnState
from app.ui.chat.message_view import MessageView
from app.ui.chat.transcript import Transcript
from app.ui.views import (
    ConversationView,
    EarlierTurns,
    FoundTurns,
    Streamed,
    TurnStarted,
    TurnView,
)
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ENTER, SHIFT = Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier


def turn(identity: int, answer: str = "") -> TurnView:
    words = answer or f"Answer {identity}. " + "It goes on. " * 30
    return TurnView(
        identity, 1, NOW, f"Question {identity}", TurnState.DONE, answer=words, markdown=True
    )


@pytest.fixture
def transcript(in_window: InWindow, qtbot: QtBot) -> Transcript:
    made = Transcript()
    in_window(made, 700, 400)
    shown = [turn(n) for n in range(11, 31)]
    shown[1] = turn(12, "A **pear** and a PEAR. " + "It goes on. " * 30)
    shown[18] = turn(29, "One pear. " + "It goes on. " * 30)
    made.show_conversation(ConversationView(1, "x", tuple(shown), earlier=10))
    qtbot.waitUntil(lambda: len(made.turns) == 20)
    qtbot.wait(10)
    return made


def look_for(transcript: Transcript, qtbot: QtBot, words: str) -> None:
    transcript.focus_find()
    with qtbot.waitSignal(transcript.find_wanted) as wanted:
        qtbot.keyClicks(transcript.find_bar.field, words)
        qtbot.keyClick(transcript.find_bar.field, ENTER)
    assert wanted.args == [words]


def marked(transcript: Transcript) -> list[str]:
    found = []
    for message in transcript.findChildren(MessageView):
        found += [each.cursor.selectedText() for each in message.extraSelections()]
    return found


def current(transcript: Transcript) -> str:
    """The text around the place that is marked more than the others."""
    for message in transcript.findChildren(MessageView):
        for each in message.extraSelections():
            if each.format.fontUnderline():
                return each.cursor.block().text()[:20]
    return ""


def is_seen(transcript: Transcript, identity: int) -> bool:
    [found] = [each for each in transcript.turns if each.view.id == identity]
    area = transcript.findChild(QScrollArea)
    top = found.mapTo(area, found.rect().topLeft()).y()
    return bool(-found.height() < top < area.height())


def test_matches_are_marked_and_the_newest_is_gone_to(transcript: Transcript, qtbot: QtBot) -> None:
    look_for(transcript, qtbot, "pear")
    assert transcript.find_bar.count.text() == ""
    transcript.show_found(FoundTurns(1, "pear", (12, 29)))
    assert transcript.find_bar.count.text() == "3 of 3"
    assert sorted(marked(transcript)) == ["PEAR", "pear", "pear"]
    assert current(transcript).startswith("One pear")
    assert is_seen(transcript, 29)


def test_enter_goes_on_and_shift_enter_back_around_the_ends(
    transcript: Transcript, qtbot: QtBot
) -> None:
    look_for(transcript, qtbot, "pear")
    transcript.show_found(FoundTurns(1, "pear", (12, 29)))
    field, count = transcript.find_bar.field, transcript.find_bar.count
    qtbot.keyClick(field, ENTER)
    assert count.text() == "1 of 3"
    assert is_seen(transcript, 12)
    assert not transcript.following
    qtbot.keyClick(field, ENTER, SHIFT)
    assert count.text() == "3 of 3"
    qtbot.mouseClick(transcript.find_bar.back, Qt.MouseButton.LeftButton)
    assert count.text() == "2 of 3"


def test_a_turn_that_is_not_shown_is_fetched(transcript: Transcript, qtbot: QtBot) -> None:
    look_for(transcript, qtbot, "pear")
    transcript.show_found(FoundTurns(1, "pear", (3, 12, 29)))
    field, count = transcript.find_bar.field, transcript.find_bar.count
    assert count.text() == "4 of 4"
    with qtbot.waitSignal(transcript.earlier_wanted) as wanted:
        qtbot.keyClick(field, ENTER)
    assert wanted.args == [11]
    with qtbot.waitSignal(transcript.earlier_wanted) as again:
        transcript.show_earlier(EarlierTurns(1, tuple(turn(n) for n in range(6, 11)), 5))
    assert again.args == [6]
    fetched = [turn(1), turn(2), turn(3, "A pear, a pear."), turn(4), turn(5)]
    transcript.show_earlier(EarlierTurns(1, tuple(fetched), 0))
    qtbot.waitUntil(lambda: count.text() == "1 of 5")
    assert current(transcript) == "A pear, a pear."
    qtbot.waitUntil(lambda: is_seen(transcript, 3))


def test_a_turn_that_is_nowhere_is_not_asked_for_forever(
    transcript: Transcript, qtbot: QtBot
) -> None:
    look_for(transcript, qtbot, "pear")
    asked: list[int] = []
    transcript.earlier_wanted.connect(asked.append)
    transcript.show_found(FoundTurns(1, "pear", (3,)))
    assert asked == [11]
    transcript.show_earlier(EarlierTurns(1, (), 10))
    qtbot.wait(30)
    assert asked == [11]


def test_nothing_found_is_said(transcript: Transcript, qtbot: QtBot) -> None:
    look_for(transcript, qtbot, "plum")
    transcript.show_found(FoundTurns(1, "plum", ()))
    assert transcript.find_bar.count.text() == "None found"
    assert not transcript.find_bar.next.isEnabled()


def test_an_answer_to_words_no_longer_looked_for_is_left_out(
    transcript: Transcript, qtbot: QtBot
) -> None:
    look_for(transcript, qtbot, "pear")
    transcript.show_found(FoundTurns(1, "pea", (12,)))
    transcript.show_found(FoundTurns(2, "pear", (12,)))
    assert marked(transcript) == []


def test_esc_closes_and_takes_the_marks_away(transcript: Transcript, qtbot: QtBot) -> None:
    look_for(transcript, qtbot, "pear")
    transcript.show_found(FoundTurns(1, "pear", (12, 29)))
    with qtbot.waitSignal(transcript.find_closed):
        qtbot.keyClick(transcript.find_bar.field, Qt.Key.Key_Escape)
    assert not transcript.find_bar.isVisible()
    assert marked(transcript) == []
    transcript.focus_find()
    assert QApplication.focusWidget() is transcript.find_bar.field
    assert transcript.find_bar.field.selectedText() == "pear"


def test_words_are_looked_for_again_when_an_answer_ends(
    transcript: Transcript, qtbot: QtBot
) -> None:
    look_for(transcript, qtbot, "pear")
    transcript.show_found(FoundTurns(1, "pear", (12, 29)))
    running = TurnView(31, 1, NOW, "More", TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running))
    transcript.append(Streamed(31, "A pear"))
    with qtbot.waitSignal(transcript.find_wanted):
        transcript.update_turn(turn(31, "A pear"))
    transcript.show_found(FoundTurns(1, "pear", (12, 29, 31)))
    assert transcript.find_bar.count.text().endswith("of 4")


def test_marks_in_a_turn_that_left_do_no_harm(transcript: Transcript, qtbot: QtBot) -> None:
    look_for(transcript, qtbot, "pear")
    transcript.show_found(FoundTurns(1, "pear", (12, 29)))
    running = TurnView(31, 1, NOW, "More", TurnState.RUNNING)
    transcript.add_turn(TurnStarted(running, replaces=29))
    qtbot.wait(10)
    qtbot.keyClick(transcript.find_bar.field, ENTER)
    assert sorted(marked(transcript)) == ["PEAR", "pear"]
