"""The outline icons of assets/icons, in a colour of the palette at the screen's resolution."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.theme.palette import ICON

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "icons"


def tinted_pixmap(name: str, colour: str, size: int = ICON, gap: int = 0) -> QPixmap:
    """The icon in `colour` ("#RRGGBB"), `size` device-independent pixels a side.

    `gap` are empty pixels at its right. Raises FileNotFoundError for an unknown name.
    """
    drawing = (FOLDER / f"{name}.svg").read_text().replace("currentColor", colour)
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    pixmap = QPixmap(round((size + gap) * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
