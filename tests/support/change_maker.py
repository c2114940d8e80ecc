"""A process that makes one change, and dies where it is told: `python -m tests.support.change_maker
PROFILE STEP REQUEST`.

REQUEST is {"words", "tool", "arguments"}; the user agrees to its first option. It prints "changing"
once the change is in the journal, and "changed" when it is made. STEP counts what the process does
to files and databases in between: before that one it is killed. With 0 it lives, and prints how
many there were.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import closing
from pathlib import Path
from threading import Lock
from types import FrameType

from app.agent.policy import Consent
from app.compose import clock_for
from app.compose.rooms import open_rooms, recover
from app.core.events import Finished, ToolCallReady
from app.core.messages import ToolCall
from app.core.ports import Capabilities
from app.store.changes import apply_changes
from app.store.journal import Journal
from app.store.lock import ProfileLock
from app.store.paths import prepare, profile_paths
from app.store.settings import load_settings
from tests.support.commands import NOW
from tests.support.fake_engine import FakeEngine

_TOUCHING = {
    "posix": {"fsync", "link", "mkdir", "open", "remove", "rename", "replace", "rmdir", "unlink"},
    "_io": {"close", "flush", "write"},
    "sqlite3": {"commit", "execute", "executemany"},
}
"""What changes something on the disk, by module."""


class Steps:
    """Counts while a change is made; kills this process before step `last`."""

    def __init__(self, last: int) -> None:
        self.count = 0
        self._last = last
        self._under_way = False

    def look(self, frame: FrameType, event: str, called: object) -> None:
        """For `sys.setprofile`."""
        if event == "return" and frame.f_code is Journal.begin.__code__:
            self._under_way = True
            print("changing", flush=True)
        elif event == "return" and frame.f_code is apply_changes.__code__:
            self._under_way = False
            print("changed", flush=True)
        elif self._under_way and event == "c_call" and _touches(called):
            self.count += 1
            if self.count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)


def _touches(called: object) -> bool:
    owner = getattr(called, "__self__", None)
    module = getattr(called, "__module__", None) or type(owner).__module__
    return getattr(called, "__name__", "") in _TOUCHING.get(module, ())


def main(profile: Path, step: int, request: dict[str, object]) -> None:
    """Do the request in that profile."""
    tool, arguments = request["tool"], request["arguments"]
    assert isinstance(tool, str) and isinstance(arguments, dict)
    script = (ToolCallReady(ToolCall(tool, arguments)), Finished("tool_call"))
    plain = Capabilities("Fake", "fake", 4096, tools_learned=False, backend="CPU", threads=1)
    paths = profile_paths(profile)
    prepare(paths)
    steps = Steps(step)
    with (
        ProfileLock(paths),
        closing(FakeEngine(lambda _: script, plain)) as engine,
        open_rooms(paths, engine, Lock()) as rooms,
    ):
        recover(rooms, paths)
        settings = load_settings(paths)
        agent, words = rooms.agent_for(settings), str(request["words"])
        conversation = rooms.history.new_conversation(words)
        sys.setprofile(steps.look)
        try:
            for event in agent.ask(
                words,
                clock_for(settings, NOW),
                consent=Consent.FIRST,
                conversation=conversation,
            ):
                print(event, file=sys.stderr)
        finally:
            sys.setprofile(None)
    print(steps.count)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
