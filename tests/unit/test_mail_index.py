"""index.db: made of the files alone, again and again, whatever became of it."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.mail import mime, scan
from app.mail.model import MailQuery
from app.mail.store import Mailbox
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.paths import ProfilePaths
from tests.support.mail_profile import MailProfile, eml, open_mail
from tests.support.small_disk import small_disk

ALL = MailQuery()


@pytest.fixture
def mail(profile: Path) -> Iterator[MailProfile]:
    with open_mail(profile) as opened:
        for number in range(30):
            opened.put(eml(f"Number {number}", f"word{number}"), name=f"{number}.eml")
        yield opened


def index_of(mail: MailProfile) -> Path:
    return mail.root / "cache" / "index.db"


def is_right(mailbox: Mailbox) -> bool:
    """Whether everything is found, by its text too."""
    found = mailbox.search(MailQuery(words=("word7",)))
    return mailbox.search(ALL).total == 30 and [each.subject for each in found.items] == [
        "Number 7"
    ]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The messages that are read for the index from now on."""
    seen: list[bytes] = []

    def read(data: bytes) -> mime.Headers:
        seen.append(data)
        return mime.read_headers(data)

    monkeypatch.setattr(scan, "read_headers", read)
    return seen


def test_each_message_is_read_once_and_again_only_if_the_index_vanishes(
    mail: MailProfile, reads: list[bytes]
) -> None:
    assert is_right(mail.mailbox)
    assert len(reads) == 30
    with open_mail(mail.root) as again:
        assert is_right(again.mailbox)
    assert len(reads) == 30
    mail.mailbox.close()
    for file in (mail.root / "cache").iterdir():
        file.unlink()
    assert is_right(mail.mailbox)
    assert len(reads) == 60


def test_the_ids_outlast_the_index(mail: MailProfile) -> None:
    before = mail.mailbox.search(ALL, limit=30).items
    mail.mailbox.close()
    index_of(mail).unlink()
    after = mail.mailbox.search(ALL, limit=30).items
    assert {each.id: each.name for each in after} == {each.id: each.name for each in before}


def other_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()


def older_format(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.commit()


def newer_format(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


def damage_words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM message_text_data WHERE id > 10")
        connection.commit()


def lose_words(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE message_text")
        connection.commit()


def damage_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"nonsense" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: (path.unlink(), other_database(path)),
        older_format,
        newer_format,
        damage_words,
        lose_words,
        damage_pages,
    ],
    ids=["empty", "nonsense", "cut", "foreign", "older", "newer", "words", "no words", "pages"],
)
def test_an_index_that_is_no_good_is_made_anew(mail: MailProfile, spoil: object) -> None:
    assert is_right(mail.mailbox)
    mail.mailbox.close()
    spoil(index_of(mail))  # type: ignore[operator]
    assert is_right(mail.mailbox)
    mail.mailbox.close()
    assert is_right(mail.mailbox)


def test_an_index_damaged_under_an_open_mailbox_is_made_anew(mail: MailProfile) -> None:
    assert is_right(mail.mailbox)
    damage_words(index_of(mail))
    assert is_right(mail.mailbox)


def test_a_mailbox_used_in_another_thread_is_a_bug_and_not_damage(mail: MailProfile) -> None:
    assert is_right(mail.mailbox)
    before = index_of(mail).stat().st_ino
    caught: list[BaseException] = []

    def use() -> None:
        try:
            mail.mailbox.search(ALL)
        except sqlite3.ProgrammingError as error:
            caught.append(error)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert len(caught) == 1
    assert index_of(mail).stat().st_ino == before


def test_a_file_that_appears_right_after_a_look_is_seen(mail: MailProfile) -> None:
    for number in range(30, 60):
        mail.put(eml(f"Number {number}"), name=f"{number}.eml")
        assert mail.mailbox.search(ALL).total == number + 1


def test_a_folder_at_rest_is_not_listed_again(
    mail: MailProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_SETTLED", 50_000_000)
    assert is_right(mail.mailbox)
    time.sleep(0.06)
    assert is_right(mail.mailbox)
    monkeypatch.setattr(scan, "is_message_name", lambda name: pytest.fail("listed again"))
    assert is_right(mail.mailbox)
    monkeypatch.undo()
    mail.put(eml("New"), name="new.eml")
    assert mail.mailbox.search(ALL).total == 31


def test_a_folder_that_vanishes_takes_its_messages_along(mail: MailProfile) -> None:
    moved = mail.put(eml("Moved"), "Old")
    assert mail.mailbox.search(ALL).total == 31
    moved.parent.rename(moved.parent.with_name("New"))
    (found,) = mail.mailbox.search(MailQuery(words=("moved",))).items
    assert found.folder == "New"
    for file in moved.parent.with_name("New").iterdir():
        file.unlink()
    moved.parent.with_name("New").rmdir()
    assert mail.mailbox.search(ALL).total == 30


def test_it_tells_how_far_it_is_and_can_be_stopped(
    mail: MailProfile, monkeypatch: pytest.MonkeyPatch, reads: list[bytes]
) -> None:
    monkeypatch.setattr(scan, "_BATCH", 10)
    told: list[tuple[int, int]] = []
    mail.mailbox.refresh(lambda done, total: told.append((done, total)), lambda: len(reads) >= 15)
    assert told == [(10, 30), (15, 30)]
    mail.mailbox.refresh(lambda done, total: told.append((done, total)))
    assert told[2:] == [(10, 15), (15, 15)]
    assert len(reads) == 30
    assert is_right(mail.mailbox)


def test_an_error_half_way_keeps_what_was_read(
    mail: MailProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(data: bytes) -> mime.Headers:
        if b"Number 22" in data:
            raise KeyboardInterrupt
        return mime.read_headers(data)

    with monkeypatch.context() as patch:
        patch.setattr(scan, "read_headers", explode)
        patch.setattr(scan, "_BATCH", 5)
        with pytest.raises(KeyboardInterrupt):
            mail.mailbox.refresh()
    assert is_right(mail.mailbox)


def test_several_threads_may_begin_at_once(mail: MailProfile) -> None:
    wrong: list[object] = []

    def work() -> None:
        connection = open_database(ProfilePaths(mail.root))
        mailbox = Mailbox(ProfilePaths(mail.root), DatabaseIdMap(connection))
        try:
            for _ in range(5):
                if not is_right(mailbox) or mailbox.problems:
                    wrong.append(mailbox.problems)
        except BaseException as error:
            wrong.append(error)
            raise
        finally:
            mailbox.close()
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_looks_agree_while_another_thread_moves_messages(mail: MailProfile) -> None:
    over = threading.Event()
    inbox, goal = (mail.root / "mail" / "local" / name for name in ("Inbox", "Archive"))
    goal.mkdir()

    def move() -> None:
        while not over.is_set():
            for here, there in ((inbox, goal), (goal, inbox)):
                for number in range(30):
                    (here / f"{number}.eml").rename(there / f"{number}.eml")
                    time.sleep(0.001)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        for _ in range(50):
            mail.mailbox.search(ALL)
            assert mail.mailbox.problems == ()
    finally:
        over.set()
        thread.join()
    assert is_right(mail.mailbox)
    assert {each.folder for each in mail.mailbox.search(ALL, limit=30).items} == {"Inbox"}


LOOKER = """
import sys
from pathlib import Path
from app.mail.model import MailQuery
from app.mail.store import Mailbox
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.paths import ProfilePaths
paths = ProfilePaths(Path(sys.argv[1]))
mailbox = Mailbox(paths, DatabaseIdMap(open_database(paths)))
print("ready", flush=True)
mailbox.refresh()
print(mailbox.search(MailQuery()).total)
"""


def test_a_process_killed_while_it_reads_spoils_nothing(mail: MailProfile) -> None:
    for number in range(6):
        looker = subprocess.Popen(
            [sys.executable, "-c", LOOKER, str(mail.root)], stdout=subprocess.PIPE
        )
        assert looker.stdout is not None
        with looker, looker.stdout:
            looker.stdout.readline()
            time.sleep(0.004 * number)
            looker.kill()
        assert is_right(mail.mailbox)
        mail.mailbox.close()
        for file in (mail.root / "cache").iterdir():
            file.unlink()


def test_a_full_disk_is_said_and_the_mail_is_as_it_was(mail: MailProfile, tmp_path: Path) -> None:
    files = mail.messages()
    with small_disk(tmp_path / "disk", 300) as disk:
        paths = ProfilePaths(mail.root, cache_folder=disk.folder)
        mailbox = Mailbox(paths, mail.mailbox._ids)
        try:
            with disk.full(), pytest.raises(KnownError) as caught:
                mailbox.search(ALL)
            assert caught.value.code in disk.database_codes
        finally:
            mailbox.close()
    assert mail.messages() == files
    assert is_right(mail.mailbox)


def test_the_index_is_for_its_owner_only(mail: MailProfile) -> None:
    assert is_right(mail.mailbox)
    for file in (mail.root / "cache").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
