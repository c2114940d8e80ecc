"""Thoughts in the transcript: one line that opens, and the line where the model's memory begins."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.core.messages import TurnState
from app.ui.chat.chat_view import ChatView
from app.ui.chat.markdown_blocks import LIMIT
from app.ui.chat.message_view import MessageView
from app.ui.chat.thoughts import Thoughts
from app.ui.chat.transcript import Transcript
from app.ui.theme import apply_theme, tokens
from app.ui.views import ConversationView, EarlierTurns, Streamed, TurnStarted, TurnView
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

K = Qt.Key
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
THOUGHT = "The letter is of March.\n\nSo it ends in June.\n" * 30


@pytest.fixture
def chat(in_window: InWindow) -> ChatView:
    made = ChatView()
    in_window(made, 700, 500)
    return made


def turn(identity: int, **more: Any) -> TurnView:
    more.setdefault("state", TurnState.DONE)
    return TurnView(identity, 1, NOW, f"Question {identity}", **more)


def show(chat: ChatView, qtbot: QtBot, *turns: TurnView, earlier: int = 0) -> Transcript:
    chat.show_conversation(ConversationView(1, "One", turns, earlier))
    qtbot.waitUntil(lambda: len(chat.transcript.turns) == len(turns))
    return chat.transcript


def begin(chat: ChatView, *thoughts: str) -> Thoughts:
    """A turn under way in which this was thought."""
    chat.add_turn(TurnStarted(turn(7, state=TurnState.RUNNING)))
    for text in thoughts:
        chat.append(Streamed(7, text, thought=True))
    shown = chat.transcript.turns[-1].thoughts
    assert shown is not None
    return shown


def text_of(thoughts: Thoughts) -> MessageView:
    assert thoughts.text is not None
    return thoughts.text


def test_a_model_that_does_not_think_shows_no_thoughts(chat: ChatView, qtbot: QtBot) -> None:
    transcript = show(chat, qtbot, turn(1, answer="Yes.", markdown=True))
    chat.add_turn(TurnStarted(turn(2, state=TurnState.RUNNING)))
    chat.append(Streamed(2, "Yes."))
    chat.update_turn(turn(2, answer="Yes.", markdown=True))
    assert [each.thoughts for each in transcript.turns] == [None, None]
    assert not chat.work_line.answer_now.isVisible()


def test_while_it_thinks_one_line_tells_the_newest_sentence(chat: ChatView, qtbot: QtBot) -> None:
    thoughts = begin(chat, "The letter is of March. It ", "came on")
    assert thoughts.thinking and not thoughts.is_open and thoughts.text is None
    assert thoughts.line.text() == "Thinking… 1 s"
    assert thoughts.line.accessibleName() == "Thinking"
    qtbot.waitUntil(lambda: thoughts.latest.text() == "It came on")
    chat.append(Streamed(7, " the 5th. ", thought=True))
    qtbot.waitUntil(lambda: thoughts.latest.text() == "It came on the 5th.")
    chat.append(Streamed(7, "\n\nThat is a long sentence, " + "on and on, " * 60, thought=True))
    qtbot.waitUntil(lambda: thoughts.latest.text().startswith("That is a long"))
    assert "…" in thoughts.latest.text()
    assert thoughts.latest.geometry().right() <= thoughts.width()


def test_the_seconds_go_on_by_themselves(chat: ChatView, qtbot: QtBot) -> None:
    thoughts = begin(chat, "Hm.")
    qtbot.waitUntil(lambda: thoughts.line.text() == "Thinking… 2 s")
    chat.append(Streamed(7, "June."))
    assert not thoughts.thinking
    assert thoughts.line.text() == "Thought for 2 s" == thoughts.line.accessibleName()


def test_thoughts_are_read_as_they_come_and_only_added_to(chat: ChatView, qtbot: QtBot) -> None:
    thoughts = begin(chat, "First. ")
    thoughts.line.setFocus()
    qtbot.keyClick(thoughts.line, K.Key_Space)
    text = text_of(thoughts)
    qtbot.waitUntil(text.isVisible)
    assert not thoughts.latest.isVisible()
    removed: list[int] = []
    text.document().contentsChange.connect(lambda at, gone, come: removed.append(gone))
    for piece in ("Second.\n", "Third, **not bold**.\n", "<b>Fourth</b>"):
        chat.append(Streamed(7, piece, thought=True))
    assert removed and not any(removed)
    assert text.clean_text() == "First. Second.\nThird, **not bold**.\n<b>Fourth</b>"
    height = text.height()
    qtbot.keyClick(thoughts.line, K.Key_Space)
    assert thoughts.text is None
    chat.append(Streamed(7, "\nFifth", thought=True))
    qtbot.mouseClick(thoughts.line, Qt.MouseButton.LeftButton)
    assert text_of(thoughts).clean_text().endswith("<b>Fourth</b>\nFifth")
    assert text_of(thoughts).height() > height


def test_a_line_without_end_is_broken_to_be_drawn_and_read_whole(
    chat: ChatView, qtbot: QtBot
) -> None:
    thoughts = begin(chat, "so")
    thoughts.line.click()
    said = "so"
    for number in range(2_000):
        chat.append(Streamed(7, f" on {number}", thought=True))
        said += f" on {number}"
    document = text_of(thoughts).document()
    blocks = [document.findBlockByNumber(n) for n in range(document.blockCount())]
    assert max(block.length() for block in blocks) < LIMIT + 20
    assert len(blocks) > len(said) // (LIMIT + 20)
    assert text_of(thoughts).clean_text() == said


def test_an_answer_leaves_its_thoughts_folded_and_can_be_copied_without_them(
    chat: ChatView, qtbot: QtBot
) -> None:
    thoughts = begin(chat, THOUGHT)
    chat.append(Streamed(7, "**June.**"))
    chat.update_turn(turn(7, answer="**June.**", markdown=True, thought=THOUGHT.strip()))
    [shown] = chat.transcript.turns
    assert shown.thoughts is thoughts and not thoughts.is_open
    assert thoughts.given == THOUGHT
    shown.copy_answer()
    assert QGuiApplication.clipboard().text() == "June."
    assert shown.answer is not None and shown.messages() == [shown.bubble.words, shown.answer]
    thoughts.line.click()
    assert shown.messages() == [shown.bubble.words, shown.answer]


def test_only_the_answer_is_announced(chat: ChatView, qtbot: QtBot) -> None:
    begin(chat, THOUGHT)
    [shown] = chat.transcript.turns
    with qtbot.waitSignal(shown.finished) as finished:
        chat.update_turn(turn(7, answer="June.", markdown=True, thought=THOUGHT))
    assert finished.args == ["June."]


def test_stored_thoughts_open_with_their_top_in_view(chat: ChatView, qtbot: QtBot) -> None:
    transcript = show(chat, qtbot, *(turn(n, answer="Yes.", thought=THOUGHT) for n in (1, 2)))
    thoughts = transcript.turns[-1].thoughts
    assert thoughts is not None
    assert thoughts.line.text() == "Thoughts"
    words = transcript.turns[-1].bubble.words
    qtbot.waitUntil(words.isVisible)
    words.setFocus()
    for _ in range(3):  # over Copy and Edit
        qtbot.keyClick(QApplication.focusWidget(), K.Key_Tab)
    assert thoughts.line.hasFocus()
    qtbot.keyClick(thoughts.line, K.Key_Space)
    assert text_of(thoughts).clean_text().strip() == THOUGHT.strip()
    qtbot.waitUntil(lambda: thoughts.height() > transcript.height())

    def top() -> int:
        return thoughts.mapTo(transcript, thoughts.rect().topLeft()).y()

    qtbot.waitUntil(lambda: 0 <= top() < 40)
    qtbot.keyClick(thoughts.line, K.Key_Tab)
    assert text_of(thoughts).hasFocus()


def test_thoughts_that_ended_without_an_answer_stay_as_they_are_on_disk(
    chat: ChatView, qtbot: QtBot
) -> None:
    thoughts = begin(chat, "Hm.")
    failed = turn(7, state=TurnState.FAILED, error="Stopped.", stopped=True, thought="Hm.")
    chat.update_turn(failed)
    assert not thoughts.thinking and thoughts.line.text() == "Thought for 1 s"
    chat.add_turn(TurnStarted(turn(8, state=TurnState.RUNNING)))
    chat.append(Streamed(8, "Hm.", thought=True))
    chat.update_turn(turn(8, state=TurnState.FAILED, error="Stopped."))
    assert chat.transcript.turns[-1].thoughts is None


def test_thinking_under_way_goes_on_after_its_conversation_was_opened_again(
    chat: ChatView, qtbot: QtBot
) -> None:
    running = turn(7, state=TurnState.RUNNING, thought="So far. ", thought_s=74.0)
    transcript = show(chat, qtbot, running)
    thoughts = transcript.turns[0].thoughts
    assert thoughts is not None and thoughts.thinking
    assert thoughts.line.text() == "Thinking… 1 min 14 s"
    chat.append(Streamed(7, "And on.", thought=True))
    assert thoughts.given == "So far. And on."
    speaking = turn(7, state=TurnState.RUNNING, thought="All.", thought_s=3.0, answer="Yes")
    transcript = show(chat, qtbot, speaking)
    thoughts = transcript.turns[0].thoughts
    assert thoughts is not None and not thoughts.thinking
    assert thoughts.line.text() == "Thought for 3 s"


def test_open_thoughts_follow_light_and_dark(chat: ChatView, qtbot: QtBot) -> None:
    thoughts = begin(chat, "Hm.")
    thoughts.line.click()
    text = text_of(thoughts)

    def colour() -> str:
        form = text.document().lastBlock().begin().fragment().charFormat()
        return form.foreground().color().name()

    light = QColor(tokens().secondary).name()
    assert colour() == light
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    apply_theme(app, "dark")
    qtbot.waitUntil(lambda: colour() == QColor(tokens().secondary).name() != light)
    chat.append(Streamed(7, " And on.", thought=True))
    assert text.clean_text() == "Hm. And on."
    apply_theme(app, "light")


# --- answer now


def test_the_answer_can_be_asked_for_once_while_it_thinks(chat: ChatView, qtbot: QtBot) -> None:
    asked: list[bool] = []
    chat.answer_wanted.connect(lambda: asked.append(True))
    button = chat.work_line.answer_now
    height = chat.work_line.height()
    chat.show_thinking(True)
    assert button.isVisible() and chat.work_line.height() == height
    assert button.accessibleName() == "Answer now" and "Alt+A" in button.toolTip()
    qtbot.keyClick(chat.composer.entry, K.Key_A, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: asked == [True])
    chat.show_thinking(True)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked == [True]
    chat.show_thinking(False)
    chat.show_thinking(True)
    button.setFocus()
    qtbot.keyClick(button, K.Key_Space)
    assert asked == [True, True]
    assert chat.composer.entry.hasFocus()


def test_the_keyboard_is_not_lost_with_the_button(chat: ChatView, qtbot: QtBot) -> None:
    chat.show_thinking(True)
    chat.work_line.answer_now.setFocus()
    chat.show_thinking(False)
    assert not chat.work_line.answer_now.isVisible()
    assert chat.composer.entry.hasFocus()


# --- where memory begins


def marked(transcript: Transcript) -> list[int]:
    return [each.view.id for each in transcript.turns if each.memory_mark is not None]


def test_the_mark_stands_above_the_first_turn_that_is_remembered(
    chat: ChatView, qtbot: QtBot
) -> None:
    transcript = show(chat, qtbot, *(turn(n, answer="Yes.") for n in range(1, 6)))
    assert marked(transcript) == []
    chat.mark_memory(3)
    assert marked(transcript) == [3]
    third = transcript.turns[2]
    mark = third.memory_mark
    assert mark is not None
    qtbot.waitUntil(lambda: 0 < mark.geometry().bottom() < third.bubble.y())
    assert "remembers from here" in mark.words.accessibleName()
    assert mark.words.height() < 2 * mark.words.fontMetrics().height()
    chat.mark_memory(4)
    assert marked(transcript) == [4]
    chat.mark_memory(0)
    assert marked(transcript) == []


def test_the_words_of_the_mark_wrap_in_a_narrow_window(chat: ChatView, qtbot: QtBot) -> None:
    transcript = show(chat, qtbot, turn(1), turn(2))
    chat.mark_memory(2)
    mark = transcript.turns[1].memory_mark
    assert mark is not None
    chat.window().resize(320, 500)
    qtbot.waitUntil(lambda: mark.words.height() >= 2 * mark.words.fontMetrics().height())
    assert mark.words.geometry().right() < mark.width()


def test_the_mark_waits_for_its_turn_and_goes_with_the_conversation(
    chat: ChatView, qtbot: QtBot
) -> None:
    transcript = show(chat, qtbot, turn(5), turn(6), earlier=4)
    chat.mark_memory(3)
    assert marked(transcript) == []
    chat.show_earlier(EarlierTurns(1, tuple(turn(n) for n in range(1, 5)), 0))
    qtbot.waitUntil(lambda: marked(transcript) == [3])
    transcript = show(chat, qtbot, *(turn(n) for n in range(1, 6)))
    assert marked(transcript) == []
