"""settings.toml is written by people: mistakes are named, comments and unknown keys stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from app.core.errors import KnownError
from app.store.atomic import file_version
from app.store.paths import ProfilePaths, prepare
from app.store.settings import (
    Settings,
    load_settings,
    save_settings,
    system_locale,
    system_zone,
)

WRITTEN = """\
# Mine. Do not touch.
names = ["Ada Example", "Ada"]
addresses = ["ada@example.org"]
zone = "Europe/Berlin"   # moved in May
working_hours = ["08:00", 16:30:00]
working_days = ["fri", "mon"]
locale = "de_DE"
calendar = "home"
scheme = "dark"
context = 512
kv = "f16"
rest_minutes = 1_440
colour = "green"

[account.work]
host = "mail.example.org"
"""


@pytest.fixture
def paths(profile: Path, monkeypatch: pytest.MonkeyPatch) -> ProfilePaths:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    made = ProfilePaths(profile)
    prepare(made)
    return made


def test_without_a_file_the_system_decides(paths: ProfilePaths) -> None:
    settings = load_settings(paths)
    assert settings == Settings(zone="Asia/Tokyo", locale="en_GB")
    assert settings.working_hours == (time(9), time(17, 30))
    assert settings.working_days == (0, 1, 2, 3, 4)
    assert settings.calendar == "personal"
    assert not paths.settings.exists()


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_what_the_file_says_counts(paths: ProfilePaths, mark: str, line_end: str) -> None:
    paths.settings.write_bytes((mark + WRITTEN.replace("\n", line_end)).encode())
    assert load_settings(paths) == Settings(
        names=("Ada Example", "Ada"),
        addresses=("ada@example.org",),
        zone="Europe/Berlin",
        working_hours=(time(8), time(16, 30)),
        working_days=(0, 4),
        locale="de_DE",
        calendar="home",
        scheme="dark",
        context=512,
        kv="f16",
        rest_minutes=1440,
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("names = [\nzone = 3", "line 2"),
        ('zone = "Europe/Berlin"\nzone = "UTC"\n', "line 2"),
        ('names = "Ada"', "'names'"),
        ("names = [1]", "'names'"),
        ('addresses = ["Ada"]', "'addresses'"),
        ('zone = "Berlin"', "'zone'"),
        ('zone = "Europe"', "'zone'"),
        ('zone = "../../etc/passwd"', "'zone'"),
        ('zone = ""', "'zone'"),
        ('working_hours = ["17:00", "09:00"]', "'working_hours'"),
        ('working_hours = ["9", "17"]', "'working_hours'"),
        ('working_hours = ["09:00", "24:00"]', "'working_hours'"),
        ('working_hours = "09:00-17:00"', "'working_hours'"),
        ('working_days = ["monday"]', "'working_days'"),
        ("working_days = [1, [2]]", "'working_days'"),
        ('locale = "english please"', "'locale'"),
        ('calendar = "../elsewhere"', "'calendar'"),
        ('calendar = ".hidden"', "'calendar'"),
        ("model = 4", "'model'"),
        ('scheme = "Dark"', "'scheme'"),
        ("scheme = true", "'scheme'"),
        ('context = "4096"', "'context'"),
        ("context = 511", "'context'"),
        ("context = -1", "'context'"),
        ("context = 4096.0", "'context'"),
        ("context = 9999999", "'context'"),
        ('kv = "f32"', "'kv'"),
        ("kv = 8", "'kv'"),
        ("rest_minutes = -1", "'rest_minutes'"),
        ("rest_minutes = false", "'rest_minutes'"),
        ("rest_minutes = 1441", "'rest_minutes'"),
    ],
)
def test_a_mistake_is_named_with_file_and_place(paths: ProfilePaths, text: str, named: str) -> None:
    paths.settings.write_text(text)
    with pytest.raises(KnownError) as caught:
        load_settings(paths)
    assert caught.value.code == "settings_invalid"
    assert named in caught.value.message and "settings.toml" in caught.value.message
    with pytest.raises(KnownError):
        save_settings(paths, Settings(zone="UTC"))
    assert paths.settings.read_text() == text


def test_a_file_in_another_encoding_is_named_with_its_line(paths: ProfilePaths) -> None:
    paths.settings.write_bytes('zone = "UTC"\nnames = ["Zoë"]'.encode("latin-1"))
    with pytest.raises(KnownError, match=r"line 2"):
        load_settings(paths)


def test_saving_changes_only_what_differs(paths: ProfilePaths) -> None:
    paths.settings.write_text(WRITTEN)
    save_settings(paths, replace(load_settings(paths), zone="Europe/Paris", model="phi.gguf"))
    text = paths.settings.read_text()
    expected = WRITTEN.replace("Europe/Berlin", "Europe/Paris")
    expected = expected.replace('"green"\n', '"green"\nmodel = "phi.gguf"\n')
    assert text.split() == expected.split()
    assert load_settings(paths).model == "phi.gguf"


def test_saving_what_is_there_writes_nothing(paths: ProfilePaths) -> None:
    paths.settings.write_text(WRITTEN)
    before = paths.settings.stat().st_ino
    save_settings(paths, load_settings(paths))
    assert paths.settings.stat().st_ino == before
    assert paths.settings.read_text() == WRITTEN


def test_what_the_system_decides_is_not_written_down(
    paths: ProfilePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_settings(paths, replace(load_settings(paths), names=("Ada",)))
    assert paths.settings.read_text() == 'names = ["Ada"]\n'
    monkeypatch.setenv("TZ", "America/Lima")
    assert load_settings(paths).zone == "America/Lima"


@pytest.mark.parametrize(
    "settings",
    [
        Settings(
            names=('quote " and \\ and \n', "ü"),
            addresses=("a@b",),
            zone="Pacific/Apia",
            working_hours=(time(0), time(23, 59)),
            working_days=(6,),
            locale="zh_Hant_TW",
            calendar="x@y.z",
            model="/models/a b.gguf",
            scheme="light",
            context=8192,
            kv="q8_0",
            rest_minutes=0,
        ),
        Settings(zone="UTC", locale="fr", working_days=()),
    ],
)
def test_everything_saved_is_loaded_again(paths: ProfilePaths, settings: Settings) -> None:
    save_settings(paths, settings)
    assert load_settings(paths) == settings


def test_values_that_could_not_be_read_back_are_not_saved(paths: ProfilePaths) -> None:
    with pytest.raises(KnownError, match="'zone'"):
        save_settings(paths, replace(load_settings(paths), zone="Nowhere/Land"))
    assert not paths.settings.exists()


def test_a_file_edited_since_it_was_shown_is_left_alone(paths: ProfilePaths) -> None:
    shown = load_settings(paths)
    version = file_version(paths.settings)
    paths.settings.write_text(WRITTEN)
    with pytest.raises(KnownError) as caught:
        save_settings(paths, replace(shown, names=("Ada",)), expected_version=version)
    assert caught.value.code == "stale"
    assert paths.settings.read_text() == WRITTEN


def test_a_link_to_the_settings_stays_a_link(paths: ProfilePaths, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text('locale = "de_DE"\n')
    paths.settings.symlink_to(real)
    save_settings(paths, replace(load_settings(paths), locale="fr_FR"))
    assert paths.settings.is_symlink()
    assert real.read_text() == 'locale = "fr_FR"\n'


def test_the_systems_zone_is_found_in_its_usual_places(tmp_path: Path) -> None:
    (tmp_path / "localtime").symlink_to("/usr/share/zoneinfo/Europe/Rome")
    (tmp_path / "timezone").write_text("Europe/Oslo\n")
    assert system_zone({"TZ": ":Asia/Tokyo"}, tmp_path) == "Asia/Tokyo"
    assert system_zone({"TZ": "NONSENSE-1"}, tmp_path) == "Europe/Rome"
    (tmp_path / "localtime").unlink()
    assert system_zone({}, tmp_path) == "Europe/Oslo"
    (tmp_path / "timezone").unlink()
    assert system_zone({}, tmp_path) == "UTC"


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({"LC_ALL": "de_DE.UTF-8", "LANG": "fr_FR"}, "de_DE"),
        ({"LC_ALL": "", "LC_TIME": "en_IE@euro", "LANG": "fr_FR"}, "en_IE"),
        ({"LANG": "fr_FR.UTF-8"}, "fr_FR"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "../.."}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_comes_from_the_environment(environment: dict[str, str], locale: str) -> None:
    assert system_locale(environment) == locale
