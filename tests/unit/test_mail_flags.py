"""flags.jsonl: what a line says, what is torn, what is kept when the file is written anew."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import KnownError
from app.mail.flags import FlagsFile, MessageState, compact, state_of, tidy

ONE, TWO = "one.eml", "two.eml"


def written(folder: Path) -> bytes:
    return (folder / "flags.jsonl").read_bytes()


def write(folder: Path, *lines: str, end: str = "\n") -> None:
    (folder / "flags.jsonl").write_bytes(("\n".join(lines) + end).encode())


def line(name: str, flags: list[str], labels: list[str] | None = None, **more: object) -> str:
    said = {"name": name, "flags": flags, "labels": labels or [], **more}
    return json.dumps(said, ensure_ascii=False)


def test_no_file_says_nothing(tmp_path: Path) -> None:
    assert FlagsFile(tmp_path).states() == {}


def test_the_last_line_of_a_name_holds(tmp_path: Path) -> None:
    write(tmp_path, line(ONE, ["seen"]), line(TWO, ["flagged"]), line(ONE, [], ["Reise"]))
    assert FlagsFile(tmp_path).states() == {
        ONE: state_of([], ["Reise"]),
        TWO: state_of(["flagged"]),
    }


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        "{",
        "nonsense",
        "[1]",
        '{"flags": ["seen"]}',
        '{"name": 7}',
        '{"name": "../one.eml", "flags": []}',
        '{"name": "one.txt"}',
        "[" * 100_000,
    ],
)
def test_a_line_that_makes_no_sense_is_passed_over(tmp_path: Path, foreign: str) -> None:
    write(tmp_path, line(ONE, ["seen"]), foreign, line(TWO, ["seen"]))
    assert set(FlagsFile(tmp_path).states()) == {ONE, TWO}


@pytest.mark.parametrize("value", ["seen", None, 7, {"a": 1}, [1, None]])
def test_marks_of_another_kind_count_as_none(tmp_path: Path, value: object) -> None:
    write(tmp_path, json.dumps({"name": ONE, "flags": value, "labels": value}))
    assert FlagsFile(tmp_path).states() == {ONE: MessageState()}


def test_bytes_that_are_no_text_spoil_only_their_line(tmp_path: Path) -> None:
    (tmp_path / "flags.jsonl").write_bytes(b"\xff\xfe\n" + line(ONE, ["seen"]).encode() + b"\n")
    assert FlagsFile(tmp_path).states() == {ONE: state_of(["seen"])}


def test_every_beginning_of_a_last_line_is_ignored_and_healed_by_the_next(tmp_path: Path) -> None:
    first, last = line(ONE, ["seen"], ["größer"]), line(ONE, [], ["kleiner"])
    whole = f"{first}\n{last}".encode()
    for length in range(len(first.encode()) + 1, len(whole)):
        (tmp_path / "flags.jsonl").write_bytes(whole[:length])
        flags = FlagsFile(tmp_path)
        assert flags.states() == {ONE: state_of(["seen"], ["größer"])}
        flags.append({TWO: state_of(["flagged"])})
        healed = {ONE: state_of(["seen"], ["größer"]), TWO: state_of(["flagged"])}
        assert flags.states() == healed
        assert FlagsFile(tmp_path).states() == healed


def test_a_whole_last_line_without_its_end_counts(tmp_path: Path) -> None:
    write(tmp_path, line(ONE, ["seen"]), end="")
    flags = FlagsFile(tmp_path)
    assert flags.states() == {ONE: state_of(["seen"])}
    flags.append({ONE: state_of(["flagged"])})
    assert FlagsFile(tmp_path).states() == {ONE: state_of(["flagged"])}


def test_what_another_appended_is_seen_and_named(tmp_path: Path) -> None:
    write(tmp_path, *(line(f"{number}.eml", ["seen"]) for number in range(50)))
    reader, writer = FlagsFile(tmp_path), FlagsFile(tmp_path)
    assert len(reader.states()) == 50
    writer.append({ONE: state_of(["flagged"])})
    assert reader.refresh() == {ONE}
    assert reader.refresh() == frozenset()
    assert reader.states()[ONE] == state_of(["flagged"])


def test_a_file_changed_before_its_end_is_read_from_the_start(tmp_path: Path) -> None:
    write(tmp_path, line(ONE, ["seen"]), line(TWO, ["seen"]))
    flags = FlagsFile(tmp_path)
    assert flags.states()[ONE] == state_of(["seen"])
    write(tmp_path, line(ONE, ["flagged"], ["longer"]), line(TWO, ["seen"]), line(TWO, []))
    assert flags.refresh() is None
    assert flags.states() == {ONE: state_of(["flagged"], ["longer"]), TWO: MessageState()}


def test_an_edit_that_leaves_the_length_alone_is_seen(tmp_path: Path) -> None:
    many = [line(f"{number}.eml", ["seen"]) for number in range(50)]
    write(tmp_path, line(ONE, [], ["old"]), *many)
    flags = FlagsFile(tmp_path)
    assert flags.states()[ONE] == state_of([], ["old"])
    file = tmp_path / "flags.jsonl"
    with file.open("r+b") as opened:
        opened.write(line(ONE, [], ["new"]).encode())
    os.utime(file, ns=(0, 0))
    assert flags.states()[ONE] == state_of([], ["new"])


def test_a_file_that_vanished_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, line(ONE, ["seen"]))
    flags = FlagsFile(tmp_path)
    assert flags.states()
    (tmp_path / "flags.jsonl").unlink()
    assert flags.states() == {}


def test_a_last_line_on_its_way_is_read_again_once_it_is_whole(tmp_path: Path) -> None:
    write(tmp_path, line(ONE, ["seen"]))
    flags = FlagsFile(tmp_path)
    assert flags.states()
    late = line(ONE, ["flagged"]).encode()
    for part in (late[:10], late[10:] + b"\n"):
        with (tmp_path / "flags.jsonl").open("ab") as file:
            file.write(part)
        flags.refresh()
    assert flags.states() == {ONE: state_of(["flagged"])}


def test_unknown_keys_are_kept(tmp_path: Path) -> None:
    (tmp_path / ONE).touch()
    write(tmp_path, line(ONE, ["seen"], imap={"uid": 7}), line(ONE, ["seen"], imap={"uid": 8}))
    compact(tmp_path)
    assert written(tmp_path).decode() == line(ONE, ["seen"], imap={"uid": 8}) + "\n"


def test_compacting_keeps_a_line_a_message_with_something_to_say_sorted(tmp_path: Path) -> None:
    for name in (ONE, TWO, "three.eml"):
        (tmp_path / name).touch()
    write(
        tmp_path,
        line(TWO, ["seen", "flagged"], ["b", "a"]),
        line(ONE, ["seen"]),
        line("gone.eml", ["seen"]),
        line("three.eml", ["seen"]),
        line("three.eml", []),
        '{"name": "one',
    )
    compact(tmp_path)
    wanted = [line(ONE, ["seen"]), line(TWO, ["flagged", "seen"], ["a", "b"])]
    assert written(tmp_path).decode() == "\n".join(wanted) + "\n"
    once = (tmp_path / "flags.jsonl").stat().st_ino
    compact(tmp_path)
    assert (tmp_path / "flags.jsonl").stat().st_ino == once


@pytest.mark.parametrize("folder", ["Drafts", "Outbox"])
def test_marks_of_what_was_taken_out_of_drafts_are_kept_for_its_return(
    folder: str, tmp_path: Path
) -> None:
    place = tmp_path / folder
    place.mkdir()
    write(place, line(ONE, [], ["later"]), line(TWO, ["seen"]), line(TWO, []))
    compact(place)
    assert written(place).decode() == line(ONE, [], ["later"]) + "\n"


def test_compacting_removes_a_file_with_nothing_to_say(tmp_path: Path) -> None:
    (tmp_path / ONE).touch()
    write(tmp_path, line(ONE, ["seen"]), line(ONE, []))
    compact(tmp_path)
    assert not (tmp_path / "flags.jsonl").exists()
    assert (tmp_path / ONE).exists()


def test_a_file_is_written_anew_once_most_of_it_no_longer_counts(tmp_path: Path) -> None:
    (tmp_path / ONE).touch()
    flags = FlagsFile(tmp_path)
    largest = 0
    for number in range(300):
        flags.append({ONE: state_of(["seen"], [str(number)])}, durable=False)
        flags.compact_if_grown()
        largest = max(largest, len(written(tmp_path).splitlines()))
    assert 2 < largest < 100
    assert FlagsFile(tmp_path).states() == {ONE: state_of(["seen"], ["299"])}


def test_a_link_is_not_written_through(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch()
    (tmp_path / "flags.jsonl").symlink_to(elsewhere)
    with pytest.raises(KnownError):
        FlagsFile(tmp_path).append({ONE: state_of(["seen"])})
    assert elsewhere.read_bytes() == b""


def test_tidying_compacts_every_folder_and_sweeps_unfinished_files(tmp_path: Path) -> None:
    for account in ("local", "work"):
        folder = tmp_path / account / "Inbox"
        folder.mkdir(parents=True)
        (folder / ONE).touch()
        (folder / ".phial-0123456789abcdef.tmp").touch()
        write(folder, line(ONE, ["flagged"]), line(ONE, ["seen"]))
    tidy(tmp_path)
    for account in ("local", "work"):
        folder = tmp_path / account / "Inbox"
        assert written(folder).decode() == line(ONE, ["seen"]) + "\n"
        assert {file.name for file in folder.iterdir()} == {ONE, "flags.jsonl"}
    tidy(tmp_path / "nowhere")


NAMES = st.sampled_from(["a.eml", "b.eml", "c.eml"])
TEXTS = st.lists(st.text(st.characters(), max_size=8), max_size=3)  # lone surrogates too


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NAMES, TEXTS, TEXTS, st.booleans()), max_size=20))
def test_what_was_said_last_is_read_back_by_all_and_outlasts_compacting(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[str, list[str], list[str], bool]],
) -> None:
    folder = tmp_path_factory.mktemp("flags")
    for name in ("a.eml", "b.eml", "c.eml"):
        (folder / name).touch()
    reader, writer = FlagsFile(folder), FlagsFile(folder)
    wanted: dict[str, MessageState] = {}
    for name, flags, labels, compacts in said:
        wanted[name] = state_of(flags, labels)
        writer.append({name: wanted[name]}, durable=False)
        if compacts:
            compact(folder)
    for states in (reader.states(), writer.states(), FlagsFile(folder).states()):
        assert {name: state for name, state in states.items() if state} == {
            name: state for name, state in wanted.items() if state
        }


def test_what_an_import_says_before_a_message_is_there_stays_said(tmp_path: Path) -> None:
    (tmp_path / ONE).touch()
    flags = FlagsFile(tmp_path)
    flags.append({TWO: state_of(["seen"])})
    for number in range(200):
        flags.append({ONE: state_of(["seen"], [str(number)])}, durable=False)
        flags.compact_if_grown()
    assert written(tmp_path).count(b"\n") < 100
    assert flags.states()[TWO] == state_of(["seen"])


def test_nothing_is_lost_while_the_file_is_written_anew(tmp_path: Path) -> None:
    flags = FlagsFile(tmp_path)
    names = [f"{number}.eml" for number in range(300)]
    flags.append({names[0]: state_of(["seen"])})
    done = Event()

    def tidy_up() -> None:
        while not done.is_set():
            compact(tmp_path, absent=True)

    with ThreadPoolExecutor(1) as other:
        tidying = other.submit(tidy_up)
        for name in names:
            flags.append({name: state_of(["flagged"])}, durable=False)
            flags.append({name: state_of(["seen"])}, durable=False)
        done.set()
        tidying.result()
    assert FlagsFile(tmp_path).states() == dict.fromkeys(names, state_of(["seen"]))
