"""What the window shows is what is on disk, and what the user decides is made there. No Qt."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import KnownError
from app.core.events import EngineEvent, Failed, Finished, TextDelta
from app.core.messages import TurnState
from app.core.ports import GenerateRequest
from app.core.proposals import Proposal, Question
from app.store import migrations
from app.store.conversations import Hit
from app.store.database import damaged
from app.store.migrations import MIGRATIONS, migrate
from app.store.paths import ProfilePaths, prepare
from app.store.settings import Settings
from app.ui.asking import title_of
from app.ui.desk import PAGE
from app.ui.parts import Request
from app.ui.views import TurnRejected, TurnView
from tests.support.calendar_profile import berlin, ics
from tests.support.window_parts import Heard, Office, by_words, calls, open_office, says

LUNCH, DENTIST = "lunch Friday at noon", "dentist today at 10"
SCRIPT = by_words(
    hello=says("Hello ", "**there**."),
    lunch=calls("cal_create", title="lunch", when="Friday at noon"),
    dentist=calls("cal_create", title="dentist", when="today at 10"),
    cancel=calls("cal_cancel", events=["the standup tomorrow"]),
    both=calls("cal_cancel", events=["the standup", "the call"]),
    what=calls("cal_find", when="tomorrow"),
    undo=calls("undo"),
    send=calls("mail_draft", to=["bob@example.org"], body="it is done"),
    die=lambda request: (TextDelta("He"), Failed("worker_died", "It ended.", "Try again.", "x y")),
    bug=lambda request: (_ for _ in ()).throw(ValueError("a slip")),
)


@pytest.fixture
def office(profile: Path) -> Iterator[Office]:
    """An open profile whose settings name the zone of the tests' clock."""
    profile.mkdir()
    (profile / "settings.toml").write_text('zone = "Europe/Berlin"\nlocale = "en_GB"\n')
    with open_office(profile, SCRIPT) as opened:
        yield opened


def put(profile: Path, name: str, text: str) -> None:
    """Write a calendar file as another program would."""
    folder = profile / "calendars" / "personal"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text.replace("UID:one", f"UID:{name}"))


def files(profile: Path) -> list[str]:
    """The names of the calendar files."""
    return sorted(path.name for path in (profile / "calendars").glob("*/*.ics"))


# Turns


def test_an_answer_is_the_models_own_words(office: Office) -> None:
    end = office.ask("hello")
    assert end.turn.answer == "Hello **there**."
    assert end.turn.markdown
    assert (end.turn.state, end.turn.user, end.turn.done) == (TurnState.DONE, "hello", None)
    assert office.heard.text == "Hello **there**."
    assert office.heard.tokens == 22
    assert office.heard.work == ["Writing"]


def test_the_words_are_on_disk_before_the_model_is_asked(office: Office) -> None:
    office.ask("hello")
    (started,) = office.heard.starts
    assert (started.turn.state, started.turn.user) == (TurnState.RUNNING, "hello")
    assert started.replaces == 0


def test_a_clear_change_is_made_at_once_and_shown_as_a_card(office: Office, profile: Path) -> None:
    turn = office.ask(LUNCH).turn
    assert turn.done is not None
    assert turn.done.sentence.startswith("Added 'lunch'")
    assert turn.answer == ""
    (change,) = turn.done.changes
    assert change.was == () and "lunch" in change.becomes[0]
    assert (turn.done.undo_id, turn.done.undone) == (change.id, False)
    assert len(files(profile)) == 1
    assert office.heard.work == ["Looking for a time in the calendar"]


def test_what_was_looked_up_is_told(office: Office) -> None:
    turn = office.ask("what").turn
    assert turn.step == "Looked in the calendar"
    assert turn.answer.startswith("Nothing")
    assert not turn.markdown


def test_a_failed_turn_keeps_words_error_and_details(office: Office) -> None:
    end = office.ask("die")
    assert end.turn.state is TurnState.FAILED
    assert end.turn.error == "It ended. Try again."
    assert end.turn.details == "x y"
    assert end.turn.answer == "He"
    assert end.trouble is None


def test_a_mistake_of_phials_own_ends_the_turn_and_keeps_its_traceback(office: Office) -> None:
    turn = office.ask("bug").turn
    assert turn.state is TurnState.FAILED
    assert "ValueError: a slip" in turn.details


def test_words_that_cannot_be_written_down_come_back(office: Office) -> None:
    end = office.asking.run(Request("hello", conversation=77), Heard())
    assert isinstance(end, TurnRejected)
    assert end.text == "hello"
    assert office.desk.conversations().items == ()


def busy(*arguments: object) -> None:
    """What reading comes to while another program holds the database."""
    raise KnownError("database_busy", "Another program is working in it.", "Close it.")


@pytest.mark.parametrize(("words", "changed"), [("hello", False), (LUNCH, True)])
def test_a_turn_whose_end_cannot_be_read_is_over_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch, words: str, changed: bool
) -> None:
    monkeypatch.setattr(office.asking._turns, "turns_behind", busy)
    end = office.ask(words)
    (started,) = office.heard.starts
    assert (end.turn.id, end.turn.state) == (started.turn.id, TurnState.FAILED)
    assert end.turn.error.startswith("This was done" if changed else "Another program is working")
    assert end.changed is changed
    monkeypatch.undo()
    (turn,) = office.desk.conversation(end.turn.conversation).turns
    assert turn.state is TurnState.DONE


def test_an_end_that_can_be_read_a_moment_later_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind, calls = office.asking._turns.turns_behind, []

    def busy_once(ids: Sequence[str]) -> tuple[int, ...]:
        calls.append(ids)
        return behind(ids) if len(calls) > 1 else busy()  # type: ignore[func-returns-value]

    monkeypatch.setattr(office.asking._turns, "turns_behind", busy_once)
    assert office.ask("hello").turn.answer == "Hello **there**."


def test_a_turn_that_cannot_be_read_when_it_starts_is_told_by_what_was_asked(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    view, calls = office.asking._turns.view, []

    def busy_once(turn: int) -> TurnView:
        calls.append(turn)
        return view(turn) if len(calls) > 1 else busy()  # type: ignore[func-returns-value]

    monkeypatch.setattr(office.asking._turns, "view", busy_once)
    turn = office.ask("hello").turn
    (started,) = office.heard.starts
    assert (started.turn.id, started.turn.user) == (turn.id, "hello")
    assert started.turn.state is TurnState.RUNNING and turn.state is TurnState.DONE


def test_a_failure_that_cannot_be_written_down_is_shown(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.history.History.finish", busy)
    turn = office.ask("die").turn
    assert (turn.state, turn.error) == (TurnState.FAILED, "It ended. Try again.")


def test_text_by_others_is_shown_without_what_hides_in_it(office: Office) -> None:
    turn = office.ask("hello \u202eevil\x07").turn
    assert turn.user == "hello evil "


# Cards


def test_a_doubtful_change_waits_and_the_chosen_option_is_made(
    office: Office, profile: Path
) -> None:
    put(profile, "a.ics", berlin("call", "20261118T100000", "20261118T110000"))
    turn = office.ask(DENTIST).turn
    assert turn.state is TurnState.PAUSED
    assert isinstance(turn.waiting, Proposal)
    assert files(profile) == ["a.ics"]
    assert office.desk.conversations().items[0].waiting
    outcome = office.desk.choose(turn.id, 0)
    assert outcome.trouble is None
    (changed,) = outcome.turns
    assert changed.state is TurnState.DONE and changed.done is not None
    assert len(files(profile)) == 2
    assert not office.desk.conversations().items[0].waiting


def test_a_waiting_card_is_there_after_a_restart(office: Office, profile: Path) -> None:
    put(profile, "a.ics", berlin("call", "20261118T100000", "20261118T110000"))
    turn = office.ask(DENTIST).turn
    view = office.desk.conversation(turn.conversation)
    assert view.turns[0].waiting == turn.waiting


def test_no_changes_nothing(office: Office, profile: Path) -> None:
    put(profile, "a.ics", berlin("call", "20261118T100000", "20261118T110000"))
    turn = office.ask(DENTIST).turn
    (changed,) = office.desk.decline(turn.id).turns
    assert (changed.state, changed.answer) == (TurnState.DONE, "Nothing was changed.")
    assert files(profile) == ["a.ics"]


def test_an_answer_to_a_question_is_made_and_asked_no_more(office: Office, profile: Path) -> None:
    put(profile, "a.ics", berlin("standup", "20261119T100000", "20261119T110000"))
    put(profile, "b.ics", berlin("standup", "20261119T150000", "20261119T160000"))
    turn = office.ask("cancel the standup tomorrow").turn
    assert turn.state is TurnState.PAUSED
    assert isinstance(turn.waiting, Question)
    outcome = office.desk.choose(turn.id, 1)
    assert outcome.trouble is None
    assert outcome.turns[0].done is not None
    assert files(profile) == ["a.ics"]
    again = office.desk.choose(turn.id, 0)
    assert again.trouble is not None and again.trouble.code == "not_waiting"
    assert files(profile) == ["a.ics"]


def test_a_card_that_is_out_of_date_says_so_and_waits_on(office: Office, profile: Path) -> None:
    put(profile, "a.ics", berlin("standup", "20261119T100000", "20261119T110000"))
    put(profile, "b.ics", berlin("call", "20261119T150000", "20261119T160000"))
    turn = office.ask("both the standup and the call").turn
    assert isinstance(turn.waiting, Proposal)
    put(profile, "b.ics", berlin("call", "20261119T160000", "20261119T170000"))
    outcome = office.desk.choose(turn.id, 0)
    assert outcome.trouble is not None and outcome.trouble.code == "stale"
    assert outcome.turns[0].waiting == turn.waiting
    assert files(profile) == ["a.ics", "b.ics"]


# Undo


def test_undo_and_again_are_told_by_the_card_of_the_turn_that_made_the_change(
    office: Office, profile: Path
) -> None:
    made = office.ask(LUNCH).turn
    assert made.done is not None
    undone = office.desk.undo(made.done.undo_id)
    assert undone.notice is not None and undone.notice.text.startswith("Undone")
    (turn,) = undone.turns
    assert turn.id == made.id and turn.done is not None and turn.done.undone
    assert files(profile) == []
    assert turn.done.undo_id == undone.notice.undo_change
    assert undone.notice.again
    again = office.desk.undo(turn.done.undo_id)
    assert again.notice is not None and again.notice.text.startswith("Done again")
    assert not again.notice.again
    (turn,) = again.turns
    assert turn.done is not None and not turn.done.undone
    assert turn.done.undo_id == made.done.undo_id
    assert len(files(profile)) == 1


def test_undo_without_a_change_takes_back_the_last_one(office: Office, profile: Path) -> None:
    office.ask(LUNCH)
    assert office.desk.undo().turns[0].done is not None
    assert files(profile) == []
    trouble = office.desk.undo().trouble
    assert trouble is not None and trouble.code == "nothing_to_undo"


def test_an_undo_asked_for_in_words_changes_the_earlier_card_too(office: Office) -> None:
    made = office.ask(LUNCH).turn
    end = office.ask("undo", made.conversation)
    assert end.changed
    assert end.turn.done is not None and end.turn.done.sentence.startswith("Undone")
    (earlier,) = end.touched
    assert earlier.id == made.id and earlier.done is not None and earlier.done.undone
    assert earlier.done.undo_id == end.turn.done.undo_id


def test_each_card_offers_only_what_can_be_done_now(office: Office, profile: Path) -> None:
    made = office.ask(LUNCH).turn
    typed = office.ask("undo", made.conversation).turn
    assert made.done is not None and typed.done is not None

    def shown() -> list[tuple[bool, str]]:
        turns = office.desk.conversation(made.conversation).turns
        return [(turn.done.undone, turn.done.undo_id) for turn in turns if turn.done is not None]

    (gone, again), (not_gone, same) = shown()
    assert (gone, not_gone) == (True, False) and again == same
    outcome = office.desk.undo(again)
    assert [turn.id for turn in outcome.turns] == [made.id, typed.id]
    assert [undone for undone, _ in shown()] == [False, True]
    outcome = office.desk.undo(made.done.undo_id)
    assert [turn.id for turn in outcome.turns] == [made.id, typed.id]
    (_, again), (_, none) = shown()
    assert none == ""  # there is no lunch that this undo could take away
    assert files(profile) == []
    for _ in range(2):
        for at in (0, 1):  # whatever button there is does what it says
            button = shown()[at][1]
            if button:
                before = files(profile)
                outcome = office.desk.undo(button)
                assert outcome.trouble is None and files(profile) != before


def test_a_change_whose_file_somebody_else_edited_is_not_undone_and_can_be_tried_again(
    office: Office, profile: Path
) -> None:
    made = office.ask(LUNCH).turn
    assert made.done is not None
    (file,) = (profile / "calendars").glob("*/*.ics")
    file.write_text(file.read_text().replace("lunch", "brunch"))
    outcome = office.desk.undo(made.done.undo_id)
    assert outcome.trouble is not None and outcome.trouble.code == "stale"
    assert outcome.turns == (made,) and outcome.notice is None


# Conversations


def test_a_conversation_is_titled_by_its_first_line() -> None:
    assert title_of("\n  move   my 3pm\nto friday") == "move my 3pm"
    assert title_of("x" * 61) == "x" * 59 + "…"
    assert len(title_of("word " * 40)) <= 60
    assert title_of("a\x1b[31m\u202eb") == "a [31mb"


def test_the_list_shows_conversations_with_the_last_spoken_in_first(office: Office) -> None:
    first = office.ask("hello you").turn.conversation
    second = office.ask("what is on").turn.conversation
    titles = [(each.id, each.title) for each in office.desk.conversations().items]
    assert titles == [(second, "what is on"), (first, "hello you")]


def test_search_gives_the_place_where_the_words_stand(office: Office) -> None:
    first = office.ask("hello you").turn.conversation
    office.ask("what is on")
    found = office.desk.conversations("there")
    assert [each.id for each in found.items] == [first]
    assert "there" in found.snippets[first]
    assert office.desk.conversations("nowhere").items == ()
    assert office.desk.found(first, "there").turns == (1,)


def test_a_conversation_that_begins_during_a_search_is_not_found_yet(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.ask("hello you").turn.conversation
    rooms = office.desk._rooms.conversations
    listed = rooms.listed()
    office.ask("hello again")
    monkeypatch.setattr(rooms, "listed", lambda: listed)
    monkeypatch.setattr(rooms, "search", lambda words, limit: (Hit(first), Hit(first + 1))[:limit])
    assert [each.id for each in office.desk.conversations("hello").items] == [first]


def test_a_search_with_more_matches_than_are_listed_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.ui.desk._FOUND", 2)
    for _ in range(2):
        office.ask("hello")
    found = office.desk.conversations("hello")
    assert (len(found.items), found.cut) == (2, False)
    office.ask("hello")
    found = office.desk.conversations("hello")
    assert (len(found.items), found.cut) == (2, True)


def test_long_conversations_open_at_their_end(office: Office) -> None:
    conversation = office.ask("hello 0").turn.conversation
    for number in range(1, PAGE + 5):
        office.ask(f"hello {number}", conversation)
    view = office.desk.conversation(conversation)
    assert (len(view.turns), view.earlier) == (PAGE, 5)
    assert view.turns[-1].user == f"hello {PAGE + 4}"
    earlier = office.desk.earlier(conversation, view.turns[0].id)
    assert [turn.user for turn in earlier.turns] == [f"hello {number}" for number in range(5)]
    assert earlier.earlier == 0


def test_a_conversation_is_renamed_pinned_deleted_and_restored(office: Office) -> None:
    conversation = office.ask("hello").turn.conversation
    office.desk.rename(conversation, "  my \x07 talk ")
    office.desk.rename(conversation, "   ")
    office.desk.pin(conversation, True)
    (line,) = office.desk.conversations().items
    assert (line.title, line.pinned) == ("my talk", True)
    notice = office.desk.delete(conversation)
    assert (notice.text, notice.restore) == ("Deleted “my talk”.", conversation)
    assert office.desk.conversations().items == ()
    office.desk.restore(conversation)
    assert len(office.desk.conversations().items) == 1


def test_what_was_deleted_is_gone_at_the_next_start(profile: Path) -> None:
    with open_office(profile, SCRIPT) as office:
        conversation = office.ask("hello").turn.conversation
        office.desk.delete(conversation)
    with open_office(profile, SCRIPT) as office:
        assert office.desk.conversation(conversation).id == 0


def turns_of_first_format(paths: ProfilePaths, started_at: str) -> None:
    """A database of the first format with one conversation, whose words are secret."""
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as connection:
        migrate(connection, paths.database, MIGRATIONS[:1])
        connection.execute("INSERT INTO conversation (title) VALUES ('t')")
        connection.execute(
            "INSERT INTO turn (conversation_id, started_at, state) VALUES (1, ?, 'done')",
            (started_at,),
        )
        parts = json.dumps([{"type": "text", "text": "secret words"}])
        connection.execute(
            "INSERT INTO message (turn_id, role, parts) VALUES (1, 'user', ?)", (parts,)
        )


def holding(profile: Path, words: bytes) -> list[str]:
    """The names of the files that hold words."""
    return [
        each.name for each in profile.iterdir() if each.is_file() and words in each.read_bytes()
    ]


def test_what_was_deleted_is_gone_from_the_copies_of_the_database_too(profile: Path) -> None:
    paths = ProfilePaths(profile)
    prepare(paths)
    turns_of_first_format(paths, "2026-01-01T00:00:00.000+00:00")
    with open_office(profile, SCRIPT) as office:
        assert "phial.db.backup-v1" in holding(profile, b"secret words")
        office.desk.delete(1)
    with open_office(profile, SCRIPT) as office:
        assert office.desk.conversations().items == ()
    assert holding(profile, b"secret words") == []
    assert "backup" not in damaged(paths.database, "is damaged").hint


def test_a_copy_made_at_this_start_outlives_it(
    profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_office(profile, SCRIPT) as office:
        office.desk.delete(office.ask("hello secret words").turn.conversation)

    def copying(connection: sqlite3.Connection, path: Path, *steps: Any) -> None:
        copy = path.with_name("phial.db.backup-v2")
        if steps:
            migrate(connection, path, *steps)
        elif not copy.exists():
            migrations._back_up(connection, copy)

    monkeypatch.setattr("app.store.database.migrate", copying)
    with open_office(profile, SCRIPT) as office:
        assert office.desk.conversations().items == ()
        assert "phial.db.backup-v2" in holding(profile, b"secret words")
    with open_office(profile, SCRIPT):
        pass
    assert holding(profile, b"secret words") == []


def test_the_copy_of_another_history_is_kept(profile: Path) -> None:
    paths = ProfilePaths(profile)
    prepare(paths)
    turns_of_first_format(paths, "2026-01-01T00:00:00.000+00:00")
    with open_office(profile, SCRIPT):
        pass
    for file in profile.glob("phial.db*"):
        if "backup" not in file.name:
            file.unlink()
    with open_office(profile, SCRIPT) as office:  # begun anew
        office.desk.delete(office.ask("hello").turn.conversation)
    with open_office(profile, SCRIPT):
        pass
    assert holding(profile, b"secret words") == ["phial.db.backup-v1"]


def test_a_retried_turn_takes_the_place_of_the_first(office: Office) -> None:
    failed = office.ask("die").turn
    again = office.ask("hello", failed.conversation, failed.id)
    assert office.heard.starts[0].replaces == failed.id
    view = office.desk.conversation(failed.conversation)
    assert [turn.id for turn in view.turns] == [again.turn.id]


# Today


def test_today_and_tomorrow_are_shown_in_the_clocks_zone(office: Office, profile: Path) -> None:
    put(profile, "a.ics", berlin("call", "20261118T100000", "20261118T110000", "LOCATION:Room 1"))
    put(profile, "b.ics", berlin("dentist", "20261118T103000", "20261118T113000"))
    put(profile, "c.ics", berlin("party", "20261118T220000", "20261119T020000"))
    put(profile, "d.ics", ics("SUMMARY:holiday", "DTSTART;VALUE=DATE:20261119"))
    put(profile, "e.ics", berlin("later", "20261120T100000", "20261120T110000"))
    view = office.desk.today()
    assert view.problem == "" and view.now == office.now()
    today, tomorrow = view.days
    assert (today.label, tomorrow.label) == (
        "Today, Wednesday 18 November",
        "Tomorrow, Thursday 19 November",
    )
    assert [(each.title, each.times, each.overlaps) for each in today.events] == [
        ("call", "10:00–11:00", True),
        ("dentist", "10:30–11:30", True),
        ("party", "22:00–Thu 19 Nov 02:00", False),
    ]
    assert today.events[0].where == "Room 1"
    assert [(each.title, each.times, each.all_day) for each in tomorrow.events] == [
        ("party", "until 02:00", False),
        ("holiday", "all day", True),
    ]
    assert all(event.id.startswith("e") for day in view.days for event in day.events)


def test_after_two_empty_days_the_next_event_is_named(office: Office, profile: Path) -> None:
    assert office.desk.today().next == ""
    put(profile, "far.ics", berlin("trip", "20261203T100000", "20261203T110000"))
    assert office.desk.today().next == ""
    put(profile, "day.ics", ics("SUMMARY:holiday", "DTSTART;VALUE=DATE:20261202"))
    assert office.desk.today().next == "Next: Wed 2 Dec holiday"
    guest = "ATTENDEE;CN=Anna:mailto:anna@example.com"
    lunch = berlin("lu\u202ench", "20261120T120000", "20261120T130000", guest)
    put(profile, "lunch.ics", lunch)
    assert office.desk.today().next == "Next: Fri 20 Nov 12:00 lunch with Anna"
    put(profile, "soon.ics", berlin("call", "20261119T100000", "20261119T110000"))
    assert office.desk.today().next == ""


def test_a_file_that_cannot_be_read_is_told_beside_the_others(
    office: Office, profile: Path
) -> None:
    put(profile, "a.ics", berlin("call", "20261118T100000", "20261118T110000"))
    put(profile, "broken.ics", "no calendar")
    view = office.desk.today()
    assert len(view.days[0].events) == 1
    assert "broken.ics" in view.problem


# Settings


def test_settings_are_saved_and_hold_at_once(office: Office, profile: Path) -> None:
    view = office.desk.read_settings()
    assert "Europe/Berlin" in view.zones
    saved = office.desk.save_settings(
        replace(view.settings, scheme="dark", zone="America/New_York"), view.version
    )
    assert saved.settings.scheme == "dark" and saved.version != view.version
    assert 'scheme = "dark"' in (profile / "settings.toml").read_text()
    assert office.desk.settings.zone == "America/New_York"


def test_settings_that_somebody_else_changed_are_not_overwritten(
    office: Office, profile: Path
) -> None:
    view = office.desk.read_settings()
    (profile / "settings.toml").write_text('zone = "UTC"\n')
    with pytest.raises(KnownError) as caught:
        office.desk.save_settings(Settings(zone="Europe/Berlin"), view.version)
    assert caught.value.code == "stale"


def test_the_model_in_use_is_kept(office: Office, profile: Path) -> None:
    assert office.desk.keep_model("/models/a.gguf").settings.model == "/models/a.gguf"
    assert office.desk.keep_model("").settings.model == ""


# Around it


def test_a_stop_before_the_model_is_asked_ends_the_turn(profile: Path) -> None:
    def stopping(request: GenerateRequest) -> Iterator[EngineEvent]:
        yield TextDelta("a")
        office.asking.stop()
        yield TextDelta("b")
        yield Finished("end")

    with open_office(profile, stopping) as office:
        turn = office.ask("hello").turn
    assert (turn.state, turn.error) == (TurnState.FAILED, "Stopped. Nothing was changed.")


@pytest.mark.parametrize("by_engine", [True, False])
def test_what_the_user_stopped_is_told_from_what_went_wrong_after_a_restart_too(
    profile: Path, by_engine: bool
) -> None:
    def stopping(request: GenerateRequest) -> Iterator[EngineEvent]:
        yield TextDelta("a")
        if by_engine:
            yield Failed("stopped", "Interrupted.", "Ask again.")
        else:
            office.asking.stop()
            yield Finished("cancelled")

    with open_office(profile, stopping) as office:
        turn = office.ask("hello").turn
    assert turn.stopped
    with open_office(profile, SCRIPT) as office:
        failed = office.ask("die", turn.conversation).turn
        first, second = office.desk.conversation(turn.conversation).turns
    assert first.stopped and first.error == turn.error and first.answer == "a"
    assert failed.state is TurnState.FAILED
    assert not failed.stopped and not second.stopped


def test_neither_the_desk_nor_the_parts_load_qt() -> None:
    code = (
        "import sys, app.compose.windowed, app.ui.desk, app.ui.asking, app.ui.engine_watch;"
        "print([name for name in sys.modules if name.startswith('PySide6')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_parts_are_quick_to_import() -> None:
    slow = ("app.agent", "app.calendars", "app.engine", "app.tools", "icalendar", "numpy", "PIL")
    code = "import sys, app.compose.windowed; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(slow) & set(done.stdout.split())


def test_a_message_that_was_taken_out_of_the_outbox_is_not_put_back_without_its_card(
    office: Office, profile: Path
) -> None:
    settings = profile / "settings.toml"
    settings.write_text('zone = "Europe/Berlin"\naddresses = ["ada@example.org"]\n')
    office.desk.read_settings()
    office.asking.use(office.desk.settings)
    end = office.ask("send bob@example.org a mail that it is done")
    office.desk.choose(end.turn.id, 0)
    (turn,) = office.desk.turn(end.turn.id)
    assert turn.done is not None
    outbox = profile / "mail" / "local" / "Outbox"
    assert len(list(outbox.glob("*.eml"))) == 1
    undone = office.desk.undo(turn.done.undo_id)
    assert undone.notice is not None and list(outbox.glob("*.eml")) == []
    again = office.desk.undo(undone.notice.undo_change)
    assert again.trouble is not None and again.trouble.code == "sends_again"
    assert list(outbox.glob("*.eml")) == []
