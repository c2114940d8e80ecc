"""Labels that several panes need: words by others shown as they are, and icons among words."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from app.ui.theme import ICON, set_role, tinted_pixmap, tokens

_BREAK = "\u200b"  # a place to break a line, of no width
_LONG = re.compile(r"\S{25,}")
_PIECE = re.compile(r"\S{1,12}")


def breakable(text: str) -> str:
    """`text` with places to break in runs of 25 letters and more, as in long addresses."""
    return _LONG.sub(lambda run: _BREAK.join(_PIECE.findall(run[0])), text)


def plain_tooltip(text: str) -> str:
    """`text` as a tooltip that is never read as markup, whatever is in it."""
    lines = escape(breakable(text)).replace("\n", "<br>")
    return f"<p>{lines}</p>" if text else ""


def plain_button(text: str) -> str:
    """`text` as a button's, where "&" would else underline the next letter."""
    return text.replace("&", "&&")


def draw_icon(painter: QPainter, name: str, role: str, x: int, y: int, size: int) -> None:
    """Paint an icon in the colour of a role, for delegates; `size` in the painter's pixels."""
    painter.drawPixmap(x, y, tinted_pixmap(name, getattr(tokens(), role), size))


def role_colour(role: str) -> QColor:
    """The colour a role has now, for delegates; "chosen" and "hover" are grounds of a line."""
    colours = tokens()
    if role == "chosen":
        return QColor(colours.mixed("accent", 0.16))
    if role == "hover":
        return QColor(colours.mixed("text", 0.06))
    return QColor(getattr(colours, role))


class PlainLabel(QLabel):
    """Text that wraps, is never read as markup, and never asks for more width than there is."""

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        if role:
            set_role(self, role)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Replace the text; what is read aloud has no added places to break."""
        self.setText(breakable(text))
        self.setAccessibleName(text)

    def set_bold(self) -> None:
        """Make it semibold, at the body's size."""
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        self.setFont(font)


class IconLabel(QLabel):
    """An icon among words, as high as a line of text; it follows light and dark."""

    def __init__(self, name: str, role: str, meaning: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._role = role
        self.setFixedWidth(self._side())
        self.show_icon(name, role, meaning)

    def show_icon(self, name: str, role: str, meaning: str) -> None:
        """Show an icon of assets/icons; `meaning` is its word for who cannot see it, or ""."""
        self._name, self._role = name, role
        self.setAccessibleName(meaning)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:
        """Draw again when the palette or the size of text changes."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self.setFixedWidth(self._side())
            self._draw()

    def _side(self) -> int:
        return max(ICON - 2, self.fontMetrics().height())

    def _draw(self) -> None:
        colour = getattr(tokens(), self._role)
        self.setPixmap(tinted_pixmap(self._name, colour, self._side()))
