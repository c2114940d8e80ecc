"""settings.toml: a file a person may write by hand, read strictly and changed without loss."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.core.errors import KnownError
from app.store.atomic import read_versioned, write_atomic
from app.store.paths import ProfilePaths
from app.store.safe_names import is_safe_name

SCHEMES = ("system", "light", "dark")
"""The window's colours: as the system has them, or always the same."""

KV_TYPES = ("auto", "f16", "q8_0")
"""How the model's keys and values are kept: as suits the memory there is, or always the same."""

LEAST_CONTEXT, MOST_CONTEXT = 512, 1_048_576
"""Tokens a context may be set to."""

MOST_REST_MINUTES = 24 * 60

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z0-9]{2,8})*")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Settings:
    """What Phial knows about its user.

    `names` and `addresses` are the user's own. `zone` is an IANA name. `working_hours` are start
    and end in that zone; `working_days` count from Monday = 0, in order. `locale` is like "en_GB",
    "en" where the region is not known. `calendar` is the folder new events go to. `model` is a
    GGUF file, "" for the starter model. `scheme` is the window's
    colours: one of `SCHEMES`. `context` is the model's, in tokens, 0 for what suits it; `kv` one of
    `KV_TYPES`. After `rest_minutes` without a request the window frees the model's memory, 0 for
    never.
    """

    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    zone: str = "UTC"
    working_hours: tuple[time, time] = (time(9), time(17, 30))
    working_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    locale: str = "en"
    calendar: str = "personal"
    model: str = ""
    scheme: str = "system"
    context: int = 0
    kv: str = "auto"
    rest_minutes: int = 15


def load_settings(paths: ProfilePaths) -> Settings:
    """The settings; what the file does not say is taken from the system, then from `Settings`.

    Keys it does not know are ignored. Raises KnownError("settings_invalid") naming file, key or
    line and what is expected there.
    """
    return read_settings(paths.settings)


def read_settings(path: Path) -> Settings:
    """The settings in a file of that form; see `load_settings`."""
    return _parse(path, read_versioned(path)[0])


def save_settings(
    paths: ProfilePaths, settings: Settings, *, expected_version: str | None = None
) -> None:
    """Write the values that differ from what the file says; comments and other keys stay.

    `expected_version` is the `file_version` of the settings when they were shown, None for the
    present one. Raises KnownError: "stale", "settings_invalid" (also for a value that could not
    be read back; nothing is written), and as `write_atomic`.
    """
    import tomlkit  # here, because most starts never save

    path = paths.settings
    data, version = read_versioned(path)
    present = _parse(path, data)
    document = tomlkit.parse(_decode(path, data))
    for name, value in _to_toml(settings).items():
        if value != _to_toml(present)[name]:
            document[name] = value
    changed = tomlkit.dumps(document).encode()
    if _parse(path, changed) != settings:
        raise ValueError("settings do not survive being written")
    if changed != data:
        # Through a link (a folder of dotfiles), not over it.
        expected = version if expected_version is None else expected_version
        write_atomic(path.resolve(), changed, expected_version=expected)


def system_zone(environ: Mapping[str, str] = os.environ, etc: Path = Path("/etc")) -> str:
    """The system's IANA zone: TZ, the link /etc/localtime, /etc/timezone; else "UTC"."""
    candidates = [environ.get("TZ", "").lstrip(":")]
    candidates.append(os.path.realpath(etc / "localtime").rpartition("zoneinfo/")[2])
    try:
        candidates.append((etc / "timezone").read_text("ascii").strip())
    except (OSError, UnicodeDecodeError):
        candidates.append("")  # most systems have no such file
    return next((name for name in candidates if _is_zone(name)), "UTC")


def system_locale(environ: Mapping[str, str] = os.environ) -> str:
    """The locale of dates: LC_ALL, LC_TIME, LANG without encoding; "en" for C and POSIX."""
    value = next(filter(None, (environ.get(k) for k in ("LC_ALL", "LC_TIME", "LANG"))), "")
    plain = re.split(r"[.@]", value)[0]
    return plain if plain != "POSIX" and _LOCALE.fullmatch(plain) else "en"


def _parse(path: Path, data: bytes) -> Settings:
    text = _decode(path, data)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(f"{path} cannot be understood: {error}.") from error

    def value(key: str, read: Callable[[object], _T | None], expected: str, default: _T) -> _T:
        if key not in table:
            return default
        result = read(table[key])
        if result is None:
            raise _invalid(f"In {path}, '{key}' must be {expected}; it is {table[key]!r}.")
        return result

    base = Settings(zone="", locale="")
    return Settings(
        names=value("names", _strings, 'a list of names, like ["Ada Example"]', base.names),
        addresses=value(
            "addresses", _addresses, 'a list of addresses, like ["ada@example.org"]', base.addresses
        ),
        zone=value("zone", _zone, 'a time zone, like "Europe/Berlin"', "") or system_zone(),
        working_hours=value(
            "working_hours", _hours, 'start and end, like ["09:00", "17:30"]', base.working_hours
        ),
        working_days=value(
            "working_days", _days, 'a list of days, like ["mon", "tue"]', base.working_days
        ),
        locale=value("locale", _locale, 'a locale, like "en_GB"', "") or system_locale(),
        calendar=value(
            "calendar", _calendar, "a plain folder name of letters, digits, . _ -", base.calendar
        ),
        model=value("model", _string, "the name of a file in quotation marks", base.model),
        scheme=value("scheme", _one_of(SCHEMES), '"system", "light" or "dark"', base.scheme),
        context=value(
            "context",
            _context,
            f"0 for automatic, or a whole number of tokens from {LEAST_CONTEXT} to {MOST_CONTEXT}",
            base.context,
        ),
        kv=value("kv", _one_of(KV_TYPES), '"auto", "f16" or "q8_0"', base.kv),
        rest_minutes=value(
            "rest_minutes",
            _minutes,
            f"0 for never, or a whole number of minutes up to {MOST_REST_MINUTES}",
            base.rest_minutes,
        ),
    )


def _decode(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _invalid(f"{path} is not UTF-8 text (line {line}).") from error


def _invalid(what: str) -> KnownError:
    return KnownError(
        "settings_invalid",
        f"{what} Nothing was changed.",
        "Correct it in a text editor, or move the file away to start with the usual settings.",
    )


def _string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _strings(value: object) -> tuple[str, ...] | None:
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return tuple(value)
    return None


def _addresses(value: object) -> tuple[str, ...] | None:
    addresses = _strings(value)
    if addresses is None or not all("@" in address for address in addresses):
        return None
    return addresses


def _zone(value: object) -> str | None:
    return value if isinstance(value, str) and _is_zone(value) else None


def _locale(value: object) -> str | None:
    return value if isinstance(value, str) and _LOCALE.fullmatch(value) else None


def _calendar(value: object) -> str | None:
    return value if isinstance(value, str) and is_safe_name(value) else None


def _one_of(words: tuple[str, ...]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in words else None


def _context(value: object) -> int | None:
    tokens = _whole(value, MOST_CONTEXT)
    return tokens if tokens == 0 or (tokens or 0) >= LEAST_CONTEXT else None


def _minutes(value: object) -> int | None:
    return _whole(value, MOST_REST_MINUTES)


def _whole(value: object, most: int) -> int | None:
    """A whole number from 0 to `most`; true and false are none."""
    return value if type(value) is int and 0 <= value <= most else None


def _days(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not all(day in _DAYS for day in value):
        return None
    return tuple(sorted({_DAYS.index(day) for day in value}))


def _hours(value: object) -> tuple[time, time] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    times = [item if isinstance(item, time) else _clock_time(item) for item in value]
    start, end = times
    return (start, end) if start is not None and end is not None and start < end else None


def _clock_time(value: object) -> time | None:
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return time.fromisoformat(value)
    return None


def _is_zone(name: str) -> bool:
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: "Europe" is a folder
        return False


def _to_toml(settings: Settings) -> dict[str, object]:
    values: dict[str, object] = {
        field.name: getattr(settings, field.name) for field in fields(settings)
    }
    values["names"] = list(settings.names)
    values["addresses"] = list(settings.addresses)
    values["working_hours"] = [f"{moment:%H:%M}" for moment in settings.working_hours]
    values["working_days"] = [_DAYS[day] for day in settings.working_days]
    return values
