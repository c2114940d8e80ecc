"""Files are whole or absent, private, and every refusal of the disk has its sentence."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.messages import Message
from app.core.proposals import version_of
from app.store import atomic
from app.store.atomic import (
    file_version,
    is_temporary,
    read_versioned,
    remove_atomic,
    sweep_temporaries,
    write_atomic,
)
from app.store.database import open_database
from app.store.history import History
from app.store.paths import ProfilePaths, prepare, profile_paths
from app.store.safe_names import is_safe_name, safe_file_name
from tests.support.small_disk import SmallDisk, small_disk

NOBODY = 65534


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk", kilobytes=512) as made:
        yield made


@pytest.fixture
def common_ground() -> Iterator[Path]:
    """A folder every user may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="phial-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def ordinary_user() -> Iterator[None]:
    """No superuser inside: rights on files count as they do for everybody."""
    if os.geteuid() != 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def code_of(action: Callable[[], object]) -> str:
    """The code of the KnownError that `action` raises; its sentence must name a way out."""
    with pytest.raises(KnownError) as caught:
        action()
    assert caught.value.message.endswith(".") and caught.value.hint.endswith(".")
    assert "!" not in caught.value.sentence()
    return caught.value.code


def test_a_written_file_is_private_and_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    write_atomic(path, b"one", expected_version="")
    assert read_versioned(path) == (b"one", version_of(b"one"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_atomic(path, b"two", expected_version=version_of(b"one"))
    assert path.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.glob("*.ics")] == ["a.ics"]
    assert not any(is_temporary(entry.name) for entry in tmp_path.iterdir())


@pytest.mark.parametrize("durable", [True, False])
def test_a_file_is_synced_with_its_folder_where_it_must_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, durable: bool
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    write_atomic(tmp_path / "a.ics", b"one", expected_version="", durable=durable)
    assert len(synced) == (2 if durable else 0)
    assert (tmp_path / "a.ics").read_bytes() == b"one"


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o660])
def test_rewriting_a_file_keeps_who_may_read_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(b"one")
    path.chmod(mode)
    write_atomic(path, b"two", expected_version=version_of(b"one"))
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"two", mode)


def test_a_missing_file_has_the_empty_version_and_an_empty_file_has_another(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    assert read_versioned(path) == (b"", "")
    path.touch()
    assert file_version(path) == version_of(b"") != ""


@pytest.mark.parametrize("expected", ["", version_of(b"shown")])
def test_a_file_changed_since_it_was_shown_is_left_alone(tmp_path: Path, expected: str) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(b"changed by a phone")
    assert code_of(lambda: write_atomic(path, b"mine", expected_version=expected)) == "stale"
    assert code_of(lambda: remove_atomic(path, expected_version=expected)) == "stale"
    assert path.read_bytes() == b"changed by a phone"
    assert not any(is_temporary(entry.name) for entry in tmp_path.iterdir())


def test_a_change_while_the_new_content_is_written_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(b"shown")
    sync = os.fsync

    def sync_while_somebody_writes(descriptor: int) -> None:
        sync(descriptor)
        path.write_bytes(b"theirs")

    monkeypatch.setattr(os, "fsync", sync_while_somebody_writes)
    version = version_of(b"shown")
    assert code_of(lambda: write_atomic(path, b"mine", expected_version=version)) == "stale"
    assert path.read_bytes() == b"theirs"


def test_a_file_removed_since_it_was_shown_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    version = version_of(b"shown")
    assert code_of(lambda: write_atomic(path, b"mine", expected_version=version)) == "stale"
    assert code_of(lambda: remove_atomic(path, expected_version=version)) == "stale"
    remove_atomic(path, expected_version="")
    assert not path.exists()


def test_removing_takes_the_file_away(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(b"x")
    remove_atomic(path, expected_version=version_of(b"x"))
    assert not path.exists()


def test_a_full_disk_keeps_the_old_content(disk: SmallDisk) -> None:
    path = disk.folder / "a.ics"
    write_atomic(path, b"old", expected_version="")
    with disk.full():
        code = code_of(lambda: write_atomic(path, b"n" * 20_000, expected_version=None))
    assert code == "disk_full"
    assert path.read_bytes() == b"old"
    assert not any(is_temporary(entry.name) for entry in disk.folder.iterdir())


def test_a_full_disk_while_history_is_written_loses_nothing_said_before(
    disk: SmallDisk,
) -> None:
    from datetime import UTC, datetime

    paths = ProfilePaths(disk.folder / "profile")
    prepare(paths)
    connection = open_database(paths)
    history = History(connection)
    conversation = history.new_conversation("lunch")
    now = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
    history.start_turn(conversation, Message.of("user", "kept"), now)
    long = Message.of("user", "x" * 50_000)
    with disk.full():
        code = code_of(lambda: history.start_turn(conversation, long, now))
    assert code in disk.database_codes
    history.start_turn(conversation, Message.of("user", "again"), now)
    connection.close()
    connection = open_database(paths)
    history = History(connection)
    kept = history.turns_of(history.newest_turn_ids(conversation, 99)[0])
    connection.close()
    assert [each.turn.user.text for each in kept] == ["kept", "again"]


def test_a_new_profile_on_a_full_disk_gets_a_sentence(disk: SmallDisk) -> None:
    paths = ProfilePaths(disk.folder / "profile")
    prepare(paths)
    with disk.full():
        assert code_of(lambda: open_database(paths)) in disk.database_codes
    open_database(paths).close()


def test_what_a_crash_left_half_written_is_swept_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".phial-0011223344556677.tmp").write_bytes(b"half")
    (tmp_path / "a.ics").write_bytes(b"whole")
    (tmp_path / "notes.tmp").write_bytes(b"somebody's")
    assert sweep_temporaries(tmp_path) == 1
    assert sorted(entry.name for entry in tmp_path.glob("*.*")) == ["a.ics", "notes.tmp"]
    assert sweep_temporaries(tmp_path / "missing") == 0


def test_a_prepared_profile_is_private_even_where_it_was_open_before(profile: Path) -> None:
    profile.mkdir(mode=0o755)
    (profile / "calendars").mkdir()
    (profile / "window.json").touch()
    paths = profile_paths()
    prepare(paths)
    prepare(paths)
    assert stat.S_IMODE(profile.stat().st_mode) == 0o700
    for folder in (paths.mail, paths.contacts, paths.cache):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    open_database(paths).close()
    assert stat.S_IMODE(paths.database.stat().st_mode) == 0o600


def test_a_folder_with_other_things_in_it_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    (shared / "thesis.txt").touch()
    prepare(ProfilePaths(shared))
    assert stat.S_IMODE(shared.stat().st_mode) == 0o755
    assert stat.S_IMODE((shared / "mail").stat().st_mode) == 0o700


def test_the_profile_is_where_it_was_asked_for(
    tmp_path: Path, profile: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = profile_paths(tmp_path / "mine")
    assert (moved.root, moved.cache) == (tmp_path / "mine", tmp_path / "mine" / "cache")
    assert profile_paths(None).root == profile
    monkeypatch.chdir(tmp_path)
    assert profile_paths(Path("here")).root == tmp_path / "here"
    monkeypatch.delenv("PHIAL_PROFILE")
    usual = profile_paths(None)
    assert usual.root.parent.name == "phial" and usual.root.name == "profile"
    assert usual.root not in usual.cache.parents


def test_a_file_in_the_place_of_the_profile_is_named(tmp_path: Path) -> None:
    place = tmp_path / "profile-file"
    place.write_text("a letter")
    assert code_of(lambda: prepare(ProfilePaths(place))) == "not_a_folder"
    assert code_of(lambda: prepare(ProfilePaths(place / "below"))) == "not_a_folder"
    assert place.read_text() == "a letter"


@pytest.mark.parametrize("mode", [0o000, 0o500, 0o300])
def test_a_profile_the_user_may_not_use_is_named(common_ground: Path, mode: int) -> None:
    paths = ProfilePaths(common_ground / "profile")
    prepare(paths)
    if os.geteuid() == 0:
        os.chown(paths.root, NOBODY, NOBODY)
    paths.root.chmod(mode)
    with ordinary_user():
        code = code_of(lambda: prepare(paths))
        assert code == "no_permission"
        if mode == 0o000:
            assert code_of(lambda: prepare(ProfilePaths(paths.root / "below"))) == "no_permission"
    paths.root.chmod(0o700)


def test_files_of_another_user_are_neither_read_nor_replaced(common_ground: Path) -> None:
    secret = common_ground / "secret.ics"
    secret.write_bytes(b"x")
    secret.chmod(0)
    common_ground.chmod(0o555)
    with ordinary_user():
        assert code_of(lambda: read_versioned(secret)) == "no_permission"
        assert code_of(lambda: write_atomic(secret, b"y", expected_version=None)) == "no_permission"
        assert code_of(lambda: remove_atomic(secret, expected_version=None)) == "no_permission"
    common_ground.chmod(0o755)
    secret.chmod(0o600)
    assert secret.read_bytes() == b"x"


def test_wrong_places_get_their_own_sentences(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    def write(path: Path) -> str:
        return code_of(lambda: write_atomic(path, b"x", expected_version=None))

    assert write(tmp_path / "missing" / "a") == "not_found"
    assert write(file / "a") == "not_a_folder"
    assert code_of(lambda: read_versioned(tmp_path)) == "is_a_folder"
    assert write(tmp_path / ("x" * 300)) == "bad_name"


@pytest.mark.parametrize(
    "plain", ["4f1c@example.org", "ABC-def_1.2", "x" * 80, "20261118T0930Z@host"]
)
def test_a_plain_name_from_outside_is_kept(plain: str) -> None:
    assert safe_file_name(plain, ".ics") == f"{plain}.ics"


@pytest.mark.parametrize(
    "hostile",
    [
        *("", ".", "..", "../../etc/passwd", ".hidden", "-rf", "a/b", "a\\b", "a\nb", "a\x00b"),
        *("a b", "x" * 81, "näme", "con", "NUL.x", "COM1", "lpt9", "dot.", "\udcff", "a:b"),
        *("plain\n", "0" * 64, "A" * 64),
    ],
)
def test_any_other_name_becomes_its_hash(hostile: str) -> None:
    name = safe_file_name(hostile, ".ics")
    assert len(name) == 68 and name.endswith(".ics") and is_safe_name(name)
    assert name != f"{hostile}.ics"


def test_names_that_differ_only_in_case_get_different_files() -> None:
    assert safe_file_name("ABC", ".ics", taken=["abc.ics"]) != "ABC.ics"
    assert safe_file_name("ABC", ".ics", taken=["abcd.ics"]) == "ABC.ics"


def test_importing_the_store_stays_cheap() -> None:
    modules = "changes, conversations, history, ids, lock, safe_names, settings, window_state"
    heavy = "{'tomlkit', 'platformdirs', 'tempfile', 'asyncio', 'multiprocessing', 'logging'}"
    script = (
        f"from app.store import {modules}\nimport sys\nprint(sorted({heavy} & set(sys.modules)))"
    )
    root = Path(atomic.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
