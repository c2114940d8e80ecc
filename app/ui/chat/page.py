"""One block of Markdown as a small document, dressed to be put into a larger one.

Nothing is ever loaded: a picture is its alternative text, and a link that may not be followed is
plain text, before a document that is laid out sees either.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextTable,
)

from app.ui.chat.markdown_blocks import Block
from app.ui.theme import SPACE, code_font, section_font, tokens

FOLLOWED = ("http", "https", "mailto")
"""Schemes of links that may be followed."""

JOINED = QTextFormat.Property.UserProperty.value + 1
"""Property of a block format: what stands in the text between it and the next block ("", " ")."""

SPACER = QTextFormat.Property.UserProperty.value + 2
"""Property of a block format: the document needs the block, the text knows nothing of it."""

CODE_PAD = SPACE[1]
"""What the ground of code goes beyond its lines, above and below; half the gap to the next text."""

_FEATURES = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)
_LINE_HEIGHT = 116.0  # per cent
_SUBDUED = 0.95  # the size of subdued text, of the body's
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_FIXED = QTextBlockFormat.LineHeightTypes.FixedHeight.value
_LANGUAGE = QTextFormat.Property.BlockCodeLanguage
_QUOTE = QTextFormat.Property.BlockQuoteLevel
_RULER = QTextFormat.Property.BlockTrailingHorizontalRulerWidth
_KEEP = QTextCursor.MoveMode.KeepAnchor
_ROOMY = 8  # columns; a wider table has little room in its cells, so that nothing is cut off


@dataclass(frozen=True)
class Ground:
    """Blocks with a ground of their own ("code", "quote"): positions in the first and the last.

    `left` is where it begins, in the document's pixels.
    """

    kind: str
    start: int
    end: int
    left: float = 0.0


class Look:
    """Formats in the colours and fonts of now."""

    def __init__(self) -> None:
        colours, font = tokens(), code_font()
        self.code = QTextCharFormat()
        self.code.setFontFamilies([font.family()])
        self.code.setFontPointSize(font.pointSizeF())
        self.code.setFontFixedPitch(True)
        self.code.setFontStyleHint(QFont.StyleHint.Monospace)
        self.inline_code = QTextCharFormat(self.code)
        self.inline_code.setBackground(QColor(colours.mixed("text", 0.07)))
        self.subdued = QTextCharFormat()
        self.subdued.setForeground(QColor(colours.secondary))
        self.subdued.setFontPointSize(section_font().pointSizeF() * _SUBDUED)
        self.border = QBrush(QColor(colours.border))
        self.link = QBrush(QColor(colours.accent))
        self.step = QFontMetricsF(section_font()).horizontalAdvance("000.")


def true_place(target: str) -> str:
    """Where a link leads, in ASCII, so that no letter can be taken for another.

    "" if it may not be followed.
    """
    url = QUrl(target)
    if not url.isValid() or url.scheme() not in FOLLOWED:
        return ""
    if url.scheme() == "mailto":
        return url.path(QUrl.ComponentFormattingOption.FullyEncoded)
    return url.host(QUrl.ComponentFormattingOption.FullyEncoded)


def spacer(height: float) -> QTextBlockFormat:
    """The format of a block that holds no text, `height` pixels high."""
    look = QTextBlockFormat()
    look.setLineHeight(height, _FIXED)
    look.setProperty(SPACER, True)
    return look


def body() -> QTextBlockFormat:
    """The format of plain text."""
    look = QTextBlockFormat()
    look.setLineHeight(_LINE_HEIGHT, _PROPORTIONAL)
    return look


def dressed_page(block: Block, look: Look, joined: bool) -> tuple[QTextDocument, list[Ground]]:
    """A document that begins with an empty block, and its grounds.

    `joined`: the block goes on with the paragraph before it.
    """
    page = QTextDocument()
    page.setUndoRedoEnabled(False)
    page.setMarkdown(block.shown, _FEATURES)
    _put_empty_first(page)
    _dress_letters(page, look)
    seen = set()
    each = page.begin().next()
    while each.isValid():
        items = each.textList()
        if items is not None and items.objectIndex() not in seen and block.level:
            seen.add(items.objectIndex())
            deeper = items.format()
            deeper.setIndent(deeper.indent() + block.level)
            items.setFormat(deeper)
        _dress_block(QTextCursor(each), each, block, look)
        each = each.next()
    if joined and page.begin().next().isValid():
        QTextCursor(page.begin().next()).mergeBlockFormat(_margins(top=0))
    if block.cut:
        form = _margins(bottom=0)
        form.setProperty(JOINED, " " if block.source[-1:].isspace() else "")
        QTextCursor(page.lastBlock()).mergeBlockFormat(form)
    for frame in page.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _dress_table(frame, look, block.level)
    return page, _grounds(page, block.level * look.step)


def _put_empty_first(page: QTextDocument) -> None:
    """The block that becomes the end of what stands before; tables and rules have one already."""
    first = page.begin()
    after = first.next()
    if not first.text() and (_in_table(after) or after.blockFormat().hasProperty(_RULER.value)):
        return
    cursor = QTextCursor(first)
    cursor.insertBlock(first.blockFormat(), first.charFormat())
    QTextCursor(page.begin()).setBlockFormat(QTextBlockFormat())


def _in_table(block: QTextBlock) -> bool:
    return block.isValid() and QTextCursor(block).currentTable() is not None


# --- letters


def _dress_letters(page: QTextDocument, look: Look) -> None:
    """Code in its font, pictures as words, links only where they may lead."""
    found: list[tuple[int, int, QTextCharFormat]] = []
    block = page.begin()
    while block.isValid():
        parts = block.begin()
        in_code = _is_code(block.blockFormat())
        while not parts.atEnd():
            part = parts.fragment()
            form = part.charFormat()
            if in_code or form.isImageFormat() or form.isAnchor() or form.fontFixedPitch():
                found.append((part.position(), part.length(), form))
            parts += 1
        block = block.next()
    cursor = QTextCursor(page)
    for start, length, form in reversed(found):
        cursor.setPosition(start)
        cursor.setPosition(start + length, _KEEP)
        if form.isImageFormat():
            # A run of the same picture is one part of several characters.
            words = form.stringProperty(QTextFormat.Property.ImageAltText.value) or "picture"
            cursor.insertText(" ".join([f"[{words}]"] * length), QTextCharFormat())
        elif form.isAnchor():
            cursor.setCharFormat(_link(form, look))
        else:
            if _is_code(cursor.blockFormat()):
                cursor.setCharFormat(look.code)
            else:
                cursor.mergeCharFormat(look.inline_code)


def _link(form: QTextCharFormat, look: Look) -> QTextCharFormat:
    target = form.anchorHref()
    place = true_place(target)
    plain = QTextCharFormat()
    plain.setFontWeight(form.fontWeight())
    plain.setFontItalic(form.fontItalic())
    if not place:
        return plain
    plain.setAnchor(True)
    plain.setAnchorHref(target)
    plain.setForeground(look.link)
    plain.setFontUnderline(True)
    plain.setToolTip(f"Leads to {place}")
    return plain


# --- blocks


def _margins(top: float | None = None, bottom: float | None = None) -> QTextBlockFormat:
    form = QTextBlockFormat()
    if top is not None:
        form.setTopMargin(top)
    if bottom is not None:
        form.setBottomMargin(bottom)
    return form


def _dress_block(cursor: QTextCursor, each: QTextBlock, block: Block, look: Look) -> None:
    old = each.blockFormat()
    if cursor.currentTable() is not None:
        return
    if not each.text() and (_in_table(each.previous()) or _in_table(each.next())):
        cursor.setBlockFormat(spacer(CODE_PAD))
        return
    gap = float(SPACE[1])
    form = body()
    if old.headingLevel():
        _dress_heading(cursor, old.headingLevel())
        form.setTopMargin(SPACE[2])
        form.setBottomMargin(SPACE[0])
    elif each.textList() is not None or old.indent():
        form.setTopMargin(3)
        form.setBottomMargin(3)
    else:
        form.setTopMargin(gap)
        form.setBottomMargin(gap)
    left = 0.0
    if each.textList() is None and block.level:
        form.setIndent(old.indent() + block.level)
    quote = _quote_level(old)
    if quote:
        left += quote * SPACE[3]
    if _is_code(old):
        form.setNonBreakableLines(False)
        left += SPACE[2]
        form.setTopMargin(0 if _is_code(each.previous().blockFormat()) else 2 * CODE_PAD)
        form.setBottomMargin(0 if _is_code(each.next().blockFormat()) else 2 * CODE_PAD)
    form.setLeftMargin(left)
    form.setRightMargin(0)
    cursor.mergeBlockFormat(form)


def _dress_heading(cursor: QTextCursor, level: int) -> None:
    form = QTextCharFormat()
    # Steps of Qt's own scale: 1 is 1.2 times the body.
    form.setProperty(QTextFormat.Property.FontSizeAdjustment.value, 1 if level <= 2 else 0)
    form.setFontWeight(QFont.Weight.DemiBold)
    cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, _KEEP)
    cursor.mergeCharFormat(form)
    cursor.clearSelection()


def _is_code(form: QTextBlockFormat) -> bool:
    return form.hasProperty(_LANGUAGE.value)


def _quote_level(form: QTextBlockFormat) -> int:
    return form.intProperty(_QUOTE.value)


def _dress_table(table: QTextTable, look: Look, level: int) -> None:
    form = table.format()
    form.setBorder(1)
    form.setBorderBrush(look.border)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    # Joined borders take Qt five times as long to paint.
    form.setBorderCollapse(False)
    form.setCellPadding(SPACE[0] + 1 if table.columns() <= _ROOMY else 1)
    form.setCellSpacing(0)
    form.setTopMargin(SPACE[0])
    form.setLeftMargin(level * look.step)
    table.setFormat(form)


def _grounds(page: QTextDocument, left: float) -> list[Ground]:
    """Runs of quoted blocks and of code that is only indented."""
    found: list[Ground] = []
    each = page.begin().next()
    while each.isValid():
        form = each.blockFormat()
        kind = "code" if _is_code(form) else "quote" if _quote_level(form) else ""
        if kind:
            last = found[-1] if found else None
            at = each.position()
            if last is not None and last.kind == kind and last.end == at - 1:
                found[-1] = Ground(kind, last.start, at + each.length() - 1, left)
            else:
                found.append(Ground(kind, at, at + each.length() - 1, left))
        each = each.next()
    return found
