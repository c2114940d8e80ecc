"""What is open beside the chat, and what "it" means while it is."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from app.ui.bridge import Bridge
from app.ui.chat.chat_view import ChatView
from app.ui.reading.pane import ReadingPane
from app.ui.today import TodayPane
from app.ui.views import Opened, OpenedEvent, OpenedMessage


class Opener(QObject):
    """Opens in `pane` what is pressed in the chat or in Today; `changed` when it opens or closes.

    While something is open, requests are about it, unless the user says otherwise.
    """

    changed = Signal()

    def __init__(
        self,
        bridge: Bridge,
        chat: ChatView,
        today: TodayPane,
        pane: ReadingPane,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._chat = chat
        self._pane = pane
        self._wanted = ""
        self._about: tuple[str, ...] = ()
        bridge.result_opened.connect(self._on_opened)
        for source in (chat.open_wanted, today.opened):
            source.connect(self.open)
        chat.about_dropped.connect(self._drop)
        pane.closed.connect(self.close)

    @property
    def about(self) -> tuple[str, ...]:
        """The ids of what "it" means."""
        return self._about

    @property
    def is_open(self) -> bool:
        """Whether the pane is wanted."""
        return bool(self._wanted)

    def open(self, result: str) -> None:
        """Read a message or event by its id and show it."""
        self._wanted = result
        self._bridge.open_result(result)

    def close(self) -> None:
        """Close the pane; the keyboard goes back to the composer."""
        held = self._pane.isVisible()
        self._wanted = ""
        self._pane.clear()
        self._mean((), "")
        self.changed.emit()
        if held:
            self._chat.focus_composer()

    def refresh(self) -> None:
        """Read again what is open: a turn may have changed it."""
        if self._wanted:
            self._bridge.open_result(self._wanted)

    def _on_opened(self, opened: Opened) -> None:
        if opened.id != self._wanted:
            return
        anew = self._pane.result != opened.id
        if not anew and self._pane.opened == opened:
            return
        self._pane.show_opened(opened)
        match opened:
            case OpenedMessage(subject=title) | OpenedEvent(title=title):
                if anew:
                    self._mean((opened.id,), title)
            case _:
                self._mean((), "")
        self.changed.emit()
        if anew:
            self._pane.focus_text()

    def _mean(self, about: tuple[str, ...], title: str) -> None:
        self._about = about
        self._chat.show_about(title)
        self._chat.mark_opened(self._pane.result)

    def _drop(self) -> None:
        self._about = ()
        self._chat.show_about("")
        self._chat.focus_composer()
