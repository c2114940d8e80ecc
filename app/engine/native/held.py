"""What a context holds: the tokens whose keys and values are in it; evaluating, saving, restoring.

Which tokens those should be is decided elsewhere.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.core.errors import KnownError
from app.engine.native.binding import llama
from app.engine.native.model import NativeModel

_ABORTED = 2  # llama_decode's answer when the abort callback said stop
_LEAST_BATCH = 32
_LONGEST_BATCH_S = 0.08  # of back ends that only stop between batches
_LONGEST_STEP_S = 0.06  # on the CPU, which stops between the steps of a batch ...
_STEP_OF_LAYER = 0.4  # ... of which the longest takes this much of a layer


class Held:
    """The tokens a model's one context holds, in order. `tokens` is always true of the context."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self.tokens: list[int] = []
        self._pace = _Pace(model)

    def evaluate(self, tokens: Sequence[int]) -> bool:
        """Decode at most a batch of `tokens` after those held; False if stopped.

        What was held before still is. The logits of the last token are there for sampling.
        Raises KnownError("decode_failed").
        """
        model = self._model
        if model.stop.is_set():
            return False
        array = (llama.llama_token * len(tokens))(*tokens)
        status = llama.llama_decode(model.context, llama.llama_batch_get_one(array, len(tokens)))
        if status == 0:
            self.tokens += tokens
            return True
        self.keep(len(self.tokens))  # of what was begun
        if status == _ABORTED:
            return False
        raise KnownError(
            "decode_failed",
            f"The model could not go on (llama.cpp answered {status}).",
            "Try again; if it stays so, choose another model file.",
        )

    def keep(self, count: int) -> None:
        """Drop what follows the first `count` tokens; everything, where that cannot be done."""
        if not llama.llama_memory_seq_rm(self._model.memory, 0, count, -1):
            llama.llama_memory_clear(self._model.memory, True)
            count = 0
        del self.tokens[count:]

    def common(self, prompt: Sequence[int]) -> int:
        """With how many of its tokens `prompt` begins as the context does."""
        return common(self.tokens, prompt)

    def prefill(self, prompt: Sequence[int]) -> Iterator[int | None]:
        """Hold exactly `prompt`, evaluating what is not held; tokens done so far, None if stopped.

        The last token is always evaluated again: its logits begin the answer.
        """
        self.keep(min(self.common(prompt), len(prompt) - 1))
        yield from self.extend(prompt, len(prompt))

    def extend(self, prompt: Sequence[int], end: int) -> Iterator[int | None]:
        """Evaluate `prompt` from where the context, which holds its beginning, leaves off.

        Up to `end`; tokens done so far, None if stopped.
        """
        while len(self.tokens) < end:
            start = len(self.tokens)
            batches = -(-(end - start) // self._pace.batch)  # alike: a small rest is slow
            batch = prompt[start : start - (start - end) // batches]
            began = time.perf_counter()
            if not self.evaluate(batch):
                yield None
                return
            self._pace.took(len(batch), began)
            yield len(self.tokens)

    @property
    def state_bytes(self) -> int:
        """About how many bytes `save` writes."""
        return int(llama.llama_state_seq_get_size(self._model.context, 0))

    def save(self, path: Path) -> bool:
        """Write the keys and values of all tokens held into a file; False if it did not work."""
        none = (llama.llama_token * 1)()
        written = llama.llama_state_seq_save_file(
            self._model.context, os.fsencode(path), 0, none, 0
        )
        # What it could not write when it closed the file, it does not say.
        return bool(written > 0 and path.stat().st_size == written)

    def restore(self, path: Path, tokens: Sequence[int]) -> bool:
        """Hold what `save` wrote when `tokens`, or as many of them as it says, were held.

        False, and nothing is held, if llama.cpp refuses it.
        """
        model = self._model
        none, count = (llama.llama_token * 1)(), ctypes.c_size_t()
        self.keep(0)
        read = llama.llama_state_seq_load_file(
            model.context, os.fsencode(path), 0, none, len(none), ctypes.byref(count)
        )
        held = llama.llama_memory_seq_pos_max(model.memory, 0) + 1
        if not read or not 0 < held <= len(tokens):
            self.keep(0)
            return False
        self.tokens = list(tokens[:held])
        return True


class _Pace:
    """How many tokens to evaluate at once, so that a stop is quick: found while evaluating."""

    def __init__(self, model: NativeModel) -> None:
        self._model = model
        self._at_once = model.backend != "CPU"
        layers = llama.llama_model_n_layer(llama.llama_get_model(model.context))
        self._limit = _LONGEST_BATCH_S if self._at_once else _LONGEST_STEP_S
        self._share = 1.0 if self._at_once else _STEP_OF_LAYER / max(1, layers)
        self.batch: int = min(model.batch, 2 * _LEAST_BATCH) if self._at_once else model.batch

    def took(self, count: int, began: float) -> None:
        """A batch of `count` tokens was begun at `began` (perf_counter) and is decoded."""
        if self._at_once:
            llama.llama_synchronize(self._model.context)
        if 2 * count < self.batch:
            return
        longest = (time.perf_counter() - began) * self.batch / count * self._share
        if longest > self._limit:
            self.batch = max(min(_LEAST_BATCH, self.batch), self.batch // 2)
        elif longest < self._limit / 3:
            self.batch = min(self._model.batch, self.batch * 2)


def common(tokens: Sequence[int], prompt: Sequence[int]) -> int:
    """With how many of its tokens `prompt` begins as `tokens` do."""
    for place, (held, wanted) in enumerate(zip(tokens, prompt, strict=False)):
        if held != wanted:
            return place
    return min(len(tokens), len(prompt))
