"""A child process for the supervisor's contract suite: each request names what it should do.

The first word on its command line is how it starts; the rest it reports in its ready line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping

from app.workers.wire import Wire, open_wire, serve

FOREVER = 3600.0


class Behaviour:
    """What the child does with a request, by its "do" word."""

    def __init__(self, wire: Wire, words: list[str]) -> None:
        """Answers go to `wire`."""
        self.wire = wire
        self.words = words
        self.cancelled = threading.Event()

    def control(self, line: Mapping[str, object]) -> None:
        """Take a line beside the requests."""
        if line["control"] == "cancel":
            self.cancelled.set()

    def prepare(self) -> None:
        """Start as the first word says."""
        match self.words[0]:
            case "never_ready":
                print("loading for ever", file=sys.stderr, flush=True)
                time.sleep(FOREVER)
            case "exit_at_once":
                print("nothing to do here", file=sys.stderr, flush=True)
                os._exit(3)
            case "cannot":
                print("cut off at byte 12", file=sys.stderr, flush=True)
                self.wire.send(
                    {"ready": False, "code": "bad_file", "message": "It is cut off.", "hint": "Go."}
                )
                time.sleep(FOREVER)
            case "slow":
                self.wire.send({"loading": 0.5})
                self.cancelled.wait()
        self.wire.send({"ready": True, "pid": os.getpid(), "words": self.words})

    def handle(self, line: Mapping[str, object]) -> None:
        """Answer one request."""
        name = line["id"]
        match line["do"]:
            case "echo":
                self.wire.send({"id": name, "text": line.get("text"), "end": True})
            case "stream":
                for number in range(int(str(line["count"]))):
                    self.wire.send({"id": name, "number": number})
                self.wire.send({"id": name, "end": True})
            case "abort":
                self.wire.send({"id": name, "text": "half an ans"})
                os.abort()
            case "hang":
                self.wire.send({"id": name, "text": "still here"})
                time.sleep(FOREVER)
            case "garbage":
                os.write(self.wire._outgoing, b"llama_model_load: done\n")
                time.sleep(FOREVER)
            case "array":
                os.write(self.wire._outgoing, b'["id", "x"]\n')
                time.sleep(FOREVER)
            case "endless_line":
                piece = b"x" * (1 << 20)
                while True:
                    os.write(self.wire._outgoing, piece)
            case "half_line":
                os.write(self.wire._outgoing, b'{"id": "' + str(name).encode())
                os._exit(0)
            case "native_print":
                os.write(1, b'{"id": "forged", "end": true}\nggml: a progress bar ')
                print("a print")
                subprocess.run([sys.executable, "-c", "input()"], check=False, stdin=None)
                self.wire.send({"id": name, "end": True})
            case "until_cancelled":
                self.wire.send({"id": name, "text": "begun"})
                self.cancelled.wait()
                self.wire.send({"id": name, "reason": "cancelled", "end": True})
            case "idle":
                print(f"at {line['text']}", file=sys.stderr, flush=True)
                self.cancelled.wait()
                self.cancelled.clear()
                self.wire.send({"id": name, "end": True})
            case "raise":
                raise RuntimeError("a bug in the child")
            case "stderr":
                for number in range(1000):
                    print(f"line {number}", file=sys.stderr)
                self.wire.send({"id": name, "end": True})
            case "allocate":
                bytearray(int(str(line["bytes"])))
                self.wire.send({"id": name, "end": True})
            case "grandchild":
                process = subprocess.Popen(
                    [sys.executable, "-c", f"import time; time.sleep({FOREVER})"]
                )
                self.wire.send({"id": name, "pid": process.pid})
                os._exit(0)


if __name__ == "__main__":
    if sys.argv[1] == "deaf":
        # Never reads its stdin: not even the end of it ends this one.
        opened = open_wire()
        opened.send({"ready": True})
        time.sleep(FOREVER)
    behaviour = Behaviour(open_wire(), sys.argv[1:])
    serve(behaviour.wire, behaviour.handle, behaviour.control, behaviour.prepare)
