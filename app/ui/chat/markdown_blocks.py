"""Cutting a growing Markdown text into blocks that are drawn once and never again. No Qt.

A block is closed as soon as nothing that follows can change how it looks, so that only the open
rest has to be drawn anew while an answer streams. A rest that grows beyond `LIMIT` is closed at
the best place there is; what this costs is a new line, never a character.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

LIMIT = 2_000
"""Most characters an open block may hold."""

CELLS = 100
"""Most column marks ("|") an open block may hold: tables are the costliest to lay out."""

_TRIES = 8

_FENCE = re.compile(r"([ \t]*)(`{3,}|~{3,})[ \t]*([^`\n]*)\n?$")
_PARTIAL_FENCE = re.compile(r"[ \t]*(?:`{1,2}|`{3,}[^`\n]*|~{3,}[^\n]*)$")
_ITEM = re.compile(r"([ \t]*)(?:[-+*]|\d{1,9}[.)])([ \t]+)(?=\S)")
_INTERRUPTS = re.compile(r" {0,3}(?:[-+*]|1[.)])[ \t]+\S")
_RULE = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})\n?$")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]")
_DELIMITER = re.compile(r":?-+:?")
_QUOTE = re.compile(r" {0,3}(?:>[ \t]?)+")
_SENTENCE = re.compile(r"[.!?:;][\"')\]]*[ \n](?=[^\W\d_])")
_SPACE = re.compile(r"[ \n](?=[^\W\d_])")


class Kind(Enum):
    """TEXT is Markdown; OPENING and CLOSING are the lines of a fence, CODE what is between."""

    TEXT = "text"
    OPENING = "opening"
    CODE = "code"
    CLOSING = "closing"


@dataclass(frozen=True)
class Block:
    """A piece of the text.

    `source` is exactly the characters it covers. `lead` is Markdown to draw before it (the head
    of a table that goes on, the marks of a quote). `indent` columns come off each line, because
    it stands in `level` lists. `cut`: the next block goes on in the middle of this one's line or
    paragraph. `language` is that of an OPENING, "" if it names none.
    """

    source: str
    kind: Kind = Kind.TEXT
    lead: str = ""
    indent: int = 0
    level: int = 0
    cut: bool = False
    language: str = ""

    @property
    def shown(self) -> str:
        """What to draw: for TEXT Markdown, for CODE the code."""
        if self.indent:
            lines = self.source.split("\n")
            return self.lead + "\n".join(_dedented(line, self.indent) for line in lines)
        return self.lead + self.source


def split(text: str) -> tuple[Block, ...]:
    """The blocks of a finished text; their sources joined are the text."""
    splitter = Splitter()
    return (*splitter.feed(text), *splitter.finish())


@dataclass(frozen=True)
class _Start:
    """How a block that begins at a place would be drawn."""

    at: int
    lead: str = ""
    indent: int = 0
    level: int = 0


@dataclass(frozen=True)
class _Fence:
    mark: str
    indent: int
    level: int

    def is_closed_by(self, line: str) -> bool:
        match = _FENCE.match(line)
        return (
            match is not None
            and not match[3].strip()
            and match[2].startswith(self.mark)
            and _columns(match[1]) <= self.indent + 3
        )


class Splitter:
    """Takes a text in any chunks and gives its blocks as they close."""

    def __init__(self) -> None:
        self._text = ""  # what is not closed yet, from `_begin.at`
        self._line = 0  # where the line under way begins
        self._mid_line = False  # that line began in a block already closed
        self._begin = _Start(0)
        self._safe: _Start | None = None  # the latest place where the open block could be cut
        self._lines = 0  # lines with words in the open block
        self._cells = 0
        self._table = ""  # the head of the table the open block is
        self._first_line = ""
        self._after_blank = True
        self._offsets: list[int] = []  # where the text of each list around begins
        self._fence: _Fence | None = None
        self._closed: list[Block] = []

    @property
    def rest(self) -> str:
        """The characters that belong to no closed block yet."""
        return self._text

    @property
    def open(self) -> Block:
        """The open block as it is to be drawn now; a line that may become a fence is left out."""
        shown = self._text
        if not self._mid_line and _PARTIAL_FENCE.match(shown, self._line):
            shown = shown[: self._line]
        return self._block(shown)

    @property
    def in_code(self) -> bool:
        """Whether a fence is open."""
        return self._fence is not None

    def feed(self, text: str) -> tuple[Block, ...]:
        """The blocks that `text`, which follows what was fed before, closes."""
        self._text += text
        while True:
            begin = self._begin.at
            end = self._text.find("\n", self._line) + 1
            if 0 < end <= begin + LIMIT:
                self._take_line(end)
            elif len(self._text) > begin + LIMIT:
                self._cut()
            else:
                break
        return self._taken()

    def finish(self) -> tuple[Block, ...]:
        """The blocks that the end of the text closes."""
        if self._line < len(self._text):
            self._take_line(len(self._text))
        self._close(len(self._text))
        self._next(_Start(len(self._text)))
        return self._taken()

    def _taken(self) -> tuple[Block, ...]:
        begin, safe = self._begin, self._safe
        self._text = self._text[begin.at :]
        self._line -= begin.at
        self._begin = replace(begin, at=0)
        if safe is not None:
            self._safe = replace(safe, at=safe.at - begin.at)
        taken, self._closed = tuple(self._closed), []
        return taken

    # --- lines

    def _take_line(self, end: int) -> None:
        """Take in the line under way, which ends at `end`."""
        line = self._text[self._line : end]
        middle, self._mid_line = self._mid_line, False
        if self._fence is not None:
            self._line = end
            if not middle and self._fence.is_closed_by(line):
                self._close(end, Kind.CLOSING)
                self._fence = None
                self._next(_Start(end))
            else:
                self._close(end)
                self._next(_Start(end, "", self._fence.indent, self._fence.level))
            return
        if not middle and self._opens_fence(line, end):
            return
        if not line.strip():
            self._take_blank(end)
            return
        if not middle:
            self._place(line)
        if not self._offsets:
            self._note_table(line)
        self._lines += 1
        self._cells += line.count("|")
        self._line = end
        self._after_blank = False
        if not self._offsets and self._lines == 1 and _HEADING.match(line):
            self._close(end)
            self._next(_Start(end))

    def _opens_fence(self, line: str, end: int) -> bool:
        match = _FENCE.match(line)
        columns = _columns(match[1]) if match else 0
        if match is None or columns > (self._offsets[-1] if self._offsets else 0) + 3:
            return False
        if self._offsets and columns < self._offsets[0]:
            self._offsets.clear()
        self._close(self._line)
        level = sum(offset <= columns for offset in self._offsets)
        self._next(_Start(self._line))
        self._line = end
        words = match[3].split()
        self._close(end, Kind.OPENING, language=words[0].strip("{}.") if words else "")
        self._fence = _Fence(match[2], columns, level)
        self._next(_Start(end, "", columns, level))
        return True

    def _take_blank(self, end: int) -> None:
        self._after_blank = True
        self._line = end
        if self._lines and not self._offsets:
            self._close(end)
            self._next(_Start(end))

    def _place(self, line: str) -> None:
        """Close the open block before a line with words if it must be, and note where it may be."""
        indent = _columns(line[: len(line) - len(line.lstrip(" \t"))])
        item = None if _RULE.match(line) else _ITEM.match(line)
        fresh = self._after_blank or not self._lines
        if self._offsets and item is None and fresh and indent < self._offsets[0]:
            self._offsets.clear()
            self._close(self._line)
            self._next(_Start(self._line))
        if not self._offsets:
            self._place_outside(line, indent, item)
            return
        if item is not None or fresh:
            while self._offsets and indent < self._offsets[-1]:
                self._offsets.pop()
            column = indent if item is not None or not self._offsets else self._offsets[-1]
            start = _Start(self._line, "", column, len(self._offsets))
            if column < self._begin.indent or not self._lines:
                self._close(self._line)
                self._next(start)
            self._safe = start
        if item is not None:
            self._offsets.append(_columns(item[0]))

    def _place_outside(self, line: str, indent: int, item: re.Match[str] | None) -> None:
        if item is not None and indent <= 3 and (not self._lines or _INTERRUPTS.match(line)):
            if self._lines:
                self._close(self._line)
                self._next(_Start(self._line))
            self._offsets.append(_columns(item[0]))
            return
        if self._lines and _HEADING.match(line):
            self._close(self._line)
            self._next(_Start(self._line))
        start = _Start(self._line, self._table)
        if self._lines and self._cells + line.count("|") > CELLS:
            self._close(self._line)
            self._next(start, table=self._table)
        elif self._lines > (2 if self._table and not self._begin.lead else 0):
            self._safe = start

    def _note_table(self, line: str) -> None:
        if self._lines == 0:
            self._first_line = line
        elif self._lines == 1 and "|" in self._first_line and _is_delimiters(line):
            head = self._first_line + line
            self._table = head if len(head) < LIMIT // 4 else ""
            self._safe = None

    # --- closing

    def _cut(self) -> None:
        """Close a part of the open block that has grown too long."""
        begin = self._begin
        if self._fence is not None:
            at = begin.at + LIMIT
            self._close(at, cut=True)
            self._next(_Start(at, "", self._fence.indent, self._fence.level))
            self._line, self._mid_line = at, True
            return
        safe = self._safe
        if safe is not None and begin.at < safe.at:
            whole = bool(self._table or self._offsets)
            self._close(safe.at, cut=not whole)
            self._next(safe, table=self._table)
            self._lines = 1 if self._line > safe.at else 0
            self._cells = self._text.count("|", safe.at, self._line)
            return
        at = _cutting_place(self._text, begin.at, begin.at + LIMIT)
        quote = _QUOTE.match(self._text, max(self._line, begin.at), begin.at + LIMIT)
        lead = quote[0] if quote and not self._mid_line else begin.lead if self._mid_line else ""
        level = len(self._offsets)
        self._close(at, cut=True)
        self._next(_Start(at, lead, begin.indent, level))
        if at > self._line:
            self._line, self._mid_line = at, True
        self._after_blank = False
        self._lines = 1

    def _close(
        self, end: int, kind: Kind | None = None, *, cut: bool = False, language: str = ""
    ) -> None:
        """Close the open block at `end`, if anything is in it."""
        if end > self._begin.at:
            block = self._block(self._text[self._begin.at : end])
            self._closed.append(replace(block, kind=kind or block.kind, cut=cut, language=language))

    def _next(self, begin: _Start, table: str = "") -> None:
        """Begin the next block."""
        self._begin = begin
        self._safe = None
        self._lines = 0
        self._cells = 0
        self._table = table

    def _block(self, source: str) -> Block:
        begin = self._begin
        kind = Kind.TEXT if self._fence is None else Kind.CODE
        return Block(source, kind, begin.lead, begin.indent, begin.level)


def _columns(space: str) -> int:
    """The width of a line's beginning, tabs at every fourth column."""
    return len(space.expandtabs(4))


def _is_delimiters(line: str) -> bool:
    cells = line.strip().strip("|").split("|")
    return all(_DELIMITER.fullmatch(cell.strip()) for cell in cells)


def _dedented(line: str, columns: int) -> str:
    text = line.lstrip(" \t")
    space = line[: len(line) - len(text)].expandtabs(4)
    return space[columns:] + text


def _cutting_place(text: str, begin: int, end: int) -> int:
    """Where to cut text[begin:end]: after a sentence, else a word, with nothing left open."""
    for pattern in (_SENTENCE, _SPACE):
        places = [match.end() for match in pattern.finditer(text, begin + LIMIT // 2, end)]
        for place in reversed(places[-_TRIES:]):
            if _is_balanced(text[begin:place]):
                return place
        if places:
            return places[-1]
    return end


def _is_balanced(text: str) -> bool:
    return (
        text.count("`") % 2 == 0
        and text.count("**") % 2 == 0
        and text.count("[") == text.count("]")
        and text.count("(") == text.count(")")
    )
