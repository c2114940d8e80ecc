"""What a person reads of a turn's events."""

from __future__ import annotations

import json

import pytest

from app.agent.events import (
    Answered,
    Applied,
    CallMade,
    Generated,
    Proposed,
    RemembersFrom,
    Said,
    Started,
    Thinking,
    Working,
)
from app.cli.output import make_output
from app.core.errors import AmbiguousError, KnownError
from app.core.messages import ToolCall
from app.core.proposals import UNSURE, Change, Option, Proposal, Provenance


def test_an_answer_in_words_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    output = make_output(json_lines=False)
    for event in (Said(" Hel"), Said("lo."), Answered("Hello.")):
        output.event(event)
    assert capsys.readouterr().out == "Hello.\n"


@pytest.mark.parametrize("json_lines", [False, True])
def test_what_the_model_thinks_is_not_printed(
    capsys: pytest.CaptureFixture[str], json_lines: bool
) -> None:
    output = make_output(json_lines=json_lines)
    for event in (Thinking("Let me see."), RemembersFrom(3), Said("Hello.")):
        output.event(event)
    said = capsys.readouterr().out
    assert said == ('{"event": "text", "text": "Hello."}\n' if json_lines else "Hello.")


def test_what_the_model_says_before_its_call_does_not_hide_the_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = make_output(json_lines=False)
    for event in (Said("Let me look."), CallMade(ToolCall("cal_find")), Answered("Nothing.")):
        output.event(event)
    assert capsys.readouterr().out == "Let me look.\nNothing.\n"


def test_an_error_shows_its_choices_and_its_hint_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = make_output(json_lines=False)
    output.error(AmbiguousError("x", "Which?", "Say it.", choices=(("e1", "Lunch"),)))
    output.error(KnownError("x", "It\x1b[31m failed."), details="line 1\nline 2")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == (
        "Which?\n  e1  Lunch\nSay it.\nIt [31m failed.\n\nDetails:\nline 1\nline 2\n"
    )


def test_for_a_person_the_closing_line_ends_with_the_number_to_undo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = make_output(json_lines=False)
    change = Change("calendar:calendars/a/b.ics", "create event", "", None, "x", "Add 'x'")
    output.event(Applied((("c3", change), ("c4", change))))
    output.event(Answered("Added 'x'.", 1))
    output.event(Answered("Nothing on Friday.", 2))
    assert capsys.readouterr().out == "Added 'x'. (undo: c3)\nNothing on Friday.\n"


def test_what_the_model_made_up_is_shown_with_the_proposal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    change = Change("calendar:calendars/a/b.ics", "create event", "", None, "x", "Add 'Meeting'")
    proposal = Proposal(
        "Add 'Meeting'",
        (Option("Fri", "", (change,), "Added."),),
        provenance=(Provenance("title", "Meeting", "the model"),),
    )
    make_output(json_lines=False).event(Proposed(proposal))
    assert capsys.readouterr().out == (
        "Add 'Meeting'  [change]\n"
        "  Add 'Meeting'\n"
        "  title “Meeting” comes from the model, not from your words\n"
    )
    make_output(json_lines=True).event(Proposed(proposal))
    assert json.loads(capsys.readouterr().out)["provenance"] == [
        {"argument": "title", "value": "Meeting", "source": "the model"}
    ]


def test_an_unsure_proposal_says_so_and_not_that_yes_would_take_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    change = Change("calendar:calendars/a/b.ics", "create event", "", None, "x", "Add 'Meeting'")
    options = (Option("Fri", "", (change,), "Added."),)
    for unsure in (True, False):
        output = make_output(json_lines=False)
        output.event(Proposed(Proposal("Add 'Meeting'", options, unsure=unsure)))
        output.event(Answered("Nothing was changed yet.", 1, waiting=True))
        said = capsys.readouterr().out
        assert (UNSURE in said) is unsure
        assert ("Say it in other words" in said) is unsure
        assert ("--yes" in said) is not unsure
    make_output(json_lines=True).event(Proposed(Proposal("x", options, unsure=True)))
    assert json.loads(capsys.readouterr().out)["unsure"] is True


def test_two_messages_with_one_summary_are_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [
        Change(f"message:local/{name}.eml", "trash message", "", "y", "x", "Trash 'Invoice'")
        for name in ("one", "two")
    ]
    proposal = Proposal("Trash 2 messages", (Option("x", "", tuple(changes), "Done."),))
    make_output(json_lines=False).event(Proposed(proposal))
    assert capsys.readouterr().out.count("Trash 'Invoice'") == 2


def test_a_split_series_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    changes = [
        Change(f"calendar:calendars/a/{name}.ics", "change event", "", None, "x", "Change 'x'")
        for name in ("old", "new")
    ]
    proposal = Proposal("Change 'x'", (Option("Fri", "", tuple(changes), "Changed."),))
    make_output(json_lines=False).event(Proposed(proposal))
    assert capsys.readouterr().out == "Change 'x'  [change]\n  Change 'x'\n"


@pytest.mark.parametrize("json_lines", [False, True])
def test_what_is_only_for_a_window_is_not_printed(
    json_lines: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    output = make_output(json_lines=json_lines)
    for event in (Started(1), Working("prefill", 1, 3), Generated({}, 3, 2)):
        output.event(event)
    assert capsys.readouterr().out == ""
