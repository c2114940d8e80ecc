"""Bringing the index up to date with the files: what is new, moved, marked or gone.

Names stand for content that never changes, so a file is read once. Several threads and processes
may do this at once; what one has done, the others find done.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from app.core.errors import KnownError
from app.core.text import printable
from app.mail.flags import NOTHING, FlagsFile
from app.mail.index import writing
from app.mail.layout import is_message_name, is_regular, plain_folders
from app.mail.mime import Headers, read_body, read_headers, searchable
from app.mail.rows import add_message, drop_messages, set_state
from app.store.atomic import explain_os_error

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]
Place = tuple[str, str]
"""Account and folder."""

_LARGEST = 64_000_000
"""Bytes of a message that are looked at for the index."""

_BATCH = 100
_SETTLED = 2_000_000_000
"""Nanoseconds after which a folder's time of change is sure to differ from that of another."""

_LOOKS = 5


@dataclass
class _Folder:
    """A folder as it was found.

    `stamp` is from before `files` were listed; they are None where nothing changed. `marks` is the
    stamp of the flags the index has. `sound`: everything in it could be taken in.
    """

    path: Path
    stamp: str
    marks: str
    files: frozenset[str] | None = None
    sound: bool = True


@dataclass(frozen=True)
class _Read:
    """A new message, ready for the index."""

    place: Place
    name: str
    size: int
    headers: Headers
    text: str


class Scan:
    """Keeps the index of the mail below `root` (PROFILE/mail); in one thread.

    `problems` are the files and folders the last refresh could not read.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._flags: dict[Place, FlagsFile] = {}
        self.problems: tuple[KnownError, ...] = ()

    def refresh(self, connection: sqlite3.Connection, progress: Progress, stop: Stop) -> None:
        """Bring the index up to date; once `stop` is true, what was read until then is kept.

        `progress` gets how many of how many new messages are read. Raises sqlite3.DatabaseError.
        """
        look = _Look(self._root, self._flags, connection, progress, stop)
        look.run()
        self.problems = tuple(look.problems)


class _Look:
    """One look at all folders."""

    def __init__(
        self,
        root: Path,
        flags: dict[Place, FlagsFile],
        connection: sqlite3.Connection,
        progress: Progress,
        stop: Stop,
    ) -> None:
        self.problems: list[KnownError] = []
        self._root = root
        self._flags = flags
        self._connection = connection
        self._progress = progress
        self._stop = stop
        self._known: dict[Place, tuple[str, str]] = {}
        self._folders: dict[Place, _Folder] = {}

    def run(self) -> None:
        """Look, and bring the index up to date."""
        sql = "SELECT account, name, files, flags FROM folder"
        self._known = {(row[0], row[1]): (row[2], row[3]) for row in self._connection.execute(sql)}
        self._find_folders()
        self._list_files()
        marked = self._read_marks()
        new, gone = self._differences()
        moved: list[tuple[Place, str]] = []
        fresh: list[tuple[Place, str]] = []
        for each in new:
            (moved if self._is_same(*each, gone) else fresh).append(each)
        if gone:
            self._move_and_drop(moved, gone)
        for place, names in marked.items():
            self._mark(place, names)
        self._add(fresh)
        self._remember()

    def _find_folders(self) -> None:
        try:
            for account in plain_folders(self._root):
                for name in plain_folders(self._root / account):
                    path = self._root / account / name
                    self._folders[account, name] = _Folder(
                        path, _stamp(path), self._known.get((account, name), ("", ""))[1]
                    )
        except OSError as error:
            self._problem(explain_os_error(error, self._root, "look through the mail folders"))

    def _list_files(self) -> None:
        """List the folders that have changed, again while messages move between them."""
        pending = [
            folder
            for place, folder in self._folders.items()
            if self._known.get(place, ("", ""))[0] != folder.stamp
        ]
        for _ in range(_LOOKS):
            for folder in pending:
                folder.stamp = _stamp(folder.path)
                self._list(folder)
            pending = [each for each in self._folders.values() if _stamp(each.path) != each.stamp]
            if not pending:
                return

    def _list(self, folder: _Folder) -> None:
        try:
            with os.scandir(folder.path) as entries:
                folder.files = frozenset(
                    entry.name
                    for entry in entries
                    if is_message_name(entry.name) and entry.is_file(follow_symlinks=False)
                )
        except FileNotFoundError:
            folder.files = frozenset()
        except OSError as error:
            self._problem(explain_os_error(error, folder.path, "list a mail folder"), folder)

    def _read_marks(self) -> dict[Place, frozenset[str] | None]:
        """Read the flags where they matter; by folder, whose may differ from the index (None: all).

        After the files are listed: a message's marks are there before it is.
        """
        differing: dict[Place, frozenset[str] | None] = {}
        for place, folder in self._folders.items():
            flags = self._flags.setdefault(place, FlagsFile(folder.path))
            if folder.files is None and flags.stamp() == folder.marks:
                continue
            before = flags.read_stamp
            try:
                names = flags.refresh()
            except KnownError as error:
                self._problem(error, folder)
                continue
            if flags.read_stamp != folder.marks:
                differing[place] = names if before == folder.marks else None
                folder.marks = flags.read_stamp
        return differing

    def _differences(self) -> tuple[list[tuple[Place, str]], dict[tuple[str, str], int]]:
        """What lies where the index has nothing, and rows by (account, name) whose file is gone."""
        new: list[tuple[Place, str]] = []
        gone: dict[tuple[str, str], int] = {}
        listed = {place: each.files for place, each in self._folders.items()}
        for place in self._known.keys() - self._folders.keys():
            listed[place] = frozenset()
        for place, files in sorted(listed.items()):
            if files is not None:
                rows = self._rows(place)
                gone.update(((place[0], name), rows[name]) for name in rows.keys() - files)
                new += ((place, name) for name in sorted(files - rows.keys()))
        return self._without_twins(new, gone), gone

    def _without_twins(
        self, new: Iterable[tuple[Place, str]], gone: Mapping[tuple[str, str], int]
    ) -> list[tuple[Place, str]]:
        """`new` without files whose name another message of the account has."""
        kept: dict[tuple[str, str], str] = {}
        for place, name in new:
            account, folder = place
            other = kept.get((account, name))
            if other is None and (account, name) not in gone:
                other = self._indexed_in(account, name)
            if other is None:
                kept[account, name] = folder
                continue
            self._folders[place].sound = False
            here, there = (self._root / account / each / name for each in (folder, other))
            if all(map(is_regular, (here, there, here))):  # else it is on its way
                self._problem(_twice(place, name))
        return [((account, folder), name) for (account, name), folder in kept.items()]

    def _indexed_in(self, account: str, name: str) -> str | None:
        """The folder the index knows that message in."""
        sql = "SELECT folder FROM message WHERE account = ? AND name = ?"
        row = self._connection.execute(sql, (account, name)).fetchone()
        return None if row is None else str(row[0])

    def _is_same(self, place: Place, name: str, gone: Mapping[tuple[str, str], int]) -> bool:
        """Whether a file is the message of that name which is gone elsewhere."""
        number = gone.get((place[0], name))
        if number is None:
            return False
        sql = "SELECT size FROM message WHERE id = ?"
        row = self._connection.execute(sql, (number,)).fetchone()
        try:
            size = (self._folders[place].path / name).stat().st_size
        except OSError:
            return False
        return row is not None and row[0] == size

    def _rows(self, place: Place) -> dict[str, int]:
        sql = "SELECT name, id FROM message WHERE account = ? AND folder = ?"
        return dict(self._connection.execute(sql, place))

    def _move_and_drop(
        self, moved: Iterable[tuple[Place, str]], gone: dict[tuple[str, str], int]
    ) -> None:
        sql = "UPDATE message SET folder = ? WHERE id = ?"
        with writing(self._connection):
            for place, name in moved:
                number = gone.pop((place[0], name))
                self._connection.execute(sql, (place[1], number))
                set_state(self._connection, number, self._flags[place].known.get(name, NOTHING))
            drop_messages(self._connection, gone.values())

    def _mark(self, place: Place, names: Iterable[str] | None) -> None:
        """Give the messages of a folder the marks its file says; `names` None means all."""
        states = self._flags[place].known
        rows = self._rows(place) if names is None else self._named_rows(place, names)
        with writing(self._connection, counts=False):
            for name, number in rows.items():
                set_state(self._connection, number, states.get(name, NOTHING))

    def _named_rows(self, place: Place, names: Iterable[str]) -> dict[str, int]:
        sql = "SELECT name, id FROM message WHERE account = ? AND folder = ? AND name = ?"
        found = (self._connection.execute(sql, (*place, name)).fetchone() for name in names)
        return {row[0]: row[1] for row in found if row is not None}

    def _add(self, fresh: list[tuple[Place, str]]) -> None:
        """Read new messages, and put them into the index some at a time."""
        read = self._read_all(fresh)
        done = 0
        while batch := list(islice(read, _BATCH)):
            with writing(self._connection):
                for each in batch:
                    place = (*each.place, each.name)
                    state = self._flags[each.place].known.get(each.name, NOTHING)
                    add_message(self._connection, place, each.size, each.headers, each.text, state)
            done += len(batch)
            self._progress(done, len(fresh))

    def _read_all(self, fresh: Iterable[tuple[Place, str]]) -> Iterator[_Read]:
        for place, name in fresh:
            folder = self._folders[place]
            if self._stop():
                folder.sound = False
                continue
            try:
                with (folder.path / name).open("rb") as file:
                    size = os.fstat(file.fileno()).st_size
                    data = file.read(_LARGEST)
            except FileNotFoundError:  # it has moved on: the next look finds it
                folder.sound = False
                continue
            except OSError as error:
                doing = "read a message"
                self._problem(explain_os_error(error, folder.path / name, doing), folder)
                continue
            yield _Read(place, name, size, read_headers(data), searchable(read_body(data)))

    def _remember(self) -> None:
        """Note what was taken in, so that the next look can pass over it."""
        rows = {place: (_settled(each), each.marks) for place, each in self._folders.items()}
        if rows == self._known:
            return
        with writing(self._connection, counts=False):
            self._connection.execute("DELETE FROM folder")
            self._connection.executemany(
                "INSERT INTO folder (account, name, files, flags) VALUES (?, ?, ?, ?)",
                [(*place, *stamps) for place, stamps in rows.items()],
            )

    def _problem(self, problem: KnownError, folder: _Folder | None = None) -> None:
        self.problems.append(problem)
        if folder is not None:
            folder.sound = False


def _stamp(folder: Path) -> str:
    """Changes when a file comes into the folder or leaves it; "" where there is none."""
    try:
        status = folder.stat()
    except OSError:
        return ""
    return f"{status.st_dev}:{status.st_ino} {status.st_mtime_ns}"


def _settled(folder: _Folder) -> str:
    """The stamp to pass over the folder by, "" if it must be looked at again.

    What changes right after a look may carry the same time.
    """
    if not folder.sound or not folder.stamp:
        return ""
    age = time.time_ns() - int(folder.stamp.rpartition(" ")[2])
    return folder.stamp if age > _SETTLED else ""


def _twice(place: Place, name: str) -> KnownError:
    where = printable(f"mail/{place[0]}/{place[1]}/{name}")
    return KnownError(
        "message_twice",
        f"{where} has the name of a message in another folder. It was left as it is, and what is "
        "in it is missing from this answer.",
        "Give the file another name.",
    )
