"""What the starter model makes of requests: on ways of asking held out, by hand, and with noise.

`tests/fixtures/starter` says where the sentences written by hand come from. They run inside the
whole program, on the sample mailbox and calendar; held-out examples run in the engine alone.
"""

from __future__ import annotations

import statistics
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from random import Random

from app.agent.dialogue import result_told
from app.compose import STARTER_MODEL
from app.core.events import Finished, ToolCallReady
from app.core.messages import Message, ToolCall
from app.core.ports import GenerateRequest
from app.engine.client import EngineClient, engine_worker
from app.tools.schemas import DECLARED
from models.training.calls import Call
from models.training.corpus import WEIGHTS, Corpus
from tests.benchmarks.rows import Row
from tests.support.starter_cases import FILES, Bench, Tally, cases, judge

HELD_OUT = 1000
OUTSIDE = 300
MOST_BYTES = 25_000_000
CONFIDENT = (0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
"""Borders of the bins in which confidence is held against what was right."""
BARS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Where `phial.sure_from` might be put."""


def measure(model: Path = STARTER_MODEL) -> Iterator[Row]:
    """The rows, as they are measured."""
    yield from _of_the_engine(model)
    with tempfile.TemporaryDirectory() as folder, closing(Bench(Path(folder), model)) as bench:
        tally = _run(bench, noisy=False)
        yield from _by_hand(tally)
        yield from _with_noise(tally, _run(bench, noisy=True))


def _of_the_engine(model: Path) -> Iterator[Row]:
    with closing(EngineClient(engine_worker(model))) as engine:
        load = engine.capabilities().timings["load"]
        corpus, rng = Corpus(held_out=True), Random("bench")
        tools = [tool for tool in WEIGHTS if corpus.has(tool)]
        right = exact = 0
        took: list[float] = []
        sure: list[tuple[float, bool]] = []
        for place in range(HELD_OUT):
            wanted = corpus.request(rng, tools[place % len(tools)])
            calls, end = _asked(engine, wanted.last.text, wanted.last.result)
            named = [call["name"] for call in wanted.last.calls]
            is_exact = [_plain(call) for call in wanted.last.calls] == calls
            right += [name for name, _ in calls] == named
            exact += is_exact
            if calls and end is not None:
                took.append(sum(end.timings.values()))
                sure.append((end.confidence, is_exact))
        yield _at_least("held out: tool right", 100 * right / HELD_OUT, 98)
        yield _at_least("held out: call exactly right", 100 * exact / HELD_OUT, 90)
        refused = 0
        for _ in range(OUTSIDE):
            calls, _ = _asked(engine, corpus.chat(rng, "outside").last.text)
            refused += not calls
        yield _at_least("held out: out of field refused", 100 * refused / OUTSIDE, 95)
    for low, high in pairwise(CONFIDENT):
        hits = [is_exact for confidence, is_exact in sure if low <= confidence < high]
        if hits:
            name = f"  right at confidence {low:.2f} to {min(high, 1):.2f} ({len(hits)})"
            yield Row(name, 100 * sum(hits) / len(hits), "%")
    for bar in BARS:
        wrong = sum(confidence >= bar and not is_exact for confidence, is_exact in sure)
        vain = sum(confidence < bar and is_exact for confidence, is_exact in sure)
        yield Row(f"  bar {bar}: wrong and not asked", 100 * wrong / len(sure), "%")
        yield Row(f"  bar {bar}: right and asked", 100 * vain / len(sure), "%")
    slowest = statistics.quantiles(took, n=20)[-1]
    yield Row("prompt to call, p95", slowest, "ms", goal="<= 120 ms", ok=slowest <= 120)
    yield Row("  median", statistics.median(took), "ms")
    size = model.stat().st_size
    yield Row("file", size / 1e6, "MB", goal="<= 25 MB", ok=size <= MOST_BYTES)
    yield Row("load", load, "ms", goal="<= 100 ms", ok=load <= 100)


def _asked(
    engine: EngineClient, text: str, heard: str = ""
) -> tuple[list[tuple[str, object]], Finished | None]:
    """The calls for a message, comparable, and how the generation ended."""

    told = (result_told([heard]),) if heard else ()
    request = GenerateRequest(
        id=uuid.uuid4().hex, messages=(*told, Message.of("user", text)), tools=DECLARED,
        spans=(text,),
    )  # fmt: skip
    calls: list[tuple[str, object]] = []
    end = None
    for event in engine.generate(request):
        if isinstance(event, ToolCallReady):
            calls.append(_call(event.call))
        elif isinstance(event, Finished):
            end = event
    return calls, end


def _call(call: ToolCall) -> tuple[str, object]:
    return call.name, {name: _stripped(value) for name, value in call.arguments.items()}


def _plain(call: Call) -> tuple[str, object]:
    return call["name"], {name: _stripped(value) for name, value in call["arguments"].items()}


def _stripped(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_stripped(each) for each in value]
    return value.strip() if isinstance(value, str) else value


def _run(bench: Bench, *, noisy: bool) -> Tally:
    tally = Tally()
    for name in FILES:
        for case in cases(name):
            tried = case.noisy() if noisy else case
            tally.verdicts.append(judge(tried, *bench.run(tried)))
    return tally


def _by_hand(tally: Tally) -> Iterator[Row]:
    yield _at_least("by hand: tool right", tally.share("tool"), 95)
    yield _at_least("by hand: right in effect", tally.share("effect"), 85)
    outside = tally.share("refused", only=["outside"])
    yield _at_least("by hand: out of field refused", outside, 95)
    inside = sorted({each.case.category for each in tally.verdicts if not each.case.answer})
    yield _at_most("by hand: in field refused", tally.share("refused", only=inside), 2)
    yield _at_most("by hand: wrong action, not asked", tally.share("wrong_action"), 3)
    yield _at_most("by hand: wrong action, no card", tally.share("wrong_at_once"), 1)
    yield Row("  asked back though right", tally.share("asked_in_vain"), "%")
    counts = Counter(each.case.category for each in tally.verdicts)
    for category, count in sorted(counts.items()):
        effect = tally.share("effect", only=[category])
        yield Row(f"  {category} ({count}): right in effect", effect, "%")


def _with_noise(clean: Tally, noisy: Tally) -> Iterator[Row]:
    for name, of in (("tool right", "tool"), ("right in effect", "effect")):
        lost = clean.share(of) - noisy.share(of)
        yield Row(f"with noise: {name}", noisy.share(of), "%", clean.share(of),
                  "at most 4 points lower", lost <= 4)  # fmt: skip


def _at_least(name: str, value: float, goal: float) -> Row:
    return Row(name, value, "%", goal=f">= {goal} %", ok=value >= goal)


def _at_most(name: str, value: float, goal: float) -> Row:
    return Row(name, value, "%", goal=f"<= {goal} %", ok=value <= goal)
