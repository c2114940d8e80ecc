"""The window comes back as it was left, with what was typed; a bad file is no error."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import KnownError
from app.store.paths import ProfilePaths, prepare
from app.store.window_state import Draft, WindowState, load_window_state, save_window_state
from tests.support.small_disk import small_disk

NOW = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
LEFT = WindowState("AdnQywADAAA=", "settings", 7, (260, 640, 280)).with_draft(7, "lunch w", NOW)


@pytest.fixture
def paths(profile: Path) -> ProfilePaths:
    made = ProfilePaths(profile)
    prepare(made)
    return made


def test_the_window_comes_back_as_it_was_left(paths: ProfilePaths) -> None:
    assert load_window_state(paths) == WindowState()
    save_window_state(paths, LEFT)
    assert load_window_state(paths) == LEFT
    assert stat.S_IMODE(paths.window.stat().st_mode) == 0o600
    assert [path.name for path in paths.root.glob("*.json")] == ["window.json"]


def test_what_was_typed_survives_whatever_it_is(paths: ProfilePaths) -> None:
    for text in ("grüße\n\t🎙", "\x00\x01", "\udcff half \ud83d", '{"a": 1}'):
        save_window_state(paths, LEFT.with_draft(0, text, NOW))
        assert load_window_state(paths).draft(0) == text


def test_each_conversation_has_one_draft_the_newest_first() -> None:
    later = NOW + timedelta(seconds=1)
    state = LEFT.with_draft(0, "hello", NOW).with_draft(7, "lunch with", later)
    assert state.drafts == (
        Draft(7, "lunch with", "2026-11-18T08:30:01.000+00:00"),
        Draft(0, "hello", "2026-11-18T08:30:00.000+00:00"),
    )
    assert (state.draft(7), state.draft(0), state.draft(1)) == ("lunch with", "hello", "")
    assert state.with_draft(7, "", later).drafts == state.drafts[1:]
    with pytest.raises(ValueError, match="aware"):
        state.with_draft(7, "x", datetime(2026, 11, 18))


def test_drafts_do_not_grow_without_end(paths: ProfilePaths) -> None:
    state = WindowState()
    for number in range(60):
        state = state.with_draft(number, "\x01" * 150_000, NOW + timedelta(seconds=number))
    assert [draft.conversation for draft in state.drafts] == list(range(59, 39, -1))
    save_window_state(paths, state)
    read = load_window_state(paths)
    assert read == state
    assert {len(draft.text) for draft in read.drafts} == {50_000}


def test_the_state_is_not_waited_for_but_files_of_the_users_are(
    paths: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    def synced(descriptor: int) -> None:
        raise AssertionError("a pause in typing waited for the disk")

    monkeypatch.setattr(os, "fsync", synced)
    save_window_state(paths, LEFT)
    assert load_window_state(paths) == LEFT


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"other": "program", "drafts": {"a": 1}}',
        b"[" * 200_000,
        b"9" * 10_000,
        b'{"conversation": 1e999, "splitter": [NaN], "view": null, "drafts": [null, [], 3]}',
    ],
    ids=[
        "empty",
        "cut",
        "null",
        "list",
        "number",
        "text",
        "bytes",
        "foreign",
        "deep",
        "long",
        "odd",
    ],
)
def test_a_file_that_makes_no_sense_is_as_none(paths: ProfilePaths, content: bytes) -> None:
    paths.window.write_bytes(content)
    assert load_window_state(paths) == WindowState()
    save_window_state(paths, LEFT)
    assert load_window_state(paths) == LEFT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("geometry", 5),
        ("geometry", "x" * 10_001),
        ("view", ""),
        ("view", "v" * 41),
        ("conversation", -1),
        ("conversation", True),
        ("conversation", "7"),
        ("conversation", 2**63),
        ("splitter", [1, -1]),
        ("splitter", [1, 2.5]),
        ("splitter", [10**9]),
        ("splitter", list(range(17))),
        ("splitter", {"0": 1}),
        ("drafts", [{"conversation": 1, "text": "x"}]),
        ("drafts", [{"conversation": -1, "text": "x", "saved_at": NOW.isoformat()}]),
        ("drafts", [{"conversation": 1, "text": 5, "saved_at": NOW.isoformat()}]),
        ("drafts", [{"conversation": 1, "text": "", "saved_at": NOW.isoformat()}]),
        ("drafts", [{"conversation": 1, "text": "x", "saved_at": "today"}]),
        ("drafts", [{"conversation": 1, "text": "x", "saved_at": "2026-11-18T08:30:00"}]),
        ("drafts", [{"conversation": 1, "text": "x", "saved_at": "0001-01-01T00:00:00+23:59"}]),
    ],
)
def test_a_part_that_makes_no_sense_leaves_the_others(
    paths: ProfilePaths, name: str, value: object
) -> None:
    save_window_state(paths, LEFT)
    table = json.loads(paths.window.read_text())
    paths.window.write_text(json.dumps(table | {name: value}))
    assert load_window_state(paths) == replace(LEFT, **{name: getattr(WindowState(), name)})


def test_of_two_drafts_of_a_conversation_the_newer_counts(paths: ProfilePaths) -> None:
    drafts = [
        {"conversation": 3, "text": text, "saved_at": saved_at}
        for text, saved_at in (
            ("new", "2026-11-18T09:00:00+00:00"),
            ("old", "2026-11-18T09:30:00+01:00"),
        )
    ]
    paths.window.write_text(json.dumps({"drafts": drafts}))
    assert load_window_state(paths).draft(3) == "new"


def test_a_file_no_window_would_write_is_not_even_read(paths: ProfilePaths) -> None:
    with paths.window.open("wb") as file:
        file.truncate(40 * 2**20)
    assert load_window_state(paths) == WindowState()
    paths.window.unlink()
    os.mkfifo(paths.window)
    assert load_window_state(paths) == WindowState()
    paths.window.unlink()
    paths.window.mkdir()
    assert load_window_state(paths) == WindowState()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
TABLES = st.dictionaries(
    st.sampled_from(["geometry", "view", "conversation", "splitter", "drafts"]),
    JSON
    | st.lists(st.fixed_dictionaries(dict.fromkeys(("conversation", "text", "saved_at"), JSON))),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=TABLES)
def test_what_was_read_can_be_saved_and_read_again(
    paths: ProfilePaths, table: dict[str, object]
) -> None:
    paths.window.write_text(json.dumps(table))
    state = load_window_state(paths)
    save_window_state(paths, state)
    assert load_window_state(paths) == state


def test_a_state_that_cannot_be_saved_gets_a_sentence(tmp_path: Path) -> None:
    nowhere = ProfilePaths(tmp_path / "not made yet")
    with pytest.raises(KnownError) as caught:
        save_window_state(nowhere, LEFT)
    assert caught.value.code == "not_found"
    assert load_window_state(nowhere) == WindowState()


def test_a_full_disk_keeps_the_state_that_was_saved_last(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kilobytes=512) as disk:
        paths = ProfilePaths(disk.folder)
        save_window_state(paths, LEFT)
        with disk.full(), pytest.raises(KnownError) as caught:
            save_window_state(paths, LEFT.with_draft(0, "x" * 50_000, NOW))
        assert caught.value.code == "disk_full"
        assert load_window_state(paths) == LEFT
