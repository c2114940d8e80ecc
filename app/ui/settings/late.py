"""The settings page's place, so that the window can be painted before the page is made."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.ui.views import EngineStatus, ImportView, SettingsRefused, SettingsView, Trouble

if TYPE_CHECKING:
    from app.ui.settings.page import SettingsPage


class LateSettings(QWidget):
    """Keeps what a page is to show until there is one; its signals are those of the page."""

    changed = Signal(object)
    model_chosen = Signal(str)
    starter_wanted = Signal()
    import_wanted = Signal(object)
    import_stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings: SettingsView | None = None
        self._engine = EngineStatus()
        self._import = ImportView()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)

    @cached_property
    def page(self) -> SettingsPage:
        """The page, made now if it was not before."""
        from app.ui.settings.page import SettingsPage

        page = SettingsPage(self)
        page.changed.connect(self.changed)
        page.model_chosen.connect(self.model_chosen)
        page.starter_wanted.connect(self.starter_wanted)
        page.import_wanted.connect(self.import_wanted)
        page.import_stopped.connect(self.import_stopped)
        page.show_engine(self._engine)
        page.show_import(self._import)
        if self._settings is not None:
            page.show_settings(self._settings)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(page)
        return page

    @property
    def _is_made(self) -> bool:
        return "page" in self.__dict__

    def focus_first(self) -> None:
        """Give the keyboard to the first field."""
        self.page.setFocus()

    def show_settings(self, view: SettingsView) -> None:
        """See `SettingsPage`."""
        self._settings = view
        if self._is_made:
            self.page.show_settings(view)

    def show_refused(self, refused: SettingsRefused) -> None:
        """See `SettingsPage`."""
        if self._is_made:
            self.page.show_refused(refused)

    def show_trouble(self, trouble: Trouble) -> None:
        """See `SettingsPage`."""
        if self._is_made:
            self.page.show_trouble(trouble)

    def show_engine(self, status: EngineStatus) -> None:
        """See `SettingsPage`."""
        self._engine = status
        if self._is_made:
            self.page.show_engine(status)

    def show_import(self, view: ImportView) -> None:
        """See `SettingsPage`."""
        self._import = view
        if self._is_made:
            self.page.show_import(view)
