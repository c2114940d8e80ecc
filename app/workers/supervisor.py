"""The one supervisor of child processes: when to start, wait, kill, restart, and give up.

It moves JSON objects and knows nothing of their meaning beyond "ready", "id", "key" and "end".
Pipes and threads are in `child`, reasons in `diagnose`.

The conversation: the child's first word is a line with `"ready": true`, or `"ready": false` with
"code", "message" and "hint" when it cannot work; lines before that reach the listener only. Each
request has an "id"; every line that answers it carries the same, the last one `"end": true`. The
child answers requests in the order they came.

Beside requests there may be idle work: a line like a request's that nobody waits for, sent to each
life once it is ready, and withdrawn as soon as a request comes.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from app.workers.child import Child
from app.workers.diagnose import diagnose
from app.workers.life import Early, LifeListener, Lived, Over, Ready, Rested, WorkerFailed
from app.workers.wire import encode

MAX_RESTARTS = 3
"""Restarts within RESTART_WINDOW before the safe form; and, of one that cannot start, the last."""

RESTART_WINDOW = 300.0
"""Seconds a restart counts."""

MAX_STRIKES = 2
"""How often a request may end the child before it is not sent again."""

_GRACE = 0.1


@dataclass(frozen=True)
class WorkerSpec:
    """How to run a child. Times are in seconds.

    `name` is what a person reads ("engine"). `ready_timeout` counts from the start of the
    process to its ready line, `silence_timeout` from the last line of any kind while a request is
    open, `stop_timeout` from the end of its stdin to being killed. `safe_words` are added to
    `command` after too many restarts. `memory_limit` is the address space in bytes, None for no
    limit; only Linux holds a child to it. `env` is added to the parent's environment.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path
    ready_timeout: float
    silence_timeout: float
    stop_timeout: float = 2.0
    safe_words: tuple[str, ...] = ()
    memory_limit: int | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Reason:
    """Why a life is over: what a WorkerFailed is made of."""

    code: str
    message: str
    hint: str = ""
    details: str = ""

    def failure(self) -> WorkerFailed:
        return WorkerFailed(self.code, self.message, self.hint, self.details)


@dataclass(frozen=True)
class _IdleWork:
    """See `Worker.when_idle`; both lines as they are sent."""

    id: str
    key: str
    line: bytes
    withdrawal: bytes


@dataclass
class _Life:
    """One life of the child: from a start to the end it comes to."""

    child: Child
    started: float
    heard: float
    ready: Mapping[str, object] | None = None
    reason: _Reason | None = None  # set first when the end is the supervisor's doing
    over: _Reason | None = None
    told: bool = False  # whether a caller has learned why it never became ready
    awaited: int = 0  # how many wait for it to be ready
    rested: bool = False
    idle: _IdleWork | None = None  # the idle work it was given last
    open: dict[str, SimpleQueue[Mapping[str, object] | None]] = field(default_factory=dict)
    sent: dict[str, str] = field(default_factory=dict)  # id to key, oldest first, until answered


class Worker:
    """A child process that is there when it is needed. All methods may be called by any thread."""

    def __init__(
        self,
        spec: WorkerSpec,
        clock: Callable[[], float] = time.monotonic,
        listener: LifeListener | None = None,
    ) -> None:
        """Nothing is started yet. `clock` gives the seconds of the restart window."""
        self._spec = spec
        self._clock = clock
        self._listener = listener
        self._changed = threading.Condition()
        self._life: _Life | None = None
        self._past: list[Child] = []
        self._recent: deque[float] = deque()
        self._restarts = 0
        self._safe = False
        self._closed = False
        self._strikes: dict[str, int] = {}
        self._idle: _IdleWork | None = None

    @property
    def pid(self) -> int | None:
        """The running child's process id; None if there is none."""
        life = self._life
        return life.child.pid if life is not None and life.over is None else None

    @property
    def stderr_tail(self) -> str:
        """The last 200 lines the current or last child wrote to stderr."""
        life = self._life
        return "" if life is None else "\n".join(life.child.stderr_lines())

    @property
    def restarts(self) -> int:
        """How often the child was started again since this worker was made."""
        return self._restarts

    @property
    def safe(self) -> bool:
        """Whether the child runs in its safe form."""
        return self._safe

    def start(self) -> None:
        """Start the child unless it runs; returns at once, the child loads meanwhile.

        Raises WorkerFailed if it cannot be started, was closed, or ended too often.
        """
        with self._changed:
            if self._life is None or self._life.over is not None:
                self._spawn()

    def wait_ready(self) -> Mapping[str, object]:
        """The child's ready line; starts the child if need be. Raises WorkerFailed."""
        ready = self._live().ready
        assert ready is not None
        return ready

    def request(self, payload: Mapping[str, object]) -> Generator[Mapping[str, object], None, None]:
        """Send one request and give its lines as they come, the one with `"end": true` last.

        `payload` has a unique string "id", and may have a "key", a hash of its content: a request
        whose key has ended the child twice is refused. Closing the generator early leaves the
        child at work; its further lines for that id are dropped. Nothing is sent before the first
        line is asked for. Iterating raises WorkerFailed; ValueError if the id is missing or open.
        """
        request_id, key = payload.get("id"), payload.get("key", "")
        if not isinstance(request_id, str) or not request_id or not isinstance(key, str):
            raise ValueError('a request has a string "id", and a string "key" if any')
        return self._exchange(request_id, key, encode(payload))

    def send(self, payload: Mapping[str, object]) -> None:
        """Send a line beside the requests, such as a cancel. Returns at once.

        Dropped without a word if the child is gone.
        """
        life = self._life
        if life is not None:
            life.child.send(encode(payload))

    def when_idle(self, payload: Mapping[str, object], withdrawal: Mapping[str, object]) -> None:
        """Let the child do something that nobody waits for, each life of it once. Returns at once.

        `payload` is a request, with "id" and "key", and takes the place of the one before; it
        starts no child. `withdrawal` is sent to the child that is still at it when something is
        asked of it. Work that has ended the child twice is not given again.
        """
        work = _IdleWork(
            str(payload["id"]), str(payload["key"]), encode(payload), encode(withdrawal)
        )
        with self._changed:
            self._idle = work
            life = self._life
            if life is not None and life.ready is not None and life.over is None:
                self._give_idle(life)

    def rest(self) -> bool:
        """End the child to free its memory; the next request, or `start`, begins another.

        Returns when it is gone. False, and nothing is done, while it loads or a request is open,
        and where there is none. It is neither a death nor, afterwards, a restart.
        """
        with self._changed:
            life = self._life
            if life is None or life.over is not None or life.ready is None:
                return False
            if life.open or life.awaited:
                return False
            life.over, life.rested = _Reason("worker_rested", ""), True
            self._life = None
            self._remember(life.child)
            self._tell(Rested())
        life.child.stop(self._spec.stop_timeout)
        return True

    def close(self) -> None:
        """End the child and everything it started; returns when they are gone.

        Open requests raise WorkerFailed("worker_closed"), and so does every later call.
        """
        with self._changed:
            self._closed = True
            life = self._life
            if life is not None and life.over is None:
                life.reason = life.reason or self._closed_reason()
        if life is not None:
            life.child.stop(self._spec.stop_timeout)
            self._settle(life, None)
        for child in self._past:
            child.join()

    def _spawn(self) -> _Life:
        """Start a life; the caller holds the lock."""
        if self._closed:
            raise self._closed_reason().failure()
        spec = self._spec
        if self._life is not None:
            self._allow_restart(self._life)
        command = spec.command + (spec.safe_words if self._safe else ())
        try:
            child = Child(command, spec.cwd, spec.env, spec.memory_limit, spec.name)
        except OSError as error:
            raise WorkerFailed(
                "worker_not_ready",
                f"The {spec.name} process could not be started ({error.strerror}); "
                "your data is untouched.",
                "Install Phial again if this stays.",
                str(error),
            ) from error
        if self._life is not None:
            self._remember(self._life.child)
        now = time.monotonic()
        life = self._life = _Life(child, now, now)
        child.begin(lambda line: self._take(life, line), lambda status: self._settle(life, status))
        return life

    def _remember(self, child: Child) -> None:
        """Keep a child whose life is over until nothing is left of it."""
        self._past = [past for past in self._past if not past.gone]
        self._past.append(child)

    def _give_idle(self, life: _Life) -> None:
        """Give a life that is ready the idle work, unless it had it; the caller holds the lock."""
        work = self._idle
        if work is None or work == life.idle or self._strikes.get(work.key, 0) >= MAX_STRIKES:
            return
        if self._withdraw_idle(life):
            return  # it gets the new one once it has ended the old one
        life.idle = work
        life.sent[work.id] = work.key
        life.child.send(work.line)

    @staticmethod
    def _withdraw_idle(life: _Life) -> bool:
        """Whether a life is still at its idle work; if so it is told to stop."""
        if life.idle is None or life.idle.id not in life.sent:
            return False
        life.child.send(life.idle.withdrawal)
        return True

    def _allow_restart(self, last: _Life) -> None:
        now = self._clock()
        while self._recent and self._recent[0] <= now - RESTART_WINDOW:
            self._recent.popleft()
        if len(self._recent) >= MAX_RESTARTS:
            if self._spec.safe_words and not self._safe:
                self._safe = True
            elif last.ready is None:
                # One that came up serves the next request, which somebody waits for; only one
                # that cannot even start is left off.
                reason = last.over
                assert reason is not None
                raise WorkerFailed(
                    "gave_up",
                    f"The {self._spec.name} process ended again and again and is left off for "
                    f"now. The last time: {reason.message}",
                    reason.hint or "Try again in five minutes.",
                    reason.details,
                )
        self._recent.append(now)
        self._restarts += 1

    def _live(self) -> _Life:
        """A life that is ready. Raises WorkerFailed."""
        with self._changed:
            life = self._life
            if life is None or life.over is not None:
                if life is not None and life.ready is None and not life.told and not self._closed:
                    # It failed while nobody waited: say so rather than fail the same way again.
                    life.told = True
                    assert life.over is not None
                    raise life.over.failure()
                life = self._spawn()
            limit = life.started + self._spec.ready_timeout
            life.awaited += 1
            try:
                while life.ready is None and life.over is None:
                    left = limit - time.monotonic()
                    if left <= 0:
                        break
                    self._changed.wait(left)
            finally:
                life.awaited -= 1
            if life.over is None and life.ready is not None:
                return life
        if life.over is None:
            self._end(life, _Reason("worker_not_ready", *self._late()))
        life.told = True
        assert life.over is not None
        raise life.over.failure()

    def _exchange(
        self, request_id: str, key: str, data: bytes
    ) -> Generator[Mapping[str, object], None, None]:
        if key and self._strikes.get(key, 0) >= MAX_STRIKES:
            raise WorkerFailed(
                "request_refused",
                f"This request has ended the {self._spec.name} process {MAX_STRIKES} times and is "
                "not sent again; your data is untouched.",
                "Change the request, or try it after starting Phial again.",
            )
        answers: SimpleQueue[Mapping[str, object] | None] = SimpleQueue()
        life = self._open(request_id, key, data, answers)
        try:
            sent = time.monotonic()
            while True:
                line = self._next(life, answers, sent)
                yield line
                if line.get("end") is True:
                    return
        finally:
            with self._changed:
                life.open.pop(request_id, None)

    def _open(
        self,
        request_id: str,
        key: str,
        data: bytes,
        answers: SimpleQueue[Mapping[str, object] | None],
    ) -> _Life:
        """Send a request to a life that is ready. Raises WorkerFailed, ValueError."""
        while True:
            life = self._live()
            with self._changed:
                if life.rested:
                    continue  # put to rest before this could be sent
                if life.over is not None:
                    raise life.over.failure()
                if request_id in life.sent:
                    raise ValueError(f'a request with the id "{request_id}" is open')
                self._withdraw_idle(life)
                life.open[request_id] = answers
                life.sent[request_id] = key
                life.child.send(data)
                return life

    def _next(
        self, life: _Life, answers: SimpleQueue[Mapping[str, object] | None], sent: float
    ) -> Mapping[str, object]:
        limit = self._spec.silence_timeout
        line: Mapping[str, object] | None = None
        while life.over is None or not answers.empty():
            left = max(life.heard, sent) + limit - time.monotonic()
            try:
                line = answers.get(timeout=max(left, _GRACE))
            except Empty:
                # Out of time only if it was so before this wait: where this process itself was
                # stopped, its threads first get the chance to read what has come.
                if left <= 0:
                    self._end(life, _Reason("worker_silent", *self._silent()))
                continue
            if line is not None:
                return line
        assert life.over is not None
        raise life.over.failure()

    def _take(self, life: _Life, line: Mapping[str, object]) -> None:
        """Route one line; called by the reading thread."""
        life.heard = time.monotonic()
        if life.ready is None:
            self._take_ready(life, line)
            return
        request_id = line.get("id")
        if not isinstance(request_id, str):
            return
        with self._changed:
            if line.get("end") is True:
                life.sent.pop(request_id, None)
                if life.over is None:
                    self._give_idle(life)
            answers = life.open.get(request_id)
            if answers is not None:
                answers.put(line)

    def _take_ready(self, life: _Life, line: Mapping[str, object]) -> None:
        if "ready" not in line:
            self._tell(Early(line))
            return
        with self._changed:
            if line["ready"] is True:
                life.ready = line
                self._tell(Ready(line))
                self._give_idle(life)
                self._changed.notify_all()
                return
            words = [str(line.get(word, "")) for word in ("code", "message", "hint")]
            message = words[1] or f"The {self._spec.name} process cannot work here."
            life.reason = life.reason or _Reason(words[0] or "worker_not_ready", message, words[2])
        life.child.kill()

    def _end(self, life: _Life, reason: _Reason) -> None:
        """Kill a life for a reason; returns when it is over."""
        with self._changed:
            life.reason = life.reason or reason
        life.child.kill()
        life.child.join()
        # Usually settled by now; not if the system keeps a killed process back.
        self._settle(life, None)

    def _settle(self, life: _Life, status: int | None) -> None:
        """Note why a life is over and wake who waits; what is noted first stays."""
        with self._changed:
            if life.over is not None:
                return
            tail = life.child.stderr_lines()
            reason = life.reason
            if reason is None and life.child.garbled:
                reason = _Reason("worker_garbage", *self._garbage())
            if reason is None:
                found = diagnose(status if status is not None else 0, tail)
                message = f"The {self._spec.name} process {found.sentence}; your data is untouched."
                reason = _Reason("worker_died", message, found.hint)
            over = _Reason(reason.code, reason.message, reason.hint, "\n".join(tail))
            self._tell(Over(over.failure()))  # before anyone who waits goes on
            life.over = over
            key = next(iter(life.sent.values()), "")
            if key and reason.code != "worker_closed":
                # Requests are answered in order: the oldest one is the one it was at.
                self._strikes[key] = self._strikes.get(key, 0) + 1
            for answers in life.open.values():
                answers.put(None)
            self._changed.notify_all()

    def _tell(self, event: Lived) -> None:
        if self._listener is not None:
            self._listener(event)

    def _closed_reason(self) -> _Reason:
        return _Reason("worker_closed", f"The {self._spec.name} process was ended on request.")

    def _late(self) -> tuple[str, str]:
        return (
            f"The {self._spec.name} process was not ready after {self._spec.ready_timeout:g} "
            "seconds and was ended; your data is untouched.",
            "Try again when the computer is less busy.",
        )

    def _silent(self) -> tuple[str, str]:
        return (
            f"The {self._spec.name} process gave no sign of life for "
            f"{self._spec.silence_timeout:g} seconds and was ended; your data is untouched.",
            "Try again; a shorter request may help.",
        )

    def _garbage(self) -> tuple[str, str]:
        return (
            f"The {self._spec.name} process sent something unreadable and was ended; "
            "your data is untouched.",
            "Try again.",
        )
