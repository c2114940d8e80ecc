"""The outline icons of assets/icons, in a colour of the palette at the screen's resolution."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.ui.theme.palette import ICON

FOLDER = Path(__file__).resolve().parents[3] / "assets" / "icons"


def tinted_icon(name: str, colour: str) -> QIcon:
    """The icon `name` in `colour` ("#RRGGBB"). Raises FileNotFoundError for an unknown name."""
    return QIcon(tinted_pixmap(name, colour))


def tinted_pixmap(name: str, colour: str, size: int = ICON) -> QPixmap:
    """The icon as a picture of `size` device-independent pixels a side."""
    drawing = (FOLDER / f"{name}.svg").read_text().replace("currentColor", colour)
    app = QGuiApplication.instance()
    ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer = QSvgRenderer(QByteArray(drawing.encode()))
    renderer.render(painter, QRectF(pixmap.rect()))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
