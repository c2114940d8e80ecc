"""What an engine process has read, kept over its end: prefixes, conversations, and kills."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from app.core.messages import Message
from app.core.ports import GenerateRequest, Prefix
from app.engine.state_files import CONVERSATIONS, PREFIXES
from app.engine.wire import prefix_to_json, request_to_json
from app.workers.command import child_command, child_directory
from app.workers.life import WorkerFailed
from app.workers.supervisor import Worker, WorkerSpec
from tests.support.synthetic_gguf import Shape, write

DEADLINE = 30.0
RULES = Message.of("system", "Be brief, be kind, and never say more than was asked for. " * 6)
LONG = "A long story about a lake, a boat, and those who went out in it. " * 5
MARKUP = 8  # control tokens around a message and its answer, at most

# With 16 KB a token, a state is large enough for a kill to find it half written.
SHAPE = Shape(width=256, layers=16, heads_kv=4, fillers=5_000)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    return write(folder / "a.gguf", SHAPE, 1), write(folder / "b.gguf", SHAPE, 2)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@contextmanager
def engine(model: Path, cache: Path) -> Iterator[Worker]:
    """An engine process, ended at the end."""
    words = ["--engine-host", "--model", str(model), "--cache", str(cache), "--context", "2048"]
    worker = Worker(
        WorkerSpec(
            name="engine",
            command=child_command(*words),
            cwd=child_directory(),
            ready_timeout=DEADLINE,
            silence_timeout=DEADLINE,
        )
    )
    try:
        worker.wait_ready()
        yield worker
    finally:
        worker.close()


def asked(name: str, *said: str, conversation: str) -> Mapping[str, object]:
    """A request that begins with RULES; `said` are the user's and the model's words in turn."""
    roles = ("user", "assistant")
    messages = [Message.of(roles[place % 2], text) for place, text in enumerate(said)]
    request = GenerateRequest(
        name, (RULES, *messages), max_tokens=12, conversation=conversation, temperature=1.0
    )
    return request_to_json(request)


def answer(worker: Worker, payload: Mapping[str, object]) -> tuple[str, dict[str, Any]]:
    """What is answered, and the line it ends with."""
    text = ""
    line: Mapping[str, Any] = {}
    for line in worker.request(payload):
        text += line["text"] if line.get("event") == "TextDelta" else ""
    assert line["event"] == "Finished", line
    return text, dict(line)


def warm(worker: Worker) -> list[Mapping[str, object]]:
    """Warm up with RULES to the end."""
    return list(worker.request({"id": "warm", "warm": prefix_to_json(Prefix((RULES,)))}))


def states(cache: Path, kind: str = "") -> list[Path]:
    """The files of states, also unfinished ones."""
    return [path for path in (cache / "states").glob("*") if path.name.startswith(kind)]


def test_after_a_restart_only_the_message_is_read(models: tuple[Path, Path], cache: Path) -> None:
    with engine(models[0], cache) as worker:
        _, first = answer(worker, asked("r1", "hello", conversation="1"))
        assert first["evaluated_tokens"] == first["prompt_tokens"] > 300
    with engine(models[0], cache) as worker:
        _, second = answer(worker, asked("r2", "and now?", conversation="2"))
        assert second["evaluated_tokens"] <= len("and now?") + MARKUP


def test_a_warm_up_serves_the_first_request(models: tuple[Path, Path], cache: Path) -> None:
    with engine(models[0], cache) as worker:
        assert warm(worker)[-1] == {"id": "warm", "end": True}
        assert len(states(cache, "prefix")) == 1
        _, first = answer(worker, asked("r1", "hello", conversation="1"))
        assert first["evaluated_tokens"] <= len("hello") + MARKUP


def test_a_cancel_of_a_warm_up_that_is_over_does_not_reach_the_next(
    models: tuple[Path, Path], cache: Path
) -> None:
    with engine(models[0], cache) as worker:
        warm(worker)
        (prefix,) = states(cache, "prefix")
        worker.send({"control": "cancel", "id": "warm"})
        answer(worker, asked("r1", LONG, conversation="1"))
        prefix.unlink()
        answer(worker, request_to_json(GenerateRequest("r2", (Message.of("user", "x"),))))
        worker.send({"control": "cancel", "id": "warm"})
        warm(worker)
        assert states(cache, "prefix")


def test_a_cancel_that_overtakes_its_request_holds(models: tuple[Path, Path], cache: Path) -> None:
    with engine(models[0], cache) as worker:
        worker.send({"control": "cancel", "id": "r1"})
        _, end = answer(worker, asked("r1", "hello", conversation="1"))
        assert end["reason"] == "cancelled"
        _, end = answer(worker, asked("r2", "hello", conversation="1"))
        assert end["reason"] != "cancelled"


def test_a_conversation_left_for_another_is_gone_on_with_after_a_restart(
    models: tuple[Path, Path], cache: Path
) -> None:
    with engine(models[0], cache) as worker:
        said, _ = answer(worker, asked("r1", LONG, conversation="1"))
        answer(worker, asked("r2", "hello", conversation="2"))
        assert len(states(cache, "conversation")) == 1
        went_on, _ = answer(worker, asked("r3", LONG, said, "go on", conversation="1"))
    with engine(models[0], cache) as worker:
        again, end = answer(worker, asked("r4", LONG, said, "go on", conversation="1"))
        assert end["evaluated_tokens"] <= len("go on") + MARKUP
        assert again == went_on


def test_a_forgotten_conversation_leaves_no_file(models: tuple[Path, Path], cache: Path) -> None:
    with engine(models[0], cache) as worker:
        answer(worker, asked("r1", LONG, conversation="1"))
        answer(worker, asked("r2", "hello", conversation="2"))
        assert states(cache, "conversation")
        worker.send({"control": "forget", "conversation": "1"})
        wait_until(lambda: not states(cache, "conversation"))
        # One that is held, and forgotten while another answer is under way.
        said, _ = answer(worker, asked("r3", LONG, conversation="3"))
        lines = worker.request(asked("r4", LONG, said, "go on", conversation="3"))
        next(lines)
        worker.send({"control": "forget", "conversation": "3"})
        *_, last = lines
        _, end = answer(worker, asked("r5", LONG, said, "go on", conversation="3"))
        assert last["evaluated_tokens"] < len(LONG) < end["evaluated_tokens"]
        assert not states(cache, "conversation")


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for something another process does."""
    limit = time.monotonic() + DEADLINE
    while not holds():
        assert time.monotonic() < limit, "it did not happen"
        time.sleep(0.0005)


def test_a_damaged_state_is_made_again(models: tuple[Path, Path], cache: Path) -> None:
    with engine(models[0], cache) as worker:
        warm(worker)
    (prefix,) = states(cache)
    data = bytearray(prefix.read_bytes())
    data[len(data) // 3] ^= 4
    prefix.write_bytes(data)
    with engine(models[0], cache) as worker:
        _, first = answer(worker, asked("r1", "hello", conversation="1"))
        assert first["evaluated_tokens"] == first["prompt_tokens"]
    with engine(models[0], cache) as worker:
        _, second = answer(worker, asked("r2", "hello", conversation="1"))
        assert second["evaluated_tokens"] <= len("hello") + MARKUP


def test_another_models_states_are_not_used(models: tuple[Path, Path], cache: Path) -> None:
    with engine(models[0], cache) as worker:
        warm(worker)
    with engine(models[1], cache) as worker:
        _, end = answer(worker, asked("r1", "hello", conversation="1"))
        assert end["evaluated_tokens"] == end["prompt_tokens"]
    assert len(states(cache, "prefix")) == 2


def test_kills_while_saving_leave_a_usable_folder(models: tuple[Path, Path], cache: Path) -> None:
    moments = random.Random(5)
    for number in range(20):
        with engine(models[0], cache) as worker:
            child = psutil.Process(worker.pid)
            asking = threading.Thread(target=two_conversations, args=(worker, number))
            asking.start()
            # One is being written now, or was: a save takes some milliseconds.
            while not unfinished(cache) and asking.is_alive():
                time.sleep(0.0005)
            time.sleep(moments.random() * 0.01)
            child.kill()
            asking.join()
    with engine(models[0], cache) as worker:
        assert unfinished(cache) == []
        said, _ = answer(worker, asked("a", LONG, conversation="new"))
        answer(worker, asked("b", "hello", conversation="other"))
        _, end = answer(worker, asked("c", LONG, said, "go on", conversation="new"))
        assert end["evaluated_tokens"] <= len("go on") + MARKUP
        assert 1 <= len(states(cache)) <= CONVERSATIONS + PREFIXES


def two_conversations(worker: Worker, number: int) -> None:
    """Ask in one, then in another, which leads to saves; the process may be gone any time."""
    with suppress(WorkerFailed):
        answer(worker, asked("a", f"{number} {LONG}", conversation=f"a{number}"))
        answer(worker, asked("b", f"{number} {LONG}", conversation=f"b{number}"))
        answer(worker, asked("c", f"{number} {LONG}", conversation=f"c{number}"))


def unfinished(cache: Path) -> list[Path]:
    """States that are being written, or were by a process that is gone."""
    return [path for path in states(cache) if path.name.endswith(".unfinished")]
