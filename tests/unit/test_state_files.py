"""Files of states: found again whole, or not at all, and never more of them than allowed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from app.engine import state_files
from app.engine.state_files import CONVERSATIONS, PREFIXES, State, StateFiles, forget
from tests.support.commands import ROOT, environment
from tests.support.small_disk import small_disk

DATA = bytes(range(256)) * 2
TOKENS = [1, 2, 300_000, 0]
LIMIT = 2100  # bytes: two such states and their descriptions, not three


def writing(data: bytes) -> Callable[[Path], bool]:
    """What fills a state's file with `data`."""
    return lambda path: path.write_bytes(data) == len(data)


def keep(files: StateFiles, conversation: str = "", tokens: Sequence[int] = TOKENS) -> bool:
    """Keep DATA as the state of a conversation, or of a prefix."""
    return files.keep(tokens, len(DATA), writing(DATA), conversation)


def read(files: StateFiles, state: State | None) -> bytes | None:
    """The data of a state as llama.cpp would read it, None if it is absent."""
    found: list[bytes] = []
    if state is None:
        return None
    known = files.load(state, lambda path: not found.append(path.read_bytes()[: state.data_bytes]))
    return found[0] if known else None


def last_used(state: State | None, when: int) -> None:
    """Make a state one that was used last at `when`, long ago."""
    assert state is not None
    os.utime(state.path, (when, when))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "states"


@pytest.fixture
def files(folder: Path) -> StateFiles:
    return StateFiles(folder, "model")


def test_what_was_kept_is_found_again(folder: Path, files: StateFiles) -> None:
    assert files.conversation("17") is None
    assert keep(files, "17")
    assert keep(files, tokens=[5, 6])
    again = StateFiles(folder, "model")
    state = again.conversation("17")
    assert state is not None
    assert state.tokens == tuple(TOKENS)
    assert read(again, state) == DATA
    (prefix,) = again.prefixes()
    assert prefix.tokens == (5, 6)
    assert again.has_prefix([5, 6])
    assert not again.has_prefix([5, 7])


def test_a_newer_state_of_a_conversation_takes_the_place_of_the_older(files: StateFiles) -> None:
    assert keep(files, "17")
    assert files.keep([7], 3, writing(b"new"), "17")
    state = files.conversation("17")
    assert state is not None
    assert read(files, state) == b"new"


def test_files_tell_no_names_and_are_for_their_owner_only(folder: Path, files: StateFiles) -> None:
    assert keep(files, "Lunch with Anna")
    (path,) = folder.iterdir()
    assert "Anna" not in path.name
    assert b"Anna" not in path.read_bytes()
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_byte_changed_anywhere_makes_a_file_absent(folder: Path, files: StateFiles) -> None:
    assert keep(files, "17")
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        assert read(files, files.conversation("17")) is None, place
        assert not path.exists(), place


def test_a_file_cut_off_anywhere_is_absent(folder: Path, files: StateFiles) -> None:
    assert keep(files, "17")
    (path,) = folder.iterdir()
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert read(files, files.conversation("17")) is None, length
        assert not path.exists(), length


def test_what_llama_cpp_refuses_is_removed(folder: Path, files: StateFiles) -> None:
    assert keep(files, "17")
    state = files.conversation("17")
    assert state is not None
    assert not files.load(state, lambda path: False)
    assert list(folder.iterdir()) == []


def test_a_state_of_another_model_is_not_found(folder: Path, files: StateFiles) -> None:
    assert keep(files, "17")
    assert keep(files)
    other = StateFiles(folder, "another model")
    assert other.conversation("17") is None
    assert other.prefixes() == []
    assert files.conversation("17") is not None


def test_a_state_under_another_models_name_is_removed(folder: Path, files: StateFiles) -> None:
    assert keep(StateFiles(folder, "another model"), "17")
    (foreign,) = folder.iterdir()
    assert keep(files, "17")
    (ours,) = set(folder.iterdir()) - {foreign}
    foreign.replace(ours)
    assert files.conversation("17") is None
    assert not ours.exists()


def test_a_state_of_another_version_is_removed(
    folder: Path, files: StateFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keep(files, "17")
    monkeypatch.setattr(state_files, "_VERSION", 2)
    assert files.conversation("17") is None
    assert list(folder.iterdir()) == []


def test_the_last_few_conversations_of_a_model_stay(folder: Path, files: StateFiles) -> None:
    assert keep(StateFiles(folder, "another model"), "0")
    for number in range(CONVERSATIONS + 2):
        assert keep(files, str(number))
        last_used(files.conversation(str(number)), number)
    assert [name for name in "01234" if files.conversation(name)] == ["2", "3", "4"]
    assert StateFiles(folder, "another model").conversation("0") is not None


def test_a_conversation_in_use_outlasts_newer_ones(files: StateFiles) -> None:
    for number in range(CONVERSATIONS):
        assert keep(files, str(number))
        last_used(files.conversation(str(number)), number)
    oldest = files.conversation("0")
    assert oldest is not None
    oldest.use()
    assert keep(files, "3")
    assert [name for name in "0123" if files.conversation(name)] == ["0", "2", "3"]


def test_the_last_prefixes_of_a_model_stay(files: StateFiles) -> None:
    for number in range(PREFIXES + 1):
        assert keep(files, tokens=[number])
        last_used(files.prefixes()[0], number)
    assert [prefix.tokens for prefix in files.prefixes()] == [(2,), (1,)]


def test_older_states_leave_where_there_is_no_room(folder: Path) -> None:
    files = StateFiles(folder, "model", limit_bytes=LIMIT)
    assert keep(files, tokens=[1])
    assert keep(files, "a")
    last_used(files.prefixes()[0], 1)
    last_used(files.conversation("a"), 2)
    assert keep(files, "b")
    # The prefix is older, but every conversation begins with it.
    assert files.has_prefix([1])
    assert files.conversation("a") is None
    assert files.conversation("b") is not None
    assert sum(path.stat().st_size for path in folder.iterdir()) <= LIMIT


def test_what_does_not_fit_leaves_the_others_alone(folder: Path) -> None:
    files = StateFiles(folder, "model", limit_bytes=LIMIT)
    assert keep(files, tokens=[1])
    assert keep(files, "a")
    big = DATA * 4
    assert not files.keep([1], len(big), writing(big), "b")
    assert files.conversation("a") is not None
    assert files.has_prefix([1])


def test_a_conversation_is_forgotten_for_every_model(folder: Path, files: StateFiles) -> None:
    other = StateFiles(folder, "another model")
    for each in (files, other):
        assert keep(each, "17")
        assert keep(each, "18")
        assert keep(each)
    files.forget("17")
    for each in (files, other):
        assert each.conversation("17") is None
        assert each.conversation("18") is not None
        assert len(each.prefixes()) == 1
    forget(folder, "18")
    assert files.conversation("18") is None
    forget(folder / "nowhere", "18")


def test_a_conversation_forgotten_while_it_is_written_is_not_kept(
    folder: Path, files: StateFiles, capfd: pytest.CaptureFixture[str]
) -> None:
    def write(path: Path) -> bool:
        path.write_bytes(DATA)
        forget(folder, "18")
        assert path.exists()
        forget(folder, "17")
        return True

    assert not files.keep(TOKENS, len(DATA), write, "17")
    assert list(folder.iterdir()) == []
    assert "was not kept" in capfd.readouterr().err


def test_a_full_disk_keeps_nothing_and_says_so_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with small_disk(tmp_path / "disk", 256) as disk:
        files = StateFiles(disk.folder / "states", "model")
        assert keep(files, "17")

        def write(path: Path) -> bool:
            with disk.full():  # something else took the rest meanwhile
                return path.write_bytes(DATA * 100) > 0

        with disk.full():
            assert not keep(files, "18")
        assert not files.keep([1], 10, write, "18")
        assert files.conversation("17") is not None
        assert len(list((disk.folder / "states").iterdir())) == 1
    assert "was not kept" in capfd.readouterr().err


def test_a_folder_that_cannot_be_made_keeps_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    files = StateFiles(tmp_path / "file" / "states", "model")
    assert not keep(files, "17")
    assert files.conversation("17") is None
    assert files.prefixes() == []
    assert "was not kept" in capfd.readouterr().err


def test_a_writer_that_fails_leaves_the_older_state(folder: Path, files: StateFiles) -> None:
    assert keep(files, "17")
    assert not files.keep([9], 4, lambda path: False, "17")
    state = files.conversation("17")
    assert state is not None
    assert read(files, state) == DATA
    assert len(list(folder.iterdir())) == 1


def test_what_a_killed_process_left_unfinished_is_removed(folder: Path, files: StateFiles) -> None:
    assert keep(files, "17")
    code = (
        "import os, sys; from pathlib import Path; from app.engine.state_files import StateFiles\n"
        "def write(path):\n"
        "    path.write_bytes(b'half')\n"
        "    os.kill(os.getpid(), 9)\n"
        f"StateFiles(Path({str(folder)!r}), 'model').keep([1], 8, write, '17')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), check=False)
    assert done.returncode != 0
    assert len(list(folder.iterdir())) == 2
    again = StateFiles(folder, "model")
    assert len(list(folder.iterdir())) == 1
    assert read(again, again.conversation("17")) == DATA
