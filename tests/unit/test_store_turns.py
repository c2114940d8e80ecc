"""Turns leave the transcript when they are edited or retried, and are read many at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.messages import Message, ToolCall, Turn, TurnState
from app.core.proposals import Change, Option, Proposal, Question, Risk, Waiting, version_of
from app.store.conversations import Conversations
from app.store.database import open_database, transaction
from app.store.history import History, StoredTurn
from app.store.journal import Journal
from app.store.paths import ProfilePaths, prepare

NOW = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
USER = Message.of("user", "lunch with Anna")
CHANGE = Change("calendar:calendars/personal/a.ics", "add", "", None, "A", "Add 'lunch'")
PROPOSAL = Proposal("Add?", (Option("Add", "", (CHANGE,), "Added."),), Risk.CHANGE)
QUESTION = Question(
    "Which Anna?",
    "with",
    (("anna@a", "Anna A."), ("anna@b", "Anna B.")),
    (ToolCall("cal_create", {"title": "lunch", "with": ["Anna"]}), ToolCall("cal_find")),
    0,
)


@pytest.fixture
def connection(profile: Path) -> Iterator[sqlite3.Connection]:
    paths = ProfilePaths(profile)
    prepare(paths)
    with closing(open_database(paths)) as opened:
        yield opened


@pytest.fixture
def history(connection: sqlite3.Connection) -> History:
    return History(connection)


@pytest.fixture
def journal(connection: sqlite3.Connection) -> Journal:
    return Journal(connection)


def ended(history: History, conversation: int, state: TurnState = TurnState.DONE) -> int:
    turn = history.start_turn(conversation, USER, NOW)
    history.finish(turn, state)
    return turn


@pytest.mark.parametrize("waiting", [PROPOSAL, QUESTION], ids=["proposal", "question"])
def test_a_turn_waits_with_options_or_with_answers(history: History, waiting: Waiting) -> None:
    turn = history.start_turn(history.new_conversation("x"), USER, NOW)
    history.pause(turn, waiting)
    assert history.paused(turn) == waiting
    (stored,) = history.turns_of([turn])
    assert (stored.waiting, stored.turn.state) == (waiting, TurnState.PAUSED)


def test_a_retried_turn_gives_its_place_to_the_new_one(history: History) -> None:
    conversation = history.new_conversation("x")
    before = ended(history, conversation)
    failed = ended(history, conversation, TurnState.FAILED)
    again = history.start_turn(conversation, USER, NOW, replaces=failed)
    assert history.newest_turn_ids(conversation, 99)[0] == (before, again)
    assert history.newest_turn_ids(conversation, 5) == ((before, again), 0)
    assert len(history.turns_of(history.newest_turn_ids(conversation, 99)[0])) == 2
    assert history.replaced_for(again) == failed
    assert history.replaced_for(before) == 0
    assert history.turn(failed).state is TurnState.FAILED


def test_what_an_edited_turn_waited_with_is_dropped(history: History) -> None:
    conversation = history.new_conversation("x")
    paused = history.start_turn(conversation, USER, NOW)
    history.pause(paused, PROPOSAL)
    new = history.start_turn(conversation, USER, NOW, replaces=paused)
    assert history.paused(paused) is None
    assert history.turn(paused).state is TurnState.DONE
    assert history.newest_turn_ids(conversation, 99)[0] == (new,)


def test_a_turn_can_be_edited_again_and_again(history: History) -> None:
    conversation = history.new_conversation("x")
    replaced = latest = ended(history, conversation)
    for _ in range(3):
        replaced, latest = latest, history.start_turn(conversation, USER, NOW, replaces=latest)
        assert history.replaced_for(latest) == replaced
        history.finish(latest, TurnState.FAILED)
    assert history.newest_turn_ids(conversation, 99)[0] == (latest,)
    # Its place was given away before.
    late = history.start_turn(conversation, USER, NOW, replaces=replaced)
    assert history.newest_turn_ids(conversation, 99)[0] == (latest, late)
    assert (history.replaced_for(latest), history.replaced_for(late)) == (replaced, 0)


@pytest.mark.parametrize(
    ("settle", "leaves"), [("applied", False), ("pending", False), ("absent", True)]
)
def test_a_turn_that_changed_something_stays(
    history: History, journal: Journal, settle: str, leaves: bool
) -> None:
    conversation = history.new_conversation("x")
    turn = ended(history, conversation)
    ids = journal.begin(turn, "add", [CHANGE])
    if settle == "applied":
        journal.mark_applied(ids)
    elif settle == "absent":
        journal.mark_absent(ids)
    new = history.start_turn(conversation, USER, NOW, replaces=turn)
    assert history.newest_turn_ids(conversation, 99)[0] == ((new,) if leaves else (turn, new))
    assert history.replaced_for(new) == (turn if leaves else 0)


def test_a_turn_whose_changes_were_undone_may_leave(history: History, journal: Journal) -> None:
    conversation = history.new_conversation("x")
    turn = ended(history, conversation)
    journal.mark_applied(journal.begin(turn, "add", [CHANGE]))
    journal.mark_applied(journal.begin(None, "undo", [CHANGE.inverse("c1")]))
    new = history.start_turn(conversation, USER, NOW, replaces=turn)
    assert history.newest_turn_ids(conversation, 99)[0] == (new,)


def test_only_an_ended_turn_of_the_same_conversation_leaves(history: History) -> None:
    here, there = history.new_conversation("here"), history.new_conversation("there")
    elsewhere = ended(history, there)
    running = history.start_turn(here, USER, NOW)
    for replaces in (elsewhere, running, 999, 0, -1):
        assert history.replaced_for(history.start_turn(here, USER, NOW, replaces)) == 0
    assert history.newest_turn_ids(there, 99)[0] == (elsewhere,)
    assert running in history.newest_turn_ids(here, 99)[0]


def test_a_replacement_happens_with_the_new_words_or_not_at_all(
    connection: sqlite3.Connection, history: History
) -> None:
    conversation = history.new_conversation("x")
    turn = history.start_turn(conversation, USER, NOW)
    history.pause(turn, PROPOSAL)
    with pytest.raises(ZeroDivisionError), transaction(connection):
        history.start_turn(conversation, USER, NOW, replaces=turn)
        raise ZeroDivisionError
    assert history.newest_turn_ids(conversation, 99)[0] == (turn,)
    assert history.paused(turn) == PROPOSAL


def test_many_turns_are_read_at_once_in_the_order_asked_for(
    connection: sqlite3.Connection, history: History
) -> None:
    conversation = history.new_conversation("x")
    east = NOW.astimezone(timezone(timedelta(hours=5)))
    turns = [
        history.start_turn(conversation, Message.of("user", f"words {number}"), east)
        for number in range(50)
    ]
    reply = Message.of("assistant", "Done.")
    for turn in turns[1:]:
        history.add_reply(turn, reply)
        history.finish(turn, TurnState.DONE)
    history.finish(turns[0], TurnState.FAILED, "The disk is full.")
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    stored = history.turns_of(turns[::-1])
    connection.set_trace_callback(None)
    assert sum(sql.startswith("SELECT") for sql in statements) == 2
    assert [each.id for each in stored] == turns[::-1]
    words = Message.of("user", "words 0")
    assert stored[-1] == StoredTurn(
        id=turns[0],
        conversation=conversation,
        started_at=NOW,
        turn=Turn(words, (), TurnState.FAILED),
        error="The disk is full.",
    )
    assert stored[0].turn.replies == (reply,)
    assert stored[0].started_at.utcoffset() == timedelta(0)
    assert history.turns_of([]) == ()
    with pytest.raises(KeyError):
        history.turns_of([turns[0], 999])


def test_a_long_conversation_is_read_from_its_end(history: History) -> None:
    conversation = history.new_conversation("x")
    turns = [ended(history, conversation) for _ in range(7)]
    newest, earlier = history.newest_turn_ids(conversation, 3)
    assert (newest, earlier) == (tuple(turns[4:]), 4)
    older, earlier = history.newest_turn_ids(conversation, 3, before=newest[0])
    assert (older, earlier) == (tuple(turns[1:4]), 1)
    assert history.newest_turn_ids(conversation, 3, before=older[0]) == ((turns[0],), 0)
    assert history.newest_turn_ids(conversation, 3, before=turns[0]) == ((), 0)
    with pytest.raises(KeyError):
        history.newest_turn_ids(999, 3)


def test_what_waits_in_a_deleted_conversation_does_not_come_back(
    connection: sqlite3.Connection, history: History
) -> None:
    conversation = history.new_conversation("x")
    turn = history.start_turn(conversation, USER, NOW)
    history.pause(turn, PROPOSAL)
    conversations = Conversations(connection)
    conversations.delete(conversation, NOW)
    assert conversations.listed() == ()
    conversations.restore(conversation)
    assert [each.waiting for each in conversations.listed()] == [True]


def test_the_log_tells_what_each_turn_did(history: History, journal: Journal) -> None:
    conversation = history.new_conversation("x")
    one, two, idle = (ended(history, conversation) for _ in range(3))
    journal.mark_applied(journal.begin(one, "add", [CHANGE]))
    journal.mark_absent(journal.begin(two, "add", [CHANGE]))
    journal.mark_applied(journal.begin(two, "undo", [CHANGE.inverse("c1")]))
    found = journal.operations_of([one, two, idle])
    listed = {turn: [(each.id, each.state) for each in entries] for turn, entries in found.items()}
    assert listed == {
        one: [("c1", "undone")],
        two: [("c2", "absent"), ("c3", "applied")],
        idle: [],
    }
    assert found[one][0] == journal.entry("c1")
    assert journal.operations_of([]) == {}


def test_the_log_tells_what_would_do_it_again(journal: Journal) -> None:
    assert CHANGE.after is not None and version_of(CHANGE.before) == ""
    journal.mark_applied(journal.begin(None, "add", [CHANGE]))
    assert journal.undone_by("c1") == ""
    journal.begin(None, "undo", [CHANGE.inverse("c1")])
    assert journal.undone_by("c1") == ""
    journal.mark_applied(["c2"])
    assert journal.undone_by("c1") == "c2"
    journal.mark_applied(journal.begin(None, "redo", [journal.entry("c2").change.inverse("c2")]))
    assert (journal.undone_by("c1"), journal.undone_by("c2")) == ("", "c3")
    journal.mark_applied(journal.begin(None, "undo", [CHANGE.inverse("c1")]))
    assert journal.undone_by("c1") == "c4"


def test_the_log_tells_which_turn_made_a_change(history: History, journal: Journal) -> None:
    turn = ended(history, history.new_conversation("x"))
    journal.begin(turn, "add", [CHANGE])
    journal.begin(None, "add", [CHANGE])
    assert (journal.turn_of("c1"), journal.turn_of("c2")) == (turn, None)
    for ask in (journal.turn_of, journal.undone_by):
        with pytest.raises(KnownError, match="no change with that number"):
            ask("c3")
