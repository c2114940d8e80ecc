"""llama.cpp with nothing around it, in a process of its own: what the engine is measured against.

`python -m tests.benchmarks.engine_bare MODEL CONTEXT THREADS BATCH` takes lines `prefill N` and
`decode N` and answers each with the milliseconds it took; `decode` goes on after the last prefill.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from app.engine.native.binding import llama, start_backend


class Bare:
    """A model and a context, and `llama_decode` on them."""

    def __init__(self, model: Path, context: int, threads: int, batch: int) -> None:
        start_backend(lambda level, text: None)
        self._model = llama.llama_model_load_from_file(
            str(model).encode(), llama.llama_model_default_params()
        )
        params = llama.llama_context_default_params()
        params.n_ctx = context
        params.n_batch = params.n_ubatch = batch
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = llama.LLAMA_FLASH_ATTN_TYPE_DISABLED  # as the engine has it
        params.no_perf = True
        self._context = llama.llama_init_from_model(self._model, params)
        self._memory = llama.llama_get_memory(self._context)
        self._batch = batch
        self._token = 1

    def prefill(self, count: int) -> float:
        """Milliseconds for a prompt of `count` tokens in an empty context."""
        llama.llama_memory_clear(self._memory, True)
        tokens = [300 + (7 * place) % 5000 for place in range(count)]
        began = time.perf_counter()
        for start in range(0, count, self._batch):
            self._decode(tokens[start : start + self._batch])
        llama.llama_get_logits_ith(self._context, -1)
        return (time.perf_counter() - began) * 1e3

    def decode(self, count: int) -> float:
        """Milliseconds for `count` tokens, one after the other."""
        array = (llama.llama_token * 1)(self._token)
        began = time.perf_counter()
        for _ in range(count):
            llama.llama_decode(self._context, llama.llama_batch_get_one(array, 1))
            llama.llama_get_logits_ith(self._context, -1)
        return (time.perf_counter() - began) * 1e3

    def _decode(self, tokens: list[int]) -> None:
        array = (llama.llama_token * len(tokens))(*tokens)
        llama.llama_decode(self._context, llama.llama_batch_get_one(array, len(tokens)))


def main() -> None:
    """Serve the lines of stdin."""
    model, context, threads, batch = sys.argv[1:]
    bare = Bare(Path(model), int(context), int(threads), int(batch))
    print("ready", flush=True)
    for line in sys.stdin:
        what, count = line.split()
        work = bare.prefill if what == "prefill" else bare.decode
        print(work(int(count)), flush=True)


if __name__ == "__main__":
    main()
