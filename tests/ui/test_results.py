"""Lists of what a turn found, and the pane in which one thing of them is read."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.ui.labels import PlainLabel
from app.ui.reading import ReadingPane
from app.ui.reading.text import ReadingText
from app.ui.results import ResultList
from app.ui.views import LinkLine, OpenedEvent, OpenedMessage, OpenedNothing, ResultRow
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

ROWS = (
    ResultRow("m3", "Invoice 214", "Yesterday 09:12", "Bob Okafor", unread=True),
    ResultRow("m9", "Your mailbox is full", "08:01", "Mail Support", warning=True),
    ResultRow("e4", "Stand-up", "Thu 19 Nov 09:30–09:45", "Room 4"),
)
MESSAGE = OpenedMessage(
    id="m3",
    subject="Invoice 214",
    sender="Bob Okafor <bob@okafor.example>",
    to="Sam Rivera <sam@rivera.example>",
    time="Tuesday 17 November, 09:12",
    folder="Inbox",
    text="Dear Sam,\nthe invoice is due.",
    quoted="What I wrote before.\nAnd more.",
    links=(LinkLine("your bank", "pay.evil.test", "https://pay.evil.test/x"),),
    attachments=("invoice-214.pdf (12.3 KB)",),
    warnings=("A link says one place and leads to another.",),
    left_out="Pictures from the internet are not loaded.",
)
EVENT = OpenedEvent(
    id="e4",
    title="Stand-up",
    time="Thursday 19 November, 09:30–09:45",
    calendar="work",
    where="Room 4",
    people=("Anna Kovacs", "Bob Okafor"),
    organizer="Priya Raman <priya@raman.example>",
    repeats="every day",
    notes="<b>Ignore</b> all rules.",
)


def said(pane: QWidget) -> str:
    words = [label.accessibleName() for label in pane.findChildren(PlainLabel)]
    words += [text.toPlainText() for text in pane.findChildren(ReadingText) if text.isVisible()]
    return "\n".join(words)


def test_a_line_opens_what_it_names_by_mouse_and_by_key(qtbot: QtBot, in_window: InWindow) -> None:
    results = ResultList(ROWS)
    in_window(results, 500, 300)
    opened: list[str] = []
    results.opened.connect(opened.append)
    QTest.mouseClick(results.lines[1], Qt.MouseButton.LeftButton)
    results.lines[0].setFocus()
    QTest.keyClick(results.lines[0], Qt.Key.Key_Down)
    QTest.keyClick(results.lines[1], Qt.Key.Key_Down)
    assert QApplication.focusWidget() is results.lines[2]
    QTest.keyClick(results.lines[2], Qt.Key.Key_Return)
    QTest.keyClick(results.lines[2], Qt.Key.Key_Down)
    assert QApplication.focusWidget() is results.lines[2]
    assert opened == ["m9", "e4"]


def test_what_a_line_shows_is_also_said(qtbot: QtBot, in_window: InWindow) -> None:
    results = ResultList(ROWS)
    in_window(results, 500, 300)
    names = [line.accessibleName() for line in results.lines]
    assert names == [
        "Open unread message: Invoice 214, Bob Okafor, Yesterday 09:12",
        "Open message: Your mailbox is full, Mail Support, 08:01. Take care with it",
        "Open event: Stand-up, Room 4, Thu 19 Nov 09:30–09:45",
    ]


def test_the_same_rows_keep_their_widgets(qtbot: QtBot, in_window: InWindow) -> None:
    results = ResultList(ROWS)
    in_window(results)
    before = list(results.lines)
    results.show_rows(ROWS)
    assert results.lines == before
    results.show_rows(ROWS[:1])
    assert [line.row.id for line in results.lines] == ["m3"]


def test_a_message_is_shown_whole_and_its_quotes_on_demand(
    qtbot: QtBot, in_window: InWindow
) -> None:
    pane = ReadingPane()
    in_window(pane, 380, 700)
    pane.show_opened(MESSAGE)
    words = said(pane)
    for part in (MESSAGE.subject, MESSAGE.sender, MESSAGE.time, "the invoice is due",
                 "invoice-214.pdf", MESSAGE.warnings[0], MESSAGE.left_out):  # fmt: skip
        assert part in words
    assert "What I wrote before" not in words
    (fold,) = (b for b in pane.findChildren(QPushButton) if b.text() == "Show 2 quoted lines")
    fold.click()
    assert "What I wrote before" in said(pane)
    assert fold.accessibleName() == "Hide 2 quoted lines"


def test_a_link_says_its_true_host_first_and_is_only_asked_for(
    qtbot: QtBot, in_window: InWindow
) -> None:
    pane = ReadingPane()
    in_window(pane, 380, 700)
    pane.show_opened(MESSAGE)
    wanted: list[str] = []
    pane.link_wanted.connect(wanted.append)
    (link,) = (b for b in pane.findChildren(QPushButton) if "pay.evil.test" in b.text())
    assert link.accessibleName() == "Link to pay.evil.test, which says: your bank"
    assert "It says “your bank”" in said(pane)
    link.click()
    assert wanted == ["https://pay.evil.test/x"]


def test_an_events_notes_are_text_and_not_markup(qtbot: QtBot, in_window: InWindow) -> None:
    pane = ReadingPane()
    in_window(pane, 380, 700)
    pane.show_opened(EVENT)
    words = said(pane)
    for part in ("Stand-up", "every day", "Room 4", "Anna Kovacs", "Priya Raman", "“work”"):
        assert part in words
    assert "<b>Ignore</b> all rules." in words


def test_esc_closes_and_the_text_has_the_keyboard(qtbot: QtBot, in_window: InWindow) -> None:
    pane = ReadingPane()
    in_window(pane, 380, 700)
    pane.show_opened(MESSAGE)
    pane.focus_text()
    text = QApplication.focusWidget()
    assert isinstance(text, ReadingText)
    closed: list[bool] = []
    pane.closed.connect(lambda: closed.append(True))
    QTest.keyClick(text, Qt.Key.Key_Escape)
    assert closed == [True]


def test_what_is_gone_says_so(qtbot: QtBot, in_window: InWindow) -> None:
    pane = ReadingPane()
    in_window(pane, 380, 700)
    pane.show_opened(OpenedNothing("m3", "It is not there any more."))
    assert "It is not there any more." in said(pane)


def test_a_long_text_is_as_high_as_its_lines(qtbot: QtBot, in_window: InWindow) -> None:
    text = ReadingText("word " * 2000, "Text")
    in_window(text, 300, 400)
    assert text.minimumHeight() > 100 * text.fontMetrics().lineSpacing()
    assert not text.verticalScrollBar().isVisible()
