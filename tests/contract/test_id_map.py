"""What every IdMap promises: an id belongs to one thing, for good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from app.core.ports import IdMap
from app.store.database import open_database
from app.store.ids import DatabaseIdMap
from app.store.paths import ProfilePaths, prepare

Open = Callable[[], IdMap]


@pytest.fixture
def open_map(profile: Path) -> Iterator[Open]:
    """Opens the same map anew with each call, as a later start of the program does."""
    paths = ProfilePaths(profile)
    prepare(paths)
    with ExitStack() as stack:

        def opened() -> IdMap:
            stack.close()
            return DatabaseIdMap(stack.enter_context(closing(open_database(paths))))

        yield opened


def test_ids_stay_with_their_things(open_map: Open) -> None:
    keys = ["calendars/personal/a.ics", "ä", "lone \udcff surrogate", "nul \x00", ""]
    ids = open_map()
    given = [ids.id_for("e", key) for key in keys]
    assert given == ["e1", "e2", "e3", "e4", "e5"]
    later = open_map()
    assert [later.id_for("e", key) for key in reversed(keys)] == given[::-1]
    assert [later.key_for(short_id) for short_id in given] == keys


def test_many_ids_are_the_same_as_one_by_one_and_reach_the_disk_together(profile: Path) -> None:
    paths = ProfilePaths(profile)
    prepare(paths)
    with closing(open_database(paths)) as connection:
        ids = DatabaseIdMap(connection)
        ids.id_for("e", "b")
        statements: list[str] = []
        connection.set_trace_callback(statements.append)
        assert ids.ids_for("e", ["a", "b", "c", "a"]) == ["e2", "e1", "e3", "e2"]
        assert [each for each in statements if each.startswith("COMMIT")] == ["COMMIT"]
        statements.clear()
        assert ids.ids_for("e", ["c", "a"]) == ["e3", "e2"]
        assert not any(each.startswith(("BEGIN", "INSERT")) for each in statements)


def test_kinds_are_counted_apart(open_map: Open) -> None:
    ids = open_map()
    assert (ids.id_for("e", "same"), ids.id_for("m", "same")) == ("e1", "m1")
    with pytest.raises(ValueError, match="one small letter"):
        ids.id_for("event", "x")


@pytest.mark.parametrize("unknown", ["", "e", "e0", "e01", "e9", "12", "E1", "e1 ", "e" + "9" * 40])
def test_an_id_never_given_means_nothing(open_map: Open, unknown: str) -> None:
    ids = open_map()
    ids.id_for("e", "x")
    assert ids.key_for(unknown) is None
