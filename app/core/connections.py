"""Watching what this process opens towards a network, and refusing it where nothing has reason to.

The interpreter reports each connection to an audit hook (https://docs.python.org/3/library/
audit_events.html); native code that goes round it is not seen. A hook stays for the life of the
process and is called for every file opened and every module imported, so it is short. `socket`
itself is not imported: a program that opens no connection need not load it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Lock

_OPENS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_ASKS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
_INET = (2, 10, 23, 30)  # AF_INET everywhere; AF_INET6 on Linux, Windows, macOS
_KEPT = 20


class ConnectionLog:
    """How many connections this process has opened, and the last addresses ("host:port")."""

    def __init__(self, changed: Callable[[int, tuple[str, ...]], None]) -> None:
        """`changed` gets count and addresses, newest last, in whatever thread connects.

        It returns at once and never raises.
        """
        self._changed = changed
        self._lock = Lock()
        self._count = 0
        self._addresses: tuple[str, ...] = ()

    def install(self) -> None:
        """Watch from now on; once for a process."""
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[object, ...]) -> None:
        if event in _OPENS and (address := _inet_address(args)):
            with self._lock:
                self._count += 1
                self._addresses = (*self._addresses, address)[-_KEPT:]
                self._changed(self._count, self._addresses)


def refuse_connections() -> None:
    """From now on connecting to a network, however near, raises PermissionError in this process."""
    sys.addaudithook(_refuse)


def _refuse(event: str, args: tuple[object, ...]) -> None:
    if event in _ASKS or (event in _OPENS and _inet_address(args)):
        raise PermissionError(f"this process opens no connections ({event})")


def _inet_address(args: tuple[object, ...]) -> str:
    """Where an event of `_OPENS` leads, "" if not to an internet address, however near."""
    connecting, address = args[:2]
    if getattr(connecting, "family", None) not in _INET or not isinstance(address, tuple):
        return ""  # a socket of this machine's own, or one that was connected before
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
