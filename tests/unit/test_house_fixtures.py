"""The fixtures every test gets do catch what they are there for."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).resolve().parent.parent / "conftest.py"

CARELESS = """
import os, socket, subprocess, sys, tempfile, threading, urllib.request
import conftest
import pytest

conftest.GRACE = 0.1
FOREVER = threading.Event()

def test_thread():
    threading.Thread(target=FOREVER.wait, daemon=True, name="forgotten-thread").start()

def test_process():
    test_process.child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)

def test_temporary():
    os.close(tempfile.mkstemp(prefix="forgotten-file")[0])

def test_swallowed_address():
    with pytest.raises(PermissionError), socket.socket() as asked:
        asked.connect(("192.0.2.1", 80))

def test_swallowed_name():
    with pytest.raises(OSError):
        urllib.request.urlopen("http://mail.example.org/")

def test_careful(profile):
    assert os.environ["PHIAL_PROFILE"] == str(profile)
    assert not profile.exists()
    server = socket.create_server(("127.0.0.1", 0))
    with server, socket.create_connection(server.getsockname()[:2]):
        pass
"""


def test_what_a_test_leaves_behind_fails_it(tmp_path: Path) -> None:
    shutil.copy(CONFTEST, tmp_path)
    (tmp_path / "test_careless.py").write_text(CARELESS)
    words = ["-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "base"), str(tmp_path)]
    result = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        cwd=tmp_path,
        env=os.environ | {"COLUMNS": "300"},  # the summary's lines are cut to the terminal's width
        capture_output=True,
        text=True,
        check=False,
    )
    said = dict(re.findall(r"^ERROR \S+::(\w+) - \w+: left behind: (.*)$", result.stdout, re.M))
    assert said["test_thread"] == "thread forgotten-thread"
    assert said["test_process"].startswith("process ")
    assert said["test_temporary"].startswith("temporary file forgotten-file")
    assert said["test_swallowed_address"] == "socket.connect 192.0.2.1"
    assert said["test_swallowed_name"] == "socket.getaddrinfo mail.example.org"
    assert set(said) == set(re.findall(r"def (test_\w+)", CARELESS)) - {"test_careful"}
    assert "6 passed, 5 errors" in result.stdout
