"""The line itself: flat buttons that shorten where the window is narrow, and what they open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.ui.labels import plain_button, plain_tooltip
from app.ui.status import wording
from app.ui.status.popup import Deed, Popup, copy_to_clipboard
from app.ui.theme import SPACE, set_icon, set_role
from app.ui.views import Connections, EngineStage, EngineStatus

_LEAST = 8  # letters of the model's name that are always shown


class Segment(QPushButton):
    """A part of the line: its words, fewer of them where there is little room."""

    def __init__(self, what: str, opens: Callable[[Segment], None], parent: QWidget) -> None:
        super().__init__(parent)
        set_role(self, "quiet")
        self.setProperty("subdued", True)
        self.setAutoDefault(True)  # Enter presses it
        self._what = what
        self._words = self._full = self._short = ""
        self.setAccessibleName(what)
        self.setAccessibleDescription(what)
        self.clicked.connect(lambda: opens(self))

    def show_words(self, words: str, short: str = "") -> None:
        """Say this, or `short` where it does not fit; hidden without words."""
        self._full, self._short = words, short or words
        self.setVisible(bool(words))
        self.setAccessibleName(words or self._what)
        self.setToolTip(plain_tooltip(f"{words}\n{self._what}"))
        self.use_short(False)

    def show_alert(self, alert: bool) -> None:
        """Put a mark before the words, or take it away."""
        set_icon(self, "circle-alert" if alert else "", "danger")

    def use_short(self, short: bool) -> None:
        """Choose between all words and fewer."""
        self._words = self._short if short else self._full
        self.setText(plain_button(self._words))

    def wanted(self) -> int:
        """The width all its words take."""
        # One more, because the advance is rounded and the words would be shortened.
        return self._around() + self.fontMetrics().horizontalAdvance(self._words) + 1

    def least(self, letters: int) -> int:
        """The width that the first letters take, or all words if they take less."""
        width = self._around() + letters * self.fontMetrics().averageCharWidth()
        return min(width, self.wanted())

    def elide(self) -> None:
        """Shorten the words to its width."""
        room = self.width() - self._around()
        text = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideMiddle, room)
        self.setText(plain_button(text))

    def _around(self) -> int:
        """What padding, border and mark take."""
        mark = 0 if self.icon().isNull() else self.iconSize().width() + SPACE[0]
        return 2 * SPACE[1] + mark


@dataclass(frozen=True)
class _About:
    """What a popup says and offers."""

    title: str
    sentences: tuple[str, ...]
    deeds: tuple[Deed, ...] = ()


class StatusLine(QWidget):
    """Shows an `EngineStatus` and the `Connections`; a click on a part explains it.

    Signals: `model_wanted` (another file), `starter_wanted`, `retry_wanted`, `wake_wanted`.
    """

    model_wanted = Signal()
    starter_wanted = Signal()
    retry_wanted = Signal()
    wake_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._engine = EngineStatus()
        self._connections = Connections()
        self._popup: Popup | None = None
        self.model = Segment("About the model", self._open, self)
        self.backend = Segment("Where the model runs", self._open, self)
        self.context = Segment("How much the model looked at", self._open, self)
        self.connections = Segment("Connections that were opened", self._open, self)
        line = QHBoxLayout(self)
        line.setContentsMargins(SPACE[1], SPACE[0] // 2, SPACE[1], SPACE[0] // 2)
        line.setSpacing(SPACE[0])
        for segment in (self.model, self.backend, self.context):
            line.addWidget(segment)
        line.addStretch(1)
        line.addWidget(self.connections)
        self.show_engine(self._engine)
        self.show_connections(self._connections)
        set_role(self, "status")

    def show_engine(self, status: EngineStatus) -> None:
        """Show where the model stands."""
        self._engine = status
        failed = status.stage is EngineStage.FAILED
        self.model.show_words(wording.model_words(status))
        self.model.show_alert(failed)
        self.backend.show_words(wording.backend_words(status), wording.short_backend(status))
        self.context.show_words(wording.context_words(status), wording.short_context(status))
        self._fit()
        self._refresh()

    def show_connections(self, connections: Connections) -> None:
        """Show how many connections there were."""
        self._connections = connections
        self.connections.show_words(wording.connection_words(connections))
        self._fit()
        self._refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten what does not fit."""
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """Other letters take other room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def minimumSizeHint(self) -> QSize:
        """Never the reason for a wider window."""
        return QSize(1, super().minimumSizeHint().height())

    def _fit(self) -> None:
        """First the model's name gives way, then the others are said in fewer words."""
        others = [self.backend, self.context, self.connections]
        shown = [each for each in others if not each.isHidden()]
        room = self.width() - 2 * SPACE[1] - SPACE[0] * (len(shown) + 1)
        least = self.model.least(_LEAST)
        left = room - _width_of(shown, short=False)
        if left < least:
            left = room - _width_of(shown, short=True)
        self.model.setFixedWidth(max(least, min(left, self.model.wanted())))
        self.model.elide()

    def _about(self, segment: Segment) -> _About:
        """What there is to say of a part now."""
        if segment is self.model:
            return self._about_model()
        if segment is self.backend:
            words = wording.backend_words(self._engine)
            return _About(words, wording.backend_explained(self._engine))
        if segment is self.context:
            words = wording.context_words(self._engine)
            return _About(words, wording.context_explained(self._engine))
        words = wording.connection_words(self._connections)
        return _About(words, wording.connections_explained(self._connections))

    def _about_model(self) -> _About:
        status = self._engine
        failed = status.stage is EngineStage.FAILED
        deeds = []
        if failed:
            again = "Start it now" if status.died else "Try again"
            deeds.append(Deed(again, self.retry_wanted.emit))
        if status.stage is EngineStage.RESTING:
            deeds.append(Deed("Wake it now", self.wake_wanted.emit))
        deeds.append(Deed("Choose another file…", self.model_wanted.emit))
        if not status.starter:
            deeds.append(Deed("Use the starter model", self.starter_wanted.emit))
        if status.details:
            copy = Deed("Copy details", lambda: copy_to_clipboard(status.details), stays=True)
            deeds.append(copy)
        title = wording.model_words(status) if failed else wording.model_name(status)
        return _About(title, wording.model_explained(status), tuple(deeds))

    def _open(self, segment: Segment) -> None:
        about = self._about(segment)
        self._popup = Popup(about.title, about.sentences, about.deeds, segment)
        self._popup.closed.connect(self._forget_popup)
        self._popup.open()

    def _forget_popup(self) -> None:
        self._popup = None

    def _refresh(self) -> None:
        """Let the popup that is open follow; one whose part is gone closes."""
        if self._popup is None:
            return
        segment = self._popup.opener
        assert isinstance(segment, Segment)
        if segment.isHidden():
            self._popup.close()
            self.model.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            about = self._about(segment)
            self._popup.show_instead(about.title, about.sentences, about.deeds)


def _width_of(segments: list[Segment], *, short: bool) -> int:
    """What the segments take once they say all, or fewer words."""
    for each in segments:
        each.use_short(short)
    return sum(each.wanted() for each in segments)
