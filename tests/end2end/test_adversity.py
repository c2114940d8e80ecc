"""What can go wrong around one request: each gets its sentence, exit 1, and loses nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.commands import (
    NOW,
    ask,
    command,
    environment,
    event,
    events,
    ics_files,
    phial,
    tool,
)
from tests.support.small_disk import small_disk
from tests.support.synthetic_gguf import TALKER, Shape, write

SENTENCE = "Schedule lunch with Anna on Friday at noon"
DEADLINE_S = 60.0


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose answers do not end by themselves."""
    return write(tmp_path_factory.mktemp("models") / "talker.gguf", TALKER)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` that holds a user's data."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in (".ics", ".vcf", ".eml", ".toml")
    }


def refused(done: subprocess.CompletedProcess[str], *codes: str) -> None:
    """The command ended with the sentence of one of these errors."""
    assert done.returncode == 1, done.stdout + done.stderr
    error = event(done, "error")
    assert error["code"] in codes
    assert error["message"].endswith(".")
    assert "Traceback" not in done.stdout + done.stderr


@pytest.fixture
def kept(profile: Path) -> Iterator[Path]:
    """A profile with an event in it, which must be the same afterwards."""
    assert tool("cal_create", {"title": "keep", "when": "monday"}, profile, "--yes").returncode == 0
    before = contents(profile)
    yield profile
    assert contents(profile) == before


def test_model_files_that_are_none(kept: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.gguf"
    refused(ask(SENTENCE, kept, "--yes", "--model", model), "model_missing")
    model.write_text("Dear diary\n" * 100)
    refused(ask(SENTENCE, kept, "--yes", "--model", model), "not_gguf")
    write(model, Shape(architecture="phial9"))
    refused(ask(SENTENCE, kept, "--yes", "--model", model), "unknown_architecture")
    write(model)
    model.write_bytes(model.read_bytes()[:-5000])
    refused(ask(SENTENCE, kept, "--yes", "--model", model), "model_cut_off")


def test_a_folder_an_ordinary_user_may_not_read(kept: Path) -> None:
    """Root may read everything; without its capabilities it is an ordinary user."""
    drop = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    kept.chmod(0)
    try:
        done = subprocess.run(
            [*drop, *command("ask", SENTENCE, "--profile", kept, "--json", "--yes")],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        kept.chmod(0o700)
    refused(done, "no_permission")


def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", kilobytes=1024) as disk:
        profile = disk.folder / "profile"
        add = {"title": "keep", "when": "monday"}
        assert tool("cal_create", add, profile, "--yes").returncode == 0
        before = contents(profile)
        with disk.full():
            refused(ask(SENTENCE, profile, "--yes"), *disk.database_codes)
            refused(ask(SENTENCE, disk.folder / "new", "--yes"), *disk.database_codes)
        assert contents(profile) == before
        assert tool("cal_find", {"when": "monday"}, profile).returncode == 0


def test_a_damaged_database_is_left_as_it_is(kept: Path) -> None:
    database = kept / "phial.db"
    data = bytearray(database.read_bytes())
    data[: len(data) // 2] = b"\xff" * (len(data) // 2)
    database.write_bytes(data)
    refused(ask(SENTENCE, kept, "--yes"), "database_damaged")
    assert database.read_bytes() == bytes(data)


def test_a_broken_calendar_file_is_named_and_kept(kept: Path) -> None:
    broken = kept / "calendars" / "personal" / "broken.ics"
    broken.write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:lost\r\n\xff\xfe")
    try:
        done = ask(SENTENCE, kept)
        assert done.returncode == 3
        assert "broken.ics" in event(done, "proposal")["options"][0]["reason"]
        shown = tool("cal_find", {"when": "monday"}, kept)
        refused(shown, "broken_calendar_file")
        assert event(shown, "tool_result")["data"]["total"] == 1
    finally:
        broken.unlink()


def test_settings_that_cannot_be_read(kept: Path) -> None:
    settings = kept / "settings.toml"
    settings.write_text('zone = "Mars/Olympus"\n')
    try:
        done = ask(SENTENCE, kept, "--yes")
        refused(done, "settings_invalid")
        assert "zone" in event(done, "error")["message"]
    finally:
        settings.unlink()


def start_talking(profile: Path, model: Path) -> tuple[subprocess.Popen[str], psutil.Process]:
    """An `ask` that has begun to answer, and its engine process."""
    asking = subprocess.Popen(
        command("ask", "hello", "--profile", profile, "--model", model, "--json", "--now", NOW),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert asking.stdout is not None
    assert '"text"' in asking.stdout.readline()
    (engine,) = psutil.Process(asking.pid).children()
    return asking, engine


def test_a_second_ask_while_one_runs_is_told_so(profile: Path, talker: Path) -> None:
    asking, engine = start_talking(profile, talker)
    with asking:
        engine.suspend()
        try:
            refused(ask(SENTENCE, profile, "--yes"), "profile_in_use")
        finally:
            engine.resume()
        asking.communicate(timeout=DEADLINE_S)
    assert ask(SENTENCE, profile, "--yes").returncode == 0
    assert len(ics_files(profile)) == 1


@pytest.mark.parametrize("count", [10, pytest.param(200, marks=pytest.mark.soak)])
def test_the_engine_may_die_in_many_answers_and_the_next_one_works(
    count: int, profile: Path, talker: Path
) -> None:
    for _ in range(count):
        asking, engine = start_talking(profile, talker)
        with asking:
            engine.kill()
            said, errors = asking.communicate(timeout=DEADLINE_S)
        assert asking.returncode == 1, errors
        assert '"code": "worker_died"' in said.splitlines()[-1]
        assert "Traceback" not in errors
    assert ask(SENTENCE, profile, "--yes").returncode == 0
    assert len(ics_files(profile)) == 1


def test_a_killed_ask_leaves_no_engine_and_an_open_profile(profile: Path, talker: Path) -> None:
    asking, engine = start_talking(profile, talker)
    with asking:
        asking.kill()
        asking.communicate(timeout=DEADLINE_S)
    deadline = time.monotonic() + DEADLINE_S
    while engine.is_running() and engine.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, "the engine outlived the command"
        time.sleep(0.02)
    assert ask(SENTENCE, profile, "--yes").returncode == 0


def test_ctrl_c_ends_with_a_sentence(profile: Path, talker: Path) -> None:
    asking, engine = start_talking(profile, talker)
    with asking:
        asking.send_signal(signal.SIGINT)
        said, errors = asking.communicate(timeout=DEADLINE_S)
    assert asking.returncode == 1
    assert '"code": "stopped"' in said.splitlines()[-1]
    assert errors == ""
    assert not engine.is_running()


def test_a_reader_that_leaves_is_no_error_report(profile: Path) -> None:
    words = command("ask", SENTENCE, "--profile", profile, "--now", NOW, "--json")
    shell = " ".join(f"'{word}'" for word in words) + " | head -1"
    done = subprocess.run(
        ["sh", "-c", shell], env=environment(), capture_output=True, text=True, check=False
    )
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_doctor_says_what_is_there_and_what_is_wrong(profile: Path, tmp_path: Path) -> None:
    good = phial("doctor", "--profile", profile, "--json")
    assert good.returncode == 0, good.stdout
    assert {line["name"] for line in events(good)} >= {"Python", "machine", "profile", "engine"}
    bad = phial("doctor", "--profile", profile, "--model", tmp_path / "none.gguf")
    assert bad.returncode == 1
    assert "There is no model file" in bad.stdout
