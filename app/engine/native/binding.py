"""llama-cpp-python's low-level API without the rest of the package.

Importing the package normally also imports its high-level `Llama` class with numpy, jinja2 and
diskcache: 0.5 s against 0.06 s for the ctypes functions alone. So the package is entered without
running its `__init__`; the submodule is then the one its own code would have loaded. This relies
on a private layout: the version is pinned in pyproject.toml and a test loads it this way.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any

if "llama_cpp" not in sys.modules:
    _spec = find_spec("llama_cpp")
    if _spec is None:
        raise ImportError("llama-cpp-python is not installed")
    sys.modules["llama_cpp"] = module_from_spec(_spec)

import llama_cpp.llama_cpp as llama

__all__ = ["LogSink", "StopFlag", "backend_name", "llama", "start_backend"]

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


def backend_name() -> str:
    """The fastest device kind in use: "Metal", "CUDA", "Vulkan" or "CPU"."""
    count = llama._lib.ggml_backend_dev_count
    get = llama._lib.ggml_backend_dev_get
    name = llama._lib.ggml_backend_dev_name
    count.argtypes, count.restype = [], ctypes.c_size_t
    get.argtypes, get.restype = [ctypes.c_size_t], ctypes.c_void_p
    name.argtypes, name.restype = [ctypes.c_void_p], ctypes.c_char_p
    names = [name(get(index)).decode("utf-8", "replace") for index in range(count())]
    for kind in ("Metal", "CUDA", "Vulkan"):
        if any(device.startswith(kind) for device in names):
            return kind
    return "CPU"
