"""One message: drawn while it comes, as high as its text, and never loading or opening anything."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QFont, QGuiApplication, QTextCharFormat, QTextCursor, QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollArea
from pytestqt.qtbot import QtBot

from app.ui.chat.measures import MARGIN
from app.ui.chat.message_view import MessageView
from app.ui.theme import apply_theme, tokens
from tests.support.in_window import InWindow, in_window

__all__ = ["in_window"]

ANSWER = """\
| a | b |
|---|---|
| 1 | two |

# Title

Some *words* with `code` and **bold**.
- one
- two
  - nested

    more of nested
- [ ] to do
  ```py
  def f(): pass

  return "x"
  ```
  after the code

3. three
4. four

> quoted
> words

    indented code
    and more

---

| Tool | What |
|:--|--:|
| `x` | long words |
"""

CLEAN = """\
a\tb
1\ttwo
Title
Some words with code and bold.
- one
- two
  - nested
more of nested
- [ ] to do
def f(): pass

return "x"
after the code
3. three
4. four
quoted words
indented code
and more

Tool\tWhat
x\tlong words"""


def view(in_window: InWindow, text: str = "", width: int = 500) -> MessageView:
    message = MessageView(width)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(message)
    in_window(area, width, 400)
    if text:
        message.show_markdown(text)
    return message


def formats(message: MessageView) -> list[tuple[str, QTextCharFormat]]:
    found = []
    block = message.document().begin()
    while block.isValid():
        parts = block.begin()
        while not parts.atEnd():
            found.append((parts.fragment().text(), parts.fragment().charFormat()))
            parts += 1
        block = block.next()
    return found


def colour_of(message: MessageView, words: str) -> str:
    cursor = message.document().find(words)
    assert not cursor.isNull(), words
    cursor.setPosition(cursor.selectionStart() + 1)
    return cursor.charFormat().foreground().color().name().upper()


@pytest.mark.parametrize("size", [7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        "It goes on. " * 400,
        "- item\n" * 500,
        "| a |\n|---|\n" + "| 1 |\n" * 120,
        "```\n" + "x" * 5000 + "\n```",
        "***\n\n| a |\n|---|\n| 1 |",
        "```py\nnever closed",
    ],
)
def test_a_streamed_message_looks_like_a_stored_one(
    in_window: InWindow, qtbot: QtBot, text: str, size: int
) -> None:
    stored, streamed = view(in_window, text), view(in_window)
    for at in range(0, len(text), size):
        streamed.append(text[at : at + size])
    streamed.finish()
    assert streamed.given == stored.given
    # Code is coloured a moment later, in each by itself.
    qtbot.waitUntil(lambda: streamed.toHtml() == stored.toHtml(), timeout=20_000)
    qtbot.waitUntil(lambda: streamed.height() == stored.height() > 20)


def test_a_closed_block_is_not_drawn_again(in_window: InWindow) -> None:
    message = view(in_window)
    message.append("Closed.\n\nOpen")
    mark = QTextCharFormat()
    mark.setFontStrikeOut(True)
    for words in ("Closed", "Open"):
        message.document().find(words).mergeCharFormat(mark)
    message.append(" and more")
    struck = {text for text, form in formats(message) if form.fontStrikeOut()}
    assert struck == {"Closed"}


def test_a_selection_in_what_is_closed_stays_while_more_comes(in_window: InWindow) -> None:
    message = view(in_window)
    message.append("Take this.\n\nOpen")
    message.setTextCursor(message.document().find("this"))
    message.append(" and more\n\nand more")
    assert message.textCursor().selectedText() == "this"


def test_pictures_are_their_words_and_nothing_is_loaded(
    in_window: InWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    real = MessageView.loadResource

    def noted(self: MessageView, kind: int, name: QUrl) -> Any:
        asked.append(name)
        return real(self, kind, name)

    monkeypatch.setattr(MessageView, "loadResource", noted)
    text = "See ![a cat](file:///etc/hostname) ![b](http://x.test/y.png)![c](http://x.test/y.png)"
    message = view(in_window, text)
    message.append(text)
    message.grab()
    assert message.clean_text() == "See [a cat] [b][c]"
    assert not any(form.isImageFormat() for _, form in formats(message))
    assert asked == []
    assert message.loadResource(2, QUrl("file:///etc/hostname")) is None


def test_html_is_shown_as_it_is_written(in_window: InWindow) -> None:
    text = 'A <b>bold</b> <img src="x.png"> <script>x</script>'
    assert view(in_window, text).clean_text() == text


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("https://example.org/a", "example.org"),
        ("http://bank.test@evil.test/", "evil.test"),
        ("https://b\u00e4nk.test/", "xn--bnk-qla.test"),
        ("mailto:anna@example.org", "anna@example.org"),
    ],
)
def test_a_link_shows_where_it_really_leads(
    in_window: InWindow, qtbot: QtBot, target: str, place: str
) -> None:
    message = view(in_window, f'[bank.test](<{target}> "trust <b>me</b>")')
    [(_, form)] = [each for each in formats(message) if each[1].isAnchor()]
    assert form.toolTip() == f"Leads to {place}"
    followed: list[str] = []
    message.link_clicked.connect(followed.append)
    cursor = message.document().find("bank")
    spot = message.cursorRect(cursor).center() - QPoint(4, 0)
    qtbot.mouseClick(message.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert followed == [QUrl(target).toString(QUrl.ComponentFormattingOption.FullyEncoded)]
    assert message.clean_text() == "bank.test"


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "file:///etc/passwd", "ftp://x.test/", "/relative", "data:x"]
)
def test_a_link_that_may_not_be_followed_is_only_words(in_window: InWindow, target: str) -> None:
    message = view(in_window, f"[words]({target})")
    assert not any(form.isAnchor() for _, form in formats(message))


def test_it_is_as_high_as_its_text_at_any_width_and_size_of_text(
    in_window: InWindow, qtbot: QtBot
) -> None:
    message = view(in_window, ANSWER + "It goes on and on. " * 40)

    def fits() -> bool:
        return message.height() == -(-message.document().size().height() // 1)

    for width in (500, 240, 700):
        message.window().resize(width, 400)
        qtbot.waitUntil(fits)
        assert message.document().textWidth() == message.viewport().width()
    wide = message.height()
    font = QFont(message.font())
    font.setPointSizeF(font.pointSizeF() * 2)
    message.setFont(font)
    qtbot.waitUntil(lambda: message.height() > 1.5 * wide and fits())
    assert message.verticalScrollBar().maximum() == 0


def test_the_wheel_never_scrolls_or_enlarges_one_message(in_window: InWindow) -> None:
    message = view(in_window, ANSWER)
    size = message.font().pointSizeF()
    event = QWheelEvent(
        QPointF(5, 5),
        message.mapToGlobal(QPointF(5, 5)),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.ControlModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    message.wheelEvent(event)
    assert not event.isAccepted()
    assert message.font().pointSizeF() == size


def test_all_of_it_is_copied_as_clean_text(in_window: InWindow, qtbot: QtBot) -> None:
    message = view(in_window, ANSWER)
    message.setFocus()
    message.selectAll()
    message.copy()
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == CLEAN
    assert clipboard.mimeData().formats() == ["text/plain"]
    assert message.clean_text() == CLEAN


def test_a_part_of_it_is_copied_without_what_surrounds_it(in_window: InWindow) -> None:
    message = view(in_window, "First line.\n\n- item one\n- item two")
    cursor = message.document().find("line")
    cursor.setPosition(cursor.selectionStart())
    cursor.setPosition(
        message.document().find("one").selectionEnd(), QTextCursor.MoveMode.KeepAnchor
    )
    message.setTextCursor(cursor)
    assert message.createMimeDataFromSelection().text() == "line.\n- item one"


def test_a_paragraph_that_was_cut_to_be_drawn_is_copied_whole(in_window: InWindow) -> None:
    text = ("It goes on. " * 600).strip()
    assert view(in_window, text).clean_text() == text
    code = "x" * 5000
    assert view(in_window, f"```\n{code}\n```").clean_text() == code


def test_code_is_found_whole_under_the_mouse(in_window: InWindow) -> None:
    message = view(in_window, ANSWER)
    inside = message.document().find("return").selectionStart()
    assert message.code_at(inside) == 'def f(): pass\n\nreturn "x"'
    assert message.code_at(0) == ""


def test_code_is_coloured_once_its_fence_closes(in_window: InWindow, qtbot: QtBot) -> None:
    message = view(in_window)
    message.append("```python\nreturn '\U0001f600' # why\n")
    plain = colour_of(message, "return")
    message.append("```\n")
    accent, good, secondary = tokens().accent, tokens().good, tokens().secondary
    qtbot.waitUntil(lambda: colour_of(message, "return") == accent.upper())
    assert plain != accent.upper()
    # The face takes two places in the document.
    assert colour_of(message, "'\U0001f600'") == good.upper()
    assert colour_of(message, "# why") == secondary.upper()
    assert message.clean_text() == "return '\U0001f600' # why"


def test_code_is_coloured_anew_in_the_dark(in_window: InWindow, qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    message = view(in_window, "```python\nreturn 1\n```")
    qtbot.waitUntil(lambda: colour_of(message, "return") == tokens().accent.upper())
    light = tokens().accent
    apply_theme(app, "dark")
    try:
        qtbot.waitUntil(lambda: colour_of(message, "return") == tokens().accent.upper())
        assert tokens().accent != light
    finally:
        apply_theme(app, "light")


def test_a_message_may_go_while_its_code_is_being_coloured(
    in_window: InWindow, qtbot: QtBot
) -> None:
    from PySide6.QtCore import QThreadPool
    from shiboken6 import delete

    for _ in range(5):
        message = view(in_window, "```python\n" + "value = compute('x') # n\n" * 400 + "```")
        delete(message)
    assert QThreadPool.globalInstance().waitForDone(10_000)
    qtbot.wait(1)


def test_what_is_still_being_written_is_drawn_in_the_new_colours_too(
    in_window: InWindow, qtbot: QtBot
) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    message = view(in_window)
    message.append("[words](https://a.test/)\n\nOpen")
    apply_theme(app, "dark")
    try:
        qtbot.waitUntil(lambda: colour_of(message, "words") == tokens().accent.upper())
    finally:
        apply_theme(app, "light")
    message.append(" and more")
    message.finish()
    assert message.clean_text() == "words\nOpen and more"


def test_the_users_words_are_never_read_as_markdown(in_window: InWindow) -> None:
    message = view(in_window)
    message.show_text("**not bold** <b>x</b>\n- no list\n\n    still")
    assert message.clean_text() == "**not bold** <b>x</b>\n- no list\n\n    still"
    assert not message.is_markdown


def test_characters_that_hide_or_steer_are_not_drawn(in_window: InWindow) -> None:
    message = view(in_window)
    message.append("a\u202eb\x07c\ud800d")
    message.finish()
    assert message.clean_text() == "ab cd"


def test_the_keyboard_is_told_of_and_marked(in_window: InWindow, qtbot: QtBot) -> None:
    message = view(in_window, "Words")
    told: list[bool] = []
    message.focused.connect(told.append)
    message.clearFocus()
    told.clear()
    plain = message.grab().toImage()
    message.setFocus(Qt.FocusReason.TabFocusReason)
    assert message.grab().toImage() != plain
    message.clearFocus()
    assert told == [True, False]


@pytest.mark.parametrize("columns", [6, 12])
def test_a_wide_table_stays_within_the_message(
    in_window: InWindow, qtbot: QtBot, columns: int
) -> None:
    row = "|" + " words |" * columns
    message = view(in_window, f"{row}\n{'|---' * columns}|\n{row}\n", width=300)
    qtbot.waitUntil(lambda: message.document().textWidth() == message.viewport().width())
    # The width counts the margin on the right, into which a border may reach.
    assert message.document().size().width() <= message.viewport().width() + MARGIN
