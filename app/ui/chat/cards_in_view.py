"""Where waiting cards stand for the reader: brought into view, and answered only once seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QScrollArea, QWidget

from app.ui.chat.reading_place import ReadingPlace

if TYPE_CHECKING:
    from app.ui.cards import ProposalCard, QuestionCard

_SEEN_ALREADY = (
    Qt.FocusReason.MouseFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
    Qt.FocusReason.PopupFocusReason,
)


class CardsInView(QObject):
    """Watches cards in `area`. A card that takes the keyboard is brought into view by `place`."""

    def __init__(self, area: QScrollArea, place: ReadingPlace) -> None:
        super().__init__(area)
        self._viewport = area.viewport()
        self._place = place

    def watch(self, card: ProposalCard | QuestionCard) -> None:
        """Have a card take no key for a yes before all of its last row has been in view."""
        card.seen = False
        _Sight(card, self._viewport)
        for part in (card, *card.rows):
            part.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Bring what takes the keyboard into view."""
        if event.type() is QEvent.Type.FocusIn:
            assert isinstance(watched, QWidget) and isinstance(event, QFocusEvent)
            if event.reason() not in _SEEN_ALREADY:
                # Later: for Tab, Qt itself goes there, but to the middle of what is too high.
                QTimer.singleShot(0, watched, lambda: self._place.keep(watched))
        return super().eventFilter(watched, event)


class _Sight(QObject):
    """Tells a card when its last row has been painted whole: where it merely stood is no sight."""

    def __init__(self, card: ProposalCard | QuestionCard, viewport: QWidget) -> None:
        super().__init__(card)
        self._card = card
        self._viewport = viewport
        card.no.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Compare the place of the row with what is in view."""
        if event.type() is QEvent.Type.Paint and not self._card.seen:
            row = self._card.no
            place = QRect(row.mapTo(self._viewport, QPoint(0, 0)), row.size())
            self._card.seen = self._viewport.rect().contains(place)
        return super().eventFilter(watched, event)
