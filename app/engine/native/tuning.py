"""How many threads a model runs best on here, found by trying; and how much a stop interrupts.

Only measuring belongs here; what was found is kept by `model_notes`.
"""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path

from app.engine.native.binding import StopFlag, llama

_CPUS = Path("/sys/devices/system/cpu")
_ROUNDS = 5
_LEAST_ROUNDS = 3
_LONGEST_S = 2.0
_FEW = 4  # cores: with so few, every count is tried
_TRIED = 32  # tokens of a batch that is timed: enough for the speed of a large one
_BATCHES = (512, 384, 256, 128, 64)
_NODE_S = 0.1  # a third more than a node takes: so much slower is a token in the batch timed


def logical_cores() -> int:
    """The cores this process may run on, counting those that share one core's hardware."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def physical_cores() -> int:
    """The same, counting those that share hardware once."""
    try:
        siblings = {
            (_CPUS / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
            for cpu in os.sched_getaffinity(0)
        }
        return len(siblings)
    except (OSError, AttributeError):
        import psutil  # not Linux, or a container that hides this

    return min(psutil.cpu_count(logical=False) or logical_cores(), logical_cores())


def busy() -> bool:
    """Whether other programs take so much that what is measured now would not hold later."""
    return hasattr(os, "getloadavg") and os.getloadavg()[0] > (os.cpu_count() or 1)


def candidates(physical: int, logical: int) -> list[int]:
    """The thread counts worth trying, most promising first."""
    tries = [physical, logical, physical - 1]
    if logical <= _FEW:
        tries += range(logical, 0, -1)
    return [count for count in dict.fromkeys(tries) if count >= 1]


def best_threads(context: ctypes.c_void_p, token: int, stop: StopFlag) -> int | None:
    """The number of threads with which single tokens decode soonest; None if stopped or refused.

    Takes about two seconds, longer only where a round of tokens takes as long, and leaves the
    context empty. Of counts that are as good within a few per cent, the smaller wins:
    the rest of the computer has use for a core.
    """
    physical = physical_cores()
    tries = candidates(physical, logical_cores())
    memory = llama.llama_get_memory(context)
    times: dict[int, list[float]] = {count: [] for count in tries}
    one = _tokens(token, 1)
    try:
        if not _decode(context, one):  # the first reads the weights in
            return None
        began = time.perf_counter()
        for done in range(_ROUNDS):
            spent = time.perf_counter() - began
            if spent > _LONGEST_S or (done >= _LEAST_ROUNDS and spent > _LONGEST_S / 2):
                break
            for count in tries:
                llama.llama_set_n_threads(context, count, physical)
                mark = time.perf_counter()
                if stop.is_set() or not _decode(context, one):
                    return None
                times[count].append(time.perf_counter() - mark)
    finally:
        llama.llama_memory_clear(memory, True)
    found = {count: sorted(taken)[len(taken) // 2] for count, taken in times.items()}
    enough = min(found.values()) * 1.03
    return min(count for count, taken in found.items() if taken <= enough)


def quick_batch(context: ctypes.c_void_p, token: int, share: float, stop: StopFlag) -> int | None:
    """How many tokens may be evaluated at once so that a stop takes at most about 70 ms.

    llama.cpp looks at the stop flag between the nodes of its graph; the largest one, a multiply by
    a matrix that is `share` of the weights a token passes, is what a stop may have to wait for.
    None if stopped or refused. Leaves the context empty.
    """
    memory = llama.llama_get_memory(context)
    batch = _tokens(token, _TRIED)
    taken = []
    try:
        for _ in range(2):
            mark = time.perf_counter()
            if stop.is_set() or not _decode(context, batch):
                return None
            taken.append(time.perf_counter() - mark)
            llama.llama_memory_clear(memory, True)
    finally:
        llama.llama_memory_clear(memory, True)
    a_token = min(taken) / _TRIED * share
    return next((size for size in _BATCHES if size * a_token <= _NODE_S), _BATCHES[-1])


def _tokens(token: int, count: int) -> ctypes.Array[ctypes.c_int32]:
    array: ctypes.Array[ctypes.c_int32] = (llama.llama_token * count)(*[token] * count)
    return array


def _decode(context: ctypes.c_void_p, tokens: ctypes.Array[ctypes.c_int32]) -> bool:
    batch = llama.llama_batch_get_one(tokens, len(tokens))
    return bool(llama.llama_decode(context, batch) == 0)
