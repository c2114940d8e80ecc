"""The engine against llama.cpp with nothing around it, on a model of Phi-4-mini's shape.

Without `--model` the model is one of random weights, written into the cache folder once (2.4 GB).
Both sides are child processes on the same file; their runs take turns, and what is compared are
medians. Ratios hold on a noisy machine, milliseconds do not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import platformdirs
import psutil

from app.agent.prompts import PLANNER
from app.core.events import (
    EngineEvent,
    Finished,
    Progress,
    TextDelta,
    ThoughtDelta,
    ToolCallReady,
)
from app.core.messages import Message
from app.core.ports import GenerateRequest, Prefix
from app.engine.client import EngineClient, EngineOptions, engine_worker
from app.tools.schemas import DECLARED
from tests.benchmarks.engine_own_time import own_time_ms
from tests.benchmarks.rows import Row
from tests.support import phi4_mini_shape
from tests.support.commands import ROOT

CONTEXT, THREADS, BATCH = 4096, 2, 512
ROUNDS = 5
FIRSTS = 3
WARM_S = 3.0
"""The user types for so long before the first request."""

DECODED = 32
LONGEST = 1600
"""Tokens of the longest prompt here, nearly."""

CALL = 500
"""Tokens a call may take; a model of noise writes long ones."""

CANCELS = 50
ANSWERS = 100
WORDS = ("tomorrow", "meeting", "lunch", "with", "the", "team", "notes", "from", "last", "week")
TOOLS = DECLARED[:14]
"""As many as make 1,500 tokens of instructions in the made-up vocabulary: what all of them take in
Phi-4-mini's own.
"""

QUESTION = "[Now: Wednesday 2026-11-18 09:30, Europe/Berlin]\n\nMove my 3pm with Anna to Friday."


def measure(model: Path | None = None) -> Iterator[Row]:
    """The rows of the table, each group as soon as it is measured."""
    file = model or _written_model()
    yield from _against_bare(file)
    with tempfile.TemporaryDirectory() as folder:
        yield from _first_tokens(file, Path(folder))
    yield from _cancels(file)
    yield _constant_cost()


def _written_model() -> Path:
    path = platformdirs.user_cache_path("phial", appauthor=False) / "bench" / "phi4-mini-shape.gguf"
    if not path.exists():
        print(f"Writing a model of Phi-4-mini's shape (2.4 GB) to {path}", file=sys.stderr)
        phi4_mini_shape.write(path)
    return path


class _Bare:
    """The other side: see `engine_bare`."""

    def __init__(self, model: Path) -> None:
        words = [str(model), str(CONTEXT), str(THREADS), str(BATCH)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.engine_bare", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.pid = self._process.pid
        self._line()

    def prefill(self, tokens: int) -> float:
        """Milliseconds."""
        return self._asked(f"prefill {tokens}")

    def decode(self, tokens: int) -> float:
        """Milliseconds."""
        return self._asked(f"decode {tokens}")

    def close(self) -> None:
        """End it."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()

    def _asked(self, line: str) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def _engine(model: Path, cache: Path | None = None) -> Iterator[EngineClient]:
    """A loaded engine with the same context and threads as the bare one."""
    options = EngineOptions(context=CONTEXT, threads=THREADS, cpu_only=True, cache=cache)
    engine = EngineClient(engine_worker(model, options), cache)
    try:
        engine.capabilities()
        yield engine
    finally:
        engine.close()


class _Timed:
    """One generation and when its events arrived in this process, in seconds from the request."""

    def __init__(self, engine: EngineClient, request: GenerateRequest) -> None:
        self.events: list[tuple[float, EngineEvent]] = []
        began = time.perf_counter()
        for event in engine.generate(request):
            self.events.append((time.perf_counter() - began, event))
        last = self.events[-1][1]
        if not isinstance(last, Finished):
            raise SystemExit(f"The engine did not finish: {last}")
        self.finished = last

    @property
    def first(self) -> float:
        """When the first token of the answer came; of a call, when the call did."""
        kinds = (TextDelta, ThoughtDelta, ToolCallReady, Finished)
        return next(at for at, event in self.events if isinstance(event, kinds))

    @property
    def token_ms(self) -> float:
        """Milliseconds a token, from the end of the prompt to the last event's arrival."""
        prompt = max(at for at, event in self.events if event == self._read)
        return (self.events[-1][0] - prompt) * 1e3 / max(1, self.finished.completion_tokens)

    @property
    def _read(self) -> Progress:
        """The event that says all of the prompt was read."""
        tokens = self.finished.prompt_tokens
        return Progress("prefill", tokens, tokens)


def _request(name: str, text: str, **changes: object) -> GenerateRequest:
    values: dict[str, object] = {"messages": (Message.of("user", text),), "max_tokens": DECODED}
    return GenerateRequest(id=name, **(values | changes))  # type: ignore[arg-type]


def _against_bare(model: Path) -> list[Row]:
    """Decode, prefill and memory beside the bare loop; calls beside free text."""
    decode: list[tuple[float, float]] = []
    prefill: list[tuple[float, float]] = []
    with ExitStack() as stack:
        bare = stack.enter_context(closing(_Bare(model)))
        engine = stack.enter_context(_engine(model))
        for number in range(ROUNDS):
            text = _words(number, 280)
            read = _Timed(engine, _request(f"read {number}", text, max_tokens=1)).finished
            tokens = read.evaluated_tokens
            prefill.append((tokens / read.timings["prefill"], tokens / bare.prefill(tokens)))
            ours = _Timed(engine, _request(f"say {number}", f"{text}."))
            decode.append((1e3 / ours.token_ms, 1e3 * DECODED / bare.decode(DECODED)))
        calls = _calls(engine)
        grown = _growth(engine)
        bare.prefill(
            LONGEST
        )  # what has been used of the work buffers counts: as much on both sides
        assert engine.pid is not None
        beyond = (_resident(engine.pid) - _resident(bare.pid)) / 1e6
    return [
        _rate("decode: events in the parent", decode, 0.97),
        _rate("decode in a call", calls, 0.95),
        _rate("prefill", [(ours * 1e3, theirs * 1e3) for ours, theirs in prefill], 0.98),
        Row("memory beyond the bare process", beyond, "MB", None, "<= 60 MB", beyond <= 60),
        Row("parent's growth, 100 answers", grown, "MB", None, "<= 5 MB", grown <= 5),
    ]


def _rate(name: str, pairs: list[tuple[float, float]], goal: float) -> Row:
    """A row of tokens a second against the other side's: medians, compared as a ratio."""
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(name, ours, "tok/s", theirs, f">= {goal:.2f}", ours / theirs >= goal)


def _calls(engine: EngineClient) -> list[tuple[float, float]]:
    """Tokens a second in a call under the schemas of all tools, and in free text as far along."""
    messages = (Message.of("system", PLANNER), Message.of("user", QUESTION))
    pairs = []
    for number in range(-1, ROUNDS):
        changes: dict[str, object] = {
            "messages": messages,
            "tools": DECLARED,
            "spans": (QUESTION,),
            "temperature": 0.9,
            "seed": number + 1,
        }
        call = _Timed(
            engine, _request(f"call {number}", "", must_call=True, max_tokens=CALL, **changes)
        )
        as_long = call.finished.completion_tokens
        free = _Timed(engine, _request(f"free {number}", "", max_tokens=as_long, **changes))
        pairs.append((1e3 / call.token_ms, 1e3 / free.token_ms))
    return pairs[1:]  # the first call of all waits for the vocabulary to be taken in


def _growth(engine: EngineClient) -> float:
    """Megabytes this process grows by over 100 answers."""
    for number in range(5):
        _Timed(engine, _request(f"before {number}", "word", max_tokens=4))
    before = _resident(os.getpid())
    for number in range(ANSWERS):
        _Timed(engine, _request(f"answer {number}", f"word {number}", max_tokens=4))
    return max(0.0, (_resident(os.getpid()) - before) / 1e6)


def _first_tokens(model: Path, cache: Path) -> list[Row]:
    """The first token with the saved prefix against evaluating it; and the second turn."""
    messages = (Message.of("system", PLANNER), Message.of("user", QUESTION))
    alone: list[float] = []
    evaluated: list[float] = []
    warmed: list[float] = []
    restored: list[float] = []
    beyond = 0.0
    for number in range(FIRSTS):
        with _engine(model) as engine:
            asked = _request("evaluate", "", messages=messages, tools=TOOLS, max_tokens=1)
            evaluated.append(_Timed(engine, asked).first)
        with _engine(model) as engine:
            alone.append(_Timed(engine, _request("alone", QUESTION, max_tokens=1)).first)
        asked = replace(asked, conversation=str(number))
        if number == 0:  # saves it
            with _engine(model, cache) as engine:
                _Timed(engine, asked)
        with _engine(model, cache) as engine:
            restored.append(_Timed(engine, asked).first)
        with _engine(model, cache) as engine:
            engine.warm(Prefix(messages[:1], TOOLS))
            time.sleep(WARM_S)
            first = _Timed(engine, replace(asked, id="warm", max_tokens=DECODED))
            warmed.append(first.first)
            beyond = max(beyond, _second_turn(engine, asked, first))
    sooner = statistics.median(evaluated) / statistics.median(warmed)
    over = statistics.median(warmed) / statistics.median(alone)
    return [
        Row("first token, prefix saved", statistics.median(warmed), "s",
            statistics.median(evaluated), ">= 20 times sooner", sooner >= 20),
        Row("  and read in the request itself", statistics.median(restored), "s",
            statistics.median(evaluated)),
        Row("  and against the message alone", statistics.median(warmed), "s",
            statistics.median(alone), "<= 1.30", over <= 1.3),
        Row("second turn: tokens beyond the new", beyond, "", None, "<= 8", beyond <= 8),
    ]  # fmt: skip


def _second_turn(engine: EngineClient, asked: GenerateRequest, first: _Timed) -> float:
    """Tokens evaluated in a second turn beyond those of its message."""
    answer = "".join(event.text for _, event in first.events if isinstance(event, TextDelta))
    again = Message.of("user", "And what about next week, in the morning if possible?")
    messages = (*asked.messages, Message.of("assistant", answer), again)
    second = _Timed(engine, replace(asked, id="second", messages=messages))
    new = _Timed(engine, GenerateRequest("new", (again,), max_tokens=1))
    return second.finished.evaluated_tokens - new.finished.prompt_tokens


def _cancels(model: Path) -> list[Row]:
    """Milliseconds from a cancel to the end of the generation, and the context usable after."""
    rows = []
    with _engine(model) as engine:
        for where in ("prefill", "decode"):
            took: list[float] = []
            for number in range(CANCELS):
                text = _words(number, 800) if where == "prefill" else f"word {number}"
                asked = _request(f"{where} {number}", text, max_tokens=1000)
                # Spread over the batch or token it falls into.
                took.append(_cancelled_after(engine, asked, 0.4 + 0.017 * (number % 23)))
            usable = _Timed(engine, _request(f"after {where}", "word", max_tokens=2))
            worst = max(took) if usable.finished.reason == "length" else float("inf")
            rows.append(
                Row(f"cancel in {where}, worst of {CANCELS}", worst, "ms",
                    statistics.median(took), "<= 100 ms", worst <= 100)
            )  # fmt: skip
    return rows


def _cancelled_after(engine: EngineClient, asked: GenerateRequest, delay: float) -> float:
    at: list[float] = []

    def cancel() -> None:
        at.append(time.perf_counter())
        engine.cancel(asked.id)

    timer = threading.Timer(delay, cancel)
    timer.start()
    timed = _Timed(engine, asked)
    ended = time.perf_counter()
    timer.join()
    if timed.finished.reason != "cancelled":
        raise SystemExit(f"{asked.id} was over before it could be stopped")
    return (ended - at[0]) * 1e3


def _constant_cost() -> Row:
    """The engine's own time a token at the end of a long answer against its beginning."""
    first, last = own_time_ms()
    return Row("own time a token, 4,000th", last, "ms", first, "<= 1.10", last / first <= 1.1)


def _words(seed: int, count: int) -> str:
    random = Random(seed)
    return " ".join(random.choice(WORDS) for _ in range(count))


def _resident(pid: int) -> int:
    """Bytes of memory a process has in use, with the model file's pages it has touched."""
    return int(psutil.Process(pid).memory_info().rss)
