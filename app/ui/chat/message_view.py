"""One message: words as they are or Markdown, drawn while they come, as high as they need to be."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QEvent, QMimeData, QRectF, QSizeF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QTextEdit, QWidget

from app.core.text import printable
from app.ui.chat.clean_text import clean_text
from app.ui.chat.colouring import Colouring
from app.ui.chat.drawing import Drawing
from app.ui.chat.markdown_blocks import Splitter
from app.ui.chat.measures import MARGIN
from app.ui.chat.page import CODE_PAD, Ground, true_place
from app.ui.theme import RADIUS, SPACE, set_role, tokens

_BAR = 3.0  # the width of the line beside a quote
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)


class MessageView(QTextBrowser):
    """A message `width` pixels wide. Its height follows its text; it never scrolls.

    `subdued`: its plain text is small, in the secondary colour.

    `link_clicked` carries the true target of a link that may be followed; nothing is opened
    here. `focused` says that it has the keyboard, or no longer.
    """

    link_clicked = Signal(str)
    focused = Signal(bool)

    def __init__(self, width: int, parent: QWidget | None = None, *, subdued: bool = False) -> None:
        self._is_made = False
        super().__init__(parent)
        self._source = ""
        self._markdown = True
        self._splitter: Splitter | None = None
        self._ring = False
        self._in_pieces = False
        set_role(self, "message")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setOpenLinks(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        # A width of its own: following the widget, Qt lays out all the text at each new height.
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.setLineWrapColumnOrWidth(max(1, width))
        document = self.document()
        document.setDocumentMargin(MARGIN)
        self._drawing = Drawing(document, subdued)
        self._colouring = Colouring(document, self)
        self._look = _look_of(self)
        self._redrawing = QTimer(self)
        self._redrawing.setSingleShot(True)
        self._redrawing.timeout.connect(self._redraw)
        document.documentLayout().documentSizeChanged.connect(self._fit_height)
        self.anchorClicked.connect(self._follow)
        self._is_made = True

    # --- what is shown

    @property
    def given(self) -> str:
        """What was given to be shown."""
        return self._source

    @property
    def is_markdown(self) -> bool:
        """Whether it was given as Markdown."""
        return self._markdown

    def show_text(self, text: str) -> None:
        """Show text as it is."""
        self._source, self._markdown, self._splitter = text, False, None
        self._draw()

    def show_markdown(self, text: str) -> None:
        """Show Markdown that is finished."""
        self._source, self._markdown, self._splitter = text, True, None
        self._draw()

    def begin(self) -> None:
        """Show nothing yet, of a Markdown text that is to come by `append`."""
        self._source, self._markdown, self._splitter = "", True, Splitter()
        self._clear()
        self._lay_out()

    def append(self, text: str) -> None:
        """Show more of a Markdown text; what is shown already and closed is not drawn again."""
        if self._splitter is None:
            self.begin()
        assert self._splitter is not None
        self._source += text
        held = self.textCursor()
        anchor, position = held.anchor(), held.position()
        self._put(self._splitter, printable(text))
        if anchor != position:  # a selection that reaches into the open block
            held.setPosition(min(anchor, self._last))
            held.setPosition(min(position, self._last), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(held)

    def append_text(self, text: str) -> None:
        """Show more of a text that is shown as it is; what stands there is not drawn again."""
        self._source += text
        self._in_pieces = True
        self._drawing.add_plain(printable(text))
        self._lay_out()

    def finish(self) -> None:
        """Close what is open: no more is appended. Does nothing if nothing was."""
        if self._splitter is not None:
            splitter, self._splitter = self._splitter, None
            known = len(self._drawing.codes)
            self._drawing.put(splitter.finish(), None)
            self._lay_out()
            self._colour(known)

    def clean_text(self, most: int | None = None) -> str:
        """The message, or its first `most` characters, as plain text without marks of Markdown."""
        end = self._last if most is None else min(self._last, most)
        return clean_text(self.document(), 0, end)

    def place_of(self, position: int) -> float:
        """The vertical place in this widget of the line at a position of the document."""
        block = self.document().findBlock(position)
        layout = block.layout()
        rect = self.document().documentLayout().blockBoundingRect(block)
        line = layout.lineForTextPosition(position - block.position())
        return rect.top() + (line.y() if line.isValid() else 0.0)

    @property
    def _last(self) -> int:
        return self.document().characterCount() - 1

    def _clear(self) -> None:
        self._in_pieces = True
        self._drawing.clear()
        self._colouring.clear()
        self._look = _look_of(self)

    def _draw(self) -> None:
        self._clear()
        text = printable(self._source)
        if self._markdown:
            splitter = Splitter()
            self._drawing.put((*splitter.feed(text), *splitter.finish()), None)
            self._colour(0)
        else:
            self._drawing.put_plain(text)
        self._lay_out()

    def _put(self, splitter: Splitter, text: str) -> None:
        known = len(self._drawing.codes)
        self._in_pieces = True
        self._drawing.put(splitter.feed(text), splitter.open)
        self._lay_out()
        self._colour(known)

    def _lay_out(self) -> None:
        """Lay out all of it now: left alone, Qt does a long document bit by bit."""
        document = self.document()
        document.documentLayout().blockBoundingRect(document.lastBlock())
        self._in_pieces = False
        self._fit_height(document.size())

    def _colour(self, known: int) -> None:
        for code in self._drawing.codes[known:]:
            self._colouring.add(code)

    def _redraw(self) -> None:
        """Draw all of it in the colours and fonts of now."""
        if self._look == _look_of(self):
            return
        if self._splitter is None:
            self._draw()
            return
        self._clear()
        self._splitter = Splitter()
        self._put(self._splitter, printable(self._source))

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark, and the size of text."""
        super().changeEvent(event)
        kinds = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        # Also sent while this is being made, and for each widget it is put into.
        if event.type() in kinds and self._is_made and self._look != _look_of(self):
            self._redrawing.start(0)

    # --- size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the text out anew only for a new width."""
        super().resizeEvent(event)
        width = max(1, self.viewport().width())
        if width != self.lineWrapColumnOrWidth():
            self._in_pieces = True
            self.setLineWrapColumnOrWidth(width)
            self._lay_out()

    def _fit_height(self, size: QSizeF) -> None:
        height = math.ceil(size.height())
        if self._in_pieces:
            return  # not all of it is there yet
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the transcript, with Ctrl too: one message is not made larger."""
        event.ignore()

    # --- links, loading, copying

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """Nothing, whatever a message names: no file, no network."""
        return None

    def _follow(self, url: QUrl) -> None:
        if true_place(url.toString()):
            self.link_clicked.emit(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))

    def createMimeDataFromSelection(self) -> QMimeData:
        """The selection as plain text."""
        cursor = self.textCursor()
        data = QMimeData()
        data.setText(clean_text(self.document(), cursor.selectionStart(), cursor.selectionEnd()))
        return data

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt's menu, and for code "Copy code"."""
        menu = self.createStandardContextMenu(event.pos())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        code = self.code_at(self.cursorForPosition(event.pos()).position())
        if code:
            menu.addAction("Copy code").triggered.connect(
                lambda: QGuiApplication.clipboard().setText(code)
            )
        menu.popup(event.globalPos())

    def code_at(self, position: int) -> str:
        """The whole code at a position of the document, "" if there is none."""
        for code in self._drawing.codes:
            if code.start <= position <= code.end:
                return code.text
        return ""

    # --- keys and focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that scroll are the transcript's; copying, selecting and links stay."""
        scrolling = (
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_PageUp,
            Qt.Key.Key_PageDown,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
            Qt.Key.Key_Space,
        )
        if event.key() in scrolling:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the mark of focus if it came by key."""
        super().focusInEvent(event)
        self._ring = event.reason() in _BY_KEY
        self.viewport().update()
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the mark away."""
        super().focusOutEvent(event)
        self._ring = False
        self.viewport().update()
        self.focused.emit(False)

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grounds of code and quotes, the text, and the mark of focus."""
        grounds = self._drawing.grounds
        if grounds:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for ground in grounds:
                self._paint_ground(painter, ground, QRectF(event.rect()))
            painter.end()
        super().paintEvent(event)
        if self._ring:
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(tokens().accent), 1.5))
            ring = QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(ring, SPACE[0], SPACE[0])
            painter.end()

    def _paint_ground(self, painter: QPainter, ground: Ground, seen: QRectF) -> None:
        document = self.document()
        layout = document.documentLayout()
        top = layout.blockBoundingRect(document.findBlock(ground.start)).top()
        bottom = layout.blockBoundingRect(document.findBlock(ground.end)).bottom()
        left = MARGIN + ground.left
        if ground.kind == "code":
            width = self.viewport().width() - MARGIN - left
            rect = QRectF(left, top - CODE_PAD, width, bottom - top + 2 * CODE_PAD)
            colour = tokens().mixed("text", 0.05)
        else:
            rect = QRectF(left, top, _BAR, bottom - top)
            colour = tokens().mixed("text", 0.2)
        if rect.intersects(seen):
            painter.setBrush(QColor(colour))
            round_by = RADIUS if ground.kind == "code" else _BAR / 2
            painter.drawRoundedRect(rect, round_by, round_by)


def _look_of(view: QWidget) -> tuple[bool, str, float]:
    """What a drawing depends on besides its text."""
    return tokens().dark, view.font().family(), view.font().pointSizeF()
