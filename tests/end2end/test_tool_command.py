"""The `tool` command as scripts use it: its events, its exit statuses, and the files it leaves."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.commands import (
    command,
    environment,
    event,
    events,
    ics_files,
    phial,
    tool,
)
from tests.support.synthetic_gguf import Shape, write

LUNCH = {"title": "lunch with Anna", "when": "Friday at noon"}


def test_a_change_waits_for_a_yes_and_can_be_undone(profile: Path) -> None:
    shown = tool("cal_create", LUNCH, profile)
    assert shown.returncode == 3
    assert [line["event"] for line in events(shown)] == [
        "tool_call",
        "tool_result",
        "proposal",
        "answer",
    ]
    assert event(shown, "proposal")["risk"] == "CHANGE"
    assert ics_files(profile) == []

    made = tool("cal_create", LUNCH, profile, "--yes")
    assert made.returncode == 0
    (file,) = ics_files(profile)
    (change,) = event(made, "applied")["changes"]
    assert change["change_id"] == "c1"
    assert change["before"] is None
    assert change["after"] == file.read_bytes().decode()

    undone = tool("undo", {"change": "c1"}, profile, "--yes")
    assert undone.returncode == 0
    assert ics_files(profile) == []
    assert tool("undo", {}, profile, "--yes").returncode == 1


def test_an_ambiguous_time_is_never_settled_by_yes(profile: Path) -> None:
    asked = tool("cal_create", {"title": "x", "when": "3/4"}, profile, "--yes")
    assert asked.returncode == 3
    choices = event(asked, "error")["choices"]
    assert {choice["value"] for choice in choices} == {"2027-04-03", "2027-03-04"}
    assert ics_files(profile) == []


def test_what_is_found_can_be_cancelled_by_its_id(profile: Path) -> None:
    tool("cal_create", LUNCH, profile, "--yes")
    found = event(tool("cal_find", {"when": "friday"}, profile), "tool_result")["data"]
    assert found["total"] == 1
    name = found["occurrences"][0]["id"]
    assert tool("cal_cancel", {"events": name}, profile, "--yes").returncode == 0
    assert ics_files(profile) == []


@pytest.mark.parametrize(
    ("words", "status", "code"),
    [
        (["tool", "cal_find", "{"], 1, "bad_json"),
        (["tool", "cal_find", "[]"], 1, "bad_json"),
        (["tool", "cal_find", "[" * 100_000], 1, "bad_json"),
        (["tool", "cal_find", '{"limit": NaN}'], 1, "bad_json"),
        (["tool", "cal_find", '{"limit": 1e999}'], 1, "bad_json"),
        (["tool", "cal_find", '{"limit": ' + "9" * 5000 + "}"], 1, "bad_json"),
        (["tool", "cal_find", "{}", "--now", "0001-01-01T00:00[Europe/Berlin]"], 1, "bad_now"),
        (["tool", "dance", "{}"], 1, "unknown_tool"),
        (["tool", "mail_send", '{"draft": "it"}'], 1, "draft_not_found"),
        (["tool", "cal_find", '{"colour": "red"}'], 1, "bad_argument"),
        (["tool", "cal_create", '{"title": "x"}'], 1, "bad_argument"),
        (["tool", "cal_find", '{"when": "31 Nov"}'], 1, "when_impossible"),
        (["tool", "cal_find", "{}", "--now", "soon"], 1, "bad_now"),
        (["ask", "   "], 1, "empty_request"),
    ],
)
def test_bad_words_get_a_sentence(profile: Path, words: list[str], status: int, code: str) -> None:
    done = phial(*words, "--profile", profile, "--json")
    assert done.returncode == status
    error = event(done, "error")
    assert error["code"] == code
    assert error["message"].endswith((".", "?"))
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words",
    [["--nope"], ["dance"], ["ask"], ["ask", "x", "--nope"], ["tool"], ["doctor", "--profile", ""]],
)
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    assert phial(*words).returncode == 2


def test_the_schemas_are_published(profile: Path) -> None:
    tools = json.loads(phial("tool", "--schemas").stdout)
    assert len(tools) == 20
    create = next(tool for tool in tools if tool["name"] == "cal_create")
    assert create["risk"] == "CHANGE"
    assert create["parameters"]["required"] == ["title", "when"]
    assert not profile.exists()


def test_half_characters_and_foreign_bytes_become_question_marks(profile: Path) -> None:
    done = tool("cal_create", {"title": "\ud800 tea", "when": "friday"}, profile, "--yes")
    assert done.returncode == 0
    assert event(done, "tool_call")["arguments"]["title"] == "? tea"
    refused = subprocess.run(
        [*command("tool", "cal_find", "{}", "--json", "--profile"), b"/tmp/p\xff"],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 1
    assert b'"code": "bad_name"' in refused.stdout


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_an_old_locale_can_print_every_answer(profile: Path, words: list[str]) -> None:
    arguments = json.dumps({"title": "Käse – 日本", "when": "friday 2-3pm"})
    done = subprocess.run(
        command("tool", "cal_create", arguments, "--profile", profile, "--yes", *words),
        env={**environment(), "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_a_full_disk_under_the_output_gets_a_sentence(profile: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("tool", "--schemas"),
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "The output could not be written: No space left on device.\n"
    assert not profile.exists()


def test_nothing_a_stranger_wrote_can_steer_the_terminal(profile: Path, tmp_path: Path) -> None:
    model = write(tmp_path / "model.gguf", Shape(architecture="x\x1b]0;owned\x07"))
    done = phial("ask", "hello", "--profile", profile, "--model", model)
    assert done.returncode == 1
    assert "owned" in done.stderr
    assert not {"\x1b", "\x07"} & set(done.stdout + done.stderr)
