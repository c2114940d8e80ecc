"""Every colour and length of the window, for light and dark. Nothing that draws."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QColor, QPalette


@dataclass(frozen=True)
class Tokens:
    """Colours by role, as "#RRGGBB". Text roles reach 4.5:1 on each of the three grounds."""

    dark: bool
    background: str
    surface: str
    raised: str
    border: str
    text: str
    secondary: str
    accent: str
    on_accent: str
    danger: str
    warning: str
    good: str

    def mixed(self, role: str, share: float, ground: str = "surface") -> str:
        """`share` (0 to 1) of one role's colour over another's, as for a hovered line."""
        over, under = QColor(getattr(self, role)), QColor(getattr(self, ground))
        pairs = (
            (over.red(), under.red()),
            (over.green(), under.green()),
            (over.blue(), under.blue()),
        )
        channels = [round(share * a + (1 - share) * b) for a, b in pairs]
        return QColor(*channels).name()


LIGHT = Tokens(
    dark=False,
    background="#F7F7F5",
    surface="#FFFFFF",
    raised="#FFFFFF",
    border="#E3E3DE",
    text="#1C1D1B",
    secondary="#62645F",
    accent="#0F766E",
    on_accent="#FFFFFF",
    danger="#B42318",
    warning="#B54708",
    good="#067647",
)

DARK = Tokens(
    dark=True,
    background="#151616",
    surface="#1C1E1E",
    raised="#242727",
    border="#323636",
    text="#ECEDEA",
    secondary="#A0A5A1",
    accent="#2DD4BF",
    on_accent="#06302C",
    danger="#F97066",
    warning="#FDB022",
    good="#47CD89",
)

SPACE = (4, 8, 12, 16, 24)
"""The spacing scale, in device-independent pixels."""

RADIUS = 8
"""Corners of cards, fields and buttons, in device-independent pixels."""

ICON = 20
"""Side of an icon, in device-independent pixels, with text of BODY_POINTS."""

INLINE_ICON = 16
"""Side of an icon beside words on a button."""

BODY_POINTS = 10.5
"""Least size of body text; a larger system font is kept."""

TITLE_POINTS = 13.0
"""Size of titles where body text has BODY_POINTS."""

SMALL_POINTS = 8.5
"""Size of captions where body text has BODY_POINTS."""


def qt_palette(tokens: Tokens) -> QPalette:
    """The tokens as Qt's roles, for everything the style sheet does not name."""
    role = QPalette.ColorRole
    colours = {
        role.Window: tokens.background,
        role.WindowText: tokens.text,
        role.Base: tokens.surface,
        role.AlternateBase: tokens.background,
        role.ToolTipBase: tokens.raised,
        role.ToolTipText: tokens.text,
        role.PlaceholderText: tokens.secondary,
        role.Text: tokens.text,
        role.Button: tokens.surface,
        role.ButtonText: tokens.text,
        role.BrightText: tokens.danger,
        role.Light: tokens.raised,
        role.Midlight: tokens.raised,
        role.Mid: tokens.border,
        role.Dark: tokens.border,
        role.Shadow: tokens.border,
        role.Highlight: tokens.accent,
        role.HighlightedText: tokens.on_accent,
        role.Link: tokens.accent,
        role.LinkVisited: tokens.accent,
        role.Accent: tokens.accent,
    }
    palette = QPalette()
    for each, colour in colours.items():
        palette.setColor(each, QColor(colour))
    faint = QColor(tokens.mixed("text", 0.4))
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, faint)
    return palette
