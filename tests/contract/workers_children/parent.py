"""A parent to be killed: starts a child through the supervisor, says its number, and waits."""

from __future__ import annotations

import sys
from pathlib import Path

from app.workers.supervisor import Worker, WorkerSpec

CHILD = Path(__file__).with_name("child.py")
ROOT = Path(__file__).resolve().parents[3]

if __name__ == "__main__":
    state = sys.argv[1]
    start = "never_ready" if state == "loading" else "normal"
    worker = Worker(WorkerSpec("test", (sys.executable, str(CHILD), start), ROOT, 3600.0, 3600.0))
    worker.start()
    if state != "loading":
        worker.wait_ready()
    if state == "busy":
        answer = worker.request({"id": "1", "do": "hang"})
        next(answer)
    print(worker.pid, flush=True)
    sys.stdin.read()
