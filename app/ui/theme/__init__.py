"""Light and dark: applying the palette, and giving widgets their role and icon."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication, QIcon
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton, QWidget

from app.ui.theme.icons import tinted_pixmap
from app.ui.theme.palette import (
    BODY_POINTS,
    DARK,
    ICON,
    INLINE_ICON,
    LIGHT,
    RADIUS,
    SMALL_POINTS,
    SPACE,
    TITLE_POINTS,
    Tokens,
    qt_palette,
)
from app.ui.theme.style import style_sheet

__all__ = [
    "ICON",
    "RADIUS",
    "SPACE",
    "Tokens",
    "apply_theme",
    "code_font",
    "icon",
    "section_font",
    "set_icon",
    "set_role",
    "small_font",
    "text_scale",
    "tinted_pixmap",
    "title_font",
    "tokens",
]

_DARK = "phialDark"
_ICON_NAME = "phialIcon"
_ICON_ROLE = "phialIconRole"


def apply_theme(app: QApplication, scheme: str) -> None:
    """Dress the application; `scheme` is "system", "light" or "dark".

    May be called again at any time; icons set by `set_icon` follow. Text keeps the system's font
    and, where that is larger, its size.
    """
    hints = QGuiApplication.styleHints()
    fixed = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}
    # For what the system draws: title bar, file dialogs.
    hints.setColorScheme(fixed.get(scheme, Qt.ColorScheme.Unknown))
    dark = scheme == "dark" or (scheme != "light" and hints.colorScheme() is Qt.ColorScheme.Dark)
    app.setProperty(_DARK, dark)
    chosen = tokens()
    if app.style().name().casefold() != "fusion":
        app.setStyle("Fusion")
    font = app.font()
    if font.pointSizeF() < BODY_POINTS:
        font.setPointSizeF(BODY_POINTS)
        app.setFont(font)
    app.setPalette(qt_palette(chosen))
    app.setStyleSheet(style_sheet(chosen, app.font().pointSizeF()))
    for widget in app.allWidgets():
        name = widget.property(_ICON_NAME)
        if name and isinstance(widget, QAbstractButton):
            set_icon(widget, name, widget.property(_ICON_ROLE))


def tokens() -> Tokens:
    """The colours in use."""
    app = QApplication.instance()
    return DARK if app is not None and app.property(_DARK) else LIGHT


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget its look: "card", "primary", "secondary" … (see `style`)."""
    widget.setProperty("role", role)
    widget.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    refresh = widget.style()
    refresh.unpolish(widget)
    refresh.polish(widget)


def set_icon(button: QAbstractButton, name: str, role: str = "text") -> None:
    """Give a button an icon of assets/icons, in the colour of a role, in light and dark.

    It grows with the text, and keeps its distance from words beside it. "" takes it away.
    """
    button.setProperty(_ICON_NAME, name)
    button.setProperty(_ICON_ROLE, role)
    if not name:
        button.setIcon(QIcon())
        return
    beside = isinstance(button, QPushButton) and bool(button.text())
    side = round((INLINE_ICON if beside else ICON) * text_scale())
    gap = SPACE[0] if beside else 0
    button.setIcon(QIcon(tinted_pixmap(name, getattr(tokens(), role), side, gap)))
    button.setIconSize(QSize(side + gap, side))


def text_scale() -> float:
    """How much larger the system's text is than this window's own: 1.0 or more."""
    return QApplication.font().pointSizeF() / BODY_POINTS


def icon(name: str, role: str = "text") -> QIcon:
    """An icon in the colour a role has now, for menus and fields."""
    return QIcon(tinted_pixmap(name, getattr(tokens(), role)))


def title_font() -> QFont:
    """Titles: semibold, larger in proportion to the body."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * TITLE_POINTS / BODY_POINTS)
    font.setWeight(QFont.Weight.DemiBold)
    return font


def section_font() -> QFont:
    """Headings of lists and groups: the body's size, semibold."""
    font = QApplication.font()
    font.setWeight(QFont.Weight.DemiBold)
    return font


def small_font() -> QFont:
    """Captions under icons."""
    font = QApplication.font()
    font.setPointSizeF(font.pointSizeF() * SMALL_POINTS / BODY_POINTS)
    return font


def code_font() -> QFont:
    """The system's monospaced font at the body's size."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF() * 0.95)
    return font
