"""What may be typed into the settings page, and the sentence where it may not."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from app.ui.settings.reading import (
    UnreadableError,
    read_addresses,
    read_hours,
    read_model,
    read_names,
    read_zone,
)

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Nicosia", "Europe/Nicosia", "UTC")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ()),
        (" , ,", ()),
        ("Ada", ("Ada",)),
        ("Ada  Example, Ada ,Ada", ("Ada Example", "Ada")),
    ],
)
def test_names_stand_between_commas(typed: str, expected: tuple[str, ...]) -> None:
    assert read_names(typed) == expected


def test_addresses_have_an_at() -> None:
    assert read_addresses("ada@example.org, a@b") == ("ada@example.org", "a@b")
    for wrong in ("ada", "@example.org", "ada@", "ada b@example.org"):
        with pytest.raises(UnreadableError, match=f"“{wrong}” is not a mail address"):
            read_addresses(f"ada@example.org, {wrong}")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (" europe/berlin ", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_found_by_its_name_or_city(typed: str, expected: str) -> None:
    assert read_zone(typed, ZONES) == expected


@pytest.mark.parametrize("typed", ["Berln", "Europe", "Europe/"])
def test_an_unknown_zone_is_named(typed: str) -> None:
    with pytest.raises(UnreadableError, match=f"There is no time zone “{typed}”"):
        read_zone(typed, ZONES)


def test_a_city_of_two_zones_is_not_guessed() -> None:
    with pytest.raises(UnreadableError):
        read_zone("Nicosia", ZONES)


def test_an_empty_zone_asks_for_one() -> None:
    with pytest.raises(UnreadableError, match="Choose a time zone"):
        read_zone("  ", ZONES)


def test_hours_start_before_they_end() -> None:
    assert read_hours(time(9), time(17)) == (time(9), time(17))
    for start in (time(17), time(18)):
        with pytest.raises(UnreadableError, match="start before they end"):
            read_hours(start, time(17))


def test_a_model_is_a_gguf_file_with_its_whole_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Model.GGUF"
    assert read_model(f" {file} ") == str(file)
    assert read_model("  ") == ""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert read_model("~/m.gguf") == str(tmp_path / "m.gguf")
    with pytest.raises(UnreadableError, match=r"ends in \.gguf"):
        read_model(str(tmp_path / "model.bin"))
    with pytest.raises(UnreadableError, match="whole path"):
        read_model("model.gguf")
    with pytest.raises(UnreadableError, match="whole path"):
        read_model("~nobody-of-that-name/model.gguf")
