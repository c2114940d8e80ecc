"""The command `doctor`: what this machine can do, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version

from app.cli.output import Output
from app.cli.status import DONE, KNOWN_ERROR
from app.core.errors import KnownError
from app.core.text import counted

_PACKAGES = ("llama-cpp-python", "llguidance", "icalendar", "recurring-ical-events")


@dataclass
class _Finding:
    """One thing looked at: `ok` is whether Phial can work with it as it is."""

    name: str
    ok: bool
    found: str
    hint: str = ""
    values: dict[str, object] = field(default_factory=dict)


def doctor(options: argparse.Namespace, output: Output) -> int:
    """Look at everything and report each finding; 0 if nothing is missing, else 1."""
    missing = False
    looks: dict[str, Callable[[], _Finding]] = {
        "Python": _python,
        "packages": _packages,
        "machine": _machine,
        "profile": lambda: _profile(options),
        "engine": lambda: _engine(options),
    }
    for name, look in looks.items():
        finding = _looked(name, look)
        missing = missing or not finding.ok
        mark = "ok     " if finding.ok else "missing"
        text = f"{mark}  {finding.name}: {finding.found}"
        if finding.hint:
            text += f"\n         {finding.hint}"
        output.line(
            "finding",
            {
                "name": finding.name,
                "ok": finding.ok,
                "found": finding.found,
                "hint": finding.hint,
                **finding.values,
            },
            text,
        )
    return KNOWN_ERROR if missing else DONE


def _looked(name: str, look: Callable[[], _Finding]) -> _Finding:
    """A finding also where looking itself ran into a known error."""
    try:
        return look()
    except KnownError as error:
        return _Finding(name, False, error.message, error.hint, {"code": error.code})


def _python() -> _Finding:
    ok = sys.version_info >= (3, 11)
    hint = "" if ok else "Install Python 3.11 or newer."
    return _Finding("Python", ok, platform.python_version(), hint)


def _packages() -> _Finding:
    found, lacking = [], []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            lacking.append(name)
    if lacking:
        return _Finding("packages", False, f"not installed: {', '.join(lacking)}", "Run ./run.")
    return _Finding("packages", True, ", ".join(found))


def _machine() -> _Finding:
    from app.workers.memory import free_bytes

    cores = os.cpu_count() or 1
    free = free_bytes()
    text = f"{platform.machine()}, {counted(cores, 'core')}, {free / 1e9:.1f} GB of memory free"
    return _Finding("machine", True, text, values={"cores": cores, "free_bytes": free})


def _profile(options: argparse.Namespace) -> _Finding:
    from app.compose import headless

    with headless(options.profile) as program:
        text = f"{program.paths.root}, zone {program.settings.zone}"
        return _Finding("profile", True, f"{text}, locale {program.settings.locale}")


def _engine(options: argparse.Namespace) -> _Finding:
    """Load the model and let it say one token: what loads may still not run."""
    from app.compose import model_file
    from app.core.events import Failed
    from app.core.messages import Message
    from app.core.ports import GenerateRequest
    from app.engine.client import EngineClient, engine_worker
    from app.store.paths import profile_paths
    from app.store.settings import load_settings

    path = model_file(load_settings(profile_paths(options.profile)), options.model)
    engine = EngineClient(engine_worker(path))
    try:
        capabilities = engine.capabilities()
        request = GenerateRequest("doctor", (Message.of("user", "hello"),), max_tokens=1)
        for event in engine.generate(request):
            if isinstance(event, Failed):
                raise KnownError(event.code, event.message, event.hint)
    finally:
        engine.close()
    text = (
        f"{capabilities.model_name} on {capabilities.backend}, "
        f"{counted(capabilities.threads, 'thread')}, context of {capabilities.context:,} tokens, "
        f"loaded in {capabilities.timings.get('load', 0):.0f} ms"
    )
    return _Finding("engine", True, text)
