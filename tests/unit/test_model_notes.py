"""What is remembered of models: known by their content, forgotten when unreadable."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.engine.gguf_file import check_gguf
from app.engine.model_notes import FILE, ModelNote, ModelNotes, fingerprint
from app.engine.native.model import NativeModel
from app.engine.native.tuning import candidates
from tests.support.synthetic_gguf import SLOW, Shape, write

NOTE = ModelNote("Phi", "2 cores", 2, 256, True, False, False, 4096, True)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model large enough to be tuned for."""
    shape = replace(SLOW, layers=4)
    return write(tmp_path_factory.mktemp("models") / "large.gguf", shape)


def known(path: Path) -> str:
    return fingerprint(path, check_gguf(path).header_bytes)


def test_a_copy_is_known_and_another_model_is_another(tmp_path: Path) -> None:
    one = write(tmp_path / "one.gguf", Shape())
    copy = tmp_path / "copy with another name.gguf"
    copy.write_bytes(one.read_bytes())
    assert known(one) == known(copy)
    assert known(one) != known(write(tmp_path / "two.gguf", Shape(), seed=1))
    assert known(one) != known(write(tmp_path / "three.gguf", Shape(name="Other")))


@pytest.mark.parametrize(
    ("place", "seen"),
    [
        (0, True),
        ((1 << 17) - 1, True),  # the header's last byte
        (1 << 17, True),  # the first block
        ((1 << 17) + (1 << 16) + 100, False),
        ((1 << 26) - 1, True),
    ],
)
def test_a_large_file_is_known_by_its_header_its_blocks_and_its_end(
    tmp_path: Path, place: int, seen: bool
) -> None:
    path = tmp_path / "large.gguf"
    with path.open("wb") as file:
        file.truncate(1 << 26)
    before = fingerprint(path, 1 << 17)
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"\x01")
    assert (fingerprint(path, 1 << 17) != before) == seen


def test_a_file_that_vanished_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KnownError):
        fingerprint(tmp_path / "none.gguf", 100)


def test_notes_are_kept_and_the_oldest_leave(tmp_path: Path) -> None:
    notes = ModelNotes(tmp_path)
    assert notes.of("a") is None
    notes.keep("a", NOTE)
    assert ModelNotes(tmp_path).of("a") == NOTE
    for number in range(49):
        notes.keep(str(number), NOTE)
    notes.keep("a", replace(NOTE, threads=1))  # used again
    notes.keep("last", NOTE)
    assert notes.of("0") is None
    assert notes.of("a") == replace(NOTE, threads=1)
    assert len(json.loads((tmp_path / FILE).read_text())["models"]) == 50


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"models": []}',
        b'{"models": {"a": 3}}',
        b'{"models": {"a": {"name": "x"}}}',
        b"[" * 100_000,
        json.dumps({"models": {"a": {**asdict(NOTE), "threads": "2"}}}).encode(),
        json.dumps({"models": {"a": {**asdict(NOTE), "threads": -2}}}).encode(),
        json.dumps({"models": {"a": {**asdict(NOTE), "reasoning": 1}}}).encode(),
        b" " * (1 << 21),
    ],
)
def test_a_damaged_file_is_forgotten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    notes = ModelNotes(tmp_path)
    assert notes.of("a") is None
    notes.keep("b", NOTE)
    assert notes.of("b") == NOTE


def test_one_foreign_note_takes_no_other_with_it(tmp_path: Path) -> None:
    said = {"a": asdict(NOTE), "b": {"threads": 4}}
    (tmp_path / FILE).write_text(json.dumps({"models": said}))
    assert ModelNotes(tmp_path).of("a") == NOTE


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    for notes in (ModelNotes(None), ModelNotes(tmp_path / "gone")):
        notes.keep("a", NOTE)
        assert notes.of("a") is None


def test_few_cores_are_all_tried_and_many_are_not() -> None:
    assert candidates(2, 2) == [2, 1]
    assert candidates(2, 4) == [2, 4, 1, 3]
    assert candidates(8, 16) == [8, 16, 7]
    assert candidates(1, 1) == [1]


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is said to have nothing else to do."""
    monkeypatch.setattr("app.engine.native.model.busy", lambda: False)


@pytest.mark.usefixtures("at_rest")
def test_threads_are_tuned_once(large: Path, tmp_path: Path) -> None:
    first = NativeModel(large, context=512, cache=tmp_path)
    first.close()
    note = ModelNotes(tmp_path).of(first.fingerprint)
    assert note is not None
    assert 1 <= note.threads <= (os.cpu_count() or 1)
    assert first.threads == note.threads
    assert note.batch >= first.batch >= 64
    changed = replace(note, threads=1, batch=64)
    ModelNotes(tmp_path).keep(first.fingerprint, changed)
    again = NativeModel(large, context=512, cache=tmp_path)
    again.close()
    assert (again.threads, again.batch) == (1, 64)
    chosen = NativeModel(large, context=512, cache=tmp_path, threads=2)
    chosen.close()
    assert chosen.threads == 2


@pytest.mark.usefixtures("at_rest")
def test_another_machine_is_tuned_for_anew(large: Path, tmp_path: Path) -> None:
    model = known(large)
    ModelNotes(tmp_path).keep(model, replace(NOTE, machine="a borrowed one", threads=77))
    NativeModel(large, context=512, cache=tmp_path).close()
    note = ModelNotes(tmp_path).of(model)
    assert note is not None
    assert note.threads != 77


def test_what_a_busy_machine_shows_is_not_kept(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.native.model.busy", lambda: True)
    model = NativeModel(large, context=512, cache=tmp_path)
    model.close()
    note = ModelNotes(tmp_path).of(model.fingerprint)
    assert note is not None
    assert (note.threads, note.trained_context) == (0, SLOW.context)


def test_nothing_is_kept_of_a_small_model(tmp_path: Path) -> None:
    path = write(tmp_path / "m.gguf", Shape())
    cache = tmp_path / "cache"
    cache.mkdir()
    NativeModel(path, context=512, cache=cache).close()
    assert list(cache.iterdir()) == []
