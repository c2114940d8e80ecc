"""Drafts and what waits to be sent: the only messages whose files Phial makes and removes."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.core.proposals import Change, Risk, version_of
from app.mail.files import MailFiles, new_message_name
from app.store.paths import ProfilePaths, prepare
from tests.support.mail_profile import eml

TEXT = eml("Grüße", "東京 🎉")


@pytest.fixture
def files(profile: Path) -> MailFiles:
    prepare(ProfilePaths(profile))
    return MailFiles(ProfilePaths(profile))


def new(files: MailFiles, folder: str, risk: Risk = Risk.DRAFT) -> Change:
    return files.plan_new(
        folder, TEXT, summary="Draft to Bob", becomes=("To Bob",), kind="draft mail", risk=risk
    )


@pytest.mark.parametrize(("folder", "risk"), [("Drafts", Risk.DRAFT), ("Outbox", Risk.SEND)])
def test_a_new_message_is_made_under_a_name_of_its_own_for_its_owner_only(
    files: MailFiles, profile: Path, folder: str, risk: Risk
) -> None:
    first, second = new(files, folder, risk), new(files, folder, risk)
    assert first.target != second.target
    assert (first.risk, first.becomes, first.before) == (risk, ("To Bob",), None)
    files.apply(first)
    files.apply(second)
    made = sorted((profile / "mail" / "local" / folder).iterdir())
    assert [file.read_bytes() for file in made] == [TEXT.encode()] * 2
    assert {file.stat().st_mode & 0o777 for file in made} == {0o600}
    assert made[0].parent.stat().st_mode & 0o777 == 0o700


def test_a_planned_removal_removes_what_was_read_and_comes_back(
    files: MailFiles, profile: Path
) -> None:
    made = new(files, "Drafts")
    files.apply(made)
    path = made.target.removeprefix("mail:")
    removal = files.plan_removal(
        path, TEXT, summary="Draft to Bob", was=("To Bob",), kind="send mail", risk=Risk.SEND
    )
    assert removal.expected_version == version_of(TEXT) == files.version(removal.target)
    files.apply(removal)
    assert not (profile / path).exists()
    files.apply(removal.inverse("c1"))
    assert (profile / path).read_bytes() == TEXT.encode()


def test_a_draft_that_was_edited_meanwhile_is_not_removed(files: MailFiles, profile: Path) -> None:
    made = new(files, "Drafts")
    files.apply(made)
    path = made.target.removeprefix("mail:")
    (profile / path).write_bytes(b"by hand")
    with pytest.raises(KnownError) as caught:
        files.apply(made.inverse("c1"))
    assert caught.value.code == "stale"
    assert (profile / path).read_bytes() == b"by hand"


@pytest.mark.parametrize(
    "target",
    [
        "mail:mail/local/Inbox/one.eml",
        "mail:mail/local/Sent/one.eml",
        "mail:mail/local/drafts/one.eml",
        "mail:mail/local/Drafts/../Inbox/one.eml",
        "mail:mail/../local/Drafts/one.eml",
        "mail:mail/../Drafts/one.eml",
        "mail:mail/local/Drafts/one.txt",
        "mail:mail/local/Drafts/.one.eml",
        "mail:mail/local/Drafts/flags.jsonl",
        "mail:mail/local/Drafts/a\0.eml",
        "mail:calendars/local/Drafts/one.eml",
        "mail:/mail/local/Drafts/one.eml",
        "calendar:mail/local/Drafts/one.eml",
        "mail:",
    ],
)
def test_nothing_else_is_a_target(files: MailFiles, profile: Path, target: str) -> None:
    change = Change(target, "draft mail", "", None, TEXT, "Draft")
    for attempt in (lambda: files.version(target), lambda: files.apply(change)):
        with pytest.raises(KnownError) as caught:
            attempt()
        assert caught.value.code == "bad_target"
    assert not list(profile.rglob("*.eml"))


@pytest.mark.parametrize("link", ["mail/local", "mail/local/Drafts", "mail/local/Drafts/one.eml"])
def test_links_are_not_followed(files: MailFiles, profile: Path, tmp_path: Path, link: str) -> None:
    outside = tmp_path / "outside"
    (outside / "Drafts").mkdir(parents=True)
    (outside / "one.eml").write_bytes(b"theirs")
    place = profile / link
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(outside / "one.eml" if link.endswith(".eml") else outside)
    change = Change("mail:mail/local/Drafts/one.eml", "draft mail", "", None, TEXT, "Draft")
    with pytest.raises(KnownError) as caught:
        files.apply(change)
    assert caught.value.code == "bad_target"
    assert (outside / "one.eml").read_bytes() == b"theirs"
    assert not list((outside / "Drafts").iterdir())


def test_names_of_new_messages_are_plain_and_never_the_same() -> None:
    names = {new_message_name() for _ in range(1000)}
    assert len(names) == 1000
    assert all(name.removesuffix(".eml").isalnum() for name in names)
