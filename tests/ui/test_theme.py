"""Light and dark: every text can be read, every icon exists, and a change reaches what is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from app.ui.theme import apply_theme, set_icon, tokens
from app.ui.theme.icons import FOLDER, tinted_pixmap
from app.ui.theme.palette import BODY_POINTS, DARK, LIGHT, Tokens

ROOT = Path(__file__).resolve().parents[2]
SPOKEN = ("text", "secondary", "accent", "danger", "warning", "good")
GROUNDS = ("background", "surface", "raised")


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB" (WCAG 2.2)."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_reaches_the_contrast_that_tired_eyes_need(scheme: Tokens) -> None:
    for role in SPOKEN:
        for ground in GROUNDS:
            ratio = contrast(getattr(scheme, role), getattr(scheme, ground))
            assert ratio >= 4.5, (role, ground, ratio)
    assert contrast(scheme.on_accent, scheme.accent) >= 4.5
    for role in ("text", "secondary"):
        assert contrast(getattr(scheme, role), scheme.mixed("text", 0.05)) >= 4.5
    assert contrast(scheme.text, scheme.mixed("accent", 0.16)) >= 4.5


def test_a_held_scheme_is_put_on_and_icons_follow(qtbot: QtBot, qapp: QApplication) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    apply_theme(qapp, "light")
    set_icon(button, "pin")
    light = button.icon().pixmap(20).toImage()
    assert tokens() == LIGHT
    apply_theme(qapp, "dark")
    assert tokens() == DARK
    assert button.icon().pixmap(20).toImage() != light
    assert qapp.palette().window().color().name().upper() == DARK.background
    apply_theme(qapp, "light")
    assert button.icon().pixmap(20).toImage() == light


def test_a_large_system_font_is_kept(qapp: QApplication) -> None:
    before = qapp.font()
    large = qapp.font()
    large.setPointSizeF(2 * BODY_POINTS)
    qapp.setFont(large)
    try:
        apply_theme(qapp, "light")
        assert qapp.font().pointSizeF() == 2 * BODY_POINTS
    finally:
        qapp.setFont(before)


def test_every_icon_the_window_names_is_there_and_none_is_left_over() -> None:
    source = "".join(path.read_text() for path in (ROOT / "app" / "ui").rglob("*.py"))
    named = set(re.findall(r'"([a-z0-9]+(?:-[a-z0-9]+)*)"', source))
    there = {path.stem for path in FOLDER.glob("*.svg")}
    called = set(re.findall(r'(?:set_icon\([^,]+, |icon\(|pixmap\()"([a-z0-9-]+)"', source))
    assert called <= there, called - there
    assert there <= named, there - named
    assert (FOLDER / "LICENSE").is_file()


def test_an_icon_is_drawn_in_the_colour_asked_for(qapp: QApplication) -> None:
    image = tinted_pixmap("pin", "#ff0000").toImage()
    seen = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert seen == {"#ff0000"}
