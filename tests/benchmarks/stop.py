"""How long after a stop is asked for the engine has stopped, on a model slow enough to notice.

The baseline is the time the same work takes when it is let finish, so the ratio says how much of
it a stop saves.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from pathlib import Path

from app.core.events import Finished
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.client import EngineClient, engine_worker
from tests.benchmarks.rows import Row
from tests.support.synthetic_gguf import SLOW, write

GOAL_MS = 100.0
ROUNDS = 9
DELAY_S = 0.25


def measure() -> list[Row]:
    """Medians over ROUNDS stops in prefill and in decode."""
    with tempfile.TemporaryDirectory() as folder:
        engine = EngineClient(engine_worker(write(Path(folder) / "slow.gguf", SLOW)))
        try:
            engine.capabilities()
            words = {"prefill": "word " * 380, "decode": "word"}
            return [_row(engine, name, text) for name, text in words.items()]
        finally:
            engine.close()


def _row(engine: EngineClient, name: str, text: str) -> Row:
    after: list[float] = []
    for index in range(ROUNDS):
        # Other words each time: what the context holds already is not evaluated again.
        asked = _request(f"{name}{index}", f"{index} {text}", max_tokens=1000)
        at: list[float] = []

        def stop(name: str = asked.id, at: list[float] = at) -> None:
            at.append(time.perf_counter())
            engine.cancel(name)

        timer = threading.Timer(DELAY_S, stop)
        timer.start()
        *_, last = engine.generate(asked)
        ended = time.perf_counter()
        timer.join()
        assert isinstance(last, Finished)
        assert last.reason == "cancelled", f"the {name} was over before it could be stopped"
        after.append((ended - at[0]) * 1e3)
    began = time.perf_counter()
    list(engine.generate(_request("whole", f"whole {text}", max_tokens=1 if len(text) > 9 else 50)))
    whole = (time.perf_counter() - began) * 1e3
    value = statistics.median(after)
    return Row(f"stop in {name}", value, "ms", whole, f"<= {GOAL_MS:.0f} ms", value <= GOAL_MS)


def _request(name: str, text: str, max_tokens: int) -> GenerateRequest:
    return GenerateRequest(name, (Message.of("user", text),), max_tokens=max_tokens)
