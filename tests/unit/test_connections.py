"""Connections are counted where the window shows them, and refused in the engine's process."""

from __future__ import annotations

import ast
import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

COUNTING = """
from app.core.connections import ConnectionLog
ConnectionLog(lambda count, addresses: print(count, *addresses)).install()
import sys
assert "socket" not in sys.modules, "the hook alone must not load it"
import socket
"""

REFUSING = """
from app.core.connections import refuse_connections
refuse_connections()
import socket
"""


def run(*parts: str) -> list[str]:
    """What a process of its own prints: a hook cannot be taken back."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(parts)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_connection_is_counted_with_its_address_also_if_nobody_answers() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
        lines = run(
            COUNTING,
            f"socket.create_connection(('127.0.0.1', {port})).close()",
            "refused = socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
            "print(refused.connect_ex(('127.0.0.1', 1)) != 0)",
        )
    assert lines == [
        f"1 127.0.0.1:{port}",
        f"2 127.0.0.1:{port} 127.0.0.1:1",
        "True",
    ]


def test_a_datagram_is_counted() -> None:
    lines = run(
        COUNTING,
        "sending = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "try: sending.sendto(b'x', ('::1', 9))",
        "except OSError: pass",
    )
    assert lines == ["1 [::1]:9"]


def test_a_socket_of_the_machine_itself_is_no_connection(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as server:
        place = str(tmp_path / "s")
        server.bind(place)
        server.listen()
        assert run(COUNTING, f"socket.socket(socket.AF_UNIX).connect({place!r})") == []


def test_only_the_last_addresses_are_kept() -> None:
    lines = run(
        COUNTING,
        "for port in range(1, 31):",
        "    with socket.socket() as each: each.connect_ex(('127.0.0.1', port))",
    )
    count, *addresses = lines[-1].split()
    assert (count, addresses[0], addresses[-1]) == ("30", "127.0.0.1:11", "127.0.0.1:30")


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.socket(socket.AF_INET).connect(('127.0.0.1', 9))",
        "socket.socket(socket.AF_INET6).connect(('::1', 9))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 9))",
        "socket.getaddrinfo('example.org', 80)",
    ],
)
def test_the_engines_process_is_refused(attempt: str) -> None:
    lines = run(REFUSING, f"try: {attempt}", "except PermissionError as error: print(error)")
    assert len(lines) == 1 and "opens no connections" in lines[0]


def test_pipes_and_sockets_of_the_machine_stay_open_to_the_engine() -> None:
    lines = run(
        REFUSING,
        "one, other = socket.socketpair()",
        "one.sendall(b'still here')",
        "print(other.recv(20).decode())",
    )
    assert lines == ["still here"]


def test_the_engines_process_refuses_before_it_loads_anything() -> None:
    run(
        "import sys",
        "import app.engine.host as host",
        "host.serve = lambda *parts, **more: None",
        "host.main(['--model', 'none.gguf'])",
        "import socket",
        "try: socket.socket().connect(('127.0.0.1', 9))",
        "except PermissionError: sys.exit(0)",
        "sys.exit('it connected')",
    )


def test_qt_may_use_sockets_only_to_find_the_window_that_is_open() -> None:
    """Its connections pass the interpreter by, so the one file that has them is named here."""
    users = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if "QtNetwork" in ast.dump(node) and isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert users == {"app/ui/single_instance.py"}
