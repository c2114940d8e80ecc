"""What the engine itself costs a token: the loop's time less that of `llama_decode`."""

from __future__ import annotations

import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from app.core.events import Finished
from app.core.messages import Message
from app.core.ports import GenerateRequest
from app.engine.native import held
from app.engine.native.generation import Generator
from app.engine.native.model import NativeModel
from tests.support.synthetic_gguf import TALKER, write

TOKENS, SHARE = 4000, 500
SHAPE = replace(
    TALKER,
    width=1024,
    layers=1,
    heads=16,
    heads_kv=1,
    feed_forward=8192,
    context=8192,
    favourite="x",
)
"""55 MB, all read by every decode, and 1 MB of keys and values at the end: the caches are as cold
at the beginning as they are then.
"""


def own_time_ms() -> tuple[float, float]:
    """Milliseconds a token over the first and the last 500 of an answer of 4,000.

    In this process, on a small model: what is measured does not depend on the model.
    """
    with tempfile.TemporaryDirectory() as folder:
        model = NativeModel(write(Path(folder) / "small.gguf", SHAPE), context=5000, threads=1)
        try:
            return _measured(model)
        finally:
            model.close()


def _measured(model: NativeModel) -> tuple[float, float]:
    decode = held.llama.llama_decode
    begun: list[float] = []
    ended: list[float] = []

    def timed(*arguments: object) -> int:
        begun.append(time.perf_counter())
        status: int = decode(*arguments)
        ended.append(time.perf_counter())
        return status

    held.llama.llama_decode = timed
    try:
        request = GenerateRequest("long", (Message.of("user", "word"),), max_tokens=TOKENS)
        *_, last = Generator(model).run(request)
    finally:
        held.llama.llama_decode = decode
    assert isinstance(last, Finished)
    assert last.completion_tokens == TOKENS
    own = [(start - end) * 1e3 for end, start in zip(ended[1:], begun[2:], strict=False)]
    return statistics.median(own[:SHARE]), statistics.median(own[-SHARE:])
