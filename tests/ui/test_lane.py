"""A lane does its jobs in order, in a thread of its own, and hands back whatever came of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from app.core.errors import KnownError
from app.ui.lane import Lane
from app.ui.views import Trouble

LIMIT_MS = 5000


@pytest.fixture
def lane(qtbot: QtBot) -> Iterator[Lane]:
    """A lane that is closed in the end."""
    made = Lane("test")
    yield made
    assert made.close(LIMIT_MS)


def test_jobs_are_done_in_order_and_answered_in_the_windows_thread(
    lane: Lane, qtbot: QtBot
) -> None:
    here, threads = threading.get_ident(), set()
    got: list[tuple[int, int]] = []

    def work(number: int) -> int:
        threads.add(threading.get_ident())
        return number

    for number in range(200):
        lane.submit(lambda n=number: work(n), lambda n: got.append((n, threading.get_ident())))
    qtbot.waitUntil(lambda: len(got) == 200, timeout=LIMIT_MS)
    assert got == [(number, here) for number in range(200)]
    assert len(threads) == 1 and here not in threads


def test_a_known_error_comes_back_with_its_words(lane: Lane, qtbot: QtBot) -> None:
    def refuse() -> None:
        raise KnownError("disk_full", "No space.", "Free some.", "df says so")

    got: list[Trouble] = []
    lane.submit(refuse, None, got.append)
    qtbot.waitUntil(lambda: bool(got), timeout=LIMIT_MS)
    assert got == [Trouble("disk_full", "No space.", "Free some.", "df says so")]


def test_a_bug_comes_back_as_a_sentence_with_its_traceback(lane: Lane, qtbot: QtBot) -> None:
    with qtbot.waitSignal(lane.failed, timeout=LIMIT_MS) as told:
        lane.submit(lambda: 1 / 0)
    (trouble,) = told.args
    assert trouble.code == "bug"
    assert "data is untouched" in trouble.message
    assert "ZeroDivisionError" in trouble.details


def test_after_an_error_the_next_job_is_done(lane: Lane, qtbot: QtBot) -> None:
    got: list[object] = []
    lane.submit(lambda: 1 / 0, got.append, lambda trouble: got.append(trouble.code))
    lane.submit(lambda: "next", got.append)
    qtbot.waitUntil(lambda: got == ["bug", "next"], timeout=LIMIT_MS)


def test_closing_finishes_what_was_given_and_takes_nothing_more(lane: Lane) -> None:
    done: list[int] = []
    for number in range(3):
        lane.submit(lambda n=number: done.append(n))
    assert lane.close(LIMIT_MS)
    lane.submit(lambda: done.append(99))
    assert lane.close(LIMIT_MS)
    assert done == [0, 1, 2]


def test_a_job_that_does_not_end_is_told_and_may_be_waited_for_again(lane: Lane) -> None:
    go = threading.Event()
    lane.submit(lambda: go.wait(LIMIT_MS / 1e3))
    assert not lane.close(20)
    go.set()
    assert lane.close(LIMIT_MS)


def test_nothing_is_handed_back_to_a_window_that_has_closed_its_lane(
    lane: Lane, qtbot: QtBot
) -> None:
    got: list[object] = []
    lane.submit(lambda: 1, got.append)
    assert lane.close(LIMIT_MS)
    qtbot.wait(50)
    assert got == []
