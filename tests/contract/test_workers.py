"""What every room may rely on when it leaves work to a child process, shown with real children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil
import pytest

from app.core.errors import KnownError
from app.workers import memory
from app.workers.command import child_command, child_directory
from app.workers.diagnose import diagnose
from app.workers.life import Early, LifeListener, Lived, Over, Ready, Rested, WorkerFailed
from app.workers.memory import cgroup_free_bytes, check_fits, free_bytes
from app.workers.supervisor import MAX_RESTARTS, MAX_STRIKES, RESTART_WINDOW, Worker, WorkerSpec
from app.workers.wire import MAX_LINE, decode, encode, read_lines

ROOT = Path(__file__).resolve().parents[2]
CHILDREN = Path(__file__).parent / "workers_children"
DEADLINE = 20.0

MakeWorker = Callable[..., Worker]


class Clock:
    """A clock that goes only when told."""

    def __init__(self) -> None:
        """Starts at noon."""
        self.now = 43200.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something comes true before the deadline."""
    limit = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > limit:
            return False
        time.sleep(0.005)
    return True


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that only waits for its parent's word has."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def failure(worker: Worker, payload: Mapping[str, object]) -> WorkerFailed:
    """How a request fails."""
    with pytest.raises(WorkerFailed) as caught:
        list(worker.request(payload))
    return caught.value


@pytest.fixture
def make_worker() -> Iterator[MakeWorker]:
    """Makes workers, and shows after each test that nothing of them is left."""
    made: list[Worker] = []
    threads, children = set(threading.enumerate()), set(psutil.Process().children(recursive=True))

    def make(
        start: str = "normal",
        clock: Callable[[], float] | None = None,
        listener: LifeListener | None = None,
        **more: object,
    ) -> Worker:
        values: dict[str, object] = {
            "ready_timeout": DEADLINE,
            "silence_timeout": DEADLINE,
            "env": {"PYTHONPATH": str(ROOT)},
            **more,
        }
        command = (sys.executable, str(CHILDREN / "child.py"), start)
        spec = WorkerSpec("test", command, ROOT, **values)  # type: ignore[arg-type]
        made.append(Worker(spec, clock or time.monotonic, listener))
        return made[-1]

    yield make
    for worker in made:
        worker.close()
    assert set(psutil.Process().children(recursive=True)) <= children
    assert set(threading.enumerate()) <= threads


# One exchange


def test_a_request_is_answered_by_the_child(make_worker: MakeWorker) -> None:
    worker = make_worker()
    answer = list(worker.request({"id": "1", "do": "echo", "text": "Grüße, 東京 \u2028 😀"}))
    assert answer == [{"id": "1", "text": "Grüße, 東京 \u2028 😀", "end": True}]


def test_starting_returns_before_the_child_is_ready(make_worker: MakeWorker) -> None:
    worker = make_worker("slow")
    worker.start()
    pid = worker.pid
    worker.send({"control": "cancel"})  # until this it does not become ready
    assert worker.wait_ready()["pid"] == pid


def test_lines_stream_in_order_and_the_last_one_ends(make_worker: MakeWorker) -> None:
    lines = list(make_worker().request({"id": "1", "do": "stream", "count": 5000}))
    assert [line.get("number") for line in lines[:-1]] == list(range(5000))
    assert lines[-1] == {"id": "1", "end": True}


def test_a_line_of_many_megabytes_passes_both_ways(make_worker: MakeWorker) -> None:
    text = "ß" * 5_000_000
    (line,) = make_worker().request({"id": "1", "do": "echo", "text": text})
    assert line["text"] == text


def test_half_a_character_does_not_break_the_wire(make_worker: MakeWorker) -> None:
    (line,) = make_worker().request({"id": "1", "do": "echo", "text": "\ud83d"})
    assert line["text"] == "\ud83d"


def test_native_prints_and_programs_do_not_touch_the_wire(make_worker: MakeWorker) -> None:
    worker = make_worker()
    assert list(worker.request({"id": "forged", "do": "native_print"})) == [
        {"id": "forged", "end": True}
    ]
    assert list(worker.request({"id": "2", "do": "echo"}))[-1]["end"] is True
    assert worker.restarts == 0
    assert eventually(lambda: "ggml: a progress bar" in worker.stderr_tail)
    assert eventually(lambda: "a print" in worker.stderr_tail)


def test_requests_from_several_threads_get_their_own_answers(make_worker: MakeWorker) -> None:
    worker = make_worker()
    answers: dict[str, list[Mapping[str, object]]] = {}

    def ask(name: str) -> None:
        answers[name] = list(worker.request({"id": name, "do": "stream", "count": 50}))

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert {name: len(lines) for name, lines in answers.items()} == dict.fromkeys("0123", 51)
    assert all(line["id"] == name for name, lines in answers.items() for line in lines)
    assert worker.restarts == 0


def test_a_request_needs_a_name_that_is_not_in_use(make_worker: MakeWorker) -> None:
    worker = make_worker()
    with pytest.raises(ValueError, match="id"):
        worker.request({"do": "echo"})
    first = worker.request({"id": "1", "do": "until_cancelled"})
    next(first)
    with pytest.raises(ValueError, match="open"):
        next(worker.request({"id": "1", "do": "echo"}))


# Cancelling and abandoning


def test_a_cancel_reaches_a_child_in_the_middle_of_an_answer(make_worker: MakeWorker) -> None:
    worker = make_worker()
    answer = worker.request({"id": "1", "do": "until_cancelled"})
    assert next(answer)["text"] == "begun"
    worker.send({"control": "cancel", "id": "1"})
    assert list(answer) == [{"id": "1", "reason": "cancelled", "end": True}]


def test_an_abandoned_answer_does_not_reach_the_next_request(make_worker: MakeWorker) -> None:
    worker = make_worker()
    answer = worker.request({"id": "1", "do": "stream", "count": 5000})
    assert next(answer)["number"] == 0
    answer.close()
    assert list(worker.request({"id": "2", "do": "echo", "text": "next"})) == [
        {"id": "2", "text": "next", "end": True}
    ]
    assert worker.restarts == 0


def test_a_cancel_without_a_child_is_dropped(make_worker: MakeWorker) -> None:
    worker = make_worker()
    worker.send({"control": "cancel"})
    worker.wait_ready()
    worker.close()
    worker.send({"control": "cancel"})
    assert worker.pid is None


# Ends nobody asked for


def test_an_abort_in_mid_answer_is_told_and_the_next_request_works(make_worker: MakeWorker) -> None:
    worker = make_worker()
    answer = worker.request({"id": "1", "do": "abort"})
    assert next(answer)["text"] == "half an ans"
    begun = time.monotonic()
    with pytest.raises(WorkerFailed) as caught:
        next(answer)
    assert time.monotonic() - begun < 3.0
    assert caught.value.code == "worker_died"
    assert "internal error" in caught.value.message
    assert "Aborted" in caught.value.details  # the child's stack, for "Copy details"
    assert list(worker.request({"id": "2", "do": "echo"}))
    assert worker.restarts == 1


def test_a_silent_child_is_killed_after_the_time_allowed(make_worker: MakeWorker) -> None:
    worker = make_worker(silence_timeout=0.6)
    worker.wait_ready()
    pid = worker.pid
    assert pid is not None
    caught = failure(worker, {"id": "1", "do": "hang"})
    assert caught.code == "worker_silent"
    assert is_gone(pid)
    assert list(worker.request({"id": "2", "do": "echo"}))


def test_a_child_that_reads_nothing_blocks_nobody(make_worker: MakeWorker) -> None:
    worker = make_worker("deaf", silence_timeout=0.3, stop_timeout=0.2)
    # More than a pipe holds, so that a plain write would wait for ever.
    assert failure(worker, {"id": "1", "text": "x" * 1_000_000}).code == "worker_silent"
    worker.wait_ready()
    worker.send({"control": "cancel", "text": "x" * 1_000_000})
    begun = time.monotonic()
    worker.close()
    assert time.monotonic() - begun < 5.0


@pytest.mark.parametrize("kind", ["garbage", "array", "endless_line"])
def test_a_line_that_is_no_object_ends_the_child(make_worker: MakeWorker, kind: str) -> None:
    worker = make_worker()
    assert failure(worker, {"id": "1", "do": kind}).code == "worker_garbage"
    assert list(worker.request({"id": "2", "do": "echo"}))


def test_an_end_in_the_middle_of_a_line_is_a_death(make_worker: MakeWorker) -> None:
    worker = make_worker()
    assert failure(worker, {"id": "1", "do": "half_line"}).code == "worker_died"
    assert list(worker.request({"id": "2", "do": "echo"}))


def test_a_bug_in_the_child_ends_it_with_its_traceback(make_worker: MakeWorker) -> None:
    caught = failure(make_worker(), {"id": "1", "do": "raise"})
    assert caught.code == "worker_died"
    assert "RuntimeError: a bug in the child" in caught.details


def test_a_child_killed_from_outside_while_idle_is_replaced(make_worker: MakeWorker) -> None:
    worker = make_worker()
    worker.wait_ready()
    pid = worker.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: worker.pid is None)
    assert list(worker.request({"id": "1", "do": "echo"}))
    assert worker.pid not in (None, pid)


def test_what_a_dying_child_started_dies_too(make_worker: MakeWorker) -> None:
    worker = make_worker()
    answer = worker.request({"id": "1", "do": "grandchild"})
    grandchild = int(str(next(answer)["pid"]))
    with pytest.raises(WorkerFailed, match="ended before"):
        next(answer)
    assert eventually(lambda: is_gone(grandchild))


def test_the_last_two_hundred_lines_of_stderr_are_kept(make_worker: MakeWorker) -> None:
    worker = make_worker()
    list(worker.request({"id": "1", "do": "stderr"}))
    expected = [f"line {number}" for number in range(800, 1000)]
    assert eventually(lambda: worker.stderr_tail.splitlines() == expected)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process")
def test_a_child_is_held_to_its_memory_limit(make_worker: MakeWorker) -> None:
    worker = make_worker(memory_limit=1 << 30)
    assert list(worker.request({"id": "1", "do": "allocate", "bytes": 1 << 20}))
    caught = failure(worker, {"id": "2", "do": "allocate", "bytes": 2 << 30})
    assert "ran out of memory" in caught.message


def test_a_line_the_listener_stumbles_over_ends_the_child(make_worker: MakeWorker) -> None:
    def stumble(event: object) -> None:
        if isinstance(event, Early | Ready):
            raise KeyError("a word that is missing")

    worker = make_worker(listener=stumble)
    with pytest.raises(WorkerFailed) as caught:
        worker.wait_ready()
    assert caught.value.code == "worker_garbage"
    assert "KeyError: 'a word that is missing'" in caught.value.details


# Never ready


def test_a_child_that_is_never_ready_is_killed(make_worker: MakeWorker) -> None:
    worker = make_worker("never_ready", ready_timeout=0.5)
    worker.start()
    pid = worker.pid
    assert pid is not None
    with pytest.raises(WorkerFailed) as caught:
        worker.wait_ready()
    assert caught.value.code == "worker_not_ready"
    assert is_gone(pid)


def test_a_child_that_exits_at_once_is_told_with_its_last_words(make_worker: MakeWorker) -> None:
    worker = make_worker("exit_at_once")
    with pytest.raises(WorkerFailed) as caught:
        worker.wait_ready()
    assert caught.value.code == "worker_died"
    assert caught.value.details == "nothing to do here"


def test_a_child_can_say_why_it_cannot_work(make_worker: MakeWorker) -> None:
    worker = make_worker("cannot")
    caught = failure(worker, {"id": "1", "do": "echo"})
    assert (caught.code, caught.message, caught.hint) == ("bad_file", "It is cut off.", "Go.")
    assert caught.details == "cut off at byte 12"


def test_a_failed_start_is_told_once_before_it_is_tried_again(make_worker: MakeWorker) -> None:
    worker = make_worker("cannot")
    worker.start()
    assert eventually(lambda: worker.pid is None)
    assert failure(worker, {"id": "1", "do": "echo"}).code == "bad_file"
    assert worker.restarts == 0
    assert failure(worker, {"id": "2", "do": "echo"}).code == "bad_file"
    assert worker.restarts == 1


def test_a_command_that_does_not_exist_is_a_known_error(tmp_path: Path) -> None:
    worker = Worker(WorkerSpec("test", (str(tmp_path / "none"),), tmp_path, 1.0, 1.0))
    with pytest.raises(WorkerFailed) as caught:
        worker.start()
    assert caught.value.code == "worker_not_ready"
    worker.close()


# Restarts


def test_after_three_restarts_the_safe_form_is_tried_and_kept(make_worker: MakeWorker) -> None:
    worker = make_worker(clock=Clock(), safe_words=("--cpu-only",))
    for number in range(MAX_RESTARTS + 1):
        assert not worker.safe
        assert failure(worker, {"id": str(number), "do": "abort"}).code == "worker_died"
    assert worker.wait_ready()["words"] == ["normal", "--cpu-only"]
    for number in range(10):
        assert worker.safe
        assert failure(worker, {"id": f"safe {number}", "do": "abort"}).code == "worker_died"
    assert list(worker.request({"id": "last", "do": "echo"}))
    assert worker.safe


@pytest.mark.parametrize("safe_words", [(), ("--cpu-only",)], ids=["plain", "safe form"])
def test_a_child_that_cannot_even_start_is_left_off_for_a_while(
    make_worker: MakeWorker, safe_words: tuple[str, ...]
) -> None:
    clock = Clock()
    worker = make_worker("exit_at_once", clock=clock, safe_words=safe_words)
    for number in range(MAX_RESTARTS + 1 + len(safe_words)):
        assert failure(worker, {"id": str(number), "do": "echo"}).code == "worker_died"
    refused = failure(worker, {"id": "last", "do": "echo"})
    assert refused.code == "gave_up"
    assert "nothing to do here" in refused.details

    clock.now += RESTART_WINDOW
    assert failure(worker, {"id": "later", "do": "echo"}).code == "worker_died"


def test_rare_deaths_are_always_made_good(make_worker: MakeWorker) -> None:
    clock = Clock()
    worker = make_worker(clock=clock, safe_words=("--cpu-only",))
    for number in range(MAX_RESTARTS + 3):
        assert failure(worker, {"id": str(number), "do": "abort"}).code == "worker_died"
        clock.now += RESTART_WINDOW / 2
    assert worker.wait_ready()["words"] == ["normal"]


def test_a_request_that_ended_the_child_twice_is_refused(make_worker: MakeWorker) -> None:
    worker = make_worker()
    poison = {"do": "abort", "key": "poison"}
    assert failure(worker, {"id": "1", **poison}).code == "worker_died"
    assert failure(worker, {"id": "2", **poison}).code == "worker_died"
    assert failure(worker, {"id": "3", **poison}).code == "request_refused"
    assert list(worker.request({"id": "4", "do": "echo", "key": "another"}))
    assert worker.restarts == 2


def test_a_request_that_waited_behind_the_deadly_one_is_not_blamed(make_worker: MakeWorker) -> None:
    worker = make_worker()
    for number in (1, 2):
        first = worker.request({"id": f"{number}a", "do": "until_cancelled", "key": "deadly"})
        next(first)
        first.close()
        waiting = worker.request({"id": f"{number}b", "do": "echo", "key": "innocent"})
        thread = threading.Thread(target=lambda: pid_kill(worker))
        thread.start()
        with pytest.raises(WorkerFailed, match="from outside"):
            list(waiting)
        thread.join(DEADLINE)
    assert list(worker.request({"id": "3", "do": "echo", "key": "innocent"}))
    assert failure(worker, {"id": "4", "do": "echo", "key": "deadly"}).code == "request_refused"


def pid_kill(worker: Worker) -> None:
    """Kill the child once its second request is under way."""
    life = worker._life
    assert life is not None
    assert eventually(lambda: len(life.open) == 1)
    os.kill(life.child.pid, signal.SIGKILL)


# Idle work


WITHDRAWAL = {"control": "cancel", "id": "idle"}


def idle(text: str = "work", do: str = "idle") -> dict[str, object]:
    """Idle work that goes on until it is withdrawn, and says on stderr that it has begun."""
    return {"id": "idle", "key": text, "do": do, "text": text}


def at(worker: Worker, *texts: str) -> bool:
    """Whether the child gets to these pieces of idle work, and to no others."""
    return eventually(lambda: worker.stderr_tail.splitlines() == [f"at {text}" for text in texts])


def test_a_request_does_not_wait_for_idle_work(make_worker: MakeWorker) -> None:
    worker = make_worker()
    worker.wait_ready()
    worker.when_idle(idle(), WITHDRAWAL)
    assert at(worker, "work")
    assert list(worker.request({"id": "1", "do": "echo"}))
    assert list(worker.request({"id": "2", "do": "echo"}))
    assert worker.restarts == 0


def test_idle_work_starts_no_child_and_every_life_gets_it(make_worker: MakeWorker) -> None:
    worker = make_worker()
    worker.when_idle(idle(), WITHDRAWAL)
    assert worker.pid is None
    worker.wait_ready()
    assert at(worker, "work")
    assert worker.rest()
    worker.wait_ready()
    assert at(worker, "work")
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert eventually(lambda: worker.pid is None)
    worker.wait_ready()
    assert at(worker, "work")
    assert list(worker.request({"id": "1", "do": "echo"}))
    worker.when_idle(idle(), WITHDRAWAL)  # it had that
    assert list(worker.request({"id": "2", "do": "echo"}))
    assert at(worker, "work")


def test_other_idle_work_takes_the_place_of_the_first(make_worker: MakeWorker) -> None:
    worker = make_worker()
    worker.wait_ready()
    worker.when_idle(idle("one"), WITHDRAWAL)
    assert at(worker, "one")
    worker.when_idle(idle("two"), WITHDRAWAL)
    assert at(worker, "one", "two")
    assert list(worker.request({"id": "1", "do": "echo"}))
    assert worker.restarts == 0


def test_idle_work_that_ends_the_child_twice_is_left_off(make_worker: MakeWorker) -> None:
    heard: list[Lived] = []
    worker = make_worker(listener=heard.append)
    worker.when_idle(idle(do="abort"), WITHDRAWAL)
    for _ in range(MAX_STRIKES):
        heard.clear()
        worker.start()
        assert eventually(lambda: any(isinstance(event, Over) for event in heard))
    assert list(worker.request({"id": "1", "do": "echo"}))
    assert worker.restarts == MAX_STRIKES


# Resting


def test_a_child_at_rest_is_gone_and_the_next_request_starts_another(
    make_worker: MakeWorker,
) -> None:
    heard: list[Lived] = []
    worker = make_worker(listener=heard.append)
    for _ in range(MAX_RESTARTS + 2):
        heard.clear()
        pid = worker.wait_ready()["pid"]
        assert worker.rest()
        assert is_gone(int(str(pid)))
        assert worker.pid is None
        assert [type(event) for event in heard] == [Ready, Rested]
    assert list(worker.request({"id": "1", "do": "echo"}))
    assert worker.restarts == 0
    assert not worker.safe


def test_a_child_at_work_does_not_rest(make_worker: MakeWorker) -> None:
    worker = make_worker("slow")
    assert not worker.rest()  # there is none
    worker.start()
    assert not worker.rest()  # it loads
    worker.send({"control": "cancel"})
    worker.wait_ready()
    answer = worker.request({"id": "1", "do": "stream", "count": 2})
    next(answer)
    assert not worker.rest()
    assert list(answer)[-1]["end"] is True
    assert worker.rest()
    assert not worker.rest()
    worker.close()
    assert not worker.rest()


def test_no_request_is_lost_where_the_child_is_put_to_rest_all_the_time(
    make_worker: MakeWorker,
) -> None:
    worker = make_worker()
    done = threading.Event()

    def rest() -> None:
        while not done.is_set():
            worker.rest()

    resting = threading.Thread(target=rest)
    resting.start()
    try:
        for number in range(10):
            assert list(worker.request({"id": str(number), "do": "echo"}))
    finally:
        done.set()
        resting.join(DEADLINE)
    assert worker.restarts == 0


# Closing


def test_closing_leaves_no_process_and_no_thread(make_worker: MakeWorker) -> None:
    before = set(threading.enumerate())
    worker = make_worker()
    pids = [worker.wait_ready()["pid"]]
    failure(worker, {"id": "1", "do": "abort"})
    pids.append(worker.wait_ready()["pid"])
    worker.close()
    worker.close()
    assert set(threading.enumerate()) == before
    assert not any(psutil.pid_exists(int(str(pid))) for pid in pids)
    assert worker.pid is None
    with pytest.raises(WorkerFailed) as caught:
        worker.start()
    assert caught.value.code == "worker_closed"


def test_closing_ends_a_busy_child_without_waiting_for_it(make_worker: MakeWorker) -> None:
    worker = make_worker(stop_timeout=DEADLINE)
    answer = worker.request({"id": "1", "do": "hang"})
    next(answer)
    begun = time.monotonic()
    worker.close()
    assert time.monotonic() - begun < DEADLINE / 2


def test_a_request_in_another_thread_ends_when_the_worker_is_closed(
    make_worker: MakeWorker,
) -> None:
    worker = make_worker()
    begun = threading.Event()
    caught: list[str] = []

    def ask() -> None:
        try:
            for _ in worker.request({"id": "1", "do": "hang"}):
                begun.set()
        except WorkerFailed as error:
            caught.append(error.code)

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(DEADLINE)
    worker.close()
    thread.join(DEADLINE)
    assert caught == ["worker_closed"]


def test_closing_while_another_thread_waits_for_ready(make_worker: MakeWorker) -> None:
    worker = make_worker("never_ready")
    worker.start()
    assert eventually(lambda: worker.stderr_tail == "loading for ever")
    caught: list[str] = []

    def wait() -> None:
        try:
            worker.wait_ready()
        except WorkerFailed as error:
            caught.append(error.code)

    thread = threading.Thread(target=wait)
    thread.start()
    worker.close()
    thread.join(DEADLINE)
    assert caught == ["worker_closed"]


def kill_a_parent(state: str) -> None:
    """Kill a parent whose child is in this state, and see that the child ends."""
    with subprocess.Popen(
        (sys.executable, str(CHILDREN / "parent.py"), state),
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        try:
            assert not is_gone(child)
            parent.kill()
            parent.wait(DEADLINE)
            assert eventually(lambda: is_gone(child))
        finally:
            parent.kill()


@pytest.mark.parametrize("count", [1, pytest.param(100, marks=pytest.mark.soak)])
@pytest.mark.parametrize("state", ["idle", "busy", "loading"])
def test_no_child_outlives_a_killed_parent(state: str, count: int) -> None:
    for _ in range(count):
        kill_a_parent(state)


# The wire's format


def test_lines_are_cut_wherever_the_pipe_cuts_them() -> None:
    reading, writing = os.pipe()
    os.write(writing, b'{"a":')
    os.write(writing, b'1}\n{"b":2}\n{"c"')
    os.close(writing)
    assert list(read_lines(reading)) == [b'{"a":1}\n', b'{"b":2}\n', b'{"c"']
    os.close(reading)


@pytest.mark.parametrize("line", [b"", b"[]", b"1", b"{", b"\xff{}", b"[" * 100_000, b"null"])
def test_what_is_not_an_object_is_not_a_line(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode(line)


def test_a_line_never_holds_a_newline_of_its_own() -> None:
    line = {"text": "a\nb\r\n\u2028"}
    assert encode(line).count(b"\n") == 1
    assert decode(encode(line)) == line
    assert MAX_LINE > 1 << 20


# Reasons


@pytest.mark.parametrize(
    ("status", "words", "kind"),
    [
        (-signal.SIGABRT, "terminate called after throwing 'std::bad_alloc'", "out_of_memory"),
        (1, "MemoryError", "out_of_memory"),
        (-signal.SIGILL, "", "missing_instruction"),
        (0xC000001D, "", "missing_instruction"),
        (-signal.SIGABRT, "GGML_ASSERT failed", "aborted"),
        (-signal.SIGSEGV, "", "crashed"),
        (1, "error loading model: unknown model architecture: 'xyz'", "unsupported_file"),
        (-signal.SIGKILL, "", "killed"),
        (0, "", "exited"),
        (3, "ordinary words", "exited"),
    ],
)
def test_an_end_is_told_in_plain_words(status: int, words: str, kind: str) -> None:
    found = diagnose(status, ["earlier", *words.splitlines()])
    assert found.kind == kind
    assert found.hint.endswith(".")
    assert "SIG" not in found.sentence
    assert words == "" or words not in found.sentence


# Memory


def test_free_memory_is_what_the_machine_has_at_most() -> None:
    assert 0 < free_bytes() <= psutil.virtual_memory().total


def test_free_memory_is_measured_the_same_where_there_is_no_meminfo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    here = free_bytes()
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "none")
    assert abs(free_bytes() - here) < 0.2 * psutil.virtual_memory().total


def test_what_does_not_fit_is_refused_with_both_amounts() -> None:
    check_fits("The engine", 1)
    with pytest.raises(KnownError) as caught:
        check_fits("The engine", 10**15)
    assert caught.value.code == "not_enough_memory"
    assert "1000000.0 GB" in caught.value.message


def test_the_tightest_group_of_a_container_counts(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("4:cpu:/\n0::/outer/inner\n")
    for folder, limit, usage, cache in (
        ("outer", "5000", 4000, 500),
        ("outer/inner", "max", 3000, 0),
    ):
        group = tmp_path / folder
        group.mkdir()
        (group / "memory.max").write_text(f"{limit}\n")
        (group / "memory.current").write_text(f"{usage}\n")
        (group / "memory.stat").write_text(
            f"anon 1\ninactive_file {cache}\nactive_file {cache * 2}\nfile_mapped 7\n"
        )
    assert cgroup_free_bytes(tmp_path, own) == 2500


def test_older_groups_count_and_missing_ones_are_passed_over(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("4:memory:/host/path/that/is/not/here\n1:name=systemd:/\n0::/\n")
    group = tmp_path / "memory"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text("5000\n")
    (group / "memory.usage_in_bytes").write_text("4000\n")
    (group / "memory.stat").write_text("active_file 9\ntotal_active_file 100\n")
    assert cgroup_free_bytes(tmp_path, own) == 1100
    assert cgroup_free_bytes(tmp_path, tmp_path / "none") is None


# The command


def test_the_program_starts_itself_from_source_and_when_packed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert child_command("--worker", "x") == (sys.executable, "-m", "app", "--worker", "x")
    assert (child_directory() / "app" / "workers").is_dir()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_command("--worker", "x") == (sys.executable, "--worker", "x")
    assert child_directory() == Path(sys.executable).resolve().parent


# Listening to a child's life


def test_a_listener_hears_the_lines_before_ready_and_the_ready_line(
    make_worker: MakeWorker,
) -> None:
    heard: list[Lived] = []
    worker = make_worker("slow", listener=heard.append)
    worker.start()
    assert eventually(lambda: heard == [Early({"loading": 0.5})])
    worker.send({"control": "cancel"})
    assert heard == [Early({"loading": 0.5}), Ready(worker.wait_ready())]
    list(worker.request({"id": "1", "do": "echo"}))
    assert len(heard) == 2  # what a request is answered with is the request's


def test_a_listener_hears_of_a_death_before_the_request_fails(make_worker: MakeWorker) -> None:
    heard: list[Lived] = []
    failed = failure(make_worker(listener=heard.append), {"id": "1", "do": "abort"})
    _, over = heard
    assert isinstance(over, Over)
    assert (over.failure.code, over.failure.message) == (failed.code, failed.message)


def test_a_listener_hears_of_a_death_that_nobody_waited_for(make_worker: MakeWorker) -> None:
    heard: list[Lived] = []
    worker = make_worker(listener=heard.append)
    worker.wait_ready()
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert eventually(lambda: isinstance(heard[-1], Over))
    worker.wait_ready()
    assert [type(event) for event in heard] == [Ready, Over, Ready]


def test_a_listener_hears_why_a_child_never_became_ready(make_worker: MakeWorker) -> None:
    heard: list[Lived] = []
    make_worker("cannot", listener=heard.append).start()
    assert eventually(lambda: bool(heard))
    (over,) = heard
    assert isinstance(over, Over)
    assert (over.failure.code, over.failure.hint) == ("bad_file", "Go.")
    assert "byte 12" in over.failure.details


def test_a_listener_hears_that_a_child_was_closed(make_worker: MakeWorker) -> None:
    heard: list[Lived] = []
    worker = make_worker(listener=heard.append)
    worker.wait_ready()
    worker.close()
    worker.close()
    _, over = heard
    assert isinstance(over, Over)
    assert over.failure.code == "worker_closed"
