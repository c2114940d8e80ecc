"""What the journal may rely on in every room that owns targets: one suite for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.calendars.store import CalendarStore
from app.core.errors import KnownError
from app.core.ports import ChangeOwner
from app.core.proposals import Change, version_of
from app.store.paths import ProfilePaths, prepare
from tests.support.calendar_profile import berlin
from tests.support.file_owner import FileOwner

OLD = berlin("Lunch, später", "20261120T120000", "20261120T130000")
NEW = berlin("Lunch, 東京", "20261120T130000", "20261120T140000")
PATH = "calendars/personal/one.ics"


@dataclass(frozen=True)
class Owned:
    """An owner over a profile, and the prefix of its targets."""

    owner: ChangeOwner
    root: Path
    room: str

    @property
    def target(self) -> str:
        return f"{self.room}:{PATH}"

    @property
    def file(self) -> Path:
        return self.root / PATH

    def change(self, before: str | None, after: str | None) -> Change:
        return Change(self.target, "change event", version_of(before), before, after, "Change it")

    def contents(self) -> Mapping[str, bytes]:
        """Every file of the profile, so that what is left lying about is seen too."""
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }


@pytest.fixture(params=["calendar", "file"])
def owned(request: pytest.FixtureRequest, profile: Path) -> Owned:
    prepare(ProfilePaths(profile))
    (profile / "calendars" / "personal").mkdir()
    owners: dict[str, ChangeOwner] = {
        "calendar": CalendarStore(profile),
        "file": FileOwner(profile),
    }
    return Owned(owners[request.param], profile, request.param)


def without(contents: Mapping[str, bytes], path: str) -> dict[str, bytes]:
    """The other files."""
    return {name: data for name, data in contents.items() if name != path}


def test_what_does_not_exist_has_the_empty_version(owned: Owned) -> None:
    assert owned.owner.version(owned.target) == ""


def test_the_version_is_that_of_the_bytes_whoever_wrote_them(owned: Owned) -> None:
    data = OLD.replace("\r\n", "\n").encode() + b"\xff"
    owned.file.write_bytes(data)
    assert owned.owner.version(owned.target) == version_of(data)


@pytest.mark.parametrize(
    ("before", "after"), [(None, NEW), (OLD, NEW), (OLD, None)], ids=["create", "replace", "delete"]
)
def test_a_change_is_made_and_its_inverse_restores_every_byte(
    owned: Owned, before: str | None, after: str | None
) -> None:
    if before is not None:
        owned.file.write_bytes(before.encode())
    untouched = owned.contents()
    change = owned.change(before, after)
    owned.owner.apply(change)
    assert owned.owner.version(owned.target) == version_of(after)
    made = {} if after is None else {PATH: after.encode()}
    assert owned.contents() == {**without(untouched, PATH), **made}
    owned.owner.apply(change.inverse("c1"))
    assert owned.contents() == untouched


@pytest.mark.parametrize("now", [None, NEW, "by a phone"])
@pytest.mark.parametrize("after", [NEW, None])
def test_a_target_that_has_moved_on_is_not_touched(
    owned: Owned, now: str | None, after: str | None
) -> None:
    if now is not None:
        owned.file.write_bytes(now.encode())
    untouched = owned.contents()
    with pytest.raises(KnownError) as caught:
        owned.owner.apply(owned.change(OLD, after))
    assert caught.value.code == "stale"
    assert owned.contents() == untouched


def test_what_was_made_by_somebody_else_meanwhile_is_not_overwritten(owned: Owned) -> None:
    owned.file.write_bytes(OLD.encode())
    with pytest.raises(KnownError) as caught:
        owned.owner.apply(owned.change(None, NEW))
    assert caught.value.code == "stale"
    assert owned.file.read_bytes() == OLD.encode()
