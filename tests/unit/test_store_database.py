"""phial.db: damage is noticed and never written over, formats move on, one process writes."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.messages import Message
from app.store import database
from app.store.conversations import Conversations
from app.store.database import open_database, transaction
from app.store.history import History
from app.store.lock import ProfileLock
from app.store.migrations import MIGRATIONS, migrate
from app.store.paths import ProfilePaths, prepare

NOW = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
PAGE = 4096


@pytest.fixture
def paths(profile: Path) -> ProfilePaths:
    made = ProfilePaths(profile)
    prepare(made)
    return made


@pytest.fixture
def filled(paths: ProfilePaths) -> ProfilePaths:
    """A profile with a history of forty turns."""
    with closing(open_database(paths)) as connection:
        history = History(connection)
        conversation = history.new_conversation("lunch")
        with transaction(connection):
            for number in range(40):
                turn = history.start_turn(
                    conversation, Message.of("user", f"word {number} " * 40), NOW
                )
                history.add_reply(turn, Message.of("assistant", "done " * 50))
    return paths


def refused(paths: ProfilePaths) -> KnownError:
    with pytest.raises(KnownError) as caught:
        open_database(paths).close()
    return caught.value


def read_all(paths: ProfilePaths) -> None:
    with closing(open_database(paths)) as connection:
        history = History(connection)
        history.turns_of(history.newest_turn_ids(1, 99)[0])
        Conversations(connection).search("word", 10)
        history.start_turn(1, Message.of("user", "word"), NOW)


def _garbage_header(data: bytearray) -> bytes:
    data[:100] = b"\xa5" * 100
    return bytes(data)


def _damaged_page(data: bytearray) -> bytes:
    data[5 * PAGE : 6 * PAGE] = bytes(byte ^ 0xFF for byte in data[5 * PAGE : 6 * PAGE])
    return bytes(data)


def _zeroed_page(data: bytearray) -> bytes:
    data[2 * PAGE : 3 * PAGE] = bytes(PAGE)
    return bytes(data)


def _other_column(data: bytearray) -> bytes:
    return bytes(data).replace(b"title TEXT NOT NULL", b"titel TEXT NOT NULL")


@pytest.mark.parametrize(
    "damage",
    [
        _garbage_header,
        _damaged_page,
        _zeroed_page,
        _other_column,
        lambda data: bytes(data[: len(data) // 2]),
        lambda data: bytes(data[:50]),
        lambda data: b"Dear diary,\nthis is no database at all.\n" * 300,
    ],
    ids=["header", "page", "zeroed", "schema", "half", "stub", "text"],
)
def test_a_damaged_database_is_refused_and_left_as_it_is(
    filled: ProfilePaths, damage: Callable[[bytearray], bytes]
) -> None:
    original = filled.database.read_bytes()
    broken = damage(bytearray(original))
    assert broken != original
    filled.database.write_bytes(broken)
    error = refused(filled)
    assert error.code == "database_damaged"
    assert "left as it is" in error.message and "phial.db-wal" in error.hint
    assert filled.database.read_bytes() == broken


def test_no_single_wrong_byte_ends_in_anything_but_a_sentence(filled: ProfilePaths) -> None:
    original = filled.database.read_bytes()
    dice = random.Random(7)
    noticed = 0
    for _ in range(100):
        broken = bytearray(original)
        place = dice.randrange(len(broken))
        broken[place] ^= dice.randrange(1, 256)
        filled.database.write_bytes(broken)
        try:
            read_all(filled)
        except KnownError as error:
            assert error.code in ("database_damaged", "database_newer"), place
            assert filled.database.read_bytes() == broken
            noticed += 1
    assert noticed > 10
    filled.database.write_bytes(original)
    read_all(filled)


def test_the_hint_names_the_newest_backup(filled: ProfilePaths) -> None:
    for number in (2, 10, 9):
        filled.database.with_name(f"phial.db.backup-v{number}").touch()
    filled.database.write_bytes(b"rubbish" * 1000)
    assert "phial.db.backup-v10 " in refused(filled).hint


def test_the_database_of_another_program_is_not_touched(paths: ProfilePaths) -> None:
    with closing(sqlite3.connect(paths.database)) as foreign:
        foreign.execute("PRAGMA journal_mode = WAL")
        foreign.execute("CREATE TABLE bookmark (url TEXT)")
        foreign.commit()
    before = paths.database.read_bytes()
    assert refused(paths).code == "database_damaged"
    assert paths.database.read_bytes() == before


def test_a_database_of_a_newer_phial_is_not_touched(filled: ProfilePaths) -> None:
    with closing(sqlite3.connect(filled.database)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()
    before = filled.database.read_bytes()
    error = refused(filled)
    assert error.code == "database_newer" and "99" in error.message
    assert filled.database.read_bytes() == before


def test_a_journal_without_its_database_is_kept(paths: ProfilePaths) -> None:
    journal = paths.database.with_name("phial.db-wal")
    journal.write_bytes(b"the last entries")
    paths.database.touch()
    assert refused(paths).code == "database_damaged"
    assert journal.read_bytes() == b"the last entries"


def test_damage_met_while_working_is_a_sentence_too(
    filled: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_CHECKED_BYTES", 0)
    data = bytearray(filled.database.read_bytes())
    # Keep the schema (page 1); every other page is rubbish.
    filled.database.write_bytes(bytes(data[:PAGE]) + b"\x5a" * (len(data) - PAGE))
    with pytest.raises(KnownError) as caught:
        read_all(filled)
    assert caught.value.code == "database_damaged"


def test_an_entry_that_cannot_be_understood_is_damage(filled: ProfilePaths) -> None:
    with closing(open_database(filled)) as connection:
        connection.execute('UPDATE message SET parts = \'[{"type": "spell"}]\' WHERE id = 3')
    with pytest.raises(KnownError) as caught:
        read_all(filled)
    assert caught.value.code == "database_damaged"


def test_a_folder_in_the_place_of_the_database_gets_a_sentence(paths: ProfilePaths) -> None:
    paths.database.mkdir()
    assert refused(paths).code == "is_a_folder"


def test_wrong_sql_stays_a_bug(filled: ProfilePaths) -> None:
    with (
        closing(open_database(filled)) as connection,
        pytest.raises(sqlite3.OperationalError),
        transaction(connection),
    ):
        connection.execute("SELECT nonsense FROM nowhere")


def test_everything_in_a_transaction_happens_or_nothing(filled: ProfilePaths) -> None:
    with closing(open_database(filled)) as connection:
        history = History(connection)
        with pytest.raises(ZeroDivisionError), transaction(connection):
            history.new_conversation("never")
            raise ZeroDivisionError
        assert connection.execute("SELECT count(*) FROM conversation").fetchone() == (1,)
        with transaction(connection):
            history.new_conversation("a")
            history.new_conversation("b")
        assert connection.execute("SELECT count(*) FROM conversation").fetchone() == (3,)


def test_commits_are_made_to_last(filled: ProfilePaths) -> None:
    with closing(open_database(filled)) as connection:
        full = 2
        assert connection.execute("PRAGMA synchronous").fetchone() == (full,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE message_search_config SET v = 77 WHERE k = 'version'",
        "DELETE FROM message_search_config",
        "DELETE FROM message_search_data WHERE id = 10",
        "DROP TABLE message_search_content",
    ],
)
def test_a_damaged_word_index_is_refused_like_any_damage(filled: ProfilePaths, damage: str) -> None:
    with closing(sqlite3.connect(filled.database)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(damage)
        connection.commit()
    before = filled.database.read_bytes()
    error = refused(filled)
    assert error.code == "database_damaged"
    assert filled.database.read_bytes() == before


def test_deleting_leaves_no_words_in_the_file(filled: ProfilePaths) -> None:
    with closing(open_database(filled)) as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


NEXT = (*MIGRATIONS, ("ALTER TABLE conversation ADD COLUMN colour TEXT",))


def test_a_migration_keeps_a_copy_of_what_was_there(filled: ProfilePaths) -> None:
    with closing(open_database(filled)) as connection:
        History(connection).new_conversation("only in the journal file so far")
        migrate(connection, filled.database, NEXT)
        assert connection.execute("SELECT count(colour) FROM conversation").fetchone() == (0,)
    backup = filled.database.with_name(f"phial.db.backup-v{len(MIGRATIONS)}")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    filled.database.unlink()
    backup.rename(filled.database)
    with closing(open_database(filled)) as connection:
        assert connection.execute("SELECT count(*) FROM conversation").fetchone() == (2,)


def test_a_migration_that_fails_changes_nothing(filled: ProfilePaths) -> None:
    broken = (*NEXT, ("ALTER TABLE nowhere ADD COLUMN x TEXT",))
    with closing(open_database(filled)) as connection:
        with pytest.raises(sqlite3.OperationalError):
            migrate(connection, filled.database, broken)
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    read_all(filled)


def test_a_new_database_needs_no_backup(paths: ProfilePaths) -> None:
    open_database(paths).close()
    assert not list(paths.root.glob("*.backup*"))


HOLD = """
import sys
from pathlib import Path
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths
with ProfileLock(ProfilePaths(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_writes_and_a_killed_one_leaves_no_lock(paths: ProfilePaths) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(paths.root)],
        cwd=Path(database.__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(KnownError) as caught, ProfileLock(paths):
            pass
        assert caught.value.code == "profile_in_use"
        assert f"(process {holder.pid})" in caught.value.message
        holder.send_signal(signal.SIGKILL)
    with ProfileLock(paths):
        assert paths.lock.read_text() == f"{os.getpid()}\n"


def test_a_released_lock_can_be_taken_again(paths: ProfilePaths) -> None:
    lock = ProfileLock(paths)
    with lock, pytest.raises(KnownError), ProfileLock(paths):
        pass
    with lock:
        assert stat.S_IMODE(paths.lock.stat().st_mode) == 0o600


def test_taking_the_lock_sweeps_what_a_crash_left(paths: ProfilePaths) -> None:
    calendar = paths.calendars / "personal"
    calendar.mkdir()
    leftovers = [folder / ".phial-00ff.tmp" for folder in (paths.root, calendar, paths.contacts)]
    for leftover in leftovers:
        leftover.touch()
    with ProfileLock(paths):
        assert not any(leftover.exists() for leftover in leftovers)
