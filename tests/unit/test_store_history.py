"""What was said is on disk at once; waiting proposals survive; the operation log settles."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.messages import (
    AudioRef,
    ImageRef,
    Message,
    Text,
    ToolCall,
    ToolResult,
    Turn,
    TurnState,
)
from app.core.proposals import Change, Option, Proposal, Risk, version_of
from app.store.database import open_database
from app.store.history import History
from app.store.journal import Journal
from app.store.paths import ProfilePaths, prepare

NOW = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
USER = Message.of("user", "lunch with Anna, \x00 ünd \udcff")


@pytest.fixture
def paths(profile: Path) -> ProfilePaths:
    made = ProfilePaths(profile)
    prepare(made)
    return made


@pytest.fixture
def connection(paths: ProfilePaths) -> Iterator[sqlite3.Connection]:
    with closing(open_database(paths)) as opened:
        yield opened


def change(name: str, before: str | None, after: str | None, undoes: str = "") -> Change:
    return Change(
        target=f"calendar:calendars/personal/{name}.ics",
        kind="add",
        expected_version=version_of(before),
        before=before,
        after=after,
        summary=f"Add '{name}'",
        undoes=undoes,
    )


def test_a_turn_is_on_disk_for_others_before_the_call_returns(
    paths: ProfilePaths, connection: sqlite3.Connection
) -> None:
    history = History(connection)
    turn_id = history.start_turn(history.new_conversation("odd \udcff title"), USER, NOW)
    with closing(open_database(paths)) as other:
        assert History(other).turn(turn_id) == Turn(USER)


def test_every_kind_of_part_comes_back_as_it_was(connection: sqlite3.Connection) -> None:
    history = History(connection)
    turn_id = history.start_turn(history.new_conversation("x"), USER, NOW)
    replies = (
        Message(
            "assistant",
            (
                Text("well"),
                ToolCall("cal_create", {"title": "lunch", "with": ["Anna"], "invite": False}),
                ImageRef("ab" * 32, "image/png"),
                AudioRef("cd" * 32, 2.5),
            ),
        ),
        Message("tool", (ToolResult("cal_create", True, '{"event": "e1"}'),)),
        Message("assistant", ()),
    )
    for reply in replies:
        history.add_reply(turn_id, reply)
    history.finish(turn_id, TurnState.DONE)
    assert history.turn(turn_id) == Turn(USER, replies, TurnState.DONE)


def test_conversations_keep_their_turns_in_order(connection: sqlite3.Connection) -> None:
    history = History(connection)
    one, two = history.new_conversation("one"), history.new_conversation("two")
    ids = [
        history.start_turn(where, Message.of("user", text), NOW)
        for where, text in ((one, "a"), (two, "b"), (one, "c"))
    ]
    kept = history.newest_turn_ids(one, 99)[0]
    assert kept == (ids[0], ids[2])
    assert [each.turn.user.text for each in history.turns_of(kept)] == ["a", "c"]
    assert history.newest_turn_ids(two, 99)[0] == (ids[1],)


def test_a_paused_turn_survives_a_restart_with_its_proposal(paths: ProfilePaths) -> None:
    option = Option("Fri 12:00", "it is free", (change("a", None, "BEGIN"),), "Done.")
    proposal = Proposal("When?", (option,), Risk.CHANGE)
    with closing(open_database(paths)) as first:
        history = History(first)
        turn_id = history.start_turn(history.new_conversation("x"), USER, NOW)
        history.pause(turn_id, proposal)
    with closing(open_database(paths)) as second:
        history = History(second)
        assert history.recover() == []
        assert history.paused(turn_id) == proposal
        assert history.turn(turn_id).state is TurnState.PAUSED
        history.finish(turn_id, TurnState.DONE)
        assert history.paused(turn_id) is None


def test_a_turn_whose_process_died_has_failed_with_a_sentence(paths: ProfilePaths) -> None:
    with closing(open_database(paths)) as first:
        history = History(first)
        conversation = history.new_conversation("x")
        lost = history.start_turn(conversation, USER, NOW)
        done = history.start_turn(conversation, USER, NOW)
        history.finish(done, TurnState.DONE)
        failed = history.start_turn(conversation, USER, NOW)
        history.finish(failed, TurnState.FAILED, "The disk is full.")
    with closing(open_database(paths)) as second:
        history = History(second)
        assert history.recover() == [lost]
        assert history.turn(lost).state is TurnState.FAILED
        assert [each.error for each in history.turns_of((lost, done, failed))] == [
            "Phial was ended before this request was finished.",
            "",
            "The disk is full.",
        ]
        assert history.recover() == []


def test_turns_that_do_not_exist_are_a_mistake_of_the_caller(
    connection: sqlite3.Connection,
) -> None:
    history = History(connection)
    for attempt in (
        lambda: history.turn(7),
        lambda: history.paused(7),
        lambda: history.turns_of((7,))[0].error,
        lambda: history.newest_turn_ids(7, 99)[0],
        lambda: history.add_reply(7, USER),
        lambda: history.finish(7, TurnState.DONE),
        lambda: history.start_turn(7, USER, NOW),
    ):
        with pytest.raises(KeyError):
            attempt()
    with pytest.raises(ValueError, match="aware"):
        history.start_turn(history.new_conversation("x"), USER, datetime(2026, 11, 18))
    with pytest.raises(ValueError, match="use pause"):
        history.finish(1, TurnState.PAUSED)


def test_an_operation_is_logged_before_and_settled_after(connection: sqlite3.Connection) -> None:
    journal = Journal(connection)
    changes = [change("a", None, "A"), change("b", "old", "new")]
    ids = journal.begin(None, "two things", changes)
    assert ids == ("c1", "c2")
    assert [entry.change for entry in journal.pending()] == changes
    assert journal.last_applied() == ()
    journal.mark_applied(ids)
    assert journal.pending() == ()
    assert [entry.id for entry in journal.last_applied()] == ["c1", "c2"]
    assert journal.operation_of("c2") == journal.last_applied()
    assert journal.entry("c1").at.tzinfo is UTC
    assert journal.begin(None, "next", changes[:1]) == ("c3",)


def test_undoing_marks_the_undone_and_uncovers_what_was_before(
    connection: sqlite3.Connection,
) -> None:
    journal = Journal(connection)
    first = journal.begin(None, "first", [change("a", None, "A")])
    second = journal.begin(None, "second", [change("b", None, "B"), change("c", None, "C")])
    journal.mark_applied(first)
    journal.mark_applied(second)
    inverse = [entry.change.inverse(entry.id) for entry in reversed(journal.last_applied())]
    undo = journal.begin(None, "undo", inverse)
    assert journal.entry("c2").state == "applied"
    journal.mark_applied(undo)
    assert [journal.entry(entry_id).state for entry_id in second] == ["undone", "undone"]
    assert [entry.id for entry in journal.last_applied()] == ["c1"]


def test_an_undo_that_is_undone_puts_things_back_in_force(connection: sqlite3.Connection) -> None:
    journal = Journal(connection)
    journal.mark_applied(journal.begin(None, "do", [change("a", None, "A")]))
    journal.mark_applied(journal.begin(None, "undo", [journal.entry("c1").change.inverse("c1")]))
    journal.mark_applied(journal.begin(None, "redo", [journal.entry("c2").change.inverse("c2")]))
    states = [journal.entry(entry_id).state for entry_id in ("c1", "c2", "c3")]
    assert states == ["applied", "undone", "applied"]
    assert [entry.id for entry in journal.last_applied()] == ["c1"]


def test_of_an_operation_undone_in_part_the_rest_can_be_undone(
    connection: sqlite3.Connection,
) -> None:
    journal = Journal(connection)
    journal.mark_applied(
        journal.begin(None, "both", [change("a", None, "A"), change("b", None, "B")])
    )
    journal.mark_applied(journal.begin(None, "one", [journal.entry("c1").change.inverse("c1")]))
    assert [entry.id for entry in journal.last_applied()] == ["c2"]


def test_an_operation_that_failed_is_nothing_to_undo(connection: sqlite3.Connection) -> None:
    journal = Journal(connection)
    ids = journal.begin(None, "failed", [change("a", None, "A")])
    journal.mark_absent(ids)
    assert journal.entry("c1").state == "absent"
    assert journal.last_applied() == ()


def test_after_a_crash_the_target_tells_what_happened(connection: sqlite3.Connection) -> None:
    journal = Journal(connection)
    journal.begin(
        None,
        "three",
        [change("did", None, "A"), change("didnot", "old", "new"), change("else", "old", "new")],
    )
    now = {"did": "A", "didnot": "old", "else": "by a phone"}
    settled = journal.recover(lambda target: version_of(now[Path(target).stem]))
    assert [entry.state for entry in settled] == ["applied", "absent", "unknown"]
    assert journal.recover(lambda target: "") == []


def test_an_undo_the_crash_hid_counts_after_it(connection: sqlite3.Connection) -> None:
    journal = Journal(connection)
    journal.mark_applied(journal.begin(None, "do", [change("a", None, "A")]))
    journal.begin(None, "undo", [journal.entry("c1").change.inverse("c1")])
    journal.recover(lambda target: "")
    assert journal.entry("c1").state == "undone"
    assert journal.last_applied() == ()


@pytest.mark.parametrize("wrong", ["", "c0", "c2", "c01", "1", "C1", "c1; drop", "c" + "9" * 40])
def test_a_change_number_nobody_gave_gets_a_sentence(
    connection: sqlite3.Connection, wrong: str
) -> None:
    journal = Journal(connection)
    journal.begin(None, "one", [change("a", None, "A")])
    with pytest.raises(KnownError) as caught:
        journal.entry(wrong)
    assert caught.value.code == "no_such_change"
