"""A database of an older format is brought up to date with everything that is in it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.messages import Message, Text, ToolCall, ToolResult
from app.core.proposals import Proposal, Risk
from app.store.conversations import Conversations
from app.store.database import open_database
from app.store.history import History
from app.store.journal import Journal
from app.store.migrations import MIGRATIONS, migrate
from app.store.paths import ProfilePaths, prepare


@pytest.fixture
def first_format(profile: Path) -> ProfilePaths:
    """A profile as the first format of the database left it."""
    paths = ProfilePaths(profile)
    prepare(paths)
    with closing(sqlite3.connect(paths.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, paths.database, MIGRATIONS[:1])
        for title in ("lunch", "nothing said"):
            connection.execute("INSERT INTO conversation (title) VALUES (?)", (title,))
        proposal = {"title": "Add?", "tool_risk": "CHANGE", "options": []}
        for started_at, state, waiting in (
            ("2026-11-18T08:30:00.000+00:00", "done", None),
            ("2026-11-19T08:30:00.000+00:00", "paused", json.dumps(proposal)),
        ):
            connection.execute(
                "INSERT INTO turn (conversation_id, started_at, state, proposal)"
                " VALUES (1, ?, ?, ?)",
                (started_at, state, waiting),
            )
        call = ToolCall("cal_create", {"title": "zebra", "hours": float("nan")})
        for turn, message in (
            (1, Message("user", (Text("Lunch with "), Text("Zoë \udcff")))),
            (1, Message("assistant", (call, Text("unsearchable")))),
            (1, Message("tool", (ToolResult("cal_create", True, "zebra"),))),
            (1, Message("assistant", ())),
            (1, Message.of("assistant", "Done.")),
            (2, Message.of("user", "odd \x00 words")),
        ):
            connection.execute(
                "INSERT INTO message (turn_id, role, parts) VALUES (?, ?, ?)",
                (turn, message.role, json.dumps(message.to_json()["parts"])),
            )
        connection.execute("INSERT INTO operation (turn_id, title) VALUES (1, 'add')")
        content = json.dumps(
            {
                "target": "calendar:calendars/personal/a.ics",
                "kind": "create event",
                "expected_version": "",
                "before": None,
                "after": "A",
                "summary": "Add 'lunch'",
                "risk": "CHANGE",
                "undoes": "",
            }
        )
        connection.execute(
            "INSERT INTO change (operation_id, content, state, at) VALUES (1, ?, 'applied', ?)",
            (content, "2026-11-18T08:30:00.000+00:00"),
        )
    return paths


def test_a_database_of_the_first_format_keeps_what_is_in_it(first_format: ProfilePaths) -> None:
    with closing(open_database(first_format)) as connection:
        history, conversations = History(connection), Conversations(connection)
        lunch, empty = conversations.listed()
        assert (lunch.title, lunch.updated_at.isoformat()) == (
            "lunch",
            "2026-11-19T08:30:00+00:00",
        )
        assert (lunch.pinned, lunch.waiting) == (False, True)
        assert (empty.title, empty.updated_at.year) == ("nothing said", 1970)
        assert history.newest_turn_ids(1, 99)[0] == (1, 2)
        assert history.turn(1).user.text == "Lunch with Zoë \udcff"
        assert history.paused(2) == Proposal("Add?", (), Risk.CHANGE)
        (entry,) = Journal(connection).operations_of([1])[1]
        assert (entry.id, entry.change.summary, entry.change.becomes) == ("c1", "Add 'lunch'", ())
    backup = first_format.database.with_name("phial.db.backup-v1")
    with closing(sqlite3.connect(backup)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    open_database(first_format).close()


def test_what_was_said_before_there_was_a_search_is_found(first_format: ProfilePaths) -> None:
    with closing(open_database(first_format)) as connection:
        conversations = Conversations(connection)
        (hit,) = conversations.search("lunch zoe", 10)
        assert (hit.conversation, hit.turn) == (1, 1)
        assert hit.snippet.startswith("Lunch with Zoë")
        assert conversations.find_turns(1, "done") == (1,)
        assert conversations.find_turns(1, "odd") == (2,)
        for unsaid in ("zebra", "cal_create", "text"):
            assert conversations.search(unsaid, 10) == ()


def test_an_old_entry_that_makes_no_sense_does_not_stop_the_migration(
    first_format: ProfilePaths,
) -> None:
    with closing(sqlite3.connect(first_format.database)) as connection:
        connection.execute("UPDATE message SET parts = 'rubbish' WHERE id = 6")
        connection.commit()
    with closing(open_database(first_format)) as connection:
        assert History(connection).turn(1).user.text == "Lunch with Zoë \udcff"
        with pytest.raises(KnownError) as caught:
            History(connection).turn(2)
    assert caught.value.code == "database_damaged"
