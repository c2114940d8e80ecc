"""Moving and marking messages: what is planned, made, refused, and what a crash leaves."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.proposals import Change, Risk, version_of
from app.mail.flags import tidy
from app.mail.model import Envelope, MailQuery
from app.mail.states import MessageStates, state_text
from app.store.paths import ProfilePaths
from tests.support.mail_profile import MailProfile, eml, open_mail

NAME = "one.eml"
HERE = state_text("Inbox", ["seen"], [])


@pytest.fixture
def mail(profile: Path) -> Iterator[MailProfile]:
    with open_mail(profile) as opened:
        yield opened


def only(mail: MailProfile) -> Envelope:
    """The one message there is, wherever it lies."""
    folders = ("Inbox", "Archive", "Trash", "Drafts", "Outbox", "Reisen")
    (found,) = mail.mailbox.search(MailQuery(folders=folders)).items
    return found


def plan(mail: MailProfile, envelope: Envelope, **wanted: object) -> Change | None:
    made = mail.states.plan_update(
        envelope,
        summary="Change it",
        was=("before",),
        becomes=("after",),
        **wanted,  # type: ignore[arg-type]
    )
    if made is not None:
        assert made.expected_version == version_of(made.before) == mail.states.version(made.target)
    return made


def to(folder: str, name: str = NAME, before: str = HERE) -> Change:
    after = state_text(folder, ["seen"], [])
    target = f"message:local/{name}"
    return Change(target, "move message", version_of(before), before, after, "Move it")


def profile_files(mail: MailProfile) -> dict[str, bytes]:
    """All mail, after what every start does."""
    tidy(mail.root / "mail")
    files = sorted(file for file in (mail.root / "mail").rglob("*") if file.is_file())
    return {file.relative_to(mail.root).as_posix(): file.read_bytes() for file in files}


@pytest.mark.parametrize(
    ("wanted", "kind", "folder", "unread", "flagged", "labels"),
    [
        ({"folder": "archive"}, "move message", "Archive", False, False, ("a",)),
        ({"folder": "Reisen"}, "move message", "Reisen", False, False, ("a",)),
        ({"unread": True}, "mark message", "Inbox", True, False, ("a",)),
        ({"flagged": True}, "mark message", "Inbox", False, True, ("a",)),
        ({"add_labels": ["Müll", "A"]}, "label message", "Inbox", False, False, ("Müll", "a")),
        ({"remove_labels": ["A"]}, "label message", "Inbox", False, False, ()),
        (
            {"folder": "TRASH", "unread": True, "remove_labels": ["a"]},
            "move message",
            "Trash",
            True,
            False,
            (),
        ),
    ],
)
def test_a_planned_change_is_made_and_undone_to_the_byte(
    mail: MailProfile,
    wanted: dict[str, object],
    kind: str,
    folder: str,
    unread: bool,
    flagged: bool,
    labels: tuple[str, ...],
) -> None:
    mail.put(eml(), labels=["a"])
    untouched = profile_files(mail)
    envelope = only(mail)
    change = plan(mail, envelope, **wanted)
    assert change is not None
    assert (change.kind, change.risk) == (kind, Risk.CHANGE)
    mail.states.apply(change)
    now = mail.mailbox.get(envelope.id)
    assert now is not None
    assert (now.folder, now.unread, now.flagged, now.labels) == (folder, unread, flagged, labels)
    assert mail.states.version(change.target) == version_of(change.after)
    mail.states.apply(change.inverse("c1"))
    assert only(mail) == envelope
    assert profile_files(mail) == untouched


@pytest.mark.parametrize(
    "wanted",
    [
        {"folder": "inbox"},
        {"unread": False},
        {"flagged": False, "answered": False},
        {"add_labels": ["A"]},
        {"remove_labels": ["b"]},
        {},
    ],
)
def test_what_is_so_already_needs_no_change(mail: MailProfile, wanted: dict[str, object]) -> None:
    mail.put(eml(), labels=["a"])
    assert plan(mail, only(mail), **wanted) is None


def test_answering_leaves_a_mark(mail: MailProfile) -> None:
    file = mail.put(eml())
    change = plan(mail, only(mail), answered=True)
    assert change is not None
    mail.states.apply(change)
    assert b'"answered", "seen"' in (file.parent / "flags.jsonl").read_bytes()


@pytest.mark.parametrize("folder", ["Sent", "drafts", "OUTBOX"])
def test_nothing_is_moved_among_what_the_user_wrote(mail: MailProfile, folder: str) -> None:
    mail.put(eml())
    untouched = mail.messages()
    with pytest.raises(KnownError) as caught:
        plan(mail, only(mail), folder=folder)
    assert caught.value.code == "bad_folder"
    assert mail.messages() == untouched


@pytest.mark.parametrize("folder", ["", ".", "..", "../x", "a/b", "a\\b", "C:x", ".hidden", "a\nb"])
def test_a_name_that_could_lead_elsewhere_is_no_folder(mail: MailProfile, folder: str) -> None:
    mail.put(eml())
    with pytest.raises(KnownError) as caught:
        plan(mail, only(mail), folder=folder)
    assert caught.value.code == "bad_folder"


def test_what_waits_to_be_sent_is_not_moved(mail: MailProfile) -> None:
    mail.put(eml(), "Outbox", name=NAME)
    with pytest.raises(KnownError) as caught:
        plan(mail, only(mail), folder="Trash")
    assert caught.value.code == "bad_folder"
    with pytest.raises(KnownError) as caught:
        mail.states.apply(to("Trash", before=state_text("Outbox", ["seen"], [])))
    assert caught.value.code == "bad_target"
    assert list(mail.messages()) == ["mail/local/Outbox/one.eml"]


def test_a_draft_thrown_away_comes_back_by_undo(mail: MailProfile) -> None:
    mail.put(eml(), "Drafts", name=NAME)
    change = plan(mail, only(mail), folder="Trash")
    assert change is not None
    mail.states.apply(change)
    assert list(mail.messages()) == ["mail/local/Trash/one.eml"]
    mail.states.apply(change.inverse("c1"))
    assert list(mail.messages()) == ["mail/local/Drafts/one.eml"]


def test_a_message_that_is_gone_cannot_be_planned_for(mail: MailProfile) -> None:
    file = mail.put(eml())
    envelope = only(mail)
    file.unlink()
    with pytest.raises(KnownError) as caught:
        plan(mail, envelope, flagged=True)
    assert caught.value.code == "stale"


@pytest.mark.parametrize(
    "target",
    [
        "message:local/../../phial.db",
        "message:local/Inbox/one.eml",
        "message:../mail/one.eml",
        "message:local/one.txt",
        "message:local/.one.eml",
        "message:local/",
        "message:one.eml",
        "mail:local/one.eml",
        "message:lo\0cal/one.eml",
    ],
)
def test_only_messages_are_targets(mail: MailProfile, target: str) -> None:
    with pytest.raises(KnownError) as caught:
        mail.states.version(target)
    assert caught.value.code == "bad_target"


@pytest.mark.parametrize(
    "after",
    [
        None,
        "",
        "{}",
        "[]",
        '{"flags":[],"folder":"Archive"}',
        '{"flags":"seen","folder":"Archive","labels":[]}',
        '{"flags":[],"folder":"..","labels":[]}',
        '{"flags":[],"folder":7,"labels":[]}',
        '{"flags":[7],"folder":"Archive","labels":[]}',
        '{"flags": [],"folder":"Archive","labels":[]}',
        '{"flags":[],"folder":"Archive","labels":[],"more":1}',
        state_text("../Archive", [], []),
        state_text("Outbox", ["seen"], []),
    ],
)
def test_a_state_that_makes_no_sense_is_refused(mail: MailProfile, after: str | None) -> None:
    mail.put(eml(), name=NAME)
    untouched = profile_files(mail)
    change = Change(f"message:local/{NAME}", "x", version_of(HERE), HERE, after, "Change it")
    with pytest.raises(KnownError) as caught:
        mail.states.apply(change)
    assert caught.value.code == "bad_target"
    assert profile_files(mail) == untouched


def test_links_are_not_followed(mail: MailProfile, tmp_path: Path) -> None:
    mail.put(eml(), name=NAME)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "two.eml").write_text(eml())
    (mail.root / "mail" / "local" / "Archive").symlink_to(outside)
    (mail.root / "mail" / "local" / "Inbox" / "three.eml").symlink_to(outside / "two.eml")
    assert mail.states.version("message:local/two.eml") == ""
    assert mail.states.version("message:local/three.eml") == ""
    with pytest.raises(KnownError) as caught:
        mail.states.apply(to("Archive"))
    assert caught.value.code == "bad_target"
    assert [file.name for file in outside.iterdir()] == ["two.eml"]
    assert only(mail).folder == "Inbox"


def test_a_file_of_the_same_name_is_never_replaced(mail: MailProfile) -> None:
    mail.put(eml(), name=NAME)
    other = mail.put(b"other", "Zoo", name=NAME)
    with pytest.raises(KnownError) as caught:
        mail.states.apply(to("Zoo"))
    assert caught.value.code == "name_taken"
    assert other.read_bytes() == b"other"
    assert len(mail.messages()) == 2


def test_marks_left_by_a_move_that_did_not_happen_do_not_count_later(mail: MailProfile) -> None:
    mail.put(eml(), name=NAME)
    archive = mail.root / "mail" / "local" / "Archive"
    archive.mkdir()
    (archive / "flags.jsonl").write_text(f'{{"name": "{NAME}", "flags": [], "labels": ["old"]}}\n')
    mail.states.apply(to("Archive"))
    assert (only(mail).unread, only(mail).labels) == (False, ())


def test_keys_of_other_programs_move_along(mail: MailProfile) -> None:
    file = mail.put(eml(), name=NAME, seen=False)
    said = f'{{"name": "{NAME}", "flags": ["seen"], "labels": [], "imap": {{"uid": 7}}}}\n'
    (file.parent / "flags.jsonl").write_text(said)
    mail.states.apply(to("Archive"))
    assert (mail.root / "mail/local/Archive/flags.jsonl").read_text() == said


def test_another_instance_sees_what_was_done(mail: MailProfile) -> None:
    mail.put(eml(), name=NAME)
    other = MessageStates(ProfilePaths(mail.root))
    target = f"message:local/{NAME}"
    assert other.version(target) == version_of(HERE)
    for folder in ("Archive", "Inbox"):
        before = state_text("Inbox" if folder == "Archive" else "Archive", ["seen"], [])
        mail.states.apply(to(folder, before=before))
        assert other.version(target) == mail.states.version(target)


def test_random_changes_undone_in_reverse_leave_every_byte_as_it_was(mail: MailProfile) -> None:
    chance = random.Random(4)
    for number in range(6):
        mail.put(
            eml(f"Number {number}"),
            chance.choice(["Inbox", "Archive"]),
            seen=chance.random() < 0.5,
            flagged=chance.random() < 0.5,
            labels=chance.sample(["a", "b", "ö"], 2),
        )
    untouched = profile_files(mail)
    everywhere = MailQuery(folders=("Inbox", "Archive", "Trash", "Neu"))
    for _ in range(20):
        done = []
        for _ in range(12):
            envelope = chance.choice(mail.mailbox.search(everywhere).items)
            wanted: dict[str, object] = {
                "folder": chance.choice([None, "inbox", "Archive", "Trash", "Neu"]),
                "unread": chance.choice([None, True, False]),
                "flagged": chance.choice([None, True, False]),
                "add_labels": chance.sample(["a", "c"], chance.randrange(2)),
                "remove_labels": chance.sample(["b", "ö"], chance.randrange(2)),
            }
            change = plan(mail, envelope, **wanted)
            if change is not None:
                mail.states.apply(change)
                done.append(change)
            if chance.random() < 0.1:
                tidy(mail.root / "mail")
        for change in reversed(done):
            mail.states.apply(change.inverse("c1"))
        assert profile_files(mail) == untouched


MOVER = """
import sys
from pathlib import Path
from app.core.proposals import Change, version_of
from app.mail.states import MessageStates, state_text
from app.store.paths import ProfilePaths
states = MessageStates(ProfilePaths(Path(sys.argv[1])))
folders = ("Inbox", "Archive", "Trash")
print("ready", flush=True)
for number in range(1_000_000):
    here, there = folders[number % 3], folders[(number + 1) % 3]
    before = state_text(here, ["seen"], [f"in {here}"])
    after = state_text(there, ["seen"], [f"in {there}"])
    target = "message:local/one.eml"
    states.apply(Change(target, "move message", version_of(before), before, after, "Move it"))
"""


def killed_moves(mail: MailProfile, count: int) -> None:
    """Kill moves at `count` moments: the message is whole, in one place, with its marks."""
    data = eml(body="x" * 5000)
    file = mail.put(data, name=NAME, labels=["in Inbox"])
    marks = (file.parent / "flags.jsonl").read_bytes()
    for number in range(count):
        for name in mail.messages():
            (mail.root / name).unlink()
        for left in (mail.root / "mail").rglob("flags.jsonl"):
            left.unlink()
        file.write_bytes(data.encode())
        (file.parent / "flags.jsonl").write_bytes(marks)
        mover = subprocess.Popen(
            [sys.executable, "-c", MOVER, str(mail.root)], stdout=subprocess.PIPE
        )
        assert mover.stdout is not None
        with mover, mover.stdout:
            mover.stdout.readline()
            time.sleep(0.002 + 0.0037 * number % 0.05)
            mover.kill()
        tidy(mail.root / "mail")
        (found,) = mail.messages().items()
        assert found[1] == data.encode()
        now = only(mail)
        assert (now.labels, now.unread) == ((f"in {now.folder}",), False)


def test_a_move_that_is_killed_leaves_the_message_whole_in_one_place(mail: MailProfile) -> None:
    killed_moves(mail, 6)


@pytest.mark.soak
def test_many_moves_that_are_killed(mail: MailProfile) -> None:
    killed_moves(mail, 100)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_folder_that_cannot_be_written_to_is_explained(mail: MailProfile) -> None:
    mail.put(eml(), name=NAME)
    blocked = mail.root / "mail" / "local" / "Archive"
    blocked.write_text("a file in its place")
    with pytest.raises(KnownError) as caught:
        mail.states.apply(to("Archive"))
    assert caught.value.code == "bad_target"
    assert only(mail).folder == "Inbox"
