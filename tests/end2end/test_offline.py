"""Nothing leaves the machine: a whole request, in every process it starts, opens no connection."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.commands import NOW, command, environment

# Python runs a module of this name at the start of every process that finds it.
HOOK = """
import os, sys

def watch(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.bind", "socket.getaddrinfo"):
        with open(os.environ["CONNECTIONS"], "a") as log:
            log.write(f"{event} {args[1:]}\\n")

sys.addaudithook(watch)
with open(os.environ["CONNECTIONS"], "a") as log:
    log.write("started\\n")
"""


def test_a_whole_request_opens_no_connection(profile: Path, tmp_path: Path) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "sitecustomize.py").write_text(HOOK)
    log = tmp_path / "connections"
    variables = environment()
    variables["PYTHONPATH"] = f"{hooks}:{variables['PYTHONPATH']}"
    variables["CONNECTIONS"] = str(log)
    text = "Schedule lunch with Anna on Friday at noon"
    done = subprocess.run(
        command("ask", text, "--profile", profile, "--now", NOW, "--yes"),
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert log.read_text().splitlines() == ["started", "started"]  # the command and its engine
