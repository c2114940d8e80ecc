"""The command `doctor`: what this machine can do, what is missing, and what to do about it."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from app.cli.output import Output
from app.cli.status import DONE, KNOWN_ERROR
from app.core.errors import KnownError
from app.core.text import counted

if TYPE_CHECKING:
    from app.core.ports import Capabilities

_OTHER_TEMPLATE = (
    "The chat template in this file is not the one of its kind; Phial writes as the file says."
)
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
    from app.compose import engine_options, model_file
    from app.core.events import Failed
    from app.core.messages import Message
    from app.core.ports import GenerateRequest
    from app.engine.client import EngineClient, engine_worker
    from app.engine.gguf_file import check_gguf
    from app.engine.model_notes import ModelNotes, fingerprint
    from app.store.paths import profile_paths
    from app.store.settings import load_settings

    paths = profile_paths(options.profile)
    settings = load_settings(paths)
    path = model_file(settings, options.model)
    engine = EngineClient(engine_worker(path, engine_options(paths, settings)))
    try:
        capabilities = engine.capabilities()
        request = GenerateRequest("doctor", (Message.of("user", "hello"),), max_tokens=1)
        for event in engine.generate(request):
            if isinstance(event, Failed):
                raise KnownError(event.code, event.message, event.hint)
    finally:
        engine.close()
    model = fingerprint(path, check_gguf(path).header_bytes)
    note = ModelNotes(paths.engine_cache).of(model)
    hint = "" if note is None or note.template_agrees else _OTHER_TEMPLATE
    return _Finding("engine", True, _told(capabilities), hint, {"engine": vars(capabilities)})


def _told(model: Capabilities) -> str:
    """What is loaded, in one line."""
    from app.workers.memory import amount

    rope = ", with LongRoPE's long factors" if model.long_rope else ""
    traits = ["thinks before it answers"] if model.reasoning else []
    if model.tools_learned:
        traits.append("knows Phial's tools")
    else:
        traits.append(f"is told of tools in {'its own' if model.tools_native else 'our'} way")
    traits += [f"GPU: {device}" for device in model.devices]
    return (
        f"{model.model_name} on {model.backend}, {counted(model.threads, 'thread')}, "
        f"context of {model.context:,} tokens (trained for {model.trained_context:,}{rope}), "
        f"memory type {model.kv_type}, takes {amount(model.memory_bytes)}, "
        f"{', '.join(traits)}, loaded in {model.timings.get('load', 0):.0f} ms"
    )
