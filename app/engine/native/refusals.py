"""What llama.cpp says while it loads, and the sentence for each way in which it refuses."""

from __future__ import annotations

import re
import sys
from collections import deque
from pathlib import Path

from app.core.errors import KnownError
from app.engine.needs import Window

_LOG_LINES = 40
_WARNING, _ERROR = 3, 4
_REASON = 200  # characters
_MEMORY = re.compile(
    r"failed to allocate|unable to allocate|out of memory|bad_alloc|failed to reserve|"
    r"Cannot allocate memory",
    re.IGNORECASE,
)
_DAMAGED = re.compile(
    r"invalid|corrupt|not within the file bounds|missing tensor|wrong shape|wrong number of tensors"
    r"|wrong type|not found|array length|duplicate|unexpected|offset|expected|multiple",
    re.IGNORECASE,
)
_HINT = "Get the file again, or choose another model."

_PREFIX = re.compile(r"^(\w+: |error loading model[\w ]*: )+")

_log: deque[tuple[int, str]] = deque(maxlen=_LOG_LINES)


def remember_log(level: int, text: str) -> None:
    """Keep a warning or an error of llama.cpp; errors also where a death is looked into."""
    if level >= _WARNING and text.strip():
        line = " ".join(text.split())
        _log.append((level, line))
        if level == _ERROR:
            print(line, file=sys.stderr, flush=True)


def forget_log() -> None:
    """Begin anew: what was said before has nothing to do with what comes."""
    _log.clear()


def load_refusal(path: Path) -> KnownError:
    """Why a model was not loaded, from the lines llama.cpp logged."""
    lines = "\n".join(text for _, text in _log)
    if "unknown model architecture" in lines:
        name = lines.split("unknown model architecture:", 1)[1].split("\n")[0].strip(" '\"")
        return KnownError(
            "unknown_architecture",
            f"{path.name} holds a model of the kind '{name[:40]}', which this engine cannot run.",
            "Choose a Phi-4-mini or Phi-4 GGUF file.",
            lines,
        )
    if _MEMORY.search(lines):
        return KnownError(
            "not_enough_memory",
            f"There is not enough memory to load {path.name}.",
            "Close other programs or choose a smaller model.",
            lines,
        )
    reason = _reason()
    what = "is damaged or no whole model" if _DAMAGED.search(reason) else "could not be loaded"
    return KnownError("model_refused", f"{path.name} {what}{_said(reason)}.", _HINT, lines)


def context_refusal(path: Path, window: Window) -> KnownError:
    """Why a loaded model got no context."""
    lines = "\n".join(text for _, text in _log)
    reason = _reason()
    if reason and not _MEMORY.search(lines):
        return KnownError(
            "context_failed",
            f"{path.name} was loaded, but cannot be used{_said(reason)}.",
            _HINT,
            lines,
        )
    return KnownError(
        "context_failed",
        f"There is not enough memory for a context of {window.tokens:,} tokens.",
        "Close other programs, or choose a shorter context or a smaller model.",
        lines,
    )


def _reason() -> str:
    """The first error that was logged, without the names of functions; else the first line."""
    told = [text for level, text in _log if level == _ERROR] or [text for _, text in _log]
    return _PREFIX.sub("", told[0])[:_REASON].strip(" .") if told else ""


def _said(reason: str) -> str:
    return f" (llama.cpp says: {reason})" if reason else ""
