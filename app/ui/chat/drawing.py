"""Drawing the blocks of a growing text into a QTextDocument, the closed ones only once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
)

from app.ui.chat.markdown_blocks import LIMIT, Block, Kind
from app.ui.chat.page import CODE_PAD, JOINED, Ground, Look, body, dressed_page, spacer
from app.ui.theme import SPACE

_END = QTextCursor.MoveOperation.End
_KEEP = QTextCursor.MoveMode.KeepAnchor


@dataclass
class Code:
    """A piece of fenced code in the document, from position `start` to `end` once it is closed.

    `exact`: the document has the characters of `text`, one block a line.
    """

    start: int
    language: str
    end: int = 0
    text: str = ""
    exact: bool = True
    left: float = 0.0


class Drawing:
    """What is drawn into `document`.

    The document begins with an empty block and grows at its end: what is closed is never touched
    again, what is open is taken away and drawn anew. `codes` are the pieces of code whose fence
    is closed.
    """

    def __init__(self, document: QTextDocument, subdued: bool = False) -> None:
        """`subdued`: plain text is drawn in the secondary colour."""
        self._document = document
        self._subdued = subdued
        self.clear()

    def clear(self) -> None:
        """Begin anew, in the colours and fonts of now."""
        self._document.clear()
        self._look = Look()
        self._document.setIndentWidth(self._look.step)
        QTextCursor(self._document).setBlockFormat(spacer(1))
        self._open_at = 0  # the end of what is closed
        self._joined = False  # the last closed block goes on in the next
        self._code: Code | None = None
        self._grounds: list[Ground] = []
        self._open_grounds: list[Ground] = []
        self.codes: list[Code] = []

    @property
    def grounds(self) -> list[Ground]:
        """Grounds to paint beneath the text."""
        found = [*self._grounds, *self._open_grounds]
        code, end = self._code, self._end
        if code is not None and end >= code.start:
            found.append(Ground("code", code.start, end, code.left))
        return found

    def put_plain(self, text: str) -> None:
        """Draw text as it is, in place of everything."""
        self.clear()
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        cursor.insertBlock(body(), self._plain)
        cursor.insertText(text, self._plain)
        cursor.endEditBlock()

    def add_plain(self, text: str) -> None:
        """Draw more of a text that was put as it is, at its end.

        A line that has grown too long to be laid out each time is broken at a space.
        """
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        cursor.movePosition(_END)
        line, space, rest = text.partition(" ")
        if space and "\n" not in line and cursor.positionInBlock() > LIMIT:
            cursor.insertText(line, self._plain)
            joined = QTextBlockFormat()
            joined.setProperty(JOINED, " ")
            cursor.mergeBlockFormat(joined)
            cursor.insertBlock(body(), self._plain)
            text = rest
        cursor.insertText(text, self._plain)
        cursor.endEditBlock()

    @property
    def _plain(self) -> QTextCharFormat:
        return self._look.subdued if self._subdued else QTextCharFormat()

    def put(self, closed: Iterable[Block], rest: Block | None) -> None:
        """Draw closed blocks, then `rest` as long as it stays open, in place of the last `rest`.

        Without a rest the text is at its end, and code whose fence never closed ends too.
        """
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        self._remove_open(cursor)
        lines: list[Block] = []
        for block in closed:
            if block.kind is Kind.CODE:
                lines.append(block)
                continue
            self._put_lines(cursor, lines)
            lines = []
            if block.kind is Kind.OPENING:
                self._code = Code(self._end + 1, block.language)
            elif block.kind is Kind.CLOSING:
                self._end_code(cursor)
            else:
                self._grounds += self._put_markdown(cursor, block, self._joined)
                self._joined = block.cut
        self._put_lines(cursor, lines)
        self._open_at = self._end
        if rest is None:
            self._end_code(cursor)
        elif self._code is not None:
            if rest.source:
                self._put_line(cursor, rest, self._code)
            self._pad(cursor, self._code, 2 * CODE_PAD)
        else:
            self._open_grounds = self._put_markdown(cursor, rest, self._joined)
        cursor.endEditBlock()

    @property
    def _end(self) -> int:
        return self._document.characterCount() - 1

    def _remove_open(self, cursor: QTextCursor) -> None:
        self._open_grounds = []
        if self._end > self._open_at:
            cursor.setPosition(self._open_at)
            form = cursor.blockFormat()
            cursor.movePosition(_END, _KEEP)
            cursor.removeSelectedText()
            if not cursor.block().text():  # an empty block takes the look of what follows it
                cursor.setBlockFormat(form)
        if self._code is not None:
            self._pad(cursor, self._code, 0)

    def _put_markdown(self, cursor: QTextCursor, block: Block, joined: bool) -> list[Ground]:
        if not block.shown.strip():
            return []
        page, grounds = dressed_page(block, self._look, joined)
        at = self._end
        cursor.movePosition(_END)
        cursor.insertFragment(QTextDocumentFragment(page))
        return [Ground(g.kind, at + g.start, at + g.end, g.left) for g in grounds]

    # --- code

    def _put_lines(self, cursor: QTextCursor, lines: list[Block]) -> None:
        code = self._code
        if code is None:
            return
        text = code.text
        for line in lines:
            self._put_line(cursor, line, code)
            if line.cut:
                code.exact = False
        code.text = text + "".join(line.shown for line in lines)

    def _put_line(self, cursor: QTextCursor, line: Block, code: Code) -> None:
        cursor.movePosition(_END)
        form = QTextBlockFormat()
        code.left = line.level * self._look.step
        form.setLeftMargin(code.left + SPACE[2])
        form.setRightMargin(SPACE[2])
        form.setTopMargin(2 * CODE_PAD if self._end < code.start else 0)
        if line.cut:
            form.setProperty(JOINED, "")
        cursor.insertBlock(form, self._look.code)
        cursor.insertText(line.shown.removesuffix("\n"), self._look.code)

    def _end_code(self, cursor: QTextCursor) -> None:
        code, self._code = self._code, None
        if code is None or self._end < code.start:
            return
        self._pad(cursor, code, 2 * CODE_PAD)
        code.end = self._end
        code.text = code.text.removesuffix("\n")
        self._grounds.append(Ground("code", code.start, code.end, code.left))
        self.codes.append(code)

    def _pad(self, cursor: QTextCursor, code: Code, below: float) -> None:
        """Leave room below the last line of code."""
        if self._end >= code.start:
            cursor.movePosition(_END)
            form = cursor.blockFormat()
            form.setBottomMargin(below)
            cursor.setBlockFormat(form)
