"""The command `demo`: exit 0, the same effects whenever it runs, and a picture that is kept."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import NOW, events, phial
from tests.support.effects import effect

NEWSLETTERS = (
    "news-cyclist-sunday",
    "news-papier-hidden",
    "news-sheet-monday",
    "news-type-wednesday",
)

EFFECTS = [
    ("Coffee with Anna", "+1d 0900"),
    ("Stand-up", "+1d 1000"),
    ("Outbox", "anna@kovacs.example"),
    ("anna-friday", "answered"),
    *((name, "Archive") for name in NEWSLETTERS),
    *((name, "Inbox") for name in NEWSLETTERS),
    ("catch-up", "+1d 0930"),
]
"""What the requests come to, in their order; of messages by name within one request."""

WEEKDAYS = range(16, 23)
HOURS = ("08:00", "12:30", "20:30")
# In the daily run each weekday at one of the hours; with --soak all.
DAILY = [f"2026-11-{day}T{HOURS[day % 3]}[Europe/Berlin]" for day in WEEKDAYS]
REST = [
    f"2026-11-{day}T{hour}[Europe/Berlin]"
    for day in WEEKDAYS
    for hour in HOURS
    if hour != HOURS[day % 3]
]
EDGES = ["2026-11-16T00:01[Europe/Berlin]", "2026-11-22T23:59[Europe/Berlin]"]
ELSEWHERE = ["2026-03-29T08:00[Europe/Berlin]", "2026-11-18T09:30[America/Los_Angeles]"]


def effects(lines: list[dict[str, Any]], today: date) -> list[tuple[str, str]]:
    """The effects of all changes made, in the order of requests."""
    found = []
    for line in lines:
        if line["event"] == "applied":
            found += sorted(
                effect(change["target"], change["before"], change["after"], today)
                for change in line["changes"]
            )
    return found


@pytest.mark.parametrize(
    "now",
    [*DAILY, *EDGES, *ELSEWHERE, *(pytest.param(now, marks=pytest.mark.soak) for now in REST)],
)
def test_on_any_weekday_at_any_hour_the_demo_does_the_same(now: str, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    done = phial("demo", "--now", now, "--json", "--picture", picture)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    lines = events(done)
    assert effects(lines, date.fromisoformat(now[:10])) == EFFECTS
    requests = [line for line in lines if line["event"] == "request"]
    assert len(requests) >= 8
    assert [line["answer"] for line in requests].count("no") == 1
    assert "undo" in [line["name"] for line in lines if line["event"] == "tool_call"]
    assert lines[-1] == {"event": "picture", "file": str(picture)}
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size > 20_000


def test_for_a_person_each_request_has_its_call_its_card_and_its_result(
    profile: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = phial("demo", "--now", NOW)
    assert done.returncode == 0, done.stdout + done.stderr
    second = done.stdout.partition("\n2. ")[2].partition("\n3. ")[0]
    words = ["“Move my 3pm with Anna", "tool cal_move", "card Move", "you  Yes", "says Moved"]
    places = [second.find(word) for word in words]
    assert -1 not in places and places == sorted(places), second
    assert done.stdout.count("you  No.") == 1
    assert done.stdout.rstrip().endswith(f"The window after it: {tmp_path / 'phial-demo.png'}")
    assert (tmp_path / "phial-demo.png").exists()
    assert not profile.exists(), "the user's own profile was opened"


def test_a_picture_that_cannot_be_saved_is_told(tmp_path: Path) -> None:
    done = phial("demo", "--now", NOW, "--json", "--picture", tmp_path / "nowhere" / "p.png")
    assert done.returncode == 1
    assert events(done)[-1]["code"] == "picture_failed"


def test_a_wrong_time_is_told_before_anything_is_done() -> None:
    done = phial("demo", "--now", "yesterday", "--json")
    assert done.returncode == 1
    assert [line["event"] for line in events(done)] == ["error"]
