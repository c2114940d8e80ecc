"""A part of a drawn document as plain text, as one would type it: for copying and reading aloud."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QTextBlock, QTextCursor, QTextDocument, QTextListFormat

from app.ui.chat.page import JOINED, SPACER

_NUMBERED = (
    QTextListFormat.Style.ListDecimal,
    QTextListFormat.Style.ListLowerAlpha,
    QTextListFormat.Style.ListUpperAlpha,
    QTextListFormat.Style.ListLowerRoman,
    QTextListFormat.Style.ListUpperRoman,
)


def clean_text(document: QTextDocument, start: int, end: int) -> str:
    """The characters from position `start` to `end`: lists with their marks, tables with tabs.

    What was broken only to be drawn is whole again.
    """
    parts: list[str] = []
    glue = ""
    for block in _blocks(document, start, end):
        form = block.blockFormat()
        if form.hasProperty(SPACER):
            continue
        begin = max(start, block.position())
        text = block.text()
        if begin > block.position() or end < block.position() + block.length():
            cursor = QTextCursor(block)
            cursor.setPosition(begin)
            last = block.position() + block.length() - 1
            cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
            text = cursor.selectedText()
        if begin == block.position():
            text = _mark(block) + text
        parts += [glue, text.replace("\u2028", "\n").replace("\u00a0", " ")]
        glue = form.stringProperty(JOINED) if form.hasProperty(JOINED) else _gap(block)
    return "".join(parts)


def _blocks(document: QTextDocument, start: int, end: int) -> Iterator[QTextBlock]:
    block = document.findBlock(start)
    while block.isValid() and block.position() <= end:
        yield block
        block = block.next()


def _mark(block: QTextBlock) -> str:
    if block.blockFormat().objectIndex() < 0:  # in no list
        return ""
    items = block.textList()
    space = "  " * (items.format().indent() - 1)
    if items.format().style() in _NUMBERED:
        return f"{space}{items.itemText(block)} "
    marker = block.blockFormat().marker()
    boxes = {
        block.blockFormat().MarkerType.Checked: "[x] ",
        block.blockFormat().MarkerType.Unchecked: "[ ] ",
    }
    return f"{space}- {boxes.get(marker, '')}"


def _gap(block: QTextBlock) -> str:
    """What stands between a block and the next: a tab between the cells of a row, else a line."""
    after = block.next()
    table = QTextCursor(block).currentTable()
    if table is None or not after.isValid() or QTextCursor(after).currentTable() != table:
        return "\n"
    here, there = table.cellAt(QTextCursor(block)), table.cellAt(QTextCursor(after))
    return "\t" if here.row() == there.row() else "\n"
