"""Killed in the middle of a change: the next start finds it whole or absent, and the journal right.

Half of the processes die before a chosen one of the steps a change takes on the disk, the others
at any moment of it.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from app.compose import headless
from app.store.database import open_database
from app.store.journal import Journal, JournalEntry
from app.store.paths import ProfilePaths
from tests.support.commands import NOW, environment
from tests.support.lively_profile import fill
from tests.support.tool_desk import OWN, open_desk
from tests.support.whole_profile import (
    contents,
    copied,
    differences,
    logged,
    replay,
    took_effect,
)

LIMIT_S = 60.0
SETTINGS = f"""names = ["Ada Example"]
addresses = ["{OWN}"]
zone = "Europe/Berlin"
locale = "en_GB"
"""


@dataclass(frozen=True)
class Request:
    """What is asked, and how many changes it takes at least."""

    words: str
    tool: str
    arguments: dict[str, object]
    changes: int

    def spoken(self) -> str:
        """As `change_maker` takes it."""
        return json.dumps({"words": self.words, "tool": self.tool, "arguments": self.arguments})


REQUESTS = (
    Request(
        "invite Anna and Bob to a retro every week",
        "cal_create",
        {"title": "retro", "when": "friday at 14:00", "repeat": "every week",
         "with": ["Anna", "Bob"], "invite": True},
        2,
    ),
    Request("move all the design reviews", "cal_change",
            {"event": "design review tomorrow", "duration": "2 hours", "scope": "following"}, 3),
    Request("move the budget", "cal_move",
            {"event": "budget tomorrow", "to": "to friday at 10"}, 2),
    Request("clear tomorrow", "cal_cancel", {"events": "everything on thursday"}, 6),
    Request("archive Bob's mail", "mail_update",
            {"messages": "all mail from Bob", "action": "archive"}, 12),
    Request("label Bob's mail", "mail_update",
            {"messages": "all mail from Bob", "action": "label", "value": "größer"}, 12),
    Request("reply to Anna that Friday works", "mail_reply",
            {"message": "the last mail from Anna", "body": "Friday works"}, 2),
    Request("send it", "mail_send", {"draft": "the draft to Bob"}, 3),
    Request("undo that", "undo", {}, 3),
)  # fmt: skip


@dataclass(frozen=True)
class Course:
    """How a change goes where nothing happens: its steps on the disk, and how long it takes."""

    request: Request
    steps: int
    seconds: float


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a `profile` in which this and that was done, and its `start`, before that."""
    place = tmp_path_factory.mktemp("lively")
    with open_desk(place / "profile") as desk:
        fill(desk, mails=12)
        (desk.profile.root / "settings.toml").write_text(SETTINGS)
        copied(desk.profile.root, place / "start")
        desk.do("mail_reply", message="the last mail from Bob", body="thanks")
        desk.do("mail_update", messages="all unread mail", action="flag")
        desk.do("cal_cancel", events="everything on 23 November")
    return place


@pytest.fixture(scope="module")
def courses(lively: Path) -> tuple[Course, ...]:
    """Every request, done once to its end."""
    return tuple(course_of(request, lively) for request in REQUESTS)


@pytest.mark.parametrize("count", [20, pytest.param(100, marks=pytest.mark.soak)])
def test_a_change_killed_at_any_moment_is_whole_or_absent(
    count: int, lively: Path, courses: tuple[Course, ...], tmp_path: Path
) -> None:
    chance = random.Random(count)
    found: Counter[str] = Counter()
    for number in range(count):
        course = courses[number % len(courses)]
        profile = tmp_path / str(number)
        shutil.copytree(lively / "profile", profile)
        if number % 2:
            kill_before(chance.randint(1, course.steps), course.request, profile)
        else:
            kill_after(chance.uniform(0, course.seconds), course.request, profile)
        found[check(profile, lively)[-1].state] += 1
        shutil.rmtree(profile)
    assert min(found["applied"], found["absent"]) >= count / 5, found


def started(request: Request, profile: Path, step: int) -> subprocess.Popen[str]:
    """A process that has just written down what it is about to change."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.change_maker",
         str(profile), str(step), request.spoken()],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "changing\n", process.communicate()[1]
    return process


def course_of(request: Request, lively: Path) -> Course:
    """Do a request to its end in a copy of the profile."""
    profile = lively / "whole"
    shutil.copytree(lively / "profile", profile)
    with started(request, profile, 0) as process:
        assert process.stdout is not None
        begun = time.monotonic()
        assert process.stdout.readline() == "changed\n"
        seconds = time.monotonic() - begun
        said, complaints = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, complaints
    entries = check(profile, lively)
    assert {each.state for each in entries} == {"applied"}, complaints
    assert len(entries) >= request.changes, complaints
    shutil.rmtree(profile)
    return Course(request, int(said), seconds)


def kill_before(step: int, request: Request, profile: Path) -> None:
    """Let the process die before one of its steps."""
    with started(request, profile, step) as process:
        _, complaints = process.communicate(timeout=LIMIT_S)
    assert process.returncode == -9, complaints


def kill_after(delay: float, request: Request, profile: Path) -> None:
    """Kill the process so many seconds into the change."""
    with started(request, profile, 0) as process:
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=LIMIT_S)


def check(profile: Path, lively: Path) -> list[JournalEntry]:
    """Start anew, and look at everything; the last operation, as it is now."""
    with headless(profile, now=NOW):
        pass
    entries = journal_of(profile)
    operations = [list(each) for _, each in groupby(entries, lambda entry: entry.operation)]
    for operation in operations:
        states = {each.state for each in operation}
        assert states in ({"applied"}, {"absent"}, {"undone"}), states
    check_files(profile, lively, entries)
    return operations[-1]


def journal_of(profile: Path) -> list[JournalEntry]:
    """Everything that was logged there."""
    with closing(open_database(ProfilePaths(profile))) as connection:
        return logged(Journal(connection))


def check_files(profile: Path, lively: Path, entries: list[JournalEntry]) -> None:
    """The files are those the journal makes of the start, and nothing else lies about."""
    assert not list(profile.rglob("*.tmp")) + list(profile.rglob(".phial-*"))
    for flags in profile.rglob("flags.jsonl"):
        for line in flags.read_text().splitlines():
            assert json.loads(line).keys() >= {"name", "flags", "labels"}
    again = copied(lively / "start", profile.with_name("again"))
    replay(again, took_effect(entries))
    assert not differences(contents(again), contents(profile))
    shutil.rmtree(again)
