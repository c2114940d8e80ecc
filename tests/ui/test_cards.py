"""Cards: what is shown before it is done, which keys answer it, and what stays afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from app.core.proposals import (
    UNSURE,
    UNSURE_ASKED,
    Change,
    Option,
    Proposal,
    Provenance,
    Question,
    Risk,
)
from app.tools.schemas import DECLARED
from app.ui.cards import DoneLine, ProposalCard, QuestionCard, wording
from app.ui.cards.comparison import SHOWN, Comparison
from app.ui.cards.waiting_card import PAUSE, WaitingCard
from app.ui.labels import IconLabel
from app.ui.theme import apply_theme
from app.ui.views import DoneCard, DoneChange

K = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier

OLD = ("Anna", "Thu 19 Nov 15:00–16:00")
NEW = ("Anna", "Fri 20 Nov 10:00–11:00")


def change(
    was: tuple[str, ...] = OLD,
    becomes: tuple[str, ...] = NEW,
    *,
    risk: Risk = Risk.CHANGE,
    target: str = "calendar:calendars/personal/x.ics",
    summary: str = "Move “Anna” to Fri 20 Nov 10:00",
) -> Change:
    return Change(target, "move event", "", None, None, summary, risk, "", was, becomes)


def option(label: str, *changes: Change, reason: str = "", doubtful: bool = False) -> Option:
    return Option(label, reason, changes or (change(),), "Moved.", doubtful)


MOVE = Proposal("Move “Anna”", (option("Fri 10:00"),))
THREE = Proposal(
    "Move “Anna”",
    (
        option("Fri 10:00", change(becomes=("Anna", "Fri")), reason="free"),
        option("Mon 10:00", change(becomes=("Anna", "Mon")), reason="overlaps B", doubtful=True),
        option("Tue 10:00", change(becomes=("Anna", "Tue"))),
    ),
)
MAIL = Proposal(
    "Tell Anna", (option("Send it", change((), ("To: anna",), risk=Risk.SEND, target="mail:out")),)
)
MAIL_TWO = Proposal("Tell Anna", MAIL.options * 2)
QUESTION = Question("Which Anna?", "event", (("1", "Anna Berg"), ("2", "Anna & Bob")), (), 0)


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Answers:
    """What a card said, in order."""

    def __init__(self, card: WaitingCard) -> None:
        self.said: list[object] = []
        card.chosen.connect(self.said.append)
        card.declined.connect(lambda: self.said.append("no"))


Shown = tuple[WaitingCard, Answers, Clock]


@pytest.fixture
def show(qtbot: QtBot) -> Callable[..., Shown]:
    """Shows a card in a window, focused, `waited` seconds ago."""

    def shown(content: Proposal | Question, waited: float = PAUSE) -> Shown:
        clock = Clock()
        card: WaitingCard
        if isinstance(content, Proposal):
            card = ProposalCard(7, content, clock=clock)
        else:
            card = QuestionCard(7, content, clock=clock)
        answers = Answers(card)
        qtbot.addWidget(card)
        with qtbot.waitExposed(card):
            card.show()
        card.activateWindow()
        card.setFocus()
        clock.seconds += waited
        return card, answers, clock

    return shown


def words(widget: QWidget) -> list[str]:
    """All text in labels that are shown, in no promised order."""
    return [label.text() for label in widget.findChildren(QLabel) if not label.isHidden()]


def test_enter_applies_the_default_of_a_focused_card(show, qtbot: QtBot) -> None:
    for content in (MOVE, THREE):
        card, answers, _ = show(content)
        qtbot.keyClick(card, K.Key_Return)
        assert answers.said == [0]


def test_the_enter_of_the_number_pad_applies_too(show, qtbot: QtBot) -> None:
    card, answers, _ = show(MOVE)
    qtbot.keyClick(card, K.Key_Enter, Qt.KeyboardModifier.KeypadModifier)
    assert answers.said == [0]


def test_enter_is_not_a_yes_in_the_first_half_second(show, qtbot: QtBot) -> None:
    for content in (MOVE, QUESTION):
        card, answers, clock = show(content, waited=PAUSE - 0.01)
        qtbot.keyClick(card, K.Key_Return)
        assert answers.said == []
        clock.seconds += 0.02
        qtbot.keyClick(card, K.Key_Return)
        assert answers.said == [0]


def test_the_pause_counts_from_the_first_showing_only(show, qtbot: QtBot) -> None:
    card, answers, _ = show(MOVE)
    card.hide()
    card.show()
    card.setFocus()
    qtbot.keyClick(card, K.Key_Return)
    assert answers.said == [0]


def test_a_number_is_not_a_yes_in_the_first_half_second(show, qtbot: QtBot) -> None:
    for content in (THREE, QUESTION):
        card, answers, clock = show(content, waited=0)
        qtbot.keyClick(card, K.Key_2)
        assert answers.said == []
        clock.seconds += PAUSE
        qtbot.keyClick(card, K.Key_2)
        assert answers.said == [1]


def test_a_held_enter_never_answers(show) -> None:
    card, answers, _ = show(MOVE)
    held = QKeyEvent(QEvent.Type.KeyPress, K.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
    QApplication.sendEvent(card, held)
    assert answers.said == []


def test_enter_with_other_keys_held_is_not_a_yes(show, qtbot: QtBot) -> None:
    card, answers, _ = show(MOVE)
    for held in (CTRL, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier):
        qtbot.keyClick(card, K.Key_Return, held)
    assert answers.said == []


def test_sending_takes_control_and_enter(show, qtbot: QtBot) -> None:
    card, answers, clock = show(MAIL, waited=0)
    assert isinstance(card, ProposalCard)
    assert "Ctrl+⏎" in card.yes.text() and card.yes.accessibleName() == "Send"
    qtbot.keyClick(card, K.Key_Return, CTRL)
    clock.seconds += PAUSE
    qtbot.keyClick(card, K.Key_Return)
    qtbot.keyClick(card.yes, K.Key_Return)
    assert answers.said == []
    qtbot.keyClick(card, K.Key_Return, CTRL)
    assert answers.said == [0]


def test_a_number_only_selects_what_would_be_sent(show, qtbot: QtBot) -> None:
    card, answers, _ = show(MAIL_TWO)
    qtbot.keyClick(card, K.Key_2)
    assert answers.said == []
    assert card.selected == 1
    qtbot.keyClick(card.rows[1], K.Key_Return, CTRL)
    assert answers.said == [1]


def test_escape_says_no_from_the_card_and_from_its_buttons(show, qtbot: QtBot) -> None:
    for content in (MOVE, MAIL, QUESTION):
        card, answers, _ = show(content, waited=0)
        qtbot.keyClick(card, K.Key_Escape)
        assert answers.said == ["no"]
    card, answers, _ = show(THREE)
    card.rows[1].setFocus()
    qtbot.keyClick(card.rows[1], K.Key_Escape)
    assert answers.said == ["no"]


def test_enter_on_the_no_button_says_no(show, qtbot: QtBot) -> None:
    for content in (MOVE, QUESTION):
        card, answers, _ = show(content)
        card.no.setFocus()
        qtbot.keyClick(card.no, K.Key_Return)
        assert answers.said == ["no"]


def test_numbers_take_an_option_at_once(show, qtbot: QtBot) -> None:
    for key, expected in ((K.Key_1, 0), (K.Key_2, 1), (K.Key_3, 2)):
        card, answers, _ = show(THREE)
        qtbot.keyClick(card, key)
        assert answers.said == [expected]


def test_numbers_without_an_option_do_nothing(show, qtbot: QtBot) -> None:
    four = Proposal("Move", THREE.options + MOVE.options)
    for content, key in ((THREE, K.Key_4), (four, K.Key_4), (MOVE, K.Key_1), (QUESTION, K.Key_3)):
        card, answers, _ = show(content)
        qtbot.keyClick(card, key)
        assert answers.said == []


def test_more_than_three_options_are_all_shown_and_three_numbered(show, qtbot: QtBot) -> None:
    card, answers, _ = show(Proposal("Move", THREE.options + THREE.options))
    assert len(card.rows) == 6
    assert [bool(row.toolTip()) for row in card.rows] == [True] * 3 + [False] * 3
    for _ in range(4):
        qtbot.keyClick(card, K.Key_Down)
    qtbot.keyClick(card.rows[4], K.Key_Return)
    assert answers.said == [4]


def test_arrows_select_and_show_what_the_option_changes(show, qtbot: QtBot) -> None:
    card, answers, _ = show(THREE)
    assert "Fri" in words(card.comparison)
    qtbot.keyClick(card, K.Key_Down)
    assert card.rows[1].isChecked() and card.rows[1].hasFocus()
    assert "Mon" in words(card.comparison)
    assert "After: Anna, Mon" in card.accessibleDescription()
    qtbot.keyClick(card.rows[1], K.Key_Down)
    qtbot.keyClick(card.rows[2], K.Key_Down)
    assert card.selected == 2
    qtbot.keyClick(card.rows[2], K.Key_Up)
    assert [row.isChecked() for row in card.rows] == [False, True, False]
    assert answers.said == []
    qtbot.keyClick(card.rows[1], K.Key_Return)
    assert answers.said == [1]


def test_a_click_on_an_option_selects_and_apply_takes_it(show, qtbot: QtBot) -> None:
    card, answers, _ = show(THREE)
    qtbot.mouseClick(card.rows[2], Qt.MouseButton.LeftButton)
    assert answers.said == [] and card.rows[2].isChecked()
    qtbot.mouseClick(card.yes, Qt.MouseButton.LeftButton)
    assert answers.said == [2]


def test_after_an_answer_a_card_takes_no_other(show, qtbot: QtBot) -> None:
    for content in (MOVE, THREE, QUESTION):
        card, answers, _ = show(content)
        qtbot.keyClick(card, K.Key_Return)
        for key in (K.Key_Return, K.Key_1, K.Key_Escape):
            qtbot.keyClick(card, key)
        assert answers.said == [0]
        assert not card.no.isEnabled() and not any(row.isEnabled() for row in card.rows)


def test_an_answer_from_a_button_leaves_the_focus_on_the_card(show, qtbot: QtBot) -> None:
    card, answers, _ = show(MOVE)
    card.yes.setFocus()
    qtbot.keyClick(card.yes, K.Key_Space)
    assert answers.said == [0]
    assert card.hasFocus()


def test_tab_goes_through_a_card_in_reading_order(show, qtbot: QtBot) -> None:
    card, _, _ = show(THREE)
    for expected in (*card.rows, card.yes, card.no):
        qtbot.keyClick(QApplication.focusWidget(), K.Key_Tab)
        assert expected.hasFocus()


def test_a_question_is_answered_by_number_arrow_or_click(show, qtbot: QtBot) -> None:
    card, answers, _ = show(QUESTION)
    qtbot.keyClick(card, K.Key_2)
    assert answers.said == [1]
    card, answers, _ = show(QUESTION)
    qtbot.keyClick(card, K.Key_Down)
    qtbot.keyClick(card.rows[1], K.Key_Return)
    assert answers.said == [1]
    card, answers, _ = show(QUESTION)
    qtbot.mouseClick(card.rows[1], Qt.MouseButton.LeftButton)
    assert answers.said == [1]


def test_a_question_shows_its_choices_as_they_are_written(show) -> None:
    card, _, _ = show(QUESTION)
    assert {"Which one do you mean?", "Which Anna?", "Anna Berg", "Anna & Bob"} <= set(words(card))
    assert card.accessibleName() == "Which one do you mean? Which Anna?, 2 choices"
    weights = {label.text(): label.font().weight() for label in labels(card)}
    assert weights["Which one do you mean?"] > weights["Which Anna?"]
    assert card.no.text() == "None of these  Esc"
    assert card.accessibleDescription() == "Anna Berg. Anna & Bob"


def test_before_and_after_stand_beside_each_other(show, qtbot: QtBot) -> None:
    card, _, _ = show(MOVE)
    card.resize(640, 300)
    qtbot.wait(1)
    place = {label.text(): label.mapTo(card, label.rect().topLeft()) for label in labels(card)}
    assert place["Before"].y() == place["After"].y()
    assert place["Before"].x() < place["After"].x()
    card.resize(240, 600)
    qtbot.wait(1)
    place = {label.text(): label.mapTo(card, label.rect().topLeft()) for label in labels(card)}
    assert place["Before"].y() < place["After"].y()
    assert place["Before"].x() == place["After"].x()


def labels(widget: QWidget) -> list[QLabel]:
    return widget.findChildren(QLabel)


@pytest.mark.parametrize(
    ("was", "becomes", "heading", "absent"),
    [((), NEW, "New", "Before"), (OLD, (), "Removed", "After"), (OLD, NEW, "Before", "New")],
)
def test_what_is_added_or_removed_has_one_side(
    qtbot: QtBot, was: tuple[str, ...], becomes: tuple[str, ...], heading: str, absent: str
) -> None:
    shown = Comparison((change(was, becomes),))
    qtbot.addWidget(shown)
    assert heading in words(shown)
    assert absent not in words(shown)


def test_a_change_without_sides_shows_its_summary(qtbot: QtBot) -> None:
    shown = Comparison((change((), ()),))
    qtbot.addWidget(shown)
    assert words(shown) == ["Move “Anna” to Fri 20 Nov 10:00"]


def test_many_changes_show_the_first_and_open_the_rest(show, qtbot: QtBot) -> None:
    many = [change((f"Event {number}",), ()) for number in range(SHOWN + 3)]
    card, answers, _ = show(Proposal("Cancel 7", (option("all", *many),)))
    more = card.comparison.more
    assert more.text() == "and 3 more"
    assert "Event 4" not in words(card)
    more.setFocus()
    qtbot.keyClick(more, K.Key_Return)
    assert {f"Event {number}" for number in range(SHOWN + 3)} <= set(words(card))
    assert card.comparison.more is None
    assert answers.said == []


def test_a_doubtful_option_says_why_beside_a_warning(show) -> None:
    for doubtful in (True, False):
        card, _, _ = show(
            Proposal("Move", (option("Fri", reason="overlaps B", doubtful=doubtful),))
        )
        names = [label.accessibleName() for label in labels(card)]
        assert "overlaps B" in names
        assert ("Warning" in names) is doubtful
    card, _, _ = show(THREE)
    assert "to be weighed first" in card.rows[1].accessibleName()
    assert "to be weighed first" not in card.rows[0].accessibleName()


WHEN = Provenance("when", "tomorrow at 10:00", "the model")
TITLE = Provenance("title", "Meeting", "the model")
WITH = Provenance("with", "Anna", "the model")


@pytest.mark.parametrize(
    ("unsaid", "expected"),
    [
        ((WHEN,), "The time “tomorrow at 10:00” was chosen by the model; you did not say it."),
        (
            (TITLE, WHEN, WITH),
            "The title “Meeting”, the time “tomorrow at 10:00” and the person “Anna” were chosen"
            " by the model; you did not say them.",
        ),
    ],
)
def test_what_the_user_did_not_say_is_one_note(
    show, unsaid: tuple[Provenance, ...], expected: str
) -> None:
    card, _, _ = show(Proposal("Add", MOVE.options, provenance=unsaid))
    assert expected in words(card)
    assert card.accessibleDescription().endswith(f" {expected}")
    names = [label.accessibleName() for label in labels(card)]
    assert names.count("Note") == 1


def test_an_unsure_proposal_says_so_before_anything_else(show) -> None:
    card, _, _ = show(Proposal("Add", MOVE.options, provenance=(WHEN,), unsure=True))
    assert UNSURE in words(card)
    assert card.accessibleDescription().startswith(f"{UNSURE} ")
    sure, _, _ = show(Proposal("Add", MOVE.options))
    assert UNSURE not in words(sure)


def test_an_unsure_question_says_so(show) -> None:
    asked = Question("Two.", "events", (("e1", "a"), ("e2", "b")), (), 0)
    assert UNSURE_ASKED not in words(show(asked)[0])
    card, _, _ = show(replace(asked, unsure=True))
    assert UNSURE_ASKED in words(card)
    assert UNSURE_ASKED in card.accessibleName()


def test_there_is_a_word_for_each_argument_a_model_may_choose() -> None:
    for tool in DECLARED:
        properties = tool.parameters["properties"]
        assert isinstance(properties, dict)
        for name, schema in properties.items():
            kind = schema.get("type", "string")
            if kind in ("string", "array") and "enum" not in schema:
                assert name in wording.NOUNS, (tool.name, name)


def test_a_card_is_a_group_to_a_screen_reader(show) -> None:
    for content in (MOVE, QUESTION):
        card, _, _ = show(content)
        spoken = QAccessible.queryAccessibleInterface(card)
        assert spoken.role() is QAccessible.Role.Grouping
        assert spoken.text(QAccessible.Text.Name) == card.accessibleName()


def test_the_badge_stays_at_the_top_beside_a_long_title(show, qtbot: QtBot) -> None:
    card, _, _ = show(Proposal("Move “Anna” and all others " * 12, MOVE.options))
    card.resize(640, 500)
    qtbot.wait(1)
    (badge,) = (each for each in labels(card) if each.text() == "Changes your calendar")
    (title,) = (each for each in labels(card) if each.text().startswith("Move “Anna” and"))
    tops = [each.mapTo(card, QPoint(0, 0)).y() for each in (badge, title)]
    assert title.height() > 2 * badge.height() and badge.height() < 2 * title.fontMetrics().height()
    assert abs(tops[0] - tops[1]) <= 2


@pytest.mark.parametrize(
    ("proposal", "expected"),
    [
        (MOVE, "Changes your calendar"),
        (MAIL, "Sends mail"),
        (Proposal("x", (option("y", change(risk=Risk.SEND)),)), "Leaves this machine"),
        (
            Proposal("x", (option("y", change(risk=Risk.DRAFT, target="mail:d")),)),
            "Drafts in your mail",
        ),
        (Proposal("x", (option("y", change(target="other:z")),)), "Changes your files"),
        (Proposal("x", (option("y", change(target="message:local/z")),)), "Changes your mail"),
        (
            Proposal("x", (option("y", change(), change(target="mail:z")),)),
            "Changes your calendar and your mail",
        ),
        (Proposal("x", (Option("y", "", (), ""),)), "Changes nothing"),
    ],
)
def test_the_risk_stands_in_words(show, proposal: Proposal, expected: str) -> None:
    card, _, _ = show(proposal)
    assert expected in words(card)
    assert expected in card.accessibleName()


def test_a_card_is_read_aloud_with_its_risk_and_its_changes(show) -> None:
    card, _, _ = show(THREE)
    assert card.accessibleName() == "Move “Anna”, Changes your calendar, 3 options"
    assert card.accessibleDescription() == (
        "Before: Anna, Thu 19 Nov 15:00–16:00. After: Anna, Fri."
    )
    card, _, _ = show(MOVE)
    assert card.accessibleName().endswith("1 option")


def test_titles_by_others_are_never_markup(show) -> None:
    nasty = "<img src='file:///etc/passwd'><b>Hi</b>"
    card, _, _ = show(Proposal(nasty, (option(nasty, change((nasty,), (nasty, "x"))),) * 2))
    assert all(
        label.textFormat() is Qt.TextFormat.PlainText for label in labels(card) if label.text()
    )


def test_a_long_word_does_not_widen_a_card(qtbot: QtBot) -> None:
    card = ProposalCard(1, Proposal("x" * 400, (option("y", change(("z" * 400,), NEW)),)))
    qtbot.addWidget(card)
    assert card.minimumSizeHint().width() < 400


def test_icons_follow_light_and_dark(qtbot: QtBot, qapp: QApplication) -> None:
    apply_theme(qapp, "light")
    line = DoneLine(DONE)
    qtbot.addWidget(line)
    line.show()
    mark = line.findChild(IconLabel)
    assert mark is not None
    light = mark.pixmap().toImage()
    apply_theme(qapp, "dark")
    assert mark.pixmap().toImage() != light
    apply_theme(qapp, "light")
    assert mark.pixmap().toImage() == light


DONE = DoneCard("Moved “Anna”.", (DoneChange("c1", "Move", OLD, NEW),), "c1")


@pytest.fixture
def done_line(qtbot: QtBot) -> Callable[[DoneCard], DoneLine]:
    def shown(done: DoneCard) -> DoneLine:
        line = DoneLine(done)
        qtbot.addWidget(line)
        with qtbot.waitExposed(line):
            line.show()
        return line

    return shown


def test_what_was_done_is_one_line_with_undo(done_line, qtbot: QtBot) -> None:
    line = done_line(DONE)
    assert line.sentence.text() == "Moved “Anna”."
    assert not line.comparison.isVisible()
    with qtbot.waitSignal(line.undo_wanted) as wanted:
        qtbot.keyClick(line.undo, K.Key_Return)
    assert wanted.args == ["c1"]
    assert not line.undo.isEnabled()
    assert line.undo.accessibleName() == "Undo: Moved “Anna”"


def test_what_was_undone_says_so_and_can_be_done_again(done_line, qtbot: QtBot) -> None:
    line = done_line(DONE)
    qtbot.mouseClick(line.undo, Qt.MouseButton.LeftButton)
    line.show_done(DoneCard(DONE.sentence, DONE.changes, "c2", undone=True))
    assert line.sentence.text() == "Undone: Moved “Anna”."
    assert line.undo.text() == "Do again" and line.undo.isEnabled()
    assert line.undo.accessibleName() == "Do again: Moved “Anna”"
    with qtbot.waitSignal(line.undo_wanted) as wanted:
        qtbot.keyClick(line.undo, K.Key_Space)
    assert wanted.args == ["c2"]


def test_there_is_no_undo_where_nothing_can_be_undone(done_line) -> None:
    assert not done_line(DoneCard("Moved.", DONE.changes, "")).undo.isVisible()


def test_a_done_line_opens_to_before_and_after(done_line, qtbot: QtBot) -> None:
    line = done_line(DONE)
    assert line.opener.accessibleName() == "Show what changed"
    qtbot.keyClick(line.opener, K.Key_Space)
    assert line.comparison.isVisible()
    assert {"Before", "After", *OLD, *NEW} <= set(words(line.comparison))
    assert line.opener.accessibleName() == "Hide what changed"
    assert line.accessibleDescription() == (
        "Before: Anna, Thu 19 Nov 15:00–16:00. After: Anna, Fri 20 Nov 10:00–11:00."
    )


def test_a_done_line_without_changes_cannot_be_opened(done_line) -> None:
    assert not done_line(DoneCard("Nothing to do.", (), "")).opener.isVisible()
