"""llama-cpp-python's low-level API without the rest of the package.

Importing the package normally also imports its high-level `Llama` class with numpy, jinja2 and
diskcache: 0.5 s against 0.06 s for the ctypes functions alone. So the package is entered without
running its `__init__`; the submodule is then the one its own code would have loaded. This relies
on a private layout: the version is pinned in pyproject.toml and a test loads it this way.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

if "llama_cpp" not in sys.modules:
    _spec = find_spec("llama_cpp")
    if _spec is None:
        raise ImportError("llama-cpp-python is not installed")
    sys.modules["llama_cpp"] = module_from_spec(_spec)

import llama_cpp.llama_cpp as llama

__all__ = ["Device", "LogSink", "StopFlag", "build", "gpus", "llama", "start_backend"]

LogSink = Callable[[int, str], None]

_started = False
_keep_alive: list[Any] = []


def start_backend(log: LogSink) -> None:
    """Load llama.cpp's back ends and send its log lines to `log(level, text)`; once a process.

    Back ends built as separate libraries are loaded from beside the main one; a build with the
    CPU compiled in has none there and needs none.
    """
    global _started
    if _started:
        return
    _started = True
    # A failed assertion would start a debugger on this process, if one is installed.
    os.environ.setdefault("GGML_NO_BACKTRACE", "1")

    def receive(level: int, text: bytes | None, _user: object) -> None:
        log(level, (text or b"").decode("utf-8", "replace"))

    callback = llama.llama_log_callback(receive)
    _keep_alive.append(callback)
    llama.llama_log_set(callback, ctypes.c_void_p(0))
    load_all = getattr(llama._lib, "ggml_backend_load_all_from_path", None)
    if load_all is not None:
        load_all.argtypes = [ctypes.c_char_p]
        load_all.restype = None
        load_all(str(Path(llama._lib._name).parent).encode())
    llama.llama_backend_init()


class StopFlag:
    """A flag llama.cpp can read in the middle of a decode without taking Python's lock.

    llama.cpp calls `bool f(void *data)` between graph nodes. libc's `strlen` on a two-byte
    buffer is such a function: it returns 0 while the first byte is zero and 1 once it is set.
    """

    def __init__(self) -> None:
        self._buffer = ctypes.create_string_buffer(2)
        libc = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
        self.callback = ctypes.cast(libc.strlen, llama.ggml_abort_callback)
        self.data = ctypes.cast(self._buffer, ctypes.c_void_p)

    def set(self) -> None:
        """Ask the decode under way to stop; from any thread."""
        self._buffer[0] = b"\x01"

    def clear(self) -> None:
        """Forget a stop that was asked for."""
        self._buffer[0] = b"\x00"

    def is_set(self) -> bool:
        """Whether a stop was asked for and not cleared."""
        return self._buffer[0] != b"\x00"


def build() -> str:
    """Which llama.cpp this is: other builds may lay out a saved state otherwise."""
    words = []
    for name in ("ggml_version", "ggml_commit"):
        ask = getattr(llama._lib, name)
        ask.argtypes, ask.restype = [], ctypes.c_char_p
        words.append(ask().decode("utf-8", "replace"))
    return "-".join(words)


@dataclass(frozen=True)
class Device:
    """A GPU llama.cpp can use. `kind` is "Metal", "CUDA", "Vulkan" and the like.

    `shared`: its memory is the computer's own.
    """

    kind: str
    name: str
    free_bytes: int
    total_bytes: int
    shared: bool = False


_SHARED_TYPE = 2
_GPU_TYPES = (1, _SHARED_TYPE)  # with memory of its own, or with the computer's


def gpus() -> list[Device]:
    """The GPUs llama.cpp can use now, none in a build for the CPU."""
    lib, pointer, size = llama._lib, ctypes.c_void_p, ctypes.c_size_t
    count = lib.ggml_backend_dev_count
    count.argtypes, count.restype = [], size
    get = lib.ggml_backend_dev_get
    get.argtypes, get.restype = [size], pointer
    kind = lib.ggml_backend_dev_type
    kind.argtypes, kind.restype = [pointer], ctypes.c_int
    memory = lib.ggml_backend_dev_memory
    memory.argtypes, memory.restype = [pointer, ctypes.POINTER(size), ctypes.POINTER(size)], None
    texts = []
    for text in (lib.ggml_backend_dev_name, lib.ggml_backend_dev_description):
        text.argtypes, text.restype = [pointer], ctypes.c_char_p
        texts.append(text)
    found = []
    for device in map(get, range(count())):
        if kind(device) not in _GPU_TYPES:
            continue
        name, description = ((text(device) or b"").decode("utf-8", "replace") for text in texts)
        free, total = size(), size()
        memory(device, ctypes.byref(free), ctypes.byref(total))
        shared = kind(device) == _SHARED_TYPE or sys.platform == "darwin"
        name = name.rstrip("0123456789")
        found.append(Device(name, description, free.value, total.value, shared))
    return found
