"""The composer: what keys do in it, and that nothing written is ever lost."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QMimeData, Qt
from PySide6.QtGui import QColor, QGuiApplication, QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from app.ui.chat.composer import LONGEST, Composer
from app.ui.theme import tokens
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

K, M = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def composer(in_window: InWindow) -> Composer:
    made = Composer()
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.addStretch(1)
    column.addWidget(made)
    in_window(holder, 500, 400)
    made.entry.setFocus()
    return made


def sent_by(composer: Composer) -> list[tuple[str, int]]:
    sent: list[tuple[str, int]] = []
    composer.sent.connect(lambda *args: sent.append(args))
    return sent


def test_enter_sends_and_empties_the_line(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    drafts: list[str] = []
    composer.draft_changed.connect(drafts.append)
    qtbot.keyClicks(composer.entry, "hi")
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert sent == [("hi", 0)]
    assert composer.text() == ""
    assert drafts == ["h", "hi", ""]


def test_enter_on_the_number_pad_sends_too(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    qtbot.keyClicks(composer.entry, "hi")
    qtbot.keyClick(composer.entry, K.Key_Enter, M.KeypadModifier)
    assert sent == [("hi", 0)]


def test_shift_enter_breaks_the_line(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    qtbot.keyClicks(composer.entry, "a")
    qtbot.keyClick(composer.entry, K.Key_Return, M.ShiftModifier)
    qtbot.keyClicks(composer.entry, "b")
    assert composer.text() == "a\nb"
    assert sent == []


def test_blank_text_is_not_sent(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    qtbot.keyClicks(composer.entry, "   ")
    assert not composer.button.isEnabled()
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert sent == []


def test_the_button_sends_and_is_stop_while_busy(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    assert not composer.button.isEnabled()
    qtbot.keyClicks(composer.entry, "go")
    assert (composer.button.accessibleName(), composer.button.isEnabled()) == ("Send", True)
    composer.button.setFocus()
    qtbot.keyClick(composer.button, K.Key_Space)
    assert sent == [("go", 0)]
    composer.set_busy(True)
    assert (composer.button.accessibleName(), composer.button.isEnabled()) == ("Stop", True)
    composer.button.setFocus()
    with qtbot.waitSignal(composer.stopped):
        qtbot.keyClick(composer.button, K.Key_Space)
    composer.set_busy(False)
    assert composer.button.accessibleName() == "Send"
    assert QApplication.focusWidget() is composer.entry


def test_enter_while_busy_keeps_the_text_and_says_so(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    composer.set_busy(True)
    usual = composer.hint.accessibleName()
    qtbot.keyClicks(composer.entry, "next")
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert sent == []
    assert composer.text() == "next"
    assert "stays here" in composer.hint.accessibleName()
    composer.set_busy(False)
    assert composer.hint.accessibleName() == usual
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert sent == [("next", 0)]


def test_enter_belongs_to_an_input_method_while_it_composes(
    composer: Composer, qtbot: QtBot
) -> None:
    sent = sent_by(composer)
    qtbot.keyClicks(composer.entry, "a")
    QApplication.sendEvent(composer.entry, QInputMethodEvent("\u304b", []))
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert sent == []
    done = QInputMethodEvent("", [])
    done.setCommitString("\u4f55")
    QApplication.sendEvent(composer.entry, done)
    assert "\u4f55" in composer.text()
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert len(sent) == 1


def test_up_in_an_empty_line_asks_for_the_last_message(composer: Composer, qtbot: QtBot) -> None:
    asked: list[bool] = []
    composer.edit_last_wanted.connect(lambda: asked.append(True))
    qtbot.keyClick(composer.entry, K.Key_Up)
    assert asked == [True]
    qtbot.keyClicks(composer.entry, "a")
    qtbot.keyClick(composer.entry, K.Key_Up)
    assert asked == [True]


def test_an_edit_is_sent_in_place_of_its_turn(composer: Composer, qtbot: QtBot) -> None:
    sent = sent_by(composer)
    composer.begin_edit(7, "Old words")
    assert (composer.text(), composer.editing) == ("Old words", 7)
    assert "Editing" in composer.hint.accessibleName()
    qtbot.keyClicks(composer.entry, "!")
    qtbot.keyClick(composer.entry, K.Key_Return)
    assert sent == [("Old words!", 7)]
    assert composer.editing == 0
    assert "Editing" not in composer.hint.accessibleName()


def test_esc_leaves_an_edit_and_brings_back_what_stood_there(
    composer: Composer, qtbot: QtBot
) -> None:
    qtbot.keyClicks(composer.entry, "draft")
    composer.begin_edit(7, "Old words")
    composer.begin_edit(6, "Older words")
    qtbot.keyClick(composer.entry, K.Key_Escape)
    assert (composer.text(), composer.editing) == ("draft", 0)
    qtbot.keyClick(composer.entry, K.Key_Escape)
    assert composer.text() == "draft"


def test_taking_the_text_leaves_the_line_empty(composer: Composer) -> None:
    composer.begin_edit(7, "Words")
    assert composer.take() == ("Words", 7)
    assert (composer.text(), composer.editing) == ("", 0)


def test_ctrl_z_in_an_empty_line_undoes_the_last_change(composer: Composer, qtbot: QtBot) -> None:
    undone: list[bool] = []
    composer.undo_wanted.connect(lambda: undone.append(True))
    qtbot.keyClicks(composer.entry, "text")
    qtbot.keyClick(composer.entry, K.Key_Z, M.ControlModifier)
    assert undone == []
    composer.set_text("sent")
    composer.take()
    qtbot.keyClick(composer.entry, K.Key_Z, M.ControlModifier)
    assert undone == [True]
    held = QKeyEvent(QEvent.Type.KeyPress, K.Key_Z, M.ControlModifier, "", True)
    QApplication.sendEvent(composer.entry, held)
    assert undone == [True]


def test_ctrl_z_brings_back_text_that_was_just_deleted(composer: Composer, qtbot: QtBot) -> None:
    undone: list[bool] = []
    composer.undo_wanted.connect(lambda: undone.append(True))
    qtbot.keyClicks(composer.entry, "text")
    composer.entry.selectAll()
    qtbot.keyClick(composer.entry, K.Key_Delete)
    qtbot.keyClick(composer.entry, K.Key_Z, M.ControlModifier)
    assert composer.text() == "text"
    assert undone == []


def test_only_plain_text_is_pasted(composer: Composer, qtbot: QtBot) -> None:
    data = QMimeData()
    data.setHtml("<b>bold</b><img src='file:///etc/hostname'>")
    data.setText("bold")
    QGuiApplication.clipboard().setMimeData(data)
    composer.entry.paste()
    assert composer.text() == "bold"
    assert not composer.entry.textCursor().charFormat().font().bold()
    picture = QMimeData()
    picture.setData("image/png", b"x")
    assert not composer.entry.canInsertFromMimeData(picture)


def test_more_than_a_request_holds_is_left_out_and_said(composer: Composer, qtbot: QtBot) -> None:
    qtbot.keyClicks(composer.entry, "ab")
    QGuiApplication.clipboard().setText("x" * (LONGEST + 10))
    composer.entry.paste()
    assert len(composer.text()) == LONGEST
    assert "20,000" in composer.hint.accessibleName()
    assert "last 12 " in composer.hint.accessibleName()
    composer.entry.selectAll()
    composer.entry.paste()
    assert len(composer.text()) == LONGEST


def test_it_grows_to_eight_lines_and_scrolls_then(composer: Composer, qtbot: QtBot) -> None:
    line = composer.entry.fontMetrics().lineSpacing()
    one = composer.entry.height()
    heights = []
    for count in (2, 8, 9, 30):
        composer.set_text("\n".join("x" * count))
        qtbot.wait(1)
        heights.append(composer.entry.height())
    assert heights == [one + line, one + 7 * line, one + 7 * line, one + 7 * line]
    composer.set_text("word " * 100)
    qtbot.waitUntil(lambda: composer.entry.height() > one + 2 * line)
    composer.set_text("")
    qtbot.waitUntil(lambda: composer.entry.height() == one)


def test_every_control_has_a_name(composer: Composer) -> None:
    assert composer.entry.accessibleName() == "Message"
    assert composer.entry.placeholderText() == "Ask Phial, or tell it what to do"
    assert composer.button.toolTip() == "Send (Enter)"


def test_the_ring_of_focus_is_as_wide_as_elsewhere_and_moves_no_text(
    composer: Composer, qtbot: QtBot
) -> None:
    frame = composer.entry.parentWidget()
    assert frame is not None
    ring = QColor(tokens().accent)

    def edge() -> list[bool]:
        """Whether the first three pixels from the left have the colour of the ring."""
        picture = frame.grab().toImage()
        return [picture.pixelColor(x, frame.height() // 2) == ring for x in range(3)]

    qtbot.waitUntil(lambda: edge() == [True, True, False])
    place = composer.entry.geometry()
    composer.button.setEnabled(True)
    composer.button.setFocus()
    qtbot.waitUntil(lambda: not any(edge()))
    assert composer.entry.geometry() == place
