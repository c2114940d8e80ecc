"""Opening what was found, by the keyboard, and asking about what is open."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.core.events import EngineEvent, Finished, TextDelta
from app.core.ports import GenerateRequest
from app.ui.views import OpenedEvent, OpenedMessage
from tests.support.calendar_profile import NOW, berlin
from tests.support.mail_profile import eml
from tests.support.window_driver import Driver, open_window, words_of
from tests.support.window_parts import by_words, calls, window_parts

K = Qt.Key


@pytest.fixture
def filled(profile: Path) -> Path:
    """Two events on Friday, and two messages."""
    for name, start in (("lunch", "12"), ("dentist", "15")):
        folder = profile / "calendars" / "personal"
        folder.mkdir(parents=True, exist_ok=True)
        text = berlin(name, f"20261120T{start}0000", f"20261120T{start}4500", "LOCATION:Main St")
        (folder / f"{name}.ics").write_text(text.replace("UID:one", f"UID:{name}"))
    inbox = profile / "mail" / "local" / "Inbox"
    inbox.mkdir(parents=True)
    for number, words in enumerate(("Invoice 214", "Paper samples")):
        message = eml(
            subject=words,
            sender="Bob Okafor <bob@okafor.example>",
            to="Ada Example <ada@example.org>",
            date=NOW - timedelta(hours=30 - number),
            body=f"About {words}.",
        )
        (inbox / f"{number}.eml").write_text(message, newline="")
    return profile


def gone(request: GenerateRequest) -> Iterator[EngineEvent]:
    yield TextDelta("Nothing to do.")
    yield Finished("end", 9, 3)


SCRIPT = by_words(
    friday=calls("cal_find", when="friday"),
    bob=calls("mail_find", **{"from": "Bob"}),
    cancel=calls("cal_cancel", events="it"),
    archive=calls("mail_update", messages="it", action="archive"),
    hello=gone,
)


@pytest.fixture
def window(filled: Path, qtbot: QtBot) -> Iterator[Driver]:
    with open_window(window_parts(filled, SCRIPT), qtbot) as driver:
        yield driver


def test_a_found_event_opens_beside_the_chat_and_esc_closes_it(window: Driver) -> None:
    turn = window.ask("friday")
    assert [row.title for row in turn.results] == ["lunch", "dentist"]
    assert turn.answer == "2 events"
    window.tab_to("Open event: lunch", back=True)
    window.press(K.Key_Return)
    pane = window.window.reading
    window.until(pane.isVisible)
    assert isinstance(pane.opened, OpenedEvent)
    assert pane.opened.where == "Main St"
    window.press(K.Key_Escape)
    window.until(lambda: not pane.isVisible())
    assert window.focused() == "Message"


def test_it_is_what_is_open(window: Driver, filled: Path) -> None:
    window.ask("friday")
    window.tab_to("Open event: dentist", back=True)
    window.press(K.Key_Return)
    window.until(window.window.reading.isVisible)
    assert "“It” is “dentist”" in words_of(window.window.chat.about)
    window.control(K.Key_L)
    window.ask("cancel it")
    window.until(lambda: not (filled / "calendars/personal/dentist.ics").exists())
    assert (filled / "calendars/personal/lunch.ics").exists()
    window.until(lambda: "not there any more" in words_of(window.window.reading))


def test_without_its_line_it_is_what_was_spoken_of_last(window: Driver) -> None:
    window.ask("friday")
    window.tab_to("Open event: dentist", back=True)
    window.press(K.Key_Return)
    window.until(window.window.reading.isVisible)
    window.window.chat.about.drop_button.click()
    assert window.window.opener.about == ()
    assert not window.window.chat.about.isVisible()


def test_a_found_message_is_read_and_filed(window: Driver, filled: Path) -> None:
    turn = window.ask("bob")
    assert [row.title for row in turn.results] == ["Paper samples", "Invoice 214"]
    assert turn.answer == "2 messages from Bob:"
    window.tab_to("Open unread message: Invoice 214", back=True)
    window.press(K.Key_Return)
    pane = window.window.reading
    window.until(pane.isVisible)
    assert isinstance(pane.opened, OpenedMessage)
    assert pane.opened.text == "About Invoice 214."
    window.control(K.Key_L)
    window.ask("archive it")
    window.until(lambda: (filled / "mail/local/Archive/0.eml").exists())
    assert (filled / "mail/local/Inbox/1.eml").exists()


def test_a_narrow_window_shows_what_is_read_alone(window: Driver) -> None:
    window.ask("friday")
    window.window.resize(720, 480)
    window.tab_to("Open event: lunch", back=True)
    window.press(K.Key_Return)
    window.until(window.window.reading.isVisible)
    window.press(K.Key_Escape)
    window.until(window.window.chat.isVisible)
