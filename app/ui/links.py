"""Following a link, which leaves Phial: never without showing where it really leads."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox, QWidget

_FOLLOWED = ("http", "https", "mailto")


def open_link(parent: QWidget, address: str) -> None:
    """Ask, then hand the address to the system's browser or mail program."""
    url = QUrl(address)
    if url.scheme() not in _FOLLOWED:
        return
    # ASCII, so that letters that only look like others are seen for what they are.
    plain = url.toEncoded().toStdString()
    place = url.host() or plain
    box = QMessageBox(parent)
    box.setWindowTitle("Open a link")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"This link leads to {place}. Opening it leaves Phial and uses the network.")
    box.setInformativeText(plain)
    opening = box.addButton("Open", QMessageBox.ButtonRole.AcceptRole)
    copying = box.addButton("Copy the address", QMessageBox.ButtonRole.ActionRole)
    box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.exec()
    if box.clickedButton() is opening:
        QDesktopServices.openUrl(url)
    elif box.clickedButton() is copying:
        QGuiApplication.clipboard().setText(plain)
