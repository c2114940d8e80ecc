"""One window a profile: the second start asks the first to come to the front, and leaves.

The profile's lock is what keeps two from writing; this only spares the user a refusal. It goes
over a local socket, named after the profile's folder, in a folder that only its user may enter:
nobody else can stand in for the window, or call it.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QDir, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_RAISE = b"raise\n"
_DONE = b"done\n"
_CONNECT_MS = 500
_ANSWER_MS = 5000  # it may just be loading
_PRIVATE = 0o700


class SingleInstance(QObject):
    """This start's place among those of one profile. Use it in the window's thread."""

    wanted = Signal()
    """Another start of the same profile asks the window to come to the front."""

    def __init__(self, profile: Path) -> None:
        """`profile` is the profile's folder, which need not exist."""
        super().__init__()
        digest = hashlib.sha256(str(profile.resolve()).encode("utf-8", "surrogateescape"))
        # Short, because a socket's path may have about a hundred bytes.
        self._place = _place()
        self._name = str(self._place / f"phial-{digest.hexdigest()[:12]}")
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._greet)

    def call_first(self) -> bool | None:
        """Ask the window that is open to come to the front.

        None if there is none; else whether it answered, which takes seconds if it hangs.
        """
        if not _is_private(self._place):
            return None
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_CONNECT_MS):
            return None
        socket.write(_RAISE)
        answered = socket.waitForReadyRead(_ANSWER_MS) and bytes(socket.readAll().data()) == _DONE
        socket.abort()
        return answered

    def listen(self) -> None:
        """Be the first from now on. Where that is impossible, later starts find out by the lock."""
        with suppress(OSError):
            self._place.mkdir(_PRIVATE)
        if not _is_private(self._place):
            return
        # Nobody answered, so what is there was left by a process that was killed.
        QLocalServer.removeServer(self._name)
        self._server.listen(self._name)

    def close(self) -> None:
        """Be found no more."""
        self._server.close()
        if self._place.name == _folder_name():
            with suppress(OSError):  # another window may be in it
                self._place.rmdir()

    def _greet(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.readyRead.connect(self._answer)
            socket.disconnected.connect(socket.deleteLater)
            if socket.bytesAvailable():
                self._reply(socket)

    def _answer(self) -> None:
        socket = self.sender()
        assert isinstance(socket, QLocalSocket)
        self._reply(socket)

    def _reply(self, socket: QLocalSocket) -> None:
        if bytes(socket.readLine(len(_RAISE) + 1).data()) == _RAISE:
            socket.write(_DONE)
            socket.flush()
            self.wanted.emit()


def _place() -> Path:
    """The folder for the sockets of this user's windows, the same for every start."""
    if sys.platform == "win32":
        return Path()  # sockets have names only there, and rights of their own
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if Path(runtime).is_absolute() and _is_private(Path(runtime)):
        return Path(runtime)
    return Path(QDir.tempPath()) / _folder_name()


def _folder_name() -> str:
    if sys.platform == "win32":
        return ""
    return f"phial-{os.getuid()}"


def _is_private(folder: Path) -> bool:
    """Whether a folder is there, and this user's alone."""
    if sys.platform == "win32":
        return True
    try:
        found = folder.lstat()
    except OSError:
        return False
    mine = found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
    return mine and stat.S_IMODE(found.st_mode) & 0o077 == 0
