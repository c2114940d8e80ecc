"""One life of one child process: its pipes, the threads on them, and its end.

Whether a child is started again, and what its lines mean, is the supervisor's business.

Each pipe is owned, read or written, and closed by exactly one thread, so no caller ever blocks
on a child that has stopped reading, and none can be woken by a descriptor that means another
file by now. The reading thread also reaps the process and reports its end.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import SimpleQueue

from app.workers.wire import MAX_LINE, decode, read_lines, write_all

STDERR_LINES = 200
"""How many of a child's last stderr lines are kept."""

_STDERR_LINE = 4096
_EXIT_GRACE = 1.0  # between closing its pipes and being gone, before it is killed
_JOIN = 5.0  # bounds every wait for a thread, should the system keep a killed process


class Child:
    """A running process and the three threads that serve its pipes."""

    def __init__(
        self,
        command: tuple[str, ...],
        cwd: Path,
        env: Mapping[str, str],
        memory_limit: int | None,
        name: str,
    ) -> None:
        """Start the process without waiting for it. Raises OSError if that is impossible."""
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self.pid = self._process.pid
        self.garbled = False
        self._limit(memory_limit)
        self._lock = threading.Lock()
        self._outgoing: SimpleQueue[bytes | None] = SimpleQueue()
        self._stderr: deque[str] = deque(maxlen=STDERR_LINES)
        self._stderr_lock = threading.Lock()
        self._on_line: Callable[[dict[str, object]], None] = lambda line: None
        self._on_end: Callable[[int], None] = lambda status: None
        self._reader = self._thread(self._read, f"{name} output")
        self._writer = self._thread(self._write, f"{name} input")
        self._listener = self._thread(self._listen, f"{name} errors")

    def begin(
        self, on_line: Callable[[dict[str, object]], None], on_end: Callable[[int], None]
    ) -> None:
        """Serve the pipes. Both functions are called in the reading thread, `on_end` last.

        `on_end` gets the exit status as `subprocess` gives it, once the process was reaped and
        its stderr read. After a line that is no JSON object, or from which `on_line` raises, the
        process is killed and `garbled` set.
        """
        self._on_line, self._on_end = on_line, on_end
        # The reader last: a child that is over at once has it wait for the two others.
        for thread in (self._writer, self._listener, self._reader):
            thread.start()

    def send(self, data: bytes) -> None:
        """Queue bytes for the child's stdin. Never blocks; dropped if the child is gone."""
        self._outgoing.put(data)

    def stop(self, timeout: float) -> None:
        """Close its stdin and, if it has not ended `timeout` seconds later, kill it."""
        self._outgoing.put(None)
        self._reader.join(timeout)
        if self._reader.is_alive():
            self.kill()
        self.join()

    def kill(self) -> None:
        """Kill the process and everything it started in its group. Safe to call at any time."""
        with self._lock:
            # Reaped: its number may belong to another process by now.
            if self._process.returncode is not None:
                return
            if sys.platform == "win32":
                self._process.kill()
                return
            try:
                os.killpg(self.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                # The group holds nothing but a process that has ended and waits to be reaped.
                return

    def join(self) -> None:
        """Wait until the process was reaped and its threads have ended."""
        for thread in (self._reader, self._writer, self._listener):
            thread.join(_JOIN)

    @property
    def gone(self) -> bool:
        """Whether the process was reaped and all its threads have ended."""
        threads = (self._reader, self._writer, self._listener)
        return not any(thread.is_alive() for thread in threads)

    def stderr_lines(self) -> tuple[str, ...]:
        """The last lines the child wrote to stderr, oldest first."""
        with self._stderr_lock:
            return tuple(self._stderr)

    @staticmethod
    def _thread(work: Callable[[], None], name: str) -> threading.Thread:
        return threading.Thread(target=work, name=name, daemon=True)

    def _limit(self, memory_limit: int | None) -> None:
        """Set limits from outside: code between fork and exec is not safe beside threads."""
        if sys.platform == "linux":
            import resource

            limits = [(resource.RLIMIT_CORE, 0)]  # a core of a loaded model would fill the disk
            if memory_limit is not None:
                limits.append((resource.RLIMIT_AS, memory_limit))
            for kind, wanted in limits:
                try:
                    hard = resource.prlimit(self.pid, kind)[1]
                    if hard != resource.RLIM_INFINITY:
                        wanted = min(wanted, hard)
                    resource.prlimit(self.pid, kind, (wanted, hard))
                except OSError:
                    # It has ended already, or the system forbids this: it runs without limits.
                    return

    def _read(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        for line in read_lines(stdout.fileno()):
            if not line.endswith(b"\n") and len(line) <= MAX_LINE:
                break  # the end, in the middle of a line
            try:
                self._on_line(decode(line))
            except ValueError:
                self.garbled = True
            except Exception:
                # What takes the lines could make nothing of it. Nobody else reads them: were this
                # thread to end here, whoever waits for an answer would wait for ever.
                self.garbled = True
                self._note(traceback.format_exc())
            if self.garbled:
                self.kill()
                break
        stdout.close()
        status = self._reap()
        self._outgoing.put(None)
        self._listener.join(_JOIN)
        self._writer.join(_JOIN)
        self._on_end(status)

    def _write(self) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            while (data := self._outgoing.get()) is not None:
                write_all(stdin.fileno(), data)
        except OSError:
            # The child is gone; the reading thread reports that with the reason.
            return
        finally:
            stdin.close()

    def _listen(self) -> None:
        stderr = self._process.stderr
        assert stderr is not None
        for line in read_lines(stderr.fileno(), _STDERR_LINE):
            self._note(line.decode("utf-8", "replace").rstrip())
        stderr.close()

    def _note(self, text: str) -> None:
        with self._stderr_lock:
            self._stderr.append(text)

    def _reap(self) -> int:
        patience = time.monotonic() + _EXIT_GRACE
        pause = 0.0005
        while not self._has_ended():
            if time.monotonic() > patience:
                self.kill()
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        self.kill()  # what it started and left behind
        with self._lock:
            return self._process.wait()

    def _has_ended(self) -> bool:
        with self._lock:
            if sys.platform != "win32" and hasattr(os, "waitid"):
                # Not reaped yet: until its group is killed, its number must not be given anew.
                flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
                return os.waitid(os.P_PID, self.pid, flags) is not None
            return self._process.poll() is not None
