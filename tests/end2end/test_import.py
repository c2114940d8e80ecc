"""The command `import`, as a user runs it."""

from __future__ import annotations

import os
import pty
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from app.compose.importing import import_into
from app.store.lock import ProfileLock
from app.store.paths import ProfilePaths, prepare
from tests.support.commands import NOW, command, environment, event, events, phial, tool
from tests.support.importing import SAMPLE, mail_of
from tests.support.mail_profile import eml

BOX = "From a@example.org Wed Nov 18 09:30:00 2026\n"


def large_box(place: Path, messages: int) -> Path:
    """A mailbox of so many messages."""
    with place.open("w", encoding="utf-8") as file:
        for number in range(messages):
            file.write(BOX + eml(f"Number {number}").replace("\r\n", "\n") + "\n")
    return place


def test_the_sample_comes_in_with_a_report_and_tools_find_it(profile: Path) -> None:
    done = phial("import", SAMPLE, "--profile", profile, "--now", NOW)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith("Imported 66 messages, 44 events and 12 contacts.\n")
    assert "settings" in done.stdout
    found = tool("cal_find", {"when": "tomorrow"}, profile)
    titles = [each["title"] for each in event(found, "tool_result")["data"]["occurrences"]]
    assert titles[:3] == ["Stand-up", "Design review", "Lunch with Nadia"]


def test_in_json_there_is_one_line_with_all_numbers(profile: Path, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(eml("Hello"))
    (tmp_path / "a.txt").write_text("x")
    words = ("import", tmp_path / "a.eml", tmp_path / "a.txt", "--profile", profile, "--json")
    (line,) = events(phial(*words))
    assert line == {
        "event": "import",
        "added": {"messages": 1},
        "already_there": {},
        "left_out": 1,
        "reasons": [
            {
                "path": str(tmp_path / "a.txt"),
                "reason": "it is neither mail, calendar nor contacts",
            }
        ],
        "settings": False,
        "stopped": False,
    }
    (line,) = events(phial(*words))
    assert (line["added"], line["already_there"]) == ({}, {"messages": 1})


def test_nothing_to_import_is_an_error_with_its_reasons(profile: Path, tmp_path: Path) -> None:
    done = phial("import", tmp_path / "missing", "--profile", profile)
    assert done.returncode == 1
    assert "there is no such file or folder" in done.stdout
    assert done.stderr.startswith("Nothing was imported.\n")
    assert [line["event"] for line in events(
        phial("import", tmp_path / "missing", "--profile", profile, "--json")
    )] == ["import", "error"]  # fmt: skip


def test_without_a_path_the_usage_is_told(profile: Path) -> None:
    assert phial("import", "--profile", profile).returncode == 2


def test_a_profile_in_use_is_left_alone(profile: Path, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(eml("Hello"))
    paths = ProfilePaths(profile)
    prepare(paths)
    with ProfileLock(paths):
        done = phial("import", tmp_path / "a.eml", "--profile", profile, "--json")
    assert done.returncode == 1
    assert event(done, "error")["code"] == "profile_in_use"
    assert mail_of(profile) == {}


def test_ctrl_c_keeps_what_came_in_and_says_so(profile: Path, tmp_path: Path) -> None:
    box = large_box(tmp_path / "box.mbox", 60_000)
    child = subprocess.Popen(
        command("import", box, "--profile", profile),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    inbox = profile / "mail" / "local" / "Inbox"
    limit = time.monotonic() + 60
    while not (inbox.exists() and any(inbox.glob("*.eml"))) and time.monotonic() < limit:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 1
    came = len(mail_of(profile))
    assert 0 < came < 60_000
    assert out.startswith(f"Imported {came:,} message")
    assert err == "Stopped. What had come in stays.\nRepeat the command to bring in the rest.\n"


def test_killed_in_the_middle_it_leaves_whole_messages(profile: Path, tmp_path: Path) -> None:
    box = large_box(tmp_path / "box.mbox", 20_000)
    inbox = profile / "mail" / "local" / "Inbox"
    for _ in range(3):
        child = subprocess.Popen(command("import", box, "--profile", profile), env=environment())
        before, limit = len(list(inbox.glob("*.eml"))), time.monotonic() + 60
        while len(list(inbox.glob("*.eml"))) < before + 50 and time.monotonic() < limit:
            time.sleep(0.01)
        child.kill()
        child.wait()
        assert all(data.endswith(b"Hello.\n") for data in mail_of(profile).values())
    done = phial("import", box, "--profile", profile, "--json")
    line = event(done, "import")
    assert line["added"]["messages"] + line["already_there"]["messages"] == 20_000
    assert len(mail_of(profile)) == 20_000
    assert not list(inbox.glob(".phial-*"))


def test_on_a_terminal_the_progress_is_drawn_and_wiped(profile: Path, tmp_path: Path) -> None:
    box = large_box(tmp_path / "box.mbox", 5_000)
    leader, follower = pty.openpty()
    try:
        done = subprocess.run(
            command("import", box, "--profile", profile),
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=follower,
            timeout=60,
            check=True,
        )
        drawn = os.read(leader, 100_000).decode()
    finally:
        os.close(leader)
        os.close(follower)
    assert done.stdout == b"Imported 5,000 messages.\n"
    assert "%" in drawn and "box.mbox" in drawn
    assert drawn.endswith("\r")
    assert drawn.rstrip("\r").rpartition("\r")[2].strip() == ""


@pytest.mark.parametrize("name", ["ev\x1b[31mil.txt", "two\nlines.txt"])
def test_names_of_files_cannot_steer_the_terminal(name: str, profile: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_text("x")
    done = phial("import", tmp_path / name, "--profile", profile)
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 2


def test_what_came_in_is_indexed_while_the_progress_is_shown(profile: Path, tmp_path: Path) -> None:
    (tmp_path / "one.eml").write_text(eml("Invoice 214"), newline="")
    told: list[str] = []

    def tell(done: int, total: int, what: str) -> None:
        told.append(what)

    import_into(profile, (tmp_path / "one.eml",), progress=tell)
    assert told[-1] == "the new mail"
    with closing(sqlite3.connect(profile / "cache" / "index.db")) as index:
        assert index.execute("SELECT count(*) FROM message").fetchone() == (1,)
