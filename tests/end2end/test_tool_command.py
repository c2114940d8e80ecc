"""The `tool` command as scripts use it: its events, its exit statuses, and the files it leaves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.commands import event, events, ics_files, phial, tool

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
        (["tool"], 1, "no_tool"),
        (["tool", "dance", "{}"], 1, "unknown_tool"),
        (["tool", "mail_send", '{"draft": "it"}'], 1, "tool_unavailable"),
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


@pytest.mark.parametrize("words", [[], ["dance"], ["ask"], ["ask", "x", "--nope"]])
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    assert phial(*words).returncode == 2


def test_the_schemas_are_published(profile: Path) -> None:
    tools = json.loads(phial("tool", "--schemas").stdout)
    assert len(tools) == 20
    create = next(tool for tool in tools if tool["name"] == "cal_create")
    assert create["risk"] == "CHANGE"
    assert create["parameters"]["required"] == ["title", "when"]
    assert not profile.exists()
