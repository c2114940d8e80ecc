"""The wire between a parent and its child: one JSON object a line, UTF-8, over pipes.

Both sides share the format; `open_wire` and `serve` are the child's side. Imported by every
child before anything else, so it stays quick and needs the standard library only.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import NoReturn

MAX_LINE = 64 * 1024 * 1024
"""Bytes a line may have; a longer one is garbage, so that a runaway side cannot fill memory."""

_CHUNK = 64 * 1024
_BROKEN = 70


def encode(line: Mapping[str, object]) -> bytes:
    """One line of the wire. Raises TypeError or ValueError on what JSON cannot hold."""
    text = json.dumps(dict(line), ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate (half an emoji from a tokenizer, a strange file name) must not end a child.
    return text.encode("utf-8", "surrogatepass") + b"\n"


def decode(line: bytes) -> dict[str, object]:
    """The object in a line. Raises ValueError if it is anything else."""
    try:
        value = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("a line of the wire is a JSON object")
    return value


def read_lines(fd: int, limit: int = MAX_LINE) -> Iterator[bytes]:
    """Lines from a descriptor, each with its newline.

    A piece without one is either the unfinished last line or has more than `limit` bytes. Reads
    the descriptor itself: a buffered reader holds a lock that a thread blocked in it would still
    have when the interpreter shuts down.
    """
    pieces: list[bytes] = []
    size = 0
    while chunk := os.read(fd, _CHUNK):
        start = 0
        while (stop := chunk.find(b"\n", start) + 1) > 0:
            pieces.append(chunk[start:stop])
            yield b"".join(pieces)
            pieces.clear()
            size = 0
            start = stop
        if start < len(chunk):
            pieces.append(chunk[start:])
            size += len(chunk) - start
        if size > limit:
            yield b"".join(pieces)
            pieces.clear()
            size = 0
    if pieces:
        yield b"".join(pieces)


def write_all(fd: int, data: bytes) -> None:
    """Write every byte, however small the pipe's steps. Raises OSError if the reader is gone."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


class Wire:
    """The child's end of the wire."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        """Takes the two descriptors; use `open_wire` in a child."""
        self._incoming = incoming
        self._outgoing = outgoing
        self._lock = threading.Lock()

    def send(self, line: Mapping[str, object]) -> None:
        """Hand one line to the parent; from any thread. Ends the process if the parent is gone."""
        data = encode(line)
        with self._lock:
            try:
                write_all(self._outgoing, data)
            except OSError:
                # No reader is left: there is nobody to work for and nobody to tell.
                os._exit(0)

    def lines(self) -> Iterator[dict[str, object]]:
        """Lines from the parent, until it closes its end.

        Raises ValueError on a line that is not a JSON object. A line cut off by the end is what
        a killed parent leaves; it is dropped.
        """
        for line in read_lines(self._incoming):
            if line.endswith(b"\n"):
                yield decode(line)
            elif len(line) > MAX_LINE:
                raise ValueError("a line of the wire is too long")


def open_wire() -> Wire:
    """Take descriptors 0 and 1 for the wire. The child's first act, in its main thread.

    Native libraries print to descriptor 1 and start programs that read descriptor 0. After this
    the first is stderr, the second is empty, and both have left the wire alone. Ctrl+C is the
    parent's to decide and is ignored here. A crash in native code leaves its stack on stderr.
    """
    incoming, outgoing = os.dup(0), os.dup(1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    return Wire(incoming, outgoing)


def _broken() -> NoReturn:
    """End after an unexpected error, at once: other threads may be deep in native code."""
    import traceback

    traceback.print_exc()
    sys.stderr.flush()
    os._exit(_BROKEN)


def serve(
    wire: Wire,
    handle: Callable[[dict[str, object]], None],
    on_control: Callable[[dict[str, object]], None],
    prepare: Callable[[], None] | None = None,
    *,
    on_arrival: Callable[[dict[str, object]], None] | None = None,
    idle: tuple[float, Callable[[], None]] | None = None,
) -> NoReturn:
    """A child's main loop.

    `prepare` (slow loading, the ready line) runs first and `handle` gets the lines one at a time,
    both in this thread. Lines with a "control" key go to `on_control` at once, in the reading
    thread: also while `prepare` or `handle` runs, and before an earlier line that still waits.
    `on_arrival` is told of every other line, in the reading thread and in their order, before it
    waits to be handled. `idle` is called in this thread when no line has come for so many seconds,
    once until the next one has been handled.
    When the parent closes its end or dies, the process ends at once, whatever it is doing; so it
    does after an exception, with its traceback on stderr.
    """
    waiting: SimpleQueue[dict[str, object]] = SimpleQueue()

    def read() -> None:
        try:
            for line in wire.lines():
                if "control" in line:
                    on_control(line)
                    continue
                if on_arrival is not None:
                    on_arrival(line)
                waiting.put(line)
        except BaseException:
            _broken()
        os._exit(0)

    def next_line() -> dict[str, object]:
        if idle is not None:
            seconds, do = idle
            try:
                return waiting.get(timeout=seconds)
            except Empty:
                do()
        return waiting.get()

    threading.Thread(target=read, name="wire", daemon=True).start()
    try:
        if prepare is not None:
            prepare()
        while True:
            handle(next_line())
    except BaseException:
        _broken()
