"""What the journal may rely on in every room that owns targets: one suite for all of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.calendars.store import CalendarStore
from app.core.errors import KnownError
from app.core.ports import ChangeOwner
from app.core.proposals import Change, version_of
from app.mail.files import MailFiles
from app.mail.flags import tidy
from app.mail.states import MessageStates, state_text
from app.store.paths import ProfilePaths, prepare
from tests.support.calendar_profile import berlin
from tests.support.file_owner import FileOwner
from tests.support.mail_profile import eml

EVENT = "calendars/personal/one.ics"
DRAFT = "mail/local/Drafts/one.eml"
CREATE, REPLACE, DELETE = "create", "replace", "delete"
EVERYTHING = frozenset((CREATE, REPLACE, DELETE))


@dataclass(frozen=True)
class Owned:
    """An owner over a profile, one of its targets, and contents the target may have.

    `makes` are the kinds of change there are for its targets.
    """

    owner: ChangeOwner
    root: Path
    target: str
    old: str
    new: str
    foreign: str
    makes: frozenset[str] = EVERYTHING

    def change(self, before: str | None, after: str | None) -> Change:
        return Change(self.target, "change event", version_of(before), before, after, "Change it")

    def text(self, name: str | None) -> str | None:
        """The content called "old", "new" or "foreign"."""
        return None if name is None else str(getattr(self, name))

    def put(self, content: str | None) -> None:
        """Make the target hold `content`, as another program would; None: it is not there."""
        self._file.unlink(missing_ok=True)
        if content is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._file.write_bytes(content.encode())

    def content(self) -> str | None:
        """What the target holds."""
        return self._file.read_bytes().decode() if self._file.exists() else None

    def contents(self) -> Mapping[str, bytes]:
        """Every file of the profile, so that what is left lying about is seen too."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    @property
    def _file(self) -> Path:
        return self.root / self.target.partition(":")[2]


@dataclass(frozen=True)
class OwnedState(Owned):
    """The same for the state of a message, which lies in two files."""

    def put(self, content: str | None) -> None:
        for file in (self.root / "mail").rglob("*.*"):
            file.unlink()
        if content is not None:
            said = json.loads(content)
            place = self.root / "mail" / "local" / said.pop("folder")
            place.mkdir(parents=True, exist_ok=True)
            (place / "one.eml").write_text(eml())
            (place / "flags.jsonl").write_text(json.dumps({"name": "one.eml", **said}) + "\n")

    def content(self) -> str | None:
        found = list((self.root / "mail").rglob("one.eml"))
        if not found:
            return None
        (file,) = found
        lines = (file.parent / "flags.jsonl").read_text().splitlines()
        said = next(each for each in map(json.loads, lines[::-1]) if each["name"] == "one.eml")
        return state_text(file.parent.name, said["flags"], said["labels"])

    def contents(self) -> Mapping[str, bytes]:
        tidy(self.root / "mail")
        return super().contents()


@pytest.fixture(params=["calendar", "file", "mail", "message"])
def owned(request: pytest.FixtureRequest, profile: Path) -> Owned:
    paths = ProfilePaths(profile)
    prepare(paths)
    events = (
        berlin("Lunch, später", "20261120T120000", "20261120T130000"),
        berlin("Lunch, 東京", "20261120T130000", "20261120T140000"),
        "by a phone",
    )
    drafts = (eml("später"), eml("東京", "größer"), "by a phone")
    states = (
        state_text("Inbox", ["seen"], ["später"]),
        state_text("Archive", ["flagged", "seen"], ["東京"]),
        state_text("Inbox", ["seen"], ["by a phone"]),
    )
    kind = request.param
    if kind == "calendar":
        return Owned(CalendarStore(profile), profile, f"calendar:{EVENT}", *events)
    if kind == "file":
        (profile / EVENT).parent.mkdir()
        return Owned(FileOwner(profile), profile, f"file:{EVENT}", *events)
    if kind == "mail":
        makes = frozenset((CREATE, DELETE))
        return Owned(MailFiles(paths), profile, f"mail:{DRAFT}", *drafts, makes)
    owner = MessageStates(paths)
    return OwnedState(owner, profile, "message:local/one.eml", *states, frozenset((REPLACE,)))


def test_what_does_not_exist_has_the_empty_version(owned: Owned) -> None:
    assert owned.owner.version(owned.target) == ""


@pytest.mark.parametrize("content", ["old", "new", "foreign"])
def test_the_version_is_that_of_the_content_whoever_wrote_it(owned: Owned, content: str) -> None:
    owned.put(owned.text(content))
    assert owned.owner.version(owned.target) == version_of(owned.text(content))


@pytest.mark.parametrize("owned", ["calendar", "file", "mail"], indirect=True)
def test_the_version_of_a_file_is_that_of_its_bytes_even_where_they_are_no_text(
    owned: Owned,
) -> None:
    data = owned.old.replace("\r\n", "\n").encode() + b"\xff"
    owned.put("")
    (owned.root / owned.target.partition(":")[2]).write_bytes(data)
    assert owned.owner.version(owned.target) == version_of(data)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [(CREATE, None, "new"), (REPLACE, "old", "new"), (DELETE, "old", None)],
)
def test_a_change_is_made_and_its_inverse_restores_every_byte_or_it_is_refused(
    owned: Owned, kind: str, before: str | None, after: str | None
) -> None:
    owned.put(owned.text(before))
    untouched = owned.contents()
    change = owned.change(owned.text(before), owned.text(after))
    if kind not in owned.makes:
        with pytest.raises(KnownError) as caught:
            owned.owner.apply(change)
        assert caught.value.code == "bad_target"
        assert owned.contents() == untouched
        return
    owned.owner.apply(change)
    assert owned.owner.version(owned.target) == version_of(change.after)
    assert owned.content() == change.after
    owned.owner.apply(change.inverse("c1"))
    assert owned.content() == change.before
    assert owned.contents() == untouched


@pytest.mark.parametrize("now", [None, "new", "foreign"])
@pytest.mark.parametrize("after", ["new", None])
def test_a_target_that_has_moved_on_is_not_touched(
    owned: Owned, now: str | None, after: str | None
) -> None:
    owned.put(owned.text(now))
    untouched = owned.contents()
    with pytest.raises(KnownError) as caught:
        owned.owner.apply(owned.change(owned.old, owned.text(after)))
    assert caught.value.code == (
        "stale" if REPLACE in owned.makes or after is None else "bad_target"
    )
    assert owned.contents() == untouched


def test_what_was_made_by_somebody_else_meanwhile_is_not_overwritten(owned: Owned) -> None:
    owned.put(owned.old)
    untouched = owned.contents()
    with pytest.raises(KnownError) as caught:
        owned.owner.apply(owned.change(None, owned.new))
    assert caught.value.code == "stale"
    assert owned.contents() == untouched
